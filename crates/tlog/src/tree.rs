//! The RFC 6962 Merkle tree: a growing tree's frontier, and proofs made from any store of its nodes.
//! Verification lives in [`crate::proof`], storage as tiles in [`crate::tile`].

mod memory;
mod range;

use alloc::vec::Vec;

pub use memory::MemoryTree;
pub use range::CompactRange;

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use crate::proof::is_subtree;

/// Largest tree this crate builds: proofs then have at most 63 hashes, as tlog-witness demands.
/// Verification takes any `u64`.
pub const MAX_TREE_SIZE: u64 = (1 << 63) - 1;

/// A store of the hashes of *complete* subtrees.
pub trait HashReader {
    /// What goes wrong in the store.
    type Error;

    /// Hash of the subtree over the leaves `[index · 2^level, (index + 1) · 2^level)`.
    ///
    /// # Errors
    /// The store does not hold that node, or could not be read.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

impl<R: HashReader + ?Sized> HashReader for &R {
    type Error = R::Error;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        (**self).node(level, index)
    }
}

/// A store does not hold this node: it is beyond the tree, or kept elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("node {index} at level {level} is not held here")]
pub struct NotHeld {
    /// Level of the node.
    pub level: u8,
    /// Index of the node in its level.
    pub index: u64,
}

/// Why a root or proof could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError<E> {
    /// The leaf is not in a tree of this size.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NoSuchLeaf {
        /// The index asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The subtree is not valid (see [`is_subtree`]) or not within the tree.
    #[error("[{start}, {end}) is no subtree of a tree of {size} leaves")]
    NoSuchSubtree {
        /// First leaf.
        start: u64,
        /// One past the last leaf.
        end: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The store failed.
    #[error("reading a node failed: {0}")]
    Read(E),
}

/// Root of the tree of the first `size` leaves. Reads at most one node per set bit of `size`: O(log n).
///
/// # Errors
/// [`TreeError::Read`] if the store fails.
pub fn root<R: HashReader + ?Sized>(reader: &R, size: u64) -> Result<Hash, TreeError<R::Error>> {
    range_root(reader, 0, size)
}

/// Inclusion proof of leaf `index` in the tree of `size` leaves, leaf's sibling first (RFC 6962 section 2.1.1).
/// Reads at most 2 · log2(size) nodes: O(log n).
///
/// # Errors
/// `index` not below `size`, or the store fails.
pub fn inclusion_proof<R: HashReader + ?Sized>(
    reader: &R,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, TreeError<R::Error>> {
    if index >= size {
        return Err(TreeError::NoSuchLeaf { index, size });
    }
    let (mut low, mut high) = (0, size);
    let mut path = Vec::with_capacity(64);
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range_root(reader, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(reader, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Consistency proof between the trees of `old` and `new` leaves (RFC 6962 section 2.1.2); empty if `old`
/// is 0 or equals `new`. Reads at most 2 · log2(new) nodes: O(log n).
///
/// # Errors
/// `old` above `new`, or the store fails.
pub fn consistency_proof<R: HashReader + ?Sized>(
    reader: &R,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, TreeError<R::Error>> {
    subtree_consistency_proof(reader, 0, old, new)
}

/// Proof that the subtree `[start, end)` belongs to the tree of `size` leaves
/// (draft-ietf-plants-merkle-tree-certs, "Subtree Consistency Proofs"); with `start` 0 it is the
/// consistency proof of RFC 6962. Reads at most 2 · log2(size) nodes: O(log n).
///
/// # Errors
/// `[start, end)` is no valid subtree or ends beyond `size`, or the store fails.
pub fn subtree_consistency_proof<R: HashReader + ?Sized>(
    reader: &R,
    start: u64,
    end: u64,
    size: u64,
) -> Result<Vec<Hash>, TreeError<R::Error>> {
    if end > size || !is_subtree(start, end) {
        return Err(TreeError::NoSuchSubtree { start, end, size });
    }
    let mut path = Vec::with_capacity(64);
    if start == end {
        return Ok(path);
    }
    // What is sought shrinks to its part right of each split; once it has, the verifier no longer knows its hash.
    let (mut low, mut high, mut start, mut known) = (0, size, start, true);
    while start != low || end != high {
        let middle = low + split(high - low);
        if end <= middle {
            path.push(range_root(reader, middle, high)?);
            high = middle;
        } else {
            path.push(range_root(reader, low, middle)?);
            if start < middle {
                start = middle;
                known = false;
            }
            low = middle;
        }
    }
    if !known {
        path.push(range_root(reader, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// Hash of the tree over the leaves `[start, end)`; `start` must be a multiple of the power of two that
/// `end - start` rounds up to. Reads one node per set bit of the length.
fn range_root<R: HashReader + ?Sized>(reader: &R, start: u64, end: u64) -> Result<Hash, TreeError<R::Error>> {
    let length = end - start;
    let mut right_end = end;
    let mut hash = None;
    for level in 0..64_u8 {
        if (length >> level) & 1 == 1 {
            right_end -= 1 << level;
            let left = reader.node(level, right_end >> level).map_err(TreeError::Read)?;
            hash = Some(match hash {
                None => left,
                Some(right) => node_hash(&left, &right),
            });
        }
    }
    Ok(hash.unwrap_or(EMPTY_ROOT))
}

/// Largest power of two below `length`, which is at least 2.
const fn split(length: u64) -> u64 {
    1 << (63 - (length - 1).leading_zeros())
}
