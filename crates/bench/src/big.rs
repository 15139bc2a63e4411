//! A large log of small entries, built quickly: well formed and in order, appended through the `Log` port as the ledger
//! does, but their signatures are zeros. Loading a log does not look at signatures (the signed checkpoint covers the
//! entries); only the audit with signatures does, and it is not run on this log.

use std::sync::Arc;

use evidence::{Entry, Evidence, Fact};
use ledger::load;
use ledger::ports::{Appended, Batch, Log};
use store_sqlite::SqliteLog;
use testkit::{Author, ORIGIN};
use tlog::{Checkpoint, leaf_hash};

use crate::load::{Place, devices};

/// Entries of a batch.
const BATCH: u64 = 4_096;

/// What was built.
pub(crate) struct Big {
    pub(crate) place: Place,
    /// Entries.
    pub(crate) size: u64,
    /// Bytes of the entries themselves.
    pub(crate) raw: u64,
    /// Devices that speak in it.
    pub(crate) devices: u64,
}

/// Builds a log of at least `entries` entries by `count` devices.
pub(crate) fn build(settings: &crate::Settings, count: u64) -> Big {
    let place = Place::make(&settings.directory, "big");
    let ledger = place.open();
    let mut all = devices(&ledger, count);
    drop(ledger);
    let log = SqliteLog::open(&place.data()).unwrap();
    let mut edge = load(&log, None).unwrap().edge;
    let first = log.read(0, edge.size() as usize, usize::MAX).unwrap();
    let mut raw: u64 = first.iter().map(|e| e.len() as u64).sum();
    let keys = testkit::keys();
    let mut next = 0;
    while edge.size() < settings.entries {
        let (from, mut tiles) = (edge.size(), Vec::new());
        let mut entries: Vec<Arc<[u8]>> = Vec::with_capacity(BATCH as usize);
        for _ in 0..BATCH.min(settings.entries - from) {
            let device = &mut all[next % count as usize];
            next += 1;
            let bytes = small(device);
            raw += bytes.len() as u64;
            edge.append(leaf_hash(&bytes), &mut tiles);
            entries.push(bytes);
        }
        let note = Checkpoint::new(ORIGIN, edge.size(), edge.root()).sign(&keys.checkpoint).unwrap();
        let batch = Batch { first: from, entries, tiles, checkpoint: note.to_string().into() };
        assert_eq!(log.append(&batch), Appended::Committed);
    }
    Big { place, size: edge.size(), raw, devices: count }
}

/// The smallest attestation: place in the stream, chain, and that the device is up.
fn small(device: &mut Author) -> Arc<[u8]> {
    let fact = Fact::Attested(Evidence { uptime: Some(60), ..Evidence::default() });
    let entry = Entry::sign_cose(device.body(fact), &device.key, |_| [0; 64]).unwrap();
    device.sequence += 1;
    device.previous = Some(entry.hash());
    entry.encode().into()
}
