//! A line told commit by commit in a ledger in memory: what results, links and contents amount to at each moment.

use std::sync::Arc;

use evidence::facts::design::{CommitPushed, LinkAccepted, RecordRevised, ResultReported, Verdict as Said};
use evidence::types::{BlobRef, EntryRef, Interpreted};
use evidence::{Fact, SourceKind, Time};
use records::engine::{Verdict, verdict};
use records::facts::Outcome;
use records::set::LinkState;
use records::source::{Parsed, read_markdown};
use testkit::{Author, Fixture};
use tlog::Hash;

use super::{Design, DesignError, Designs, Moment, design};

const CONFIG: &str = "[product]\nname = \"Pump\"\nstage = \"development\"\nprofiles = [\"iso13485\"]\n";

struct Told {
    f: Fixture,
    ci: Author,
    commit: Option<EntryRef>,
}

impl Told {
    fn new() -> Self {
        let mut f = Fixture::new();
        let ci = Author::new(SourceKind::Ci, 20);
        f.enrol(&ci, &["ci"]);
        Self { f, ci, commit: None }
    }

    fn say(&mut self, fact: impl Into<Fact>) -> EntryRef {
        let entry = self.ci.state(fact);
        let receipt = self.f.submit(entry).expect("taken");
        EntryRef { index: receipt.index, entry: receipt.entry }
    }

    fn blob(&self, bytes: &[u8]) -> BlobRef {
        let digest = self.f.ledger.blobs().put(bytes).expect("kept");
        BlobRef { digest, length: bytes.len() as u64, media_type: "text/plain".into() }
    }

    fn commit(&mut self, id: &str, config: Option<&str>) {
        let configuration = config.map(|text| self.blob(text.as_bytes()));
        let (product, line) = ("Pump".to_owned(), "main".to_owned());
        let fact = CommitPushed {
            repository: "pump".into(),
            commit: id.into(),
            parents: vec![],
            authored: Time::EPOCH,
            signed_by: None,
            lock: None,
            product,
            line,
            configuration,
            code: None,
            implements: vec![],
            claimed: vec![],
            signature: None,
            object: None,
        };
        self.commit = Some(self.say(fact));
    }

    fn present(&self, id: &str) -> Option<Hash> {
        let reading = self.f.ledger.read();
        let view = reading.design_at(Time::MAX, reading.size);
        view.record("Pump", "main", id).map(|r| r.said.revision)
    }

    fn record(&mut self, text: &str) -> Hash {
        let mut parsed = Parsed::default();
        read_markdown(0, text.as_bytes(), &mut parsed);
        let record = parsed.records.remove(0);
        self.content(record.id(), record.kind(), record.normal_form().as_bytes())
    }

    fn content(&mut self, id: &str, kind: &str, bytes: &[u8]) -> Hash {
        let content = self.blob(bytes);
        let revision = content.digest;
        let fact = RecordRevised {
            record: id.into(),
            kind: kind.into(),
            product: "Pump".into(),
            line: "main".into(),
            item: None,
            revision,
            content,
            supersedes: self.present(id),
            commit: self.commit.clone(),
            path: Some(format!("records/{id}.md")),
            editorial: None,
        };
        self.say(fact);
        revision
    }

    fn result(&mut self, verdict: Said, commit: &str, report: Option<&[u8]>) {
        let report = report.map(|bytes| {
            let raw = self.blob(bytes);
            Interpreted { raw: raw.clone(), parser: "junit".into(), parser_version: 1, normalised: raw }
        });
        let fact = ResultReported {
            test: "TC-001".into(),
            test_revision: None,
            verdict,
            commit: Some(commit.into()),
            artefact: None,
            report,
            ran_at: None,
            environment: None,
            actual: None,
            duration_ms: None,
            product: "Pump".into(),
            line: "main".into(),
        };
        self.say(fact);
    }

    fn moment(&self) -> Moment {
        let known = self.f.ledger.read().size;
        Moment { product: "Pump".into(), line: "main".into(), at: Time::MAX, known }
    }

    fn at(&self, moment: &Moment) -> Result<Design, DesignError> {
        design(&self.f.ledger, self.f.ledger.blobs().as_ref(), moment, 1)
    }

    fn now(&self) -> Design {
        self.at(&self.moment()).expect("a design")
    }
}

fn requirement(text: &str) -> String {
    format!(
        "---\nid: SYS-001\nkind: system-requirement\ntitle: Volume\nlinks:\n  refines: [UN-001]\n---\n\n{text}\n"
    )
}

const CASE: &str =
    "---\nid: TC-001\nkind: test-case\ntitle: Volume\nlinks:\n  verifies: [SYS-001]\n---\n\nLook.\n";

fn case_of(design: &Design) -> Option<Verdict> {
    let set = design.evaluator.set();
    verdict(set, set.node("TC-001").expect("the case"))
}

/// Outcome, and what makes it stale.
fn amounts_to(design: &Design) -> (Outcome, Option<String>) {
    let v = case_of(design).expect("a result");
    (v.outcome, v.stale.map(|s| s.reason()))
}

/// A line with a requirement and its case at commit `c1`.
fn told() -> Told {
    let mut t = Told::new();
    t.commit("c1", Some(CONFIG));
    t.record(&requirement("Shall be shown."));
    t.record(CASE);
    t
}

#[test]
fn a_result_speaks_of_the_commit_it_ran_on_whenever_it_is_reported() {
    let mut t = told();
    t.result(Said::Passed, "c1", None);
    assert_eq!(amounts_to(&t.now()), (Outcome::Passed, None));
    let before = t.moment();
    t.commit("c2", None);
    t.record(&requirement("Shall be shown in ml."));
    let stale = Some("SYS-001 changed since".to_owned());
    assert_eq!(amounts_to(&t.now()), (Outcome::Passed, stale.clone()));
    t.result(Said::Passed, "c1", None);
    assert_eq!(amounts_to(&t.now()).1, stale, "it came later, but ran on the older commit");
    t.result(Said::Failed, "c2", None);
    assert_eq!(amounts_to(&t.now()), (Outcome::Failed, None));
    assert_eq!(amounts_to(&t.at(&before).expect("the past")), (Outcome::Passed, None));
}

#[test]
fn a_test_that_a_report_names_several_times_ended_as_the_worst() {
    let mut t = told();
    t.result(Said::Failed, "c1", Some(b"first"));
    t.result(Said::Passed, "c1", Some(b"first"));
    assert_eq!(amounts_to(&t.now()).0, Outcome::Failed);
    t.result(Said::Passed, "c1", Some(b"second"));
    t.result(Said::Skipped, "c1", Some(b"second"));
    assert_eq!(amounts_to(&t.now()).0, Outcome::Skipped, "another report, of which one did not run");
}

#[test]
fn a_suspect_link_says_which_fields_changed_from_the_contents_alone() {
    let mut t = told();
    let need = |text: &str| format!("---\nid: UN-001\nkind: user-need\ntitle: Volume\n---\n\n{text}\n");
    let old = t.record(&need("The nurse sees it."));
    let from_revision = t.present("SYS-001").expect("there");
    t.say(LinkAccepted {
        from: "SYS-001".into(),
        from_revision,
        link: "refines".into(),
        to: "UN-001".into(),
        to_revision: old,
        product: "Pump".into(),
        line: "main".into(),
    });
    let state = |design: &Design| {
        let set = design.evaluator.set();
        let node = set.node("SYS-001").expect("there");
        set.link_state(node, set.out(node)[0])
    };
    assert_eq!(state(&t.now()), LinkState::Accepted);
    t.commit("c2", None);
    t.record(&need("The doctor sees it."));
    let design = t.now();
    assert!(matches!(state(&design), LinkState::Suspect(_)));
    let own = design.report.suspects.iter().find(|s| s.link.is_some()).expect("a suspect");
    assert_eq!(own.fields.as_deref(), Some(&["text".to_owned()][..]));
    t.commit("c3", None);
    t.record(&need("The nurse sees it."));
    assert_eq!(state(&t.now()), LinkState::Accepted, "it is again what was accepted");
}

#[test]
fn what_cannot_be_had_is_a_problem_and_the_rest_is_checked() {
    let mut t = told();
    t.content("SWR-001", "software-requirement", b"no normal form");
    let other = "vouchsafe-record/1\nid 1\n4:SW-9\nkind 1\n20:software-requirement\n";
    t.content("SWR-002", "software-requirement", other.as_bytes());
    let design = t.now();
    let said: Vec<(&str, &str)> =
        design.report.problems.iter().map(|p| (p.record.as_deref().unwrap_or(""), &*p.message)).collect();
    assert!(said.iter().any(|(id, m)| *id == "SWR-001" && m.contains("is not held")), "{said:?}");
    assert!(said.iter().any(|(id, m)| *id == "SWR-002" && m.contains("is that of `SW-9`")), "{said:?}");
    assert!(design.report.gaps.iter().any(|gap| &*gap.record == "SYS-001"));
}

#[test]
fn without_a_line_or_its_rules_there_is_no_view() {
    let mut t = Told::new();
    assert!(matches!(t.at(&t.moment()), Err(DesignError::Nothing { .. })));
    t.commit("c1", None);
    assert!(matches!(t.at(&t.moment()), Err(DesignError::NoConfiguration { .. })));
    t.commit("c2", Some("[product]\nname = 1\n"));
    assert!(matches!(t.at(&t.moment()), Err(DesignError::Configuration { .. })));
    t.commit("c3", Some(CONFIG));
    assert_eq!(t.now().commits, [("pump".to_owned(), "c3".to_owned())]);
}

#[test]
fn a_design_is_kept_until_something_it_rests_on_changes() {
    let mut t = told();
    let designs = Designs::default();
    let now =
        |t: &Told| designs.at(&t.f.ledger, t.f.ledger.blobs().as_ref(), &t.moment(), 1).expect("a design");
    let first = now(&t);
    let stranger = Author::new(SourceKind::Service, 21);
    t.f.enrol(&stranger, &["field"]);
    assert!(Arc::ptr_eq(&first, &now(&t)), "the log grew by other things");
    t.result(Said::Passed, "c1", None);
    let second = now(&t);
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(case_of(&first).is_none() && case_of(&second).is_some());
}
