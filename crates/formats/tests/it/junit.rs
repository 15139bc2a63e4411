//! JUnit XML: results of many producers, with the counts that other tools state.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use formats::junit::{Error, Limits, Outcome, TestRun, from_canonical, read, to_canonical};

use crate::data;

fn open(path: &Path) -> Result<TestRun, Error> {
    read(BufReader::new(File::open(path).unwrap()), &Limits::default())
}

#[test]
fn stated_counts() {
    let set = "junit/publish-unit-test-result/python/test/files";
    let Some(folder) = data::folder(set) else { return };
    let mut groups = 0;
    for path in data::files(&folder.join("junit-xml"), "") {
        if path.extension().is_none_or(|e| e != "xml") || data::name(&path) == "non-junit.xml" {
            continue;
        }
        let expected = std::fs::read(path.with_extension("results.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let stat = |name: &str| expected["stats"][name].as_u64().unwrap();
        let run = open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let s = run.summary();
        let counts = [s.suites, s.tests, s.passed, s.skipped, s.failed, s.errored].map(|n| n as u64);
        let names = ["suites", "tests", "tests_succ", "tests_skip", "tests_fail", "tests_error"];
        assert_eq!(counts, names.map(stat), "{}", path.display());
        assert_eq!(s.time.as_secs(), stat("duration"), "{}", path.display());
        assert_eq!(s.executions as u64, stat("runs"), "{}", path.display());
        assert_eq!(stat("files"), 1);
        assert_eq!(from_canonical(&to_canonical(&run)).unwrap(), run);
        groups += 1;
    }
    assert_eq!(groups, 13);
}

#[test]
fn refused_as_stated() {
    let set = "junit/publish-unit-test-result/python/test/files";
    let Some(folder) = data::folder(set) else { return };
    assert!(matches!(open(&folder.join("junit-xml/non-junit.xml")), Err(Error::NotJunit { .. })));
    assert!(matches!(open(&folder.join("xml/empty.xml")), Err(Error::Malformed { .. })));
    // Other formats are named, not half read; their entities are not fetched.
    let mut others = 0;
    for other in ["nunit", "xunit", "trx"] {
        for path in data::files(&folder.join(other), "") {
            if path.extension().is_some_and(|e| e == "xml" || e == "trx") {
                let error = open(&path).unwrap_err();
                assert!(
                    matches!(error, Error::NotJunit { hint, .. } if !hint.is_empty()),
                    "{}",
                    path.display()
                );
                others += 1;
            }
        }
    }
    assert_eq!(others, 20);
}

#[test]
fn many_producers() {
    let Some(folder) = data::folder("junit/mikepenz/test_results") else { return };
    let (mut read, mut refused, mut executions) = (0, 0, 0);
    for path in data::files(&folder, "") {
        let name = data::name(&path);
        match open(&path) {
            Ok(run) => {
                read += 1;
                executions += run.cases.len();
            }
            Err(Error::NotJunit { root, .. }) => {
                assert_eq!((name.as_str(), root.as_str()), ("pom.xml", "project"));
                refused += 1;
            }
            Err(Error::Malformed { place, .. }) => {
                assert_eq!(name, "TEST-test.CorruptTest.xml");
                assert!(place.line > 10, "{place}");
                refused += 1;
            }
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }
    // Two of them have a bare < in an attribute (`time="<<computed>>"`), which strict XML forbids; it is read, and the
    // time is unknown.
    assert_eq!((read, refused, executions), (36, 4, 129));
    let run = |name: &str| open(&folder.join(name)).unwrap();
    for name in ["maven_surefire_flaky/surefire-report.xml", "junit_flaky_failure/mixed_flaky_and_passed.xml"]
    {
        let s = run(name).summary();
        assert_eq!((s.flaky, s.failed, s.passed), (1, 0, s.tests), "{name}");
    }
    let s = run("flaky_retries/flaky_success_first.xml").summary();
    assert_eq!((s.executions, s.tests, s.errored, s.flaky), (3, 1, 1, 1));
    let s = run("flaky_retries/flaky_all_failures.xml").summary();
    assert_eq!((s.tests, s.flaky), (1, 0));
    // A disabled test that nevertheless ran and failed counts as failed.
    assert_eq!(run("issues/testFailedDisabled.xml").cases[0].outcome, Outcome::Failed);
    let failure = &run("xunit/report_fl_on_f.xml").cases[2].details[0];
    assert_eq!(failure.message.as_deref(), Some("Expected 2 Was 0"));
}

#[test]
fn properties_and_attachments() {
    let Some(folder) = data::folder("junit/testmo/examples") else { return };
    let run = |name: &str| open(&folder.join(name)).unwrap();
    let properties = run("testcase-properties.xml");
    assert_eq!(properties.suites[0].properties.len(), 5);
    let case = &properties.cases[0];
    assert_eq!(case.attachments, ["screenshots/dashboard.png".into(), "screenshots/users.png".into()]);
    assert!(case.properties.iter().any(|p| &*p.name == "description" && p.value.starts_with("This text")));
    let output = run("testcase-output.xml");
    let attached =
        |name: &str| output.cases.iter().flat_map(|c| &c.attachments).filter(|a| &***a == name).count();
    assert_eq!(attached("screenshots/users.png"), 2, "once as a property, once in the output");
    assert!(
        output
            .cases
            .iter()
            .flat_map(|c| &c.properties)
            .any(|p| &*p.name == "browser-log" && !p.value.is_empty())
    );
    let basic = run("junit-basic.xml");
    assert_eq!((basic.cases.len(), basic.summary().failed, basic.suites.len()), (9, 1, 3));
    assert_eq!(basic.suites[2].parent, Some(1));
}
