//! The one connection that writes, and when a failed commit is certainly no commit. Not here: what is written.
//!
//! **Refused or unknown.** Until COMMIT is asked for, nothing counts: an error is undone by ROLLBACK, and nothing was
//! changed. Once it was asked for, the WAL may hold the whole transaction although SQLite reports an error (the sync
//! failed, say). This process will not see it, but the next one's recovery would. So a failed commit is *settled*: one
//! more tiny commit is made, which overwrites the beginning of the failed one in the WAL and is synced. Before that has
//! succeeded, nothing is read or written; after it, what is read is what stays. A full disk is therefore answered with
//! certainty: the pages are written out before COMMIT is asked for, so that this is where room runs out, and should
//! only COMMIT's own page find no room, settling has room where the others went.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use ledger::ports::Problem;
use rusqlite::Connection;

use super::rows::{self, Mark};
use crate::db::problem;

/// Why a write did not succeed.
pub(super) enum Failure {
    /// Nothing was changed.
    NotDone(Problem),
    /// It may have been, and whoever asks next settles it.
    Unknown(Problem),
}

impl Failure {
    pub(super) fn into_problem(self) -> Problem {
        match self {
            Self::NotDone(problem) | Self::Unknown(problem) => problem,
        }
    }
}

struct State {
    connection: Connection,
    /// A commit failed and has not been settled.
    doubt: bool,
}

/// The connection that writes.
pub(super) struct Writer {
    state: Mutex<State>,
    /// Mirrors [`State::doubt`], so that readers need no lock.
    doubt: AtomicBool,
    /// Someone wants the lock next and writers let them.
    yielding: AtomicBool,
    turn: Condvar,
}

/// A panic while the lock was held leaves at most an open transaction, which the next writer rolls back.
fn relock<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            state: Mutex::new(State { connection, doubt: false }),
            doubt: AtomicBool::new(false),
            yielding: AtomicBool::new(false),
            turn: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = relock(self.state.lock());
        while self.yielding.load(Ordering::Acquire) {
            state = relock(self.turn.wait(state));
        }
        state
    }

    /// Runs `work` in a transaction. Done means durable.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Problem>,
    ) -> Result<T, Failure> {
        let mut state = self.lock();
        self.settle_if_in_doubt(&mut state).map_err(Failure::NotDone)?;
        let connection = &state.connection;
        let prepared = run(connection, "BEGIN IMMEDIATE").and_then(|()| {
            let done = work(connection)?;
            connection.cache_flush().map_err(problem)?;
            Ok(done)
        });
        let done = match prepared {
            Ok(done) => done,
            Err(problem) => {
                roll_back(connection);
                return Err(Failure::NotDone(problem));
            }
        };
        let Err(problem) = run(connection, "COMMIT") else {
            return Ok(done);
        };
        roll_back(connection);
        let settled = settle(connection);
        state.doubt = settled.is_err();
        self.doubt.store(state.doubt, Ordering::Release);
        match (problem, settled) {
            (Problem::Full(text), Ok(())) => Err(Failure::NotDone(Problem::Full(text))),
            // Settled or not: after an I/O error the caller had better look at what the disk still says.
            (problem, _) => Err(Failure::Unknown(problem)),
        }
    }

    /// Whatever was left in doubt is settled when this returns.
    pub(super) fn settled(&self) -> Result<(), Problem> {
        if !self.doubt.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut state = self.lock();
        self.settle_if_in_doubt(&mut state)
    }

    fn settle_if_in_doubt(&self, state: &mut State) -> Result<(), Problem> {
        if !state.connection.is_autocommit() {
            roll_back(&state.connection);
        }
        if state.doubt {
            settle(&state.connection)?;
            state.doubt = false;
            self.doubt.store(false, Ordering::Release);
        }
        Ok(())
    }

    /// Runs `work` while nobody writes. Writers let it pass first: a plain lock would starve it under load.
    pub(super) fn pause<T>(&self, work: impl FnOnce() -> T) -> T {
        /// Lets the writers go on, whatever happened.
        struct Go<'w>(&'w Writer);
        impl Drop for Go<'_> {
            fn drop(&mut self) {
                self.0.yielding.store(false, Ordering::Release);
                self.0.turn.notify_all();
            }
        }
        self.yielding.store(true, Ordering::Release);
        let state = relock(self.state.lock());
        // Declared after the lock and so dropped before it: no writer can look between the two.
        let go = Go(self);
        let done = work();
        drop(go);
        drop(state);
        done
    }
}

fn run(connection: &Connection, sql: &str) -> Result<(), Problem> {
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    statement.execute([]).map_err(problem)?;
    Ok(())
}

/// SQLite has rolled back by itself after some errors, and then refuses: either way nothing stays open, or the next
/// BEGIN says so.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = run(connection, "ROLLBACK");
    }
}

/// One durable commit that changes nothing but a count. It takes the place in the WAL where a failed one began.
pub(super) fn settle(connection: &Connection) -> Result<(), Problem> {
    run(connection, "BEGIN IMMEDIATE")?;
    let count = || {
        let (times, _) = rows::mark(connection, Mark::Settled)?;
        rows::set_mark(connection, Mark::Settled, times.saturating_add(1), &[])
    };
    let settled = count().and_then(|()| run(connection, "COMMIT"));
    if settled.is_err() {
        roll_back(connection);
    }
    settled
}
