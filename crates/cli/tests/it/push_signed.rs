//! Signed commits and tags: by keys of the log's sources (SSH), by keys of a keyring (OpenPGP), by strangers, damaged, not at all.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::kit::{House, err};
use crate::push::{commit, git, push, repository};

/// The last fact of a kind, with its content.
fn last(house: &House, fact: &str) -> Value {
    let log = house.json(&["log", "show", "--from", "0", "--limit", "1000"]);
    let entries = log["entries"].as_array().expect("entries");
    let index =
        entries.iter().rfind(|e| e["body"]["fact"] == fact).expect("such a fact")["index"].to_string();
    house.json(&["log", "show", &index])["body"]["content"].clone()
}

fn sign_with(house: &House, key: &str) {
    git(house, &["config", "gpg.format", "ssh"]);
    git(house, &["config", "user.signingkey", house.path(key).to_str().expect("a path")]);
    git(house, &["config", "commit.gpgsign", "true"]);
}

fn change(house: &House, text: &str) -> String {
    crate::push::requirement(house, 1, text);
    commit(house)
}

#[test]
fn commits_are_verified_by_the_keys_of_the_logs_sources() {
    let (house, _) = repository(1);
    let done = push(&house, &[]);
    assert_eq!(done["signature"], "not signed");
    assert!(last(&house, "CommitPushed")["signature"].is_null());

    sign_with(&house, "lead");
    change(&house, "One.");
    let done = push(&house, &[]);
    let said = done["signature"].as_str().expect("a word").to_owned();
    assert!(
        said.starts_with("signature verified, by SHA256:") && said.ends_with("of Quality lead"),
        "{said}"
    );
    let print = Command::new("ssh-keygen").arg("-lf").arg(house.path("lead.pub")).output().expect("runs");
    let print = String::from_utf8_lossy(&print.stdout).split(' ').nth(1).expect("a fingerprint").to_owned();
    let content = last(&house, "CommitPushed");
    assert_eq!(
        (content["signature"]["verdict"].as_str(), content["signature"]["key"].as_str()),
        (Some("good"), Some(&*print))
    );
    assert!(content["signature"]["signer"].as_str().is_some_and(|s| s.starts_with("person")), "{content}");
    // Whoever doubts it verifies the commit as Git keeps it.
    let raw = git(&house, &["cat-file", "commit", "HEAD"]);
    assert_eq!(content["object"]["length"], raw.len() + 1, "{content}");

    sign_with(&house, "stranger");
    change(&house, "Two.");
    let done = push(&house, &[]);
    assert!(done["signature"].as_str().is_some_and(|s| s.starts_with("signature not verified")), "{done}");
    assert!(done["doubts"][0].as_str().is_some_and(|s| s.contains("nobody's key in the log")), "{done}");
    assert_eq!(last(&house, "CommitPushed")["signature"]["verdict"], "unknown-key");
}

#[test]
fn a_signature_over_something_else_does_not_hold() {
    let (house, _) = repository(1);
    sign_with(&house, "lead");
    change(&house, "One.");
    // The same signature, another message.
    let raw = git(&house, &["cat-file", "commit", "HEAD"]) + "\n";
    let forged = raw.replace("\n\nrecords\n", "\n\nother\n");
    assert_ne!(raw, forged);
    let mut child = Command::new("git")
        .arg("-C")
        .arg(house.dir.path())
        .args(["hash-object", "-t", "commit", "-w", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    std::io::Write::write_all(child.stdin.as_mut().expect("piped"), forged.as_bytes()).expect("written");
    let out = child.wait_with_output().expect("ends");
    let id = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    git(&house, &["update-ref", "refs/heads/main", &id]);
    let done = push(&house, &[]);
    assert!(done["signature"].as_str().is_some_and(|s| s.starts_with("signature does not hold")), "{done}");
    let content = last(&house, "CommitPushed");
    assert_eq!(
        (content["signature"]["verdict"].as_str(), content["signed_by"].is_null()),
        (Some("bad"), true)
    );
}

#[test]
fn annotated_tags_are_pushed_once_with_their_signature() {
    let (house, _) = repository(1);
    git(&house, &["tag", "plain"]);
    git(&house, &["tag", "-a", "-m", "first", "v1"]);
    assert_eq!(push(&house, &[])["tags"], 1);
    assert!(last(&house, "TagPushed")["signature"].is_null());
    assert_eq!(push(&house, &[])["tags"], 0);
    // A tag comes later than its commit.
    sign_with(&house, "lead");
    git(&house, &["tag", "-s", "-m", "second", "v1.1"]);
    assert_eq!(push(&house, &[])["tags"], 1);
    let tag = last(&house, "TagPushed");
    assert_eq!(
        (tag["tag"].as_str(), tag["signature"]["verdict"].as_str()),
        (Some("v1.1"), Some("good")),
        "{tag}"
    );
    // A tag that was moved is said again; the former stays in the log.
    change(&house, "One.");
    git(&house, &["tag", "-f", "-a", "-m", "moved", "v1"]);
    push(&house, &[]);
    let moved = last(&house, "TagPushed");
    assert_eq!(
        (moved["tag"].as_str(), moved["commit"].as_str()),
        (Some("v1"), Some(&*git(&house, &["rev-parse", "HEAD"])))
    );
}

fn gpg(home: &Path, arguments: &[&str]) -> Vec<u8> {
    let out =
        Command::new("gpg").arg("--homedir").arg(home).args(["--batch", "--quiet"]).args(arguments).output();
    let out = out.expect("gpg runs");
    assert!(out.status.success(), "{arguments:?}: {}", err(&out));
    out.stdout
}

/// A home of gpg, whose agent ends with it. Its path is short: sockets lie in it.
struct Gpg(tempfile::TempDir);

impl Drop for Gpg {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf").arg("--homedir").arg(self.0.path()).args(["--kill", "all"]).status();
    }
}

#[test]
fn openpgp_signatures_are_verified_by_the_keyring_that_the_configuration_names() {
    if Command::new("gpg").arg("--version").output().is_err() {
        eprintln!(
            "SKIPPED: there is no gpg here; OpenPGP signatures of commits are NOT tested (bin/test installs gnupg)"
        );
        return;
    }
    let (house, _) = repository(1);
    let home = Gpg(tempfile::Builder::new().prefix("g").tempdir_in("/tmp").expect("a directory"));
    let user = "Release engineer <release@example.test>";
    gpg(home.0.path(), &["--passphrase", "", "--quick-generate-key", user, "ed25519", "sign", "never"]);
    let listed = gpg(home.0.path(), &["--with-colons", "--fingerprint", "--list-keys"]);
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let print = listed
        .lines()
        .find_map(|l| l.strip_prefix("fpr:::::::::"))
        .expect("a fingerprint")
        .trim_end_matches(':')
        .to_owned();
    let wrapper = house.path("gpg-here");
    std::fs::write(&wrapper, format!("#!/bin/sh\nexec gpg --homedir {} \"$@\"\n", home.0.path().display()))
        .expect("written");
    let mut mode = std::fs::metadata(&wrapper).expect("there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&wrapper, mode).expect("made executable");
    git(&house, &["config", "gpg.program", wrapper.to_str().expect("a path")]);
    git(&house, &["config", "user.signingkey", &print]);
    git(&house, &["config", "commit.gpgsign", "true"]);

    change(&house, "One.");
    let done = push(&house, &[]);
    assert!(done["doubts"][0].as_str().is_some_and(|s| s.contains("names no keyring")), "{done}");
    assert_eq!(last(&house, "CommitPushed")["signature"]["verdict"], "unknown-key");

    let config = std::fs::read_to_string(house.path("vouchsafe.toml")).expect("reads");
    let config = format!("{config}gpg-keyring = \"records/keys.asc\"\n");
    std::fs::write(house.path("vouchsafe.toml"), config).expect("written");
    std::fs::write(house.path("records/keys.asc"), gpg(home.0.path(), &["--armor", "--export"]))
        .expect("written");
    commit(&house);
    git(&house, &["tag", "-s", "-m", "first", "v1"]);
    let done = push(&house, &[]);
    assert_eq!(done["signature"], format!("signature verified, by {print} of {user}"));
    let content = last(&house, "CommitPushed");
    let signature = &content["signature"];
    assert_eq!(
        (signature["verdict"].as_str(), signature["scheme"].as_str()),
        (Some("good"), Some("openpgp"))
    );
    assert!(signature["keyring"]["digest"].is_string(), "what it was checked against is kept: {signature}");
    assert_eq!(last(&house, "TagPushed")["signature"]["verdict"], "good");

    // Another key than those of the keyring.
    gpg(
        home.0.path(),
        &[
            "--passphrase",
            "",
            "--quick-generate-key",
            "Stranger <s@example.test>",
            "ed25519",
            "sign",
            "never",
        ],
    );
    git(&house, &["config", "user.signingkey", "s@example.test"]);
    change(&house, "Two.");
    let done = push(&house, &[]);
    assert!(done["doubts"][0].as_str().is_some_and(|s| s.contains("not in the keyring")), "{done}");
    assert_eq!(last(&house, "CommitPushed")["signature"]["verdict"], "unknown-key");
}
