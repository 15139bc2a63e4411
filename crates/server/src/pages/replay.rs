//! Worlds of past sizes: the log's prefix applied anew, the last few kept. Losing them costs a replay.
//!
//! One replay runs at a time; the bound keeps a page from occupying it for long. Snapshots will shorten the way.

use std::sync::{Arc, Mutex, PoisonError};

use evidence::Entry;
use ledger::Ledger;
use world::World;

use super::error::PageError;

/// Worlds that are kept.
const KEPT: usize = 3;
/// Most entries that one page applies: two to three seconds.
const MAX_REPLAY: u64 = 1_000_000;
/// Entries read at once.
const CHUNK: usize = 4_096;
/// Bytes read at once.
const CHUNK_BYTES: usize = 8 << 20;

/// Past worlds, the one asked for last at the end.
#[derive(Default)]
pub(super) struct Replays(Mutex<Vec<Arc<World>>>);

impl Replays {
    /// The world of the first `size` entries. O(entries since the nearest kept world below).
    pub(super) fn world_at(&self, ledger: &Ledger, size: u64) -> Result<Arc<World>, PageError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().position(|w| w.size() == size) {
            let world = kept.remove(at);
            kept.push(world.clone());
            return Ok(world);
        }
        let nearest = kept.iter().filter(|w| w.size() < size).max_by_key(|w| w.size());
        let mut world = nearest.map_or_else(World::new, |w| (**w).clone());
        if size - world.size() > MAX_REPLAY {
            return Err(PageError::too_far_back(size, MAX_REPLAY));
        }
        while world.size() < size {
            let from = world.size();
            let entries = ledger.log().read(from, CHUNK, CHUNK_BYTES).map_err(PageError::store)?;
            if entries.is_empty() {
                return Err(PageError::damaged(from, "it is missing"));
            }
            for raw in entries.iter().take(usize::try_from(size - from).unwrap_or(usize::MAX)) {
                let entry =
                    Entry::decode(raw).map_err(|e| PageError::damaged(world.size(), &e.to_string()))?;
                world.apply(&entry, entry.hash());
            }
        }
        let world = Arc::new(world);
        kept.push(world.clone());
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
        Ok(world)
    }
}
