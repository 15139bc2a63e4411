//! Moves what was committed from the WAL into the database file, beside the writers. Not here: what is committed.
//!
//! SQLite's own automatic checkpoint runs inside the commit that crosses its threshold, which then takes as long as
//! writing and syncing thousands of pages. Here a thread with its own connection does it: first PASSIVE, which copies and
//! syncs while commits go on; then, with the writer paused, RESTART, which copies the few pages committed meanwhile and
//! lets the next commit begin the WAL anew. Without that second step a busy log's WAL would grow for ever, for it begins
//! anew only when nothing in it is left to copy. The pause is one sync of few pages, plus at most [`WAIT_FOR_READERS`].

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use ledger::ports::Problem;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};

use super::writer::Writer;
use crate::db::problem;

/// Pages in the WAL that make a checkpoint due: about 4 MB, so that syncing them does not hold up the disk for long.
const DUE: i32 = 1_000;

/// How long the pause waits for readers that still need the WAL; they read at most a few bundles each.
const WAIT_FOR_READERS: Duration = Duration::from_millis(10);

struct Level {
    pages: i32,
    due: i32,
    stop: bool,
}

/// Tells the thread how long the WAL is.
pub(super) struct Bell {
    level: Mutex<Level>,
    rung: Condvar,
}

impl Bell {
    pub(super) fn new() -> Self {
        let level = Level { pages: 0, due: DUE, stop: false };
        Self { level: Mutex::new(level), rung: Condvar::new() }
    }

    fn change(&self, change: impl FnOnce(&mut Level)) {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut level);
        if level.stop || level.pages >= level.due {
            self.rung.notify_one();
        }
    }

    /// The WAL has this many pages.
    pub(super) fn ring(&self, pages: i32) {
        self.change(|level| level.pages = pages);
    }

    /// Waits until a checkpoint is due; `None` when the log is closed.
    fn wait(&self) -> Option<i32> {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        while !level.stop && level.pages < level.due {
            level = self.rung.wait(level).unwrap_or_else(PoisonError::into_inner);
        }
        (!level.stop).then_some(level.pages)
    }
}

/// The thread, which ends when this is dropped.
pub(super) struct Checkpointer {
    bell: Arc<Bell>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(
        connection: Connection,
        writer: Arc<Writer>,
        bell: Arc<Bell>,
    ) -> Result<Self, Problem> {
        connection.busy_timeout(WAIT_FOR_READERS).map_err(problem)?;
        let rung = Arc::clone(&bell);
        let run = move || {
            while let Some(pages) = rung.wait() {
                let next = match pass(&connection, &writer) {
                    Ok(()) => DUE,
                    Err(problem) => {
                        // A reader that stays, or a full disk: the WAL grows until the next try.
                        tracing::warn!(pages, %problem, "the log's WAL could not be written back");
                        pages.saturating_add(DUE)
                    }
                };
                rung.change(|level| {
                    level.due = next;
                    // The next commit says how long the WAL is now.
                    level.pages = 0;
                });
            }
        };
        let thread = Builder::new().name("log-checkpoint".into()).spawn(run);
        let thread = thread.map_err(|e| Problem::Failed(format!("starting a thread: {e}")))?;
        Ok(Self { bell, thread: Some(thread) })
    }
}

fn pass(connection: &Connection, writer: &Writer) -> Result<(), Problem> {
    connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::PASSIVE).map_err(problem)?;
    let finish = || connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::RESTART);
    writer.pause(finish).map_err(problem)?;
    Ok(())
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.bell.change(|level| level.stop = true);
        if let Some(thread) = self.thread.take() {
            // It can only have panicked; there is nothing left to save.
            let _ = thread.join();
        }
    }
}
