//! JUnit reports as results of test cases. A test belongs to the record it names, in a property or in its name; the
//! others are handed over by their own names, for cases that list theirs. Properties of its suites say what was tested.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use formats::junit::{self, Case, Limits, TestRun};
use records::facts::{Moment, Outcome, TestResult};
use records::named::NamedTest;

use crate::failure::Failure;

/// Properties by which a test names its record, in the order they are asked.
const PROPERTIES: [&str; 5] = ["test_case", "test_id", "verifies", "requirement", "test_key"];

/// What was run, where the reports do not say it themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    /// Commit that was tested.
    pub(super) commit: String,
    /// SHA-256 of the artefact that was tested.
    pub(super) artefact: String,
}

/// The results of the reports together.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// By the record they name; the worst of several tests of one record.
    pub(super) of_cases: Vec<TestResult>,
    /// By name.
    pub(super) of_names: Vec<NamedTest>,
}

/// Reads reports.
pub(super) fn read(paths: &[PathBuf], about: &About) -> Result<Results, Failure> {
    let mut of_cases: BTreeMap<String, TestResult> = BTreeMap::new();
    let mut of_names = Vec::new();
    for path in paths {
        let bytes = fs::read(path).map_err(|e| Failure::file("reading the test report", path, &e))?;
        let run = junit::read(&bytes[..], &Limits::default());
        let run =
            run.map_err(|e| Failure::input(format!("reading the test report {}", path.display()), e))?;
        for case in &run.cases {
            let result = result_of(&run, case, path, about);
            for id in ids_of(case) {
                let mut result = result.clone();
                result.case = (&*id).into();
                of_cases
                    .entry(id)
                    .and_modify(|known| {
                        if result.outcome.badness() > known.outcome.badness() {
                            known.clone_from(&result);
                        }
                    })
                    .or_insert(result);
            }
            let class = case.class.as_deref().unwrap_or("");
            of_names.push(NamedTest { name: format!("{class} {}", case.name), result });
        }
    }
    Ok(Results { of_cases: of_cases.into_values().collect(), of_names })
}

fn result_of(run: &TestRun, case: &Case, path: &Path, about: &About) -> TestResult {
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
    let or = |said: Box<str>, given: &str| if said.is_empty() { given.into() } else { said };
    let mut result = TestResult::new("", outcome);
    let date = suites.iter().find_map(|suite| suite.timestamp.as_deref()).or(run.timestamp.as_deref());
    result.date = date.unwrap_or("").into();
    result.at = date.and_then(moment);
    result.source = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()).into();
    result.commit = or(said("commit"), &about.commit);
    result.artefact = or(said("artefact"), &about.artefact);
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

fn ids_of(case: &Case) -> Vec<String> {
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
    use super::{About, id_in, read};
    use records::facts::Outcome;

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

    #[test]
    fn a_record_has_the_worst_of_its_tests_and_suites_say_what_was_tested() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("r.xml");
        let text = r#"<testsuites><testsuite name="outer" timestamp="2026-01-02T03:04:05"><properties><property name="commit" value="abc"/>
            <property name="tools" value="runner 1"/></properties><testsuite name="inner"><properties><property name="tools" value="runner 2"/></properties>
            <testcase classname="pump" name="fails TC-001"><failure message="no"/></testcase><testcase classname="pump" name="passes TC-001"/>
            <testcase classname="pump" name="plain"/></testsuite></testsuite></testsuites>"#;
        std::fs::write(&path, text).expect("written");
        let about = About { commit: "fff".to_owned(), artefact: "sha".to_owned() };
        let results = read(&[path.clone(), path], &about).expect("results");
        let [case] = &*results.of_cases else { panic!("{:?}", results.of_cases) };
        assert_eq!((&*case.case, case.outcome), ("TC-001", Outcome::Failed));
        assert_eq!((&*case.commit, &*case.artefact, &*case.tools), ("abc", "sha", "runner 2"));
        assert_eq!(case.at.map(|at| at.order), Some(20_260_102_030_405));
        assert_eq!(results.of_names.len(), 6);
        assert_eq!(results.of_names[2].name, "pump plain");
    }
}
