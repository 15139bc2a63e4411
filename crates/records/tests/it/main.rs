//! Tests of the crate through its public face: trees written to a temporary folder, the commands over them.

mod bad_input;
mod commands;
mod engine;
mod example;
mod mutation;
