//! Test reports as facts: the report and its canonical form as documents, a result for each record that a test names.

use std::fs;
use std::path::PathBuf;

use evidence::facts::design::{ResultReported, Verdict};
use evidence::types::Interpreted;
use formats::junit::{self, Case, Limits, Outcome, TestRun};
use records::set::RecordSet;
use tlog::Hash;
use views::design::junit::ids;

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

/// The results of a report that the log does not hold yet. Keeps the documents that they name.
pub(super) fn facts(
    report: &Report,
    session: &Session,
    set: &RecordSet,
    there: &There,
    of: Of<'_>,
) -> Result<Vec<ResultReported>, Failure> {
    let digest = Hash::of(&report.bytes);
    let mut held = there.results.clone();
    let mut missing: Vec<(&Case, String)> = Vec::new();
    // Results of a report are stated in their order, so that what is held of a test is the beginning of what it has.
    for (case, id) in report.run.cases.iter().flat_map(|case| ids(case).into_iter().map(move |id| (case, id)))
    {
        match held.get_mut(&(digest, id.clone())).filter(|n| **n > 0) {
            Some(n) => *n -= 1,
            None => missing.push((case, id)),
        }
    }
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let interpreted = Interpreted {
        raw: session.put_blob(&report.bytes, "application/xml")?,
        parser: PARSER.to_owned(),
        parser_version: junit::PARSER_VERSION.into(),
        normalised: session.put_blob(&junit::to_canonical(&report.run), "application/json")?,
    };
    let ran_at = report.run.timestamp.as_deref().and_then(|t| t.parse().ok());
    let fact = |(case, id): (&Case, String)| {
        let revision = set.node(&id).and_then(|node| set.record(node)).map(|r| Hash(r.revision().0));
        let suite = case.suite.and_then(|at| report.run.suites.get(at as usize));
        ResultReported {
            test: id,
            test_revision: revision,
            verdict: match case.outcome {
                Outcome::Passed => Verdict::Passed,
                Outcome::Failed => Verdict::Failed,
                Outcome::Errored => Verdict::Error,
                Outcome::Skipped => Verdict::Skipped,
            },
            commit: Some(of.commit.to_owned()),
            artefact: None,
            report: Some(interpreted.clone()),
            ran_at,
            environment: suite.and_then(|suite| suite.host.as_deref()).map(str::to_owned),
            actual: None,
            duration_ms: case.time.and_then(|time| u64::try_from(time.as_millis()).ok()),
            product: of.product.to_owned(),
            line: of.line.to_owned(),
        }
    };
    Ok(missing.into_iter().map(fact).collect())
}
