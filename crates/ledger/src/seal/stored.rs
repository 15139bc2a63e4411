//! The sealed tree of one concern, read back from a snapshot: for whoever reads a log beside its writer, which alone keeps
//! trees in memory.

use tlog::tree::MemoryTree;
use world::journal::Seal;

use super::{Membership, SealedTree};
use crate::error::LedgerError;
use crate::snapshot::Snapshots;

/// The tree of one concern, and the seal that states its root.
pub struct StoredTree {
    /// The seal.
    pub seal: Seal,
    tree: SealedTree,
}

impl StoredTree {
    /// Reads the snapshot that says most about the first `size` entries, of those that a seal vouches for: the smallest that
    /// covers them all, else the largest. `None` if there is none. Linear in the states of the concern.
    ///
    /// # Errors
    /// A snapshot that a seal vouches for cannot be read.
    pub fn covering(
        snapshots: &Snapshots,
        seals: &[Seal],
        concern: &str,
        size: u64,
    ) -> Result<Option<Self>, LedgerError> {
        let mut sizes = snapshots.sizes();
        sizes.sort_unstable_by_key(|at| (*at < size, at.abs_diff(size)));
        for at in sizes {
            let Some(seal) = seals.iter().find(|s| s.sealed.size == at) else { continue };
            let Some(stated) = seal.sealed.concerns.iter().find(|c| c.concern == concern) else { continue };
            let failed = |e: std::io::Error| LedgerError::Seal(format!("the snapshot at {at}: {e}"));
            let (mut keys, mut tree) = (Vec::<Box<[u8]>>::new(), MemoryTree::default());
            let take = |state: world::State| {
                tree.append(state.leaf_hash());
                keys.push(state.key.into_boxed_slice());
            };
            snapshots.states(at, concern, take).map_err(failed)?;
            if (tree.root(), tree.size()) == (stated.root, stated.count) {
                return Ok(Some(Self { seal: seal.clone(), tree: SealedTree { keys, tree } }));
            }
            tracing::warn!(size = at, "no seal in the log states this snapshot; it is not used");
        }
        Ok(None)
    }

    /// What the tree says about a key.
    #[must_use]
    pub fn membership(&self, key: &[u8]) -> Option<Membership> {
        self.tree.membership(key)
    }
}
