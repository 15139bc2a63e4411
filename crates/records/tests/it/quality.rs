//! The project's own design history: no bad input, no failing gap at its stage, and the tests it names exist.

use records::command::{self, Check};
use records::engine::Gap;
use records::schema::Severity;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn our_own_design_history_has_no_failing_gap() {
    let mut options = Check { root: root().join("quality"), ..Check::default() };
    let (_, evaluator, report) = command::evaluate(&mut options).unwrap();
    let problems: Vec<String> = report
        .problems
        .iter()
        .map(|p| format!("{}:{}: {}", evaluator.set().file(p.place.file), p.place.line, p.message))
        .collect();
    assert_eq!(problems, Vec::<String>::new());
    let failing: Vec<String> = report
        .gaps
        .iter()
        .filter(|gap| gap.fails())
        .map(|gap| format!("{}: {}", Gap::key(gap), gap.why))
        .collect();
    assert_eq!(failing, Vec::<String>::new());
    assert!(report.records > 50 && report.links > 60, "{} records, {} links", report.records, report.links);
    assert!(report.suspects.is_empty());
    // Links are accepted by people who looked at both ends: until then they are reported, and do not fail.
    let mut unaccepted = report.gaps.iter().filter(|gap| gap.rule.id == "link.unaccepted");
    assert!(unaccepted.all(|gap| gap.severity == Severity::Note));
}

/// Functions marked as tests below a folder, from the sources.
fn tests_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            tests_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let functions =
                text.split("#[test]").skip(1).filter_map(|rest| rest.split_once("fn ")?.1.split_once('('));
            found.extend(functions.map(|(name, _)| name.trim().to_owned()));
        }
    }
}

#[test]
fn the_tests_it_names_exist() {
    let tree = records::tree::load(&root().join("quality")).unwrap();
    let mut named = 0;
    for (_, record) in tree.set.records() {
        let Some(field) = record.field("tests") else { continue };
        for test in field.values() {
            let (name, function) = test.split_once("::").unwrap();
            let crate_folder = root().join("crates").join(name);
            // A crate without tests at all is one that is not part of this tree yet.
            if !crate_folder.join("tests").is_dir() {
                println!("SKIPPED: {test}: crate {name} has no tests here");
                continue;
            }
            let mut found = BTreeSet::new();
            tests_below(&crate_folder, &mut found);
            assert!(found.contains(function), "{} names {test}, which does not exist", record.id());
            named += 1;
        }
    }
    assert!(named >= 20, "{named}");
}
