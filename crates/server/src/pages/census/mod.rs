//! The fleet counted: every device at one pair of moments, by what devices have in common, so that a page answers how many
//! and which without asking each of them again.
//!
//! | file | what |
//! |---|---|
//! | `class` | what devices have in common |
//! | `follow` | which devices an entry speaks of, and bringing the present count up to it |
//! | `keeper` | who counts when: one worker, the present, a few past moments |
//!
//! Derived and never kept: losing it costs a count. It is of the entries it names ([`Census::known`]), and a page over it
//! is a page of these moments. Not here: what is so of a device (`world::fleet`), what pages make of it.

mod class;
mod follow;
mod keeper;

use std::collections::{BTreeMap, BTreeSet};

use evidence::{Hash, Time};
use ledger::Ledger;
use world::fleet::{Filter, FindingKind, Look, Subject};

pub(super) use class::Class;
pub(super) use keeper::{Counting, Keeper, Shared, read};

/// Bytes of records that are read while the world is held: under a millisecond.
const SLICE: usize = 16 << 10;

/// A finding about a device.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) id: Hash,
    pub(super) kind: FindingKind,
    pub(super) evidence: Option<u64>,
    /// The entry that settled it, and how.
    pub(super) closed: Option<(u64, String)>,
}

/// A device in the count.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Place of its class; `None` before it counts as a device.
    class: Option<u32>,
    /// When it may be another although nothing more is said of it.
    turn: Option<Time>,
}

/// What is counted of one device, apart from the world.
struct Glimpse {
    /// Key of its class; `None` before it counts as a device.
    key: Option<Vec<u8>>,
    /// Its class, unless there is one under that key.
    class: Option<Class>,
    turn: Option<Time>,
    found: Vec<Found>,
}

impl Glimpse {
    /// Keeps what is counted; a class that is `known` under its key is not made again.
    fn of(look: &Look<'_>, known: impl Fn(&[u8]) -> bool) -> Self {
        let silent = look.silence.is_some();
        let key = look.state.as_ref().map(|state| {
            let mut key = Vec::with_capacity(128);
            class::key(state, silent, &mut key);
            key
        });
        let new = key.as_ref().is_some_and(|key| !known(key));
        let class = look.state.as_ref().filter(|_| new).map(|state| Class::of(state, silent));
        let found = look.findings.iter().map(|f| Found {
            id: f.id,
            kind: f.kind.clone(),
            evidence: f.evidence,
            closed: f.closed.map(|c| (c.index, c.outcome.clone())),
        });
        Self { key, class, turn: look.turn, found: found.collect() }
    }
}

/// The fleet, or the part of it a condition holds for, at two moments.
#[derive(Default)]
pub(super) struct Census {
    at: Time,
    known: u64,
    rows: BTreeMap<Subject, Row>,
    classes: Vec<Class>,
    ids: BTreeMap<Vec<u8>, u32>,
    found: BTreeMap<Subject, Vec<Found>>,
    /// When which row may be another.
    turns: BTreeSet<(Time, Subject)>,
}

impl Census {
    /// Counts anew, slice by slice; `looked` is told how many devices were looked at. `None` if the ledger is gone.
    fn count(
        ledger: &std::sync::Weak<Ledger>,
        at: Time,
        known: u64,
        filter: Option<&Filter>,
        mut looked: impl FnMut(u64),
    ) -> Option<Self> {
        let mut census = Self { at, known, ..Self::default() };
        let mut after: Option<Subject> = None;
        let mut seen = 0;
        loop {
            let ledger = ledger.upgrade()?;
            let world = ledger.read();
            let view = world.fleet_at(at, known);
            after = view.looks(after.as_ref(), SLICE, |subject, look| {
                seen += 1;
                let Some(look) = look else { return };
                let silent = || look.silence.is_some();
                let holds = |filter: &Filter| look.state.as_ref().is_some_and(|s| filter.holds(s, &silent));
                if filter.is_none_or(holds) {
                    census.put(subject, &look);
                }
            });
            drop(world);
            looked(seen);
            if after.is_none() {
                return Some(census);
            }
        }
    }

    fn put(&mut self, subject: &Subject, look: &Look<'_>) {
        let glimpse = Glimpse::of(look, |key| self.ids.contains_key(key));
        self.take(subject, Some(glimpse));
    }

    /// Counts a device as it is now; `None` if it is nobody any more.
    fn take(&mut self, subject: &Subject, glimpse: Option<Glimpse>) {
        let Some(glimpse) = glimpse else {
            if let Some(old) = self.rows.remove(subject) {
                self.leave(subject, old);
            }
            self.found.remove(subject);
            return;
        };
        let class = glimpse.key.and_then(|key| self.class(key, glimpse.class));
        if let Some(class) = class.and_then(|id| self.classes.get_mut(id as usize)) {
            class.count += 1;
        }
        let row = Row { class, turn: glimpse.turn };
        if let Some(old) = self.rows.insert(subject.clone(), row) {
            self.leave(subject, old);
        }
        self.turns.extend(glimpse.turn.map(|turn| (turn, subject.clone())));
        if glimpse.found.is_empty() {
            self.found.remove(subject);
        } else {
            self.found.insert(subject.clone(), glimpse.found);
        }
    }

    fn leave(&mut self, subject: &Subject, old: Row) {
        if let Some(turn) = old.turn {
            self.turns.remove(&(turn, subject.clone()));
        }
        if let Some(class) = old.class.and_then(|id| self.classes.get_mut(id as usize)) {
            class.count = class.count.saturating_sub(1);
        }
    }

    /// The place of a class; a new one if it is new.
    fn class(&mut self, key: Vec<u8>, class: Option<Class>) -> Option<u32> {
        if let Some(id) = self.ids.get(&key) {
            return Some(*id);
        }
        let id = u32::try_from(self.classes.len()).ok()?;
        self.classes.push(class?);
        self.ids.insert(key, id);
        Some(id)
    }

    /// When it was so.
    pub(super) const fn at(&self) -> Time {
        self.at
    }

    /// Number of entries that were known.
    pub(super) const fn known(&self) -> u64 {
        self.known
    }

    /// Classes with somebody in them.
    pub(super) fn classes(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter().filter(|c| c.count > 0)
    }

    /// Number of devices.
    pub(super) fn len(&self) -> u64 {
        self.classes().map(|c| c.count).sum()
    }

    /// The part of it that a condition over classes holds for.
    pub(super) fn choose(&self, filter: &Filter) -> Choice<'_> {
        if *filter == Filter::all() {
            return Choice { census: self, chosen: self.classes.iter().map(|c| c.count > 0).collect() };
        }
        let holds = |class: &Class| {
            let silent = class.silent;
            class.count > 0 && filter.holds(&class.state(), &|| silent)
        };
        Choice { census: self, chosen: self.classes.iter().map(holds).collect() }
    }

    /// Values of `site`, `model` or `release` that occur, in their order.
    pub(super) fn values(&self, field: &str) -> BTreeSet<String> {
        if field == "release" {
            let named = self.running().into_keys().filter(|(item, _)| !item.is_empty());
            return named.map(|(item, version)| format!("{item} {version}")).collect();
        }
        let all: BTreeSet<&str> = match field {
            "site" => self.classes().filter_map(|c| c.site.as_deref()).collect(),
            "model" => self.classes().filter_map(|c| c.model.as_deref()).collect(),
            _ => BTreeSet::new(),
        };
        all.into_iter().map(str::to_owned).collect()
    }

    /// Devices by item and version of what they run; a device that runs several items counts in each.
    pub(super) fn running(&self) -> BTreeMap<(&str, &str), u64> {
        let mut out = BTreeMap::new();
        for class in self.classes() {
            for (n, run) in class.running.iter().enumerate() {
                let Some(version) = run.version.as_deref() else { continue };
                let said = |r: &world::fleet::Running| r.item == run.item && r.version == run.version;
                if !class.running.iter().take(n).any(said) {
                    *out.entry((run.item.as_str(), version)).or_default() += class.count;
                }
            }
        }
        out
    }

    /// Findings about devices, in the order of the devices.
    pub(super) fn findings(&self) -> impl Iterator<Item = (&Subject, Option<&Class>, &Found)> {
        self.found.iter().flat_map(|(subject, all)| {
            let class = self.rows.get(subject).and_then(|row| self.classes.get(row.class? as usize));
            all.iter().map(move |f| (subject, class, f))
        })
    }
}

/// Part of a census.
pub(super) struct Choice<'a> {
    census: &'a Census,
    chosen: Vec<bool>,
}

impl<'a> Choice<'a> {
    fn holds(&self, class: u32) -> bool {
        self.chosen.get(class as usize).copied().unwrap_or_default()
    }

    /// Its classes.
    pub(super) fn classes(&self) -> impl Iterator<Item = &'a Class> {
        self.census.classes.iter().zip(&self.chosen).filter(|(_, chosen)| **chosen).map(|(class, _)| class)
    }

    /// Up to `limit` of its devices after `after`, in order, and whether there are more. Linear in the devices passed over.
    pub(super) fn devices(&self, after: Option<&Subject>, limit: usize) -> (Vec<Subject>, bool) {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        let rows = self.census.rows.range((from, Unbounded));
        let mut chosen = rows.filter(|(_, row)| row.class.is_some_and(|c| self.holds(c)));
        let page: Vec<Subject> = chosen.by_ref().take(limit).map(|(subject, _)| subject.clone()).collect();
        let more = chosen.next().is_some();
        (page, more)
    }
}
