//! Pushing what a commit holds: once, again, changed, interrupted anywhere, here and through a server.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::kit::{House, err};
use crate::sign::{need, product};

pub(crate) const ADMIN: [&str; 4] = ["--key", "admin", "--passphrase-file", "pass"];

pub(crate) fn git(house: &House, arguments: &[&str]) -> String {
    let out = Command::new("git")
        .arg("-C")
        .arg(house.dir.path())
        .args(["-c", "user.name=Engineer", "-c", "user.email=e@example.test"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git is there");
    assert!(out.status.success(), "{arguments:?}: {}", err(&out));
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

pub(crate) fn commit(house: &House) -> String {
    git(house, &["add", "vouchsafe.toml", "vouchsafe.lock", "records", "signatures"]);
    git(house, &["commit", "-q", "-m", "records"]);
    git(house, &["rev-parse", "HEAD"])
}

pub(crate) fn requirement(house: &House, n: usize, text: &str) {
    let record = format!(
        "---\nid: SYS-{n:03}\nkind: system-requirement\ntitle: Requirement {n}\nlinks:\n  refines: [UN-001]\n---\n\n{text}\n"
    );
    std::fs::write(house.path(&format!("records/SYS-{n:03}.md")), record).expect("written");
}

/// A product in a repository with `n` requirements, and a log that knows the lead and a CI job.
pub(crate) fn repository(n: usize) -> (House, String) {
    let house = product();
    let init = ["log", "init", "--origin", "log.example/test", "--new-administrator-key", "admin"];
    house.ends(0, &[&init[..], &["--new-recovery-key", "recovery", "--passphrase-file", "pass"]].concat());
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(house.path("ci"))
        .status();
    assert!(made.expect("ssh-keygen is there").success());
    let lead = ["source", "enrol", "lead.pub", "--name", "Quality lead", "--role", "quality"];
    house.ends(0, &[&lead[..], &ADMIN].concat());
    let ci = ["source", "enrol", "ci.pub", "--kind", "ci", "--name", "Pipeline", "--role", "ci"];
    let ci = house.json(&[&ci[..], &ADMIN].concat());
    for n in 1..=n {
        requirement(&house, n, "Shall be shown.");
    }
    house.ends(0, &["accept", "--all", "--by", "an engineer"]);
    house.ends(0, &["sign", "UN-001", "--meaning", "approve", "--key", "lead"]);
    git(&house, &["init", "-q", "-b", "main"]);
    commit(&house);
    (house, ci["source"].as_str().expect("a source").to_owned())
}

pub(crate) const PUSH: [&str; 4] = ["push", "--key", "ci", "--repository"];

pub(crate) fn push(house: &House, more: &[&str]) -> Value {
    house.json(&[&PUSH[..], &["pump"], more].concat())
}

/// Entries of the log by fact, without what depends on when and how often it was opened.
pub(crate) fn facts(house: &House) -> BTreeMap<String, usize> {
    let log = house.json(&["log", "show", "--from", "0", "--limit", "10000"]);
    let mut counts = BTreeMap::new();
    for entry in log["entries"].as_array().expect("entries") {
        let fact = entry["body"]["fact"].as_str().expect("a fact").to_owned();
        *counts.entry(fact).or_insert(0) += 1;
    }
    counts.retain(|fact, _| !matches!(fact.as_str(), "Tick" | "Sealed"));
    counts
}

/// Rule and record of every gap.
pub(crate) fn gaps(house: &House, more: &[&str]) -> Vec<(String, String)> {
    let out = house.run(&[&["check", "--format", "json"][..], more].concat());
    assert!(!out.stdout.is_empty(), "{}", err(&out));
    let report: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let word = |gap: &Value, name: &str| gap[name].as_str().expect("a word").to_owned();
    let all = report["gaps"].as_array().expect("gaps").iter();
    let mut all: Vec<_> = all.map(|gap| (word(gap, "rule"), word(gap, "record"))).collect();
    all.sort();
    all
}

#[test]
fn a_commit_is_pushed_once_and_the_log_says_what_the_tree_says() {
    let (house, _) = repository(3);
    let report = "<testsuite name='s' timestamp='2026-03-01T10:00:00Z'><testcase name='a [TC-001]' time='0.5'/>\
                  <testcase name='b [TC-001]'><failure/></testcase><testcase name='nothing'/></testsuite>";
    std::fs::write(house.path("junit.xml"), report).expect("written");
    let case =
        "---\nid: TC-001\nkind: test-case\ntitle: Volume\nlinks:\n  verifies: [SYS-001]\n---\n\nLook.\n";
    std::fs::write(house.path("records/TC-001.md"), case).expect("written");
    assert!(err(&house.run(&[&PUSH[..], &["pump"]].concat())).contains("differ from the commit"));
    let id = commit(&house);
    let first = push(&house, &["--results", "junit.xml", "--baseline", "0.1"]);
    assert_eq!(first["commit"], id.as_str());
    let counts = ["revised", "accepted", "signatures", "results", "unchanged"].map(|n| first[n].as_u64());
    assert_eq!(counts, [5, 3, 1, 2, 0].map(Some), "{first}");
    assert_eq!((first["baseline"].as_str(), first["baseline_made"].as_bool()), (Some("0.1"), Some(true)));
    let there = facts(&house);
    let again = push(&house, &["--results", "junit.xml", "--baseline", "0.1"]);
    let counts = ["revised", "accepted", "signatures", "results", "unchanged"].map(|n| again[n].as_u64());
    assert_eq!(counts, [0, 0, 0, 0, 8].map(Some), "{again}");
    assert_eq!(again["baseline_made"], false);
    assert_eq!(facts(&house), there, "nothing was added");
    assert_eq!(gaps(&house, &["--from-log"]), gaps(&house, &["--results", "junit.xml"]));
    let shown = house.ends(0, &["show", "TC-001", "--from-log"]);
    assert!(shown.contains("latest result: failed"), "one test of the case failed: {shown}");
    let trace = house.ends(0, &["trace", "user-need", "system-requirement", "--from-log", "--as", "csv"]);
    assert_eq!(trace, house.ends(0, &["trace", "user-need", "system-requirement", "--as", "csv"]));
}

#[test]
fn what_changed_is_pushed_and_the_past_stays() {
    let (house, _) = repository(3);
    push(&house, &[]);
    let before = house.json(&["log", "show", "--limit", "1"])["known"]["size"].as_u64().expect("a size");
    let then = gaps(&house, &[]);
    need(&house, "The nurse sees how much was given, in ml.");
    std::fs::remove_file(house.path("records/SYS-002.md")).expect("removed");
    house.ends(0, &["accept", "SYS-003", "--by", "an engineer"]);
    let newer = commit(&house);
    let done = push(&house, &[]);
    let counts = ["revised", "retired", "accepted", "withdrawn", "signatures"].map(|n| done[n].as_u64());
    assert_eq!(counts, [1, 1, 1, 1, 0].map(Some), "{done}");
    assert_eq!(gaps(&house, &["--from-log"]), gaps(&house, &[]));
    let known = before.to_string();
    assert_eq!(gaps(&house, &["--known", &known]), then, "as it was known then");
    assert!(house.ends(0, &["show", "UN-001", "--known", &known]).contains("how much was given."));
    assert!(house.ends(0, &["show", "UN-001", "--from-log"]).contains("in ml."));
    assert_eq!(house.run(&["show", "SYS-002", "--from-log"]).status.code(), Some(2));
    house.ends(0, &["show", "SYS-002", "--known", &known]);
    assert_eq!(house.run(&["check", "--known", "3"]).status.code(), Some(2), "nothing was known then");
    // The older commit would take the line back.
    git(&house, &["checkout", "-q", "HEAD~1"]);
    let refused = house.run(&[&PUSH[..], &["pump"]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains(&format!("comes before {newer}")), "{}", err(&refused));
    git(&house, &["checkout", "-q", "main"]);
    assert_eq!(
        house.run(&[&PUSH[..], &["other"]].concat()).status.code(),
        Some(2),
        "records of another repository"
    );
}

#[test]
fn signatures_of_strangers_and_commits_are_told_apart() {
    let (house, _) = repository(1);
    house.ends(0, &["sign", "SYS-001", "--meaning", "approve", "--key", "stranger", "--name", "Somebody"]);
    git(&house, &["config", "gpg.format", "ssh"]);
    git(&house, &["config", "user.signingkey", house.path("lead").to_str().expect("a path")]);
    git(&house, &["config", "commit.gpgsign", "true"]);
    commit(&house);
    let out = house.run(&[&PUSH[..], &["pump"]].concat());
    assert_eq!(out.status.code(), Some(1), "{}", err(&out));
    assert!(err(&out).contains("its key is nobody's in the log"), "{}", err(&out));
    let log = house.json(&["log", "show", "--from", "0", "--limit", "100"]);
    let entries = log["entries"].as_array().expect("entries");
    let last = entries.iter().rfind(|e| e["body"]["fact"] == "CommitPushed");
    let index = last.expect("a commit")["index"].to_string();
    let shown = house.json(&["log", "show", &index]);
    let content = &shown["body"]["content"];
    assert!(content["signed_by"].as_str().is_some_and(|key| key.len() == 64), "{shown}");
    assert_eq!(content["signature"]["verdict"], "good", "{shown}");
}

#[test]
fn a_push_that_is_killed_anywhere_is_taken_up_where_it_was() {
    let (house, _) = repository(300);
    let (whole, _) = repository(300);
    let beside = ["--results", "junit.xml", "--coverage", "lcov.info", "--analysis", "lint.sarif"];
    for house in [&house, &whole] {
        crate::push_all::reports(house);
        std::fs::write(house.path("records/REV-001.md"), crate::push_all::REVIEW).expect("written");
        house.ends(0, &["accept", "REV-001", "--by", "an engineer"]);
        commit(house);
        git(house, &["tag", "-a", "-m", "first", "v1"]);
    }
    push(&whole, &beside);
    let mut wait = 40;
    let mut killed = 0;
    loop {
        let mut child = house
            .command(&[&PUSH[..], &["pump"], &beside].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        std::thread::sleep(Duration::from_millis(wait));
        if let Some(status) = child.try_wait().expect("waits") {
            assert_eq!(status.code(), Some(0));
            break;
        }
        child.kill().expect("killed");
        child.wait().expect("ends");
        killed += 1;
        wait += 25;
    }
    assert!(killed > 2, "it was interrupted {killed} times");
    assert_eq!(push(&house, &beside)["unchanged"], 603);
    let (mut interrupted, mut at_once) = (facts(&house), facts(&whole));
    // The commit is stated once more only if it was not durable: never, once it is.
    assert_eq!(interrupted.remove("CommitPushed"), at_once.remove("CommitPushed"));
    for fact in ["ReviewHeld", "CoverageReported", "AnalysisReported", "TagPushed", "ResultReported"] {
        assert!(at_once.contains_key(fact), "{fact}: {at_once:?}");
    }
    assert_eq!(interrupted, at_once);
    assert_eq!(gaps(&house, &["--from-log"]), gaps(&whole, &["--from-log"]));
}

/// Passes on to a server until so many bytes have gone there, then breaks every connection.
struct Failing {
    url: String,
    left: Arc<AtomicI64>,
}

impl Failing {
    fn before(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let left = Arc::new(AtomicI64::new(0));
        let budget = left.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if budget.load(Ordering::SeqCst) <= 0 {
                    continue;
                }
                let there = TcpStream::connect(&server).expect("the server listens");
                let (from, to) = (client.try_clone().expect("cloned"), there.try_clone().expect("cloned"));
                let budget = budget.clone();
                std::thread::spawn(move || pass(from, to, Some(&budget)));
                std::thread::spawn(move || pass(there, client, None));
            }
        });
        Self { url, left }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, budget: Option<&AtomicI64>) {
    let mut buffer = [0; 4_096];
    while let Ok(n) = from.read(&mut buffer) {
        let n64 = i64::try_from(n).expect("small");
        let spent = budget.is_some_and(|budget| budget.fetch_sub(n64, Ordering::SeqCst) < n64);
        if n == 0 || spent || to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    // Both ends are gone: the client sees its connection break.
    drop(from.shutdown(std::net::Shutdown::Both));
    drop(to.shutdown(std::net::Shutdown::Both));
}

#[test]
fn a_push_through_a_server_that_fails_again_and_again_ends_as_one_that_did_not() {
    let (house, ci) = repository(30);
    let (whole, _) = repository(30);
    push(&whole, &["--baseline", "0.1"]);
    let token = ["token", "issue", &ci, "--label", "push", "--scope", "read", "--scope", "write"];
    let token = house.json(&[&token[..], &ADMIN].concat());
    std::fs::write(house.path("token"), token["token"].as_str().expect("a token")).expect("written");
    let mut child =
        house.command(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().expect("runs");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let serving = lines.find(|l| l.starts_with("Serving ")).expect("an address");
    let failing = Failing::before(serving.trim_start_matches("Serving "));
    // The server goes on writing: nobody may close its standard error.
    std::thread::spawn(move || lines.count());
    let arguments =
        [&PUSH[..], &["pump", "--server", &failing.url, "--token-file", "token", "--baseline", "0.1"]]
            .concat();
    let mut failed = 0;
    for attempt in 0..200 {
        failing.left.store(4_000 + attempt * 3_000, Ordering::SeqCst);
        let out = house.command(&arguments).output().expect("runs");
        match out.status.code() {
            Some(0) => break,
            Some(3) => failed += 1,
            other => panic!("{other:?}: {}", err(&out)),
        }
    }
    assert!(failed > 2, "it failed {failed} times");
    failing.left.store(i64::MAX, Ordering::SeqCst);
    let again = house.json(&arguments);
    assert_eq!((again["unchanged"].as_u64(), again["revised"].as_u64()), (Some(61), Some(0)), "{again}");
    child.kill().expect("killed");
    child.wait().expect("ends");
    let (mut there, mut at_once) = (facts(&house), facts(&whole));
    there.remove("TokenIssued");
    assert_eq!(there, at_once);
    assert_eq!(at_once.remove("RecordRevised"), Some(31));
    assert_eq!(gaps(&house, &["--from-log"]), gaps(&whole, &["--from-log"]));
}
