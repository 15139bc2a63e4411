//! The vault in SQLite: values that can be erased so that its files hold no byte of them. Not here: who may read or erase
//! what; copies in backups, which the operator's retention has to reach; blocks that the file system has let go.
//!
//! How erasing is made sure of: rows are only ever added at the end and never deleted, so the tree does not move them about
//! and leave copies in pages; erasing overwrites salt and value in place with as many zeros (SQLite frees and, under
//! `secure_delete`, zeroes what it does not reuse); then the WAL, which still holds older pages, is written back and
//! truncated.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ledger::ports::{Problem, StoreError, Vault, commit};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, MAIN_DB};
use tlog::Hash;

use crate::db::{self, Access, Layout, problem};
use crate::files;
use crate::lock::Lock;

/// Page cache in KiB.
const CACHE_KIB: u32 = 2_048;

/// Pages in the WAL after which a commit writes them back itself; commits here are rare and not waited for.
const AUTOCHECKPOINT: u32 = 256;

const LAYOUT: Layout = Layout {
    // `vcv1` in ASCII.
    application: 0x7663_7631,
    version: 1,
    tables: &[
        (
            "vault",
            "CREATE TABLE vault (place INTEGER PRIMARY KEY, commitment BLOB NOT NULL, erased INTEGER NOT NULL, salt BLOB NOT NULL, value BLOB NOT NULL) STRICT",
        ),
        ("vault_by_commitment", "CREATE INDEX vault_by_commitment ON vault (commitment)"),
    ],
};

/// Erasable values in `DIR/vault.sqlite`. One process at a time.
#[derive(Debug)]
pub struct SqliteVault {
    connection: Mutex<Connection>,
    _lock: Lock,
}

impl SqliteVault {
    /// Opens the vault in a directory, and makes both where there are none; the file is readable by its owner alone.
    ///
    /// # Errors
    /// Another process has it open; it cannot be read or written, or is not a vault.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let open = || {
            fs::create_dir_all(directory).map_err(|e| files::problem(&e, directory))?;
            let lock = Lock::take(&directory.join("vault.lock"))?;
            let path = directory.join("vault.sqlite");
            make_private(&path)?;
            let connection = db::connect(&path, Access::Write, CACHE_KIB)?;
            let settings =
                format!("PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT};");
            connection.execute_batch(&settings).map_err(problem)?;
            db::create_if_new(&connection, &LAYOUT, |_| Ok(()))?;
            db::check(&connection, &LAYOUT)?;
            // Finishes an erasure that was stopped halfway, and makes durable what recovery found.
            write_back(&connection)?;
            files::sync_directory(directory)?;
            Ok(Self { connection: Mutex::new(connection), _lock: lock })
        };
        open().map_err(|p| StoreError::new(format!("opening the vault in {}", directory.display()), p))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while it was held left at most an open transaction, which its own guard rolls back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SQLite gives its other files the mode of this one.
fn make_private(path: &Path) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(files::problem(&e, path)),
        _ => Ok(()),
    }
}

fn write_back(connection: &Connection) -> Result<(), Problem> {
    connection.wal_checkpoint_v2(Some(MAIN_DB), CheckpointMode::TRUNCATE).map_err(problem)?;
    Ok(())
}

/// Salt and value as the row has them.
type Held = ([u8; 32], Vec<u8>);

fn find(connection: &Connection, commitment: &Hash) -> Result<Option<Held>, Problem> {
    let sql = "SELECT salt, value FROM vault WHERE commitment = ?1 AND erased = 0";
    let mut statement = connection.prepare_cached(sql).map_err(problem)?;
    let mut rows = statement.query([commitment.as_bytes().as_slice()]).map_err(problem)?;
    let Some(row) = rows.next().map_err(problem)? else {
        return Ok(None);
    };
    let held: ([u8; 32], Vec<u8>) = (row.get(0).map_err(problem)?, row.get(1).map_err(problem)?);
    if commit(&held.0, &held.1) == *commitment {
        return Ok(Some(held));
    }
    Err(Problem::Damaged("the value differs from its commitment".into()))
}

impl Vault for SqliteVault {
    fn put(&self, salt: &[u8; 32], value: &[u8]) -> Result<Hash, StoreError> {
        let commitment = commit(salt, value);
        let put = || {
            let connection = self.connection();
            if find(&connection, &commitment)?.is_some() {
                return Ok(());
            }
            let sql = "INSERT INTO vault (commitment, erased, salt, value) VALUES (?1, 0, ?2, ?3)";
            let mut statement = connection.prepare_cached(sql).map_err(problem)?;
            let row = (commitment.as_bytes().as_slice(), salt.as_slice(), value);
            statement.execute(row).map_err(problem)?;
            Ok(())
        };
        put()
            .map_err(|problem| StoreError::new(format!("keeping the value behind {commitment}"), problem))?;
        Ok(commitment)
    }

    fn get(&self, commitment: &Hash) -> Result<Option<Held>, StoreError> {
        find(&self.connection(), commitment)
            .map_err(|problem| StoreError::new(format!("reading the value behind {commitment}"), problem))
    }

    fn erase(&self, commitment: &Hash) -> Result<bool, StoreError> {
        let erase = || {
            let connection = self.connection();
            // Values of the same length, so that the row stays where it is.
            let sql = "UPDATE vault SET erased = 1, salt = zeroblob(32), value = zeroblob(length(value))
                       WHERE commitment = ?1 AND erased = 0";
            let mut statement = connection.prepare_cached(sql).map_err(problem)?;
            let erased = statement.execute([commitment.as_bytes().as_slice()]).map_err(problem)?;
            drop(statement);
            // Also where nothing was found: an earlier call may have been stopped before this.
            write_back(&connection)?;
            Ok(erased > 0)
        };
        erase().map_err(|problem| StoreError::new(format!("erasing the value behind {commitment}"), problem))
    }
}
