//! Which enrolled device holds a key or a UDI instance, so that no second one is taken for it.
//!
//! Eight bytes of a hash and the first eight of the UEID, twice a device; a hit is looked up and compared in full where
//! what is compared is kept. Not here: the parts of a UDI (`formats`); a station states the serial beside the UDI as
//! scanned.

use std::collections::BTreeSet;

use evidence::{KeyId, SourceId};

use super::record::{Enrolled, Log, Record};

/// Marks of keys and UDI instances, each with the beginning of the UEID it belongs to.
#[derive(Debug, Clone, Default)]
pub(super) struct Identities {
    set: BTreeSet<(u64, u64)>,
}

impl Identities {
    pub(super) fn insert(&mut self, mark: u64, device: &SourceId) {
        self.set.insert((mark, prefix(device)));
    }

    /// Beginnings of the UEIDs under a mark.
    pub(super) fn of(&self, mark: u64) -> impl Iterator<Item = u64> {
        self.set.range((mark, 0)..=(mark, u64::MAX)).map(|(_, prefix)| *prefix)
    }

    /// Notes again what the records of a restored device say.
    pub(super) fn restore(&mut self, device: &SourceId, log: &Log) {
        marks(log).for_each(|mark| self.insert(mark, device));
    }
}

/// The marks in a device's records.
pub(super) fn marks(log: &Log) -> impl Iterator<Item = u64> {
    log.records()
        .flat_map(|(_, record)| match record {
            Record::Enrolled(e) => [Some(e.key), instance(e.udi.as_deref(), e.serial.as_deref())],
            Record::Reenrolled(key) => [Some(key), None],
            _ => [None, None],
        })
        .flatten()
}

/// The beginning of a UEID, as if followed by zeros.
pub(super) fn prefix(device: &SourceId) -> u64 {
    let padded = device.as_bytes().iter().copied().chain(std::iter::repeat(0));
    padded.take(8).fold(0, |prefix, byte| prefix << 8 | u64::from(byte))
}

/// The first UEID in order that begins so: shorter ones come first.
pub(super) fn first_of(prefix: u64) -> Option<SourceId> {
    let mut padded = prefix.to_be_bytes().to_vec();
    padded.resize(17, 0);
    [7, 9, 15, 17].iter().find_map(|len| {
        let id = SourceId::from_bytes(padded.get(..*len)?).ok()?;
        (self::prefix(&id) == prefix).then_some(id)
    })
}

/// Mark of a key: the first bytes of its id, a SHA-256.
pub(super) fn key(id: &KeyId) -> u64 {
    first_bytes(&id.0)
}

/// Mark of a UDI instance; `None` where the UDI names a kind of device only: no serial beside it and none that shows in
/// the carrier as printed (GS1 `(21)`, HIBCC `/S`, ICCBBA `=,`).
pub(super) fn instance(udi: Option<&str>, serial: Option<&str>) -> Option<u64> {
    let udi = udi?;
    let shown = ["(21)", "/S", "=,"].iter().any(|mark| udi.contains(mark));
    let serial = serial.unwrap_or_default();
    if serial.is_empty() && !shown {
        return None;
    }
    let mut said = udi.as_bytes().to_vec();
    // What the carrier shows already names the instance; the serial beside it adds nothing then.
    if !shown {
        said.push(0);
        said.extend_from_slice(serial.as_bytes());
    }
    Some(first_bytes(&tlog::leaf_hash(&said).0))
}

/// Whether an enrolment names this UDI instance.
pub(super) fn same(e: &Enrolled, udi: Option<&str>, serial: Option<&str>) -> bool {
    e.udi.as_deref() == udi && instance(e.udi.as_deref(), e.serial.as_deref()) == instance(udi, serial)
}

fn first_bytes(hash: &[u8; 32]) -> u64 {
    hash.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}
