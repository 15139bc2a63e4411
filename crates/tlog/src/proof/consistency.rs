//! Consistency proofs between two trees (RFC 6962 section 2.1.2) and, more generally, between a subtree and a
//! tree (draft-ietf-plants-merkle-tree-certs, "Verifying a Subtree Consistency Proof").

use super::{ProofError, Which, check, is_subtree};
use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// Checks that the tree of `old` leaves with `old_root` is a prefix of that of `new` leaves with `new_root`.
/// One to two node hashes per proof hash: O(log n).
///
/// # Errors
/// The proof does not hold, or `old` is 0: the empty tree is a prefix of every tree, so no proof about it
/// means anything.
pub fn verify_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    if old == 0 {
        return Err(ProofError::EmptyOldTree);
    }
    verify_subtree_consistency(0, old, new, proof, old_root, new_root)
}

/// Checks that the subtree `[start, end)` with `subtree_root` is part of the tree of `size` leaves with `root`.
/// An empty subtree within the tree holds with an empty proof if its root is the empty root; the tree's root
/// then plays no part. O(log n).
///
/// # Errors
/// The range is no valid subtree, ends beyond the tree, or the proof does not hold.
pub fn verify_subtree_consistency(
    start: u64,
    end: u64,
    size: u64,
    proof: &[Hash],
    subtree_root: &Hash,
    root: &Hash,
) -> Result<(), ProofError> {
    if !is_subtree(start, end) {
        return Err(ProofError::NotASubtree { start, end });
    }
    if end > size {
        return Err(ProofError::SizesReversed { old: end, new: size });
    }
    let length = |long| ProofError::Length { found: proof.len(), long };
    if start == end {
        return if proof.is_empty() {
            check(Which::Part, EMPTY_ROOT, subtree_root)
        } else {
            Err(length(true))
        };
    }

    // Paths, as node indices at a rising level: of the subtree's first and last leaf, and of the tree's last.
    let mut path = Path { first: start, last: end - 1, tree: size - 1 };
    if path.last == path.tree {
        while path.first != path.last {
            path.rise();
        }
    } else {
        while path.first != path.last && path.last & 1 == 1 {
            path.rise();
        }
    }
    // The subtree is one node here: its hash is known. Otherwise the proof begins with its last complete part.
    let mut rest = proof.iter();
    let mut part = if path.first == path.last { *subtree_root } else { *rest.next().ok_or(length(false))? };
    let mut whole = part;
    for hash in rest {
        if path.tree == 0 {
            return Err(length(true));
        }
        if path.last & 1 == 1 || path.last == path.tree {
            if path.first < path.last {
                part = node_hash(hash, &part);
            }
            whole = node_hash(hash, &whole);
            while path.last & 1 == 0 {
                path.rise();
            }
        } else {
            whole = node_hash(&whole, hash);
        }
        path.rise();
    }
    if path.tree != 0 {
        return Err(length(false));
    }
    check(Which::Part, part, subtree_root)?;
    check(Which::Tree, whole, root)
}

struct Path {
    first: u64,
    last: u64,
    tree: u64,
}

impl Path {
    fn rise(&mut self) {
        self.first >>= 1;
        self.last >>= 1;
        self.tree >>= 1;
    }
}
