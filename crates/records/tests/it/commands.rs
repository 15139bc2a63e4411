//! The commands end to end: what they write, in which form, with which status.

use crate::example::Example;
use records::command::{self, Beside, Check, Fmt, Init, New, Show, Status, Trace, TraceFormat};
use records::render::Format;
use records::tree;
use serde_json::Value;

fn said(run: impl FnOnce(&mut Vec<u8>) -> Result<Status, command::CommandError>) -> (Status, String) {
    let mut out = Vec::new();
    let status = run(&mut out).unwrap();
    (status, String::from_utf8(out).unwrap())
}

fn damaged() -> Example {
    let mut example = Example::new();
    example.results.retain(|result| &*result.case != "TC-INT");
    example.replace("UN-1", "Text of UN-1", "Another text & <more>");
    example
}

fn checked(example: &Example, format: Format) -> (Status, String) {
    said(|out| command::check(Check { format, ..example.options() }, out))
}

#[test]
fn text_shows_file_line_excerpt_clause_and_help() {
    let (status, text) = checked(&damaged(), Format::Text);
    assert_eq!(status, Status::Gaps);
    assert!(text.contains("error[62304-5.6.3]: TC-INT has no result\n"), "{text}");
    assert!(
        text.contains(
            "  --> q/SW-1.md:2\n   |\n  2| id: SW-1\n   = asked for by: IEC 62304:2006+A1:2015 5.6.3\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("TC-VAL validates UN-1: UN-1 changed (text) since the link was accepted"),
        "{text}"
    );
    assert!(text.contains("by UN-1 → SYS-1 → SWR-1"), "{text}");
    assert!(
        text.ends_with("stage verification: 3 failing gaps, 2 warnings, 1 note, 0 justified\n"),
        "{text}"
    );
    let (status, text) = checked(&Example::new(), Format::Text);
    assert_eq!(
        (status, &*text),
        (
            Status::Holds,
            "24 records, 35 links, stage verification: 0 failing gaps, 0 warnings, 0 notes, 0 justified\n"
        )
    );
}

#[test]
fn a_gap_says_what_was_looked_for() {
    let why = |how: &dyn Fn(&mut Example), rule: &str| {
        let mut example = Example::new();
        how(&mut example);
        let (_, report) = example.evaluator();
        report.gaps.iter().find(|gap| gap.rule.id == rule).map(|gap| gap.why.clone()).unwrap()
    };
    let unplanned = |example: &mut Example| example.replace("DOC-1", " integration-plan, ", " ");
    assert_eq!(why(&unplanned, "62304-5.1.5"), "no record covers SW-1 and provides integration-plan");
    let untested = |example: &mut Example| example.replace("TC-SYS", "  verifies: [SWR-1]\n", "");
    assert_eq!(why(&untested, "62304-5.7.1"), "no test-case verifies SWR-1");
    let alone = |example: &mut Example| example.replace("HAZ-1", "links:\n  hazard-of: [PROD-1]\n", "");
    assert_eq!(why(&alone, "14971-5.4-hazards"), "no hazard is a hazard of PROD-1");
    let unlinked = |example: &mut Example| example.replace("SEQ-1", "  begins-with: [HAZ-1]\n", "");
    assert_eq!(why(&unlinked, "14971-5.4-begins"), "SEQ-1 begins with no hazard");
    let changed = |example: &mut Example| example.replace("SWR-1", "Text of", "New text of");
    let stale = "the result of TC-SYS (results.xml, 2026-01-05T08:00:00Z) is stale: SWR-1 changed since";
    assert_eq!(why(&changed, "62304-5.7.1"), stale);
}

#[test]
fn json_and_sarif_say_the_same() {
    let example = damaged();
    let json: Value = serde_json::from_str(&checked(&example, Format::Json).1).unwrap();
    let sarif: Value = serde_json::from_str(&checked(&example, Format::Sarif).1).unwrap();
    let gaps = json["gaps"].as_array().unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!((gaps.len(), json["failing"].as_u64(), json["exit"].as_u64()), (6, Some(3), Some(1)));
    let of_json: Vec<_> =
        gaps.iter().map(|gap| (&gap["rule"], &gap["why"], &gap["file"], &gap["line"])).collect();
    let place = |result: &'static str| result;
    let of_sarif: Vec<_> = results
        .iter()
        .map(|r| {
            let at = &r["locations"][0][place("physicalLocation")];
            (&r["ruleId"], &r["message"]["text"], &at["artifactLocation"]["uri"], &at["region"]["startLine"])
        })
        .collect();
    assert_eq!(of_json, of_sarif);
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(results.iter().all(|result| rules.iter().any(|rule| rule["id"] == result["ruleId"])));
    assert_eq!(sarif["version"], "2.1.0");
}

#[test]
fn junit_and_annotations_escape_what_records_say() {
    let mut example = damaged();
    example.replace("HARM-1", "severity: critical", "severity: critical\n\"a<b>\": x");
    let (status, _) = checked_raw(&example, Format::Junit);
    assert_eq!(status, Status::BadInput);
    let (_, xml) = checked_raw(&example, Format::Junit);
    assert!(xml.contains("failures=\"") && xml.contains("errors=\"1\""), "{xml}");
    assert!(xml.contains("a&lt;b&gt;") && !xml.contains("a<b>"), "{xml}");
    let (_, lines) = checked_raw(&example, Format::Github);
    assert!(lines.contains("::error file=q/HARM-1.md,line=6,title=malformed-front-matter::"), "{lines}");
    assert!(lines.lines().all(|line| line.starts_with("::")), "{lines}");
}

/// As `checked`, for trees with problems.
fn checked_raw(example: &Example, format: Format) -> (Status, String) {
    said(|out| command::check(Check { root: example.root().to_path_buf(), format, ..Check::default() }, out))
}

#[test]
fn a_ratchet_fails_on_new_gaps_only() {
    let mut example = damaged();
    let ratchet = Some(example.root().join("known"));
    let write = Check { ratchet: ratchet.clone(), write_ratchet: true, ..example.options() };
    let (status, text) = said(|out| command::check(write, out));
    assert_eq!(status, Status::Holds);
    assert!(text.starts_with("3 known gaps"), "{text}");
    let with = |example: &Example| {
        said(|out| command::check(Check { ratchet: ratchet.clone(), ..example.options() }, out))
    };
    assert_eq!(with(&example).0, Status::Holds);
    example.replace("DOC-1", "integration-plan, ", "");
    let (status, text) = with(&example);
    assert_eq!(status, Status::Gaps);
    assert!(
        text.contains("error[62304-5.1.5]")
            && text.contains("1 failing gap,")
            && text.contains("(3 known before)"),
        "{text}"
    );
}

#[test]
fn show_and_explain() {
    let example = damaged();
    let show = |id: &str, format| Show {
        beside: Beside::default(),
        root: example.root().to_path_buf(),
        id: id.to_owned(),
        format,
        approvals: Vec::new(),
    };
    let (_, text) = said(|out| command::show(&show("SYS-1", Format::Text), out));
    assert!(text.contains("→ refines UN-1 Title of UN-1 [suspect]"), "{text}");
    assert!(text.contains("← is refined by SWR-1 Title of SWR-1 [accepted]"), "{text}");
    let (_, text) = said(|out| command::show(&show("SYS-1", Format::Json), out));
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["links"][0]["state"], "suspect");
    let error = command::show(&show("SYS-11", Format::Text), &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("did you mean `SYS-1`?") && error.exit_status() == 2, "{error}");
    let set = example.set();
    let explain = |name: &str| said(|out| command::explain(set.schema(), name, out)).1;
    assert!(explain("62304-5.7.1").contains("note: class letters of 5.7.1 rest on fewer sources"));
    assert!(explain("14971-7.2-effectiveness").contains("ISO 14971:2019 7.2 (unconfirmed)"));
    assert!(explain("62304:5.5.1").contains("62304-5.5.1-unit"));
    assert!(explain("risk").contains("residual-acceptable"));
    assert!(explain("link.suspect").contains("vouchsafe accept"));
    let error = command::explain(set.schema(), "62304-5.7.11", &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("did you mean"), "{error}");
}

#[test]
fn a_new_product_begins_new_records_follow_and_fmt_keeps_hashes() {
    let dir = tempfile::TempDir::new().unwrap();
    let root = dir.path().to_path_buf();
    let init = Init { root: root.clone(), name: "Pump: \"A\"".to_owned(), profiles: None };
    assert_eq!(said(|out| command::init(&init, out)).0, Status::Holds);
    assert_eq!(command::init(&init, &mut Vec::new()).unwrap_err().exit_status(), 2, "never overwrites");
    let new = New {
        root: root.clone(),
        kind: "user-need".to_owned(),
        title: "Alarm: \"loud\" always".to_owned(),
        ..New::default()
    };
    let (_, first) = said(|out| command::new(&new, out));
    let (_, second) = said(|out| command::new(&new, out));
    assert!(first.trim().ends_with("UN-001.md") && second.trim().ends_with("UN-002.md"), "{first}{second}");
    let set = tree::load(&root).unwrap();
    assert_eq!(set.problems, []);
    let title = |id: &str| set.set.record(set.set.node(id).unwrap()).unwrap().title().to_owned();
    assert_eq!(
        (title("UN-001"), title("PROD-001")),
        ("Alarm: \"loud\" always".to_owned(), "Pump: \"A\"".to_owned())
    );
    let odd = "---\r\nlinks: {need-of: [PROD-001,\r\n   PROD-001]}\r\ntitle:   'it''s'\r\nkind: user-need\r\nid: UN-003\r\n---\r\n\r\nBody\r\n";
    std::fs::write(root.join("records/odd.md"), odd).unwrap();
    let revision = |tree: &tree::Tree| tree.set.record(tree.set.node("UN-003").unwrap()).unwrap().revision();
    let before = revision(&tree::load(&root).unwrap());
    let fmt = |check| said(|out| command::fmt(&Fmt { root: root.clone(), check }, out));
    assert_eq!(fmt(true).0, Status::Gaps);
    assert_eq!(fmt(false).0, Status::Holds);
    assert_eq!(fmt(true), (Status::Holds, String::new()));
    assert_eq!(revision(&tree::load(&root).unwrap()), before);
    let text = std::fs::read_to_string(root.join("records/odd.md")).unwrap();
    assert_eq!(
        text,
        "---\nid: UN-003\nkind: user-need\ntitle: it's\nlinks:\n  need-of: [PROD-001]\n---\n\nBody\n"
    );
}

#[test]
fn trace_connects_kinds_over_any_chain_and_names_what_is_left_over() {
    let mut example = Example::new();
    example
        .files
        .insert("q/UN-2.md".to_owned(), "---\nid: UN-2\nkind: user-need\ntitle: <b>\n---\nx\n".to_owned());
    let lonely = "---\nid: TC-X\nkind: test-case\ntitle: t\n---\nx\n";
    example.files.insert("q/TC-X.md".to_owned(), lonely.to_owned());
    example.write();
    let trace = |format| {
        let kinds = ["user-need", "software-requirement", "test-case"].map(str::to_owned).to_vec();
        said(|out| {
            command::trace(
                &Trace { root: example.root().to_path_buf(), kinds, format, ..Trace::default() },
                out,
            )
        })
        .1
    };
    assert_eq!(
        trace(TraceFormat::Csv),
        "user-need,software-requirement,test-case\nUN-1,SWR-1,TC-SYS;TC-VAL\nUN-2,,\n,,TC-INT\n,,TC-UNIT\n,,TC-X\n"
    );
    let json: Value = serde_json::from_str(&trace(TraceFormat::Json)).unwrap();
    assert_eq!(json["rows"][0]["to"]["test-case"], serde_json::json!(["TC-SYS", "TC-VAL"]));
    assert_eq!(json["unreached"]["test-case"], serde_json::json!(["TC-INT", "TC-UNIT", "TC-X"]));
    assert!(trace(TraceFormat::Text).contains("UN-1       SWR-1                 TC-SYS TC-VAL"));
    assert!(trace(TraceFormat::Html).contains("UN-2 &lt;b&gt;"));
    let svg = trace(TraceFormat::Svg);
    assert_eq!((svg.matches("<path ").count(), svg.matches("<rect ").count()), (2, 8), "{svg}");
}

#[test]
fn csv_tables_and_markdown_are_one_set() {
    let mut example = Example::new();
    let text = "id,title,links.hazard-of,tags[]\nHAZ-2,\"Air, in line\",PROD-1;PROD-1,a; b\n";
    example.files.insert("q/hazards.csv".to_owned(), text.to_owned());
    let config = example.files.get_mut("vouchsafe.toml").unwrap();
    config.push_str("[tables]\n\"q/hazards.csv\" = \"hazard\"\n");
    example.write();
    let set = example.set();
    let table = set.record(set.node("HAZ-2").unwrap()).unwrap();
    let markdown = "---\nid: HAZ-2\nkind: hazard\ntags: [a, b]\ntitle: Air, in line\nlinks:\n  hazard-of: [PROD-1]\n---\n";
    example.files.remove("q/hazards.csv");
    example.files.insert("q/HAZ-2.md".to_owned(), markdown.to_owned());
    example.write();
    let set = example.set();
    let file = set.record(set.node("HAZ-2").unwrap()).unwrap();
    assert_eq!(table.normal_form(), file.normal_form());
    assert_eq!(table.revision(), file.revision());
}

#[test]
fn a_product_extends_and_changes_profiles() {
    let mut example = Example::new();
    let config = example.files.get_mut("vouchsafe.toml").unwrap();
    config.push_str(
        "[kinds.hazard.fields.energy]\ntype = \"enum\"\nvalues = [\"electric\", \"thermal\"]\n\
         [rules.\"62304-5.1.5\"]\nseverity = \"off\"\nreason = \"integrated by the supplier\"\n\
         [rules.\"62304-5.1.9\"]\nseverity = \"warning\"\nreason = \"plan is being moved\"\n\
         [[rule]]\nid = \"house.energy\"\ntitle = \"Each hazard names its energy\"\nkinds = [\"hazard\"]\nmust = { field = \"energy\" }\nhint = \"add energy\"\n",
    );
    example.replace("DOC-1", "integration-plan, ", "");
    example.replace("DOC-1", "configuration-management-plan, ", "");
    let (_, report) = example.evaluator();
    let gaps: Vec<(String, &str)> = report.gaps.iter().map(|gap| (gap.key(), gap.severity.name())).collect();
    let expected = [("house.energy HAZ-1".to_owned(), "error"), ("62304-5.1.9 SW-1".to_owned(), "warning")];
    assert_eq!(gaps, expected);
    let set = example.set();
    let mut out = Vec::new();
    command::explain(set.schema(), "62304-5.1.5", &mut out).unwrap();
    assert!(
        String::from_utf8(out)
            .unwrap()
            .contains("Switched off in vouchsafe.toml: integrated by the supplier")
    );
}

#[test]
fn stages_switch_rules_on() {
    let mut example = Example::new();
    let config = example.files.get_mut("vouchsafe.toml").unwrap();
    *config = config.replace("stage = \"verification\"", "stage = \"development\"");
    example.results.clear();
    example.unapproved = vec!["UN-1", "SYS-1", "DOC-1"];
    example.write();
    let (_, report) = example.evaluator();
    assert_eq!(report.exit_status(), 0, "missing results and approvals are reported, not failing");
    assert!(report.gaps.iter().any(|gap| gap.rule.id == "13485-7.3.3-approved"));
    assert!(report.gaps.iter().all(|gap| gap.severity == records::schema::Severity::Note));
}

#[test]
fn json_schemas_know_the_kinds_and_rules_in_force() {
    let set = Example::new().set();
    let schema = |configuration| -> Value {
        let (_, text) = said(|out| command::json_schema(set.schema(), configuration, out));
        serde_json::from_str(&text).unwrap()
    };
    let front = schema(false);
    assert_eq!(front["$defs"]["risk"]["properties"]["acceptable"]["type"], "boolean");
    assert!(front["$defs"]["test-case"]["properties"]["links"]["properties"]["verifies"].is_object());
    assert!(front["$defs"]["hazard"]["properties"]["links"]["properties"]["verifies"].is_null());
    let configuration = schema(true);
    assert!(configuration["properties"]["rules"]["properties"]["62304-5.1.1"].is_object());
}
