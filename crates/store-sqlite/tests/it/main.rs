//! Integration tests of the embedded stores.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its sizes are small"
)]

mod backup;
mod blobs;
mod child;
mod conformance;
mod flip;
mod full;
mod guard;
mod kill;
mod ledger_disk;
mod ledger_flip;
mod ledger_kill;
mod ledger_place;
mod ledger_rolling;
mod lock;
mod sync;
mod vault;
