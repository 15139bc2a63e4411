//! Integration tests of the PUF library: simulated chips, real chips, traps.

mod data;
mod real;
