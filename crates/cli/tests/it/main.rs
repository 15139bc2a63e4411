//! The real binary in temporary directories: what it prints, and the status it ends with.

#![expect(clippy::expect_used, reason = "a test that cannot go on says where")]

mod demo;
mod help;
mod kit;
mod package;
mod serve;
mod story;
