//! RFC 6962 Merkle trees and the C2SP formats of transparency logs around them: tiles, signed notes,
//! checkpoints, cosignatures, trust policies, offline proofs and the witness's decision.
//!
//! Pure functions and plain values: no I/O, no clock, no randomness, `no_std` with `alloc`. Readers are
//! strict, bounded and do not panic: what they take, the writers give back byte for byte. Ed25519 signatures
//! are verified by `verify_strict` alone. With the feature `ml-dsa`, ML-DSA-44 cosignatures are made and verified.
//!
//! | module | what | specification |
//! |---|---|---|
//! | [`hash`] | leaf and node hashes | RFC 6962 section 2.1 |
//! | [`tree`] | frontier, roots, making proofs | RFC 6962 section 2.1 |
//! | [`proof`] | verifying proofs, also of subtrees | RFC 6962, RFC 9162, draft-ietf-plants-merkle-tree-certs |
//! | [`tile`] | tiles, entry bundles, the edge of a growing log | c2sp.org/tlog-tiles |
//! | [`note`] | signed texts and keys | c2sp.org/signed-note |
//! | [`checkpoint`] | heads of logs | c2sp.org/tlog-checkpoint |
//! | [`cosignature`] | statements of witnesses | c2sp.org/tlog-cosignature |
//! | [`policy`] | which logs and witnesses to trust | c2sp.org/tlog-policy |
//! | [`packet`] | offline proofs | c2sp.org/tlog-proof |
//! | [`witness`] | when to cosign | c2sp.org/tlog-witness |
//!
//! A log of a thousand entries, and a proof of one of them that verifies offline:
//!
//! ```
//! use tlog::packet::LogProof;
//! use tlog::policy::Policy;
//! use tlog::tile::{Edge, TileCoord};
//! use tlog::{Checkpoint, SigningKey, cosignature, leaf_hash, tree};
//! # use std::collections::BTreeMap;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The log appends entries, stores each tile when it is full, and signs its head.
//! let log = SigningKey::ed25519("log.example/pumps", &[1; 32])?;
//! let (mut edge, mut filled) = (Edge::new(), Vec::new());
//! for entry in 0..1000 {
//!     edge.append(leaf_hash(format!("entry {entry}").as_bytes()), &mut filled);
//! }
//! let tiles: BTreeMap<TileCoord, Vec<u8>> = filled.into_iter().map(|tile| (tile.coord(), tile.bytes)).collect();
//! let mut checkpoint = Checkpoint::new("log.example/pumps", edge.size(), edge.root()).sign(&log)?;
//!
//! // A witness cosigns it.
//! let witness = SigningKey::cosigner("witness.example", &[2; 32])?;
//! checkpoint.push(cosignature::sign(&checkpoint, &witness, 1_790_000_000)?)?;
//!
//! // The log proves that entry 42 is in it.
//! let reader = edge.over(|tile| tiles.get(&tile).ok_or("no such tile"));
//! let hashes = tree::inclusion_proof(&reader, 42, edge.size())?;
//! let file = LogProof { extra: None, index: 42, hashes, checkpoint }.to_string();
//!
//! // Anyone who trusts the log and the witness verifies the file.
//! let policy = format!("log {}\nwitness w {}\nquorum w\n", log.verifier(), witness.verifier());
//! let policy = Policy::parse(policy.as_bytes())?;
//! let proven = LogProof::parse(file.as_bytes())?.verify_entry(b"entry 42", &policy)?;
//! assert_eq!((proven.index, proven.head.checkpoint.size), (42, 1000));
//! assert_eq!(proven.head.witnesses[0].time, Some(1_790_000_000));
//! # Ok(())
//! # }
//! ```

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod checkpoint;
pub mod cosignature;
pub mod error;
pub mod hash;
pub mod note;
pub mod packet;
pub mod policy;
pub mod proof;
mod text;
pub mod tile;
pub mod tree;
pub mod witness;

pub use checkpoint::Checkpoint;
pub use error::{Error, Format, Problem};
pub use hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};
pub use note::{Note, SigningKey, VerifierKey};
pub use text::MAX_NAME_BYTES;
