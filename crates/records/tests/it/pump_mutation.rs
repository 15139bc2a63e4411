//! From the example pump with its story closed and no gap open: each single damage yields exactly the gaps it should.

use crate::infusion_pump::{RELEASE, approvals, copy, open, report, results, root};
use records::command::{self, Accept, Check};
use records::engine::GapState;
use records::facts::{Approval, Happening, Moment, TestResult};
use records::tree;
use std::path::Path;
use tempfile::TempDir;

struct Pump {
    dir: TempDir,
    results: Vec<TestResult>,
    approvals: Vec<Approval>,
}

impl Pump {
    /// The product file with its story closed.
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        copy(&root(), dir.path());
        copy(&root().join("story/closed"), dir.path());
        let accept = Accept {
            root: dir.path().to_path_buf(),
            ids: ["TC-025", "TC-033", "TC-063", "REV-004", "RUN-008"].map(str::to_owned).to_vec(),
            by: "verification lead".to_owned(),
            at: "2026-09-08T10:00:00Z".to_owned(),
            ..Accept::default()
        };
        command::accept(&accept, &mut Vec::new()).unwrap();
        let approvals = approvals(dir.path());
        // Bound before any damage: a run at hand would be of whatever is there.
        let set = tree::load(dir.path()).unwrap().set;
        let mut results = results(RELEASE);
        results.iter_mut().for_each(|result| result.bind(&set));
        Self { dir, results, approvals }
    }

    fn root(&self) -> &Path {
        self.dir.path()
    }

    /// Replaces a text in a file; it must be there once.
    fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.root().join("records").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {file}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    fn gaps(&self) -> Vec<String> {
        let mut options = Check {
            root: self.root().to_path_buf(),
            results: self.results.clone(),
            approvals: self.approvals.clone(),
            ..Check::default()
        };
        let (_, _, report) = command::evaluate(&mut options).unwrap();
        assert_eq!(report.problems, []);
        open(&report)
    }
}

#[track_caller]
fn damage(how: impl FnOnce(&mut Pump), expected: &[&str]) {
    let mut pump = Pump::new();
    how(&mut pump);
    assert_eq!(pump.gaps(), expected);
}

#[test]
fn undamaged_it_has_no_gap() {
    damage(|_| {}, &[]);
    let pump = Pump::new();
    let found = report(pump.root(), pump.results.clone(), pump.approvals.clone());
    let justified = found.gaps.iter().filter(|gap| matches!(gap.state, GapState::Justified(_)));
    assert_eq!((found.gaps.len(), justified.count()), (6, 6));
}

#[test]
fn a_link_is_removed() {
    damage(
        |pump| {
            pump.replace("firmware/requirements/SWR-003.md", "  implements-control: [RCM-004]\n", "");
        },
        &[
            "14971-7.2-implemented RCM-004",
            "62304-5.2.3 RCM-004",
            "62304-7.2.2 RCM-004",
            "62304-7.3.3 RCM-004",
        ],
    );
    damage(
        |pump| pump.replace("firmware/requirements/SWR-003.md", "  refines: [SYS-003]\n", ""),
        &["13485-7.3.4-refined SYS-003", "13485-7.3.6-verified SYS-003"],
    );
}

#[test]
fn a_text_is_changed() {
    damage(
        |pump| pump.replace("firmware/requirements/SWR-003.md", "by at most 0.4 mL", "by at most 0.8 mL"),
        &[
            "13485-7.3.6-verified SYS-003",
            "14971-7.2-effectiveness RCM-004",
            "14971-7.2-implementation RCM-004",
            "62304-5.7.1 SWR-003",
            "62304-7.3.1 RCM-004",
            "link.suspect REV-001 SWR-003",
            "link.suspect TC-032 SWR-003",
        ],
    );
    // What does not matter may change.
    damage(
        |pump| {
            pump.replace(
                "firmware/requirements/SWR-003.md",
                "title: Occlusion detection\n",
                "title: Occlusion detection\ntags: [later]\n",
            );
        },
        &[],
    );
}

#[test]
fn a_result_is_removed() {
    damage(
        |pump| pump.results.retain(|result| &*result.case != "TC-032"),
        &[
            "13485-7.3.6-verified SYS-003",
            "14971-7.2-effectiveness RCM-004",
            "14971-7.2-implementation RCM-004",
            "62304-5.7.1 SWR-003",
            "62304-7.3.1 RCM-004",
        ],
    );
}

#[test]
fn a_class_is_raised() {
    // Class C asks for segregation, detailed design and more criteria; and whoever linked to the system looks again.
    damage(
        |pump| pump.replace("cloud/SW-004.md", "safety-class: B", "safety-class: C"),
        &[
            "62304-5.1.2 SW-001",
            "62304-5.1.2 SW-002",
            "62304-5.1.2 SW-003",
            "62304-5.1.2 SW-004",
            "62304-5.3.5 SW-004",
            "62304-5.4.2 SU-011",
            "62304-5.4.3 IF-006",
            "62304-5.4.3 IF-007",
            "62304-5.5.4 SU-011",
            "link.in-question TC-024 SW-004",
            "link.in-question TC-025 SW-004",
            "link.suspect DOC-001 SW-004",
            "link.suspect DOC-002 SW-004",
            "link.suspect DOC-003 SW-004",
            "link.suspect DOC-006 SW-004",
            "link.suspect DOC-007 SW-004",
            "link.suspect DOC-008 SW-004",
            "link.suspect DOC-009 SW-004",
            "link.suspect DOC-011 SW-004",
            "link.suspect REL-001 SW-004",
            "link.suspect REL-002 SW-004",
            "link.suspect REL-003 SW-004",
            "link.suspect REV-001 SW-004",
            "link.suspect REV-003 SW-004",
            "link.suspect SI-008 SW-004",
            "link.suspect TOOL-003 SW-004",
        ],
    );
}

#[test]
fn soup_moves_to_another_version() {
    // The justification of its end of support lapses with it.
    damage(
        |pump| {
            pump.replace(
                "soup.csv",
                "SOUP-007,soup,OkHttp,Block,4.12.0,",
                "SOUP-007,soup,OkHttp,Block,4.12.1,",
            );
        },
        &["62304-7.1.3-version SOUP-007", "cyber-support SOUP-007", "link.suspect JUST-001 SOUP-007"],
    );
}

#[test]
fn an_order_is_reversed() {
    // The approval of CR-001 is of 10 September 2026.
    let late = |order, claimed| {
        let pump = Pump::new();
        let happened = ("CR-001".to_owned(), Happening::Implemented, Moment { order, claimed });
        let mut options = Check {
            root: pump.root().to_path_buf(),
            results: pump.results.clone(),
            approvals: pump.approvals.clone(),
            happenings: vec![happened],
            ..Check::default()
        };
        let (_, _, report) = command::evaluate(&mut options).unwrap();
        let gap = report.gaps.iter().find(|gap| gap.retrospective);
        (open(&report), gap.map(|gap| gap.claimed))
    };
    let order = "13485-7.3.9-order CR-001".to_owned();
    assert_eq!(late(20_260_911_000_000, true), (vec![], None));
    assert_eq!(late(20_260_901_000_000, true), (vec![order.clone()], Some(true)));
    assert_eq!(late(20_260_901_000_000, false), (vec![order], Some(false)));
}
