//! One binary for the crate's integration tests.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its sizes are small"
)]

mod data;
mod edits;
mod keys;
mod merkle;
#[cfg(feature = "ml-dsa")]
mod ml_dsa;
mod naive;
mod packet;
mod policy;
mod tessera;
mod tiles;
mod torsion;
mod vectors;
mod witness;
