//! Verification of RFC 6962 proofs, and the steps of an inclusion proof for those who want it worked out.
//! No allocation, nothing but arithmetic; proofs are made in [`crate::tree`].

mod consistency;
mod inclusion;

pub use consistency::{verify_consistency, verify_subtree_consistency};
pub use inclusion::{
    InclusionSteps, Side, Step, inclusion_steps, root_from_inclusion, verify_inclusion,
    verify_subtree_inclusion,
};

use crate::hash::Hash;

/// Which root a proof leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The root of the tree (the newer one of two).
    Tree,
    /// The root of the older tree, or of the subtree.
    Part,
}

impl core::fmt::Display for Which {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Tree => "the tree's root",
            Self::Part => "the older tree's or subtree's root",
        })
    }
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The leaf cannot be in a tree of this size.
    #[error("leaf {index} is not in [{start}, {end})")]
    NoSuchLeaf {
        /// Index of the leaf.
        index: u64,
        /// First leaf of the (sub)tree.
        start: u64,
        /// One past its last leaf.
        end: u64,
    },
    /// The older tree is larger than the newer one, or the subtree ends beyond the tree.
    #[error("the older tree (or subtree) ends at {old}, beyond the newer tree's {new} leaves")]
    SizesReversed {
        /// End of the older tree or subtree.
        old: u64,
        /// Size of the newer tree.
        new: u64,
    },
    /// Every tree is consistent with the empty one: there is nothing to prove, and a proof is meaningless.
    #[error("consistency with the empty tree proves nothing")]
    EmptyOldTree,
    /// Not a subtree that the tree's shape knows (see [`is_subtree`]).
    #[error("[{start}, {end}) is not a subtree")]
    NotASubtree {
        /// First leaf.
        start: u64,
        /// One past the last leaf.
        end: u64,
    },
    /// The proof has too few or too many hashes for these sizes.
    #[error("a proof of {found} hashes is too {} for these sizes", excess(.long))]
    Length {
        /// Hashes in the proof.
        found: usize,
        /// Too many (`true`) or too few.
        long: bool,
    },
    /// The hashes lead elsewhere.
    #[error("the proof leads to {computed}, not to {which}, {given}")]
    RootMismatch {
        /// The root that was missed.
        which: Which,
        /// What the proof leads to.
        computed: Hash,
        /// What it should have led to.
        given: Hash,
    },
}

/// Whether `[start, end)` is a valid subtree: `start` is a multiple of the smallest power of two that is not
/// below `end - start` (draft-ietf-plants-merkle-tree-certs, "Subtrees"). An empty range is valid.
#[must_use]
pub const fn is_subtree(start: u64, end: u64) -> bool {
    if start > end {
        return false;
    }
    match (end - start).checked_next_power_of_two() {
        Some(width) => start & (width - 1) == 0,
        // Rounds up to 2^64, of which 0 is the only multiple.
        None => start == 0,
    }
}

fn excess(long: &bool) -> &'static str {
    if *long { "long" } else { "short" }
}

fn check(which: Which, computed: Hash, given: &Hash) -> Result<(), ProofError> {
    if computed == *given { Ok(()) } else { Err(ProofError::RootMismatch { which, computed, given: *given }) }
}
