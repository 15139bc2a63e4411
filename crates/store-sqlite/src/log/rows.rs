//! Rows of the log's tables, written with their sums and checked when read: what comes out of here is what went in, or
//! an error. Not here: transactions, and which rows a batch makes (`pack`).

use ledger::ports::Problem;
use rusqlite::{Connection, Row};
use sha2::{Digest, Sha256};
use tlog::hash::HASH_SIZE;
use tlog::leaf_hash;
use tlog::tile::{EntryBundle, TILE_BYTES, TILE_WIDTH, TileCoord};

use crate::db::problem;

/// Entries in a bundle.
pub(super) const WIDTH: u64 = TILE_WIDTH as u64;

/// Bits of a tile's place below its level.
const LEVEL_SHIFT: u32 = 56;

/// The single facts of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Size and checkpoint of the log; size 0 and no checkpoint before the first append.
    Head = 0,
    /// Size and note of the largest cosigned checkpoint, likewise.
    Cosigned = 1,
    /// The place that the next staged piece gets.
    NextPlace = 2,
    /// The lowest place whose piece has not been forgotten.
    FirstPlace = 3,
    /// Counts commits whose only purpose is to overwrite a failed one.
    Settled = 4,
}

impl Mark {
    pub(super) const ALL: [Self; 5] =
        [Self::Head, Self::Cosigned, Self::NextPlace, Self::FirstPlace, Self::Settled];
}

/// The tables that have sums, as the sums see them.
#[derive(Clone, Copy)]
enum Table {
    Marks = 1,
    Batches = 2,
    Tiles = 3,
    Staged = 4,
}

/// SHA-256 over the table, the row's numbers and its bytes: a row is not taken for another one either.
fn sum(table: Table, key: i64, value: i64, body: &[u8]) -> [u8; HASH_SIZE] {
    let mut hash = Sha256::new_with_prefix(b"vouchsafe-row@v1\0");
    hash.update([table as u8]);
    hash.update(key.to_be_bytes());
    hash.update(value.to_be_bytes());
    hash.update(body);
    hash.finalize().into()
}

fn blob<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8], Problem> {
    let value = row.get_ref(column).map_err(problem)?;
    value.as_blob().map_err(|e| Problem::Damaged(e.to_string()))
}

fn number(row: &Row<'_>, column: usize) -> Result<i64, Problem> {
    row.get(column).map_err(problem)
}

/// Numbers in SQLite are 63 bits wide; no log grows that large.
pub(super) fn signed(number: u64) -> Result<i64, Problem> {
    i64::try_from(number).map_err(|_| Problem::Failed(format!("{number} is more than the store can count")))
}

fn unsigned(number: i64) -> Result<u64, Problem> {
    u64::try_from(number).map_err(|_| Problem::Damaged(format!("a count of {number}")))
}

/// Reads one row by its key with `take`.
fn one<T>(
    connection: &Connection,
    sql: &str,
    key: i64,
    take: impl FnOnce(&Row<'_>) -> Result<T, Problem>,
) -> Result<Option<T>, Problem> {
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    let mut rows = statement.query([key]).map_err(problem)?;
    match rows.next().map_err(problem)? {
        Some(row) => take(row).map(Some),
        None => Ok(None),
    }
}

/// Value and note of a mark.
pub(super) fn mark(connection: &Connection, mark: Mark) -> Result<(u64, Vec<u8>), Problem> {
    let kind = mark as i64;
    let found = one(connection, "SELECT value, note, sum FROM marks WHERE kind = ?1", kind, |row| {
        let (value, note) = (number(row, 0)?, blob(row, 1)?);
        if blob(row, 2)? != sum(Table::Marks, kind, value, note) {
            return Err(Problem::Damaged(format!("the mark {mark:?} differs from its sum")));
        }
        Ok((unsigned(value)?, note.to_vec()))
    });
    found?.ok_or_else(|| Problem::Damaged(format!("the mark {mark:?} is missing")))
}

/// Writes a mark.
pub(super) fn set_mark(connection: &Connection, mark: Mark, value: u64, note: &[u8]) -> Result<(), Problem> {
    let (kind, value) = (mark as i64, signed(value)?);
    let sum = sum(Table::Marks, kind, value, note);
    let sql = "INSERT INTO marks (kind, value, note, sum) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (kind) DO UPDATE SET value = excluded.value, note = excluded.note, sum = excluded.sum";
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    statement.execute((kind, value, note, sum.as_slice())).map_err(problem)?;
    Ok(())
}

/// Size of the log.
pub(super) fn size(connection: &Connection) -> Result<u64, Problem> {
    mark(connection, Mark::Head).map(|(size, _)| size)
}

/// Keeps entries that fill no bundle yet; `body` holds `count` of them, each after its length.
pub(super) fn put_batch(connection: &Connection, first: u64, count: u64, body: &[u8]) -> Result<(), Problem> {
    let (first, count) = (signed(first)?, signed(count)?);
    let sum = sum(Table::Batches, first, count, body);
    let sql = "INSERT INTO batches (first, count, body, sum) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    statement.execute((first, count, body, sum.as_slice())).map_err(problem)?;
    Ok(())
}

/// Forgets the batches below an index: a bundle holds their entries now.
pub(super) fn forget_batches(connection: &Connection, below: u64) -> Result<(), Problem> {
    let mut statement = connection.prepare_cached("DELETE FROM batches WHERE first < ?1").map_err(problem)?;
    statement.execute([signed(below)?]).map_err(problem)?;
    Ok(())
}

/// Goes through the entries `[from, size)` that are in no bundle, row by row: `each` gets the index of the row's first
/// entry, their number and their bytes, and says whether to go on. The first row may begin before `from`.
pub(super) fn batches(
    connection: &Connection,
    from: u64,
    size: u64,
    mut each: impl FnMut(u64, u16, &[u8]) -> Result<bool, Problem>,
) -> Result<(), Problem> {
    let sql = "SELECT first, count, body, sum FROM batches
               WHERE first >= (SELECT max(first) FROM batches WHERE first <= ?1) ORDER BY first";
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    let mut rows = statement.query([signed(from)?]).map_err(problem)?;
    let mut due = from;
    while due < size {
        let missing = || Problem::Damaged(format!("entry {due} is missing"));
        let row = rows.next().map_err(problem)?.ok_or_else(missing)?;
        let (first, count, body) = (number(row, 0)?, number(row, 1)?, blob(row, 2)?);
        if blob(row, 3)? != sum(Table::Batches, first, count, body) {
            return Err(Problem::Damaged(format!("the entries from {first} on differ from their sum")));
        }
        let (first, end) = (unsigned(first)?, unsigned(first.saturating_add(count))?);
        // Only the first row may begin before what is due.
        let joins = first == due || (due == from && first < due);
        let count = u16::try_from(count).map_err(|_| missing())?;
        if !joins || end <= due || end > size {
            return Err(missing());
        }
        if !each(first, count, body)? {
            return Ok(());
        }
        due = end;
    }
    Ok(())
}

/// Keeps a full bundle.
pub(super) fn put_bundle(connection: &Connection, index: u64, body: &[u8]) -> Result<(), Problem> {
    let sql = "INSERT INTO bundles (place, body) VALUES (?1, ?2)";
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    statement.execute((signed(index)?, body)).map_err(problem)?;
    Ok(())
}

/// Reads the bundle `index`, which must exist; `take` gets its bytes, its entries and their hashes as the tile has them.
/// It must compare those it uses ([`fits`]).
pub(super) fn bundle<T>(
    connection: &Connection,
    index: u64,
    take: impl FnOnce(&[u8], &[&[u8]], &[[u8; HASH_SIZE]]) -> Result<T, Problem>,
) -> Result<T, Problem> {
    // A tile of level 0 has the place of its bundle.
    let sql = "SELECT b.body, t.body, t.sum FROM bundles b, tiles t WHERE b.place = ?1 AND t.place = ?1";
    let place = signed(index)?;
    let found = one(connection, sql, place, |row| {
        let (body, tile) = (blob(row, 0)?, blob(row, 1)?);
        check_tile(place, tile, blob(row, 2)?)?;
        let entries = EntryBundle::decode(body, TILE_WIDTH)
            .map_err(|e| Problem::Damaged(format!("bundle {index}: {e}")))?;
        take(body, entries.entries(), tile.as_chunks().0)
    });
    found?.ok_or_else(|| Problem::Damaged(format!("bundle {index} or its tile is missing")))
}

/// Checks an entry against its hash in the tile of level 0.
pub(super) fn fits(index: u64, entry: &[u8], hash: Option<&[u8; HASH_SIZE]>) -> Result<(), Problem> {
    if hash == Some(leaf_hash(entry).as_bytes()) {
        return Ok(());
    }
    Err(Problem::Damaged(format!("entry {index} is not the one its tile names")))
}

fn place(coord: TileCoord) -> Result<i64, Problem> {
    if coord.index >> LEVEL_SHIFT != 0 {
        return Err(Problem::Failed(format!("{coord} lies beyond what the store can count")));
    }
    signed(u64::from(coord.level) << LEVEL_SHIFT | coord.index)
}

/// Keeps a full tile.
pub(super) fn put_tile(connection: &Connection, coord: TileCoord, bytes: &[u8]) -> Result<(), Problem> {
    let place = place(coord)?;
    let sum = sum(Table::Tiles, place, 0, bytes);
    let sql = "INSERT INTO tiles (place, body, sum) VALUES (?1, ?2, ?3)";
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    statement.execute((place, bytes, sum.as_slice())).map_err(problem)?;
    Ok(())
}

/// Reads a full tile, which must exist.
pub(super) fn tile(connection: &Connection, coord: TileCoord) -> Result<Vec<u8>, Problem> {
    let place = place(coord)?;
    let found = one(connection, "SELECT body, sum FROM tiles WHERE place = ?1", place, |row| {
        let bytes = blob(row, 0)?;
        check_tile(place, bytes, blob(row, 1)?)?;
        Ok(bytes.to_vec())
    });
    found?.ok_or_else(|| Problem::Damaged(format!("{coord} is missing")))
}

fn check_tile(place: i64, bytes: &[u8], kept: &[u8]) -> Result<(), Problem> {
    if bytes.len() == TILE_BYTES && kept == sum(Table::Tiles, place, 0, bytes) {
        return Ok(());
    }
    Err(Problem::Damaged(format!("the tile at place {place:#x} differs from its sum")))
}

/// Keeps a piece of evidence.
pub(super) fn put_staged(connection: &Connection, place: u64, body: &[u8]) -> Result<(), Problem> {
    let place = signed(place)?;
    let sum = sum(Table::Staged, place, 0, body);
    let sql = "INSERT INTO staged (place, body, sum) VALUES (?1, ?2, ?3)";
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    statement.execute((place, body, sum.as_slice())).map_err(problem)?;
    Ok(())
}

/// Goes through the staged pieces `[from, to)`, all of which must exist.
pub(super) fn staged(
    connection: &Connection,
    from: u64,
    to: u64,
    mut each: impl FnMut(u64, &[u8]),
) -> Result<(), Problem> {
    if from >= to {
        return Ok(());
    }
    let sql = "SELECT place, body, sum FROM staged WHERE place >= ?1 ORDER BY place";
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    let mut rows = statement.query([signed(from)?]).map_err(problem)?;
    for due in from..to {
        let missing = || Problem::Damaged(format!("the staged piece at {due} is missing"));
        let row = rows.next().map_err(problem)?.ok_or_else(missing)?;
        let (place, body) = (number(row, 0)?, blob(row, 1)?);
        if unsigned(place)? != due {
            return Err(missing());
        }
        if blob(row, 2)? != sum(Table::Staged, place, 0, body) {
            return Err(Problem::Damaged(format!("the staged piece at {due} differs from its sum")));
        }
        each(due, body);
    }
    Ok(())
}

/// Forgets the staged pieces below a place.
pub(super) fn forget_staged(connection: &Connection, below: u64) -> Result<(), Problem> {
    let mut statement = connection.prepare_cached("DELETE FROM staged WHERE place < ?1").map_err(problem)?;
    statement.execute([signed(below)?]).map_err(problem)?;
    Ok(())
}
