//! The mandatory tests of CSAF 2.0 (clause 6.1): who runs them, and what a failure says. The tests themselves are in
//! the modules beside, by subject.

use serde_json::Value;

use super::{history, profiles, references, scores};

/// A test that a document fails.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The clause, such as `6.1.9`.
    pub test: &'static str,
    /// Where: a JSON pointer.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

/// Collects failures.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Failure>);

impl Report {
    pub(super) fn fail(&mut self, test: &'static str, place: impl Into<String>, reason: impl Into<String>) {
        self.0.push(Failure { test, place: place.into(), reason: reason.into() });
    }

    pub(super) fn sorted(mut self) -> Vec<Failure> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

/// Runs the mandatory tests 6.1.1 to 6.1.33. A value of the wrong kind counts as absent: the reader refuses it.
///
/// A weakness whose name this program does not know (6.1.11) and a language of three or more letters (6.1.12) pass.
pub fn mandatory(document: &Value) -> Vec<Failure> {
    let mut report = Report::default();
    references::check(document, &mut report);
    scores::check(document, &mut report);
    history::check(document, &mut report);
    profiles::check(document, &mut report);
    report.sorted()
}

/// The items of a list below a value; none when it is not there.
pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The string below a value.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

/// The strings of a list below a value.
pub(super) fn texts<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    list(value, key).iter().filter_map(Value::as_str)
}
