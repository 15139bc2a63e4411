//! Results as the engine takes them: the last of each test, bound to the revisions it was run against.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use evidence::facts::design::Verdict;
use formats::junit::{TestRun, from_canonical};
use records::code::Verb;
use records::digest::Digest;
use records::facts::{Bound, Outcome, TestResult};
use records::named::results_of_names;
use records::set::RecordSet;
use tlog::Hash;
use world::design::{Commit, Reported};

use super::code::{Marked, Then};
use super::fill::{Asking, Contents};
use super::{Ask, DesignError, junit};

/// Reports that were read; `None` for one that is not held or is no report.
type Reports = BTreeMap<Hash, Option<TestRun>>;

/// Adds the last result of each test; names the tests that no record is about.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method has one lifetime, the closure any")]
pub(super) fn add<A: Ask>(asking: &Asking<'_, A>, set: &mut RecordSet) -> Result<Vec<String>, DesignError> {
    let mut unmatched = Vec::new();
    let commits = asking.view(|view, product, line| view.commits(product, line));
    let mut contents = Contents::default();
    let mut reports = Reports::new();
    let mut then = Then::default();
    let all = asking.all(|view, p, l, after, limit| view.all_results(p, l, after, limit));
    for of_test in all.chunk_by(|a, b| a.said.test == b.said.test) {
        let Some(last) = counting(of_test) else { continue };
        let mut result = as_result(asking, last);
        if let Some(said) = reported(asking, set, &mut reports, last)? {
            let or = |own: Box<str>, said: Box<str>| if said.is_empty() { own } else { said };
            result.configuration = or(result.configuration, said.configuration);
            result.artefact = or(result.artefact, said.artefact);
            (result.version, result.tools, result.executor) = (said.version, said.tools, said.executor);
        }
        bind(asking, set, &commits, last, &mut contents, &mut result)?;
        let marked = then.at(asking, size_at_commit(&commits, last))?;
        result.code = marked.map(|marked| of_code(marked, &result));
        unmatched.extend(set.add_result(result).err().map(String::from));
    }
    Ok(unmatched)
}

/// The last result. A test that one report names several times ended as the worst of them.
fn counting(of_test: &[Reported]) -> Option<&Reported> {
    let last = of_test.last()?;
    let same = |r: &&Reported| r.said.report == last.said.report && r.said.commit == last.said.commit;
    let of_report = of_test.iter().rev().take_while(same);
    if last.said.report.is_none() { Some(last) } else { of_report.max_by_key(|r| weight(r.said.verdict)) }
}

/// As `Outcome::badness`, so that a log says what a working tree says.
const fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Passed => 0,
        Verdict::Skipped => 1,
        Verdict::Failed => 2,
        Verdict::Error => 3,
    }
}

/// What its report says was tested, where the report is held: the fact names less.
fn reported<A: Ask>(
    asking: &Asking<'_, A>,
    set: &RecordSet,
    reports: &mut Reports,
    held: &Reported,
) -> Result<Option<TestResult>, DesignError> {
    let Some(report) = &held.said.report else { return Ok(None) };
    let digest = report.normalised.digest;
    let run = match reports.entry(digest) {
        Entry::Occupied(read) => read.into_mut(),
        Entry::Vacant(place) => {
            let bytes = asking.blob(&digest)?;
            place.insert(bytes.and_then(|bytes| from_canonical(&bytes).ok()))
        }
    };
    let Some(run) = run else { return Ok(None) };
    let case = run.cases.iter().find(|case| junit::ids(case).contains(&held.said.test));
    if let Some(case) = case {
        return Ok(Some(junit::result(run, case)));
    }
    // The case names its tests, not they the case.
    let of_names = results_of_names(set, &junit::named(run));
    Ok(of_names.into_iter().find(|result| *result.case == *held.said.test))
}

fn as_result<A: Ask>(asking: &Asking<'_, A>, held: &Reported) -> TestResult {
    let said = &held.said;
    let outcome = match said.verdict {
        Verdict::Passed => Outcome::Passed,
        Verdict::Failed => Outcome::Failed,
        Verdict::Skipped => Outcome::Skipped,
        Verdict::Error => Outcome::Error,
    };
    let mut result = TestResult::new(&said.test, outcome);
    let (order, time) = asking.order(held.index);
    result.at = Some(order);
    result.date = said.ran_at.unwrap_or(time).to_string().into();
    result.commit = said.commit.as_deref().unwrap_or_default().into();
    result.artefact = said.artefact.map(|a| a.to_string()).unwrap_or_default().into();
    result.configuration = said.environment.as_deref().unwrap_or_default().into();
    result.source = format!("entry {}", held.index).into();
    result
}

/// Binds a result to the revisions of its case, and of what the case verified, at the commit it ran on: as the line stood
/// when the next commit of the same repository was pushed, or when the result was.
fn bind<A: Ask>(
    asking: &Asking<'_, A>,
    set: &RecordSet,
    commits: &[Commit],
    held: &Reported,
    contents: &mut Contents,
    result: &mut TestResult,
) -> Result<(), DesignError> {
    let then = size_at_commit(commits, held);
    let revision = |record: &str| {
        asking.view(|view, p, l| view.at_size(then).record(p, l, record)).map(|r| r.said.revision)
    };
    let Some(case) = held.said.test_revision.or_else(|| revision(&held.said.test)) else { return Ok(()) };
    result.case_revision = bound(asking, set, contents, &held.said.test, &case)?;
    let Some(content) = contents.get(asking, &case)? else { return Ok(()) };
    let verifies = |name: &str| {
        let schema = set.schema();
        schema.link_id(name).and_then(|id| schema.link(id)).is_some_and(|link| link.verifies)
    };
    let targets: Vec<String> = content
        .links()
        .filter(|(name, _)| verifies(name))
        .flat_map(|(_, field)| field.values().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    for target in targets {
        let Some(at) = revision(&target) else { continue };
        if let Some(bound) = bound(asking, set, contents, &target, &at)? {
            result.verified.push((target.into(), bound));
        }
    }
    Ok(())
}

/// The code that a result hung on: marked to be its case, or to implement what the case verified.
fn of_code(marked: &Marked, result: &TestResult) -> Vec<(Box<str>, Digest)> {
    let verified = result.verified.iter().map(|(id, _)| (id.clone(), Verb::Implements));
    let all = std::iter::once((result.case.clone(), Verb::Verifies)).chain(verified);
    all.filter_map(|of| Some((of.0.clone(), *marked.get(&of)?))).collect()
}

/// The log size at which the records stood as at the result's commit.
fn size_at_commit(commits: &[Commit], held: &Reported) -> u64 {
    let before = || commits.iter().filter(|c| c.index < held.index);
    let ran = held.said.commit.as_ref().and_then(|id| before().rev().find(|c| c.said.commit == *id));
    let Some(ran) = ran else { return held.index };
    let next = before().find(|c| c.index > ran.index && c.said.repository == ran.said.repository);
    next.map_or(held.index, |next| next.index)
}

/// A revision with what it is made of in the fields that matter now.
fn bound<A: Ask>(
    asking: &Asking<'_, A>,
    set: &RecordSet,
    contents: &mut Contents,
    record: &str,
    revision: &Hash,
) -> Result<Option<Bound>, DesignError> {
    let Some(node) = set.node(record) else { return Ok(None) };
    let present = set.bound(node);
    if present.is_some_and(|present| present.revision.0 == revision.0) {
        return Ok(present);
    }
    let kind = set.kind(node).and_then(|kind| set.schema().kind(kind));
    let content = contents.get(asking, revision)?;
    Ok(match (kind, content) {
        (Some(kind), Some(content)) => {
            Some(Bound { revision: Digest(revision.0), matter: content.digest_of(&kind.suspect_on) })
        }
        _ => None,
    })
}
