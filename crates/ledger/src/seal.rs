//! Seals: Merkle roots over the sorted states of every concern, stated in the log, and what they prove.
//!
//! A sealed tree shows that a state is *current* at the sealed size (membership), that there is none (two neighbours with
//! nothing between them), and how many there are (*counted*: the tree's size). The walk over the states runs beside the
//! write path: the world keeps aside what changes meanwhile and is never held longer than one piece takes.

mod stored;

use std::collections::VecDeque;
use std::sync::Arc;

use evidence::facts::log::{Sealed, SealedConcern};
use tlog::Hash;
use tlog::tree::MemoryTree;
use world::journal::Seal;
use world::{APPLY_VERSION, CONCERNS, State};

use crate::error::LedgerError;
use crate::shared::Shared;
use crate::snapshot::Snapshots;

pub use stored::StoredTree;

/// Sealed trees kept in memory; older ones come back by replay.
pub const KEPT: usize = 48;
/// States read from the world at once: a few hundred microseconds.
const PIECE: usize = 256;

/// The sorted states of one concern under their tree.
pub struct SealedTree {
    keys: Vec<Box<[u8]>>,
    tree: MemoryTree,
}

/// Every concern's tree at one size.
pub struct SealedTrees {
    /// What the log states about them.
    pub sealed: Sealed,
    trees: Vec<Arc<SealedTree>>,
}

/// A leaf of a sealed tree with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Place among the sorted states.
    pub place: u64,
    /// Key of the state.
    pub key: Vec<u8>,
    /// Leaf hash of the state.
    pub leaf: Hash,
    /// Inclusion proof to the concern's root, leaf's sibling first.
    pub proof: Vec<Hash>,
}

/// What a sealed tree says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// There is such a state.
    Present(Member),
    /// There is none: these neighbours stand next to each other (or at an end) with nothing between them.
    Absent {
        /// The last state before the key, if there is one.
        before: Option<Member>,
        /// The first state after it, if there is one.
        after: Option<Member>,
    },
}

impl SealedTree {
    fn member(&self, place: usize) -> Option<Member> {
        let key = self.keys.get(place)?.to_vec();
        let place = place as u64;
        let proof = tlog::tree::inclusion_proof(&self.tree, place, self.tree.size()).ok()?;
        let leaf = *self.tree.leaves().get(usize::try_from(place).ok()?)?;
        Some(Member { place, key, leaf, proof })
    }
}

impl SealedTree {
    fn membership(&self, key: &[u8]) -> Option<Membership> {
        match self.keys.binary_search_by(|k| k[..].cmp(key)) {
            Ok(place) => self.member(place).map(Membership::Present),
            Err(next) => {
                let before = next.checked_sub(1).and_then(|place| self.member(place));
                Some(Membership::Absent { before, after: self.member(next) })
            }
        }
    }
}

impl SealedTrees {
    /// What the tree of a concern says about a key.
    #[must_use]
    pub fn membership(&self, concern: &str, key: &[u8]) -> Option<Membership> {
        let at = CONCERNS.iter().position(|c| *c == concern)?;
        self.trees.get(at)?.membership(key)
    }
}

impl Membership {
    /// Verifies against what the log states about the concern: a present state by its bytes, an absent one by its
    /// neighbours.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(&self, stated: &SealedConcern, key: &[u8], state: Option<&State>) -> Result<(), String> {
        let holds = |m: &Member| {
            tlog::proof::verify_inclusion(m.place, stated.count, &m.leaf, &m.proof, &stated.root)
                .map_err(|e| format!("place {}: {e}", m.place))
        };
        match (self, state) {
            (Self::Present(m), Some(state)) => {
                holds(m)?;
                if state.key != key || state.leaf_hash() != m.leaf {
                    return Err("the state is not the one under this leaf".into());
                }
                Ok(())
            }
            (Self::Present(_), None) => Err("the state itself is needed to verify that it is current".into()),
            (Self::Absent { before, after }, _) => {
                // Neighbours' keys are shown by their states; their places must leave no room between them.
                before.iter().chain(after).try_for_each(holds)?;
                let (low, high) = (before.as_ref().map(|m| m.place), after.as_ref().map(|m| m.place));
                let adjacent = match (low, high) {
                    (Some(low), Some(high)) => low + 1 == high,
                    (None, Some(high)) => high == 0,
                    (Some(low), None) => low + 1 == stated.count,
                    (None, None) => stated.count == 0,
                };
                let around = before.as_ref().is_none_or(|m| m.key.as_slice() < key)
                    && after.as_ref().is_none_or(|m| key < m.key.as_slice());
                if adjacent && around { Ok(()) } else { Err("the neighbours do not enclose the key".into()) }
            }
        }
    }
}

/// The last sealed trees, newest last.
#[derive(Default)]
pub(crate) struct Kept(VecDeque<Arc<SealedTrees>>);

impl Kept {
    pub(crate) fn push(&mut self, trees: Arc<SealedTrees>) {
        self.0.push_back(trees);
        while self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    /// Forgets the trees that no seal of the log states: their entry was lost before it was durable.
    pub(crate) fn keep(&mut self, seals: &[Seal]) {
        self.0.retain(|t| seals.iter().any(|s| s.sealed == t.sealed));
    }

    pub(crate) fn newest(&self) -> Option<Arc<SealedTrees>> {
        self.0.back().cloned()
    }

    /// The newest of those that are stated, or the one of a size.
    pub(crate) fn newest_of(&self, stated: &[Sealed], size: Option<u64>) -> Option<Arc<SealedTrees>> {
        let fits = |t: &&Arc<SealedTrees>| {
            size.is_none_or(|size| t.sealed.size == size) && stated.contains(&t.sealed)
        };
        self.0.iter().rev().find(fits).cloned()
    }
}

/// Walks over the frozen states, builds the trees, and writes the snapshot if there is a place for it.
pub(crate) fn build(
    shared: &Shared,
    size: u64,
    snapshots: Option<&Snapshots>,
    last: Option<&SealedTrees>,
) -> Result<SealedTrees, LedgerError> {
    let failed = |e: &dyn std::fmt::Display| LedgerError::Seal(format!("sealing at {size}: {e}"));
    let mut writing = snapshots.map(|s| s.write(size)).transpose().map_err(|e| failed(&e))?;
    let (mut concerns, mut trees) = (Vec::new(), Vec::new());
    for (n, concern) in CONCERNS.into_iter().enumerate() {
        if let Some(writing) = &mut writing {
            writing.concern(concern).map_err(|e| failed(&e))?;
        }
        let (mut keys, mut tree) = (Vec::<Box<[u8]>>::new(), MemoryTree::default());
        loop {
            let piece = {
                let world = shared.world();
                if world.frozen_at() != Some(size) {
                    return Err(failed(&"the world was read anew meanwhile"));
                }
                world.frozen(concern, keys.last().map(AsRef::as_ref), PIECE).map_err(|e| failed(&e))?
            };
            let Some(_) = piece.last() else { break };
            for state in piece {
                tree.append(state.leaf_hash());
                if let Some(writing) = &mut writing {
                    writing.state(&state).map_err(|e| failed(&e))?;
                }
                keys.push(state.key.into_boxed_slice());
            }
        }
        concerns.push(SealedConcern { concern: concern.into(), root: tree.root(), count: tree.size() });
        // A concern that did not change shares the last tree.
        let same =
            last.and_then(|l| l.trees.get(n)).filter(|t| t.tree.root() == tree.root() && t.keys == keys);
        trees.push(same.cloned().unwrap_or_else(|| Arc::new(SealedTree { keys, tree })));
    }
    if let Some(writing) = writing {
        writing.finish().map_err(|e| failed(&e))?;
    }
    if let Some(snapshots) = snapshots {
        snapshots.prune();
    }
    let time = {
        let world = shared.world();
        world.clock().time_of(size.saturating_sub(1))
    };
    Ok(SealedTrees { sealed: Sealed { size, time, apply_version: APPLY_VERSION, concerns }, trees })
}
