//! From a stored log to a world: reads every entry, re-computes the tree, and holds it against the stored checkpoint.

use std::sync::Arc;

use evidence::Entry;
use tlog::tile::Edge;
use tlog::{Checkpoint, VerifierKey, leaf_hash};
use world::{APPLY_VERSION, World};

use crate::error::LedgerError;
use crate::ports::{Head, Log};

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
}

/// Loads a log and verifies that its entries lead to its checkpoint. Signatures of entries were verified when they were
/// admitted and are covered by the checkpoint's; `audit` verifies them again.
///
/// # Errors
/// The store fails, an entry is damaged, or the tree is another one.
pub fn load(log: &dyn Log) -> Result<Loaded, LedgerError> {
    let head = log.head()?.ok_or(LedgerError::NoLog)?;
    let (mut world, mut edge, mut filled) = (World::new(), Edge::new(), Vec::new());
    while world.size() < head.size {
        let index = world.size();
        let entries = log.read(index, CHUNK, CHUNK_BYTES)?;
        if entries.is_empty() {
            return Err(LedgerError::BadEntry { index, reason: "it is missing".into() });
        }
        for raw in entries.iter().take(usize::try_from(head.size - index).unwrap_or(usize::MAX)) {
            take(&mut world, raw)?;
            edge.append(leaf_hash(raw), &mut filled);
            filled.clear();
        }
    }
    let keys = verify_head(&world, &edge, &head)?;
    Ok(Loaded { world, edge, head, keys })
}

fn take(world: &mut World, raw: &Arc<[u8]>) -> Result<(), LedgerError> {
    let index = world.size();
    let entry = Entry::decode(raw).map_err(|e| LedgerError::BadEntry { index, reason: e.to_string() })?;
    if let evidence::Fact::Epoch(epoch) = &entry.body().fact
        && epoch.apply_version > APPLY_VERSION
    {
        return Err(LedgerError::NewerEpoch { log: epoch.apply_version, program: APPLY_VERSION });
    }
    let hash = entry.hash();
    world.apply(&entry, hash);
    Ok(())
}

/// The stored checkpoint must be signed by the key that the log names and lead to the root that its entries have.
fn verify_head(world: &World, edge: &Edge, head: &Head) -> Result<Vec<VerifierKey>, LedgerError> {
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
    Ok(keys)
}
