//! The world from outside: entries in, answers out. Entries are not signed here; whoever applies them has verified them.

#![expect(clippy::expect_used, clippy::panic, reason = "a test stops where its story does not hold")]

mod appraisal;
mod decided;
mod findings;
mod footprint;
mod model;
mod names;
mod questions;
mod stands;
mod story;
