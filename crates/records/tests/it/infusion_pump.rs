//! The product file under `examples/infusion-pump`: what it holds, the gaps it leaves open for its story, how they are
//! closed, and that its foreign documents (JUnit, CycloneDX, OSV) say what its README states.

use formats::advisory::Advisory;
use formats::matching::{Assessment, Component, Step, Verdict, assess};
use formats::purl::Purl;
use formats::sbom::{Element, Sbom};
use formats::{junit, sbom};
use records::command::{self, Accept, Check, Fmt, Status};
use records::engine::{Gap, GapState, Report};
use records::facts::{Approval, Meaning, Moment, Outcome, TestResult};
use records::set::RecordSet;
use records::tree;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const RECORDS: usize = 247;
const LINKS: usize = 520;
const SIGNATURE_GAPS: usize = 54;
const RESULT_GAPS: usize = 82;
pub(crate) const RELEASE: &str = "2.1.1";
/// What is left open on purpose, as `story/README.md` says.
const STORY: [&str; 5] = [
    "13485-7.3.6-hardware HWR-003",
    "13485-7.3.6-interfaces IF-007",
    "14971-7.2-effectiveness RCM-003",
    "62304-5.4.4 DD-006",
    "link.suspect TC-063 HWR-003",
];
/// What the profiles want signed at this stage.
const SIGNED: [&str; 6] =
    ["change-request", "document", "release", "review", "system-requirement", "user-need"];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/infusion-pump")
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

/// The test case that a test of a report carries out: a property, or `TC-001` or `TC_001` in its name.
fn case_of(case: &junit::Case) -> String {
    let property = case.properties.iter().find(|property| &*property.name == "test_case");
    property.map_or_else(
        || {
            let at = case.name.find("TC-").or_else(|| case.name.find("TC_")).unwrap();
            case.name.get(at..at + 6).unwrap().replace('_', "-")
        },
        |property| property.value.to_string(),
    )
}

/// The results of one folder, one a case, the worst outcome of its tests.
pub(crate) fn results(folder: &str) -> Vec<TestResult> {
    let mut found: BTreeMap<String, TestResult> = BTreeMap::new();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root().join("results").join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let run = junit::read(bytes.as_slice(), &junit::Limits::default()).unwrap();
        for case in &run.cases {
            let suite = run.suites.get(case.suite.unwrap() as usize).unwrap();
            let outcome = match case.outcome {
                junit::Outcome::Passed => Outcome::Passed,
                junit::Outcome::Failed => Outcome::Failed,
                junit::Outcome::Errored => Outcome::Error,
                junit::Outcome::Skipped => Outcome::Skipped,
            };
            let says = |name: &str| -> Box<str> {
                suite.properties.iter().find(|property| &*property.name == name).unwrap().value.clone()
            };
            let id = case_of(case);
            let result = found.entry(id.clone()).or_insert_with(|| {
                let mut result = TestResult::new(&id, outcome);
                let date = suite.timestamp.clone().unwrap();
                let day: String = date.chars().take(10).filter(char::is_ascii_digit).collect();
                let order = day.parse::<u64>().unwrap() * 1_000_000;
                result.at = Some(Moment { order, claimed: false });
                (result.date, result.commit, result.version) = (date, says("commit"), says("version"));
                (result.configuration, result.tools) = (says("configuration"), says("tools"));
                result.executor = says("executor");
                result.source = file.file_name().unwrap().to_str().unwrap().into();
                result
            });
            if result.outcome == Outcome::Passed {
                result.outcome = outcome;
            }
        }
    }
    found.into_values().collect()
}

pub(crate) fn approvals(root: &Path) -> Vec<Approval> {
    let tree = tree::load(root).unwrap();
    let wanted = tree.set.records().map(|(_, r)| r).filter(|r| SIGNED.contains(&r.kind()));
    wanted
        .map(|record| Approval {
            record: record.id().into(),
            revision: record.revision(),
            meaning: Meaning::Approve,
            name: "project lead".into(),
            at: Moment { order: 20_260_910_000_000, claimed: false },
        })
        .collect()
}

pub(crate) fn report(root: &Path, results: Vec<TestResult>, approvals: Vec<Approval>) -> Report {
    let mut options =
        Check { root: root.to_path_buf(), results_at_hand: results, approvals, ..Check::default() };
    let (_, evaluator, report) = command::evaluate(&mut options).unwrap();
    let problems: Vec<String> = report
        .problems
        .iter()
        .map(|p| format!("{}:{}: {}", evaluator.set().file(p.place.file), p.place.line, p.message))
        .collect();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(report.unmatched_results, Vec::<String>::new());
    report
}

/// All gaps that nothing justifies.
pub(crate) fn open(report: &Report) -> Vec<String> {
    let open = report.gaps.iter().filter(|gap| !matches!(gap.state, GapState::Justified(_)));
    let mut keys: Vec<String> = open.map(Gap::key).collect();
    keys.sort();
    keys
}

fn count_by_kind(set: &RecordSet) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for (_, record) in set.records() {
        *counts.entry(record.kind()).or_default() += 1;
    }
    counts
}

#[test]
fn it_holds_what_it_says() {
    let tree = tree::load(&root()).unwrap();
    let counts = count_by_kind(&tree.set);
    let expected = [
        ("anomaly", 3),
        ("change-request", 2),
        ("data-flow-step", 5),
        ("detailed-design", 9),
        ("document", 13),
        ("hardware-requirement", 4),
        ("harm", 4),
        ("hazard", 7),
        ("hazardous-situation", 7),
        ("interface", 7),
        ("justification", 1),
        ("logic-placement", 2),
        ("product", 1),
        ("release", 3),
        ("review", 8),
        ("risk", 9),
        ("risk-control", 12),
        ("security-risk", 5),
        ("sequence-of-events", 12),
        ("software-item", 8),
        ("software-requirement", 22),
        ("software-system", 4),
        ("software-unit", 11),
        ("soup", 11),
        ("supplier", 4),
        ("system-requirement", 13),
        ("test-case", 34),
        ("test-run", 7),
        ("threat", 5),
        ("tool", 3),
        ("training", 3),
        ("user-need", 8),
    ];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(tree.config.variants.len(), 2);
    let items: Vec<&str> = tree.set.items().iter().map(|item| &*item.name).collect();
    assert_eq!(items, ["app", "cloud", "comms", "firmware"]);
    // Every record below an item's folder belongs to it.
    let system = tree.set.node("SW-002").unwrap();
    assert_eq!(tree.set.item(system).unwrap().name, "comms");
}

#[test]
fn unsigned_and_without_results_it_says_what_is_missing() {
    let report = report(&root(), Vec::new(), Vec::new());
    assert_eq!((report.records, report.links, &*report.stage), (RECORDS, LINKS, "release"));
    assert_eq!(report.exit_status(), 1);
    let unsigned = ["approved", "62304-6.2.4", "62304-8.2.1", "62304-8.2.4", "part11-11.70"];
    let (signatures, rest): (Vec<String>, Vec<String>) =
        open(&report).into_iter().partition(|key| unsigned.iter().any(|part| key.contains(part)));
    let (story, results): (Vec<String>, Vec<String>) =
        rest.into_iter().partition(|key| STORY.contains(&&**key));
    assert_eq!(story, STORY);
    assert_eq!((signatures.len(), results.len()), (SIGNATURE_GAPS, RESULT_GAPS));
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let said = format!("{SIGNATURE_GAPS} gaps of missing signatures, {RESULT_GAPS} of results");
    assert!(readme.contains(&said), "README.md does not say: {said}");
}

#[test]
fn the_story_finds_its_gaps_and_closes_them() {
    let found = report(&root(), results(RELEASE), approvals(&root()));
    assert_eq!(open(&found), STORY);
    assert!(found.gaps.iter().filter(|gap| STORY.contains(&&*gap.key())).all(Gap::fails));
    let why = |rule: &str| &*found.gaps.iter().find(|gap| gap.rule.id == rule).unwrap().why;
    assert_eq!(
        why("13485-7.3.6-hardware"),
        "the result of TC-063 (RUN-004, 2026-02-09) is stale: HWR-003 changed since"
    );
    assert_eq!(
        why("link.suspect"),
        "TC-063 verifies HWR-003: HWR-003 changed (text) since the link was accepted"
    );
    let readme = std::fs::read_to_string(root().join("story/README.md")).unwrap();
    for key in STORY {
        let (rule, rest) = key.split_once(' ').unwrap();
        assert!(readme.contains(&format!("| `{rule}` {rest} |")), "story/README.md does not name {key}");
    }

    let copied = TempDir::new().unwrap();
    copy(&root(), copied.path());
    copy(&root().join("story/closed"), copied.path());
    // New links and the new run need somebody who looked at both ends.
    let unaccepted = report(copied.path(), results(RELEASE), approvals(copied.path()));
    assert_eq!(
        open(&unaccepted),
        [
            "13485-7.3.6-hardware HWR-003",
            "link.suspect TC-063 HWR-003",
            "link.unaccepted REV-004 DD-006",
            "link.unaccepted RUN-008 TC-063",
            "link.unaccepted TC-025 IF-007",
            "link.unaccepted TC-033 RCM-003",
        ]
    );
    let accept = Accept {
        root: copied.path().to_path_buf(),
        ids: ["TC-025", "TC-033", "TC-063", "REV-004", "RUN-008"].map(str::to_owned).to_vec(),
        by: "verification lead".to_owned(),
        at: "2026-09-08T10:00:00Z".to_owned(),
        ..Accept::default()
    };
    assert_eq!(command::accept(&accept, &mut Vec::new()).unwrap(), Status::Holds);
    let closed = report(copied.path(), results(RELEASE), approvals(copied.path()));
    assert_eq!(open(&closed), Vec::<String>::new());
    assert_eq!((closed.exit_status(), closed.gaps.len()), (0, 6), "six gaps are justified");
    let fmt = Fmt { root: copied.path().to_path_buf(), check: true };
    assert_eq!(command::fmt(&fmt, &mut Vec::new()).unwrap(), Status::Holds);
    // A signature belongs to the revision it was given to: REV-004 changed.
    let old = report(copied.path(), results(RELEASE), approvals(&root()));
    assert_eq!(open(&old), ["part11-11.70 REV-004"]);
}

#[test]
fn every_automated_case_has_a_complete_result_in_each_release() {
    let tree = tree::load(&root()).unwrap();
    let automated: BTreeSet<&str> = tree
        .set
        .records()
        .map(|(_, record)| record)
        .filter(|record| record.kind() == "test-case" && record.text_of("automated") == "true")
        .map(records::record::Record::id)
        .collect();
    for version in ["2.0.0", "2.1.0", RELEASE] {
        let results = results(version);
        let cases: BTreeSet<&str> = results.iter().map(|result| &*result.case).collect();
        assert_eq!(cases, automated, "{version}");
        for result in &results {
            assert_eq!((result.outcome, &*result.version), (Outcome::Passed, version));
            assert!(result.commit.len() == 40 && !result.configuration.is_empty());
            assert!(!result.tools.is_empty() && !result.executor.is_empty());
        }
    }
}

#[test]
fn a_failed_candidate_reopens_what_it_verified() {
    let mut later = results("2.1.0-rc1");
    for result in &mut later {
        result.at = Some(Moment { order: 20_270_101_000_000, claimed: false });
    }
    let mut all = results(RELEASE);
    all.extend(later);
    let found: BTreeSet<String> = open(&report(&root(), all, approvals(&root()))).into_iter().collect();
    let new: Vec<&str> = found.iter().map(|key| &**key).filter(|key| !STORY.contains(key)).collect();
    assert_eq!(
        new,
        [
            "13485-7.3.6-verified SYS-003",
            "13485-7.3.6-verified SYS-009",
            "14971-7.2-effectiveness RCM-004",
            "14971-7.2-effectiveness RCM-008",
            "14971-7.2-implementation RCM-004",
            "14971-7.2-implementation RCM-008",
            "62304-5.7.1 SWR-003",
            "62304-5.7.1 SWR-009",
            "62304-7.3.1 RCM-004",
            "62304-7.3.1 RCM-008",
        ],
        "PR-001 was found by TC-032, so that 62304-5.7.2 holds"
    );
}

fn bom(name: &str) -> Sbom {
    let bytes = std::fs::read(root().join("sbom").join(format!("{name}.cdx.json"))).unwrap();
    let document = sbom::read(Cursor::new(bytes), &sbom::Limits::default()).unwrap();
    assert_eq!(document.standard, sbom::Standard::CycloneDx(1, 6));
    document.sbom
}

const BOMS: [(&str, usize); 5] = [
    ("firmware-2.0.0", 12),
    ("firmware-2.1.0", 12),
    ("firmware-2.1.1", 12),
    ("app-1.6.2", 5),
    ("cloud-3.4.0", 6),
];

#[test]
fn the_boms_are_complete_and_agree_with_the_records() {
    let mut purls: BTreeSet<String> = BTreeSet::new();
    for (name, components) in BOMS {
        let bom = bom(name);
        assert_eq!(bom.components.len(), components, "{name}");
        let lacking: Vec<_> =
            sbom::quality(&bom).into_iter().filter(|finding| finding.element.is_ntia()).collect();
        assert_eq!(lacking, [], "{name}");
        let mbed = bom.components.iter().position(|component| &*component.name == "mbedtls");
        if let Some(at) = mbed {
            let path: Vec<&str> = bom.path(at).iter().map(|component| &*component.name).collect();
            assert_eq!(path, ["pump-communication", "mbedtls"]);
        }
        if !matches!(name, "firmware-2.0.0" | "firmware-2.1.0") {
            purls.extend(bom.components.iter().flat_map(|c| &c.purls).map(ToString::to_string));
        }
    }
    // Support is said where it is known, and a gap where it is not.
    let known = |name: &str| {
        let end = |finding: &&sbom::Finding| finding.element == Element::EndOfSupport;
        sbom::quality(&bom(name)).iter().filter(end).count()
    };
    assert!(known("firmware-2.1.1") < 12, "no component says when its support ends");
    let tree = tree::load(&root()).unwrap();
    let mut soup = 0;
    for (_, record) in tree.set.records().filter(|(_, record)| record.kind() == "soup") {
        let purl = record.text_of("purl");
        assert!(purls.contains(purl), "{} names {purl}, which is in no bill of materials", record.id());
        let bare = record.text_of("version").trim_start_matches(['v', 'V']);
        assert!(purl.trim_start_matches("pkg:").rsplit('@').next().unwrap().trim_start_matches('v') == bare);
        soup += 1;
    }
    assert_eq!(soup, 11);
}

fn advisories() -> Vec<Advisory> {
    let mut found: Vec<Advisory> = Vec::new();
    for entry in std::fs::read_dir(root().join("advisories")).unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|extension| extension == "json") {
            let contents = formats::advisory::read(&std::fs::read(entry.path()).unwrap()).unwrap();
            found.extend(contents.advisories);
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

fn assessed(component: &sbom::Component, advisory: &Advisory) -> Assessment {
    let purl = component.purls.first().map(|text| Purl::read(text).unwrap().0);
    let cpes: Vec<String> = component.cpes.iter().map(ToString::to_string).collect();
    let component = Component {
        name: Some(&component.name),
        version: component.version.as_deref(),
        vendor: component.supplier.as_ref().map(|supplier| &*supplier.name),
        purl: purl.as_ref(),
        cpes: &cpes,
    };
    assess(&component, advisory, &[])
}

/// The verdict on the component that the advisory speaks of; `None` when there is no such component.
fn verdict(bom: &Sbom, advisory: &Advisory) -> Option<Verdict> {
    let concerned = bom.components.iter().map(|component| assessed(component, advisory)).filter(|found| {
        found.steps.iter().any(|step| matches!(step, Step::SameProduct { .. } | Step::UnclearProduct { .. }))
    });
    concerned.map(|found| found.verdict).max()
}

#[test]
fn advisories_meet_the_components_as_the_table_says() {
    use Verdict::{Affected, Fixed, NotAffected, Undetermined};
    let expected: [(&str, [Option<Verdict>; 5]); 9] = [
        ("CVE-2020-22283", [Some(Undetermined), Some(Undetermined), Some(Undetermined), None, None]),
        ("CVE-2021-31571", [Some(Fixed), Some(Fixed), Some(Fixed), None, None]),
        ("CVE-2022-0778", [None, None, None, None, Some(Fixed)]),
        ("CVE-2022-3602", [None, None, None, None, Some(Fixed)]),
        ("CVE-2023-3635", [None, None, None, Some(Fixed), None]),
        ("CVE-2023-45853", [Some(Affected), Some(Fixed), Some(Fixed), None, Some(Fixed)]),
        ("CVE-2024-45158", [Some(NotAffected), Some(Fixed), Some(Fixed), None, None]),
        ("CVE-2024-45338", [None, None, None, None, Some(Affected)]),
        ("CVE-2025-27809", [Some(Affected), Some(Affected), Some(Fixed), None, None]),
    ];
    let boms = BOMS.map(|(name, _)| bom(name));
    let advisories = advisories();
    let found: Vec<(&str, [Option<Verdict>; 5])> = advisories
        .iter()
        .map(|advisory| (&*advisory.id, std::array::from_fn(|at| verdict(&boms[at], advisory))))
        .collect();
    assert_eq!(found, expected);
    let table = std::fs::read_to_string(root().join("advisories/README.md")).unwrap();
    for advisory in &advisories {
        assert!(advisory.findings.is_empty(), "{}: {:?}", advisory.id, advisory.findings);
        assert!(table.contains(&format!("| {} |", advisory.id)));
    }
}
