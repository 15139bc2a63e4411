//! What the results of a test case amount to: the latest one that still speaks of the present revisions.

use crate::digest::Digest;
use crate::facts::{Happening, Moment, Outcome, TestResult, marked_code};
use crate::set::{Node, RecordSet};

/// Name of the kind of manual runs written as records.
const RUN: &str = "test-run";
/// The link from a run to its case.
const RUN_OF: &str = "run-of";
/// The link that only the lock knows: what a run's case verified when the run was accepted.
pub(crate) const RAN_AGAINST: &str = "ran-against";

/// One result as it counts now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it no longer counts.
    pub stale: Option<Stale>,
    /// When, for ordering.
    pub at: Option<Moment>,
    /// When it entered the history, for rules of order; a run by hand does with the present revision of its record.
    pub entered: Option<Moment>,
    /// The revisions that its case verified then.
    pub against: Vec<(Node, Digest)>,
    /// Where it comes from and when, for people.
    pub source: String,
    /// Which parts of IEC 62304 5.7.5 it says: commit, version, configuration, tools, date, executor.
    pub says: [bool; 6],
}

/// Why a result does not count for the present revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stale {
    /// It names no revision of its case.
    Unbound,
    /// Its case changed since.
    Case,
    /// This record, which the case verifies, changed since or was not verified then.
    Verified(String),
    /// The code marked with this record changed since.
    Code(String),
}

impl Stale {
    /// As part of a sentence: "because …".
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Unbound => "it is not bound to a revision of the test case".to_owned(),
            Self::Case => "the test case changed since".to_owned(),
            Self::Verified(id) => format!("{id} changed since"),
            Self::Code(id) => format!("the code marked with {id} changed since"),
        }
    }
}

/// The latest result of a case, current or stale. Among results without a moment, or of the same one, the last
/// added counts; a result without a moment comes before any with one.
#[must_use]
pub fn verdict(set: &RecordSet, case: Node) -> Option<Verdict> {
    let given = set.results(case).iter().map(|result| of_result(set, case, result));
    let schema = set.schema();
    let run_of = schema.link_id(RUN_OF);
    let runs = run_of.map_or(&[][..], |run_of| set.back_of(case, run_of));
    let runs = runs.iter().filter_map(|edge| of_run(set, case, edge.node));
    given.chain(runs).max_by_key(|verdict| verdict.at.map(|moment| moment.order))
}

fn of_result(set: &RecordSet, case: Node, result: &TestResult) -> Verdict {
    let stale = match &result.case_revision {
        None => Some(Stale::Unbound),
        Some(bound) if !set.still_bound(case, bound) => Some(Stale::Case),
        Some(_) => set
            .verified_by(case)
            .find(|target| {
                let then = result.verified.iter().find(|(id, _)| **id == *set.id(*target));
                set.record(*target).is_some()
                    && !then.is_some_and(|(_, bound)| set.still_bound(*target, bound))
            })
            .map(|target| Stale::Verified(set.id(target).to_owned()))
            .or_else(|| code_changed(set, case, result)),
    };
    let date = if result.date.is_empty() { String::new() } else { format!(", {}", result.date) };
    Verdict {
        outcome: result.outcome,
        stale,
        at: result.at,
        // A moment that the log proves is that of its entry.
        entered: result.entered.or(result.at.filter(|at| !at.claimed)),
        against: result
            .verified
            .iter()
            .filter_map(|(id, bound)| Some((set.node(id)?, bound.revision)))
            .collect(),
        source: format!("{}{date}", result.source),
        says: [
            &result.commit,
            &result.version,
            &result.configuration,
            &result.tools,
            &result.date,
            &result.executor,
        ]
        .map(|text| !text.is_empty()),
    }
}

// @implements SWR-17
/// The first record whose marked code is another now, when the code was looked at then and is now.
fn code_changed(set: &RecordSet, case: Node, result: &TestResult) -> Option<Stale> {
    let (then, now) = (result.code.as_ref()?, marked_code(set, case)?);
    let of = |list: &[(Box<str>, Digest)], id: &str| {
        list.iter().find(|(of, _)| **of == *id).map(|(_, digest)| *digest)
    };
    let mut ids = then.iter().chain(&now).map(|(id, _)| &**id);
    ids.find(|id| of(then, id) != of(&now, id)).map(|id| Stale::Code(id.to_owned()))
}

/// A manual run counts for the revisions it was accepted against (`vouchsafe accept RUN`).
fn of_run(set: &RecordSet, case: Node, run: Node) -> Option<Verdict> {
    let schema = set.schema();
    let record = set.record(run)?;
    let kind = schema.kind(set.kind(run)?)?;
    if &*kind.name != RUN {
        return None;
    }
    let stale = match set.stamp(run, schema.link_id(RUN_OF)?, case) {
        None => Some(Stale::Unbound),
        Some(revision) if !set.still(case, revision) => Some(Stale::Case),
        Some(_) => {
            let against = schema.link_id(RAN_AGAINST)?;
            set.verified_by(case)
                .find(|target| {
                    let then = set.stamp(run, against, *target);
                    set.record(*target).is_some()
                        && !then.is_some_and(|revision| set.still(*target, revision))
                })
                .map(|target| Stale::Verified(set.id(target).to_owned()))
        }
    };
    let date = record.text_of("date");
    Some(Verdict {
        outcome: Outcome::parse(record.text_of("outcome"))?,
        stale,
        at: moment_of(date),
        entered: specified(set, run),
        against: schema.link_id(RAN_AGAINST).map_or_else(Vec::new, |against| {
            let then = |target| Some((target, set.stamp(run, against, target)?));
            set.verified_by(case).filter_map(then).collect()
        }),
        source: format!("{}, {date}", record.id()),
        says: ["commit", "version", "configuration", "tools", "date", "executor"]
            .map(|name| record.field(name).is_some()),
    })
}

/// When the present revision of a record came to be, where that is known.
pub(super) fn specified(set: &RecordSet, node: Node) -> Option<Moment> {
    let present = Happening::Specified(set.record(node)?.revision());
    set.happenings(node).iter().filter(|(what, _)| *what == present).map(|(_, at)| *at).min()
}

/// A date or time as a moment on the scale `YYYYMMDDhhmmss`.
fn moment_of(date: &str) -> Option<Moment> {
    if !crate::structure::is_date(date) {
        return None;
    }
    let digits: String = date.bytes().take(19).filter(u8::is_ascii_digit).map(char::from).collect();
    let order = format!("{digits:0<14}").parse().ok()?;
    Some(Moment { order, claimed: true })
}
