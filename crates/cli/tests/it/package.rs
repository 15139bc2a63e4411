//! Packages by the command line: made, verified with nothing but the file, refused in words; and the export to SQLite.

use crate::kit::{House, err, flip, text};

const POLICY: [&str; 2] = ["--policy", "vouchsafe-data/log.policy"];

#[test]
fn a_package_is_made_verified_and_refused() {
    let house = House::with_log();
    let made = house.json(&["package", "--scope", "all", "--out", "all.zip"]);
    assert_eq!(made["left_out"], 0);
    assert!(made["documents"].as_array().is_some_and(|d| d.len() >= 3), "{made}");
    let report = house.ends(0, &[&["verify", "all.zip"][..], &POLICY].concat());
    assert!(report.starts_with("The package all.zip holds under the trust policy."), "{report}");
    assert!(report.contains("byte for byte the same") && report.contains("completeness"), "{report}");
    let first = house.ends(0, &["verify", "all.zip"]);
    let first = first.lines().next().expect("a line");
    assert!(first.contains("only consistent under the keys it carries itself, log.example/test+"), "{first}");

    // The same again is the same file; what is there is not overwritten.
    house.ends(0, &["package", "--scope", "all", "--out", "again.zip"]);
    let read = |name: &str| std::fs::read(house.path(name)).expect("reads");
    assert!(read("all.zip") == read("again.zip"));
    house.ends(2, &["package", "--scope", "all", "--out", "all.zip"]);
    house.ends(2, &["package", "--scope", "release:1", "--out", "none.zip"]);
    house.ends(2, &["package", "--scope", "everything", "--out", "none.zip"]);
    house.ends(2, &["package", "--scope", "all", "--known", "sometime", "--out", "none.zip"]);
    assert!(!house.path("none.zip").exists() && !house.path("none.zip.part").exists());

    // One byte of the compressed data of a member.
    let bytes = read("all.zip");
    let name = b"tables/sources.jsonl";
    let at = bytes.windows(name.len()).position(|w| w == name).expect("a member") + name.len() + 10;
    flip(&house.path("again.zip"), at);
    let out = house.run(&["verify", "again.zip", "--format", "json"]);
    assert_eq!(out.status.code(), Some(1), "{}{}", text(&out), err(&out));
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(report["problems"][0]["member"], "tables/sources.jsonl", "{report}");

    std::fs::write(house.path("cut.zip"), &bytes[..bytes.len() / 2]).expect("written");
    let out = house.run(&["verify", "cut.zip"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(err(&out).contains("cut off") && err(&out).contains("hint"), "{}", err(&out));

    // A policy of another log.
    let other = House::with_log();
    other.ends(0, &["log", "verify"]);
    std::fs::copy(other.path("vouchsafe-data/log.policy"), house.path("other.policy")).expect("copied");
    let report = house.ends(1, &["verify", "all.zip", "--policy", "other.policy"]);
    assert!(report.contains("checkpoint: it is of another log than the trust policy"), "{report}");
}

#[test]
fn the_log_is_exported_to_sqlite() {
    let house = House::with_log();
    let made = house.json(&["export", "sqlite", "log.db"]);
    assert_eq!(made["rows"]["entries"], made["known"]["size"], "{made}");
    house.ends(2, &["export", "sqlite", "log.db"]);
    let early = house.json(&["export", "sqlite", "early.db", "--known", "1"]);
    assert_eq!(early["rows"]["entries"], 1);
    house.ends(3, &["export", "sqlite", "none/log.db"]);
}
