//! Packages of a small log: made, verified, damaged, typeset, exported.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests say what they expect"
)]

mod damage;
#[cfg(feature = "pdf")]
mod documents;
mod good;
mod sqlite;
mod story;
