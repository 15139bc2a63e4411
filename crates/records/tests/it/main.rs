//! Tests of the crate through its public face: trees written to a temporary folder, the commands over them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests stand outside the test functions")]

mod bad_input;
mod code;
mod commands;
mod engine;
mod example;
mod impact;
mod infusion_pump;
mod linked;
mod mutation;
mod pump_mutation;
mod quality;
mod risk;
mod soup;
