//! Reading durable entries, each checked against the tree before it leaves: what is served is what was signed.

use std::sync::Arc;

use ledger::ports::Log;
use ledger::{LedgerError, TreeView};
use tlog::tile::{TILE_WIDTH, TileCoord};
use tlog::tree::HashReader;
use tlog::{Hash, leaf_hash};

/// Entries in a full tile.
const WIDTH: u64 = TILE_WIDTH as u64;

/// Hashes `[first, first + count)` of a tile level of the tree: from the edge, else from the full tile they lie in. They
/// must be within the tree and within one tile. O(count).
pub(super) fn hashes(log: &dyn Log, tree: &TreeView, coord: TileCoord) -> Result<Vec<u8>, LedgerError> {
    let count = usize::from(coord.width);
    let held = (0..u64::from(coord.width))
        .map(|i| tree.edge().node(coord.level * 8, coord.index * WIDTH + i).ok())
        .collect::<Option<Vec<Hash>>>();
    if let Some(hashes) = held {
        let mut bytes = Vec::with_capacity(count * 32);
        hashes.iter().for_each(|h| bytes.extend_from_slice(&h.0));
        return Ok(bytes);
    }
    let mut tile = tile(log, coord.level, coord.index)?.to_vec();
    tile.truncate(count * 32);
    Ok(tile)
}

fn tile(log: &dyn Log, level: u8, index: u64) -> Result<Arc<[u8]>, LedgerError> {
    let missing = || {
        let problem = ledger::ports::Problem::Damaged("the tile is missing".into());
        ledger::ports::StoreError::new(format!("reading {}", TileCoord::full(level, index)), problem)
    };
    Ok(log.tile(level, index)?.ok_or_else(missing)?)
}

/// Leaf hashes, one tile at a time.
struct Leaves<'a> {
    log: &'a dyn Log,
    tree: &'a TreeView,
    held: Option<(u64, Vec<u8>)>,
}

impl Leaves<'_> {
    fn at(&mut self, index: u64) -> Result<Option<[u8; 32]>, LedgerError> {
        let place = index / WIDTH;
        if self.held.as_ref().is_none_or(|(held, _)| *held != place) {
            let coord = TileCoord::in_tree(0, place, self.tree.size());
            let coord =
                coord.ok_or(LedgerError::OutOfRange { what: "entry", got: index, size: self.tree.size() })?;
            self.held = Some((place, hashes(self.log, self.tree, coord)?));
        }
        let within = usize::try_from(index % WIDTH).unwrap_or_default();
        let (all, _) = self.held.as_ref().map_or(&[][..], |(_, bytes)| bytes.as_slice()).as_chunks::<32>();
        Ok(all.get(within).copied())
    }
}

/// Entries from `from` on, at most `limit` and about `max_bytes`, but at least one if the tree has one there.
///
/// # Errors
/// The store fails, or an entry is not the one that the tree was made of.
pub(super) fn read(
    log: &dyn Log,
    tree: &TreeView,
    from: u64,
    limit: usize,
    max_bytes: usize,
) -> Result<Vec<Arc<[u8]>>, LedgerError> {
    let left = usize::try_from(tree.size().saturating_sub(from)).unwrap_or(usize::MAX);
    let limit = limit.min(left);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let mut entries = log.read(from, limit, max_bytes)?;
    // The store may have grown beyond this tree meanwhile.
    entries.truncate(limit);
    if entries.is_empty() {
        return Err(LedgerError::BadEntry { index: from, reason: "it is missing".into() });
    }
    let mut leaves = Leaves { log, tree, held: None };
    for (index, raw) in (from..).zip(&entries) {
        if leaves.at(index)? != Some(leaf_hash(raw).0) {
            let reason = "its bytes are not those that the tree was made of".into();
            return Err(LedgerError::BadEntry { index, reason });
        }
    }
    Ok(entries)
}
