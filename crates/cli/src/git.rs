//! What commands ask of version control, as a small port, and the `git` program behind it. No library: what git says is
//! read from its standard output, bounded in size. Nothing here writes to a repository.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Most bytes taken from one answer of git.
const MAX_ANSWER: usize = 512 << 20;
/// Most commits read at once.
const MAX_COMMITS: usize = 100_000;

/// A commit, as far as records speak of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commit {
    /// Its name, in full.
    pub(crate) id: String,
    /// First line of its message.
    pub(crate) subject: String,
    /// Committer's time as `YYYYMMDDhhmmss` in UTC, moved on where it is not after that of a parent: a claim.
    pub(crate) order: u64,
    /// Trailers of its message: key and value.
    pub(crate) trailers: Vec<(String, String)>,
    /// Files it changed, relative to the folder; only when asked for.
    pub(crate) files: Vec<String>,
    /// Who signed it, when that was asked for.
    pub(crate) signature: Signature,
}

/// What git says of a commit's signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Signature {
    /// It was not asked, or there is none.
    #[default]
    None,
    /// Good, by a key that is trusted for this name.
    Good(String),
    /// There is one, and nothing says whose key it is.
    Unknown,
    /// It is wrong, expired or revoked.
    Bad,
}

impl Signature {
    /// For people.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::None => "not signed".to_owned(),
            Self::Good(by) => format!("signed by {by}"),
            Self::Unknown => "signed by an unknown key".to_owned(),
            Self::Bad => "the signature does not hold".to_owned(),
        }
    }
}

/// What is asked of version control. Paths are relative to a folder of the working tree, with `/`.
pub(crate) trait History {
    /// The commit a name stands for.
    fn resolve(&self, name: &str) -> Result<String, Failure>;
    /// Files that differ from the present commit, untracked ones included.
    fn changed(&self) -> Result<BTreeSet<String>, Failure>;
    /// The wanted files of a commit with their content.
    fn files(&self, commit: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<(String, Vec<u8>)>, Failure>;
    /// Commits from (without) one to the present one, oldest first; with the files of each, or with signatures judged
    /// by an allowed-signers file (SSH) and the keys gpg has.
    fn commits(&self, since: Option<&str>, with: With<'_>) -> Result<Vec<Commit>, Failure>;
    /// What is said of the signature of a tag; `Signature::None` where the name is none, or is not signed.
    fn tag(&self, name: &str, signers: Option<&Path>) -> Result<Signature, Failure>;
    /// For each line of a file of the present commit, the commit that wrote it; none where it is changed since.
    fn blame(&self, path: &str) -> Result<Vec<Option<String>>, Failure>;
}

/// What to say of commits beside their messages.
#[derive(Clone, Copy, Debug)]
pub(crate) enum With<'a> {
    /// Files below the folder.
    Files,
    /// Signatures; SSH keys by this file, else as git is configured.
    Signatures(Option<&'a Path>),
}

/// The `git` program, run in a folder.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    folder: PathBuf,
}

impl Git {
    /// For a folder of a working tree; none when it is in none, or there is no git.
    pub(crate) fn find(folder: &Path) -> Option<Self> {
        let git = Self { folder: folder.to_path_buf() };
        let inside = git.run(&["rev-parse", "--is-inside-work-tree"], &[]).ok()?;
        (inside.trim_ascii() == b"true").then_some(git)
    }

    /// As `find`, or a failure that says what is missing.
    pub(crate) fn want(folder: &Path) -> Result<Self, Failure> {
        Self::find(folder).ok_or_else(|| {
            Failure::input("reading the history", format!("{} is in no git repository", folder.display()))
                .hint("run it in a working tree, with `git` on the path")
        })
    }

    /// The answer of git, which must end well.
    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Failure> {
        let (good, answer, said) = self.ask(arguments, input)?;
        if good {
            return Ok(answer);
        }
        let doing = format!("running git {}", arguments.first().unwrap_or(&""));
        let said = String::from_utf8_lossy(&said);
        Err(Failure::input(doing, said.lines().next().unwrap_or("it failed").to_owned()))
    }

    /// Whether git ended well, its answer, and what it said beside it.
    fn ask(&self, arguments: &[&str], input: &[u8]) -> Result<(bool, Vec<u8>, Vec<u8>), Failure> {
        let doing = || format!("running git {}", arguments.first().unwrap_or(&""));
        let failed = |error: std::io::Error| Failure::environment(doing(), error);
        let mut child = Command::new("git")
            .args(["-c", "core.quotePath=false", "-c", "core.pager=cat", "--no-optional-locks"])
            .args(arguments)
            .current_dir(&self.folder)
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // Both sides at once: git may answer before it has read all.
        let (answer, said) = std::thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut to| to.write_all(input)));
            let said = scope.spawn(move || {
                let mut said = Vec::new();
                let read = stderr.map(|from| from.take(64 << 10).read_to_end(&mut said));
                (read, said).1
            });
            let mut answer = Vec::new();
            let read = stdout.map(|from| from.take(MAX_ANSWER as u64 + 1).read_to_end(&mut answer));
            (read.transpose().map(|_| answer), said.join().unwrap_or_default())
        });
        let answer = answer.map_err(failed)?;
        if answer.len() > MAX_ANSWER {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Failure::environment(doing(), format!("it says more than {MAX_ANSWER} bytes")));
        }
        let status = child.wait().map_err(failed)?;
        Ok((status.success(), answer, said))
    }
}

impl History for Git {
    fn resolve(&self, name: &str) -> Result<String, Failure> {
        let wanted = format!("{name}^{{commit}}");
        let found = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted], &[]);
        match found {
            Ok(id) => Ok(String::from_utf8_lossy(id.trim_ascii()).into_owned()),
            Err(_) => Err(Failure::input("reading the history", format!("there is no commit `{name}`"))
                .hint("name a commit, tag or branch that this repository has; a shallow clone may lack it")),
        }
    }

    fn changed(&self) -> Result<BTreeSet<String>, Failure> {
        let answer =
            self.run(&["status", "--porcelain=v1", "-z", "--untracked-files=all", "--", "."], &[])?;
        let prefix = String::from_utf8_lossy(&self.run(&["rev-parse", "--show-prefix"], &[])?).into_owned();
        let prefix = prefix.trim_end_matches('\n');
        let mut changed = BTreeSet::new();
        let mut parts = answer.split(|byte| *byte == 0);
        while let Some(part) = parts.next() {
            let part = String::from_utf8_lossy(part);
            if part.starts_with(['R', 'C']) {
                // The former name follows.
                parts.next();
            }
            if let Some(path) = part.get(3..) {
                changed.insert(path.strip_prefix(prefix).unwrap_or(path).to_owned());
            }
        }
        Ok(changed)
    }

    fn files(&self, commit: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let listed = self.run(&["ls-tree", "-r", "-z", "--end-of-options", commit, "--", "."], &[])?;
        let mut found: Vec<(String, String)> = Vec::new();
        for entry in listed.split(|byte| *byte == 0) {
            let entry = String::from_utf8_lossy(entry);
            let Some((what, path)) = entry.split_once('\t') else { continue };
            let mut words = what.split(' ');
            let (mode, _, id) = (words.next(), words.next(), words.next());
            // Plain files only: no symbolic links, no submodules.
            if let (Some("100644" | "100755"), Some(id)) = (mode, id)
                && wanted(path)
            {
                found.push((path.to_owned(), id.to_owned()));
            }
        }
        let ids: String = found.iter().map(|(_, id)| format!("{id}\n")).collect();
        let answer = self.run(&["cat-file", "--batch"], ids.as_bytes())?;
        let broken = || Failure::environment("reading a commit", "git says less than was asked for");
        let mut rest = &*answer;
        let mut files = Vec::with_capacity(found.len());
        for (path, _) in found {
            let line = rest.iter().position(|byte| *byte == b'\n').ok_or_else(broken)?;
            let (head, body) = rest.split_at(line);
            let size = String::from_utf8_lossy(head).rsplit(' ').next().and_then(|size| size.parse().ok());
            let size: usize = size.ok_or_else(broken)?;
            let body = body.get(1..).ok_or_else(broken)?;
            files.push((path, body.get(..size).ok_or_else(broken)?.to_vec()));
            rest = body.get(size + 1..).ok_or_else(broken)?;
        }
        Ok(files)
    }

    fn commits(&self, since: Option<&str>, with: With<'_>) -> Result<Vec<Commit>, Failure> {
        let range = since.map_or_else(|| "HEAD".to_owned(), |since| format!("{since}..HEAD"));
        let most = format!("--max-count={MAX_COMMITS}");
        let mut arguments: Vec<String> = Vec::new();
        let signature = match with {
            With::Files => "%x1f",
            With::Signatures(signers) => {
                if let Some(signers) = signers {
                    let setting = format!("gpg.ssh.allowedSignersFile={}", signers.display());
                    arguments.extend(["-c".to_owned(), setting]);
                }
                "%G?%x1f%GS"
            }
        };
        let format = format!(
            "--format=%x1e%H%x1f%P%x1f%cd%x1f{signature}%x1f%s%x1f%(trailers:only,unfold,separator=%x1d)%x1f"
        );
        arguments.extend(
            ["log", "--topo-order", "--reverse", "--date=format-local:%Y%m%d%H%M%S", &most, &format]
                .map(str::to_owned),
        );
        if matches!(with, With::Files) {
            arguments.extend(["--name-only", "--relative"].map(str::to_owned));
        }
        arguments.extend(["--end-of-options", &range].map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let answer = self.run(&arguments, &[])?;
        let text = String::from_utf8_lossy(&answer);
        let mut orders: BTreeMap<&str, u64> = BTreeMap::new();
        let mut commits = Vec::new();
        for entry in text.split('\u{1e}').skip(1) {
            let fields: Vec<&str> = entry.split('\u{1f}').collect();
            let [id, parents, date, verdict, signer, subject, trailers, files] = *fields else { continue };
            let before = parents.split(' ').filter_map(|parent| orders.get(parent)).max().copied();
            // Later than each parent, whatever the clocks said: the order is that of ancestry.
            let date = date.parse::<u64>().unwrap_or(0);
            let order = before.map_or(date, |before| date.max(before + 1));
            orders.insert(id, order);
            let pair = |trailer: &str| {
                let (key, value) = trailer.split_once(':')?;
                Some((key.trim().to_owned(), value.trim().to_owned()))
            };
            commits.push(Commit {
                id: id.to_owned(),
                subject: subject.to_owned(),
                order,
                trailers: trailers.split('\u{1d}').filter_map(pair).collect(),
                files: files.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
                signature: match verdict {
                    "" | "N" => Signature::None,
                    "G" => Signature::Good(signer.to_owned()),
                    "U" | "E" => Signature::Unknown,
                    _ => Signature::Bad,
                },
            });
        }
        Ok(commits)
    }

    fn tag(&self, name: &str, signers: Option<&Path>) -> Result<Signature, Failure> {
        let reference = format!("refs/tags/{name}");
        let text = self.ask(&["cat-file", "tag", &reference], &[])?;
        let signed = text.0
            && ["-----BEGIN SSH SIGNATURE-----", "-----BEGIN PGP SIGNATURE-----"]
                .iter()
                .any(|mark| String::from_utf8_lossy(&text.1).contains(mark));
        if !signed {
            return Ok(Signature::None);
        }
        let setting = signers.map(|path| format!("gpg.ssh.allowedSignersFile={}", path.display()));
        let mut arguments: Vec<&str> =
            setting.as_deref().map(|setting| vec!["-c", setting]).unwrap_or_default();
        arguments.extend(["verify-tag", name]);
        let (good, _, said) = self.ask(&arguments, &[])?;
        let said = String::from_utf8_lossy(&said);
        // `Good "git" signature for NAME with …` (SSH), `Good signature from "NAME"` (GPG).
        let by = said.lines().find_map(|line| {
            let ssh = line.split_once("signature for ").and_then(|(_, rest)| rest.split_once(" with "));
            let gpg = line.split_once("Good signature from \"").and_then(|(_, rest)| rest.split_once('"'));
            ssh.or(gpg).map(|(name, _)| name.to_owned())
        });
        Ok(match (good, by) {
            (true, Some(by)) => Signature::Good(by),
            (true, None) => Signature::Unknown,
            (false, _) if said.contains("BAD") || said.contains("incorrect signature") => Signature::Bad,
            (false, _) => Signature::Unknown,
        })
    }

    fn blame(&self, path: &str) -> Result<Vec<Option<String>>, Failure> {
        let answer = self.run(&["blame", "--line-porcelain", "--", path], &[])?;
        let text = String::from_utf8_lossy(&answer);
        let mut lines = Vec::new();
        let mut id = None;
        for line in text.lines() {
            if line.starts_with('\t') {
                lines.push(id.take());
            } else if id.is_none() {
                let first = line.split(' ').next().unwrap_or("");
                id = Some(first.to_owned());
            }
        }
        let known = |id: Option<String>| id.filter(|id| id.bytes().any(|byte| byte != b'0'));
        Ok(lines.into_iter().map(known).collect())
    }
}

#[cfg(test)]
mod tests;
