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

use std::collections::BTreeMap;

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
    key: Vec<u8>,
    class: Option<Class>,
    turn: Option<Time>,
    found: Vec<Found>,
}

impl Glimpse {
    fn of(look: &Look<'_>) -> Self {
        let mut key = Vec::with_capacity(128);
        let silent = look.silence.is_some();
        let class = look.state.as_ref().map(|state| {
            class::key(state, silent, &mut key);
            Class::of(state, silent)
        });
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
    /// No row turns before.
    soonest: Option<Time>,
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

    /// As [`Self::take`], without making a class that is there already.
    fn put(&mut self, subject: &Subject, look: &Look<'_>) {
        self.take(subject, Some(Glimpse::of(look)));
    }

    /// Counts a device as it is now; `None` if it is nobody any more.
    fn take(&mut self, subject: &Subject, glimpse: Option<Glimpse>) {
        let Some(glimpse) = glimpse else {
            if let Some(old) = self.rows.remove(subject) {
                self.leave(old);
            }
            self.found.remove(subject);
            return;
        };
        let class = glimpse.class.map(|class| self.class(glimpse.key, class));
        if let Some(class) = class.and_then(|id| self.classes.get_mut(id as usize)) {
            class.count += 1;
        }
        let row = Row { class, turn: glimpse.turn };
        self.soonest = [self.soonest, glimpse.turn].into_iter().flatten().min();
        if let Some(old) = self.rows.insert(subject.clone(), row) {
            self.leave(old);
        }
        if glimpse.found.is_empty() {
            self.found.remove(subject);
        } else {
            self.found.insert(subject.clone(), glimpse.found);
        }
    }

    fn leave(&mut self, old: Row) {
        if let Some(class) = old.class.and_then(|id| self.classes.get_mut(id as usize)) {
            class.count = class.count.saturating_sub(1);
        }
    }

    fn class(&mut self, key: Vec<u8>, class: Class) -> u32 {
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let id = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        self.classes.push(class);
        self.ids.insert(key, id);
        id
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
        let holds = |class: &Class| {
            let silent = class.silent;
            class.count > 0 && filter.holds(&class.state(), &|| silent)
        };
        Choice { census: self, chosen: self.classes.iter().map(holds).collect() }
    }

    /// Values of `site`, `model` or `release` that occur, in their order.
    pub(super) fn values(&self, field: &str) -> std::collections::BTreeSet<String> {
        let one = |class: &Class| -> Vec<String> {
            match field {
                "site" => class.site.iter().cloned().collect(),
                "model" => class.model.iter().cloned().collect(),
                "release" => class.running.iter().filter_map(release).collect(),
                _ => Vec::new(),
            }
        };
        self.classes().flat_map(one).collect()
    }

    /// Devices by item and version of what they run; a device that runs several items counts in each.
    pub(super) fn running(&self) -> BTreeMap<(String, String), u64> {
        let mut out = BTreeMap::new();
        for class in self.classes() {
            let mut said = std::collections::BTreeSet::new();
            for run in &class.running {
                let Some(version) = run.version.as_ref() else { continue };
                if said.insert((&run.item, version)) {
                    *out.entry((run.item.clone(), version.clone())).or_default() += class.count;
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

/// An item and its version, as the field `release` of a condition has it.
fn release(running: &world::fleet::Running) -> Option<String> {
    let version = running.version.as_ref().filter(|_| !running.item.is_empty())?;
    Some(format!("{} {version}", running.item))
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
