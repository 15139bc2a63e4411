//! One binary for the crate's integration tests.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its sizes are small"
)]

mod data;
mod keys;
mod merkle;
mod naive;
mod tessera;
mod tiles;
mod vectors;
