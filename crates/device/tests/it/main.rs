//! Tests of the device: power loss at every write, damage, freshness, delivery into a real ledger, the specification.

mod bench;
mod damage;
mod example;
mod fleet;
mod identity;
mod power;
mod trust;
mod wire;
