//! The frontier of a growing tree: enough to append and to give the root, in 32 bytes per set bit of the size.

use alloc::vec::Vec;

use super::MAX_TREE_SIZE;
use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// The complete subtrees that a tree of some size falls into, largest (leftmost) first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompactRange {
    size: u64,
    frontier: Vec<Hash>,
}

impl CompactRange {
    /// The empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, frontier: Vec::new() }
    }

    /// Takes up a saved frontier. `None` if it has not one hash per set bit of `size`, or `size` exceeds
    /// [`MAX_TREE_SIZE`]. Nothing can be said about the hashes themselves: compare [`CompactRange::root`]
    /// with a root you trust.
    #[must_use]
    pub fn from_frontier(size: u64, frontier: Vec<Hash>) -> Option<Self> {
        let fits = size <= MAX_TREE_SIZE && u32::try_from(frontier.len()) == Ok(size.count_ones());
        fits.then_some(Self { size, frontier })
    }

    /// Leaves in the tree.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Hashes of the complete subtrees, largest first; one per set bit of [`CompactRange::size`].
    #[must_use]
    pub fn frontier(&self) -> &[Hash] {
        &self.frontier
    }

    /// Appends a leaf by its hash. Amortised one node hash, at worst 63.
    pub fn append(&mut self, leaf: Hash) {
        self.append_with(leaf, |_, _, _| {});
    }

    /// As [`CompactRange::append`]; `created` is told each complete node this brings about, from the leaf up,
    /// as (level, index, hash).
    pub fn append_with(&mut self, leaf: Hash, created: impl FnMut(u8, u64, &Hash)) {
        self.push(0, leaf, created);
    }

    /// Appends a complete subtree of `2^level` leaves by its hash, as when a tree is rebuilt from the hashes
    /// of full tiles. Amortised one node hash.
    ///
    /// Returns `false`, and changes nothing, if the size is not a multiple of `2^level` or would exceed
    /// [`MAX_TREE_SIZE`].
    #[must_use]
    pub fn append_node(&mut self, level: u8, hash: Hash) -> bool {
        let fits = level < 63
            && self.size.trailing_zeros() >= u32::from(level)
            && self.size.checked_add(1 << level).is_some_and(|size| size <= MAX_TREE_SIZE);
        if fits {
            self.push(level, hash, |_, _, _| {});
        }
        fits
    }

    fn push(&mut self, mut level: u8, mut hash: Hash, mut created: impl FnMut(u8, u64, &Hash)) {
        // The size cannot overflow: no tree starts above MAX_TREE_SIZE, and 2^63 appends do not happen.
        let leaves = 1 << level;
        let mut index = self.size >> level;
        created(level, index, &hash);
        while index & 1 == 1 {
            let Some(left) = self.frontier.pop() else { break };
            hash = node_hash(&left, &hash);
            index >>= 1;
            level += 1;
            created(level, index, &hash);
        }
        self.frontier.push(hash);
        self.size += leaves;
    }

    /// Root of the tree. One node hash per set bit of the size: O(log n).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut hashes = self.frontier.iter().rev();
        let Some(last) = hashes.next() else { return EMPTY_ROOT };
        hashes.fold(*last, |right, left| node_hash(left, &right))
    }
}
