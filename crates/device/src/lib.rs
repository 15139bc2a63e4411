//! What a device links to say, with proof, who it is and what it runs.
//!
//! | module | what |
//! |---|---|
//! | [`identity`] | a unique secret to a stable device key and one alias key a firmware (after TCG DICE) |
//! | [`enrol`] | what a station needs to enrol the device |
//! | [`trust`] | which heads of the log the device believes: freshness |
//! | [`flash`] | the memory that the device stores into, as a trait |
//! | `store` | the queue of evidence and the state beside it, across power loss |
//! | [`device`] | the device itself: starts, measures, attests, delivers |
//! | [`wire`] | what goes over the network |
//!
//! `docs/spec/device-protocol.md` specifies it. No standard library, no clock, no randomness, no I/O: times and random
//! bytes are arguments, flash and network belong to the caller. What does not live here: radio, TLS, updates, and how
//! good evidence is (appraisal is the platform's).
#![no_std]

extern crate alloc;

pub mod device;
pub mod enrol;
pub mod error;
pub mod flash;
pub mod identity;
#[cfg(feature = "sim")]
pub mod sim;
mod store;
pub mod trust;
pub mod wire;

pub use device::{Device, Place, Start, settled};
pub use enrol::Enrolment;
pub use error::{Error, NotFresh};
pub use flash::Flash;
pub use identity::{Identity, Layer, Mode, UniqueSecret, measured};
pub use store::{Batch, Item, MAX_PAGE, MIN_PAGE, MIN_PAGES};
pub use trust::{Anchor, Trust};

/// The guide's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/devices.md")]
struct Guide;
