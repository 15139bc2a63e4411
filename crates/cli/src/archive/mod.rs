//! Logs outside a store: one self-contained file, or a static C2SP tree. Both are written from any [`Log`] and read back as
//! one, so that the same audit runs over a store, a file and a directory.
//!
//! Not here: what verifying them means (`commands::verify`).

mod file;
mod tiles;

pub(crate) use file::{HEADER, LogFile, write_file};
pub(crate) use tiles::{TilesDir, write_tiles};

use std::sync::Arc;

use ledger::ports::{Appended, Batch, Head, Log, Problem, Staged, StoreError};
use tlog::tile::{Edge, FullTile};
use tlog::{Checkpoint, Note, leaf_hash};

use crate::failure::Failure;

/// Entries read from a store at once: whole bundles.
const PIECE: u64 = 4_096;
/// Bytes read from a store at once.
const PIECE_BYTES: usize = 8 << 20;

/// The checkpoint that an export is made for.
pub(crate) struct Subject {
    /// What it says.
    pub(crate) checkpoint: Checkpoint,
    /// The note, with all its signatures.
    pub(crate) note: Note,
}

impl Subject {
    /// The newest checkpoint of a log, or the newest one that witnesses have cosigned.
    pub(crate) fn of(log: &dyn Log, witnessed: bool) -> Result<Self, Failure> {
        let doing = "choosing the checkpoint to export";
        let head = log.head()?.ok_or_else(|| Failure::input(doing, "the log is empty"))?;
        let cosigned = log.cosigned()?.filter(|c| witnessed || c.size == head.size);
        let chosen = match cosigned {
            Some(cosigned) => cosigned,
            None if witnessed => {
                return Err(Failure::input(doing, "no witness has cosigned this log yet")
                    .hint("export without `--witnessed`"));
            }
            None => head,
        };
        let note = Note::parse(chosen.checkpoint.as_bytes()).map_err(|e| Failure::damaged(doing, e))?;
        let checkpoint = Checkpoint::parse(note.text()).map_err(|e| Failure::damaged(doing, e))?;
        Ok(Self { checkpoint, note })
    }
}

/// Reads the entries below `size` in whole bundles, re-hashes them, and hands each bundle and each tile that becomes full
/// to `take`. Gives the edge, whose root the caller has been shown to be the checkpoint's.
fn walk(
    log: &dyn Log,
    subject: &Subject,
    mut progress: impl FnMut(u64),
    mut take: impl FnMut(Piece<'_>) -> Result<(), Failure>,
) -> Result<Edge, Failure> {
    let size = subject.checkpoint.size;
    let (mut edge, mut filled) = (Edge::new(), Vec::new());
    let mut waiting: Vec<Arc<[u8]>> = Vec::new();
    let mut bundle = 0;
    while edge.size() < size {
        let left = usize::try_from((size - edge.size()).min(PIECE)).unwrap_or(usize::MAX);
        let entries = log.read(edge.size(), left, PIECE_BYTES)?;
        if entries.is_empty() {
            return Err(Failure::damaged("exporting the log", format!("entry {} is missing", edge.size())));
        }
        for entry in entries.into_iter().take(left) {
            edge.append(leaf_hash(&entry), &mut filled);
            waiting.push(entry);
            if waiting.len() == 256 || edge.size() == size {
                take(Piece::Bundle(bundle, &waiting))?;
                waiting.clear();
                bundle += 1;
            }
        }
        for tile in filled.drain(..) {
            take(Piece::Tile(&tile))?;
        }
        progress(edge.size());
    }
    if edge.root() != subject.checkpoint.root {
        return Err(Failure::damaged(
            "exporting the log",
            format!(
                "its {size} entries have the root {}, but the checkpoint says {}",
                edge.root(),
                subject.checkpoint.root
            ),
        )
        .hint("`vouchsafe log verify` says where it is damaged"));
    }
    Ok(edge)
}

/// What an export is made of.
enum Piece<'a> {
    /// A bundle: its place, its entries.
    Bundle(u64, &'a [Arc<[u8]>]),
    /// A tile that is full.
    Tile(&'a FullTile),
}

/// Takes entries from the front of bundle bytes until `limit`, `max_bytes` or something that is no entry.
fn entries_of(bytes: &[u8], limit: usize, out: &mut Vec<Arc<[u8]>>) -> bool {
    let mut rest = bytes;
    while out.len() < limit && !rest.is_empty() {
        let Some((length, after)) = rest.split_first_chunk::<2>() else { return false };
        let Some((entry, after)) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))) else {
            return false;
        };
        out.push(entry.into());
        rest = after;
    }
    true
}

fn damaged(doing: impl std::fmt::Display, problem: impl std::fmt::Display) -> StoreError {
    StoreError::new(doing, Problem::Damaged(problem.to_string()))
}

fn failed(doing: impl std::fmt::Display, problem: impl std::fmt::Display) -> StoreError {
    StoreError::new(doing, Problem::Failed(problem.to_string()))
}

/// What exports can do of a log: be read.
trait Exported: Send + Sync {
    fn checkpoint(&self) -> Head;
    fn entries(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError>;
    fn full_tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError>;
}

macro_rules! read_only_log {
    ($exported:ty) => {
        impl Log for $exported {
            fn head(&self) -> Result<Option<Head>, StoreError> {
                Ok(Some(self.checkpoint()))
            }
            fn append(&self, _: &Batch) -> Appended {
                Appended::Refused(failed("appending", "an exported log is read only"))
            }
            fn read(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError> {
                self.entries(from, limit, max_bytes)
            }
            fn tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
                self.full_tile(level, index)
            }
            fn bundle(&self, _: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
                Ok(None)
            }
            fn put_cosigned(&self, _: u64, _: &str) -> Result<(), StoreError> {
                Err(failed("keeping a cosigned checkpoint", "an exported log is read only"))
            }
            fn cosigned(&self) -> Result<Option<Head>, StoreError> {
                Ok(None)
            }
            fn stage(&self, _: &[Arc<[u8]>]) -> Result<u64, StoreError> {
                Err(failed("staging", "an exported log is read only"))
            }
            fn staged(&self, _: u64, _: usize) -> Result<Vec<Staged>, StoreError> {
                Ok(Vec::new())
            }
            fn unstage(&self, _: u64) -> Result<(), StoreError> {
                Ok(())
            }
        }
    };
}

read_only_log!(LogFile);
read_only_log!(TilesDir);
