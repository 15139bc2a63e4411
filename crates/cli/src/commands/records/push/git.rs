//! The commit that is pushed: who it is, what came before, which tags name it. Asked of `git`; signatures are verified in
//! `signed`.

use std::path::Path;
use std::process::Command;

use evidence::Time;

use crate::failure::Failure;
use crate::text;

/// Most tags looked at.
const MAX_TAGS: usize = 20_000;

/// A commit.
#[derive(Debug)]
pub(super) struct Commit {
    /// Its id, hexadecimal.
    pub(super) id: String,
    /// Its parents.
    pub(super) parents: Vec<String>,
    /// Author's time.
    pub(super) authored: Time,
    /// The commit as Git keeps it.
    pub(super) raw: Vec<u8>,
}

fn git(root: &Path, arguments: &[&str]) -> Result<Option<Vec<u8>>, Failure> {
    let doing = format!("asking git in {}", root.display());
    let done = Command::new("git").arg("-C").arg(root).args(arguments).output();
    let done = done.map_err(|e| {
        Failure::environment(&doing, e).hint("install git: what is pushed is what a commit holds")
    })?;
    if done.status.success() {
        return Ok(Some(done.stdout));
    }
    match done.status.code() {
        Some(1 | 128) => Ok(None),
        _ => Err(Failure::environment(doing, text::printable(&String::from_utf8_lossy(&done.stderr), 400))),
    }
}

fn line(root: &Path, arguments: &[&str]) -> Result<Option<String>, Failure> {
    Ok(git(root, arguments)?.map(|out| String::from_utf8_lossy(&out).trim().to_owned()))
}

/// The commit at hand.
pub(super) fn head(root: &Path) -> Result<Commit, Failure> {
    let doing = "reading the commit to push";
    let id = line(root, &["rev-parse", "--verify", "HEAD"])?.ok_or_else(|| {
        Failure::input(doing, format!("{} is no Git repository with a commit", root.display()))
            .hint("commit the records first: `git init`, `git add`, `git commit`")
    })?;
    let raw = git(root, &["cat-file", "commit", &id])?;
    let raw = raw.ok_or_else(|| Failure::environment(doing, format!("git does not show {id}")))?;
    parse(&id, &raw).ok_or_else(|| Failure::environment(doing, format!("{id} is not readable as a commit")))
}

/// Reads a commit object.
fn parse(id: &str, raw: &[u8]) -> Option<Commit> {
    let text = String::from_utf8_lossy(raw);
    let head = text.split("\n\n").next()?;
    let parents = head.lines().filter_map(|l| l.strip_prefix("parent ")).map(str::to_owned).collect();
    let author = head.lines().find_map(|l| l.strip_prefix("author "))?;
    let mut words = author.rsplit(' ').skip(1);
    let authored = words.next()?.parse().ok().and_then(Time::from_seconds)?;
    Some(Commit { id: id.to_owned(), parents, authored, raw: raw.to_vec() })
}

/// An annotated tag.
#[derive(Debug)]
pub(super) struct Tag {
    /// Its name.
    pub(super) name: String,
    /// The commit it points at.
    pub(super) commit: String,
    /// The tag as Git keeps it.
    pub(super) raw: Vec<u8>,
}

/// The annotated tags of commits for which `wanted` says so. Plain tags are names and nothing more.
pub(super) fn tags(root: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Tag>, Failure> {
    let format = "--format=%(objecttype) %(*objectname) %(refname:strip=2)";
    let listed = line(root, &["for-each-ref", format, "refs/tags"])?.unwrap_or_default();
    let mut tags = Vec::new();
    for listed in listed.lines().take(MAX_TAGS) {
        let mut words = listed.splitn(3, ' ');
        let (Some("tag"), Some(commit), Some(name)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        if !wanted(commit) {
            continue;
        }
        if let Some(raw) = git(root, &["cat-file", "tag", &format!("refs/tags/{name}")])? {
            tags.push(Tag { name: name.to_owned(), commit: commit.to_owned(), raw });
        }
    }
    Ok(tags)
}

/// A file of the commit at hand, by its path or the end of it, where only one fits; with its path in the repository.
pub(super) fn file(root: &Path, named: &str) -> Result<Option<(String, Vec<u8>)>, Failure> {
    let listed =
        git(root, &["ls-tree", "-r", "-z", "--full-tree", "--name-only", "HEAD"])?.unwrap_or_default();
    let paths: Vec<&str> =
        listed.split(|b| *b == 0).filter_map(|path| core::str::from_utf8(path).ok()).collect();
    let tail = format!("/{named}");
    let mut fits = paths.iter().filter(|path| **path == named || path.ends_with(&tail));
    let (Some(path), None) = (fits.next(), fits.next()) else { return Ok(None) };
    Ok(git(root, &["cat-file", "blob", &format!("HEAD:{path}")])?.map(|bytes| ((*path).to_owned(), bytes)))
}

/// Files below `paths` that differ from the commit.
pub(super) fn changed(root: &Path, paths: &[&str]) -> Result<Vec<String>, Failure> {
    let mut arguments = vec!["status", "--porcelain", "--untracked-files=all", "--"];
    arguments.extend_from_slice(paths);
    let out = line(root, &arguments)?.unwrap_or_default();
    Ok(out.lines().map(|l| l.get(2..).unwrap_or(l).trim().to_owned()).filter(|l| !l.is_empty()).collect())
}

/// Whether one commit comes before another; `None` when git does not have both.
pub(super) fn is_before(root: &Path, before: &str, after: &str) -> Result<Option<bool>, Failure> {
    let known = |id: &str| line(root, &["cat-file", "-e", &format!("{id}^{{commit}}")]);
    if known(before)?.is_none() || known(after)?.is_none() {
        return Ok(None);
    }
    Ok(Some(line(root, &["merge-base", "--is-ancestor", before, after])?.is_some()))
}

/// What the repository is called: the last part of its origin's address, else of its folder.
pub(in crate::commands::records) fn name(root: &Path) -> Result<String, Failure> {
    let origin = line(root, &["config", "--get", "remote.origin.url"])?.filter(|url| !url.is_empty());
    let place = match origin {
        Some(url) => url,
        None => line(root, &["rev-parse", "--show-toplevel"])?.unwrap_or_default(),
    };
    let last = place.trim_end_matches('/').rsplit(['/', ':', '\\']).next().unwrap_or_default();
    let name = last.strip_suffix(".git").unwrap_or(last);
    Ok(if name.is_empty() { "repository".to_owned() } else { name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_commit_object_says_parents_and_time() {
        let raw = b"tree 1\nparent aa\nparent bb\nauthor A Name <a@x> 1700000000 +0100\ncommitter C <c@x> 1 +0000\n\nparent cc\n";
        let commit = parse("id", raw).expect("a commit");
        assert_eq!(commit.parents, ["aa", "bb"]);
        assert_eq!(commit.authored.seconds(), 1_700_000_000);
    }
}
