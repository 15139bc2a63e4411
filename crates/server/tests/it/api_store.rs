//! A store in memory that can be made to wait, and to change what it gives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use ledger::ports::{Appended, Batch, Head, Log, MemoryLog, Staged, StoreError};

/// Index of the entry that is changed.
pub(crate) const VICTIM: u64 = 5;

#[derive(Default)]
pub(crate) struct Troubled {
    log: MemoryLog,
    flipped: AtomicBool,
    waiting: AtomicBool,
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Troubled {
    /// Whether one byte of entry [`VICTIM`] is changed when it is read.
    pub(crate) fn flip(&self, flipped: bool) {
        self.flipped.store(flipped, Ordering::SeqCst);
    }

    /// Whether appends wait.
    pub(crate) fn gate(&self, closed: bool) {
        *self.closed.lock().expect("unpoisoned") = closed;
        self.opened.notify_all();
    }

    /// Whether an append has come to the gate.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::SeqCst)
    }
}

impl Log for Troubled {
    fn head(&self) -> Result<Option<Head>, StoreError> {
        self.log.head()
    }
    fn append(&self, batch: &Batch) -> Appended {
        let gate = self.closed.lock().expect("unpoisoned");
        self.waiting.store(*gate, Ordering::SeqCst);
        drop(self.opened.wait_while(gate, |closed| *closed).expect("unpoisoned"));
        self.log.append(batch)
    }
    fn read(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let mut entries = self.log.read(from, limit, max_bytes)?;
        let place = VICTIM.checked_sub(from).and_then(|p| usize::try_from(p).ok());
        if let Some(entry) = place.and_then(|p| entries.get_mut(p))
            && self.flipped.load(Ordering::SeqCst)
        {
            let mut bytes = entry.to_vec();
            bytes[40] ^= 1;
            *entry = bytes.into();
        }
        Ok(entries)
    }
    fn tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.log.tile(level, index)
    }
    fn bundle(&self, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.log.bundle(index)
    }
    fn put_cosigned(&self, size: u64, note: &str) -> Result<(), StoreError> {
        self.log.put_cosigned(size, note)
    }
    fn cosigned(&self) -> Result<Option<Head>, StoreError> {
        self.log.cosigned()
    }
    fn stage(&self, pieces: &[Arc<[u8]>]) -> Result<u64, StoreError> {
        self.log.stage(pieces)
    }
    fn staged(&self, from: u64, limit: usize) -> Result<Vec<Staged>, StoreError> {
        self.log.staged(from, limit)
    }
    fn unstage(&self, below: u64) -> Result<(), StoreError> {
        self.log.unstage(below)
    }
}
