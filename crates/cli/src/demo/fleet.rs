//! The simulated pumps: each has an SRAM of its own, gets its key from it at enrolment, and derives the key again at each
//! start. Nothing here keeps a device's key while the device is off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ed25519_dalek::SigningKey;
use evidence::body::{DebugStatus, Evidence, Measured};
use evidence::facts::fleet::{DeviceEnrolled, KeyOrigin};
use evidence::proof::attached::Attached;
use evidence::types::{Beacon, Bytes};
use evidence::{SourceId, Time};
use indicatif::ProgressBar;
use puf::sim::{CellModel, Conditions, SimChip};
use puf::{HelperData, Layout, Profile};
use tlog::Hash;

use super::cast::Actor;
use crate::failure::Failure;

/// Bytes of each pump's SRAM that make its key.
const SRAM: usize = 2_048;
/// Power-up reads at enrolment: the fewest the library takes.
const READS: u64 = 9;
/// Chips tried for one pump before the story gives up; a chip that the profile does not fit is scrapped.
const TRIES: u64 = 8;
/// What the device key is derived for.
const LABEL: &[u8] = b"vouchsafe demo device key";
/// Version of the helper data's context.
const CONTEXT_VERSION: u32 = 1;
/// Model of every pump.
pub(super) const MODEL: &str = "IP-2W";
/// Its product: the Basic UDI-DI of the example.
const PRODUCT: &str = "9506000IP2PUMPPY";
/// UDI-DI of the variant.
pub(super) const UDI_DI: &str = "09506000200019";

/// One pump.
pub(super) struct Pump {
    chip: u64,
    pub(super) serial: String,
    helper: HelperData,
    pub(super) actor: Actor,
    boots: u64,
    /// Chips that did not fit before this one.
    pub(super) scrapped: u64,
}

/// A firmware as the pumps measure it.
#[derive(Clone, Copy)]
pub(super) struct Firmware(pub(super) &'static str);

fn profile() -> Result<Profile, Failure> {
    // Simulated cells have no neighbours that pull them along, so candidates may stand close together.
    let cells = u32::try_from(SRAM * 8).unwrap_or(u32::MAX);
    let layout = Layout::new(cells, 0, 5, 128);
    let profile = layout.and_then(|layout| Profile::new(8, 23, 2, layout, 900));
    profile.map_err(|e| Failure::environment("choosing the profile of the simulated PUFs", e))
}

impl Pump {
    /// Takes the reads, enrols the chip, and derives the key.
    fn enrol(profile: &Profile, story: u64, n: u64) -> Result<Self, Failure> {
        let serial = format!("SP{:06}", n + 1);
        let fail = |e: puf::Error| Failure::environment(format!("enrolling {serial} by its PUF"), e);
        let mut last = None;
        for scrapped in 0..TRIES {
            let chip = story ^ (n << 8 | scrapped);
            let sram = SimChip::new(chip, SRAM, CellModel::CY62256NLL);
            let reads: Vec<Vec<u8>> = (0..READS).map(|r| sram.read(r, Conditions::NOMINAL)).collect();
            let reads: Vec<&[u8]> = reads.iter().map(Vec::as_slice).collect();
            let context = puf::Context::new(serial.as_bytes(), CONTEXT_VERSION).map_err(fail)?;
            match puf::enrol(&reads, profile, &context) {
                Ok((helper, secret)) => {
                    let key = SigningKey::from_bytes(&secret.derive(LABEL));
                    let digest = Hash::of(&key.verifying_key().to_bytes());
                    let mut ueid = [0; 16];
                    ueid.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
                    let actor = Actor::device(SourceId::device(ueid), key);
                    return Ok(Self { chip, serial, helper, actor, boots: 0, scrapped });
                }
                Err(e) => last = Some(e),
            }
        }
        Err(last.map_or_else(|| Failure::environment("enrolling", "no chip was tried"), fail))
    }

    /// Starts the pump: the key is derived from one fresh power-up read at some temperature.
    pub(super) fn boot(&mut self) -> Result<(), Failure> {
        self.boots += 1;
        let sram = SimChip::new(self.chip, SRAM, CellModel::CY62256NLL);
        let celsius = 15.0 + f64::from(u32::try_from(self.chip % 20).unwrap_or(0));
        let conditions = Conditions { celsius, volts_off_nominal: 0.0 };
        let fail = |e: puf::Error| Failure::damaged(format!("deriving the key of {}", self.serial), e);
        let context = puf::Context::new(self.serial.as_bytes(), CONTEXT_VERSION).map_err(fail)?;
        // Nonces below READS are the enrolment's.
        let read = sram.read(READS + self.boots, conditions);
        let secret = puf::reconstruct(&read, &self.helper, &context).map_err(fail)?;
        self.actor.with_secret(SigningKey::from_bytes(&secret.derive(LABEL)));
        Ok(())
    }

    /// What the station states about it. The pump signs that it holds the key.
    pub(super) fn enrolment(&self, origin: &str) -> DeviceEnrolled {
        let udi = format!("(01){UDI_DI}(21){}", self.serial);
        let possession = Attached::possession(origin, &self.actor.id, Some(&udi));
        let signature = self.actor.sign(&possession.cose_signed(&self.actor.key));
        DeviceEnrolled {
            device: self.actor.id,
            key: self.actor.key.clone(),
            possession: Bytes(signature.to_vec()),
            udi: Some(udi),
            serial: Some(self.serial.clone()),
            model: MODEL.into(),
            hardware_version: Some("A".into()),
            key_origin: KeyOrigin::Puf,
            helper: Some(Hash(self.helper.digest())),
            report: None,
            product: PRODUCT.into(),
        }
    }

    /// Its evidence: what it runs, how often it started, and the newest checkpoint it has seen.
    pub(super) fn attest(
        &mut self,
        time: Time,
        beacon: &Beacon,
        firmware: Firmware,
    ) -> Result<Arc<[u8]>, Failure> {
        let measured = |name: &str, version: &str| Measured {
            name: name.into(),
            version: Some(version.into()),
            digest: Hash::of(format!("simulated {name} {version}").as_bytes()),
        };
        let evidence = Evidence {
            hardware_model: Some(Bytes(MODEL.as_bytes().to_vec())),
            debug: Some(DebugStatus::DisabledPermanently),
            boot_count: Some(self.boots),
            measurements: vec![measured("firmware", firmware.0), measured("configuration", "3")],
            ..Evidence::default()
        };
        self.actor.state(time, Some(beacon.clone()), evidence::Fact::Attested(evidence))
    }
}

/// Enrols so many pumps on every core.
pub(super) fn enrol(
    story: u64,
    count: u64,
    bar: &ProgressBar,
    stop: &AtomicBool,
) -> Result<Vec<Pump>, Failure> {
    let profile = profile()?;
    let mut numbers: Vec<u64> = (0..count).collect();
    each(&mut numbers, bar, stop, |n| Pump::enrol(&profile, story, *n))
}

/// Does something with each item on every core, and gives the results in the order of the items.
pub(super) fn each<T: Send, R: Send>(
    items: &mut [T],
    bar: &ProgressBar,
    stop: &AtomicBool,
    work: impl Fn(&mut T) -> Result<R, Failure> + Sync,
) -> Result<Vec<R>, Failure> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = items.len().div_ceil(threads).max(1);
    let one = |part: &mut [T]| -> Result<Vec<R>, Failure> {
        let mut out = Vec::with_capacity(part.len());
        for item in part {
            if stop.load(Ordering::Relaxed) {
                return Err(super::interrupted());
            }
            out.push(work(item)?);
            bar.inc(1);
        }
        Ok(out)
    };
    std::thread::scope(|scope| {
        let one = &one;
        let handles: Vec<_> = items.chunks_mut(share).map(|part| scope.spawn(move || one(part))).collect();
        let mut all = Vec::new();
        for handle in handles {
            let part =
                handle.join().map_err(|_| Failure::environment("working on the fleet", "a thread failed"))?;
            all.extend(part?);
        }
        Ok(all)
    })
}
