//! Good packages of every scope: they verify, hold only what they need, come out the same again.

use std::io::Cursor;

use report::verify::{DocumentsAgain, How, Report, is_package, verify};
use report::zip::Archive;
use serde_json::{Value, json};
use tlog::policy::Policy;

use crate::story::{SERIALS, Story, other_policy};

pub(crate) fn verified(bytes: &[u8], policy: Option<&str>) -> Result<Report, report::Error> {
    let policy = policy.map(|p| Policy::parse(p.as_bytes()).expect("a policy"));
    verify(Cursor::new(bytes.to_vec()), How { policy: policy.as_ref(), threads: 2 }, |_, _| {})
}

fn figure(r: &Report, name: &str) -> Value {
    r.index.figures.iter().find(|f| f.name == name).map_or(Value::Null, |f| f.value.clone())
}

#[test]
fn packages_of_every_scope_hold_under_the_policy() {
    let story = Story::tell();
    let policy = story.policy();
    let device = format!("device:{}", SERIALS[0]);
    let period = Story::period();
    for (scope, known) in [
        ("all", None),
        ("all", Some(story.early)),
        ("release:1.1.0", None),
        ("release:1.0.0", None),
        (device.as_str(), None),
        (device.as_str(), Some(story.early)),
        ("device:A-77", None),
        (period.as_str(), None),
    ] {
        let (bytes, built) = story.package(scope, known, false);
        assert!(is_package(&bytes));
        let r = verified(&bytes, Some(&policy)).expect(scope);
        assert_eq!(r.problems, [], "{scope} {known:?}");
        assert_eq!(r.digest, built.evidence.digest.to_string());
        assert_eq!(r.signatures, r.entries);
        assert_eq!(r.trust.witnesses.len(), 1);
        assert_eq!(r.complete, scope == "all", "{scope}");
        assert_eq!(r.tables as usize, r.index.tables.len(), "every table is computed again");
        assert_eq!(r.figures as usize, r.index.figures.len());
        assert_eq!(r.documents, DocumentsAgain::None);
        let again = story.package(scope, known, false).0;
        assert!(bytes == again, "{scope}: the same bytes again");
        let said = r.unchecked.join("\n");
        assert_eq!(said.contains("completeness"), scope != "all", "{said}");
    }
}

#[test]
fn a_device_package_holds_its_own_entries_and_no_other_devices() {
    let story = Story::tell();
    let (bytes, built) = story.package(&format!("device:{}", SERIALS[0]), None, false);
    let r = verified(&bytes, Some(&story.policy())).expect("reads");
    assert!(r.index.entries.left_out > 0);
    assert_eq!(figure(&r, "attested"), 2);
    assert_eq!(figure(&r, "enrolments"), 1);
    assert_eq!(figure(&r, "releases"), 2);
    let mut archive = Archive::open(Cursor::new(bytes)).expect("a package");
    let entries = archive.read("entries/000000.cborseq").expect("entries");
    for other in &SERIALS[1..] {
        assert!(!entries.windows(other.len()).any(|w| w == other.as_bytes()), "{other} is in it");
    }
    let history = built.evidence.tables.iter().find(|t| t.definition.name == "history").expect("a history");
    let running: Vec<String> = history.rows.iter().map(|row| row[5].to_string()).collect();
    assert!(running.iter().any(|r| r.contains("firmware 1.0.0")), "{running:?}");
    assert!(running.last().expect("states").contains("firmware 1.1.0"), "{running:?}");
    // By UEID and UDI it is the same device.
    let ueid = r.index.device.clone().expect("a device");
    for name in [ueid, format!("(01)09506000134352(21){}", SERIALS[0])] {
        let other = story.package(&format!("device:{name}"), None, false).1;
        assert_eq!(other.evidence.tables, built.evidence.tables);
    }
}

#[test]
fn what_was_known_before_the_second_release_does_not_speak_of_it() {
    let story = Story::tell();
    let (bytes, _) = story.package("all", Some(story.early), false);
    let r = verified(&bytes, Some(&story.policy())).expect("reads");
    assert_eq!((figure(&r, "releases"), figure(&r, "systems")), (json!(1), json!(0)));
    assert_eq!(r.index.known.size, story.early);
    assert!(r.index.tree.size > story.early && r.index.entries.left_out == r.index.tree.size - story.early);
    let none = story.try_package("release:1.1.0", Some(story.early), false).expect_err("not released yet");
    assert!(none.to_string().contains("no release has the version 1.1.0"), "{none}");
}

#[test]
fn figures_count_what_the_story_tells() {
    let story = Story::tell();
    let (bytes, _) = story.package("all", None, false);
    let r = verified(&bytes, None).expect("reads");
    for (name, value) in [
        ("releases", 2),
        ("systems", 1),
        ("enrolments", 3),
        ("declared", 1),
        ("attested", 4),
        ("signatures", 3),
        ("approvals", 3),
        ("corrections", 1),
        ("vulnerability-decisions", 1),
        ("affected", 1),
        ("devices", 4),
        ("components", 4),
        ("records", 18),
        ("software-requirements", 3),
        ("trace", 12),
        ("verifies", 4),
        ("risks-acceptable", 1),
        ("class-c", 1),
        ("anomalies", 3),
        ("anomalies-open", 2),
        ("passed", 5),
        ("failed", 2),
        ("verdicts", 5),
        ("verdicts-passed", 3),
        ("verdicts-changed", 1),
        ("verdicts-bad", 1),
        ("runs", 1),
        ("devices-attested", 3),
        ("devices-declared", 1),
        ("persons", 4),
        ("conflicts", 1),
    ] {
        assert_eq!(figure(&r, name), value, "{name}");
    }
    let controlled = figure(&r, "controlled");
    assert_eq!(controlled, json!([["RISK-001", "Overdose", "controls", "RCM-001", "risk-control"]]));
    let withdrawn = figure(&r, "withdrawn");
    assert_eq!(withdrawn.as_array().map(Vec::len), Some(1));
    assert_eq!(withdrawn[0][2], "firmware");
    assert_eq!((&withdrawn[0][3], &withdrawn[0][4]), (&json!("1.0.0"), &json!("CVE-2026-0001")));
    assert_eq!(figure(&r, "signers")[0][5], "Somebody");
    assert!(figure(&r, "findings").as_u64() > Some(0), "the clone is a finding");
}

#[test]
fn a_release_package_holds_the_records_behind_it() {
    let story = Story::tell();
    let (bytes, built) = story.package("release:1.1.0", None, false);
    let r = verified(&bytes, Some(&story.policy())).expect("reads");
    assert_eq!(r.problems, []);
    assert_eq!((figure(&r, "records"), figure(&r, "results")), (json!(17), json!(7)));
    assert_eq!(figure(&r, "verdicts-bad"), 2, "what passed on a later commit says nothing of this baseline");
    // What was signed of those revisions; what is advised and decided, whichever release it names.
    let signed = built.evidence.tables.iter().find(|t| t.definition.name == "signatures").expect("a table");
    let record = signed.column("record").expect("a column");
    assert!(signed.rows.iter().any(|row| row[record] == "SWR-002"), "{:?}", signed.rows);
    assert_eq!((figure(&r, "advisories"), figure(&r, "vulnerability-decisions")), (json!(1), json!(1)));
    let table =
        |name: &str| built.evidence.tables.iter().find(|t| t.definition.name == name).expect("a table");
    let requirements = table("requirements");
    let title = requirements.column("title").expect("a column");
    let titles: Vec<&Value> = requirements.rows.iter().map(|row| &row[title]).collect();
    assert_eq!(
        titles,
        ["Closed-loop flow", "Supervisor", "Rate", "Give what was prescribed"],
        "the last revisions"
    );
    let controls = table("risk-controls");
    let realised = controls.column("realised-in").expect("a column");
    assert_eq!(controls.rows[0][realised], json!(["software", "hardware"]));
    // A device's package speaks of no record.
    let (_, built) = story.package(&format!("device:{}", SERIALS[0]), None, false);
    assert!(!built.evidence.facts.contains_key("RecordRevised"));
}

#[test]
fn a_release_of_a_line_without_records_has_those_of_its_product() {
    let story = Story::tell();
    let (bytes, _) = story.package("release:1.0.0", Some(story.early), false);
    let r = verified(&bytes, Some(&story.policy())).expect("reads");
    assert_eq!(r.problems, []);
    assert_eq!((figure(&r, "records"), figure(&r, "baselines")), (json!(17), json!(0)));
}

#[test]
fn a_verdict_is_the_worst_of_the_newest_commit_and_says_what_changed_since() {
    let story = Story::tell();
    for (scope, verdict) in [("release:1.1.0", json!(["failed", 3])), ("all", json!(["passed", 1]))] {
        let (_, built) = story.package(scope, None, false);
        let t = built.evidence.tables.iter().find(|t| t.definition.name == "verdicts").expect("a table");
        let at = ["test", "verdict", "results"].map(|c| t.column(c).expect("a column"));
        let row = t.rows.iter().find(|row| row[at[0]] == "TC-002").expect("a row");
        assert_eq!(json!([row[at[1]], row[at[2]]]), verdict, "{scope}");
    }
    let (_, built) = story.package("all", None, false);
    let table =
        |name: &str| built.evidence.tables.iter().find(|t| t.definition.name == name).expect("a table");
    let pick = |name: &str, columns: &[&str]| -> Value {
        let t = table(name);
        let at: Vec<usize> = columns.iter().map(|c| t.column(c).expect("a column")).collect();
        t.rows.iter().map(|row| at.iter().map(|at| row[*at].clone()).collect::<Value>()).collect()
    };
    assert_eq!(
        pick("verdicts", &["test", "case", "verdict", "results", "changed"]),
        json!([
            ["TC-001", "TC-001", "passed", 1, []],
            ["TC-002", "TC-002", "passed", 1, []],
            ["TC-003", "TC-003", "passed", 1, ["SWR-001"]],
            ["flow_ok", "TC-004", "passed", 1, []],
            ["of_no_case", null, "error", 1, []],
        ])
    );
    assert_eq!(
        pick("runs", &["record", "case", "outcome", "changed"]),
        json!([["RUN-001", "TC-003", "passed", ["SWR-001"]]])
    );
}

#[test]
fn without_a_policy_it_says_so_and_names_its_keys() {
    let story = Story::tell();
    let (bytes, _) = story.package("release:1.1.0", None, false);
    let r = verified(&bytes, None).expect("reads");
    assert!(r.holds() && !r.trust.outside);
    assert_eq!(r.trust.carried, [story.ledger().read().journal().log_key()]);
    assert!(r.unchecked[0].contains("whether the keys are the right ones"), "{:?}", r.unchecked);
    let other = verified(&bytes, Some(&other_policy())).expect("reads");
    assert_eq!(other.problems.len(), 1);
    assert_eq!(other.problems[0].member, "checkpoint");
    assert!(other.problems[0].what.contains("another log"), "{:?}", other.problems);
}

#[test]
fn scopes_that_name_nothing_are_refused_in_words() {
    let story = Story::tell();
    for (scope, says) in [
        ("release:9.9", "no release has the version 9.9"),
        ("device:SN-9999", "no device has the UEID, serial number, UDI or identifier SN-9999"),
        ("nonsense", "is no scope"),
    ] {
        let error = story.try_package(scope, None, false).expect_err(scope).to_string();
        assert!(error.contains(says), "{error}");
    }
    let error = story.try_package("all", Some(0), false).expect_err("nothing known").to_string();
    assert!(error.contains("the log was empty"), "{error}");
}
