//! The fleet: built from a plan, enrolled by a station, then lived through in rounds.
//!
//! ```text
//! let mut fleet = Fleet::new(plan, anchor, threads, |_| ())?;
//! state each of fleet.enrolments();
//! loop {
//!     for batch in fleet.round(now, &freshness)? { fleet.answered(&batch, &send(batch.body())); }
//! }
//! for batch in fleet.calm(now, &freshness)? { … }
//! while !fleet.is_idle() { for batch in fleet.drain(now, &freshness)? { … } }
//! compare with fleet.truths()
//! ```

use std::collections::BTreeMap;

use device::enrol::{Enrolment, Particulars, ueid_of};
use device::wire::{Answer, Outcome};
use device::{Anchor, Trust};
use evidence::Time;
use evidence::facts::fleet::{Custody, DeviceEnrolled, DeviceMoved};

use crate::chip::Chip;
use crate::error::Error;
use crate::fielded::{Fate, Fielded, Mode, Round};
use crate::parallel::each;
use crate::piece::{Batch, Kind};
use crate::plan::Plan;
use crate::random::Random;
use crate::site::Site;
use crate::truth::{Happened, Truth};

/// The round in which devices are copied.
const COPYING: u64 = 2;

/// How often pieces of a kind were answered how: `logged`, `staged`, or the code of what was refused or is to come later.
pub type Tally = BTreeMap<(Kind, String), u64>;

/// A simulated fleet.
#[derive(Debug)]
pub struct Fleet {
    plan: Plan,
    anchor: Anchor,
    threads: usize,
    sites: Vec<Site>,
    enrolments: Vec<DeviceEnrolled>,
    /// Devices to be copied, and whether with their store.
    to_copy: Vec<(u64, bool)>,
    rounds: u64,
    tally: Tally,
}

/// Serial number and UDI of a device.
fn names(plan: &Plan, number: u64) -> (String, String) {
    let serial = format!("{}{number:06}", plan.serial);
    let udi = format!("(01){}(21){serial}", plan.udi_di);
    (serial, udi)
}

/// The site of a device, and its place there.
fn place(plan: &Plan, number: u64) -> (usize, usize) {
    let sites = plan.sites as u64;
    let small = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    (small(number % sites), small(number / sites))
}

impl Fleet {
    /// Makes the devices and enrols their silicon, on so many threads. `progress` hears of each device.
    ///
    /// # Errors
    /// The plan does not hold, or a chip fits no profile.
    pub fn new(
        plan: Plan,
        anchor: Anchor,
        threads: usize,
        progress: impl Fn(u64) + Sync,
    ) -> Result<Self, Error> {
        plan.check()?;
        let origin = Trust::pinned(&anchor).origin().to_owned();
        let make = |number: &mut u64| {
            let made = make(&plan, &origin, *number);
            progress(1);
            made
        };
        let mut numbers: Vec<u64> = (0..plan.devices).collect();
        let made = each(&mut numbers, threads, make);
        let mut sites: Vec<Site> = (0..plan.sites).map(|n| Site::new(plan.seed, n)).collect();
        let (mut enrolments, mut to_copy) = (Vec::with_capacity(numbers.len()), Vec::new());
        for made in made {
            let (fielded, fact, copy) = made?;
            to_copy.extend(copy.map(|with_store| (fielded.truth.number, with_store)));
            enrolments.push(fact);
            if let Some(site) = sites.get_mut(fielded.truth.site) {
                site.devices.push(fielded);
            }
        }
        let tally = Tally::new();
        Ok(Self { plan, anchor, threads, sites, enrolments, to_copy, rounds: 0, tally })
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What a station states of each device, in the order of their numbers; once.
    pub fn enrolments(&mut self) -> Vec<DeviceEnrolled> {
        std::mem::take(&mut self.enrolments)
    }

    /// What field service states of each device: where it is, and that it is in use.
    #[must_use]
    pub fn placements(&self) -> Vec<DeviceMoved> {
        let placed = |truth: &Truth| DeviceMoved {
            device: Some(truth.device),
            asset: None,
            site: Some(site_name(truth.site)),
            owner: None,
            custody: Some(Custody::InUse),
            since: None,
        };
        self.truths().into_iter().map(placed).collect()
    }

    /// One round: every device lives on until `now`, attests once, and what can be sent is sent. Send the batches of one
    /// site in their order, and give each answer to [`Self::answered`] before the next round.
    ///
    /// # Errors
    /// A device does not start any more.
    pub fn round(&mut self, now: Time, freshness: &[u8]) -> Result<Vec<Batch>, Error> {
        if self.rounds == COPYING {
            self.copy();
        }
        self.step(now, freshness, Mode::Planned)
    }

    /// One round in which nothing goes wrong and every device is reached: it attests with the newest beacon.
    ///
    /// # Errors
    /// As [`Self::round`].
    pub fn calm(&mut self, now: Time, freshness: &[u8]) -> Result<Vec<Batch>, Error> {
        self.step(now, freshness, Mode::Calm)
    }

    /// As [`Self::calm`], and nothing new is said: what is stored is delivered.
    ///
    /// # Errors
    /// As [`Self::round`].
    pub fn drain(&mut self, now: Time, freshness: &[u8]) -> Result<Vec<Batch>, Error> {
        self.step(now, freshness, Mode::Drain)
    }

    fn step(&mut self, now: Time, freshness: &[u8], mode: Mode) -> Result<Vec<Batch>, Error> {
        let (number, plan, anchor) = (self.rounds, &self.plan, &self.anchor);
        let round = Round { number, now, freshness, plan, anchor, mode };
        let sent = each(&mut self.sites, self.threads, |site| site.round(&round));
        self.rounds += 1;
        let mut out = Vec::new();
        for batches in sent {
            out.extend(batches?);
        }
        Ok(out)
    }

    fn copy(&mut self) {
        for (number, with_store) in std::mem::take(&mut self.to_copy) {
            let (site, slot) = place(&self.plan, number);
            let to = (site + 1) % self.plan.sites;
            let original = self.sites.get_mut(site).and_then(|s| s.devices.get_mut(slot));
            let Some(copy) = original.map(|o| o.copied(&self.plan, to, with_store)) else { continue };
            if let Some(site) = self.sites.get_mut(to) {
                site.devices.push(copy);
                site.happened.copies += 1;
            }
        }
    }

    /// Takes the answers to a batch, in its order. Without answers it is sent again.
    pub fn answered(&mut self, batch: &Batch, answers: &[Answer]) {
        for (piece, answer) in batch.pieces.iter().zip(answers) {
            let word = match answer.outcome {
                Outcome::Logged => "logged".to_owned(),
                Outcome::Staged => "staged".to_owned(),
                Outcome::Refused | Outcome::Later => answer.code.clone().unwrap_or_default(),
            };
            *self.tally.entry((piece.kind, word)).or_default() += 1;
        }
        if let Some(site) = self.sites.get_mut(batch.site) {
            site.gateway.answered(batch, answers);
        }
    }

    /// Whether everything that any device stored was answered for good.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.sites.iter().all(Site::is_idle)
    }

    /// How what was sent was answered.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How often what happened so far.
    #[must_use]
    pub fn happened(&self) -> Happened {
        let mut all = Happened::default();
        self.sites.iter().for_each(|site| all.add(&site.happened));
        all
    }

    /// What each device really is, in the order of their numbers; copies are none of them.
    #[must_use]
    pub fn truths(&self) -> Vec<&Truth> {
        let mut all: Vec<&Truth> = self.everything().filter(|truth| !truth.copy).collect();
        all.sort_by_key(|truth| truth.number);
        all
    }

    /// What the copies really are.
    #[must_use]
    pub fn copies(&self) -> Vec<&Truth> {
        self.everything().filter(|truth| truth.copy).collect()
    }

    fn everything(&self) -> impl Iterator<Item = &Truth> {
        self.sites.iter().flat_map(|site| &site.devices).map(|d| &d.truth)
    }

    /// Whether the device code ever broke a rule of flash.
    #[must_use]
    pub fn misused_flash(&self) -> bool {
        self.sites.iter().flat_map(|site| &site.devices).any(|d| d.flash.misused())
    }
}

/// The name of a site.
#[must_use]
pub fn site_name(site: usize) -> String {
    format!("simulated-{:04}", site + 1)
}

/// A device, what a station states of it, and whether it is copied later, and then whether with its store.
type Made = (Fielded, DeviceEnrolled, Option<bool>);

fn make(plan: &Plan, origin: &str, number: u64) -> Result<Made, Error> {
    let (serial, udi) = names(plan, number);
    let (chip, identity) = Chip::enrol(plan.silicon, plan.seed, number, &serial)?;
    let device = ueid_of(identity.device().public());
    let (key_origin, helper) = chip.origin();
    let enrolment = Enrolment::new(&identity, origin, device, Some(&udi), key_origin, helper);
    let fact = enrolment.into_fact(Particulars {
        product: plan.product.clone(),
        model: plan.model.clone(),
        serial: Some(serial.clone()),
        hardware_version: Some("A".into()),
        report: None,
    });
    let mut random = Random::of(&[plan.seed, number, 0xfa7e]);
    let faults = plan.faults;
    let [copied, with_store, modified, lying] =
        [faults.copy, 500, faults.modify, faults.lie].map(|share| random.chance(share));
    let fate = match (modified, lying) {
        (true, _) => Fate::Modified,
        (false, true) => Fate::Lying,
        (false, false) => Fate::Plain,
    };
    let truth = Truth {
        number,
        device,
        site: place(plan, number).0,
        serial,
        udi,
        copy: false,
        copied: false,
        set_back: false,
        lies: false,
        ran: Vec::new(),
        promised: Vec::new(),
    };
    Ok((Fielded::new(plan, chip, truth, fate), fact, copied.then_some(with_store)))
}
