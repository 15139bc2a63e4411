//! One device at two moments: what it ran *at* a time as far as *known* at a log size, where it was, and how certain that
//! is. `docs/concepts/fleet.md` says the same in words.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use evidence::Time;
use evidence::body::Measured;
use evidence::facts::fleet::SiteDefined;

use super::said::Said;
use super::spans::Answer;
use super::stand::{Rests, Software};
use super::state::{Certainty, DeviceState, Grade, Running, UnknownReason};
use super::subject::Subject;
use super::{DEFAULT_DEADLINE, DEFAULT_INTERVAL, Fleet};
use crate::release::{Known, Resolution};
use crate::world::World;

/// What was worked out: by set of measurements and product.
type Resolved = BTreeMap<(u32, Option<u32>), Rc<Resolution>>;

/// The fleet at two moments. Cheap to make; keeps what it worked out about releases while it lives.
pub struct FleetView<'w> {
    pub(super) world: &'w World,
    pub(super) fleet: &'w Fleet,
    pub(super) at: Time,
    pub(super) known: Known<'w>,
    resolved: RefCell<Resolved>,
}

impl<'w> FleetView<'w> {
    /// The fleet at a time as known after `known` entries, at most those there are.
    #[must_use]
    pub fn new(world: &'w World, at: Time, known: u64) -> Self {
        let known = Known::new(known.min(world.size()), world.journal());
        Self { world, fleet: world.fleet(), at, known, resolved: RefCell::default() }
    }

    /// When it was so.
    #[must_use]
    pub const fn at(&self) -> Time {
        self.at
    }

    /// Number of entries that were known.
    #[must_use]
    pub const fn known(&self) -> u64 {
        self.known.size()
    }

    /// The state of an enrolled or declared device; a declared one that is known to be an enrolled one is answered as that.
    #[must_use]
    pub fn state(&self, subject: &Subject) -> Option<DeviceState<'w>> {
        self.said_of(subject).and_then(|said| self.state_of(&said, self.at))
    }

    /// A site as last defined.
    #[must_use]
    pub fn site(&self, site: &str) -> Option<&'w SiteDefined> {
        let history = self.fleet.notes.sites.get(site)?;
        history.iter().rev().find(|(i, _)| self.known.counts(*i)).map(|(_, site)| site)
    }

    /// Seconds that evidence of a model is fresh, and seconds of silence that make a finding, as set by `at`: for the
    /// model, else for all, else [`DEFAULT_INTERVAL`] and [`DEFAULT_DEADLINE`].
    #[must_use]
    pub fn reporting(&self, model: Option<&str>, at: Time) -> (u64, u64) {
        let clock = self.world.clock();
        let last = |model: Option<String>| {
            let history = self.fleet.notes.reporting.get(&model)?;
            let counts = |i: u64| self.known.counts(i) && clock.time_of(i) <= at;
            history.iter().rev().find(|(i, _)| counts(*i)).map(|(_, f)| (f.interval, f.deadline))
        };
        model
            .and_then(|model| last(Some(model.to_owned())))
            .or_else(|| last(None))
            .unwrap_or((DEFAULT_INTERVAL, DEFAULT_DEADLINE))
    }

    pub(super) fn said_of(&self, subject: &Subject) -> Option<Said> {
        let direct = self.said_itself(subject);
        match (direct, subject) {
            (None, Subject::Asset(_)) => match self.fleet.attachment(subject) {
                // Known only if the attachment is: else there is no such device yet.
                Some(device @ Subject::Device(_)) => self.said_itself(&device).filter(|s| s.asset.is_some()),
                _ => None,
            },
            (direct, _) => direct,
        }
    }

    /// As [`Self::said_of`], but a declared device that is known to be an enrolled one is nobody.
    pub(super) fn said_itself(&self, subject: &Subject) -> Option<Said> {
        Said::read(self.fleet, self.world.clock(), self.known, subject)
    }

    pub(super) fn model_of(&self, said: &Said, at: Time) -> Option<&'w str> {
        let enrolled = said.enrolled.as_ref().map(|(_, e)| e.model);
        self.fleet.said(enrolled.or_else(|| said.declaration(at, |d| d.model)))
    }

    pub(super) fn state_of(&self, said: &Said, at: Time) -> Option<DeviceState<'w>> {
        if said.since()? > at {
            return None;
        }
        let fleet = self.fleet;
        let enrolled = said.enrolled.as_ref().filter(|(t, _)| *t <= at).map(|(_, e)| e);
        let model = self.model_of(said, at);
        let mut state = DeviceState {
            device: said.device,
            asset: said.asset.clone(),
            udi: enrolled.and_then(|e| e.udi.clone()).or_else(|| said.declaration(at, |d| d.udi.clone())),
            serial: enrolled
                .and_then(|e| e.serial.clone())
                .or_else(|| said.declaration(at, |d| d.serial.clone())),
            model,
            product: fleet.said(enrolled.map(|e| e.product)),
            hardware_version: fleet.said(enrolled.and_then(|e| e.hardware)),
            site: fleet.said(said.place(at, |p| p.site)),
            owner: fleet.said(said.place(at, |p| p.owner)),
            custody: said.place(at, |p| p.custody),
            grade: Grade::Declared,
            certainty: Certainty::Unknown(UnknownReason::NothingSaid),
            running: Vec::new(),
            measured: &[],
            unknown: Vec::new(),
            software: Vec::new(),
            verdict: said.verdict(at).and_then(|id| fleet.verdicts.get(id)),
            seen: said.spoke(at),
        };
        let rests = self.rests(said, at, model);
        state.grade = rests.grade;
        state.certainty = rests.certainty;
        let product = said.product(at, &rests.software);
        state.running = self.running(product, &rests.software);
        match &rests.software {
            Software::Measured(set) => {
                state.measured = self.fleet.measured(Some(*set));
                state.unknown = self.foreign(*set, product, state.site).collect();
            }
            Software::Said(texts) => {
                state.software = texts.iter().filter_map(|id| fleet.said(Some(*id))).collect();
            }
            Software::Unknown(_) => {}
        }
        Some(state)
    }

    /// What the answer about a device's software rests on.
    pub(super) fn rests(&self, said: &Said, at: Time, model: Option<&str>) -> Rests {
        let interval = self.reporting(model, at).0;
        let fresh = |since: Option<Time>| since.is_some_and(|since| at.since(since) <= interval);
        let report = said.report(at);
        match said.spans.at(at) {
            Answer::Within(s) => Rests::on(&s, Certainty::Proven { from: s.index, until: s.index }),
            Answer::Between(a, b) => Rests::on(&a, Certainty::Proven { from: a.index, until: b.index }),
            Answer::Last(s) if fresh(s.lo) => Rests::on(&s, Certainty::Fresh { by: Some(s.index) }),
            // A word that came after the last measurement outweighs it once the measurement is not fresh any more.
            Answer::Last(s) if report.is_none_or(|r| r.from <= s.hi) => {
                Rests::on(&s, Certainty::Assumed { by: Some(s.index) })
            }
            Answer::Conflict(..) => Rests::unknown(Grade::Attested, UnknownReason::Disagreement),
            other => {
                let declared =
                    || said.declaration(at, |d| (!d.software.is_empty()).then(|| d.software.clone()));
                if let Some(report) = report {
                    let certainty = if fresh(Some(report.from)) {
                        Certainty::Fresh { by: None }
                    } else {
                        Certainty::Assumed { by: None }
                    };
                    Rests::said(Grade::Reported, certainty, report.software.clone())
                } else if let Some(software) = declared() {
                    Rests::said(Grade::Declared, Certainty::Assumed { by: None }, software)
                } else if matches!(other, Answer::Nothing) {
                    Rests::unknown(Grade::Declared, UnknownReason::NothingSaid)
                } else {
                    Rests::unknown(Grade::Declared, UnknownReason::MeasuredLater)
                }
            }
        }
    }

    /// What was measured that is a reference value of no release, and that neither the device's site nor the maker accepts.
    pub(super) fn foreign(
        &self,
        set: u32,
        product: Option<u32>,
        site: Option<&str>,
    ) -> impl Iterator<Item = &'w Measured> {
        let (measured, resolution) = (self.fleet.measured(Some(set)), self.resolve(set, product));
        let releases = self.world.releases();
        let places = resolution.unknown.clone();
        let accepted =
            move |m: &&Measured| releases.accepted(site, &m.name, &m.digest, self.known) != Some(true);
        places.into_iter().filter_map(|n| measured.get(n)).filter(accepted)
    }

    /// What a device of a product runs, by item.
    pub(super) fn running(&self, product: Option<u32>, software: &Software) -> Vec<Running> {
        match software {
            Software::Measured(set) => {
                let resolution = self.resolve(*set, product);
                let items = resolution.items.iter();
                items
                    .map(|i| Running { item: i.item.clone(), version: i.version.clone(), release: i.release })
                    .collect()
            }
            Software::Said(texts) => {
                let mut running: Vec<Running> = texts
                    .iter()
                    .filter_map(|id| self.fleet.said(Some(*id)))
                    .map(|s| self.named(product, s))
                    .collect();
                running.sort();
                running
            }
            Software::Unknown(_) => Vec::new(),
        }
    }

    pub(super) fn resolve(&self, set: u32, product: Option<u32>) -> Rc<Resolution> {
        let mut cache = self.resolved.borrow_mut();
        let found = cache.entry((set, product)).or_insert_with(|| {
            let measured = self.fleet.measured(Some(set));
            Rc::new(self.world.releases().resolve(self.fleet.said(product), measured, self.known))
        });
        found.clone()
    }

    /// `firmware 2.1.0` is the item up to the last space and its version.
    fn named(&self, product: Option<u32>, said: &str) -> Running {
        let (item, version) = said.rsplit_once(' ').unwrap_or(("", said));
        let product = self.fleet.said(product);
        let mut found = self.world.releases().find(product, item, version, self.known);
        // Two products with the same item and version: which one it is, nobody said.
        let release = found.next().filter(|_| found.next().is_none()).map(|r| r.entry.index);
        Running { item: item.to_owned(), version: Some(version.to_owned()), release }
    }
}
