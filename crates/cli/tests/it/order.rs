//! Order in time: by Git ancestry in a working tree, where it is claimed; by log time once it is pushed.

use serde_json::Value;

use crate::kit::{House, err};
use crate::push::{commit, git, push, repository};

const CHANGE: &str = "---\nid: CR-001\nkind: change-request\ntitle: Alarm\nstatus: open\n---\n\nBecause.\n";

/// The gap of order at the change, with how it is marked.
fn late(house: &House, more: &[&str]) -> Option<(bool, bool, String)> {
    let out = house.run(&[&["check", "--format", "json"][..], more].concat());
    assert!(!out.stdout.is_empty(), "{}", err(&out));
    let report: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let gaps = report["gaps"].as_array().expect("gaps");
    let gap = gaps.iter().find(|gap| gap["rule"] == "13485-7.3.9-order")?;
    let flag = |name: &str| gap[name].as_bool().expect("a flag");
    Some((flag("retrospective"), flag("claimed"), gap["why"].as_str().expect("a reason").to_owned()))
}

fn change() -> House {
    let (house, _) = repository(1);
    std::fs::write(house.path("records/CR-001.md"), CHANGE).expect("written");
    commit(&house);
    house
}

fn implement(house: &House) {
    git(house, &["commit", "-q", "--allow-empty", "-m", "Raise the alarm\n\nImplements: CR-001"]);
}

fn approve(house: &House) {
    house.ends(0, &["sign", "CR-001", "--meaning", "approve", "--key", "lead"]);
}

#[test]
fn in_a_tree_the_order_is_that_of_ancestry_and_claimed() {
    let house = change();
    implement(&house);
    assert_eq!(late(&house, &[]), None, "nobody approved it: another rule's business");
    approve(&house);
    // The commits are of one second: only ancestry tells. The signature is not even committed.
    let (retrospective, claimed, why) = late(&house, &[]).expect("too late");
    assert!(retrospective && claimed && why.ends_with(" (claimed)"), "{why}");
    commit(&house);
    assert!(late(&house, &[]).is_some());
    assert_eq!(late(&house, &["--no-history"]), None);
    let text = house.run(&["check", "--all"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("[13485-7.3.9-order] (retrospective, claimed): CR-001 was approved only after"),
        "{text}"
    );

    let house = change();
    approve(&house);
    commit(&house);
    implement(&house);
    assert_eq!(late(&house, &[]), None, "approved, then implemented");
}

#[test]
fn a_signature_that_says_an_early_time_came_when_its_commit_came() {
    let house = change();
    approve(&house);
    let early = late(&house, &[]);
    assert_eq!(early, None, "nothing implements it yet");
    // The statement of the signature is older than the commit that implements; it was committed later.
    std::fs::rename(house.path("signatures"), house.path("kept")).expect("moved");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    implement(&house);
    std::fs::rename(house.path("kept"), house.path("signatures")).expect("moved");
    commit(&house);
    assert!(late(&house, &[]).is_some(), "ancestry, not the time that the signer states");
}

#[test]
fn once_pushed_log_time_decides() {
    let house = change();
    implement(&house);
    push(&house, &[]);
    std::thread::sleep(std::time::Duration::from_millis(2_200));
    approve(&house);
    commit(&house);
    push(&house, &[]);
    let (retrospective, claimed, why) = late(&house, &["--from-log"]).expect("too late");
    assert!(retrospective && !claimed && !why.contains("claimed"), "{why}");

    let house = change();
    approve(&house);
    commit(&house);
    push(&house, &[]);
    implement(&house);
    push(&house, &[]);
    assert_eq!(late(&house, &["--from-log"]), None);
}

#[test]
fn a_run_by_hand_that_was_entered_before_what_it_ran_against_is_retrospective() {
    let (house, _) = repository(1);
    let config = std::fs::read_to_string(house.path("vouchsafe.toml")).expect("reads");
    std::fs::write(house.path("vouchsafe.toml"), config.replace("development", "verification"))
        .expect("written");
    let case = "---\nid: TC-001\nkind: test-case\ntitle: T\nlinks:\n  verifies: [SYS-001]\n---\n\nLook.\n";
    let run = "---\nid: RUN-001\nkind: test-run\noutcome: passed\ndate: 2026-01-05\nlinks:\n  run-of: [TC-001]\n---\n";
    std::fs::write(house.path("records/TC-001.md"), case).expect("written");
    std::fs::write(house.path("records/RUN-001.md"), run).expect("written");
    house.ends(0, &["accept", "--all", "--by", "an engineer"]);
    commit(&house);
    let rule = |house: &House| {
        let out = house.run(&["check", "--format", "json"]);
        let report: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let gaps = report["gaps"].as_array().expect("gaps").clone();
        gaps.into_iter().find(|gap| gap["rule"] == "core.specified-before-run")
    };
    assert_eq!(rule(&house), None, "run and requirement came in one commit, whatever the dates say");
    crate::push::requirement(&house, 1, "Shall be shown in ml.");
    house.ends(0, &["accept", "--all", "--by", "an engineer"]);
    commit(&house);
    let gap = rule(&house).expect("accepted for a text that came after the run");
    assert_eq!((gap["record"].as_str(), gap["claimed"].as_bool()), (Some("TC-001"), Some(true)), "{gap}");
}

#[test]
fn git_is_asked_only_when_a_rule_depends_on_it() {
    let house = change();
    // A `git` that leaves a word that it was called.
    std::fs::create_dir(house.path("bin")).expect("made");
    let path = house.path("bin/git");
    let script = format!("#!/bin/sh\n: >{}\nexit 128\n", house.path("asked").display());
    std::fs::write(&path, script).expect("written");
    let mut mode = std::fs::metadata(&path).expect("there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&path, mode).expect("made executable");
    let asked = |more: &[&str]| {
        let _ = std::fs::remove_file(house.path("asked"));
        let out = house
            .command(&[&["check"][..], more].concat())
            .env("PATH", house.path("bin"))
            .output()
            .expect("runs");
        assert_ne!(out.status.code(), Some(3), "{}", err(&out));
        house.path("asked").exists()
    };
    assert!(!asked(&[]), "nobody approved the change");
    approve(&house);
    assert!(asked(&[]));
    assert!(!asked(&["--no-history"]));
}
