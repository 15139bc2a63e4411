//! Tests of the simulator: it repeats itself byte for byte, each fault really happens and a real ledger answers it as it should,
//! nothing promised is lost, and what the ledger says of the fleet is what is true of it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that meets what it does not expect must stop")]

mod faults;
mod house;
mod repeat;
mod silicon;
mod truth;
