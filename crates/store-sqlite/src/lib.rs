//! The embedded adapters of the ledger's ports: [`SqliteLog`] and [`SqliteVault`] in SQLite, [`DirBlobs`] in a directory,
//! [`FileGuard`] in a file kept elsewhere.
//!
//! | file | holds |
//! |---|---|
//! | `DIR/log.sqlite` (+ `-wal`, `-shm`) | entries, tiles, checkpoints, staged evidence |
//! | `DIR/log.lock` | the writer's lock and process id |
//! | `DIR/vault.sqlite` (+ `-wal`, `-shm`), `DIR/vault.lock` | erasable values, and their lock |
//! | a directory, mostly `DIR/blobs` | blobs, each a file named by its digest |
//! | a file outside `DIR` | the guard |
//!
//! Everything read is checked before it is handed out: rows against a SHA-256 beside them, entries in bundles against
//! their tile, blobs against their name, values against their commitment. Not here: what entries mean, signatures,
//! which root is right.

mod backup;
mod blobs;
mod db;
mod files;
mod guard;
mod lock;
mod log;
mod vault;

pub use backup::{Copied, copy_stores};
pub use blobs::DirBlobs;
pub use db::MIN_SQLITE_VERSION;
pub use guard::FileGuard;
pub use log::SqliteLog;
pub use vault::SqliteVault;
