//! The port against a repository made here, with commits signed by SSH keys.

use super::{Git, History, Signature, With};
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git runs");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn commit(folder: &Path, message: &str, more: &[&str]) {
    git(folder, &["add", "-A"]);
    let identity = ["-c", "user.name=author", "-c", "user.email=author@example.org"];
    git(folder, &[&identity, more, &["commit", "-q", "-m", message]].concat());
}

fn key(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&path).status();
    assert!(made.expect("ssh-keygen runs").success());
    std::fs::read_to_string(path.with_extension("pub")).expect("a public key")
}

#[test]
fn a_repository_is_read_without_writing_to_it() {
    let keys = tempfile::tempdir().expect("a directory");
    let (known, _) = (key(keys.path(), "known"), key(keys.path(), "other"));
    let signers = keys.path().join("signers");
    std::fs::write(&signers, format!("author@example.org {known}")).expect("written");
    let signed = |name: &str| {
        let key = format!("user.signingkey={}", keys.path().join(name).display());
        [
            "-c".to_owned(),
            "gpg.format=ssh".into(),
            "-c".into(),
            key,
            "-c".into(),
            "commit.gpgsign=true".into(),
        ]
    };
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    assert!(Git::find(root).is_none() && Git::want(root).is_err());
    git(root, &["init", "-q", "-b", "main"]);
    std::fs::create_dir_all(root.join("q/ä")).expect("made");
    std::fs::write(root.join("q/ä/one.md"), "a\nb\n").expect("written");
    std::fs::write(root.join("other.md"), "x\n").expect("written");
    std::os::unix::fs::symlink("/etc/passwd", root.join("q/link.md")).expect("linked");
    commit(root, "First", &[]);
    std::fs::write(root.join("q/ä/one.md"), "a\nB\n").expect("written");
    let known = signed("known");
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    commit(root, "Second\n\nImplements: SWR-1,\n  SWR-2\nReviewed-by: nobody", &known);
    std::fs::write(root.join("q/two.csv"), "id\n").expect("written");
    let other = signed("other");
    commit(root, "Third", &other.iter().map(String::as_str).collect::<Vec<_>>());

    let folder = Git::want(&root.join("q")).expect("a repository");
    let commits = folder.commits(None, With::Files).expect("commits");
    let said: Vec<_> = commits.iter().map(|c| (&*c.subject, c.files.join(" "))).collect();
    let expected = [("First", "link.md ä/one.md"), ("Second", "ä/one.md"), ("Third", "two.csv")];
    assert_eq!(said, expected.map(|(subject, files)| (subject, files.to_owned())));
    assert_eq!(
        commits[1].trailers,
        [("Implements", "SWR-1, SWR-2"), ("Reviewed-by", "nobody")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
    assert!(
        commits.windows(2).all(|pair| pair[0].order <= pair[1].order && pair[0].order > 20_000_101_000_000)
    );

    let first = folder.resolve(&commits[0].id[..8]).expect("found");
    assert_eq!(first, commits[0].id);
    assert!(folder.resolve("nonsense").is_err() && folder.resolve("--all").is_err());
    let files = folder.files(&first, &|path| path.ends_with(".md")).expect("files");
    assert_eq!(files, [("ä/one.md".to_owned(), b"a\nb\n".to_vec())], "no link, nothing outside the folder");
    let blame = folder.blame("ä/one.md").expect("lines");
    assert_eq!(blame, [Some(commits[0].id.clone()), Some(commits[1].id.clone())]);

    let since = folder.commits(Some(&first), With::Signatures(Some(&signers))).expect("commits");
    let signatures: Vec<&Signature> = since.iter().map(|commit| &commit.signature).collect();
    assert_eq!(signatures, [&Signature::Good("author@example.org".to_owned()), &Signature::Unknown]);
    let all = folder.commits(None, With::Signatures(Some(&signers))).expect("commits");
    assert_eq!(all[0].signature, Signature::None);

    let identity = ["-c", "user.name=author", "-c", "user.email=author@example.org"];
    git(root, &[&identity, &known[..4], &["tag", "-s", "v1", "-m", "One"]].concat());
    git(
        root,
        &[&identity, &["-c", "commit.gpgsign=false", "tag", "-a", "v0", "-m", "Zero", &first][..]].concat(),
    );
    let tag = |name: &str| folder.tag(name, Some(&signers)).expect("an answer");
    assert_eq!(tag("v1"), Signature::Good("author@example.org".to_owned()));
    assert_eq!([tag("v0"), tag("main"), tag("nonsense")], [const { Signature::None }; 3]);
    std::fs::write(&signers, "").expect("written");
    assert_eq!(tag("v1"), Signature::Unknown);

    assert!(folder.changed().expect("a state").is_empty());
    std::fs::write(root.join("q/new.md"), "n").expect("written");
    std::fs::write(root.join("q/ä/one.md"), "a\nc\n").expect("written");
    let changed: Vec<String> = folder.changed().expect("a state").into_iter().collect();
    assert_eq!(changed, ["new.md", "ä/one.md"]);
    assert_eq!(folder.blame("ä/one.md").expect("lines")[1], None);
}

#[test]
fn nothing_that_an_author_writes_hides_a_commit() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = dir.path();
    git(root, &["init", "-q", "-b", "main"]);
    let messages = ["Innocent\u{1f}subject", "Two\u{1e}records", "Three\n\nA: 1\u{1d}B: 2", "Plain"];
    for (n, message) in messages.iter().enumerate() {
        std::fs::write(root.join("file"), n.to_string()).expect("written");
        commit(root, message, &[]);
    }
    let commits =
        Git::want(root).expect("a repository").commits(None, With::Signatures(None)).expect("listed");
    let subjects: Vec<&str> = commits.iter().map(|c| &*c.subject).collect();
    assert_eq!(subjects, ["Innocent\u{1f}subject", "Two\u{1e}records", "Three", "Plain"]);
    assert_eq!(commits[2].trailers.len(), 1, "one trailer, whatever stands in it");
    assert!(commits.iter().all(|c| c.signature == Signature::None));
}

#[test]
fn a_folder_that_looks_like_a_repository_runs_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let (root, ran) = (dir.path().join("clone"), dir.path().join("ran"));
    let folder = root.join("pump");
    std::fs::create_dir_all(folder.join("objects")).expect("made");
    std::fs::create_dir_all(folder.join("refs")).expect("made");
    std::fs::write(folder.join("objects/keep"), "").expect("written");
    std::fs::write(folder.join("refs/keep"), "").expect("written");
    std::fs::write(folder.join("HEAD"), "ref: refs/heads/main\n").expect("written");
    let config = format!(
        "[core]\n repositoryformatversion = 0\n bare = false\n worktree = .\n fsmonitor = \"echo ran > {}; true\"\n",
        ran.display()
    );
    std::fs::write(folder.join("config"), &config).expect("written");
    git(dir.path(), &["init", "-q", "-b", "main", "clone"]);
    commit(&root, "Files like any other", &[]);
    if let Some(git) = Git::find(&folder) {
        let _ = git.changed();
    }
    // The same in a configuration that git does read.
    let own = root.join(".git/config");
    let settings = std::fs::read_to_string(&own).expect("read");
    let monitor = format!("[core]\n fsmonitor = \"echo ran > {}; true\"\n", ran.display());
    std::fs::write(&own, settings + &monitor).expect("written");
    let git = Git::want(&root).expect("a repository");
    git.changed().expect("compared");
    assert!(!ran.exists(), "a command of the repository ran");
}
