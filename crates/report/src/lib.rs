//! Audit packages: one file with the entries that a question needs, the proof that they are in the log, tables and figures
//! computed from them, and documents for people; and the verification of such a file with nothing but the file.
//!
//! ```text
//! log ─▶ select ─▶ sparse world ─▶ tables ─▶ figures ─▶ index.json ─▶ documents (PDF/A)
//!           └─▶ entries, hashes, blobs, checkpoint, policy ──▲            └ each page names the digest of the index
//! ```
//!
//! Whoever verifies walks the same way: from the entries to the tables, the figures, and, with the same version of this
//! program, to the same bytes of each document. The format is specified in `docs/spec/package.md`.
//!
//! Not here: the command line, what entries mean (`evidence`), what they amount to (`world`).
#![forbid(unsafe_code)]

mod build;
mod contents;
#[cfg(feature = "pdf")]
pub mod documents;
mod error;
mod evidence_set;
mod figure;
pub mod index;
pub mod pruned;
mod scope;
mod select;
mod sparse;
pub mod sqlite;
mod table;
pub mod verify;
pub mod zip;

pub use build::{Built, Origin, Request, build};
pub use error::Error;
pub use evidence_set::EvidenceSet;
pub use figure::{Figure, Kind as FigureKind};
pub use scope::Scope;
pub use table::{Column, Definition, Kind as TableKind, Table};
