//! Integration tests of the PUF library: simulated chips, real chips, traps.

#![expect(clippy::unwrap_used, reason = "tests")]

mod data;
mod real;
mod simulated;
mod traps;
