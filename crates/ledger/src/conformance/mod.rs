//! What every adapter of a port must do, as functions that an adapter's tests call; and [`FaultyLog`], a log that fails on
//! request. Not here: what only one adapter promises, such as files and locks.
//!
//! The functions panic where an adapter falls short: they are tests, kept in the library so that each adapter's crate can
//! run them. They ask for a *place*, a function that opens the same store each time it is called; the one before is
//! dropped first.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a panic is how a conformance test says no"
)]

mod blobs;
mod entries;
mod faulty;
mod feeder;
mod guard;
mod log;
mod staging;
#[cfg(test)]
mod tests;
mod vault;

use std::sync::Arc;

pub use blobs::blobs;
pub use faulty::{Fault, FaultyLog, Op};
pub use feeder::{Feeder, Random};
pub use guard::guard;
pub use log::{agrees_with_memory, log};
pub use vault::vault;

use crate::ports::{Appended, Batch, Head, Log, Staged, StoreError};

/// Opens the same store each time it is called. Only one value of it lives at a time.
pub type Place<P> = Box<dyn Fn() -> Box<P>>;

/// A log that others hold too: what stays in memory when [`MemoryLog`](crate::ports::MemoryLog) is opened again.
pub struct Shared(pub Arc<dyn Log>);

impl Log for Shared {
    fn head(&self) -> Result<Option<Head>, StoreError> {
        self.0.head()
    }
    fn append(&self, batch: &Batch) -> Appended {
        self.0.append(batch)
    }
    fn read(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError> {
        self.0.read(from, limit, max_bytes)
    }
    fn tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.0.tile(level, index)
    }
    fn bundle(&self, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.0.bundle(index)
    }
    fn put_cosigned(&self, size: u64, note: &str) -> Result<(), StoreError> {
        self.0.put_cosigned(size, note)
    }
    fn cosigned(&self) -> Result<Option<Head>, StoreError> {
        self.0.cosigned()
    }
    fn stage(&self, pieces: &[Arc<[u8]>]) -> Result<u64, StoreError> {
        self.0.stage(pieces)
    }
    fn staged(&self, from: u64, limit: usize) -> Result<Vec<Staged>, StoreError> {
        self.0.staged(from, limit)
    }
    fn unstage(&self, below: u64) -> Result<(), StoreError> {
        self.0.unstage(below)
    }
}
