//! What a batch becomes: rows, bundles and tiles. Not here: the transaction around it (`writer`).

use std::collections::BTreeSet;
use std::sync::Arc;

use ledger::ports::{Batch, Problem};
use rusqlite::Connection;
use tlog::tile::{EntryBundle, FullTile, MAX_ENTRY_BYTES, TILE_BYTES, TILE_WIDTH, TileCoord, tiles_between};

use super::rows::{self, Mark, WIDTH};

/// Checks what can be checked of a batch without the log: it has entries, none is too long, and it brings exactly the
/// tiles that become full. Without its tile a bundle could never be read.
pub(super) fn check(batch: &Batch) -> Result<(), Problem> {
    let refuse = |why: String| Err(Problem::Failed(why));
    if batch.entries.is_empty() {
        return refuse("the batch has no entries".into());
    }
    let Some(size) = batch.first.checked_add(batch.entries.len() as u64) else {
        return refuse("no log is that large".into());
    };
    rows::signed(size)?;
    if let Some(place) = batch.entries.iter().position(|entry| entry.len() > MAX_ENTRY_BYTES) {
        return refuse(format!("entry {place} of the batch is longer than {MAX_ENTRY_BYTES} bytes"));
    }
    let given: BTreeSet<TileCoord> = batch.tiles.iter().map(FullTile::coord).collect();
    let due = tiles_between(batch.first, size).filter(TileCoord::is_full);
    if given.len() != batch.tiles.len() || !given.iter().copied().eq(due.collect::<BTreeSet<_>>()) {
        return refuse("the batch does not bring the tiles that become full with it, each once".into());
    }
    match batch.tiles.iter().find(|tile| tile.bytes.len() != TILE_BYTES) {
        Some(tile) => refuse(format!("{} has {} bytes", tile.coord(), tile.bytes.len())),
        None => Ok(()),
    }
}

/// Writes a batch that has passed [`check`], if the log has exactly `batch.first` entries.
pub(super) fn write(connection: &Connection, batch: &Batch) -> Result<(), Problem> {
    let size = rows::size(connection)?;
    if size != batch.first {
        return Err(Problem::Failed(format!("the log has {size} entries")));
    }
    let (complete, after) = (batch.first / WIDTH, batch.size() / WIDTH);
    let mut rest = batch.entries.as_slice();
    let mut rest_first = batch.first;
    if complete < after {
        // The entries of the first bundle that are stored already, as rows whose bytes are in the bundle's form.
        let mut body = Vec::new();
        rows::batches(connection, complete * WIDTH, batch.first, |_, _, bytes| {
            body.extend_from_slice(bytes);
            Ok(true)
        })?;
        for index in complete..after {
            let due = usize::try_from((index + 1) * WIDTH - rest_first).unwrap_or(rest.len());
            let (entries, remaining) = rest.split_at_checked(due).unwrap_or((rest, &[]));
            encode(entries, &mut body);
            check_bundle(index, &body, &batch.tiles)?;
            rows::put_bundle(connection, index, &body)?;
            body.clear();
            (rest, rest_first) = (remaining, (index + 1) * WIDTH);
        }
        rows::forget_batches(connection, rest_first)?;
        for tile in &batch.tiles {
            rows::put_tile(connection, tile.coord(), &tile.bytes)?;
        }
    }
    if !rest.is_empty() {
        let mut body = Vec::with_capacity(rest.iter().map(|entry| 2 + entry.len()).sum());
        encode(rest, &mut body);
        rows::put_batch(connection, rest_first, rest.len() as u64, &body)?;
    }
    rows::set_mark(connection, Mark::Head, batch.size(), batch.checkpoint.as_bytes())
}

/// Appends entries to a body, each after its length in two bytes. Their lengths have been checked.
fn encode(entries: &[Arc<[u8]>], body: &mut Vec<u8>) {
    for entry in entries {
        let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(entry);
    }
}

/// A bundle that does not fit its tile would be refused whenever it is read, so it is refused before it is stored.
/// One hash an entry.
fn check_bundle(index: u64, body: &[u8], tiles: &[FullTile]) -> Result<(), Problem> {
    let bundle = EntryBundle::decode(body, TILE_WIDTH)
        .map_err(|e| Problem::Damaged(format!("the entries of bundle {index}: {e}")))?;
    let coord = TileCoord::full(0, index);
    let tile = tiles.iter().find(|tile| tile.coord() == coord);
    let hashes = tile.map_or(&[][..], |tile| tile.bytes.as_chunks::<32>().0);
    if bundle.leaf_hashes().map(|hash| hash.0).eq(hashes.iter().copied()) {
        return Ok(());
    }
    Err(Problem::Failed(format!("{coord} does not fit its entries")))
}
