//! The ports in memory: for tests, and for what needs no durability.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use evidence::Time;
use tlog::Hash;

use super::{
    Appended, Batch, Blobs, Clock, Guard, Head, Log, Problem, Salted, Staged, StoreError, Vault, commit,
};

/// A panic while the lock was held leaves the map whole: every change is one insertion.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Stored {
    entries: Vec<Arc<[u8]>>,
    tiles: BTreeMap<(u8, u64), Arc<[u8]>>,
    head: Option<Head>,
    cosigned: Option<Head>,
    staged: BTreeMap<u64, Arc<[u8]>>,
    next_place: u64,
}

/// A log in memory.
#[derive(Default)]
pub struct MemoryLog(Mutex<Stored>);

impl Log for MemoryLog {
    fn head(&self) -> Result<Option<Head>, StoreError> {
        Ok(locked(&self.0).head.clone())
    }

    fn append(&self, batch: &Batch) -> Appended {
        let mut stored = locked(&self.0);
        let size = stored.entries.len() as u64;
        if size != batch.first || batch.entries.is_empty() {
            let doing = format!("appending {} entries at {}", batch.entries.len(), batch.first);
            return Appended::Refused(StoreError::new(
                doing,
                Problem::Failed(format!("the log has {size} entries")),
            ));
        }
        stored.entries.extend(batch.entries.iter().cloned());
        for tile in &batch.tiles {
            stored.tiles.insert((tile.level, tile.index), tile.bytes.clone().into());
        }
        stored.head = Some(Head { size: batch.size(), checkpoint: batch.checkpoint.clone() });
        Appended::Committed
    }

    fn read(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let stored = locked(&self.0);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let (mut out, mut bytes) = (Vec::new(), 0usize);
        for entry in stored.entries.iter().skip(from).take(limit) {
            bytes = bytes.saturating_add(entry.len());
            if bytes > max_bytes && !out.is_empty() {
                break;
            }
            out.push(entry.clone());
        }
        Ok(out)
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        Ok(locked(&self.0).tiles.get(&(level, index)).cloned())
    }

    fn bundle(&self, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        let entries = self.read(index.saturating_mul(256), 256, usize::MAX)?;
        if entries.len() < 256 {
            return Ok(None);
        }
        let bundle = tlog::tile::EntryBundle::encode(&entries);
        let bundle = bundle.map_err(|e| {
            StoreError::new(format!("packing bundle {index}"), Problem::Damaged(e.to_string()))
        })?;
        Ok(Some(bundle.into()))
    }

    fn put_cosigned(&self, size: u64, note: &str) -> Result<(), StoreError> {
        let mut stored = locked(&self.0);
        if stored.cosigned.as_ref().is_none_or(|c| c.size <= size) {
            stored.cosigned = Some(Head { size, checkpoint: note.into() });
        }
        Ok(())
    }

    fn cosigned(&self) -> Result<Option<Head>, StoreError> {
        Ok(locked(&self.0).cosigned.clone())
    }

    fn stage(&self, pieces: &[Arc<[u8]>]) -> Result<u64, StoreError> {
        let mut stored = locked(&self.0);
        let first = stored.next_place;
        for piece in pieces {
            let place = stored.next_place;
            stored.staged.insert(place, piece.clone());
            stored.next_place += 1;
        }
        Ok(first)
    }

    fn staged(&self, from: u64, limit: usize) -> Result<Vec<Staged>, StoreError> {
        let stored = locked(&self.0);
        let pieces = stored.staged.range(from..).take(limit);
        Ok(pieces.map(|(place, bytes)| Staged { place: *place, bytes: bytes.clone() }).collect())
    }

    fn unstage(&self, below: u64) -> Result<(), StoreError> {
        let mut stored = locked(&self.0);
        stored.staged = stored.staged.split_off(&below);
        Ok(())
    }
}

/// Blobs in memory.
#[derive(Default)]
pub struct MemoryBlobs(Mutex<BTreeMap<Hash, Vec<u8>>>);

impl Blobs for MemoryBlobs {
    fn put(&self, bytes: &[u8]) -> Result<Hash, StoreError> {
        let digest = Hash::of(bytes);
        locked(&self.0).insert(digest, bytes.to_vec());
        Ok(digest)
    }
    fn get(&self, digest: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(locked(&self.0).get(digest).cloned())
    }
    fn has(&self, digest: &Hash) -> Result<bool, StoreError> {
        Ok(locked(&self.0).contains_key(digest))
    }
}

/// A vault in memory.
#[derive(Default)]
pub struct MemoryVault(Mutex<BTreeMap<Hash, Salted>>);

impl Vault for MemoryVault {
    fn put(&self, salt: &[u8; 32], value: &[u8]) -> Result<Hash, StoreError> {
        let commitment = commit(salt, value);
        locked(&self.0).insert(commitment, (*salt, value.to_vec()));
        Ok(commitment)
    }
    fn get(&self, commitment: &Hash) -> Result<Option<Salted>, StoreError> {
        Ok(locked(&self.0).get(commitment).cloned())
    }
    fn erase(&self, commitment: &Hash) -> Result<bool, StoreError> {
        Ok(locked(&self.0).remove(commitment).is_some())
    }
}

/// A guard in memory.
#[derive(Default)]
pub struct MemoryGuard(Mutex<Option<Arc<str>>>);

impl Guard for MemoryGuard {
    fn load(&self) -> Result<Option<Arc<str>>, StoreError> {
        Ok(locked(&self.0).clone())
    }
    fn store(&self, checkpoint: &str) -> Result<(), StoreError> {
        *locked(&self.0) = Some(checkpoint.into());
        Ok(())
    }
}

/// A clock that stands where it is set: for tests and simulated logs.
#[derive(Default)]
pub struct FixedClock(Mutex<Time>);

impl FixedClock {
    /// A clock that stands at `time`.
    #[must_use]
    pub fn new(time: Time) -> Self {
        Self(Mutex::new(time))
    }
    /// Sets the clock.
    pub fn set(&self, time: Time) {
        *locked(&self.0) = time;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Time {
        *locked(&self.0)
    }
}
