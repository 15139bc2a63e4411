//! One simulated device: real device code, restarted, cut off from power, updated, set back, and lied by.

use std::collections::VecDeque;
use std::sync::Arc;

use device::{Anchor, Device, Error as DeviceError, Start};
use evidence::body::{DebugStatus, Evidence, Measured};
use evidence::types::Bytes;
use evidence::{SourceId, Time};

use crate::chip::Chip;
use crate::clock::Clock;
use crate::error::Error;
use crate::flash::Shared;
use crate::plan::{Plan, layer};
use crate::random::Random;
use crate::truth::{Happened, Ran, Truth};

/// Starts tried until one succeeds.
const STARTS: u32 = 8;
/// Writes within which the power fails, once it is to fail.
const WRITES: u64 = 6;
/// Rounds that a link stays lost, at most.
const OUTAGE: u64 = 4;
/// Pieces answered for good that are kept to be sent again.
const OLD: usize = 4;
/// Rounds before which nobody tampers with anything.
const PEACE: u64 = 1;

/// What somebody does to a device, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing.
    Plain,
    /// Its firmware is modified and says so.
    Modified,
    /// Its firmware is modified and denies it.
    Lying,
}

/// What a round is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Things go wrong as planned.
    Planned,
    /// Nothing goes wrong and every gateway reaches its devices.
    Calm,
    /// As calm, and nothing new is said.
    Drain,
}

/// What holds for a round.
pub(crate) struct Round<'a> {
    pub(crate) number: u64,
    pub(crate) now: Time,
    pub(crate) freshness: &'a [u8],
    pub(crate) plan: &'a Plan,
    pub(crate) anchor: &'a Anchor,
    pub(crate) mode: Mode,
}

impl Round<'_> {
    /// Whether things go wrong.
    pub(crate) fn is_planned(&self) -> bool {
        self.mode == Mode::Planned
    }
}

/// One device.
#[derive(Debug)]
pub(crate) struct Fielded {
    pub(crate) id: SourceId,
    pub(crate) chip: Chip,
    pub(crate) flash: Shared,
    pub(crate) device: Option<Device<Shared>>,
    pub(crate) truth: Truth,
    pub(crate) old: VecDeque<Arc<[u8]>>,
    pub(crate) random: Random,
    fate: Fate,
    clock: Option<Clock>,
    /// The round from which on the link is there again.
    back: u64,
    image: Option<Shared>,
    started: Time,
    /// What it runs when it is started first.
    begins: usize,
}

impl Fielded {
    pub(crate) fn new(plan: &Plan, chip: Chip, truth: Truth, fate: Fate) -> Self {
        let (pages, page) = plan.flash();
        let random = Random::of(&[plan.seed, truth.number, u64::from(truth.copy), 0xdeb1]);
        Self {
            id: truth.device,
            chip,
            flash: Shared::new(pages, page),
            device: None,
            truth,
            old: VecDeque::new(),
            random,
            fate,
            clock: None,
            back: 0,
            image: None,
            started: Time::EPOCH,
            begins: 0,
        }
    }

    /// A second device with the secret of this one, and with its store too if so.
    pub(crate) fn copied(&mut self, plan: &Plan, site: usize, with_store: bool) -> Self {
        self.truth.copied = true;
        let truth = Truth {
            site,
            copy: true,
            copied: false,
            set_back: false,
            lies: false,
            ran: Vec::new(),
            promised: Vec::new(),
            ..self.truth.clone()
        };
        let mut copy = Self::new(plan, self.chip.clone(), truth, Fate::Plain);
        copy.begins = self.truth.now().map_or(0, |ran| ran.build);
        if with_store {
            copy.flash = self.flash.copy();
            copy.flash.restore_power();
        }
        copy
    }

    /// Whether the gateway reaches it.
    pub(crate) fn reachable(&self, round: &Round<'_>) -> bool {
        !round.is_planned() || self.back <= round.number
    }

    /// Remembers a piece that was answered for good.
    pub(crate) fn remember(&mut self, bytes: &Arc<[u8]>) {
        if self.old.len() == OLD {
            self.old.pop_front();
        }
        self.old.push_back(bytes.clone());
    }

    /// Lives through a round, up to where the gateway collects.
    pub(crate) fn live(&mut self, round: &Round<'_>, happened: &mut Happened) -> Result<(), Error> {
        let first = self.device.is_none();
        let mut restart = first;
        if first {
            self.run(self.begins, round, happened);
        }
        if round.is_planned() {
            restart |= self.suffer(round, happened);
        }
        if restart {
            self.start(round, happened)?;
        }
        if self.reachable(round) {
            let fresh = self.device.as_mut().map(|d| d.fresh(round.freshness));
            if matches!(fresh, Some(Err(DeviceError::NotFresh(_)))) {
                happened.not_fresh += 1;
            }
            self.recover(round, happened)?;
        }
        if round.mode != Mode::Drain {
            self.attest(round, happened);
        }
        self.recover(round, happened)
    }

    /// What happens to it before it attests; whether it must be started again.
    fn suffer(&mut self, round: &Round<'_>, happened: &mut Happened) -> bool {
        let (faults, builds) = (round.plan.faults, round.plan.builds.len());
        let random = &mut self.random;
        let lost = random.chance(faults.link_loss);
        let outage = 1 + random.below(OUTAGE);
        let [update, rollback, reboot, step, set_back, power] = [
            faults.update,
            faults.rollback,
            faults.reboot,
            faults.clock_step,
            faults.set_back,
            faults.power_loss,
        ]
        .map(|share| random.chance(share));
        let (writes, torn) = (random.below(WRITES), random.place(usize::MAX));
        if lost && self.back <= round.number {
            self.back = round.number + outage;
            happened.links_lost += 1;
        }
        if step && let Some(clock) = &mut self.clock {
            clock.step(round.now, &mut self.random);
            happened.clock_steps += 1;
        }
        let mut restart = reboot;
        happened.reboots += u64::from(reboot);
        let runs = self.truth.now().map_or(0, |ran| ran.build);
        let tampered = self.fate != Fate::Plain && round.number > PEACE && !self.tampered();
        if tampered {
            self.run(runs, round, happened);
            restart = true;
        } else if update && runs + 1 < builds {
            self.run(runs + 1, round, happened);
            happened.updates += 1;
            restart = true;
        } else if rollback && runs > 0 {
            self.run(runs - 1, round, happened);
            happened.rollbacks += 1;
            restart = true;
        }
        if set_back && round.number > PEACE {
            if let Some(image) = self.image.take() {
                self.flash.become_as(&image);
                self.truth.set_back = true;
                happened.set_back += 1;
                restart = true;
            } else {
                self.image = Some(self.flash.copy());
            }
        }
        if power {
            self.flash.fail_soon(writes, torn);
        }
        restart
    }

    fn tampered(&self) -> bool {
        self.truth.now().is_some_and(|ran| ran.modified)
    }

    /// Runs a build from now on; once tampered with, a modified one.
    fn run(&mut self, build: usize, round: &Round<'_>, happened: &mut Happened) {
        let Some(what) = round.plan.builds.get(build) else { return };
        let modified = self.fate != Fate::Plain && round.number > PEACE;
        let says = if modified && self.fate == Fate::Modified {
            what.modified(self.truth.number)
        } else {
            what.measured.clone()
        };
        if modified && !self.tampered() {
            self.truth.lies = self.fate == Fate::Lying;
            happened.lies += u64::from(self.truth.lies);
            happened.modified += u64::from(!self.truth.lies);
        }
        self.truth.ran.push(Ran { since: round.now, build, modified, says });
    }

    /// What the first layer measures: what is really there.
    fn measures(&self, plan: &Plan) -> Vec<Measured> {
        let Some(ran) = self.truth.now() else { return Vec::new() };
        let Some(build) = plan.builds.get(ran.build) else { return Vec::new() };
        if ran.modified { build.modified(self.truth.number) } else { build.measured.clone() }
    }

    /// Restarts where the power has failed.
    pub(crate) fn recover(&mut self, round: &Round<'_>, happened: &mut Happened) -> Result<(), Error> {
        if self.flash.is_off() {
            happened.power_losses += 1;
            self.start(round, happened)?;
        }
        Ok(())
    }

    fn start(&mut self, round: &Round<'_>, happened: &mut Happened) -> Result<(), Error> {
        let measures = self.measures(round.plan);
        let mut why = String::new();
        for _ in 0..STARTS {
            self.flash.restore_power_if_off();
            happened.starts += 1;
            let short_off = if round.is_planned() { round.plan.faults.short_off } else { 0 };
            let found = self.chip.power_up(self.truth.number, short_off, &mut self.random)?;
            happened.derived += 1;
            happened.bad_reads += found.bad;
            let start = Start {
                device: self.id,
                anchor: round.anchor,
                layer: layer(&measures),
                entropy: self.random.bytes(),
                boots: 0,
            };
            match Device::start(self.flash.clone(), &found.identity, &start) {
                Ok(device) => {
                    self.device = Some(device);
                    self.started = round.now;
                    if self.clock.is_none() {
                        self.clock = Some(Clock::new(round.now, &mut self.random));
                    }
                    return Ok(());
                }
                Err(e) => why = e.to_string(),
            }
            happened.power_losses += u64::from(self.flash.is_off());
        }
        Err(Error::Start { number: self.truth.number, why })
    }

    fn attest(&mut self, round: &Round<'_>, happened: &mut Happened) {
        let (Some(ran), Some(device)) = (self.truth.ran.last(), &mut self.device) else { return };
        let build = round.plan.builds.get(ran.build);
        let evidence = Evidence {
            hardware_model: Some(Bytes(round.plan.model.as_bytes().iter().copied().take(32).collect())),
            uptime: Some(round.now.since(self.started)),
            debug: Some(DebugStatus::DisabledPermanently),
            software_name: build.map(|b| b.name.clone()),
            software_version: build.map(|b| b.version.clone()),
            measurements: ran.says.clone(),
            ..Evidence::default()
        };
        let claims = self.clock.as_ref().map(|clock| clock.shows(round.now));
        match device.attest(claims, evidence) {
            Ok(place) => {
                happened.attested += 1;
                self.truth.promised.push(place);
            }
            Err(DeviceError::Full) => happened.full += 1,
            // The power failed: what was not answered was not promised.
            Err(_) => {}
        }
    }
}
