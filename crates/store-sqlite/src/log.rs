//! The log in SQLite: what the port asks for, put together from its parts. Not here: rows (`rows`), packing (`pack`),
//! transactions (`writer`).

mod checkpointer;
mod layout;
mod pack;
mod readers;
mod rows;
mod writer;

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ledger::ports::{Appended, Batch, Head, Log, Problem, Staged, StoreError};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};
use tlog::tile::{EntryBundle, TileCoord};

use crate::db::{self, Access, problem};
use crate::files;
use crate::lock::Lock;
use checkpointer::{Bell, Checkpointer};
use layout::LAYOUT;
use readers::Readers;
use rows::{Mark, WIDTH};
use writer::{Failure, Writer};

/// Page cache of the writer in KiB.
const WRITER_CACHE_KIB: u32 = 8_192;

/// Staged pieces forgotten in one transaction, so that forgetting many does not hold up appends.
const FORGET_AT_ONCE: u64 = 1_024;

/// A log in `DIR/log.sqlite`.
///
/// Any thread may read and none waits for the writer; writes queue up. A commit is one sync of the WAL. An append that
/// fails in a way that leaves its outcome open is settled before anything else is answered, so reading through the same
/// value afterwards tells what became of it.
pub struct SqliteLog {
    // Dropped in this order: the writer's connection is the last to close, and the lock goes after it.
    readers: Readers,
    _checkpointer: Option<Checkpointer>,
    writer: Option<Arc<Writer>>,
    _lock: Option<Lock>,
}

impl SqliteLog {
    /// Opens the log in a directory for writing, and makes both where there are none.
    ///
    /// What a crashed process had committed is made durable before this returns: it may have been written but not synced.
    ///
    /// # Errors
    /// [`Problem::InUse`] if another process, or another value of this one, has it open; the files cannot be read or
    /// written, or are not a log.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let open = || {
            fs::create_dir_all(directory).map_err(|e| files::problem(&e, directory))?;
            let lock = Lock::take(&directory.join("log.lock"))?;
            let path = directory.join("log.sqlite");
            let mut connection = db::connect(&path, Access::Write, WRITER_CACHE_KIB)?;
            db::create_if_new(&connection, &LAYOUT, |connection| {
                Mark::ALL.iter().try_for_each(|mark| rows::set_mark(connection, *mark, 0, &[]))
            })?;
            check(&connection)?;
            match connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::TRUNCATE).map_err(problem) {
                // Readers of other processes are in the way; the commit below syncs the whole WAL all the same.
                Ok(_) | Err(Problem::InUse(_)) => {}
                Err(problem) => return Err(problem),
            }
            writer::settle(&connection)?;
            files::sync_directory(directory)?;

            let bell = Arc::new(Bell::new());
            let rung = Arc::clone(&bell);
            let hook = move |_: &mut rusqlite::hooks::Wal, pages| {
                rung.ring(pages);
                Ok(())
            };
            connection.wal_hook(Some(hook)).map_err(problem)?;
            let helper = db::connect(&path, Access::Write, CHECKPOINT_CACHE_KIB)?;
            let writer = Arc::new(Writer::new(connection));
            let checkpointer = Checkpointer::start(helper, Arc::clone(&writer), bell)?;
            Ok(Self {
                readers: Readers::new(path),
                _checkpointer: Some(checkpointer),
                writer: Some(writer),
                _lock: Some(lock),
            })
        };
        open().map_err(|problem| {
            StoreError::new(format!("opening the log in {}", directory.display()), problem)
        })
    }

    /// Opens the log in a directory for reading, beside whoever writes it. Writing is refused.
    ///
    /// # Errors
    /// There is no log, it cannot be read, or the files are not a log.
    pub fn open_reader(directory: &Path) -> Result<Self, StoreError> {
        let readers = Readers::new(directory.join("log.sqlite"));
        readers.look(check).map_err(|problem| {
            StoreError::new(format!("opening the log in {} for reading", directory.display()), problem)
        })?;
        Ok(Self { readers, _checkpointer: None, writer: None, _lock: None })
    }

    fn look<T>(&self, look: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
        if let Some(writer) = &self.writer {
            writer.settled()?;
        }
        self.readers.look(look)
    }

    fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Failure> {
        match &self.writer {
            Some(writer) => writer.write(work),
            None => Err(Failure::NotDone(Problem::Failed("the log is open for reading only".into()))),
        }
    }

    fn head_of(&self, mark: Mark) -> Result<Option<Head>, Problem> {
        let (size, note) = self.look(|connection| rows::mark(connection, mark))?;
        if size == 0 {
            return Ok(None);
        }
        let checkpoint = String::from_utf8(note).map_err(|e| Problem::Damaged(e.to_string()))?;
        Ok(Some(Head { size, checkpoint: checkpoint.into() }))
    }
}

/// Page cache of the connection that checkpoints, in KiB; it copies from file to file.
const CHECKPOINT_CACHE_KIB: u32 = 64;

/// The tables are ours, and each mark is there and whole.
fn check(connection: &Connection) -> Result<(), Problem> {
    db::check(connection, &LAYOUT)?;
    Mark::ALL.iter().try_for_each(|mark| rows::mark(connection, *mark).map(drop))
}

/// Entries gathered for one answer.
struct Gathered {
    entries: Vec<Arc<[u8]>>,
    room: usize,
    bytes_left: usize,
}

impl Gathered {
    /// Takes an entry, if it may, and says whether it did.
    fn take(&mut self, entry: &[u8]) -> bool {
        if self.room == 0 || (entry.len() > self.bytes_left && !self.entries.is_empty()) {
            self.room = 0;
            return false;
        }
        self.room -= 1;
        self.bytes_left = self.bytes_left.saturating_sub(entry.len());
        self.entries.push(entry.into());
        true
    }

    const fn is_done(&self) -> bool {
        self.room == 0
    }
}

fn read(connection: &Connection, from: u64, gathered: &mut Gathered) -> Result<(), Problem> {
    let size = rows::size(connection)?;
    let packed = size / WIDTH * WIDTH;
    let mut next = from;
    while next < packed && !gathered.is_done() {
        next = rows::bundle(connection, next / WIDTH, |_, entries, hashes| {
            let start = next / WIDTH * WIDTH;
            for ((index, entry), hash) in (start..).zip(entries).zip(hashes) {
                if index < next {
                    continue;
                }
                if gathered.is_done() {
                    break;
                }
                rows::fits(index, entry, Some(hash))?;
                gathered.take(entry);
            }
            Ok(start + WIDTH)
        })?;
    }
    if next >= size || gathered.is_done() {
        return Ok(());
    }
    rows::batches(connection, next, size, |first, count, body| {
        let damaged = |e| Problem::Damaged(format!("the entries from {first} on: {e}"));
        let bundle = EntryBundle::decode(body, count).map_err(damaged)?;
        let entries = (first..).zip(bundle.entries()).filter(|(index, _)| *index >= next);
        Ok(entries.map(|(_, entry)| entry).all(|entry| gathered.take(entry)) && !gathered.is_done())
    })
}

impl Log for SqliteLog {
    fn head(&self) -> Result<Option<Head>, StoreError> {
        self.head_of(Mark::Head).map_err(|problem| StoreError::new("reading the log's head", problem))
    }

    fn append(&self, batch: &Batch) -> Appended {
        let error = |problem| {
            let doing = format!("appending {} entries at {}", batch.entries.len(), batch.first);
            StoreError::new(doing, problem)
        };
        if let Err(problem) = pack::check(batch) {
            return Appended::Refused(error(problem));
        }
        match self.write(|connection| pack::write(connection, batch)) {
            Ok(()) => Appended::Committed,
            Err(Failure::NotDone(problem)) => Appended::Refused(error(problem)),
            Err(Failure::Unknown(problem)) => Appended::Unknown(error(problem)),
        }
    }

    fn read(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let mut gathered = Gathered { entries: Vec::new(), room: limit, bytes_left: max_bytes };
        let seen = self.look(|connection| read(connection, from, &mut gathered));
        seen.map_err(|problem| StoreError::new(format!("reading entries from {from} on"), problem))?;
        Ok(gathered.entries)
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        let seen = self.look(|connection| match TileCoord::in_tree(level, index, rows::size(connection)?) {
            Some(coord) if coord.is_full() => rows::tile(connection, coord).map(|tile| Some(tile.into())),
            _ => Ok(None),
        });
        seen.map_err(|problem| StoreError::new(format!("reading tile {index} of level {level}"), problem))
    }

    fn bundle(&self, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        let seen = self.look(|connection| {
            if index >= rows::size(connection)? / WIDTH {
                return Ok(None);
            }
            rows::bundle(connection, index, |body, entries, hashes| {
                for ((place, entry), hash) in (index * WIDTH..).zip(entries).zip(hashes) {
                    rows::fits(place, entry, Some(hash))?;
                }
                Ok(Some(body.into()))
            })
        });
        seen.map_err(|problem| StoreError::new(format!("reading bundle {index}"), problem))
    }

    fn put_cosigned(&self, size: u64, note: &str) -> Result<(), StoreError> {
        let written = self.write(|connection| {
            let (kept, _) = rows::mark(connection, Mark::Cosigned)?;
            if size < kept {
                return Ok(());
            }
            rows::set_mark(connection, Mark::Cosigned, size, note.as_bytes())
        });
        written.map_err(|failure| {
            StoreError::new(format!("keeping the cosigned checkpoint of size {size}"), failure.into_problem())
        })
    }

    fn cosigned(&self) -> Result<Option<Head>, StoreError> {
        self.head_of(Mark::Cosigned)
            .map_err(|problem| StoreError::new("reading the cosigned checkpoint", problem))
    }

    fn stage(&self, pieces: &[Arc<[u8]>]) -> Result<u64, StoreError> {
        let written = self.write(|connection| {
            let (first, _) = rows::mark(connection, Mark::NextPlace)?;
            let mut next = first;
            for piece in pieces {
                rows::put_staged(connection, next, piece)?;
                next += 1;
            }
            if next > first {
                rows::set_mark(connection, Mark::NextPlace, next, &[])?;
            }
            Ok(first)
        });
        let doing = || format!("staging {} pieces", pieces.len());
        written.map_err(|failure| StoreError::new(doing(), failure.into_problem()))
    }

    fn staged(&self, from: u64, limit: usize) -> Result<Vec<Staged>, StoreError> {
        let mut found = Vec::new();
        let seen = self.look(|connection| {
            let (first, _) = rows::mark(connection, Mark::FirstPlace)?;
            let (next, _) = rows::mark(connection, Mark::NextPlace)?;
            let from = from.max(first);
            let to = next.min(from.saturating_add(limit as u64));
            rows::staged(connection, from, to, |place, bytes| {
                found.push(Staged { place, bytes: bytes.into() });
            })
        });
        seen.map_err(|problem| StoreError::new(format!("reading staged pieces from {from} on"), problem))?;
        Ok(found)
    }

    fn unstage(&self, below: u64) -> Result<(), StoreError> {
        loop {
            let written = self.write(|connection| {
                let (first, _) = rows::mark(connection, Mark::FirstPlace)?;
                let (next, _) = rows::mark(connection, Mark::NextPlace)?;
                let goal = below.min(next);
                if goal <= first {
                    return Ok(true);
                }
                let reached = goal.min(first.saturating_add(FORGET_AT_ONCE));
                rows::forget_staged(connection, reached)?;
                rows::set_mark(connection, Mark::FirstPlace, reached, &[])?;
                Ok(reached == goal)
            });
            let done = written.map_err(|failure| {
                StoreError::new(format!("forgetting staged pieces below {below}"), failure.into_problem())
            })?;
            if done {
                return Ok(());
            }
        }
    }
}

impl fmt::Debug for SqliteLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = if self.writer.is_some() { "writer" } else { "reader" };
        write!(f, "SqliteLog({role})")
    }
}
