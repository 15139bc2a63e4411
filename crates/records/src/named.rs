//! Automated tests by name: which test case each carries out, by the case's field `tests` or by a mark at its code.
//! Reports that name the case themselves need none of this.

use crate::code::Verb;
use crate::facts::{Outcome, TestResult};
use crate::record::Record;
use crate::set::RecordSet;
use std::collections::{BTreeMap, BTreeSet};

/// One automated test that ran, or was to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedTest {
    /// Its group and name as reported, such as `crate::module::function` or `pkg.Class.method`.
    pub name: String,
    /// Its result; `case` is what it names itself, and empty where it names none.
    pub result: TestResult,
}

impl NamedTest {
    /// Whether the report says itself which case it is of.
    #[must_use]
    pub fn names_a_case(&self) -> bool {
        !self.result.case.is_empty()
    }
}

/// Tests by the last part of their names.
type ByLast<'t> = BTreeMap<&'t str, Vec<&'t NamedTest>>;

fn by_last(tests: &[NamedTest]) -> ByLast<'_> {
    let mut by_last = ByLast::new();
    for test in tests {
        by_last.entry(parts(&test.name).last().unwrap_or("")).or_default().push(test);
    }
    by_last
}

/// The tests that carry out a case, and the names in it of which none ran.
fn of_case<'s, 't>(
    set: &'s RecordSet,
    record: &'s Record,
    by_last: &ByLast<'t>,
) -> (Vec<&'t NamedTest>, Vec<&'s str>) {
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
    (ran, missing)
}

fn cases(set: &RecordSet) -> impl Iterator<Item = &Record> {
    let is_case = |node| {
        set.kind(node).and_then(|kind| set.schema().kind(kind)).is_some_and(|kind| &*kind.name == "test-case")
    };
    set.records().filter(move |(node, _)| is_case(*node)).map(|(_, record)| record)
}

/// Results of the test cases that these tests carry out. A case has the worst outcome of its tests; one of which a test
/// did not run counts as skipped, and says so. O(tests × log tests + names × tests of one last name).
#[must_use]
pub fn results_of_names(set: &RecordSet, tests: &[NamedTest]) -> Vec<TestResult> {
    if tests.is_empty() {
        return Vec::new();
    }
    let by_last = by_last(tests);
    let mut results = Vec::new();
    for record in cases(set) {
        let (ran, missing) = of_case(set, record, &by_last);
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

/// Tests that belong to no case of these records: they name none that is there, and no case names them. Costs what
/// [`results_of_names`] does.
#[must_use]
pub fn of_no_case<'t>(set: &RecordSet, tests: &'t [NamedTest]) -> Vec<&'t NamedTest> {
    let by_last = by_last(tests);
    let of_cases: BTreeSet<*const NamedTest> =
        cases(set).flat_map(|record| of_case(set, record, &by_last).0).map(core::ptr::from_ref).collect();
    let is_there =
        |test: &NamedTest| set.node(&test.result.case).is_some_and(|node| set.record(node).is_some());
    let belongs = |test: &NamedTest| is_there(test) || of_cases.contains(&core::ptr::from_ref(test));
    tests.iter().filter(|test| !belongs(test)).collect()
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
