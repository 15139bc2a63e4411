//! Which enrolled device holds a key or a UDI instance, so that no second one is taken for it.
//!
//! Eight bytes of a hash and the device, twice a device; a hit is compared in full where what is compared is kept. Not
//! here: the parts of a UDI (`formats`); a station states the serial beside the UDI as scanned.

use std::collections::BTreeSet;

use evidence::{KeyId, SourceId};

use super::record::{Enrolled, Log, Record};

#[derive(Debug, Clone, Default)]
pub(super) struct Identities {
    set: BTreeSet<(u64, SourceId)>,
}

impl Identities {
    pub(super) fn insert(&mut self, mark: u64, device: SourceId) {
        self.set.insert((mark, device));
    }

    /// Devices under a mark.
    pub(super) fn of(&self, mark: u64) -> impl Iterator<Item = SourceId> {
        let low = SourceId::device([0; 16]);
        // UEIDs of type RAND sort first (type 1), so the all-zero one of sixteen bytes is the lowest of them all.
        self.set.range((mark, low)..).take_while(move |(m, _)| *m == mark).map(|(_, device)| *device)
    }

    /// Notes again what the records of a restored device say.
    pub(super) fn restore(&mut self, device: SourceId, log: &Log) {
        for (_, record) in log.records() {
            match record {
                Record::Enrolled(e) => {
                    self.insert(e.key, device);
                    if let Some(mark) = instance(e.udi.as_deref(), e.serial.as_deref()) {
                        self.insert(mark, device);
                    }
                }
                Record::Reenrolled(key) => self.insert(key, device),
                _ => {}
            }
        }
    }
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
