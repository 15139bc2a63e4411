//! Roll calls: devices whose evidence changed nothing, many in one `Attendance` entry, three to five bytes each
//! (docs/spec/entry.md, section 11). Not here: the evidence itself, which the ledger holds until it is pruned.
//!
//! A roll names its first device and counts from there in the order of the UEIDs, over the devices enrolled before the
//! entry: what it says is a function of the log alone, and no table of numbers is kept for it.

use evidence::body::DebugStatus;
use evidence::facts::fleet::{Appraisal, Appraised};
use evidence::{Body, Fact, SourceId, Time};

use super::Fleet;
use super::record::{Attended, Record};
use super::subject::Subject;
use super::view::FleetView;
use crate::streams::StreamKey;
use crate::world::World;

/// Most devices in one roll: a few milliseconds of the world's time.
pub const MAX_ROLL: usize = 4_096;
/// Most devices that one roll passes over between two that it names.
const MAX_SKIP: u64 = 65_536;
/// Moments in a roll are rounded to so many seconds, so that they take one byte mostly: beacons down, arrivals up.
const STEP: u64 = 8;

/// A device that was heard, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    /// The device.
    pub device: SourceId,
    /// Pieces of evidence.
    pub pieces: u64,
    /// The last of them was not made before.
    pub not_before: Time,
    /// The last of them arrived.
    pub arrived: Time,
}

/// A roll as its bytes say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roll {
    first: SourceId,
    heard: Vec<Heard>,
}

/// One device of a roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Heard {
    /// Enrolled devices between the one before and this one.
    skip: u64,
    /// Pieces of evidence, at least one.
    pieces: u64,
    /// Steps from the beacon of the last piece to the roll call, rounded up.
    age: u64,
    /// Steps from its arrival to the roll call, rounded down.
    heard: u64,
}

impl Roll {
    /// The bytes of a roll: the length of the first UEID and its bytes, then for each device LEB128 numbers: twice the
    /// devices skipped, and one more if there are several pieces; their number if so; the two spans of time in steps.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let id = self.first.as_bytes();
        let mut out = Vec::with_capacity(id.len() + 1 + 4 * self.heard.len());
        out.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(id);
        for h in &self.heard {
            put(&mut out, h.skip << 1 | u64::from(h.pieces != 1));
            if h.pieces != 1 {
                put(&mut out, h.pieces);
            }
            put(&mut out, h.age);
            put(&mut out, h.heard);
        }
        out
    }

    /// Reads the bytes of a roll; `None` if they are none, or not in their one form.
    #[must_use]
    pub fn decode(raw: &[u8]) -> Option<Self> {
        let (len, rest) = raw.split_first()?;
        let (id, mut left) = rest.split_at_checked((*len).into())?;
        let mut roll = Self { first: SourceId::from_bytes(id).ok()?, heard: Vec::new() };
        while !left.is_empty() {
            let head = take(&mut left)?;
            let (skip, several) = (head >> 1, head & 1 == 1);
            let pieces = if several { take(&mut left)? } else { 1 };
            let (age, heard) = (take(&mut left)?, take(&mut left)?);
            let fine = skip <= MAX_SKIP && roll.heard.len() < MAX_ROLL && (several == (pieces > 1));
            if !fine || pieces > u64::from(u32::MAX) || age > u64::from(u32::MAX) || heard > age {
                return None;
            }
            roll.heard.push(Heard { skip, pieces, age, heard });
        }
        (roll.encode() == raw).then_some(roll)
    }
}

impl Fleet {
    /// A roll of devices in the order of their UEIDs, as of `to`, and how many of them it holds: fewer than there are where
    /// one roll takes no more. `None` if the first is not enrolled. Linear in the devices passed over.
    #[must_use]
    pub fn roll(&self, present: &[Present], to: Time) -> Option<(Roll, usize)> {
        let first = present.first()?.device;
        let mut roll = Roll { first, heard: Vec::new() };
        let mut enrolled = self.enrolled_from(first);
        for p in present.iter().take(MAX_ROLL) {
            let mut skip = 0;
            let found =
                enrolled.by_ref().take(usize::try_from(MAX_SKIP).unwrap_or(usize::MAX)).any(|device| {
                    skip += u64::from(device != p.device);
                    device == p.device
                });
            if !found {
                break;
            }
            let age = to.since(p.not_before).div_ceil(STEP);
            let heard = (to.since(p.arrived) / STEP).min(age);
            roll.heard.push(Heard { skip, pieces: p.pieces, age, heard });
        }
        let n = roll.heard.len();
        (n > 0).then_some((roll, n))
    }

    fn enrolled_from(&self, first: SourceId) -> impl Iterator<Item = SourceId> {
        self.devices.range_from(Subject::Device(first)).map_while(|(subject, _)| match subject {
            Subject::Device(device) => Some(*device),
            Subject::Asset(_) => None,
        })
    }

    /// Takes a roll call, and says how far which streams have come. Total: a roll that names nobody says nothing.
    pub(crate) fn attend(&mut self, index: u64, raw: &[u8]) -> Vec<(StreamKey, u64)> {
        let Some(roll) = Roll::decode(raw) else { return Vec::new() };
        let mut enrolled = self.enrolled_from(roll.first);
        let named: Vec<(SourceId, Heard)> = roll
            .heard
            .iter()
            .map_while(|h| Some((enrolled.nth(usize::try_from(h.skip).ok()?)?, *h)))
            .collect();
        drop(enrolled);
        let mut streams = Vec::with_capacity(named.len());
        for (device, h) in named {
            let Some(log) = self.devices.get_mut(&Subject::Device(device)) else { continue };
            let Some(last) = log.head().unchanged(h.pieces, h.age * STEP) else { continue };
            let attended = Attended { pieces: h.pieces, heard: h.heard * STEP, last };
            log.push(index, &Record::Attended(attended));
            streams.push((StreamKey { source: device, stream: last.stream }, h.pieces));
        }
        streams
    }
}

/// Whether the next evidence of a device, with its verdict, says nothing but that the device was there: its verdict and
/// measurements, boot count and debug state are those of its newest word, in the same stream; it is fresh, answers no
/// challenge, and its model reports so seldom that a roll call every `every` seconds comes in time. `ahead` pieces of the
/// same kind come before it and are not in the log yet.
#[must_use]
pub fn unchanged(world: &World, body: &Body, ahead: u64, verdict: &Appraised, every: u64) -> bool {
    let Fact::Attested(evidence) = &body.fact else { return false };
    let bare = evidence.nonce.is_none() && body.reason.is_none() && body.on_behalf_of.is_none();
    if !bare || body.beacon.is_none() || verdict.status == Appraisal::None {
        return false;
    }
    let fleet = world.fleet();
    let Some(log) = fleet.devices.get(&Subject::Device(body.source)) else { return false };
    let stream = StreamKey { source: body.source, stream: body.stream };
    let Some(newest) = log.head().unchanged(0, 0).filter(|last| last.stream == body.stream) else {
        return false;
    };
    let end = newest.sequence.saturating_add(1);
    let at_its_end = world.streams().get(&stream).is_some_and(|s| s.next == end)
        && end.checked_add(ahead) == Some(body.sequence);
    let view = FleetView::new(world, world.now(), world.size());
    let Some(device) = super::glance::Glance::of(&view, body.source) else { return false };
    let (interval, deadline) = view.reporting(device.model, world.now());
    let debug: Option<DebugStatus> = evidence.debug;
    at_its_end
        && fleet.last_verdict(&body.source).is_some_and(|last| last.is(verdict))
        && (newest.boot, newest.debug) == (evidence.boot_count, debug)
        && newest.set.is_some()
        && device.measured_last(fleet, &evidence.measurements)
        && interval >= every
        && deadline >= every.saturating_mul(2)
}

fn put(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(u8::try_from(v & 0x7f).unwrap_or(0) | 0x80);
        v >>= 7;
    }
    out.push(u8::try_from(v).unwrap_or(0));
}

fn take(left: &mut &[u8]) -> Option<u64> {
    let mut v = 0u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = left.split_first()?;
        *left = rest;
        v |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(v);
        }
    }
    None
}

#[cfg(test)]
mod tests;
