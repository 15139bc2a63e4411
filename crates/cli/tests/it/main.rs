//! The real binary in temporary directories: what it prints, and the status it ends with.

#![expect(clippy::expect_used, reason = "a test that cannot go on says where")]

mod advisories;
mod demo;
mod device;
mod feeds;
mod fleet;
mod help;
mod huge;
mod import;
mod kit;
mod live;
mod order;
mod package;
mod push;
mod push_all;
mod push_several;
mod push_signed;
mod records;
mod release;
mod serve;
mod sign;
mod simulate;
mod steps;
mod story;
mod timestamp;
