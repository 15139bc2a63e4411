//! Order in time from the history of a repository: asked for only when a rule depends on it, since reading it costs more than
//! all else. What it says is claimed: commits can be made at any time; only a log proves when something was known.

use crate::facts::{Happening, Moment, TestResult};
use crate::record::Record;
use crate::schema::Expr;
use crate::schema::expr::Event;
use crate::set::{Node, RecordSet};
use std::collections::BTreeMap;
use std::fmt;

/// What a history says.
#[derive(Debug, Default)]
pub struct Claims {
    /// When revisions came to be and records were implemented.
    pub happenings: Vec<(String, Happening, Moment)>,
    /// When each commit was made, by its full name.
    pub commits: BTreeMap<String, Moment>,
    /// Whether results of no commit of the history came when they say they ran.
    pub by_report: bool,
    /// When signatures came into the history: record, revision, printed name.
    pub signed: Vec<(String, crate::digest::Digest, String, Moment)>,
}

/// Reads a history; says why it could not.
pub struct AskHistory {
    ask: Box<Ask>,
    /// Whether it is read even when no rule seems to depend on it.
    pub always: bool,
}

type Ask = dyn FnOnce(&RecordSet) -> Result<Claims, String>;

impl AskHistory {
    /// From what reads it.
    pub fn new(ask: impl FnOnce(&RecordSet) -> Result<Claims, String> + 'static) -> Self {
        Self { ask: Box::new(ask), always: false }
    }

    pub(super) fn ask(self, set: &RecordSet) -> Result<Claims, String> {
        (self.ask)(set)
    }
}

impl fmt::Debug for AskHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AskHistory")
    }
}

/// Whether the answer of a rule can depend on the history: a record with a rule of order is approved, or was run by hand or
/// on another commit than the one at hand. O(records of kinds with such rules).
pub(super) fn is_needed(set: &RecordSet) -> bool {
    let schema = set.schema();
    let asks = |node: Node, expr: &Expr| match expr {
        Expr::Order { steps, earlier: Event::Approved, .. } if steps.is_empty() => {
            !set.approvals(node).is_empty()
        }
        Expr::Order { later: Event::Run, .. } => {
            let run_of = schema.link_id("run-of");
            let by_hand = run_of.is_some_and(|run_of| !set.back_of(node, run_of).is_empty());
            by_hand || set.results(node).iter().any(|result| !is_at_hand(set, result))
        }
        Expr::Order { .. } => true,
        _ => false,
    };
    let ordered: Vec<_> =
        schema.rules.iter().filter(|r| r.off.is_none() && matches!(r.must, Expr::Order { .. })).collect();
    if ordered.is_empty() {
        return false;
    }
    let mut records = set.records().filter(|(node, _)| set.is_checked(*node));
    records.any(|(node, _)| {
        let Some(kind) = set.kind(node) else { return false };
        let stage = set.stage(Some(node));
        let mut own = ordered.iter().filter(|rule| rule.kinds.contains(&kind) && rule.from <= stage);
        own.any(|rule| asks(node, &rule.must))
    })
}

/// Whether a result is of the revisions at hand: what it was run on then came before it by what it is.
fn is_at_hand(set: &RecordSet, result: &TestResult) -> bool {
    let present = |id: &str| set.node(id).and_then(|node| set.record(node)).map(Record::revision);
    let case = result.case_revision.is_some_and(|case| present(&result.case) == Some(case.revision));
    case && result.verified.iter().all(|(id, bound)| present(id) == Some(bound.revision))
}

/// Hands what a history says to the set. A signature came when the commit came that brought it, whatever time it states.
pub(super) fn enter(set: &mut RecordSet, claims: Claims) {
    for (id, happening, at) in claims.happenings {
        set.add_happening(&id, happening, at);
    }
    let came: BTreeMap<_, _> =
        claims.signed.iter().map(|(id, revision, name, at)| ((&**id, *revision, &**name), *at)).collect();
    set.date(
        |result| {
            let commit = claims.commits.get(&*result.commit).copied();
            commit.or(result.at.filter(|_| claims.by_report))
        },
        |approval| came.get(&(&*approval.record, approval.revision, &*approval.name)).copied(),
    );
}
