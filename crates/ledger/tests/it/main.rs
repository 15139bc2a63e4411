//! Integration tests of the ledger: the write path, its refusals, and what happens when the store fails.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::allow_attributes,
    reason = "a test that meets what it does not expect must stop"
)]

mod attached;
mod deadlines;
mod doubts;
mod faults;
mod faults_appends;
mod faults_conflicts;
mod recovery;
mod refusals;
mod rolling;
mod seals;
mod verdicts;
mod write_path;
