//! Populations from outside: entries and blobs in, answers out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what it does not expect must stop"
)]

mod example;
mod exploited;
mod followed;
mod over_time;
mod past;
mod rules;
mod stage;
