//! A push carries everything: code, results by name, coverage, static analysis, reviews, approvals of other tools. Afterwards the
//! log says what the tree says.

use serde_json::Value;

use crate::kit::{House, err};
use crate::push::{facts, gaps, git, push, repository};

pub(crate) const REVIEW: &str = "---\nid: REV-001\nkind: review\ntitle: Requirements\ndate: 2026-01-02\nparticipants: [lead, tester]\noutcome: accepted-with-actions\nactions: [see TC-001]\nlinks:\n  reviews: [SYS-001]\n---\n\nLooked at.\n";

const CODE: &str =
    "#include \"flow.h\"\n/* @implements SWR-001 */\nint alarm(int p)\n{\n  return p > 5;\n}\n";

fn write(house: &House, name: &str, text: &str) {
    let path = house.path(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// Reports of tests, coverage and analysis.
pub(crate) fn reports(house: &House) {
    let junit = "<testsuite name='alarm' timestamp='2026-03-01T10:00:00Z'><properties><property name='version' value='1'/>\
                 <property name='tools' value='t'/></properties><testcase classname='alarm' name='raises'/>\
                 <testcase classname='alarm' name='clears'/><testcase name='x [TC-002]'/></testsuite>";
    write(house, "junit.xml", junit);
    write(house, "lcov.info", "SF:src/alarm.c\nDA:4,1\nDA:5,0\nend_of_record\n");
    let sarif = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"lint","version":"1.0"}},"results":[
        {"ruleId":"R1","level":"error","message":{"text":"wrong"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/alarm.c"},"region":{"startLine":5}}}]},
        {"ruleId":"R2","level":"note","message":{"text":"odd"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/alarm.c"},"region":{"startLine":3}}}]}]}]}"#;
    write(house, "lint.sarif", sarif);
}

fn config(house: &House, stage: &str) {
    let config = format!(
        "[product]\nname = \"Pump\"\nstage = \"{stage}\"\nprofiles = [\"iso13485\", \"iec62304\"]\n\n[items.firmware]\npaths = [\"records/firmware/\"]\n\n\
         [code]\nfiles = [\"src/**\"]\nmarked = [\"software-requirement\"]\n\n[signatures]\nallowed-signers = \"allowed_signers\"\n"
    );
    write(house, "vouchsafe.toml", &config);
}

/// A product with code, cases that name their tests, a review, and a requirement of another tool with its file.
fn whole() -> House {
    let (house, _) = repository(1);
    config(&house, "verification");
    write(&house, "src/alarm.c", CODE);
    write(&house, "src/flow.h", "int flow(void);\n");
    let records = [
        (
            "firmware/SWR-001",
            "kind: software-requirement\ntitle: Alarm\nforeign-set: rdm pump\nforeign-statements: [\"approved by A. Lead on 2021-03-04T10:00:00Z (claimed), changes.yml, line 3, column 1, evidence x\"]\nlinks:\n  refines: [SYS-001]",
        ),
        ("firmware/SWR-002", "kind: software-requirement\ntitle: Clearing\nlinks:\n  refines: [SYS-001]"),
        ("firmware/SW-001", "kind: software-system\ntitle: Firmware\nsafety-class: B\nrationale: because"),
        (
            "firmware/SU-001",
            "kind: software-unit\ntitle: Alarm\npaths: [src/alarm.c]\nmin-line-coverage: 80\nlinks:\n  part-of: [SW-001]",
        ),
        (
            "TC-001",
            "kind: test-case\ntitle: Alarm\nlevel: system\ntests: [alarm.raises, alarm.clears]\nlinks:\n  verifies: [SWR-001]",
        ),
        ("TC-002", "kind: test-case\ntitle: Clearing\nlevel: system\nlinks:\n  verifies: [SWR-002]"),
    ];
    for (name, fields) in records {
        let id = name.rsplit('/').next().expect("a name");
        write(
            &house,
            &format!("records/{name}.md"),
            &format!("---\nid: {id}\n{fields}\n---\n\nText of {id}.\n"),
        );
    }
    write(&house, "records/REV-001.md", REVIEW);
    write(&house, "imported/changes.yml", "- id: 1\n  approvals:\n  - reviewer: {name: A. Lead}\n");
    reports(&house);
    house.ends(0, &["accept", "--all", "--by", "an engineer"]);
    house.ends(0, &["sign", "REV-001", "--meaning", "review", "--key", "lead"]);
    commit(&house);
    house
}

fn commit(house: &House) -> String {
    let all = ["vouchsafe.toml", "vouchsafe.lock", "records", "signatures", "src", "imported"];
    git(house, &[&["add", "-A"][..], &all].concat());
    git(house, &["commit", "-q", "-m", "all"]);
    git(house, &["rev-parse", "HEAD"])
}

const REPORTS: [&str; 6] = ["--results", "junit.xml", "--coverage", "lcov.info", "--analysis", "lint.sarif"];

#[test]
fn everything_is_pushed_once_and_the_log_says_what_the_tree_says() {
    let house = whole();
    let first = push(&house, &REPORTS);
    let counts = ["revised", "results", "measured", "reviews", "imported_approvals", "signatures"];
    let counts = counts.map(|name| first[name].as_u64().expect("a count"));
    // Coverage of one item; findings of one item, and of none.
    assert_eq!(counts, [9, 2, 3, 1, 1, 2], "{first}");
    let tree = gaps(&house, &[&REPORTS[..], &["--commit", "HEAD"]].concat());
    for rule in ["code.no-unit", "code.coverage", "code.open-finding", "code.unimplemented"] {
        assert!(tree.iter().any(|(of, _)| of == rule), "{rule}: {tree:?}");
    }
    assert_eq!(gaps(&house, &["--from-log"]), tree);
    let there = facts(&house);
    push(&house, &REPORTS);
    assert_eq!(facts(&house), there, "nothing was added");
    let shown = house.ends(0, &["show", "TC-001", "--from-log"]);
    assert!(shown.contains("latest result: passed"), "a case that names its tests: {shown}");

    // The code changes: what was run on the former is stale, in the log as in the tree; and the past stays.
    let known = house.json(&["log", "show", "--limit", "1"])["known"]["size"].to_string();
    write(&house, "src/alarm.c", &CODE.replace("> 5", "> 6"));
    commit(&house);
    push(&house, &[]);
    let shown = house.ends(0, &["show", "TC-001", "--from-log"]);
    assert!(shown.contains("stale: the code marked with SWR-001 changed since"), "{shown}");
    let now = gaps(&house, &["--from-log"]);
    assert!(
        now.iter().any(|(rule, _)| rule == "code.other-commit"),
        "coverage of the former commit: {now:?}"
    );
    assert!(!now.iter().any(|(rule, _)| rule == "code.coverage"), "it does not count: {now:?}");
    assert_eq!(gaps(&house, &["--known", &known]), tree);
}

#[test]
fn a_review_is_stated_again_when_it_is_signed_later() {
    let house = whole();
    push(&house, &[]);
    assert_eq!(push(&house, &[])["reviews"], 0);
    house.ends(0, &["sign", "REV-001", "--meaning", "approve", "--key", "lead"]);
    commit(&house);
    let again = push(&house, &[]);
    assert_eq!((again["reviews"].as_u64(), again["revised"].as_u64()), (Some(1), Some(0)), "{again}");
    let log = house.json(&["log", "show", "--from", "0", "--limit", "1000"]);
    let held =
        log["entries"].as_array().expect("entries").iter().rfind(|e| e["body"]["fact"] == "ReviewHeld");
    let index = held.expect("a review")["index"].to_string();
    let shown = house.json(&["log", "show", &index]);
    let content = &shown["body"]["content"];
    assert_eq!(content["outcome"], "accepted-with-actions", "{shown}");
    assert_eq!(content["signatures"].as_array().map(Vec::len), Some(2), "{shown}");
}

#[test]
fn approvals_of_other_tools_are_statements_with_their_file_and_count_for_nothing() {
    let house = whole();
    push(&house, &[]);
    let log = house.json(&["log", "show", "--from", "0", "--limit", "1000"]);
    let entries = log["entries"].as_array().expect("entries").iter();
    let imported: Vec<String> =
        entries.filter(|e| e["body"]["fact"] == "ApprovalImported").map(|e| e["index"].to_string()).collect();
    let [index] = &*imported else { panic!("{imported:?}") };
    let shown: Value = house.json(&["log", "show", index]);
    let content = &shown["body"]["content"];
    assert_eq!(
        (content["name"].as_str(), content["meaning"].as_str()),
        (Some("A. Lead"), Some("approve")),
        "{shown}"
    );
    let bytes = std::fs::read(house.path("imported/changes.yml")).expect("reads");
    assert_eq!(content["document"]["length"], bytes.len());
    // Without its file there is nothing that shows it.
    std::fs::remove_file(house.path("imported/changes.yml")).expect("removed");
    let path = house.path("records/firmware/SWR-001.md");
    let text = std::fs::read_to_string(&path).expect("reads").replace("Text of", "Other text of");
    std::fs::write(path, text).expect("written");
    commit(&house);
    let out = house.run(&["push", "--key", "ci", "--repository", "pump"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(err(&out).contains("changes.yml: the file is not in this commit"), "{}", err(&out));
}

#[test]
fn several_reports_of_one_push_are_one_run() {
    let (house, _) = repository(1);
    let case = |id: &str, tests: &str| {
        let text = format!(
            "---\nid: {id}\nkind: test-case\ntitle: T\n{tests}links:\n  verifies: [SYS-001]\n---\n\nLook.\n"
        );
        write(&house, &format!("records/{id}.md"), &text);
    };
    case("TC-001", "");
    case("TC-002", "tests: [m.one, m.two]\n");
    let failing = "<testsuite><testcase name='a [TC-001]'><failure/></testcase><testcase classname='m' name='one'><failure/></testcase></testsuite>";
    let passing = "<testsuite><testcase name='b [TC-001]'/><testcase classname='m' name='two'/></testsuite>";
    write(&house, "a.xml", failing);
    write(&house, "b.xml", passing);
    house.ends(0, &["accept", "--all", "--by", "an engineer"]);
    crate::push::commit(&house);
    for order in [["--results", "a.xml", "b.xml"], ["--results", "b.xml", "a.xml"]] {
        push(&house, &order);
        for id in ["TC-001", "TC-002"] {
            let shown = house.ends(0, &["show", id, "--from-log"]);
            assert!(shown.contains("latest result: failed"), "{order:?}: {shown}");
        }
        assert_eq!(gaps(&house, &["--from-log"]), gaps(&house, &order));
    }
}

#[test]
fn an_editorial_change_counts_in_the_log_once_it_is_signed() {
    let (house, _) = repository(1);
    push(&house, &[]);
    crate::sign::need(&house, "The nurse sees how much was given ,");
    house.ends(0, &["accept", "--editorial", "UN-001", "--by", "an engineer"]);
    crate::push::commit(&house);
    push(&house, &[]);
    let suspect = ("link.suspect".to_owned(), "SYS-001".to_owned());
    assert_eq!(gaps(&house, &["--from-log"]), gaps(&house, &[]));
    assert!(gaps(&house, &["--from-log"]).contains(&suspect), "declared and not signed");
    let trace = house.ends(0, &["show", "SYS-001"]);
    assert!(trace.contains("suspect"), "{trace}");
    house.ends(0, &["sign", "UN-001", "--editorial", "--meaning", "approve", "--key", "lead"]);
    assert!(!gaps(&house, &[]).contains(&suspect));
    assert!(!house.ends(0, &["show", "SYS-001"]).contains("suspect"), "show says what check says");
    let touched = house.ends(0, &["impact", "--since", "HEAD~1"]);
    assert!(!touched.contains("suspect SYS-001"), "and so does impact: {touched}");
    crate::push::commit(&house);
    push(&house, &[]);
    assert!(!gaps(&house, &["--from-log"]).contains(&suspect));
    assert_eq!(gaps(&house, &["--from-log"]), gaps(&house, &[]));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("listed").map(|entry| entry.expect("an entry")) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("copied");
        }
    }
}

/// All that a check says of each gap but its place.
fn said(house: &House, more: &[&str]) -> Vec<String> {
    let out = house.run(&[&["check", "--format", "json"][..], more].concat());
    assert!(!out.stdout.is_empty(), "{}", err(&out));
    let report: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(report["problems"], serde_json::json!([]));
    let gaps = report["gaps"].as_array().expect("gaps").iter();
    let name = ["rule", "record", "about", "severity", "state", "retrospective", "claimed"];
    let mut all: Vec<String> = gaps.map(|gap| name.map(|name| gap[name].to_string()).join(" ")).collect();
    all.sort();
    all
}

#[test]
fn the_example_pump_is_in_the_log_what_it_is_in_the_tree() {
    let (house, _) = repository(0);
    let pump = house.path("pump");
    copy(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/infusion-pump")), &pump);
    git(&house, &["add", "pump"]);
    git(&house, &["commit", "-q", "-m", "pump"]);
    let reports = ["unit-gtest", "bench-pytest", "app-surefire", "service-go"];
    let reports = reports.map(|name| format!("pump/results/2.1.1/{name}.xml"));
    let results: Vec<&str> =
        ["--root", "pump", "--results"].into_iter().chain(reports.iter().map(String::as_str)).collect();
    let done = push(&house, &results);
    assert_eq!((done["revised"].as_u64(), done["reviews"].as_u64()), (Some(247), Some(8)), "{done}");
    let tree = said(&house, &results);
    assert!(tree.len() > 50, "{tree:?}");
    assert_eq!(said(&house, &["--from-log"]), tree);
}
