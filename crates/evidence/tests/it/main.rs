//! Integration tests of the entry format: what is accepted, what is refused, and the bytes it is all written in.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect must stop")]

mod attached;
mod catalogue;
mod cctv;
mod cose_wg;
mod data;
mod golden;
mod receipt;
mod refused;
mod signers;
mod spec;
mod ssh;
mod statement;
mod strict;
mod torsion;
