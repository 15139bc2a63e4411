//! The one internal form of test results. Field names are alphabetical, so that the canonical JSON is sorted.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The results of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestRun {
    /// Every execution of a test, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Case>,
    /// Name of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// Properties of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// Suites, flattened; a suite stands after the one that holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suites: Vec<Suite>,
    /// When it ran, verbatim: producers differ in form and zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Box<str>>,
}

/// A group of tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Suite {
    /// Files the suite names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Box<str>>,
    /// Source file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<str>>,
    /// Machine it ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Box<str>>,
    /// Name; empty where none is given.
    pub name: Box<str>,
    /// Index of the suite that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Properties, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// How long it took, as stated.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "nanoseconds")]
    pub time: Option<Duration>,
    /// When it ran, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Box<str>>,
}

/// One execution of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Files the test names, as properties or in its output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Box<str>>,
    /// Earlier attempts that a runner with retries lists inside the case (Surefire `rerun…` and `flaky…`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// Class or group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Box<str>>,
    /// What was said of the outcome, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// Source file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<str>>,
    /// Line in the source file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Name.
    pub name: Box<str>,
    /// How it ended: the worst of what is said.
    pub outcome: Outcome,
    /// Properties, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// Index of the suite that holds it; `None` directly below the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<u32>,
    /// How long it took; `None` where not stated or not a number.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "nanoseconds")]
    pub time: Option<Duration>,
}

/// Durations as whole nanoseconds; the reader keeps none that would not fit.
mod nanoseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature serde asks for")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Duration::from_nanos))
    }
}

/// How a test ended; the order is from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It ran and held.
    Passed,
    /// It did not run.
    Skipped,
    /// It ran and did not hold.
    Failed,
    /// It could not be carried through.
    Errored,
}

/// What a file says of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The text was longer than is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Type of the exception or check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Box<str>>,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
    /// Which outcome it is said of.
    pub outcome: Outcome,
    /// The text: a stack trace, a comparison.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub text: Box<str>,
}

/// An attempt before the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// How it ended and what was said.
    pub detail: Detail,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "nanoseconds")]
    pub time: Option<Duration>,
}

/// A name-value pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Name.
    pub name: Box<str>,
    /// Value, of the attribute or else the text.
    pub value: Box<str>,
}

/// Counts of a run. Executions of the same test (same file, class and name) count as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Executions.
    pub executions: usize,
    /// Suites that hold tests, or nothing at all.
    pub suites: usize,
    /// Tests.
    pub tests: usize,
    /// Tests of which no execution failed or errored, and one passed.
    pub passed: usize,
    /// Tests that were skipped each time.
    pub skipped: usize,
    /// Tests that failed at least once.
    pub failed: usize,
    /// Tests that errored at least once.
    pub errored: usize,
    /// Tests that both passed and did not, over executions and attempts; each also counts above.
    pub flaky: usize,
    /// Time of the outermost suites as stated, or else of what they hold.
    pub time: Duration,
}

impl TestRun {
    /// Counts the run. A test that passed at the second try is not counted as passed when both tries are listed as
    /// executions: the worst one counts, and it is flaky. O(n log n).
    #[must_use]
    pub fn summary(&self) -> Summary {
        #[derive(Default)]
        struct Seen {
            worst: Option<Outcome>,
            passed: bool,
            broke: bool,
        }
        type Key<'a> = (Option<&'a str>, Option<&'a str>, &'a str);
        let mut summary = Summary { executions: self.cases.len(), ..Summary::default() };
        let mut tests: BTreeMap<Key<'_>, Seen> = BTreeMap::new();
        for case in &self.cases {
            let seen = tests.entry((case.file.as_deref(), case.class.as_deref(), &*case.name)).or_default();
            let worse = |a: Outcome, b: Outcome| match (a, b) {
                // Once run is more than once skipped.
                (Outcome::Skipped, Outcome::Passed) | (Outcome::Passed, Outcome::Skipped) => Outcome::Passed,
                _ => a.max(b),
            };
            seen.worst = Some(seen.worst.map_or(case.outcome, |worst| worse(worst, case.outcome)));
            seen.passed |= case.outcome == Outcome::Passed;
            seen.broke |= case.outcome >= Outcome::Failed || !case.attempts.is_empty();
        }
        summary.tests = tests.len();
        for seen in tests.values() {
            match seen.worst {
                None | Some(Outcome::Passed) => summary.passed += 1,
                Some(Outcome::Skipped) => summary.skipped += 1,
                Some(Outcome::Failed) => summary.failed += 1,
                Some(Outcome::Errored) => summary.errored += 1,
            }
            summary.flaky += usize::from(seen.passed && seen.broke);
        }
        let mut holds: Vec<(bool, bool)> = vec![(false, false); self.suites.len()];
        for case in &self.cases {
            if let Some((cases, _)) = case.suite.and_then(|at| holds.get_mut(at as usize)) {
                *cases = true;
            }
        }
        for suite in &self.suites {
            if let Some((_, suites)) = suite.parent.and_then(|at| holds.get_mut(at as usize)) {
                *suites = true;
            }
        }
        summary.suites = holds.iter().filter(|(cases, suites)| *cases || !suites).count();
        summary.time = self.time();
        summary
    }

    fn time(&self) -> Duration {
        let mut inside: Vec<Duration> = vec![Duration::ZERO; self.suites.len()];
        let mut total = Duration::ZERO;
        let mut add = |inside: &mut Vec<Duration>, holder: Option<u32>, time: Duration| {
            let sum = holder.and_then(|at| inside.get_mut(at as usize)).unwrap_or(&mut total);
            *sum = sum.saturating_add(time);
        };
        for case in &self.cases {
            add(&mut inside, case.suite, case.time.unwrap_or_default());
        }
        // A suite stands after the one that holds it, so from the end each is complete when it is reached.
        for (index, suite) in self.suites.iter().enumerate().rev() {
            let held = inside.get(index).copied().unwrap_or_default();
            add(&mut inside, suite.parent, suite.time.unwrap_or(held));
        }
        total
    }
}
