//! Requirement sets of other tools as records: real sets, again and again, with the other tool as master; and out again.

use std::path::PathBuf;

use serde_json::Value;

use crate::kit::{House, err};

/// The shared test data, if it is there. In CI it must be.
fn shared(set: &str) -> Option<PathBuf> {
    let root = std::env::var_os("VOUCHSAFE_TESTDATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join("req").join(set);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "the test data {} is missing", path.display());
    eprintln!("SKIPPED: no test data at {}; set VOUCHSAFE_TESTDATA", path.display());
    None
}

fn house() -> House {
    let house = House::new();
    let config = "[product]\nname = \"Pump\"\nstage = \"concept\"\nprofiles = [\"iso13485\", \"iec62304\", \"iso14971\"]\n";
    std::fs::write(house.path("vouchsafe.toml"), config).expect("written");
    std::fs::create_dir(house.path("records")).expect("made");
    house
}

fn map(house: &House, text: &str) {
    std::fs::write(house.path("map.toml"), text).expect("written");
}

/// Imports with `map.toml` and demands a status.
fn import(house: &House, status: i32, more: &[&str]) -> Value {
    let out = house.run(&[&["import", "--map", "map.toml", "--format", "json"][..], more].concat());
    assert_eq!(out.status.code(), Some(status), "{more:?}: {}", err(&out));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn count(report: &Value, name: &str) -> usize {
    report[name].as_array().expect("a list").len()
}

/// Records and links that the check read, and its problems.
fn checked(house: &House) -> (u64, u64, usize) {
    let out = house.run(&["check", "--format", "json"]);
    let report: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let problems = report["problems"].as_array().expect("problems");
    (report["records"].as_u64().expect("a count"), report["links"].as_u64().expect("a count"), problems.len())
}

/// Imports a set twice: the first time all of it, the second time nothing.
fn whole(
    path: &str,
    mapping: &str,
    tool: &str,
    records: usize,
    links: u64,
    status: i32,
) -> Option<(House, Value)> {
    let path = shared(path)?;
    let path = path.to_str().expect("a path").to_owned();
    let house = house();
    map(&house, mapping);
    let first = import(&house, status, &[&path, "--from", tool, "--set", "other"]);
    assert_eq!(count(&first, "new"), records, "{path}: {first}");
    assert_eq!(checked(&house), (records as u64, links, 0), "{path}");
    let again = import(&house, status, &[&path, "--from", tool, "--set", "other"]);
    assert_eq!((count(&again, "new"), count(&again, "changed")), (0, 0), "{path}");
    assert_eq!(
        (again["unchanged"].as_u64(), count(&again, "changed_here")),
        (Some(records as u64), 0),
        "{path}"
    );
    Some((house, first))
}

#[test]
fn strictdoc_comes_in_with_its_counts() {
    let requirements = "[kinds]\nREQUIREMENT = \"system-requirement\"\n\"*\" = false\n[links]\nParent = \"refines\"\nChild = \"<refines\"\n";
    let Some((house, report)) = whole("zephyr-reqmgmt", requirements, "strictdoc", 288, 257, 0) else {
        return;
    };
    assert_eq!((count(&report, "dangling"), count(&report, "refused")), (0, 0));
    let trace = house.json(&["trace", "system-requirement", "system-requirement"]);
    assert_eq!(trace["rows"].as_array().map(Vec::len), Some(288));
    // All 267 relations but the 37 that lead to files, which stay attributes.
    let l1 = "[kinds]\nREQUIREMENT = \"system-requirement\"\nDESIGN = \"software-requirement\"\n\"*\" = false\n[links]\nParent = \"refines\"\n\"*\" = false\n";
    let Some((house, report)) = whole("strictdoc-own-docs", l1, "strictdoc", 301, 230, 0) else { return };
    assert_eq!(count(&report, "dangling"), 0);
    drop(house);
}

#[test]
fn doorstop_reviews_come_in_as_statements() {
    let kinds = "[kinds]\n\"*\" = \"software-requirement\"\n[links]\n\"*\" = \"refines\"\n";
    let Some((house, report)) = whole("doorstop-own", kinds, "doorstop", 48, 34, 0) else { return };
    assert_eq!(report["statements"].as_u64(), Some(48));
    let shown = house.json(&["show", "REQ003"]);
    let said = shown["fields"]["foreign-statements"][0].as_str().expect("a statement");
    assert!(
        said.starts_with("reviewed (claimed), reqs/REQ003.yml, line 9") && said.ends_with(", which matches"),
        "{said}"
    );
    assert_eq!(shown["signatures"].as_array().map(Vec::len), Some(0), "a statement is no signature");
}

#[test]
fn a_table_is_master_of_what_it_brings() {
    let house = house();
    let mapping = "set = \"needs\"\n[columns]\nid = \"Key\"\nkind = \"Type\"\ntitle = \"Summary\"\ntext = \"Description\"\nlinks = { \"Refines\" = \"up\" }\n\
                   [kinds]\nNeed = \"user-need\"\nSystem = \"system-requirement\"\n[links]\nup = \"refines\"\n[fields]\nOwner = \"owner\"\n";
    map(&house, mapping);
    let table = |rows: &str| {
        std::fs::write(
            house.path("t.csv"),
            format!("Key,Type,Summary,Description,Refines,Owner,Colour\n{rows}"),
        )
        .expect("written");
    };
    let rows = "N-1,Need,Volume,\"Sees it, \"\"all\"\" of it\",,QA,red\nS-1,System,Show,Shall show,N-1,,\nS-2,System,Beep,Shall beep,N-1 N-9,,\n";
    table(&rows.replace("N-1 N-9", "\"N-1,N-9\""));
    let first = import(&house, 0, &["t.csv"]);
    assert_eq!((count(&first, "new"), count(&first, "dangling")), (3, 1), "{first}");
    let need = house.json(&["show", "N-1"]);
    assert_eq!(
        (&need["fields"]["owner"][0], &need["fields"]["foreign-attributes"][0]),
        (&"QA".into(), &"Type: Need".into()),
        "{need}"
    );
    house.ends(0, &["accept", "--all", "--by", "an engineer"]);
    // What is added here stays, what is changed here is taken back and said.
    let path = house.path("records/imported/needs/S-1.md");
    let text = std::fs::read_to_string(&path).expect("reads");
    std::fs::write(
        &path,
        text.replace("kind:", "safety-class: B\nkind:").replace("Shall show", "Shall perhaps show"),
    )
    .expect("written");
    // The need changes there, one item goes, one comes.
    table(
        "N-1,Need,Volume,Sees all of it,,QA,red\nS-1,System,Show,Shall show,N-1,,\nS-3,System,New,Shall,N-1,,\n",
    );
    let dry = import(&house, 1, &["t.csv", "--dry-run"]);
    assert!(house.ends(0, &["show", "S-1"]).contains("perhaps"), "{dry}");
    let second = import(&house, 1, &["t.csv"]);
    assert_eq!(second["new"][0], "S-3");
    assert_eq!(second["changed"], serde_json::json!(["N-1", "S-1"]), "{second}");
    assert_eq!((&second["changed_here"][0], &second["gone"][0]), (&"S-1".into(), &"S-2".into()));
    let shown = house.json(&["show", "S-1"]);
    assert_eq!(shown["fields"]["safety-class"][0], "B", "what is ours stays");
    assert_eq!(shown["fields"]["text"][0], "Shall show", "what is theirs is theirs");
    assert_eq!(shown["links"][0]["state"], "suspect", "the need changed");
    let third = import(&house, 0, &["t.csv"]);
    assert_eq!((third["unchanged"].as_u64(), count(&third, "changed_here")), (Some(3), 0), "{third}");
}

#[test]
fn a_mapping_is_proposed_and_what_it_does_not_name_is_refused() {
    let house = house();
    let jira = r#"{"issues":[{"key":"PUMP-1","fields":{"summary":"A","issuetype":{"name":"Story"},"issuelinks":[]}},
        {"key":"PUMP-2","fields":{"summary":"B","issuetype":{"name":"Bug"},"issuelinks":[]}}]}"#;
    std::fs::write(house.path("jira.json"), jira).expect("written");
    let proposed = house.ends(0, &["import", "jira.json"]);
    assert!(proposed.contains("\"Bug\" =") && proposed.contains("\"Story\" ="), "{proposed}");
    assert_eq!(checked(&house).0, 0, "nothing was imported");
    map(&house, &proposed);
    assert_eq!(count(&import(&house, 0, &["jira.json", "--dry-run"]), "new"), 2, "a proposal can be used");
    map(&house, "[kinds]\nStory = \"user-need\"\n");
    let report = import(&house, 1, &["jira.json"]);
    assert_eq!((count(&report, "new"), count(&report, "refused")), (1, 1), "{report}");
    for bad in [
        "[kinds]\nStory = \"no-such-kind\"\n",
        "[links]\nx = \"nowhere\"\n",
        "[fields]\nx = \"nothing\"\n",
        "[kinds]\nStory = true\n",
        "folder = \"../out\"\n[kinds]\nStory = \"user-need\"\n",
        "nonsense = 1\n",
        "[",
    ] {
        map(&house, bad);
        let out = house.run(&["import", "jira.json", "--map", "map.toml"]);
        assert_eq!(out.status.code(), Some(2), "{bad}: {}", err(&out));
    }
    std::fs::write(house.path("bad.reqif"), "<!DOCTYPE x [<!ENTITY a \"b\">]><REQ-IF>&a;</REQ-IF>")
        .expect("written");
    assert_eq!(house.run(&["import", "bad.reqif"]).status.code(), Some(2));
    house.ends(2, &["import", "vouchsafe.toml"]);
}

#[test]
fn what_is_exported_comes_in_again_as_it_was() {
    let house = house();
    let need = "---\nid: UN-001\nkind: user-need\ntitle: \"Volume: all of it\"\ntags: [a, b]\n---\n\nThe nurse\n\n- sees <it> & \"more\"\n";
    let sys = "---\nid: SYS-001\nkind: system-requirement\ntitle: Show\nsafety-class: B\nlinks:\n  refines: [UN-001]\n---\n\nShall show.\n";
    std::fs::write(house.path("records/UN-001.md"), need).expect("written");
    std::fs::write(house.path("records/SYS-001.md"), sys).expect("written");
    for (file, tool) in
        [("x.reqif", "reqif"), ("x.json", "sphinx-needs"), ("x.csv", "csv"), ("x.xlsx", "xlsx")]
    {
        house.ends(0, &["export", file]);
        house.ends(2, &["export", file]);
        house.ends(0, &["export", file, "--overwrite"]);
        let other = self::house();
        std::fs::copy(house.path(file), other.path(file)).expect("copied");
        map(
            &other,
            "[kinds]\nuser-need = \"user-need\"\nsystem-requirement = \"system-requirement\"\n[links]\nrefines = \"refines\"\n[fields]\nsafety-class = \"safety-class\"\ntags = \"tags\"\n",
        );
        let report = import(&other, 0, &[file, "--from", tool]);
        assert_eq!((count(&report, "new"), report["links"].as_u64()), (2, Some(1)), "{file}: {report}");
        let shown = |house: &House, id: &str| house.json(&["show", id]);
        for id in ["UN-001", "SYS-001"] {
            let (was, is) = (shown(&house, id), shown(&other, id));
            for field in ["title", "text", "safety-class"] {
                assert_eq!(was["fields"][field], is["fields"][field], "{file}: {field} of {id}");
            }
            assert_eq!(was["links"][0]["id"], is["links"][0]["id"], "{file}");
        }
    }
    house.ends(2, &["export", "x.pdf"]);
    house.ends(2, &["export", "y.csv", "--kind", "no-such-kind"]);
    assert!(house.ends(0, &["export", "y.csv", "--kind", "user-need"]).contains("1 records, 0 links"));
}

/// Files below a folder with an ending.
fn below(folder: &std::path::Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            below(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

#[test]
fn whatever_can_be_read_becomes_records_that_can_be_read() {
    let (Some(reqif), Some(needs)) = (shared("reqif"), shared("sphinx-needs")) else { return };
    let mut files = Vec::new();
    below(&reqif, "reqif", &mut files);
    below(&needs, "json", &mut files);
    files.sort();
    let (mut imported, mut refused) = (0, 0);
    for file in files {
        let path = file.to_str().expect("a path");
        let house = house();
        map(&house, "[kinds]\n\"*\" = \"system-requirement\"\n[links]\n\"*\" = \"refines\"\n");
        let from = if path.ends_with("json") { "sphinx-needs" } else { "reqif" };
        let arguments =
            ["import", path, "--from", from, "--set", "other", "--map", "map.toml", "--format", "json"];
        let out = house.run(&arguments);
        if out.status.code() == Some(2) {
            refused += 1;
            assert!(checked(&house).0 == 0, "{path}: nothing of it is kept");
            continue;
        }
        let report: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        imported += 1;
        let check = house.run(&["check", "--format", "json"]);
        let read: Value = serde_json::from_slice(&check.stdout).expect("JSON");
        assert_eq!(read["records"].as_u64(), Some(count(&report, "new") as u64), "{path}");
        let problems = read["problems"].as_array().expect("problems");
        // All links are of one type here, so that circles of several become circles of one.
        let other: Vec<_> = problems.iter().filter(|p| p["code"] != "forbidden-cycle").collect();
        assert!(other.is_empty(), "{path}: {other:?}");
        if !problems.is_empty() {
            continue;
        }
        let again: Value = serde_json::from_slice(&house.run(&arguments).stdout).expect("JSON");
        assert_eq!(
            (count(&again, "new"), count(&again, "changed"), count(&again, "changed_here")),
            (0, 0, 0),
            "{path}"
        );
    }
    assert!(imported > 60 && refused > 10, "{imported} imported, {refused} refused");
}
