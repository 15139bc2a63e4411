//! JUnit reports as results of test cases. A test belongs to the record it names, in a property or in its name; the
//! others are handed over by their own names, for cases that list theirs. Properties of its suites say what was tested.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use formats::junit::{self, Case, Limits, TestRun};
use records::facts::TestResult;
use records::named::{NamedTest, of_no_case};
use records::set::RecordSet;
use views::design::junit::{ids, result};

use crate::failure::Failure;
use crate::text::{count, plural, printable};

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
            for id in ids(case) {
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
            let mut result = result;
            result.case = ids(case).first().map_or("", |id| &**id).into();
            of_names.push(NamedTest { name: format!("{class} {}", case.name), result });
        }
    }
    Ok(Results { of_cases: of_cases.into_values().collect(), of_names })
}

/// Says of reports which of their tests belong to no test case of these records, if any does not.
pub(super) fn left_over(paths: &[PathBuf], set: &RecordSet) -> Result<Option<String>, Failure> {
    let tests = read(paths, &About::default())?.of_names;
    let other = of_no_case(set, &tests);
    let Some(first) = other.first() else { return Ok(None) };
    let more = other.len().saturating_sub(1) as u64;
    let belong = (tests.len() - other.len()) as u64;
    Ok(Some(format!(
        "{} of {} {} to a test case; not {}{}",
        count(belong),
        plural(tests.len() as u64, "test", "tests"),
        if belong == 1 { "belongs" } else { "belong" },
        printable(first.name.trim(), 200),
        if more > 0 { format!(" and {} more", count(more)) } else { String::new() },
    )))
}

fn result_of(run: &TestRun, case: &Case, path: &Path, about: &About) -> TestResult {
    let or = |said: Box<str>, given: &str| if said.is_empty() { given.into() } else { said };
    let mut result = result(run, case);
    result.source = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()).into();
    result.commit = or(result.commit, &about.commit);
    result.artefact = or(result.artefact, &about.artefact);
    result
}

#[cfg(test)]
mod tests {
    use records::facts::Outcome;

    use super::{About, read};

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
