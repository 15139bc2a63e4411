//! Inclusion proofs, step by step (RFC 6962 section 2.1.1, RFC 9162 section 2.1.3).

use core::ops::Range;

use super::{ProofError, Which, check, is_subtree};
use crate::hash::{Hash, node_hash};

/// The side on which a sibling stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Hashed before the running hash.
    Left,
    /// Hashed after the running hash.
    Right,
}

/// One step of an inclusion proof: the running hash is joined with a sibling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The hash taken from the proof.
    pub sibling: Hash,
    /// Where the sibling stands.
    pub side: Side,
    /// The running hash after this step; after the last one, the root.
    pub result: Hash,
    /// The leaves that `result` covers.
    pub covers: Range<u64>,
}

/// The steps of an inclusion proof, from the leaf to the root; see [`inclusion_steps`].
#[derive(Debug, Clone)]
pub struct InclusionSteps<'a> {
    index: u64,
    size: u64,
    /// Steps below the point where the paths of the leaf and of the last leaf meet; from there on every
    /// sibling stands to the left.
    inner: u32,
    level: u32,
    proof: core::slice::Iter<'a, Hash>,
    hash: Hash,
}

/// Walks an inclusion proof: each item is one step, the last one's `result` the root that the proof leads to.
/// The length is checked here, so that the steps themselves cannot fail. A tree of one leaf has no steps.
///
/// # Errors
/// `index` not below `size`, or a proof of the wrong length.
pub fn inclusion_steps<'a>(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &'a [Hash],
) -> Result<InclusionSteps<'a>, ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, start: 0, end: size });
    }
    let inner = 64 - (index ^ (size - 1)).leading_zeros();
    let border = index.checked_shr(inner).unwrap_or(0).count_ones();
    let (found, due) = (proof.len(), (inner + border) as usize);
    if found != due {
        return Err(ProofError::Length { found, long: found > due });
    }
    Ok(InclusionSteps { index, size, inner, level: 0, proof: proof.iter(), hash: *leaf })
}

impl Iterator for InclusionSteps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let sibling = *self.proof.next()?;
        if self.level >= self.inner {
            // Along the right edge only levels where the leaf's path is a right child have a sibling.
            self.level += (self.index >> self.level).trailing_zeros();
        }
        let side = if (self.index >> self.level) & 1 == 1 { Side::Left } else { Side::Right };
        self.hash = match side {
            Side::Left => node_hash(&sibling, &self.hash),
            Side::Right => node_hash(&self.hash, &sibling),
        };
        self.level += 1;
        let width = 1_u64.checked_shl(self.level);
        let start = width.map_or(0, |width| self.index & !(width - 1));
        let end =
            width.and_then(|width| start.checked_add(width)).map_or(self.size, |end| end.min(self.size));
        Some(Step { sibling, side, result: self.hash, covers: start..end })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.proof.size_hint()
    }
}

impl ExactSizeIterator for InclusionSteps<'_> {}

/// The root that an inclusion proof leads to. One node hash per proof hash: O(log n).
///
/// # Errors
/// `index` not below `size`, or a proof of the wrong length.
pub fn root_from_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash]) -> Result<Hash, ProofError> {
    Ok(inclusion_steps(index, size, leaf, proof)?.last().map_or(*leaf, |step| step.result))
}

/// Checks that the leaf with hash `leaf` stands at `index` in the tree of `size` leaves with this `root`.
///
/// # Errors
/// The proof does not hold; the error says why.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    check(Which::Tree, root_from_inclusion(index, size, leaf, proof)?, root)
}

/// Checks that the leaf with hash `leaf` stands at `index` (counted in the whole tree) in the subtree
/// `[start, end)` with this `root`.
///
/// # Errors
/// The range is no valid subtree, or the proof does not hold.
pub fn verify_subtree_inclusion(
    index: u64,
    start: u64,
    end: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if !is_subtree(start, end) {
        return Err(ProofError::NotASubtree { start, end });
    }
    if index < start || index >= end {
        return Err(ProofError::NoSuchLeaf { index, start, end });
    }
    verify_inclusion(index - start, end - start, leaf, proof, root)
}
