//! From the first entry to a changed byte, and what goes wrong on the way.

use crate::kit::{House, err, flip, text};

const SIGNED: [&str; 4] = ["--key", "admin", "--passphrase-file", "pass"];

/// A second key, enrolled as quality; its source.
fn enrolled(house: &House) -> String {
    house.ends(
        2,
        &["source", "enrol", "admin.pub", "--name", "Nobody", "--role", "no-such-role", "--key", "admin"],
    );
    let new = ["source", "enrol", "recovery.pub", "--name", "Quality manager", "--role", "quality"];
    let answer = house.json(&[&new[..], &SIGNED].concat());
    answer["source"].as_str().expect("a source").to_owned()
}

/// COSE receipts of an entry and of the log's growth, made where the key is, verified with the policy alone.
fn receipts(house: &House, index: &str) {
    let policy = ["--policy", "vouchsafe-data/log.policy"];
    let verify = |code: i32, args: &[&str]| house.ends(code, &[&["verify"][..], args, &policy].concat());
    house.ends(0, &["log", "prove", index, "--receipt", "token.cose", "--entry", "token.entry"]);
    let shown = verify(0, &["token.cose", "--entry", "token.entry"]);
    assert!(shown.starts_with("The receipt token.cose holds under the trust policy"), "{shown}");
    house.ends(2, &["verify", "token.cose", "--entry", "token.entry"]);
    verify(2, &["token.cose"]);
    let entry = std::fs::read(house.path("token.entry")).expect("the entry");
    flip(&house.path("token.entry"), entry.len() / 2);
    let shown = verify(1, &["token.cose", "--entry", "token.entry"]);
    assert!(shown.contains("does not cover the root"), "{shown}");
    std::fs::write(house.path("token.entry"), &entry).expect("written");

    // Under a policy that asks for a witness, the log's word is not enough; nor is another log's policy.
    let log = std::fs::read_to_string(house.path("vouchsafe-data/log.policy")).expect("the policy");
    let line = log.lines().find(|line| line.starts_with("log ")).expect("the log");
    let witness = tlog::SigningKey::cosigner("witness.example", &[3; 32]).expect("a key");
    let strict = format!("{line}\nwitness w {}\nquorum w\n", witness.verifier());
    std::fs::write(house.path("strict.policy"), strict).expect("written");
    let cosigned = ["verify", "token.cose", "--entry", "token.entry", "--policy", "strict.policy"];
    assert!(house.ends(1, &cosigned).contains("the quorum is not met"));
    let other = tlog::SigningKey::ed25519("log.example/test", &[3; 32]).expect("a key");
    std::fs::write(house.path("other.policy"), format!("log {}\nquorum none\n", other.verifier()))
        .expect("written");
    let other = ["verify", "token.cose", "--entry", "token.entry", "--policy", "other.policy"];
    assert!(house.ends(1, &other).contains("no log of the policy has the key"));

    // The log extends what its checkpoint said before.
    let proof = house.json(&["log", "prove", index])["proof"].as_str().expect("a proof").to_owned();
    let kept = proof.split_once("\n\n").expect("a checkpoint follows").1;
    std::fs::write(house.path("kept.checkpoint"), kept).expect("written");
    let old = kept.lines().nth(1).expect("a size");
    house.ends(2, &["log", "prove", "--since", old, "--receipt", "grown.cose"]);
    house.json(&[&["token", "issue", &source_of(house), "--label", "another"][..], &SIGNED].concat());
    house.ends(0, &["log", "prove", "--since", old, "--receipt", "grown.cose"]);
    let shown = verify(0, &["grown.cose", "--earlier", "kept.checkpoint"]);
    assert!(shown.contains("nothing was changed or removed"), "{shown}");
    let earlier = format!("{}", old.parse::<u64>().expect("a size") - 1);
    house.ends(0, &["log", "prove", "--since", &earlier, "--receipt", "less.cose"]);
    assert!(verify(1, &["less.cose", "--earlier", "kept.checkpoint"]).contains("it begins at"));
    verify(2, &["grown.cose", "--entry", "token.entry"]);
}

fn source_of(house: &House) -> String {
    let list = house.json(&["source", "list"]);
    let sources = list["sources"].as_array().expect("sources");
    let person = sources.iter().filter_map(|s| s["source"].as_str()).find(|s| s.starts_with("person"));
    person.expect("a person").to_owned()
}

#[test]
fn a_log_from_its_beginning_to_a_changed_byte() {
    let house = House::with_log();
    let source = enrolled(&house);
    let list = house.json(&["source", "list"]);
    assert_eq!(list["count"], 3, "{list}");

    let token = house.json(&[&["token", "issue", &source, "--label", "a test"][..], &SIGNED].concat());
    let secret = token["token"].as_str().expect("a token").to_owned();
    let index = token["index"].as_u64().expect("an index").to_string();
    let shown = house.ends(0, &["log", "show", &index]);
    assert!(shown.contains(token["sha256"].as_str().expect("a hash")) && !shown.contains(&secret), "{shown}");

    let proven = house.ends(0, &["log", "prove", &index, "--out", "token.tlog-proof"]);
    assert!(proven.contains("included"), "{proven}");
    let proof = house.ends(0, &["verify", "token.tlog-proof", "--policy", "vouchsafe-data/log.policy"]);
    assert!(proof.starts_with("The proof token.tlog-proof holds under the trust policy"), "{proof}");
    assert!(house.ends(0, &["verify", "token.tlog-proof"]).contains("nobody's signature was checked"));

    receipts(&house, &index);
    house.ends(0, &["log", "verify", "--policy", "vouchsafe-data/log.policy"]);
    let export = house.json(&["log", "export", "log.vouchsafe"]);
    house.ends(2, &["log", "export", "log.vouchsafe"]);
    house.ends(0, &["log", "export", "--tiles", "tiles"]);
    for file in ["log.vouchsafe", "tiles"] {
        let report = house.ends(0, &["verify", file, "--policy", "vouchsafe-data/log.policy"]);
        assert!(report.contains("holds under the trust policy"), "{report}");
        let report = house.ends(0, &["verify", file]);
        let first = report.lines().next().expect("a line");
        assert!(
            first.contains("only consistent under the key it carries itself, log.example/test+"),
            "{first}"
        );
    }

    // One byte in the middle of the last entry.
    let bytes = std::fs::metadata(house.path("log.vouchsafe")).expect("there").len();
    flip(&house.path("log.vouchsafe"), usize::try_from(bytes).expect("small") - 150);
    let report = house.run(&["verify", "log.vouchsafe", "--format", "json"]);
    assert_eq!(report.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("JSON");
    assert_eq!(report["problem"]["index"].as_u64(), export["size"].as_u64().map(|size| size - 1), "{report}");
    flip(&house.path("tiles/tile/entries/000.p").join(export["size"].to_string()), 20);
    assert!(house.ends(1, &["verify", "tiles"]).contains("entry 0 is wrong"));
    flip(&house.path("token.tlog-proof"), 60);
    let damaged = house.run(&["verify", "token.tlog-proof"]).status.code();
    assert!(matches!(damaged, Some(1 | 2)), "{damaged:?}");
}

#[test]
fn what_is_cut_off_or_longer_does_not_hold() {
    let house = House::with_log();
    enrolled(&house);
    let last = house.json(&["log", "export", "whole"])["size"].as_u64().expect("a size") - 1;
    let whole = std::fs::read(house.path("whole")).expect("reads");
    std::fs::write(house.path("cut"), &whole[..whole.len() - 1]).expect("writes");
    assert!(house.ends(1, &["verify", "cut"]).contains(&format!("entry {last} is wrong")));
    std::fs::write(house.path("longer"), [&whole[..], b"x"].concat()).expect("writes");
    assert!(house.ends(1, &["verify", "longer"]).contains("bytes follow the last entry"));
    std::fs::write(house.path("no-log"), "something else\n").expect("writes");
    house.ends(2, &["verify", "no-log"]);
}

#[test]
fn a_second_writer_is_told_about_the_server_and_readers_are_not_kept_out() {
    let house = House::with_log();
    let lock = std::fs::File::open(house.path("vouchsafe-data/log.lock")).expect("the lock file");
    lock.lock().expect("locked");
    let rename = ["source", "rename", "person:0000000000000000", "Nobody"];
    let out = house.run(&[&rename[..], &SIGNED].concat());
    assert_eq!(out.status.code(), Some(3), "{}", err(&out));
    assert!(err(&out).contains("--server URL"), "{}", err(&out));
    house.ends(0, &["log", "show"]);
    house.ends(0, &["log", "verify"]);
}

#[test]
fn keys_stay_out_of_the_data_directory_and_logs_keep_their_names() {
    let house = House::with_log();
    let init = ["log", "init", "--origin", "log.example/test", "--administrator-key", "admin.pub"];
    let again = house.run(&[&init[..], &["--recovery-key", "recovery.pub"]].concat());
    assert_eq!(again.status.code(), Some(2));
    let other = ["--data", "other", "--recovery-key", "recovery.pub"];
    let same_name = house.run(&[&init[..], &other].concat());
    assert!(err(&same_name).contains("guards another log of this name"), "{}", err(&same_name));
    let inside = [
        "log",
        "init",
        "--data",
        "third",
        "--origin",
        "log.example/third",
        "--new-administrator-key",
        "third/key",
    ];
    std::fs::create_dir(house.path("third")).expect("made");
    let inside =
        house.run(&[&inside[..], &["--recovery-key", "recovery.pub", "--passphrase-file", "pass"]].concat());
    assert!(err(&inside).contains("would lie in the data directory"), "{}", err(&inside));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| std::fs::metadata(house.path(path)).expect("there").permissions().mode() & 0o777;
        assert_eq!(
            (mode("vouchsafe-data/keys/ledger.key"), mode("admin"), mode("vouchsafe-data")),
            (0o600, 0o600, 0o700)
        );
    }
    assert!(std::fs::read_to_string(house.path("admin")).expect("reads").contains("OPENSSH PRIVATE KEY"));
}

#[test]
fn a_rotated_log_key_keeps_the_log_and_a_recovery_starts_another() {
    let house = House::with_log();
    let rotated = house.json(&["log", "rotate-key"]);
    assert_ne!(rotated["old"], rotated["new"]);
    enrolled(&house);
    house.ends(0, &["log", "seal"]);
    house.ends(0, &["log", "verify", "--policy", "vouchsafe-data/log.policy"]);
    std::fs::remove_dir_all(house.path("state")).expect("removed");
    std::fs::create_dir_all(house.path("state/vouchsafe")).expect("made");
    let refused = house.run(&["log", "seal"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(err(&refused).contains("fork guard is missing"), "{}", err(&refused));
    let recover = [
        "log",
        "recover",
        "--origin",
        "log.example/second",
        "--key",
        "recovery",
        "--passphrase-file",
        "pass",
    ];
    let recovered = house.json(&[&recover[..], &["--account", "the guard was lost in a test"]].concat());
    assert_eq!(recovered["missing"], 0);
    house.ends(0, &["log", "seal"]);
    house.ends(0, &["log", "verify", "--policy", "vouchsafe-data/log.policy"]);
}

#[test]
fn output_that_nobody_reads_is_no_failure() {
    let house = House::with_log();
    let mut child =
        house.command(&["log", "show"]).stdout(std::process::Stdio::piped()).spawn().expect("runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}

#[test]
fn bad_usage_ends_with_two() {
    let house = House::new();
    for arguments in
        [&["no-such-verb"][..], &["log", "show", "x"], &["log", "show"], &["verify", "nothing"], &[]]
    {
        let out = house.run(arguments);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}\n{}{}", text(&out), err(&out));
    }
}
