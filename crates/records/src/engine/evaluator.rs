//! Evaluation of all rules, and re-evaluation of what a change can matter to, by the rules' footprints.

use super::class::Classes;
use super::eval::Context;
use super::suspect::{Suspect, direct};
use crate::facts::{Approval, Happening, Moment, TestResult};
use crate::record::Record;
use crate::schema::Rule;
use crate::set::{LinkState, Node, RecordSet};
use std::collections::{BTreeMap, BTreeSet};

/// A record set with the gaps of all its rules, kept up to date.
#[derive(Debug)]
pub struct Evaluator {
    set: RecordSet,
    classes: Classes,
    open: BTreeMap<Node, Open>,
}

/// Everything is there, in the wrong order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Late {
    /// Whether the order is only claimed.
    pub(super) claimed: bool,
}

/// What is open at one record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// Rules that do not hold: index, why, whether by order in time alone.
    pub(super) rules: Vec<(u32, String, Option<Late>)>,
    /// Links never accepted.
    pub(super) unaccepted: Vec<crate::set::Edge>,
    /// Suspect links.
    pub(super) suspects: Vec<Suspect>,
}

/// A change of one fact.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new record, or a new revision.
    Put(Record),
    /// A record is gone.
    Remove(String),
    /// A new test result.
    Result(Box<TestResult>),
    /// The results of a test case are gone.
    NoResults(String),
    /// A new approval.
    Approval(Approval),
    /// Something happened to a record.
    Happened(String, Happening, Moment),
    /// The lock file, whole.
    Lock(String),
}

impl Evaluator {
    /// Evaluates everything, on up to `threads` threads. O(records × their rules).
    #[must_use]
    pub fn new(mut set: RecordSet, threads: usize) -> Self {
        set.seal();
        let classes = Classes::of_all(&set);
        let open = evaluate_all(&set, &classes, threads.clamp(1, 64));
        Self { set, classes, open }
    }

    /// The records.
    #[must_use]
    pub fn set(&self) -> &RecordSet {
        &self.set
    }

    /// Gives the records back.
    #[must_use]
    pub fn into_set(self) -> RecordSet {
        self.set
    }

    pub(super) fn open(&self) -> &BTreeMap<Node, Open> {
        &self.open
    }

    /// Takes one change in and evaluates again what it can matter to. Returns how many rules were evaluated on how
    /// many records (pairs): for a change with a bounded neighbourhood this does not grow with the set.
    pub fn change(&mut self, change: Change) -> usize {
        let mut seeds = BTreeSet::new();
        match change {
            Change::Put(record) => {
                if let Some(node) = self.set.node(record.id()) {
                    self.touch(node, &mut seeds);
                }
                let node = self.set.put(record);
                self.touch(node, &mut seeds);
                seeds.insert(node);
            }
            Change::Remove(id) => {
                if let Some(node) = self.set.node(&id) {
                    self.touch(node, &mut seeds);
                    self.set.remove(node);
                }
            }
            Change::Result(result) => seeds.extend(self.set.add_result(*result).ok()),
            Change::NoResults(id) => {
                if let Some(node) = self.set.node(&id) {
                    self.set.remove_results(node);
                    seeds.insert(node);
                }
            }
            Change::Approval(approval) => seeds.extend(self.set.add_approval(approval)),
            Change::Happened(id, happening, at) => seeds.extend(self.set.add_happening(&id, happening, at)),
            Change::Lock(text) => {
                let lines = crate::lock::parse_lock(0, &text, &mut Vec::new());
                self.set.set_lock(&lines);
                seeds.extend((0..self.set.node_count()).map(Node));
            }
        }
        let changed: Vec<Node> = seeds.iter().copied().collect();
        seeds.extend(self.classes.update(&self.set, &changed));
        let mut pairs = self.again(&seeds, None);
        let schema = std::sync::Arc::clone(self.set.schema());
        for (at, rule) in (0_u32..).zip(&schema.rules).filter(|(_, rule)| rule.off.is_none()) {
            if rule.footprint.steps.is_empty() {
                continue;
            }
            let mut affected = reach_back(&self.set, rule, &seeds);
            affected.retain(|node| !seeds.contains(node));
            pairs += self.again(&affected, Some(at));
        }
        pairs
    }

    /// The record itself and everything one link away, before and after the change. Stamps and results look that far
    /// without a footprint; and since both ends of a link that came or went are among the seeds, whoever looked over such
    /// a link still reaches a seed over links that stayed, so walking back over the new links finds all of them.
    fn touch(&self, node: Node, seeds: &mut BTreeSet<Node>) {
        seeds.insert(node);
        seeds.extend(self.set.back(node).iter().chain(self.set.out(node)).map(|edge| edge.node));
    }

    /// Evaluates one rule, or all rules and links, again on these records.
    fn again(&mut self, nodes: &BTreeSet<Node>, only: Option<u32>) -> usize {
        let context = Context { set: &self.set, classes: &self.classes };
        let mut pairs = 0;
        for &node in nodes {
            let mut open = match only {
                None => evaluate(&context, node, &mut pairs),
                Some(only) => {
                    let mut open = self.open.get(&node).cloned().unwrap_or_default();
                    open.rules.retain(|(rule, ..)| *rule != only);
                    evaluate_rule(&context, node, only, &mut open, &mut pairs);
                    open
                }
            };
            open.rules.sort_unstable();
            if open == Open::default() {
                self.open.remove(&node);
            } else {
                self.open.insert(node, open);
            }
        }
        pairs
    }
}

/// Records from which a rule's footprint leads to one of the seeds.
fn reach_back(set: &RecordSet, rule: &Rule, seeds: &BTreeSet<Node>) -> BTreeSet<Node> {
    let mut seen = seeds.clone();
    let mut edge: Vec<Node> = seeds.iter().copied().collect();
    let mut left = rule.footprint.radius.map_or(u32::MAX, u32::from);
    while left > 0 && !edge.is_empty() {
        let mut next = Vec::new();
        for node in edge {
            for step in &rule.footprint.steps {
                let against =
                    if step.back { set.out_of(node, step.link) } else { set.back_of(node, step.link) };
                next.extend(against.iter().map(|edge| edge.node).filter(|node| seen.insert(*node)));
            }
        }
        edge = next;
        left -= 1;
    }
    seen
}

fn evaluate_all(set: &RecordSet, classes: &Classes, threads: usize) -> BTreeMap<Node, Open> {
    let count = set.node_count();
    let part = |from: u32, to: u32| {
        let context = Context { set, classes };
        let mut found = Vec::new();
        for node in (from..to).map(Node) {
            let open = evaluate(&context, node, &mut 0);
            if open != Open::default() {
                found.push((node, open));
            }
        }
        found
    };
    // Small shares, taken in turn, since records of one kind stand together and kinds differ in cost.
    const SHARE: u32 = 512;
    if threads == 1 || count <= SHARE {
        return part(0, count).into_iter().collect();
    }
    let next = core::sync::atomic::AtomicU32::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let from = next.fetch_add(SHARE, core::sync::atomic::Ordering::Relaxed);
            if from >= count {
                return found;
            }
            found.extend(part(from, (from + SHARE).min(count)));
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all: BTreeMap<Node, Open> = work().into_iter().collect();
        for other in others {
            match other.join() {
                Ok(found) => all.extend(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

fn evaluate(context: &Context<'_>, node: Node, pairs: &mut usize) -> Open {
    let mut open = Open::default();
    let set = context.set;
    if set.record(node).is_none() || !set.is_checked(node) {
        return open;
    }
    for edge in set.out(node) {
        match set.link_state(node, *edge) {
            LinkState::Unaccepted if set.record(edge.node).is_some() => open.unaccepted.push(*edge),
            LinkState::Suspect(_) if open.suspects.is_empty() => open.suspects = direct(set, node).collect(),
            _ => {}
        }
    }
    let Some(rules) = set.kind(node).and_then(|kind| set.schema().by_kind.get(usize::from(kind.0))) else {
        return open;
    };
    for rule in rules {
        evaluate_rule(context, node, *rule, &mut open, pairs);
    }
    open
}

fn evaluate_rule(context: &Context<'_>, node: Node, at: u32, open: &mut Open, pairs: &mut usize) {
    let schema = context.set.schema();
    let Some(rule) = schema.rules.get(at as usize) else { return };
    if !applies(context, rule, node) {
        return;
    }
    *pairs += 1;
    if !context.holds(&rule.must, node) {
        open.rules.push((at, context.why(&rule.must, node, 3), context.late(&rule.must, node)));
    }
}

/// Whether a rule speaks of a record, at its stage.
pub(super) fn applies(context: &Context<'_>, rule: &Rule, node: Node) -> bool {
    let set = context.set;
    let item = || set.item(node);
    set.kind(node).is_some_and(|kind| rule.kinds.contains(&kind))
        && rule.off.is_none()
        && rule.from <= set.stage(Some(node))
        && rule.classes.has(context.classes.get(node))
        && (rule.items.is_empty() || item().is_some_and(|item| rule.items.contains(&item.name)))
        && (rule.lines.is_empty() || item().is_some_and(|item| rule.lines.contains(&item.line)))
        && rule.when.as_ref().is_none_or(|when| context.holds(when, node))
}
