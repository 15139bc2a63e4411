//! A whole tree in memory, for trees that are small or short-lived: sealed lists, tests.

use alloc::vec::Vec;

use super::{HashReader, NotHeld};
use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// Every complete node of a tree, each hashed once: 64 bytes a leaf. Roots and proofs of every size up to the
/// present one come from the functions of [`crate::tree`].
///
/// ```
/// use tlog::{leaf_hash, proof, tree};
///
/// let tree: tree::MemoryTree = ["a", "b", "c"].map(|entry| leaf_hash(entry.as_bytes())).into_iter().collect();
/// let path = tree::inclusion_proof(&tree, 1, tree.size()).unwrap();
/// proof::verify_inclusion(1, 3, &leaf_hash(b"b"), &path, &tree.root()).unwrap();
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryTree {
    levels: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// The empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// Appends a leaf by its hash. Amortised one node hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let Some(nodes) = self.levels.get_mut(level) else { return };
            nodes.push(hash);
            match nodes.as_slice() {
                [.., left, right] if nodes.len().is_multiple_of(2) => hash = node_hash(left, right),
                _ => return,
            }
        }
    }

    /// Leaf hashes, in their order.
    #[must_use]
    pub fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Leaves in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.leaves().len() as u64
    }

    /// Root of the whole tree: O(log n).
    #[must_use]
    pub fn root(&self) -> Hash {
        // A level of odd length ends in a node that no level above covers: the frontier, smallest first.
        let mut ends = self
            .levels
            .iter()
            .filter(|level| !level.len().is_multiple_of(2))
            .filter_map(|level| level.last());
        let Some(last) = ends.next() else { return EMPTY_ROOT };
        ends.fold(*last, |right, left| node_hash(left, &right))
    }
}

impl FromIterator<Hash> for MemoryTree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        leaves.into_iter().for_each(|leaf| tree.append(leaf));
        tree
    }
}

impl HashReader for MemoryTree {
    type Error = NotHeld;

    fn node(&self, level: u8, index: u64) -> Result<Hash, NotHeld> {
        let held = || self.levels.get(usize::from(level))?.get(usize::try_from(index).ok()?).copied();
        held().ok_or(NotHeld { level, index })
    }
}
