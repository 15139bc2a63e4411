//! Test reports as facts: the report and its canonical form as documents, a result for each record that a test names, and for
//! each case that names its tests.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::PathBuf;

use evidence::facts::design::{ResultReported, Verdict};
use evidence::types::Interpreted;
use formats::junit::{self, Limits, TestRun};
use records::facts::{Outcome, TestResult};
use records::named::{NamedTest, results_of_names};
use records::set::RecordSet;
use tlog::Hash;
use views::design::junit::{ids, named, result};

use super::there::{Of, There};
use crate::failure::Failure;
use crate::session::Session;

/// Name of the reader.
const PARSER: &str = "junit";

/// A report that was read.
pub(super) struct Report {
    bytes: Vec<u8>,
    run: TestRun,
}

/// Reads reports.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Report>, Failure> {
    let mut reports = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = fs::read(path).map_err(|e| Failure::file("reading the test report", path, &e))?;
        let run = junit::read(&bytes[..], &Limits::default());
        let run =
            run.map_err(|e| Failure::input(format!("reading the test report {}", path.display()), e))?;
        reports.push(Report { bytes, run });
    }
    Ok(reports)
}

/// A result to be stated.
struct One {
    test: String,
    report: usize,
    result: TestResult,
    environment: Option<String>,
    duration_ms: Option<u64>,
}

/// Every result of the reports, in the order in which they are stated: of one test, the report with its worst result comes
/// last, since that is what counts. So a log says of several reports what a working tree says of them.
fn all(reports: &[Report], set: &RecordSet) -> Vec<One> {
    let mut all = Vec::new();
    for (at, Report { run, .. }) in reports.iter().enumerate() {
        for case in &run.cases {
            let suite = case.suite.and_then(|at| run.suites.get(at as usize));
            all.extend(ids(case).into_iter().map(|test| One {
                test,
                report: at,
                result: result(run, case),
                environment: suite.and_then(|suite| suite.host.as_deref()).map(str::to_owned),
                duration_ms: case.time.and_then(|time| u64::try_from(time.as_millis()).ok()),
            }));
        }
    }
    // Tests that a case names may stand in several reports: it passed when all of them did.
    let tests = reports.iter().enumerate().flat_map(|(at, report)| {
        named(&report.run).into_iter().map(move |test| NamedTest {
            result: TestResult { source: at.to_string().into(), ..test.result },
            ..test
        })
    });
    for result in results_of_names(set, &tests.collect::<Vec<_>>()) {
        let report = result.source.split(':').next().and_then(|at| at.parse().ok()).unwrap_or_default();
        all.push(One { test: result.case.to_string(), report, result, environment: None, duration_ms: None });
    }
    let mut worst: BTreeMap<(&str, usize), u8> = BTreeMap::new();
    for one in &all {
        let known = worst.entry((&one.test, one.report)).or_default();
        *known = one.result.outcome.badness().max(*known);
    }
    let weight = |one: &One| worst.get(&(&*one.test, one.report)).copied().unwrap_or_default();
    let order: Vec<(u8, usize)> = all.iter().map(|one| (weight(one), one.report)).collect();
    let mut ordered: Vec<((u8, usize), One)> = order.into_iter().zip(all).collect();
    ordered.sort_by(|a, b| (&a.1.test, a.0).cmp(&(&b.1.test, b.0)));
    ordered.into_iter().map(|(_, one)| one).collect()
}

/// The results that the log does not hold yet. Keeps the documents that they name.
pub(super) fn facts(
    reports: &[Report],
    session: &Session,
    set: &RecordSet,
    there: &There,
    of: Of<'_>,
    artefact: Option<Hash>,
) -> Result<Vec<ResultReported>, Failure> {
    let mut held = there.results.clone();
    let digests: Vec<Hash> = reports.iter().map(|report| Hash::of(&report.bytes)).collect();
    let mut documents: BTreeMap<usize, Interpreted> = BTreeMap::new();
    let mut facts = Vec::new();
    // Results of a report are stated in their order, so that what is held of a test is the beginning of what it has.
    for one in all(reports, set) {
        let (Some(report), Some(digest)) = (reports.get(one.report), digests.get(one.report)) else {
            continue;
        };
        if let Some(n) = held.get_mut(&(*digest, one.test.clone())).filter(|n| **n > 0) {
            *n -= 1;
            continue;
        }
        if let Entry::Vacant(place) = documents.entry(one.report) {
            let document = Interpreted {
                raw: session.put_blob(&report.bytes, "application/xml")?,
                parser: PARSER.to_owned(),
                parser_version: junit::PARSER_VERSION.into(),
                normalised: session.put_blob(&junit::to_canonical(&report.run), "application/json")?,
            };
            place.insert(document);
        }
        let test_revision =
            set.node(&one.test).and_then(|node| set.record(node)).map(|r| Hash(r.revision().0));
        facts.push(ResultReported {
            test_revision,
            verdict: match one.result.outcome {
                Outcome::Passed => Verdict::Passed,
                Outcome::Failed => Verdict::Failed,
                Outcome::Error => Verdict::Error,
                Outcome::Skipped => Verdict::Skipped,
            },
            commit: Some(of.commit.to_owned()),
            artefact: Hash::from_hex(&one.result.artefact).ok().or(artefact),
            report: documents.get(&one.report).cloned(),
            ran_at: report.run.timestamp.as_deref().and_then(|t| t.parse().ok()),
            environment: one.environment,
            actual: None,
            duration_ms: one.duration_ms,
            product: of.product.to_owned(),
            line: of.line.to_owned(),
            test: one.test,
        });
    }
    Ok(facts)
}
