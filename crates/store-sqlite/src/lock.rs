//! The writer's lock: one process, one open log. Not here: locks of SQLite itself, which last a transaction each.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use ledger::ports::Problem;

use crate::files::problem;

/// An exclusive lock on a file, held while this lives and let go by the system when the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock or says who has it.
    pub(crate) fn take(path: &Path) -> Result<Self, Problem> {
        // Not truncated: until the lock is ours, the file says who holds it.
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(|e| problem(&e, path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = file.take(20).read_to_string(&mut holder);
                let holder = match read {
                    Ok(_) if !holder.trim().is_empty() => format!("process {}", holder.trim()),
                    _ => "another process".into(),
                };
                let path = path.display();
                return Err(Problem::InUse(format!("{holder} holds {path}; stop it, or talk to it instead")));
            }
            Err(TryLockError::Error(e)) => return Err(problem(&e, path)),
        }
        // Only a help for people: that it cannot be written is no reason not to start.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { file })
    }
}

impl Drop for Lock {
    /// Gives the lock back at once. Closing alone would leave it with any process that was being started just then: between
    /// fork and exec it holds a copy of the file.
    fn drop(&mut self) {
        // If it cannot be unlocked, closing it is all that is left.
        let _ = self.file.unlock();
    }
}
