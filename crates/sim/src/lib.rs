//! Simulated fleets: real device code over simulated silicon, flash, clocks and links, behind gateways that lose order, with
//! faults and lies, and the truth of what each device really ran.
//!
//! | module | what |
//! |---|---|
//! | [`plan`] | how many devices at how many sites, what they run, how often what goes wrong |
//! | [`fleet`] | the fleet: enrolments, then rounds in which gateways send and are answered |
//! | [`piece`] | what a gateway sends |
//! | [`truth`] | what each device really was and ran, and what was promised to it |
//! | `fielded`, `chip`, `flash`, `clock` | one device |
//! | `gateway`, `site` | what relays for the devices of one place |
//! | [`random`], `parallel` | repeatable numbers; work on every core whose result does not depend on it |
//!
//! The same plan, moments, freshness statements and answers give the same entries byte for byte, whatever the number of
//! threads: times come in as arguments, random numbers from the seed. Not here: HTTP (the command line has it), and any
//! secret worth keeping.

mod chip;
mod clock;
mod error;
mod fielded;
mod flash;
pub mod fleet;
mod gateway;
mod parallel;
pub mod piece;
pub mod plan;
pub mod random;
mod site;
pub mod truth;

pub use error::Error;
pub use fleet::Fleet;
pub use piece::{Batch, Kind, Piece};
pub use plan::{Build, Faults, Permille, Plan, Silicon};
pub use truth::{Happened, Ran, Truth};
