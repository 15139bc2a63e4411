//! Vouchsafe entries: what one leaf of the log says, who says it, and how that is proven.
//!
//! An [`Entry`] is a [`Body`] (deterministic CBOR) with a proof of authorship around it: a COSE_Sign1, a WebAuthn
//! assertion or an SSH signature. Its identity is [`Entry::hash`], SHA-256 over the body alone, so that two proofs over
//! the same body are the same entry. Inside the body stands one [`Fact`] of the catalogue.
//!
//! The format is specified in `docs/spec/entry.md`; this crate is one reader and writer of it. It has no clock, no
//! randomness, no I/O and no standard library: devices link it.
//!
//! Not here: whether a key was valid, whether a stream is unbroken, what a fact does to the world. Those need the log.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

// First: its macros are used by the modules below.
#[macro_use]
mod wire;

pub mod body;
pub mod cbor;
pub mod entry;
pub mod facts;
#[cfg(feature = "json")]
pub mod json;
pub mod keys;
pub mod proof;
pub mod receipt;
#[cfg(feature = "sample")]
pub mod sample;
pub mod source;
pub mod spec;
pub mod statement;
pub mod time;
pub mod types;

pub use body::{Body, Evidence};
pub use entry::{Entry, EntryError};
pub use facts::Fact;
pub use keys::{KeyId, PublicKey};
pub use source::{SourceId, SourceKind};
pub use time::Time;
pub use tlog::Hash;
pub use wire::Field;

/// Most bytes of an entry: what a C2SP entry bundle can carry (tlog-tiles, u16 length prefix).
pub const MAX_ENTRY: usize = 65_535;
