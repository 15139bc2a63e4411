//! The world from outside: entries in, answers out. Entries are not signed here; whoever applies them has verified them.

mod appraisal;
mod findings;
mod footprint;
mod model;
mod questions;
mod story;
