//! What the results of each test amount to: the worst of those of its newest commit, and which records have another revision
//! since. Entries alone say it, so that anyone computes it again; whether a change matters is for the rules of the project, which
//! are not computed here (docs/spec/package.md, 6).

use std::collections::{BTreeMap, BTreeSet};

use evidence::facts::design::Verdict;
use evidence::{Entry, Fact, Hash, Time};
use serde_json::Value;

use super::records::{Current, Key};
use super::{Definition, Kind, Table};

/// Link fields by which a test case verifies something.
const VERIFIES: [&str; 4] =
    ["links.verifies", "links.validates", "links.verifies-implementation", "links.verifies-effectiveness"];
/// Link field of a manual run to its case.
const RUN_OF: &str = "links.run-of";
/// Types of links under which a run was accepted against its case, and against what that verified.
const ACCEPTED_AS: [&str; 2] = ["run-of", "ran-against"];
/// Field of a test case that names the automated tests which carry it out.
const TESTS: &str = "tests";

/// A result.
#[derive(Clone)]
struct Reported {
    index: u64,
    time: Time,
    said: Value,
    key: Key,
    verdict: Verdict,
    commit: Option<String>,
    report: Option<Hash>,
    revision: Option<Hash>,
}

/// A pushed commit.
#[derive(Clone)]
struct Pushed {
    index: u64,
    of: (String, String),
    repository: String,
    commit: String,
}

/// From, link, to, in a product and line.
type Link = (String, String, String, String, String);

/// What entries say of results.
#[derive(Clone, Default)]
pub(super) struct Verdicts {
    reported: Vec<Reported>,
    pushed: Vec<Pushed>,
    /// Acceptances, and withdrawals (no revision), in order.
    accepted: Vec<(u64, Time, Link, Option<Hash>)>,
}

/// The records, as verdicts look at them.
pub(super) struct Seen<'a> {
    pub(super) at: Time,
    pub(super) flagged: &'a BTreeSet<u64>,
    pub(super) current: &'a BTreeMap<Key, Current>,
    /// What was said of each record, in order: index, and revision if it was not retired.
    pub(super) stated: &'a BTreeMap<&'a Key, Vec<(u64, Option<Hash>)>>,
}

impl Verdicts {
    pub(super) fn take(&mut self, index: u64, time: Time, entry: &Entry) {
        match &entry.body().fact {
            Fact::ResultReported(f) => self.reported.push(Reported {
                index,
                time,
                said: evidence::json::entry_json(entry),
                key: (f.product.clone(), f.line.clone(), f.test.clone()),
                verdict: f.verdict,
                commit: f.commit.clone(),
                report: f.report.as_ref().map(|r| r.raw.digest),
                revision: f.test_revision,
            }),
            Fact::CommitPushed(f) => self.pushed.push(Pushed {
                index,
                of: (f.product.clone(), f.line.clone()),
                repository: f.repository.clone(),
                commit: f.commit.clone(),
            }),
            Fact::LinkAccepted(f) => {
                let link = (f.product.clone(), f.line.clone(), f.from.clone(), f.link.clone(), f.to.clone());
                self.accepted.push((index, time, link, Some(f.to_revision)));
            }
            Fact::LinkWithdrawn(f) => {
                let link = (f.product.clone(), f.line.clone(), f.from.clone(), f.link.clone(), f.to.clone());
                self.accepted.push((index, time, link, None));
            }
            _ => {}
        }
    }

    /// The tables of verdicts among `definitions`. O(n log n) in results, commits and records.
    pub(super) fn tables(&self, definitions: &[Definition], seen: &Seen<'_>) -> Vec<Table> {
        let mut out: Vec<Table> = definitions
            .iter()
            .filter(|d| d.kind == Kind::Verdicts)
            .map(|d| Table { definition: d.clone(), rows: Vec::new() })
            .collect();
        if out.is_empty() {
            return out;
        }
        let mut of_test: BTreeMap<&Key, Vec<&Reported>> = BTreeMap::new();
        let counts = |r: &&Reported| r.time <= seen.at && !seen.flagged.contains(&r.index);
        for result in self.reported.iter().filter(counts) {
            of_test.entry(&result.key).or_default().push(result);
        }
        let carried_out = carried_out(seen.current);
        for (key, results) in of_test {
            let Some(last) = results.last() else { continue };
            let run: Vec<&Reported> = results.iter().copied().filter(|r| one_run(r, last)).collect();
            // The first of the worst.
            let Some(worst) = run.iter().rev().copied().max_by_key(|r| weight(r.verdict)) else { continue };
            let mut cases = carried_out.get(key).cloned().unwrap_or_default();
            if seen.current.contains_key(key) {
                cases.insert(key.2.as_str());
            }
            let then = self.then(worst, seen);
            let none = cases.is_empty().then_some(None);
            for case in cases.iter().map(|c| Some(*c)).chain(none) {
                let changed = case.map_or_else(Vec::new, |case| changed(worst, case, then, seen));
                for table in &mut out {
                    let value = |from: Option<&str>| match from {
                        Some("@entry") => worst.index.into(),
                        Some("@time") => worst.time.to_string().into(),
                        Some("@case") => case.map_or(Value::Null, Value::from),
                        Some("@results") => run.len().into(),
                        Some("@changed") => changed.iter().cloned().map(Value::String).collect(),
                        Some(pointer) => worst.said.pointer(pointer).cloned().unwrap_or(Value::Null),
                        None => Value::Null,
                    };
                    let columns = table.definition.columns.iter();
                    let row = columns.map(|c| value(c.from.as_deref())).collect();
                    table.rows.push(row);
                }
            }
        }
        out
    }

    /// The log size at which the records stood as at a result's commit: that of the next commit of the same repository, if one was
    /// pushed before the result, else that of the result.
    fn then(&self, result: &Reported, seen: &Seen<'_>) -> u64 {
        let before = || {
            self.pushed.iter().filter(|c| {
                c.index < result.index
                    && c.of.0 == result.key.0
                    && c.of.1 == result.key.1
                    && !seen.flagged.contains(&c.index)
            })
        };
        let Some(commit) = &result.commit else { return result.index };
        let Some(ran) = before().rfind(|c| c.commit == *commit) else { return result.index };
        let mut later = before().filter(|c| c.index > ran.index && c.repository == ran.repository);
        later.next().map_or(result.index, |next| next.index)
    }

    /// For a manual run: the case it names and what that verifies, as far as the run was not accepted against their present
    /// revisions. Empty for a record that names no case.
    pub(super) fn unaccepted(&self, key: &Key, run: &Current, seen: &Seen<'_>) -> Vec<String> {
        let mut out = BTreeSet::new();
        for case in values(run, RUN_OF) {
            let case_key = (key.0.clone(), key.1.clone(), case.clone());
            let Some(current) = seen.current.get(&case_key) else { continue };
            let verified =
                VERIFIES.iter().flat_map(|name| values(current, name)).map(|to| (ACCEPTED_AS[1], to));
            for (link, to) in std::iter::once((ACCEPTED_AS[0], case)).chain(verified) {
                let to_key = (key.0.clone(), key.1.clone(), to.clone());
                let Some(target) = seen.current.get(&to_key) else { continue };
                let link = (key.0.clone(), key.1.clone(), key.2.clone(), link.to_owned(), to.clone());
                let said = self.accepted.iter().rev().find(|(index, time, of, _)| {
                    *of == link && *time <= seen.at && !seen.flagged.contains(index)
                });
                if said.and_then(|(.., revision)| *revision) != Some(target.revision) {
                    out.insert(to.clone());
                }
            }
        }
        out.into_iter().collect()
    }
}

/// Whether two results are of one run: of one commit; without one, of one report; without either, the same result.
fn one_run(a: &Reported, last: &Reported) -> bool {
    match (&last.commit, &last.report) {
        (Some(_), _) => a.commit == last.commit,
        (None, Some(_)) => a.commit.is_none() && a.report == last.report,
        (None, None) => a.index == last.index,
    }
}

const fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Skipped => 0,
        Verdict::Passed => 1,
        Verdict::Error => 2,
        Verdict::Failed => 3,
    }
}

fn values<'c>(record: &'c Current, field: &str) -> impl Iterator<Item = &'c String> {
    record.fields.as_ref().and_then(|f| f.get(field)).into_iter().flatten()
}

/// The cases that automated tests carry out, by the names of the tests.
fn carried_out(current: &BTreeMap<Key, Current>) -> BTreeMap<Key, BTreeSet<&str>> {
    let mut out: BTreeMap<Key, BTreeSet<&str>> = BTreeMap::new();
    for (key, record) in current {
        for test in values(record, TESTS) {
            out.entry((key.0.clone(), key.1.clone(), test.clone())).or_default().insert(&key.2);
        }
    }
    out
}

/// The case, and what it verifies, as far as their revisions were others when the result's commit stood.
fn changed(result: &Reported, case: &str, then: u64, seen: &Seen<'_>) -> Vec<String> {
    let key = |record: &str| (result.key.0.clone(), result.key.1.clone(), record.to_owned());
    let revision_then = |key: &Key| {
        let stated = seen.stated.get(key).map_or(&[][..], Vec::as_slice);
        let until = stated.partition_point(|(index, _)| *index < then);
        until.checked_sub(1).and_then(|at| stated.get(at)).and_then(|(_, revision)| *revision)
    };
    let Some(current) = seen.current.get(&key(case)) else { return Vec::new() };
    let mut out = BTreeSet::new();
    let own = result.revision.filter(|_| result.key.2 == case).or_else(|| revision_then(&key(case)));
    if own != Some(current.revision) {
        out.insert(case.to_owned());
    }
    for to in VERIFIES.iter().flat_map(|name| values(current, name)) {
        let to_key = key(to);
        if let Some(target) = seen.current.get(&to_key)
            && revision_then(&to_key) != Some(target.revision)
        {
            out.insert(to.clone());
        }
    }
    out.into_iter().collect()
}
