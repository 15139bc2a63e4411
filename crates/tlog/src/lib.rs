//! RFC 6962 Merkle trees and the C2SP formats of transparency logs around them.
//!
//! Pure functions and plain values: no I/O, no clock, no randomness, `no_std` with `alloc`.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod checkpoint;
pub mod cosignature;
pub mod error;
pub mod hash;
pub mod note;
pub mod proof;
mod text;
pub mod tile;
pub mod tree;

pub use checkpoint::Checkpoint;
pub use error::{Error, Format, Problem};
pub use hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};
pub use note::{Note, SigningKey, VerifierKey};
pub use text::MAX_NAME_BYTES;
