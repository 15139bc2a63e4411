//! Sixteen weeks in the field: pumps are enrolled and attest, links are lost, a clone speaks, a key is stolen, a pump is set
//! back to older firmware.

use std::sync::Arc;

use evidence::facts::sources::{KeyRevoked, RevocationCause};
use ledger::{Ledger, Rejection};
use serde_json::Value;
use world::streams::StreamKey;

use super::fleet::{self, Firmware, Pump};
use super::must;
use super::story::{DAY, Play, WEEK, WEEKS};
use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::text::{count, plural, took};

/// Weeks in which some pumps have no link, and the week they are back.
const LINK_LOSS: std::ops::Range<u64> = 7..10;
/// Week in which a clone speaks, and week in which the station's key turns out stolen.
const CLONE: u64 = 5;
const THEFT: u64 = 13;
/// Week in which advisories come in, and week after which the corrected firmware is released.
const ADVISORIES: u64 = 6;
const CORRECTION: u64 = 11;

/// Week in which somebody on the ward sets a pump back to the release before, and which pump.
const ROLLBACK: u64 = 16;
const ROLLED_BACK: u64 = 4;

/// The firmware a pump runs: two updates, each in two waves. One pump in forty is never updated, one is set back.
pub(super) fn firmware(week: u64, n: u64) -> Firmware {
    let wave = n % 2;
    match week {
        ROLLBACK.. if n == ROLLED_BACK => Firmware("2.1.0"),
        0..=2 => Firmware("2.0.0"),
        3 if wave == 0 => Firmware("2.0.0"),
        _ if n % 40 == 7 => Firmware("2.0.0"),
        3..=11 => Firmware("2.1.0"),
        12..=13 if wave == 0 => Firmware("2.1.0"),
        _ if n % 20 == 3 => Firmware("2.1.0"),
        _ => Firmware("2.1.1"),
    }
}

impl Play<'_, '_> {
    pub(super) fn enrol(&mut self) -> Result<Vec<Pump>, Failure> {
        self.stage.step("Pumps get keys from their own silicon")?;
        self.advance(self.start.plus(DAY))?;
        let watch = Stopwatch::start();
        let bar = self.stage.ui.progress("Enrolling SRAM PUFs", self.stage.devices);
        let pumps = fleet::enrol(self.stage.seed, self.stage.devices, &bar, &self.stage.stop)?;
        bar.finish_and_clear();
        let puf = watch.elapsed();
        let mut entries = Vec::new();
        for pump in &pumps {
            let fact = pump.enrolment(&self.stage.origin);
            entries.push(self.company.station.state(self.now(), None, fact)?);
        }
        self.submit(entries)?;
        let n = pumps.len() as u64;
        let scrapped: u64 = pumps.iter().map(|p| p.scrapped).sum();
        self.stage.tell(&format!(
            "The station enrolled {} in {}: nine power-up reads of each SRAM, public helper data, and a key that is \
             stored nowhere. Each pump signed that it holds its key. {} did not fit and were scrapped.",
            plural(n, "pump", "pumps"),
            took(puf),
            plural(scrapped, "chip", "chips"),
        ))?;
        let held = {
            let world = self.ledger.read();
            pumps.iter().filter(|p| world.sources().get(&p.actor.id).is_some()).count() as u64
        };
        must(held == n, "each pump is enrolled")?;
        self.stage.figure("devices", n);
        Ok(pumps)
    }

    /// Sixteen weeks: evidence each week, two updates, lost links, a clone, a stolen key.
    pub(super) fn months(&mut self, pumps: &mut [Pump]) -> Result<(), Failure> {
        self.stage.step("Four months in the field")?;
        let watch = Stopwatch::start();
        let bar = self.stage.ui.progress("Weeks of evidence", WEEKS * pumps.len() as u64);
        let mut kept: Vec<Arc<[u8]>> = Vec::new();
        let offline = |n: usize| n.is_multiple_of(10);
        let (mut boots, mut late) = (0, 0);
        for week in 1..=WEEKS {
            self.advance(self.start.plus(week * WEEK))?;
            let (time, beacon) = (self.now(), self.beacon()?);
            // An update restarts the pump, and a restart derives the key anew.
            let restart =
                |n: usize| week == 1 || firmware(week, n as u64).0 != firmware(week - 1, n as u64).0;
            let mut work: Vec<(usize, &mut Pump)> = pumps.iter_mut().enumerate().collect();
            boots += work.iter().filter(|(n, _)| restart(*n)).count() as u64;
            let entries = fleet::each(&mut work, &bar, &self.stage.stop, |(n, pump)| {
                if restart(*n) {
                    pump.boot()?;
                }
                pump.attest(time, &beacon, firmware(week, *n as u64))
            })?;
            self.attested += entries.len() as u64;
            let (held, sent): (Vec<_>, Vec<_>) =
                entries.into_iter().enumerate().partition(|(n, _)| LINK_LOSS.contains(&week) && offline(*n));
            kept.extend(held.into_iter().map(|(_, e)| e));
            self.submit(sent.into_iter().map(|(_, e)| e).collect())?;
            match week {
                w if w == LINK_LOSS.end => late = self.deliver(&mut kept, &bar)?,
                CLONE => bar.suspend(|| self.clone(pumps))?,
                ADVISORIES => bar.suspend(|| self.advisories())?,
                CORRECTION => bar.suspend(|| self.corrected_release())?,
                THEFT => bar.suspend(|| self.theft(pumps))?,
                ROLLBACK => bar.suspend(|| self.rollback(pumps))?,
                _ => {}
            }
            if week.is_multiple_of(4) {
                let now = self.now();
                self.witnesses.cosign(&self.ledger, now)?;
            }
        }
        bar.finish_and_clear();
        self.stage.tell(&format!(
            "{} pieces of evidence, each signed by its pump's own key and naming the newest checkpoint the pump had seen, \
             in {}. Two updates restarted every pump, and {} times a key was derived again from one noisy power-up read.",
            count(self.attested),
            took(watch.elapsed()),
            count(boots)
        ))?;
        let (attested, seals) = {
            let world = self.ledger.read();
            let of = |tag: u64| world.journal().counts().get(&tag).copied().unwrap_or(0);
            (of(103), of(4))
        };
        must(attested == self.attested, "each piece of evidence is in the log")?;
        self.stage.tell(&format!(
            "Every hour in which something happened, the states were sealed under one root each: {} so far.",
            plural(seals, "seal", "seals")
        ))?;
        must(seals > 0, "states were sealed")?;
        for (name, value) in
            [("attested", attested), ("key_derivations", boots), ("late", late), ("seals", seals)]
        {
            self.stage.figure(name, value);
        }
        Ok(())
    }

    /// What was kept while the link was lost arrives after newer evidence: gaps open, then close.
    fn deliver(&mut self, kept: &mut Vec<Arc<[u8]>>, bar: &indicatif::ProgressBar) -> Result<u64, Failure> {
        let late = kept.len() as u64;
        let gaps = |ledger: &Ledger| {
            let world = ledger.read();
            world.streams().iter().filter(|(_, s)| !s.gaps.is_empty()).count() as u64
        };
        let before = gaps(&self.ledger);
        self.submit(std::mem::take(kept))?;
        let after = gaps(&self.ledger);
        must(
            before > 0 && after == 0,
            "gaps opened while links were lost, and closed when the evidence came",
        )?;
        bar.suspend(|| {
            self.stage.tell(&format!(
                "Week {}: {} without a link for three weeks came back. Their streams showed gaps; {} late pieces of \
                 evidence filled every one, each with the checkpoint it was made under.",
                LINK_LOSS.end,
                plural(before, "pump", "pumps"),
                count(late)
            ))
        })?;
        Ok(late)
    }

    /// A copy of a pump's key speaks at a place where the pump has spoken.
    fn clone(&mut self, pumps: &mut [Pump]) -> Result<(), Failure> {
        let at = pumps.len() / 3;
        let pump = pumps.get_mut(at).ok_or_else(|| Failure::environment("the clone", "there is no pump"))?;
        let (serial, stream) = (pump.serial.clone(), StreamKey { source: pump.actor.id, stream: 1 });
        let (mut copy, beacon, now) = (pump.actor.clone(), self.beacon()?, self.now());
        let real = pump.attest(now, &beacon, firmware(CLONE, at as u64))?;
        let fact = evidence::Fact::Attested(evidence::Evidence::default());
        let forged = copy.state(now, Some(beacon), fact)?;
        self.attested += 1;
        self.submit(vec![real])?;
        let outcome = self.ledger.submit(vec![forged]).pop();
        let Some(Err(Rejection::Equivocation { kept, .. })) = outcome else {
            return must(false, "the clone is caught");
        };
        let forks = self.ledger.read().streams().get(&stream).map_or(0, |s| s.forks.len());
        must(forks == 1, "the fork is a finding of its stream")?;
        self.stage.figure("clone_entry", kept);
        self.stage.tell(&format!(
            "Week {CLONE}: a clone of {serial} spoke with the same key at the same place of its stream. Both sides are \
             kept, in entry {}: proof that the key is in two hands.",
            count(kept)
        ))
    }

    /// A pump was set back on the ward, without anyone's leave: its own next evidence says so.
    fn rollback(&mut self, pumps: &[Pump]) -> Result<(), Failure> {
        let pump = usize::try_from(ROLLED_BACK).ok().and_then(|n| pumps.get(n));
        let Some(serial) = pump.map(|p| p.serial.clone()) else { return Ok(()) };
        let shown = self.command(0, &["device", "show", &serial])?;
        let verdict = shown.pointer("/verdict/reasons").and_then(Value::as_array).map(Vec::as_slice);
        must(verdict.unwrap_or_default().contains(&"downgraded".into()), "the step back is in the verdict")?;
        let status = shown.pointer("/verdict/status").and_then(Value::as_str).unwrap_or_default();
        must(status != "affirming", "a pump that was set back is not affirmed")?;
        self.stage.tell(&format!(
            "Week {ROLLBACK}: somebody on the ward set {serial} back to 2.1.0. Its next evidence said so: verdict \"{status}\", \
             because it runs an older release than before, and it counts as affected again.",
        ))
    }

    /// The station's key is revoked; whoever stole it tries to enrol a pump.
    fn theft(&mut self, pumps: &[Pump]) -> Result<(), Failure> {
        let now = self.now();
        let fact = KeyRevoked {
            source: self.company.station.id,
            key: self.company.station.key.id(),
            cause: RevocationCause::Compromised,
            doubtful_since: None,
        };
        let entry = self.administrator.state(now, None, fact)?;
        self.submit(vec![entry])?;
        let Some(pump) = pumps.first() else { return must(false, "there is a pump") };
        let mut fake = pump.enrolment(&self.stage.origin);
        fake.serial = Some("SP999999".into());
        let forged = self.company.station.state(now, None, fake)?;
        let outcome = self.ledger.submit(vec![forged]).pop();
        let Some(Err(Rejection::Quarantined { kept, .. })) = outcome else {
            return must(false, "what the revoked key signed is quarantined");
        };
        self.stage.figure("quarantine_entry", kept);
        self.stage.tell(&format!(
            "Week {THEFT}: the station's key was revoked as compromised. The {} it enrolled before stay enrolled; what \
             the key signed afterwards is in quarantine, in entry {}.",
            plural(pumps.len() as u64, "pump", "pumps"),
            count(kept)
        ))
    }
}
