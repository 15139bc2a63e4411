//! The suites that every adapter passes.

use std::path::PathBuf;
use std::sync::Arc;

use ledger::conformance::{self, Place};
use ledger::ports::{Blobs, Guard, Log, Vault};
use proptest::prelude::*;
use store_sqlite::{DirBlobs, FileGuard, SqliteLog, SqliteVault};
use tempfile::TempDir;

/// A new directory, removed when the place that holds it is dropped.
fn place<P: ?Sized + 'static>(open: impl Fn(PathBuf) -> Box<P> + 'static) -> Place<P> {
    let directory = Arc::new(TempDir::new().unwrap());
    Box::new(move || open(directory.path().join("data")))
}

fn fresh_log() -> Place<dyn Log> {
    place::<dyn Log>(|directory| Box::new(SqliteLog::open(&directory).unwrap()))
}

#[test]
fn the_log_conforms() {
    conformance::log(&fresh_log);
}

#[test]
fn the_blobs_conform() {
    conformance::blobs(&|| -> Place<dyn Blobs> {
        place::<dyn Blobs>(|dir| Box::new(DirBlobs::open(&dir).unwrap()))
    });
}

#[test]
fn the_vault_conforms() {
    conformance::vault(&|| -> Place<dyn Vault> {
        place::<dyn Vault>(|dir| Box::new(SqliteVault::open(&dir).unwrap()))
    });
}

#[test]
fn the_guard_conforms() {
    conformance::guard(&|| -> Place<dyn Guard> {
        place::<dyn Guard>(|dir| {
            std::fs::create_dir_all(&dir).unwrap();
            let path = dir.parent().unwrap().join("guard");
            Box::new(FileGuard::new(&path, &dir).unwrap())
        })
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn the_log_agrees_with_the_one_in_memory(seed: u64) {
        conformance::agrees_with_memory(&fresh_log(), seed, 40);
    }
}
