//! The machine evidence of a package without its entries and blobs: what documents are made from, by whoever builds a package
//! and by whoever verifies one.

use std::collections::BTreeMap;

use tlog::Hash;

use crate::index::Index;
use crate::table::Table;

/// Index, tables and checkpoint.
#[derive(Clone, Debug)]
pub struct EvidenceSet {
    /// What the package is about.
    pub index: Index,
    /// SHA-256 of the index's bytes: the digest of the package.
    pub digest: Hash,
    /// Its tables.
    pub tables: Vec<Table>,
    /// Entries by fact.
    pub facts: BTreeMap<&'static str, u64>,
    /// The checkpoint, a signed note.
    pub checkpoint: String,
}
