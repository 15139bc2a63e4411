//! Evaluates one expression on one record, and says why it does not hold.

use super::class::Classes;
use super::evaluator::Late;
use super::verdict::{Verdict, verdict};
use crate::digest::Digest;
use crate::facts::{Happening, Meaning, Moment, Outcome};
use crate::limits::MAX_WALK;
use crate::risk::{self, Evaluation, When};
use crate::schema::expr::{Event, ResultHas, ResultIs};
use crate::schema::{Expr, KindId, Step};
use crate::set::{LinkState, Node, RecordSet};
use std::collections::BTreeSet;

/// What expressions look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The records.
    pub set: &'a RecordSet,
    pub(super) classes: &'a Classes,
}

impl Context<'_> {
    /// Whether the expression holds of the record. A walk that visits more than `MAX_WALK` records does not hold.
    pub(super) fn holds(&self, expr: &Expr, node: Node) -> bool {
        let set = self.set;
        match expr {
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part, node)),
            Expr::All(parts) => parts.iter().all(|part| self.holds(part, node)),
            Expr::Not(part) => !self.holds(part, node),
            Expr::Field { name, is, contains } => {
                let Some(field) = set.record(node).and_then(|record| record.field(name)) else {
                    return false;
                };
                (is.is_empty() || field.values().any(|value| is.iter().any(|want| **want == *value)))
                    && contains.iter().all(|want| field.values().any(|value| value == &**want))
            }
            Expr::Walk { steps, to, transitive, every, having } => {
                let wanted = |found: Node| having.as_ref().is_none_or(|having| self.holds(having, found));
                let met = self.walk(node, steps, *transitive, |found| {
                    self.is_kind(found, to) && wanted(found) != *every
                });
                met.is_some_and(|met| met != *every)
            }
            Expr::EachOf { field, values, or_field, steps, to } => {
                self.missing_values(node, field, values, or_field.as_deref(), steps, to).is_empty()
            }
            Expr::Result(want) => {
                let current = verdict(set, node).filter(|verdict| verdict.stale.is_none());
                current.is_some_and(|verdict| result_is(&verdict, *want))
            }
            Expr::ResultHas(want) => {
                verdict(set, node).is_some_and(|verdict| want.iter().all(|part| says(&verdict, *part)))
            }
            Expr::Same { field, steps } => self.other_value(node, field, steps).is_none(),
            Expr::Equal { field, other } => {
                let value = |name: &str| set.record(node).map_or("", |record| record.text_of(name));
                !value(field).is_empty() && value(field) == value(other)
            }
            Expr::Region { when, is } => self
                .risk(node, *when)
                .is_some_and(|risk| risk.region.is_some_and(|region| is.is_empty() || is.contains(&region))),
            Expr::RiskAgrees(when) => self.risk(node, *when).is_none_or(|risk| risk.agrees()),
            Expr::RiskScale => self.off_scale(node).is_none(),
            Expr::Approved => self.approval(node).is_some(),
            Expr::Accepted => {
                set.out(node).iter().all(|edge| set.link_state(node, *edge) == LinkState::Accepted)
            }
            Expr::ClassBelow(steps) => {
                self.neighbours(node, steps).any(|other| self.classes.get(other) > self.classes.get(node))
            }
            Expr::Order { .. } => self.out_of_order(expr, node).is_none(),
        }
    }

    fn is_kind(&self, node: Node, kinds: &[KindId]) -> bool {
        match self.set.kind(node) {
            Some(kind) => kinds.is_empty() || kinds.contains(&kind),
            None => false,
        }
    }

    fn neighbours<'s>(&'s self, node: Node, steps: &'s [Step]) -> impl Iterator<Item = Node> + 's {
        let set = self.set;
        steps.iter().flat_map(move |step| {
            let edges = if step.back { set.back_of(node, step.link) } else { set.out_of(node, step.link) };
            edges.iter().map(|edge| edge.node)
        })
    }

    /// Visits what the steps reach until `met` says so: `Some(true)` when it did, `None` when there was too much.
    fn walk(
        &self,
        from: Node,
        steps: &[Step],
        transitive: bool,
        mut met: impl FnMut(Node) -> bool,
    ) -> Option<bool> {
        if !transitive {
            return Some(self.neighbours(from, steps).any(met));
        }
        let mut seen = BTreeSet::from([from]);
        let mut queue: Vec<Node> = self.neighbours(from, steps).collect();
        while let Some(node) = queue.pop() {
            if !seen.insert(node) {
                continue;
            }
            if seen.len() > MAX_WALK {
                return None;
            }
            if met(node) {
                return Some(true);
            }
            queue.extend(self.neighbours(node, steps).filter(|next| !seen.contains(next)));
        }
        Some(false)
    }

    /// The first record at the end of the steps that has another value for a field.
    fn other_value(&self, node: Node, field: &str, steps: &[Step]) -> Option<Node> {
        let text = |node: Node| self.set.record(node).map_or("", |record| record.text_of(field));
        let own = text(node);
        self.neighbours(node, steps).find(|other| !text(*other).is_empty() && text(*other) != own)
    }

    fn risk(&self, node: Node, when: When) -> Option<Evaluation> {
        Some(risk::evaluate(self.set.schema().risk.as_ref(), self.set.record(node)?, when))
    }

    fn off_scale(&self, node: Node) -> Option<risk::Trouble> {
        risk::off_scale(self.set.schema().risk.as_ref()?, self.set.record(node)?)
    }

    /// Why a risk is not in the regions asked for, or contradicts the one it is in.
    fn why_risk(&self, node: Node, when: When) -> String {
        let id = self.set.id(node);
        let control = if when == When::Initial { "before control" } else { "after control" };
        match self.risk(node, when) {
            None => String::new(),
            Some(Evaluation { region: Some(region), stated: Some(stated), .. }) => {
                let said = if stated { "acceptable" } else { "not acceptable" };
                format!("{id} is {} {control} by the policy, and says it is {said}", region.name())
            }
            Some(Evaluation { region: Some(region), .. }) => format!("{id} is {} {control}", region.name()),
            Some(Evaluation { trouble, .. }) => {
                trouble.map_or_else(|| format!("{id} is not evaluated {control}"), |trouble| trouble.text(id))
            }
        }
    }

    fn missing_values<'e>(
        &self,
        node: Node,
        field: &str,
        values: &'e [Box<str>],
        or_field: Option<&str>,
        steps: &[Step],
        to: &[KindId],
    ) -> Vec<&'e str> {
        let mut missing: Vec<&str> = values.iter().map(|value| &**value).collect();
        let strike = |node: Node, field: &str, missing: &mut Vec<&str>| {
            if let Some(field) = self.set.record(node).and_then(|record| record.field(field)) {
                missing.retain(|want| !field.values().any(|value| value == *want));
            }
        };
        if let Some(or_field) = or_field {
            strike(node, or_field, &mut missing);
        }
        self.walk(node, steps, true, |found| {
            if self.is_kind(found, to) {
                strike(found, field, &mut missing);
            }
            missing.is_empty()
        });
        missing
    }

    /// The first approval of the present revision that no later statement of the same name rejects.
    fn approval(&self, node: Node) -> Option<Moment> {
        let revision = self.set.record(node)?.revision();
        let statements =
            || self.set.approvals(node).iter().filter(|statement| statement.revision == revision);
        let rejected = |name: &str, at: Moment| {
            statements()
                .any(|other| other.meaning == Meaning::Reject && *other.name == *name && other.at >= at)
        };
        statements()
            .filter(|statement| {
                statement.meaning == Meaning::Approve && !rejected(&statement.name, statement.at)
            })
            .map(|statement| statement.at)
            .min()
    }

    fn happened(&self, node: Node, want: Happening) -> Option<Moment> {
        self.set.happenings(node).iter().filter(|(what, _)| *what == want).map(|(_, at)| *at).min()
    }

    fn specified(&self, node: Node, revision: Digest) -> Option<Moment> {
        self.happened(node, Happening::Specified(revision))
    }

    /// The run that counts.
    fn run(&self, node: Node) -> Option<Verdict> {
        verdict(self.set, node).filter(|run| run.stale.is_none() && run.outcome != Outcome::Skipped)
    }

    fn moment(&self, node: Node, event: Event) -> Option<Moment> {
        match event {
            Event::Specified => self.specified(node, self.set.record(node)?.revision()),
            Event::Approved => self.approval(node),
            Event::Implemented => self.happened(node, Happening::Implemented),
            Event::Run => self.run(node)?.entered,
        }
    }

    /// The record whose event came too late, when both moments are known. Missing events are other rules' business.
    fn out_of_order(&self, expr: &Expr, node: Node) -> Option<(Node, bool)> {
        let Expr::Order { steps, earlier, later } = expr else { return None };
        let run = if *later == Event::Run { Some(self.run(node)?) } else { None };
        let after = run.as_ref().map_or_else(|| self.moment(node, *later), |run| run.entered)?;
        let late = |other: Node| {
            // What was run is the revision of then, even where only what does not matter changed since.
            let then = run.as_ref().and_then(|run| run.against.iter().find(|(of, _)| *of == other));
            let first = match (then, earlier) {
                (Some((_, revision)), Event::Specified) => self.specified(other, *revision),
                _ => self.moment(other, *earlier),
            }?;
            (first > after).then_some((other, first.claimed || after.claimed))
        };
        if steps.is_empty() { late(node) } else { self.neighbours(node, steps).find_map(late) }
    }

    /// Whether an expression about order in time does not hold, and on whose word.
    pub(super) fn late(&self, expr: &Expr, node: Node) -> Option<Late> {
        matches!(expr, Expr::Order { .. })
            .then(|| Late { claimed: self.out_of_order(expr, node).is_some_and(|(_, claimed)| claimed) })
    }

    /// Why the expression does not hold, as a clause of a sentence about the record. At most `depth` levels deep.
    pub(super) fn why(&self, expr: &Expr, node: Node, depth: u8) -> String {
        let (set, id) = (self.set, self.set.id(node));
        match expr {
            Expr::Any(parts) => {
                let parts: Vec<String> =
                    parts.iter().take(4).map(|part| self.why(part, node, depth)).collect();
                parts.join("; and ")
            }
            Expr::All(parts) => {
                let failing = parts.iter().find(|part| !self.holds(part, node));
                failing.map_or_else(String::new, |part| self.why(part, node, depth))
            }
            Expr::Not(_) => format!("{id} is excluded"),
            Expr::Field { name, is, contains } => self.why_field(node, name, is, contains),
            Expr::Walk { steps, to, having, transitive, .. } => {
                // Of the records that fail, blame the one that comes nearest to what is asked.
                let mut blame: Option<(usize, Node)> = None;
                self.walk(node, steps, *transitive, |found| {
                    if self.is_kind(found, to)
                        && having.as_ref().is_none_or(|having| !self.holds(having, found))
                    {
                        let near = having.as_ref().map_or(0, |having| self.nearness(having, found));
                        if blame.is_none_or(|(best, _)| near > best) {
                            blame = Some((near, found));
                        }
                    }
                    false
                });
                match (blame, having) {
                    (Some((0, _)), Some(having)) if topic_of(having).is_some() => {
                        let topic = topic_of(having).unwrap_or_default();
                        format!("{} and provides {topic}", self.looked_for(node, steps, to))
                    }
                    (Some((_, found)), Some(having)) if depth > 0 => self.why(having, found, depth - 1),
                    (Some((_, found)), _) => format!("{} does not do for {id}", set.id(found)),
                    (None, _) => self.looked_for(node, steps, to),
                }
            }
            Expr::EachOf { field, values, or_field, steps, to } => {
                let missing = self.missing_values(node, field, values, or_field.as_deref(), steps, to);
                let or = or_field
                    .as_ref()
                    .map_or_else(String::new, |or| format!(", and `{or}` does not name them"));
                format!("no record of {id} has `{field}`: {}{or}", missing.join(", "))
            }
            Expr::Result(want) => match verdict(set, node) {
                None => format!("{id} has no result"),
                Some(Verdict { stale: Some(stale), source, .. }) => {
                    format!("the result of {id} ({source}) is stale: {}", stale.reason())
                }
                Some(verdict) if *want == ResultIs::Passed => {
                    format!("the latest result of {id} is {} ({})", verdict.outcome.name(), verdict.source)
                }
                Some(_) => format!("{id} has another result"),
            },
            Expr::ResultHas(want) => match verdict(set, node) {
                None => format!("{id} has no result"),
                Some(verdict) => {
                    let missing: Vec<&str> =
                        want.iter().filter(|p| !says(&verdict, **p)).map(|p| name_of(*p)).collect();
                    format!("the result of {id} ({}) does not say: {}", verdict.source, missing.join(", "))
                }
            },
            Expr::Equal { field, other } => {
                let value = |name: &str| set.record(node).map_or("", |record| record.text_of(name));
                match (value(field), value(other)) {
                    ("", _) => format!("{id} has no `{field}`"),
                    (one, two) => format!("`{field}` of {id} is `{one}`, and its `{other}` is `{two}`"),
                }
            }
            Expr::Same { field, steps } => {
                let value = |node: Node| set.record(node).map_or("", |record| record.text_of(field));
                let other = self.other_value(node, field, steps).unwrap_or(node);
                let (own, theirs) = (value(node), value(other));
                format!("`{field}` of {id} is `{own}`, and that of {} is `{theirs}`", set.id(other))
            }
            Expr::Region { when, .. } | Expr::RiskAgrees(when) => self.why_risk(node, *when),
            Expr::RiskScale => self.off_scale(node).map_or_else(String::new, |trouble| trouble.text(id)),
            Expr::Approved => {
                let old =
                    set.approvals(node).iter().rev().find(|statement| statement.meaning == Meaning::Approve);
                match old {
                    Some(old) => {
                        format!("{id} changed since {} approved revision {}", old.name, old.revision.short())
                    }
                    None => format!("{id} is not approved"),
                }
            }
            Expr::Accepted => {
                format!("{id} has links that are not accepted at the present revision of their target")
            }
            Expr::ClassBelow(_) => format!("the class of {id} is not below that of its parent"),
            Expr::Order { earlier, later, .. } => match self.out_of_order(expr, node) {
                Some((other, claimed)) => {
                    let basis = if claimed { " (claimed)" } else { "" };
                    format!(
                        "{} was {} only after {id} was {}{basis}",
                        set.id(other),
                        word(*earlier),
                        word(*later)
                    )
                }
                None => String::new(),
            },
        }
    }

    fn why_field(&self, node: Node, name: &str, is: &[Box<str>], contains: &[Box<str>]) -> String {
        let id = self.set.id(node);
        let Some(field) = self.set.record(node).and_then(|record| record.field(name)) else {
            return format!("{id} has no `{name}`");
        };
        let missing: Vec<&str> = contains
            .iter()
            .map(|want| &**want)
            .filter(|want| !field.values().any(|value| value == *want))
            .collect();
        if missing.is_empty() {
            format!("`{name}` of {id} is none of: {}", is.join(", "))
        } else {
            format!("`{name}` of {id} lacks: {}", missing.join(", "))
        }
    }

    /// How many of several demands hold.
    fn nearness(&self, expr: &Expr, node: Node) -> usize {
        match expr {
            Expr::All(parts) => parts.iter().filter(|part| self.holds(part, node)).count(),
            _ => 0,
        }
    }

    /// "no test-case verifies SWR-1", or "SYS-1 refines no user-need".
    fn looked_for(&self, node: Node, steps: &[Step], to: &[KindId]) -> String {
        let (schema, id) = (self.set.schema(), self.set.id(node));
        let kinds: Vec<&str> =
            to.iter().filter_map(|kind| schema.kind(*kind)).map(|kind| &*kind.name).collect();
        let kinds = if kinds.is_empty() { "record".to_owned() } else { kinds.join(" or ") };
        match steps.first().and_then(|step| Some((schema.link(step.link)?, step.back))) {
            Some((link, true)) => format!("no {kinds} {} {id}", link.title),
            Some((link, false)) => format!("{id} {} no {kinds}", link.title),
            None => format!("{id} has no {kinds}"),
        }
    }
}

/// The topic that a walk over covering records looks for.
fn topic_of(having: &Expr) -> Option<&str> {
    match having {
        Expr::All(parts) => parts.first().and_then(topic_of),
        Expr::Field { name, contains, .. } if &**name == "provides" => contains.first().map(|topic| &**topic),
        _ => None,
    }
}

fn result_is(verdict: &Verdict, want: ResultIs) -> bool {
    match want {
        ResultIs::Passed => verdict.outcome == Outcome::Passed,
        ResultIs::Failed => matches!(verdict.outcome, Outcome::Failed | Outcome::Error),
        ResultIs::Any => true,
    }
}

fn says(verdict: &Verdict, part: ResultHas) -> bool {
    verdict.says.get(part as usize).copied().unwrap_or(false)
}

fn name_of(part: ResultHas) -> &'static str {
    ["commit", "version", "configuration", "tools", "date", "executor"]
        .get(part as usize)
        .copied()
        .unwrap_or("?")
}

fn word(event: Event) -> &'static str {
    match event {
        Event::Specified => "specified",
        Event::Approved => "approved",
        Event::Implemented => "implemented",
        Event::Run => "run",
    }
}
