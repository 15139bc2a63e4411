//! Tests of the device: power loss at every write, damage, freshness, delivery into a real ledger, the specification.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test that meets what it does not expect must stop, and its sizes are small"
)]

mod bench;
mod damage;
mod example;
mod fleet;
mod identity;
mod limits;
mod power;
mod trust;
mod wire;
