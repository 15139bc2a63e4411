//! A Merkle tree of which some leaves are shown: for the largest subtrees without a shown leaf their hash alone, left to right.
//! From shown leaves and hashes anyone computes the root (docs/spec/package.md, 4); all inclusion proofs in one.

use tlog::tree::HashReader;
use tlog::{EMPTY_ROOT, Hash, node_hash};

/// Deepest tree: sizes are 63 bits wide.
const DEPTH: u32 = 64;

/// Why hashes and leaves make no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PruneError {
    /// A hash is missing.
    #[error("there are too few hashes for the entries that are left out")]
    TooFew,
    /// Hashes are left over.
    #[error("there are more hashes than entries left out need")]
    TooMany,
    /// A leaf is out of order or beyond the tree.
    #[error("the entries do not ascend, or stand beyond the tree")]
    Order,
}

/// Largest power of two below `length`, which is at least 2 (RFC 9162, 2.1.1).
const fn split(length: u64) -> u64 {
    1 << (63 - (length - 1).leading_zeros())
}

/// The hashes for what is left out when the leaves at `shown` (ascending) are shown. O(s log n) for s shown leaves.
///
/// # Errors
/// As the reader says.
pub fn hashes<R: HashReader>(reader: &R, size: u64, shown: &[u64]) -> Result<Vec<Hash>, R::Error> {
    fn walk<R: HashReader>(
        r: &R,
        low: u64,
        high: u64,
        shown: &[u64],
        out: &mut Vec<Hash>,
    ) -> Result<(), R::Error> {
        if shown.is_empty() {
            out.push(range(r, low, high)?);
            return Ok(());
        }
        if high - low == 1 {
            return Ok(());
        }
        let middle = low + split(high - low);
        let (left, right) = shown.split_at(shown.partition_point(|i| *i < middle));
        walk(r, low, middle, left, out)?;
        walk(r, middle, high, right, out)
    }
    let mut out = Vec::new();
    if size > 0 {
        walk(reader, 0, size, shown, &mut out)?;
    }
    Ok(out)
}

/// Hash of the leaves `[low, high)`, which are a subtree of a tree's right edge or complete.
fn range<R: HashReader>(reader: &R, low: u64, high: u64) -> Result<Hash, R::Error> {
    let length = high - low;
    if length.is_power_of_two() {
        let level = length.trailing_zeros();
        return reader.node(u8::try_from(level).unwrap_or(0), low >> level);
    }
    let middle = low + split(length);
    Ok(node_hash(&range(reader, low, middle)?, &range(reader, middle, high)?))
}

/// The root over shown leaves (index and leaf hash, ascending) and the hashes of what is left out. O(s + h).
///
/// # Errors
/// Leaves out of order or beyond the tree; too few or too many hashes.
pub fn root(size: u64, shown: &[(u64, Hash)], hashes: &[Hash]) -> Result<Hash, PruneError> {
    fn walk(
        low: u64,
        high: u64,
        shown: &[(u64, Hash)],
        rest: &mut std::slice::Iter<'_, Hash>,
        depth: u32,
    ) -> Result<Hash, PruneError> {
        if shown.is_empty() {
            return rest.next().copied().ok_or(PruneError::TooFew);
        }
        if high - low == 1 {
            return match shown {
                [(index, hash)] if *index == low => Ok(*hash),
                _ => Err(PruneError::Order),
            };
        }
        if depth == 0 {
            return Err(PruneError::Order);
        }
        let middle = low + split(high - low);
        let (left, right) = shown.split_at(shown.partition_point(|(i, _)| *i < middle));
        let left = walk(low, middle, left, rest, depth - 1)?;
        Ok(node_hash(&left, &walk(middle, high, right, rest, depth - 1)?))
    }
    if shown.windows(2).any(|w| matches!(w, [(a, _), (b, _)] if a >= b))
        || shown.last().is_some_and(|(i, _)| *i >= size)
    {
        return Err(PruneError::Order);
    }
    let mut rest = hashes.iter();
    let root = if size == 0 { EMPTY_ROOT } else { walk(0, size, shown, &mut rest, DEPTH)? };
    if rest.next().is_some() { Err(PruneError::TooMany) } else { Ok(root) }
}

#[cfg(test)]
mod tests {
    use tlog::tree::MemoryTree;
    use tlog::{Hash, leaf_hash};

    use super::{PruneError, hashes, root};

    #[test]
    fn every_choice_of_leaves_of_small_trees_leads_to_the_root() {
        let leaves: Vec<Hash> = (0..9_u8).map(|n| leaf_hash(&[n])).collect();
        for size in 0..=9_usize {
            let tree: MemoryTree = leaves[..size].iter().copied().collect();
            for chosen in 0..1_u32 << size {
                let shown: Vec<(u64, Hash)> =
                    (0..size).filter(|n| chosen >> n & 1 == 1).map(|n| (n as u64, leaves[n])).collect();
                let indices: Vec<u64> = shown.iter().map(|(i, _)| *i).collect();
                let hashes = hashes(&tree, size as u64, &indices).expect("held");
                assert_eq!(root(size as u64, &shown, &hashes), Ok(tree.root()), "{size} {chosen:b}");
                if shown.len() == size {
                    assert!(hashes.is_empty());
                }
                let more = [hashes.as_slice(), &[Hash([0; 32])]].concat();
                assert_eq!(root(size as u64, &shown, &more), Err(PruneError::TooMany));
                if let Some((_, fewer)) = hashes.split_last() {
                    assert_eq!(root(size as u64, &shown, fewer), Err(PruneError::TooFew));
                }
            }
        }
    }

    #[test]
    fn leaves_elsewhere_or_out_of_order_are_refused() {
        let h = Hash([0; 32]);
        assert_eq!(root(2, &[(1, h), (0, h)], &[]), Err(PruneError::Order));
        assert_eq!(root(2, &[(2, h)], &[h]), Err(PruneError::Order));
        assert_eq!(root(2, &[(0, h), (0, h)], &[]), Err(PruneError::Order));
    }
}
