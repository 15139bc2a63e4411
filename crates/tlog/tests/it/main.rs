//! One binary for the crate's integration tests.

mod data;
mod keys;
mod merkle;
mod naive;
mod vectors;
