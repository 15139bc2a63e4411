//! Signatures over records, kept in Git: made offline, verified by OpenSSH itself, and what becomes of them when the record or
//! the file changes.

use std::process::{Command, Stdio};

use crate::kit::{House, err, flip};

const RULE: &str = "13485-7.3.3-approved";

/// A product with one need, and keys of a lead and of a stranger; the lead's signatures count.
pub(crate) fn product() -> House {
    let house = House::new();
    let config = "[product]\nname = \"Pump\"\nstage = \"development\"\nprofiles = [\"iso13485\"]\n\n\
                  [signatures]\nallowed-signers = \"allowed_signers\"\n";
    std::fs::write(house.path("vouchsafe.toml"), config).expect("written");
    std::fs::create_dir(house.path("records")).expect("made");
    need(&house, "The nurse sees how much was given.");
    for name in ["lead", "stranger"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
            .arg(house.path(name))
            .status();
        assert!(made.expect("ssh-keygen is there").success());
    }
    let key = std::fs::read_to_string(house.path("lead.pub")).expect("a key");
    let line = format!("# who may sign\n\"Quality lead\" namespaces=\"vouchsafe-record@v1\" {key}");
    std::fs::write(house.path("allowed_signers"), line).expect("written");
    house
}

pub(crate) fn need(house: &House, text: &str) {
    let need = format!("---\nid: UN-001\nkind: user-need\ntitle: Volume is shown\n---\n\n{text}\n");
    std::fs::write(house.path("records/UN-001.md"), need).expect("written");
}

/// Whether the check misses an approval of the need, and why.
fn missing(house: &House) -> Option<String> {
    let out = house.run(&["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let gaps = report["gaps"].as_array().expect("gaps");
    let gap = gaps.iter().find(|gap| gap["rule"] == RULE && gap["record"] == "UN-001")?;
    Some(gap["why"].as_str().expect("a reason").to_owned())
}

fn sign(house: &House, more: &[&str]) -> String {
    house.ends(0, &[&["sign", "UN-001", "--meaning", "approve", "--key", "lead"][..], more].concat())
}

fn only_file(house: &House) -> std::path::PathBuf {
    let folder = house.path("signatures/UN-001");
    let mut files = std::fs::read_dir(folder).expect("a folder");
    let file = files.next().expect("a signature").expect("a file").path();
    assert!(files.next().is_none(), "one signature");
    file
}

#[test]
fn a_signature_approves_one_revision_and_stays_with_it() {
    let house = product();
    assert_eq!(missing(&house).as_deref(), Some("UN-001 is not approved"));
    assert!(sign(&house, &[]).contains("approve by Quality lead"));
    assert_eq!(missing(&house), None);
    assert!(sign(&house, &[]).contains("signed before"), "twice is once");
    only_file(&house);
    let shown = house.ends(0, &["show", "UN-001"]);
    assert!(shown.contains("approved by Quality lead on") && shown.contains(": this revision"), "{shown}");

    need(&house, "The nurse sees how much was given, in ml.");
    let why = missing(&house).expect("the new revision is not approved");
    assert!(why.starts_with("UN-001 changed since Quality lead approved revision"), "{why}");
    let shown = house.json(&["show", "UN-001"]);
    assert_eq!(shown["signatures"][0]["present"], false, "{shown}");
    assert_eq!(shown["signatures"][0]["counts"], true);
    // Moving the file and the ends of its lines are no change.
    need(&house, "The nurse sees how much was given.\r\n");
    assert_eq!(missing(&house), None);
    house.ends(0, &["sign", "UN-001", "--meaning", "reject", "--key", "lead"]);
    assert!(missing(&house).is_some(), "a rejection takes the approval back");
}

#[test]
fn what_does_not_count_is_said_and_why() {
    let house = product();
    house.ends(2, &["sign", "UN-009", "--meaning", "approve", "--key", "lead"]);
    house.ends(2, &["sign", "UN-001", "--meaning", "approve", "--key", "stranger"]);
    house.ends(0, &["sign", "UN-001", "--meaning", "approve", "--key", "stranger", "--name", "Quality lead"]);
    let doubted = |reason: &str| {
        let out = house.run(&["check"]);
        assert!(err(&out).contains(reason), "{}", err(&out));
        assert!(missing(&house).is_some(), "{reason}");
    };
    doubted("its key is not among the allowed signers");
    std::fs::remove_file(only_file(&house)).expect("removed");
    sign(&house, &["--name", "Head of quality"]);
    doubted("do not know this key by the printed name `Head of quality`");
    std::fs::remove_file(only_file(&house)).expect("removed");

    sign(&house, &[]);
    let file = only_file(&house);
    let whole = std::fs::read_to_string(&file).expect("reads");
    let present = whole.lines().nth(2).expect("the revision").to_owned();
    let other = format!("revision sha256:{}", "0".repeat(64));
    std::fs::write(&file, whole.replace(&present, &other)).expect("written");
    doubted("does not count");
    flip(&file, 5);
    doubted("is no signature");
    std::fs::write(&file, whole.replace('\n', "\r\n")).expect("written");
    assert_eq!(missing(&house), None, "a checkout may turn line ends");
    let config = std::fs::read_to_string(house.path("vouchsafe.toml")).expect("reads");
    std::fs::write(house.path("vouchsafe.toml"), config.replace("\"allowed_", "\"../allowed_"))
        .expect("written");
    let out = house.run(&["check"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(err(&out).contains("leads out of the folder"), "{}", err(&out));
}

#[test]
fn openssh_verifies_what_is_exported() {
    let house = product();
    house.ends(2, &["signature", "export", "UN-001"]);
    sign(&house, &[]);
    house.ends(0, &["sign", "UN-001", "--meaning", "review", "--key", "lead"]);
    let exported = house.json(&["signature", "export", "UN-001", "--to", "out"]);
    let all = exported["signatures"].as_array().expect("signatures");
    assert_eq!(all.len(), 2, "{exported}");
    let verify = |item: &serde_json::Value, statement: &std::path::Path| {
        let word = |name: &str| item[name].as_str().expect("a word").to_owned();
        let input = std::fs::File::open(statement).expect("opens");
        let mut keygen = Command::new("ssh-keygen");
        keygen
            .args(["-Y", "verify", "-f", "allowed_signers", "-n", "vouchsafe-record@v1"])
            .args(["-I", &word("identity"), "-s", &word("signature")])
            .current_dir(house.path("out"))
            .stdin(Stdio::from(input))
            .output()
            .expect("ssh-keygen runs")
    };
    for item in all {
        let statement = house.path("out").join(item["statement"].as_str().expect("a file"));
        let good = verify(item, &statement);
        assert!(good.status.success(), "{}", err(&good));
        let command = item["command"].as_str().expect("a command");
        let shell = Command::new("sh").args(["-c", command]).current_dir(house.path("out")).output();
        assert!(shell.expect("sh runs").status.success(), "{command}");
        let text = std::fs::read_to_string(&statement).expect("reads");
        std::fs::write(house.path("other"), text.replace("UN-001", "UN-002")).expect("written");
        assert!(!verify(item, &house.path("other")).status.success(), "another statement");
    }
}

#[test]
fn an_editorial_change_is_signed_once_it_is_declared() {
    let house = product();
    let sys = "---\nid: SYS-001\nkind: system-requirement\ntitle: Volume\nlinks:\n  refines: [UN-001]\n---\n\nShow it.\n";
    std::fs::write(house.path("records/SYS-001.md"), sys).expect("written");
    house.ends(0, &["accept", "--all", "--by", "an engineer"]);
    need(&house, "The nurse sees how much was given .");
    let editorial = ["sign", "UN-001", "--editorial", "--meaning", "approve", "--key", "lead"];
    assert!(err(&house.run(&editorial)).contains("not declared editorial"));
    house.ends(0, &["accept", "--editorial", "UN-001", "--by", "an engineer"]);
    house.ends(0, &editorial);
    let shown = house.ends(0, &["show", "UN-001"]);
    assert!(shown.contains("signed as editorial by Quality lead"), "{shown}");
    assert!(missing(&house).is_some(), "an editorial statement is no approval");
}
