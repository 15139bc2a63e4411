//! Automated tests by name: which test case each carries out, by the case's field `tests` or by a mark at its code.
//! Reports that name the case themselves need none of this.

use crate::code::Verb;
use crate::facts::{Outcome, TestResult};
use crate::set::RecordSet;
use std::collections::BTreeMap;

/// One automated test that ran, or was to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTest {
    /// Its group and name as reported, such as `crate::module::function` or `pkg.Class.method`.
    pub name: String,
    /// Its result; `case` is empty.
    pub result: TestResult,
}

/// Results of the test cases that these tests carry out. A case has the worst outcome of its tests; one of which a test
/// did not run counts as skipped, and says so. O(tests × log tests + names × tests of one last name).
#[must_use]
pub fn results_of_names(set: &RecordSet, tests: &[NamedTest]) -> Vec<TestResult> {
    if tests.is_empty() {
        return Vec::new();
    }
    let mut by_last: BTreeMap<&str, Vec<&NamedTest>> = BTreeMap::new();
    for test in tests {
        by_last.entry(parts(&test.name).last().unwrap_or("")).or_default().push(test);
    }
    let mut results = Vec::new();
    for (node, record) in set.records() {
        let is_case =
            set.kind(node).and_then(|kind| set.schema().kind(kind)).is_some_and(|k| &*k.name == "test-case");
        if !is_case {
            continue;
        }
        let mut missing = Vec::new();
        let mut ran: Vec<&NamedTest> = Vec::new();
        for wanted in record.field("tests").iter().flat_map(|field| field.values().collect::<Vec<_>>()) {
            let found = by_last.get(parts(wanted).last().unwrap_or("")).into_iter().flatten();
            let before = ran.len();
            ran.extend(found.filter(|test| is_meant(wanted, &test.name)));
            if ran.len() == before {
                missing.push(wanted);
            }
        }
        for (_, mark) in set.code().iter().flat_map(|code| code.marks(record.id())) {
            let head = words(&mark.head);
            let marked = head.iter().filter_map(|word| by_last.get(word)).flatten();
            ran.extend(marked.filter(|_| mark.verb == Verb::Verifies));
        }
        let Some(worst) = ran.iter().max_by_key(|test| test.result.outcome.badness()) else { continue };
        let mut result = worst.result.clone();
        result.case = record.id().into();
        if let (Some(first), Outcome::Passed) = (missing.first(), result.outcome) {
            result.outcome = Outcome::Skipped;
            result.source = format!("{}: {first} did not run", result.source).into();
        }
        results.push(result);
    }
    results
}

/// Results that reports give a case, and results of the tests that a case names: of a case that has both, the worse ones.
#[must_use]
pub fn worst_of_each(mut of_cases: Vec<TestResult>, of_names: Vec<TestResult>) -> Vec<TestResult> {
    let badness = |results: &[TestResult]| {
        let mut worst: BTreeMap<Box<str>, u8> = BTreeMap::new();
        for result in results {
            let known = worst.entry(result.case.clone()).or_default();
            *known = result.outcome.badness().max(*known);
        }
        worst
    };
    let (cases, names) = (badness(&of_cases), badness(&of_names));
    let stays = |result: &TestResult, others: &BTreeMap<Box<str>, u8>| {
        others.get(&result.case).is_none_or(|other| result.outcome.badness() >= *other)
    };
    of_cases.retain(|result| stays(result, &names));
    of_cases.extend(of_names.into_iter().filter(|result| stays(result, &cases)));
    of_cases
}

/// The names in a path of names, whatever stands between them.
fn parts(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(['.', '/', '#', ' ', ':']).filter(|part| !part.is_empty())
}

/// Whether a test's name ends like the one wanted and has its other parts before, in order.
fn is_meant(wanted: &str, name: &str) -> bool {
    let mut there = parts(name).rev();
    let mut wanted = parts(wanted).rev();
    if wanted.next() != there.next() {
        return false;
    }
    wanted.all(|part| there.any(|have| have == part))
}

fn words(line: &str) -> Vec<&str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::is_meant;

    #[test]
    fn names_are_compared_part_by_part() {
        assert!(is_meant("records::damage", "records::it::mutation::damage"));
        assert!(is_meant("Alarm.raises", "org.example.Alarm.raises"));
        assert!(is_meant("damage", "records::damage"));
        assert!(!is_meant("tlog::damage", "records::damage"));
        assert!(!is_meant("records::damage", "records::big_damage"));
        assert!(!is_meant("records::damage", "damage"));
    }
}
