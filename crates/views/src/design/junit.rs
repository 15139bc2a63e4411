//! What a test report says of records: which record a test belongs to, and what was tested, as properties of its suites say.
//! Used for reports of a working tree and for those that the log names alike.

use formats::junit::{self, Case, TestRun};
use records::facts::{Moment, Outcome, TestResult};
use records::named::NamedTest;

/// Properties by which a test names its record, in the order they are asked.
const PROPERTIES: [&str; 5] = ["test_case", "test_id", "verifies", "requirement", "test_key"];

/// How a test ended, and what its report says was tested; of no record yet, without a source.
#[must_use]
pub fn result(run: &TestRun, case: &Case) -> TestResult {
    let outcome = match case.outcome {
        junit::Outcome::Passed => Outcome::Passed,
        junit::Outcome::Failed => Outcome::Failed,
        junit::Outcome::Errored => Outcome::Error,
        junit::Outcome::Skipped => Outcome::Skipped,
    };
    // Its suites, innermost first; a suite stands after the one that holds it, so this ends.
    let mut suites = Vec::new();
    let mut at = case.suite;
    while let Some(suite) = at.and_then(|at| run.suites.get(at as usize)) {
        suites.push(suite);
        at = suite.parent.filter(|parent| Some(*parent) < at);
    }
    let said = |name: &str| -> Box<str> {
        let of_suites = suites.iter().flat_map(|suite| &suite.properties);
        let mut all = case.properties.iter().chain(of_suites).chain(&run.properties);
        all.find(|property| &*property.name == name).map_or_else(|| "".into(), |p| p.value.clone())
    };
    let mut result = TestResult::new("", outcome);
    let date = suites.iter().find_map(|suite| suite.timestamp.as_deref()).or(run.timestamp.as_deref());
    result.date = date.unwrap_or("").into();
    result.at = date.and_then(moment);
    result.commit = said("commit");
    result.artefact = said("artefact");
    result.version = said("version");
    result.configuration = said("configuration");
    result.tools = said("tools");
    result.executor = said("executor");
    result
}

/// A time as `YYYYMMDDhhmmss`; zones are passed over, as most producers write none.
fn moment(date: &str) -> Option<Moment> {
    let digits: String = date.chars().take(19).filter(char::is_ascii_digit).collect();
    let order = digits.parse().ok().filter(|_| digits.len() == 14)?;
    Some(Moment { order, claimed: true })
}

/// Every test of a report by its name, for cases that name theirs.
#[must_use]
pub fn named(run: &TestRun) -> Vec<NamedTest> {
    let name = |case: &Case| format!("{} {}", case.class.as_deref().unwrap_or(""), case.name);
    run.cases.iter().map(|case| NamedTest { name: name(case), result: result(run, case) }).collect()
}

/// The records that a test names: by its properties, else in its name. Sorted, each once.
#[must_use]
pub fn ids(case: &Case) -> Vec<String> {
    let named = case.properties.iter().filter(|property| PROPERTIES.contains(&&*property.name));
    let mut ids: Vec<String> = named
        .flat_map(|property| property.value.split([',', ' ']).filter(|id| !id.is_empty()).map(str::to_owned))
        .collect();
    if ids.is_empty() {
        ids.extend(id_in(&case.name));
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A record's id inside a test's name, such as `TC-012` in `occlusion [TC-012]`, or `TC_012` in `test_TC_012_occlusion`.
fn id_in(name: &str) -> Option<String> {
    let parts: Vec<&str> =
        name.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).collect();
    for part in parts {
        let pieces: Vec<&str> = part.split(['-', '_']).collect();
        for (at, number) in pieces.iter().enumerate().skip(1) {
            if number.len() < 2 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let upper = |piece: &&&str| !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_uppercase());
            let prefix: Vec<&str> = pieces.iter().take(at).rev().take_while(upper).copied().collect();
            if !prefix.is_empty() {
                let prefix: Vec<&str> = prefix.into_iter().rev().collect();
                return Some(format!("{}-{number}", prefix.join("-")));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::id_in;

    #[test]
    fn ids_are_found_in_names_and_nothing_else_is_taken_for_one() {
        for (name, id) in [
            ("occlusion alarm [TC-012]", "TC-012"),
            ("SWR-TC-012: alarm", "SWR-TC-012"),
            ("test_TC_012_occlusion", "TC-012"),
            ("tests.TC_012", "TC-012"),
        ] {
            assert_eq!(id_in(name).as_deref(), Some(id));
        }
        for name in ["alarm_after_30_s", "utf-8 names", "TC-x", "a-12", "X-1", "v2.1-rc", ""] {
            assert_eq!(id_in(name), None, "{name}");
        }
    }
}
