//! From a stored log to a world: reads the entries, re-computes the tree, and holds it against the stored checkpoint.
//!
//! With a snapshot only the entries after it are read. A snapshot counts when a `Sealed` entry that comes later in the log
//! states the roots over its states; everything it skips is under the same signed checkpoint, through the stored tiles.

use std::sync::Arc;

use evidence::facts::log::SealedConcern;
use evidence::{Entry, Fact};
use tlog::tile::{Edge, Tile, TileCoord};
use tlog::{Checkpoint, VerifierKey, leaf_hash};
use world::{APPLY_VERSION, World};

use crate::error::LedgerError;
use crate::ports::{Head, Log, Problem, StoreError};
use crate::snapshot::Snapshots;

/// Entries read at once.
const CHUNK: usize = 4_096;
/// Bytes read at once.
const CHUNK_BYTES: usize = 8 << 20;

/// A log as it was found.
pub struct Loaded {
    /// What its entries amount to.
    pub world: World,
    /// The right edge of its tree.
    pub edge: Edge,
    /// Its checkpoint.
    pub head: Head,
    /// Every key that signed its checkpoints, oldest first.
    pub keys: Vec<VerifierKey>,
    /// Size of the snapshot it began from; 0 if it replayed everything.
    pub from_snapshot: u64,
}

/// Loads a log and verifies that its entries lead to its checkpoint. Signatures of entries were verified when they were
/// admitted and are covered by the checkpoint's; `audit` verifies them again.
///
/// # Errors
/// The store fails, an entry is damaged, or the tree is another one.
pub fn load(log: &dyn Log, snapshots: Option<&Snapshots>) -> Result<Loaded, LedgerError> {
    let head = log.head()?.ok_or(LedgerError::NoLog)?;
    for (snapshots, size) in snapshots.iter().flat_map(|s| s.sizes().into_iter().map(move |size| (s, size))) {
        if size == 0 || size > head.size {
            continue;
        }
        match resume(log, &head, snapshots, size) {
            Ok(Some(loaded)) => return Ok(loaded),
            Ok(None) => tracing::warn!(size, "no seal in the log states this snapshot; it is not used"),
            Err(e) => tracing::warn!(size, error = %e, "this snapshot cannot be used"),
        }
    }
    let mut replay = Replay { world: World::new(), edge: Edge::new() };
    replay.run(log, head.size)?;
    finish(replay, head, 0)
}

/// Loads from a snapshot; `None` if nothing in the log vouches for it. Its states are not worked with before that.
fn resume(
    log: &dyn Log,
    head: &Head,
    snapshots: &Snapshots,
    size: u64,
) -> Result<Option<Loaded>, LedgerError> {
    let unusable = |e: &dyn std::fmt::Display| LedgerError::Seal(format!("the snapshot at {size}: {e}"));
    let (world, roots) = snapshots.read(size).map_err(|e| unusable(&e))?;
    if !is_stated(log, head.size, size, &roots)? {
        return Ok(None);
    }
    let source = |coord: TileCoord| stored_tile(log, coord, size);
    // The root at this size is not known yet; the replay ends at the checkpoint's, or this is not the tree.
    let root =
        tlog::tree::root(&tlog::tile::TileReader::new(source, size), size).map_err(|e| unusable(&e))?;
    let edge = Edge::restore(size, &source, &root).map_err(|e| unusable(&e))?;
    let mut replay = Replay { world, edge };
    replay.run(log, head.size)?;
    finish(replay, head.clone(), size).map(Some)
}

/// Whether a `Sealed` entry after `size` states these roots for it. Usually one of the next few does.
fn is_stated(log: &dyn Log, end: u64, size: u64, roots: &[SealedConcern]) -> Result<bool, LedgerError> {
    let mut at = size;
    while at < end {
        let entries = log.read(at, 64, CHUNK_BYTES)?;
        if entries.is_empty() {
            return Ok(false);
        }
        for raw in &entries {
            let entry =
                Entry::decode(raw).map_err(|e| LedgerError::BadEntry { index: at, reason: e.to_string() })?;
            if let Fact::Sealed(f) = &entry.body().fact
                && f.size == size
            {
                return Ok(f.concerns == roots);
            }
            at += 1;
        }
    }
    Ok(false)
}

/// A tile of the tree at `size`: full ones as stored, partial ones from the tiles below or from the entries.
fn stored_tile(log: &dyn Log, coord: TileCoord, size: u64) -> Result<Arc<[u8]>, StoreError> {
    let missing =
        || StoreError::new(format!("reading {coord}"), Problem::Damaged("a tile below it is missing".into()));
    if let Some(tile) = log.tile(coord.level, coord.index)? {
        let bytes = tile.get(..usize::from(coord.width) * 32).ok_or_else(missing)?;
        return Ok(bytes.into());
    }
    let first = coord.index * 256;
    let mut out = Vec::with_capacity(usize::from(coord.width) * 32);
    if coord.level == 0 {
        let mut at = first;
        while at < (first + u64::from(coord.width)).min(size) {
            let entries = log.read(at, usize::from(coord.width), CHUNK_BYTES)?;
            if entries.is_empty() {
                return Err(missing());
            }
            at += entries.len() as u64;
            entries.iter().for_each(|e| out.extend_from_slice(&leaf_hash(e).0));
        }
        out.truncate(usize::from(coord.width) * 32);
        return Ok(out.into());
    }
    for index in first..first + u64::from(coord.width) {
        let below = log.tile(coord.level - 1, index)?.ok_or_else(missing)?;
        let tile = Tile::decode(&below, 256).map_err(|_| missing())?;
        out.extend_from_slice(&tile.node(8, 0).ok_or_else(missing)?.0);
    }
    Ok(out.into())
}

struct Replay {
    world: World,
    edge: Edge,
}

impl Replay {
    fn run(&mut self, log: &dyn Log, size: u64) -> Result<(), LedgerError> {
        let mut filled = Vec::new();
        while self.world.size() < size {
            let index = self.world.size();
            let entries = log.read(index, CHUNK, CHUNK_BYTES)?;
            if entries.is_empty() {
                return Err(LedgerError::BadEntry { index, reason: "it is missing".into() });
            }
            for raw in entries.iter().take(usize::try_from(size - index).unwrap_or(usize::MAX)) {
                self.take(raw)?;
                self.edge.append(leaf_hash(raw), &mut filled);
                filled.clear();
            }
        }
        Ok(())
    }

    fn take(&mut self, raw: &[u8]) -> Result<(), LedgerError> {
        let index = self.world.size();
        let entry = Entry::decode(raw).map_err(|e| LedgerError::BadEntry { index, reason: e.to_string() })?;
        if let Fact::Epoch(epoch) = &entry.body().fact
            && epoch.apply_version > APPLY_VERSION
        {
            return Err(LedgerError::NewerEpoch { log: epoch.apply_version, program: APPLY_VERSION });
        }
        let hash = entry.hash();
        self.world.apply(&entry, hash);
        Ok(())
    }
}

/// The stored checkpoint must be signed by the key that the log names and lead to the root that its entries have.
fn finish(replay: Replay, head: Head, from_snapshot: u64) -> Result<Loaded, LedgerError> {
    let Replay { world, edge, .. } = replay;
    let bad = |reason: String| LedgerError::BadCheckpoint(reason);
    let keys: Result<Vec<_>, _> =
        world.journal().log_keys().map(|(_, key)| VerifierKey::parse(key)).collect();
    let keys = keys.map_err(|e| bad(format!("a key that the log names: {e}")))?;
    let key = VerifierKey::parse(world.journal().log_key()).map_err(|e| bad(e.to_string()))?;
    let (checkpoint, _) =
        Checkpoint::open(head.checkpoint.as_bytes(), &key).map_err(|e| bad(e.to_string()))?;
    if (checkpoint.size, checkpoint.root) != (edge.size(), edge.root()) {
        return Err(bad(format!(
            "{} entries have the root {}, the checkpoint says {} and {}",
            edge.size(),
            edge.root(),
            checkpoint.size,
            checkpoint.root
        )));
    }
    Ok(Loaded { world, edge, head, keys, from_snapshot })
}
