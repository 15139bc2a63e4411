//! The fleet as it stands now, devices by what they run: a bitmap a class. Kept up device by device as the log grows.
//!
//! Devices have numbers. The first ones are in the order of their identifiers; those that came since stand apart until
//! there are enough of them to number anew, so that lists come in the order of identifiers without being sorted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evidence::Time;
use roaring::RoaringBitmap;
use world::fleet::{FleetView, Running, Stand, Subject, Turn};

use super::outcome::Group;

/// Devices that stand apart before all are numbered anew: at least this many, and an eighth of the others.
const APART: usize = 4_096;
/// Numbers looked at one after the other for each device of a page, before the classes are asked each.
const RUN: usize = 8;
/// No class, or no site.
const NONE: u32 = u32::MAX;

struct Class {
    group: Group,
    devices: RoaringBitmap,
    /// Something in it belongs to no release that is known: another release, or another list, may change that.
    unmatched: bool,
}

/// Every device by what it runs.
#[derive(Default)]
pub struct Present {
    /// Shared with the lists that are being written.
    subjects: Arc<Vec<Subject>>,
    /// How many of them are in order.
    base: usize,
    apart: BTreeMap<Subject, u32>,
    class_of: Vec<u32>,
    site_of: Vec<u32>,
    classes: Vec<Class>,
    by_stand: BTreeMap<Stand, u32>,
    /// When devices may stand differently although nothing more is said of them.
    turns: BTreeMap<Time, BTreeSet<u32>>,
    turn_of: BTreeMap<u32, Time>,
}

/// How a device was seen to stand.
#[derive(Clone, Debug)]
pub struct Seen {
    subject: Subject,
    turn: Turn,
    runs: Vec<Running>,
    unmatched: bool,
}

impl Seen {
    /// Looks at a device.
    #[must_use]
    pub fn of(view: &FleetView<'_>, subject: Subject) -> Self {
        let turn = view.stand(&subject);
        let runs = turn.stand.as_ref().map(|stand| view.runs(stand)).unwrap_or_default();
        let unmatched = turn.stand.as_ref().is_some_and(|stand| view.unmatched(stand));
        Self { subject, turn, runs, unmatched }
    }
}

/// A list as it was at one moment, whatever changes later.
pub struct Whole {
    subjects: Arc<Vec<Subject>>,
    rows: Vec<(u32, u32, u32)>,
}

impl Whole {
    /// Number of devices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The devices in the order of their identifiers.
    pub fn iter(&self) -> impl Iterator<Item = Listed<'_>> {
        self.rows.iter().filter_map(|(number, class, site)| {
            let subject = self.subjects.get(*number as usize)?;
            Some(Listed { subject, class: *class as usize, site: Some(*site).filter(|site| *site != NONE) })
        })
    }
}

/// A device in a list.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    /// The device.
    pub subject: &'a Subject,
    /// Number of its class.
    pub class: usize,
    /// Number of its site.
    pub site: Option<u32>,
}

impl Present {
    /// Number of devices, and of subjects that are none at present.
    #[must_use]
    pub fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// The classes, by their numbers.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.classes.iter().map(|class| &class.group)
    }

    fn number(&self, subject: &Subject) -> Option<u32> {
        if let Some(number) = self.apart.get(subject) {
            return Some(*number);
        }
        let at = self.subjects.get(..self.base).unwrap_or_default().binary_search(subject).ok()?;
        u32::try_from(at).ok()
    }

    /// Puts a device where it was seen to stand.
    pub fn put(&mut self, seen: Seen) {
        let Seen { subject, turn, runs, unmatched } = seen;
        let number = match (self.number(&subject), &turn.stand) {
            (Some(number), _) => number,
            (None, None) if turn.next.is_none() => return,
            (None, _) => self.number_anew(subject),
        };
        let (class, site) = turn.stand.map_or((NONE, NONE), |stand| {
            let site = stand.site.unwrap_or(NONE);
            (self.class(Stand { site: None, ..stand }, runs, unmatched), site)
        });
        self.place(number, class, site);
        self.schedule(number, turn.next);
    }

    fn number_anew(&mut self, subject: Subject) -> u32 {
        let number = u32::try_from(self.subjects.len()).unwrap_or(NONE);
        // While the first ones come in order, no one stands apart.
        let in_order =
            self.base == self.subjects.len() && self.subjects.last().is_none_or(|last| *last < subject);
        Arc::make_mut(&mut self.subjects).push(subject.clone());
        self.class_of.push(NONE);
        self.site_of.push(NONE);
        if in_order {
            self.base = self.subjects.len();
        } else {
            self.apart.insert(subject, number);
        }
        number
    }

    fn class(&mut self, stand: Stand, runs: Vec<Running>, unmatched: bool) -> u32 {
        if let Some(class) = self.by_stand.get(&stand) {
            return *class;
        }
        let class = u32::try_from(self.classes.len()).unwrap_or(NONE);
        let group = Group { runs, stand: stand.clone(), sites: BTreeMap::new() };
        self.classes.push(Class { group, devices: RoaringBitmap::new(), unmatched });
        self.by_stand.insert(stand, class);
        class
    }

    fn place(&mut self, number: u32, class: u32, site: u32) {
        let at = number as usize;
        let (Some(old_class), Some(old_site)) = (self.class_of.get_mut(at), self.site_of.get_mut(at)) else {
            return;
        };
        let (from, from_site) = (std::mem::replace(old_class, class), std::mem::replace(old_site, site));
        if (from, from_site) == (class, site) {
            return;
        }
        let key = |site: u32| (site != NONE).then_some(site);
        if let Some(left) = self.classes.get_mut(from as usize) {
            left.devices.remove(number);
            let there = left.group.sites.entry(key(from_site)).or_default();
            *there = there.saturating_sub(1);
            if *there == 0 {
                left.group.sites.remove(&key(from_site));
            }
        }
        if let Some(joined) = self.classes.get_mut(class as usize) {
            joined.devices.insert(number);
            *joined.group.sites.entry(key(site)).or_default() += 1;
        }
    }

    fn schedule(&mut self, number: u32, next: Option<Time>) {
        let old = match next {
            Some(next) => self.turn_of.insert(number, next),
            None => self.turn_of.remove(&number),
        };
        if old == next {
            return;
        }
        if let Some(old) = old
            && let Some(due) = self.turns.get_mut(&old)
        {
            due.remove(&number);
            if due.is_empty() {
                self.turns.remove(&old);
            }
        }
        if let Some(next) = next {
            self.turns.entry(next).or_default().insert(number);
        }
    }

    /// Devices whose turn has come by a moment, at most `limit`.
    #[must_use]
    pub fn due(&self, now: Time, limit: usize) -> Vec<Subject> {
        let due = self.turns.range(..=now).flat_map(|(_, numbers)| numbers).take(limit);
        due.filter_map(|number| self.subjects.get(*number as usize)).cloned().collect()
    }

    /// Takes what each class runs, worked out anew since releases or lists changed; says who may stand in another class now.
    #[must_use]
    pub fn resolve(&mut self, found: Vec<(Vec<Running>, bool)>) -> Vec<Subject> {
        let mut moved = Vec::new();
        for (class, (runs, unmatched)) in self.classes.iter_mut().zip(found) {
            let before = class.unmatched;
            (class.group.runs, class.unmatched) = (runs, unmatched);
            if before || unmatched {
                moved.extend(class.devices.iter().filter_map(|n| self.subjects.get(n as usize)).cloned());
            }
        }
        moved
    }

    /// Numbers the devices anew once enough stand apart. O(n).
    pub fn settle(&mut self) {
        if self.apart.len() <= APART.max(self.base / 8) {
            return;
        }
        let mut order: Vec<u32> = (0..u32::try_from(self.subjects.len()).unwrap_or(NONE)).collect();
        order.sort_by(|a, b| self.subjects.get(*a as usize).cmp(&self.subjects.get(*b as usize)));
        let mut renamed = vec![NONE; order.len()];
        for (new, old) in (0u32..).zip(&order) {
            if let Some(slot) = renamed.get_mut(*old as usize) {
                *slot = new;
            }
        }
        let pick =
            |from: &[u32]| order.iter().map(|old| from.get(*old as usize).copied().unwrap_or(NONE)).collect();
        (self.class_of, self.site_of) = (pick(&self.class_of), pick(&self.site_of));
        let old = std::mem::take(&mut self.subjects);
        self.subjects = Arc::new(order.iter().filter_map(|at| old.get(*at as usize)).cloned().collect());
        self.base = self.subjects.len();
        self.apart.clear();
        let mut bitmaps: Vec<Vec<u32>> = vec![Vec::new(); self.classes.len()];
        for (number, class) in (0u32..).zip(&self.class_of) {
            if let Some(bitmap) = bitmaps.get_mut(*class as usize) {
                bitmap.push(number);
            }
        }
        for (class, numbers) in self.classes.iter_mut().zip(bitmaps) {
            class.devices = numbers.into_iter().collect();
        }
        let rename = |number: &u32| renamed.get(*number as usize).copied().unwrap_or(NONE);
        self.turn_of = self.turn_of.iter().map(|(number, turn)| (rename(number), *turn)).collect();
        for numbers in self.turns.values_mut() {
            *numbers = numbers.iter().map(rename).collect();
        }
    }

    /// The first devices of some classes from a number on, one number after the other for as long as that pays: where many
    /// devices are wanted the page is full at once, whatever the number of classes. And where to go on.
    fn run(&self, classes: &[bool], start: u32, end: u32, limit: usize) -> (Vec<u32>, u32) {
        let most = u32::try_from(limit.saturating_mul(RUN)).unwrap_or(NONE);
        let stop = end.min(start.saturating_add(most));
        let mut found = Vec::new();
        for number in start..stop {
            let class = self.class_of.get(number as usize).copied().unwrap_or(NONE);
            if classes.get(class as usize) == Some(&true) {
                found.push(number);
                if found.len() >= limit {
                    return (found, number + 1);
                }
            }
        }
        (found, stop)
    }

    /// The devices of some classes after a subject, in the order of their identifiers: at most `limit`. Linear in the
    /// classes and in `limit`; logarithmic in the fleet.
    #[must_use]
    pub fn list(&self, classes: &[bool], after: Option<&Subject>, limit: usize) -> Vec<Listed<'_>> {
        let in_order = self.subjects.get(..self.base).unwrap_or_default();
        let start = after.map_or(0, |after| in_order.partition_point(|s| s <= after));
        let (start, end) = (u32::try_from(start).unwrap_or(NONE), u32::try_from(self.base).unwrap_or(NONE));
        let (mut numbers, start) = self.run(classes, start, end, limit);
        let left = limit.saturating_sub(numbers.len());
        let few = self.classes.iter().zip(classes).filter(|(_, wanted)| **wanted).map(|(class, _)| class);
        for class in few.take(if left == 0 || start >= end { 0 } else { usize::MAX }) {
            let mut devices = class.devices.iter();
            devices.advance_to(start);
            numbers.extend(devices.take_while(|n| *n < end).take(left));
            // Halving now and then keeps what is held in proportion to the limit.
            if numbers.len() > limit.saturating_mul(4).max(1_024) {
                numbers.sort_unstable();
                numbers.truncate(limit);
            }
        }
        numbers.sort_unstable();
        numbers.truncate(limit);
        let mut listed: Vec<Listed<'_>> = numbers.iter().filter_map(|n| self.listed(*n)).collect();
        if !self.apart.is_empty() {
            use std::ops::Bound::{Excluded, Unbounded};
            let from = after.map_or(Unbounded, Excluded);
            let more = self.apart.range::<Subject, _>((from, Unbounded)).filter_map(|(_, n)| self.listed(*n));
            let wanted = |l: &Listed<'_>| classes.get(l.class) == Some(&true);
            listed.extend(more.filter(wanted).take(limit));
            listed.sort_by(|a, b| a.subject.cmp(b.subject));
            listed.truncate(limit);
        }
        listed
    }

    /// Every device of some classes. Linear in them.
    #[must_use]
    pub fn whole(&self, classes: &[bool]) -> Whole {
        let row = |number: u32| {
            let at = number as usize;
            let (class, site) = (*self.class_of.get(at)?, *self.site_of.get(at)?);
            (classes.get(class as usize) == Some(&true)).then_some((number, class, site))
        };
        let mut rows: Vec<_> = (0..u32::try_from(self.base).unwrap_or(NONE)).filter_map(row).collect();
        let more: Vec<_> = self.apart.values().filter_map(|number| row(*number)).collect();
        if !more.is_empty() {
            rows.extend(more);
            let subject = |number: u32| self.subjects.get(number as usize);
            rows.sort_by(|(a, ..), (b, ..)| subject(*a).cmp(&subject(*b)));
        }
        Whole { subjects: self.subjects.clone(), rows }
    }

    fn listed(&self, number: u32) -> Option<Listed<'_>> {
        let at = number as usize;
        let class = *self.class_of.get(at)?;
        let site = Some(*self.site_of.get(at)?).filter(|site| *site != NONE);
        Some(Listed { subject: self.subjects.get(at)?, class: class as usize, site })
            .filter(|_| class != NONE)
    }
}
