//! The commit that is pushed: who it is, what came before, who signed it. Asked of `git`; the signature is verified here.

use std::path::Path;
use std::process::Command;

use evidence::Time;
use evidence::proof::ssh;
use tlog::Hash;

use crate::failure::Failure;
use crate::text;

/// Namespace in which Git signs with SSH keys.
const NAMESPACE: &str = "git";

/// A commit.
#[derive(Debug)]
pub(super) struct Commit {
    /// Its id, hexadecimal.
    pub(super) id: String,
    /// Its parents.
    pub(super) parents: Vec<String>,
    /// Author's time.
    pub(super) authored: Time,
    /// The SSH key that signed it, when the signature verifies.
    pub(super) signed_by: Option<Hash>,
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
    Some(Commit { id: id.to_owned(), parents, authored, signed_by: signed_by(raw) })
}

/// The key behind an SSH signature that verifies over the commit without it.
fn signed_by(raw: &[u8]) -> Option<Hash> {
    let (mut signed, mut armour) = (Vec::with_capacity(raw.len()), String::new());
    let (mut in_head, mut in_signature) = (true, false);
    for line in raw.split_inclusive(|b| *b == b'\n') {
        if in_head {
            in_signature = match line.strip_prefix(b"gpgsig ") {
                Some(first) => {
                    armour.push_str(&String::from_utf8_lossy(first));
                    true
                }
                None if in_signature && line.starts_with(b" ") => {
                    armour.push_str(&String::from_utf8_lossy(line.get(1..)?));
                    true
                }
                None => false,
            };
            in_head = line != b"\n";
        } else {
            in_signature = false;
        }
        if !in_signature {
            signed.extend_from_slice(line);
        }
    }
    let blob = ssh::unarmour(&armour).ok()?;
    let key = ssh::key_of(&blob).ok()?;
    ssh::verify(&key, NAMESPACE, &signed, &blob).ok()?;
    Some(key.id())
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
pub(super) fn name(root: &Path) -> Result<String, Failure> {
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
        assert_eq!((commit.authored.seconds(), commit.signed_by), (1_700_000_000, None));
    }
}
