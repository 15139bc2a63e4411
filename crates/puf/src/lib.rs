//! SRAM PUF: a secret that lives in the power-up state of a chip's memory and nowhere else.
//!
//! [`enrol`] takes nine or more power-up reads, keeps cells that never changed, pairs them so that the chip's bias leaves no
//! trace, and gives public [`HelperData`] (a mask, a BCH code-offset sketch and a tag) and a [`Secret`]. [`reconstruct`] takes one
//! later read and the helper data and gives the same secret or an error; there is no third outcome. With feature `report`,
//! [`report`] says whether a family of chips is good enough for that; with feature `sim`, [`sim`] simulates such chips.
//!
//! What is secret (responses, codewords, error patterns, keys) is handled in constant time and zeroized. Positions,
//! masks, sketches, lengths and verdicts are public. `docs/puf.md` states construction, figures and limits.
//! What does not live here: reading memory, storing helper data, the identity derived from the secret (`device`).
#![no_std]

extern crate alloc;

mod bch;
mod enrol;
mod error;
mod gf;
mod health;
mod helper;
mod layout;
mod profile;
mod reconstruct;
#[cfg(feature = "report")]
pub mod report;
mod secret;
#[cfg(feature = "sim")]
pub mod sim;

pub use bch::Code;
pub use enrol::{MAX_READS, MIN_READS, ReadQuality, enrol, screen};
pub use error::{Error, Fault, HelperFault};
pub use health::{Depth, health};
pub use helper::{Context, HelperData, MAX_DEVICE_ID};
pub use layout::{Layout, MAX_CELLS, MIN_CELLS};
pub use profile::{MAX_BLOCKS, MIN_RESIDUAL_BITS, Profile, SHIPPED};
pub use reconstruct::{Margin, reconstruct, reconstruct_measured};
pub use secret::Secret;
