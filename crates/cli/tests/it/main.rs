//! The real binary in temporary directories: what it prints, and the status it ends with.

mod demo;
mod help;
mod kit;
mod story;
