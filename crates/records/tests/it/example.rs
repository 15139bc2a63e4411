//! A small product without a gap: one class C software system with its whole design history at stage `verification`.
//! The other tests damage it.

use records::command::{self, Accept, Check, Status};
use records::digest::Digest;
use records::engine::{Evaluator, Report};
use records::facts::{Approval, Happening, Meaning, Moment, Outcome, TestResult};
use records::set::RecordSet;
use records::tree;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

const CONFIG: &str = r#"
[product]
name = "Example pump"
stage = "verification"
profiles = ["iso13485", "iec62304", "iso14971"]
records = ["q"]
"#;

const CHECKS: &str = "[implements-system-requirements, not-contradictory, unambiguous, testable, uniquely-identified, traceable]";

/// The product: files in a folder, and what is known beside them.
pub(crate) struct Example {
    pub(crate) dir: TempDir,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) results: Vec<TestResult>,
    pub(crate) unapproved: Vec<&'static str>,
    pub(crate) specified: BTreeMap<String, u64>,
}

fn record(id: &str, kind: &str, fields: &[(&str, &str)], links: &[(&str, &str)]) -> (String, String) {
    let mut text = format!("---\nid: {id}\nkind: {kind}\ntitle: Title of {id}\n");
    for (name, value) in fields {
        let _ = writeln!(text, "{name}: {value}");
    }
    if !links.is_empty() {
        text.push_str("links:\n");
    }
    for (name, targets) in links {
        let _ = writeln!(text, "  {name}: [{targets}]");
    }
    let _ = write!(text, "---\n\nText of {id}.\n");
    (format!("q/{id}.md"), text)
}

fn records() -> Vec<(String, String)> {
    let topics = topics();
    let types = "[functional, inputs-outputs, interfaces, alarms, security, user-interface, data, installation, operation-maintenance, network, user-maintenance, regulatory]";
    vec![
        record("PROD-1", "product", &[("intended-use", "delivers fluid")], &[]),
        record(
            "DOC-1",
            "document",
            &[("provides", &topics)],
            &[("covers", "PROD-1, SW-1"), ("references", "SYS-1")],
        ),
        record(
            "REV-1",
            "review",
            &[
                ("provides", "[design-review]"),
                ("date", "2026-01-02"),
                ("participants", "[lead, tester]"),
                ("outcome", "accepted"),
                ("checks", CHECKS),
            ],
            &[("covers", "PROD-1"), ("reviews", "SWR-1, DD-1, DD-2, TC-INT")],
        ),
        record("UN-1", "user-need", &[], &[("need-of", "PROD-1")]),
        record("SYS-1", "system-requirement", &[], &[("refines", "UN-1")]),
        record(
            "SWR-1",
            "software-requirement",
            &[("requirement-type", types)],
            &[("refines", "SYS-1"), ("implements-control", "RCM-1"), ("allocated-to", "SI-1")],
        ),
        record(
            "SW-1",
            "software-system",
            &[
                ("safety-class", "C"),
                ("rationale", "worst case"),
                ("segregation", "none needed, all of class C"),
            ],
            &[("part-of", "PROD-1")],
        ),
        record("SI-1", "software-item", &[], &[("part-of", "SW-1")]),
        record(
            "SU-1",
            "software-unit",
            &[
                ("paths", "[src/alarm.c]"),
                ("acceptance-criteria", "all tests pass"),
                ("additional-criteria", "[fault-handling, boundaries]"),
            ],
            &[("part-of", "SI-1")],
        ),
        record("IF-1", "interface", &[], &[("between", "SI-1")]),
        record("DD-1", "detailed-design", &[], &[("details", "SU-1")]),
        record("DD-2", "detailed-design", &[], &[("details", "IF-1")]),
        record("TOOL-1", "tool", &[("version", "13.2")], &[("used-for", "SW-1")]),
        record(
            "SOUP-1",
            "soup",
            &[
                ("manufacturer", "somebody"),
                ("version", "\"1.2\""),
                ("requirements", "parses"),
                ("environment", "any"),
                ("anomaly-list", "tracker"),
                ("anomaly-review", "none relevant"),
                ("anomaly-reviewed", "2026-01-03"),
                ("anomaly-reviewer", "lead"),
                ("anomaly-reviewed-version", "\"1.2\""),
            ],
            &[("used-in", "SI-1")],
        ),
        record("HAZ-1", "hazard", &[], &[("hazard-of", "PROD-1")]),
        record(
            "SEQ-1",
            "sequence-of-events",
            &[("cause", "software-defect")],
            &[("begins-with", "HAZ-1"), ("caused-by", "SU-1")],
        ),
        record("HS-1", "hazardous-situation", &[], &[("arises-from", "SEQ-1")]),
        record("HARM-1", "harm", &[("severity", "critical")], &[]),
        record(
            "RISK-1",
            "risk",
            &[
                ("severity", "critical"),
                ("p1", "1"),
                ("p2", "1e-3"),
                ("acceptable", "false"),
                ("residual-severity", "critical"),
                ("residual-probability", "improbable"),
                ("residual-acceptable", "true"),
            ],
            &[("situation", "HS-1"), ("harm", "HARM-1")],
        ),
        record(
            "RCM-1",
            "risk-control",
            &[
                ("option-level", "protective-measure"),
                ("option-reason", "no safer design is practicable"),
                ("realised-in", "[software]"),
                ("new-risks", "none, the alarm adds no energy"),
            ],
            &[("controls", "RISK-1")],
        ),
        record(
            "TC-SYS",
            "test-case",
            &[("level", "system")],
            &[
                ("verifies", "SWR-1"),
                ("verifies-implementation", "RCM-1"),
                ("verifies-effectiveness", "RCM-1"),
            ],
        ),
        record(
            "TC-INT",
            "test-case",
            &[("level", "integration"), ("aspects", "[timing, interfaces]")],
            &[("verifies", "SI-1, IF-1")],
        ),
        record("TC-UNIT", "test-case", &[("level", "unit")], &[("verifies", "SU-1")]),
        record("TC-VAL", "test-case", &[("level", "validation")], &[("validates", "UN-1")]),
    ]
}

/// Every topic any rule of the profiles asks for.
fn topics() -> String {
    let setup = records::config::Config::parse(CONFIG).unwrap().setup().unwrap();
    let kind = setup.schema.kind(setup.schema.kind_id("document").unwrap()).unwrap();
    let topics: Vec<&str> = kind.field("provides").unwrap().values.iter().map(|value| &**value).collect();
    assert!(topics.len() > 40, "the profiles lost their topics");
    format!("[{}]", topics.join(", "))
}

impl Example {
    /// Written, accepted, approved and tested.
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let mut files: BTreeMap<String, String> = records().into_iter().collect();
        files.insert("vouchsafe.toml".to_owned(), CONFIG.to_owned());
        let mut example =
            Self { dir, files, results: Vec::new(), unapproved: Vec::new(), specified: BTreeMap::new() };
        example.write();
        example.accept(&[]);
        let set = example.set();
        for case in ["TC-SYS", "TC-INT", "TC-UNIT", "TC-VAL"] {
            let mut result = passed(case, 1000);
            result.bind(&set);
            example.results.push(result);
        }
        for (_, record) in set.records() {
            example.specified.insert(record.id().to_owned(), 100);
        }
        example
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    /// Writes the files as they are now.
    pub(crate) fn write(&self) {
        let q = self.root().join("q");
        if q.exists() {
            std::fs::remove_dir_all(&q).unwrap();
        }
        std::fs::create_dir_all(&q).unwrap();
        for (name, text) in &self.files {
            std::fs::write(self.root().join(name), text).unwrap();
        }
    }

    /// Replaces a text in a record; it must be there.
    pub(crate) fn replace(&mut self, id: &str, from: &str, to: &str) {
        let text = self.files.get_mut(&format!("q/{id}.md")).unwrap();
        assert!(text.contains(from), "{id} has no `{from}`:\n{text}");
        *text = text.replace(from, to);
        self.write();
    }

    pub(crate) fn accept(&self, ids: &[&str]) {
        let options = Accept {
            root: self.root().to_path_buf(),
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            all: ids.is_empty(),
            editorial: false,
            by: "lead engineer".to_owned(),
            at: "2026-01-04T10:00:00Z".to_owned(),
            ..Accept::default()
        };
        assert_eq!(command::accept(&options, &mut Vec::new()).unwrap(), Status::Holds);
    }

    pub(crate) fn set(&self) -> RecordSet {
        let tree = tree::load(self.root()).unwrap();
        assert_eq!(tree.problems, []);
        tree.set
    }

    /// Everything `check` takes, with all records approved at their present revision.
    pub(crate) fn options(&self) -> Check {
        let set = self.set();
        let approved = |record: &records::record::Record| Approval {
            record: record.id().into(),
            revision: record.revision(),
            meaning: Meaning::Approve,
            name: "approver".into(),
            at: Moment { order: 500, claimed: false },
        };
        let moment = |order| Moment { order, claimed: true };
        Check {
            root: self.root().to_path_buf(),
            results: self.results.clone(),
            approvals: set
                .records()
                .map(|(_, r)| r)
                .filter(|r| !self.unapproved.contains(&r.id()))
                .map(approved)
                .collect(),
            happenings: set
                .records()
                .filter_map(|(_, r)| {
                    let order = self.specified.get(r.id())?;
                    Some((r.id().to_owned(), Happening::Specified(r.revision()), moment(*order)))
                })
                .collect(),
            ..Check::default()
        }
    }

    pub(crate) fn evaluator(&self) -> (Evaluator, Report) {
        let (_, evaluator, report) = command::evaluate(&mut self.options()).unwrap();
        (evaluator, report)
    }

    /// Failing and warning gaps as `rule record about`, sorted.
    pub(crate) fn gaps(&self) -> Vec<String> {
        let (_, report) = self.evaluator();
        assert_eq!(report.problems, []);
        keys(&report)
    }
}

/// What `gaps` lists.
pub(crate) fn keys(report: &Report) -> Vec<String> {
    let mut keys: Vec<String> = report
        .gaps
        .iter()
        .filter(|gap| gap.severity != records::schema::Severity::Note)
        .filter(|gap| !matches!(gap.state, records::engine::GapState::Justified(_)))
        .map(|gap| format!("{}{}", gap.key(), if gap.retrospective { " retrospective" } else { "" }))
        .collect();
    keys.sort();
    keys
}

/// A complete passing result, not yet bound.
pub(crate) fn passed(case: &str, order: u64) -> TestResult {
    let mut result = TestResult::new(case, Outcome::Passed);
    result.at = Some(Moment { order, claimed: false });
    result.date = "2026-01-05T08:00:00Z".into();
    result.commit = "0f0f0f0".into();
    result.version = "1.0".into();
    result.configuration = "bench 1".into();
    result.tools = "runner 2".into();
    result.executor = "ci".into();
    result.source = "results.xml".into();
    result
}

/// The revision of a record now.
pub(crate) fn revision(set: &RecordSet, id: &str) -> Digest {
    set.record(set.node(id).unwrap()).unwrap().revision()
}

#[test]
fn the_example_has_no_gap() {
    let example = Example::new();
    let (_, report) = example.evaluator();
    assert_eq!(report.problems, []);
    let shown: Vec<String> =
        report.gaps.iter().map(|gap| format!("{} {}: {}", gap.severity.name(), gap.key(), gap.why)).collect();
    assert_eq!(shown, Vec::<String>::new());
    assert_eq!(report.records, 24);
    assert_eq!(report.exit_status(), 0);
}
