//! Commands on records that look at version control, code and foreign reports, through the binary.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::kit::House;

const CONFIG: &str = "[product]\nname = \"Pump\"\nstage = \"verification\"\nprofiles = [\"iec62304\"]\nrecords = [\"records\"]\n[code]\nfiles = [\"src/**\"]\n";
const RECORDS: [(&str, &str); 4] = [
    ("SYS-1", "kind: system-requirement\ntitle: s"),
    ("SWR-1", "kind: software-requirement\ntitle: r\nlinks:\n  refines: [SYS-1]"),
    ("SU-1", "kind: software-unit\ntitle: u\npaths: [src]\nmin-line-coverage: 90"),
    ("TC-1", "kind: test-case\ntitle: t\nlevel: system\nlinks:\n  verifies: [SWR-1]"),
];
const ALARM: &str = "// @implements SWR-1\nint alarm(void)\n{\n    return 1;\n}\n";
const JUNIT: &str = "<testsuite name=\"s\" timestamp=\"2026-01-02T03:04:05\"><properties><property name=\"version\" value=\"1.0\"/></properties><testcase name=\"alarm\"><properties><property name=\"test_case\" value=\"TC-1\"/></properties></testcase></testsuite>";

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=author", "-c", "user.email=author@example.org"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git runs");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn commit(house: &House, message: &str) {
    git(house.path("").as_path(), &["add", "records", "src", "vouchsafe.toml", "vouchsafe.lock"]);
    git(house.path("").as_path(), &["commit", "-q", "-m", message]);
}

fn write(house: &House, path: &str, text: &str) {
    let path = house.path(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// A product in a repository, accepted and committed.
fn product() -> House {
    let house = House::new();
    write(&house, "vouchsafe.toml", CONFIG);
    for (id, fields) in RECORDS {
        write(
            &house,
            &format!("records/{id}.md"),
            &format!("---\nid: {id}\n{fields}\n---\n\nText of {id}.\n"),
        );
    }
    write(&house, "src/alarm.c", ALARM);
    write(&house, "r.xml", JUNIT);
    house.ends(0, &["accept", "--all", "--by", "lead"]);
    git(house.path("").as_path(), &["init", "-q", "-b", "main"]);
    commit(&house, "Begin\n\nImplements: SWR-1");
    house
}

fn gaps(house: &House, arguments: &[&str]) -> Vec<String> {
    let out = house.run(&[&["check", "--format", "json"], arguments].concat());
    let json: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let gaps = json["gaps"].as_array().expect("gaps").iter();
    let text = |gap: &Value, key: &str| gap[key].as_str().expect("a text").to_owned();
    gaps.map(|gap| format!("{} {}: {}", text(gap, "rule"), text(gap, "record"), text(gap, "why"))).collect()
}

fn of<'g>(gaps: &'g [String], rule: &str) -> Option<&'g str> {
    gaps.iter().find(|gap| gap.starts_with(rule)).map(String::as_str)
}

#[test]
fn results_of_a_commit_are_bound_to_it_and_go_stale_with_the_code() {
    let house = product();
    assert!(of(&gaps(&house, &["--results", "r.xml"]), "62304-5.7.1").is_none());
    write(&house, "src/alarm.c", &ALARM.replace("return 1", "return 0"));
    let then = gaps(&house, &["--results", "r.xml", "--results-of", "HEAD"]);
    assert_eq!(
        of(&then, "62304-5.7.1"),
        Some(
            "62304-5.7.1 SWR-1: the result of TC-1 (r.xml, 2026-01-02T03:04:05) is stale: the code marked with SWR-1 changed since"
        )
    );
    assert!(of(&gaps(&house, &["--results", "r.xml"]), "62304-5.7.1").is_none(), "a run at hand is of now");
    write(&house, "src/alarm.c", ALARM);
    write(
        &house,
        "records/SWR-1.md",
        "---\nid: SWR-1\nkind: software-requirement\ntitle: r\nlinks:\n  refines: [SYS-1]\n---\n\nOther.\n",
    );
    let then = gaps(&house, &["--results", "r.xml", "--results-of", "HEAD"]);
    assert!(of(&then, "62304-5.7.1").expect("a gap").ends_with("is stale: SWR-1 changed since"));
    let out = house.run(&["check", "--results", "r.xml", "--results-of", "nonsense"]);
    assert_eq!(out.status.code(), Some(2));
}

#[test]
fn a_result_names_the_commit_only_when_nothing_is_changed() {
    let house = product();
    let missing = |gaps: &[String]| of(gaps, "62304-5.1.11").is_some();
    assert!(missing(&gaps(&house, &["--results", "r.xml"])), "r.xml itself is not committed");
    assert!(!missing(&gaps(&house, &["--results", "r.xml", "--commit", "main"])));
}

#[test]
fn coverage_and_analysis_reach_their_unit() {
    let house = product();
    write(&house, "cov.info", "SF:/build/src/alarm.c\nDA:4,0\nend_of_record\n");
    let sarif = |commit: &str| {
        format!(
            "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"checker\"}}}},{commit}\"results\":[{{\"ruleId\":\"R1\",\"level\":\"error\",\"message\":{{\"text\":\"bad\"}},\"locations\":[{{\"physicalLocation\":{{\"artifactLocation\":{{\"uri\":\"src/alarm.c\"}},\"region\":{{\"startLine\":4}}}}}}]}}]}}]}}"
        )
    };
    write(&house, "a.sarif", &sarif(""));
    let found = gaps(&house, &["--coverage", "cov.info", "--analysis", "a.sarif"]);
    assert_eq!(
        of(&found, "code.coverage"),
        Some("code.coverage SU-1: tests ran 0 of 1 lines of SU-1, 0.0 %; it asks for 90 %")
    );
    assert!(of(&found, "code.not-run SWR-1").is_some());
    assert!(of(&found, "code.open-finding SU-1").expect("a gap").contains("src/alarm.c:4: R1 bad"));
    write(&house, "a.sarif", &sarif("\"versionControlProvenance\":[{\"revisionId\":\"abcdef\"}],"));
    let found = gaps(&house, &["--analysis", "a.sarif"]);
    assert!(of(&found, "code.other-commit").is_some() && of(&found, "code.open-finding").is_none());
    write(&house, "cov.info", "SF:a\nDA:1\n");
    assert_eq!(house.run(&["check", "--coverage", "cov.info"]).status.code(), Some(2));
}

#[test]
fn history_claims_the_order_of_things() {
    let house = product();
    write(&house, "late.xml", &JUNIT.replace("2026-01-02", "2006-01-02"));
    let found = gaps(&house, &["--results", "late.xml", "--history"]);
    assert_eq!(
        of(&found, "core.specified-before-run"),
        Some("core.specified-before-run TC-1: SWR-1 was specified only after TC-1 was run (claimed)")
    );
    // Of results at hand nobody asks: what they were run on is the tree at hand.
    assert!(of(&gaps(&house, &["--results", "late.xml"]), "core.specified-before-run").is_none());
    write(&house, "late.xml", &JUNIT.replace("2026-01-02", "2106-01-02"));
    let found = gaps(&house, &["--results", "late.xml", "--history"]);
    assert!(of(&found, "core.specified-before-run").is_none());
}

#[test]
fn impact_says_what_a_change_touches() {
    let house = product();
    write(&house, "src/alarm.c", &ALARM.replace("return 1", "return 0"));
    commit(&house, "Alarm later\n\nImplements: SWR-1");
    write(&house, "records/SYS-1.md", "---\nid: SYS-1\nkind: system-requirement\ntitle: s\n---\n\nOther.\n");
    let text = house.ends(0, &["impact", "--since", "HEAD~1"]);
    for line in [
        "Since HEAD~1: 1 commit, 1 record, 1 link, 1 file of code",
        " Alarm later [SWR-1] (not signed)",
        "  changed SYS-1 s (text)",
        "  suspect SWR-1 refines SYS-1",
        "  changed src/alarm.c (SU-1)",
        "  the code marked with SWR-1 r changed",
        "  TC-1 t (SWR-1 → TC-1)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let json = house.ends(0, &["impact", "--since", "HEAD~1", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["tests"][0]["id"], "TC-1");
    assert_eq!(json["units"][0], "SU-1");
    assert_eq!(house.run(&["impact", "--since", "HEAD~1", "--require-signed"]).status.code(), Some(1));
    assert_eq!(house.run(&["impact", "--since", "v9"]).status.code(), Some(2));
}

#[test]
fn watch_checks_again_when_something_changed() {
    let house = product();
    let mut child = house
        .command(&["watch", "--every", "50", "--checks", "2", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    assert!(child.try_wait().expect("a state").is_none(), "nothing changed, so it waits");
    write(&house, "records/SYS-2.md", "---\nid: SYS-2\nkind: system-requirement\ntitle: new\n---\nx\n");
    let out = child.wait_with_output().expect("its output");
    let said: Vec<Value> = String::from_utf8_lossy(&out.stdout)
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let records: Vec<_> = said.iter().map(|report| report["records"].as_u64()).collect();
    assert_eq!(records, [Some(4), Some(5)]);
}

#[test]
fn schemas_describe_what_is_written() {
    let house = product();
    let schema: Value = serde_json::from_str(&house.ends(0, &["schema", "configuration"])).expect("JSON");
    for file in ["examples/infusion-pump/vouchsafe.toml", "quality/vouchsafe.toml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        let text = std::fs::read_to_string(path).expect("a configuration");
        let value: toml::Value = toml::from_str(&text).expect("TOML");
        let value = serde_json::to_value(value).expect("JSON");
        described(&schema, &schema, &value, file);
    }
    let front: Value = serde_json::from_str(&house.ends(0, &["schema", "front-matter"])).expect("JSON");
    assert!(front["$defs"]["software-unit"]["properties"]["min-line-coverage"].is_object());
}

/// Every name in a value is one that its schema has.
fn described(top: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = match schema.get("$ref").and_then(Value::as_str) {
        Some(path) => top.pointer(path.trim_start_matches('#')).expect("a definition"),
        None => schema,
    };
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let of = schema["properties"]
                    .get(name)
                    .or_else(|| schema.get("additionalProperties").filter(|more| more.is_object()));
                assert!(of.is_some(), "{place}: the schema has no `{name}`");
                described(top, of.unwrap_or(&Value::Null), inner, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => {
            for inner in items.iter().filter(|_| schema.get("items").is_some()) {
                described(top, &schema["items"], inner, place);
            }
        }
        _ => {
            if let Some(values) = schema.get("enum").and_then(Value::as_array) {
                assert!(values.contains(value), "{place}: {value} is none of {values:?}");
            }
        }
    }
}
