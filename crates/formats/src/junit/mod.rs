//! Test results in JUnit XML, in the dialects of its many producers (Surefire, pytest, Gradle, nextest, GoogleTest,
//! Mocha, CUnit …), read into one form, [`TestRun`]. There is no schema: the producers agree on `testsuite`,
//! `testcase`, `failure`, `error` and `skipped`, and all else is optional. Not here: NUnit, xUnit.net, TRX, Mocha and
//! Dart JSON, and linking a result to a requirement.
//!
//! A document that is not well-formed to its end is refused whole: half a run is not evidence. Entities are never
//! expanded and nothing is fetched.

mod canonical;
mod error;
mod model;
mod output;
mod read;

#[cfg(test)]
mod tests;

pub use canonical::{PARSER_VERSION, from_canonical, to_canonical};
pub use error::Error;
pub use model::{Attempt, Case, Detail, Outcome, Property, Suite, Summary, TestRun};
pub use read::{Limits, read};

pub use crate::source::Place;
