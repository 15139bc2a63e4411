//! Connections that read, each for one consistent look at a time. Not here: what they read.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use ledger::ports::Problem;
use rusqlite::Connection;

use crate::db::{self, Access, problem};

/// Idle connections kept; more readers than that open their own, about 0.2 ms each.
const KEPT: usize = 8;

/// Page cache of a reader in KiB: bundles pass through once, and the system caches the file.
const CACHE_KIB: u32 = 1_024;

/// A small pool of connections that read. They never wait for the writer: WAL gives each its own snapshot.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()) }
    }

    /// Runs `look` on one snapshot. A connection that had trouble is not used again.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Connection) -> Result<T, Problem>) -> Result<T, Problem> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => db::connect(&self.path, Access::Read, CACHE_KIB)?,
        };
        let run = |sql| connection.prepare_cached(sql).and_then(|mut s| s.execute([])).map_err(problem);
        run("BEGIN")?;
        let seen = look(&connection)?;
        run("COMMIT")?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(seen)
    }
}
