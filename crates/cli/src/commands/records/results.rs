//! JUnit reports as results of test cases: a test belongs to the record it names.

use std::fs;
use std::path::Path;

use formats::junit::{self, Case, Limits, TestRun};
use records::facts::{Outcome, TestResult};

use crate::failure::Failure;

/// Properties by which a test names its record, in the order they are asked.
const PROPERTIES: [&str; 5] = ["test_case", "test_id", "verifies", "requirement", "test_key"];

/// The results in a report. A test that names no record is left out: the report may hold many that verify nothing.
pub(super) fn read(path: &Path) -> Result<Vec<TestResult>, Failure> {
    let bytes = fs::read(path).map_err(|e| Failure::file("reading the test report", path, &e))?;
    let run = junit::read(&bytes[..], &Limits::default());
    let run = run.map_err(|e| Failure::input(format!("reading the test report {}", path.display()), e))?;
    Ok(run.cases.iter().flat_map(|case| of_case(&run, case, path)).collect())
}

fn of_case(run: &TestRun, case: &Case, path: &Path) -> Vec<TestResult> {
    let outcome = match case.outcome {
        junit::Outcome::Passed => Outcome::Passed,
        junit::Outcome::Failed => Outcome::Failed,
        junit::Outcome::Errored => Outcome::Error,
        junit::Outcome::Skipped => Outcome::Skipped,
    };
    let ids = ids(case);
    let result = |id: &str| {
        let mut result = TestResult::new(id, outcome);
        result.source = path.display().to_string().into();
        if let Some(at) = run.timestamp.as_deref() {
            result.date = at.into();
        }
        result
    };
    ids.into_iter().map(result).collect()
}

/// The records that a test names: by its properties, else in its name.
pub(super) fn ids(case: &Case) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::new();
    for property in case.properties.iter().filter(|p| PROPERTIES.contains(&&*p.name)) {
        ids.extend(property.value.split([',', ' ']).filter(|id| !id.is_empty()));
    }
    if ids.is_empty() {
        ids.extend(id_in(&case.name));
    }
    ids
}

/// A record's id inside a test's name, such as `TC-012` in `occlusion [TC-012]`.
fn id_in(name: &str) -> Option<&str> {
    let words = name.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.into_iter().find(|word| {
        word.rsplit_once('-').is_some_and(|(prefix, number)| {
            !prefix.is_empty()
                && prefix.starts_with(|c: char| c.is_ascii_uppercase())
                && prefix.chars().all(|c| c.is_ascii_uppercase() || c == '-')
                && number.len() >= 2
                && number.bytes().all(|b| b.is_ascii_digit())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::id_in;

    #[test]
    fn ids_are_found_in_names_and_nothing_else_is_taken_for_one() {
        assert_eq!(id_in("occlusion alarm [TC-012]"), Some("TC-012"));
        assert_eq!(id_in("SWR-TC-012: alarm"), Some("SWR-TC-012"));
        for name in ["alarm_after_30_s", "utf-8 names", "TC-x", "a-12", "X-1", "v2.1-rc", ""] {
            assert_eq!(id_in(name), None, "{name}");
        }
    }
}
