//! Trees and proofs against the naive oracle and against `ct-merkle`.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;
use tlog::proof::{
    ProofError, Side, inclusion_steps, is_subtree, verify_consistency, verify_inclusion,
    verify_subtree_consistency, verify_subtree_inclusion,
};
use tlog::tree::{
    CompactRange, MAX_TREE_SIZE, MemoryTree, TreeError, consistency_proof, inclusion_proof, root,
    subtree_consistency_proof,
};
use tlog::{EMPTY_ROOT, Hash, leaf_hash, node_hash};

use crate::naive::{self, Levels};

#[test]
fn every_small_tree_agrees_with_the_rfc() {
    let leaves = naive::leaves(70);
    let levels = Levels::new(&leaves);
    let mut range = CompactRange::new();
    for size in 0..=leaves.len() {
        let tree = &leaves[..size];
        let expected = naive::root(tree);
        assert_eq!(range.root(), expected);
        assert_eq!(root(&levels, size as u64), Ok(expected));
        for index in 0..size {
            let proof = inclusion_proof(&levels, index as u64, size as u64).unwrap();
            assert_eq!(proof, naive::path(index, tree));
            verify_inclusion(index as u64, size as u64, &tree[index], &proof, &expected).unwrap();
        }
        for old in 1..=size {
            let proof = consistency_proof(&levels, old as u64, size as u64).unwrap();
            assert_eq!(proof, naive::proof(old, tree));
            verify_consistency(old as u64, size as u64, &proof, &naive::root(&tree[..old]), &expected)
                .unwrap();
        }
        if let Some(leaf) = leaves.get(size) {
            range.append(*leaf);
        }
    }
}

#[test]
fn a_tree_in_memory_agrees_at_every_size() {
    let leaves = naive::leaves(140);
    let levels = Levels::new(&leaves);
    let mut tree = MemoryTree::new();
    for size in 0..140_u64 {
        assert_eq!((tree.size(), tree.root()), (size, naive::root(&leaves[..size as usize])));
        for index in 0..size {
            let proof = inclusion_proof(&tree, index, size).unwrap();
            assert_eq!(proof, inclusion_proof(&levels, index, size).unwrap());
            assert_eq!(root(&tree, index), Ok(naive::root(&leaves[..index as usize])));
        }
        assert!(inclusion_proof(&tree, 0, size + 1).is_err() || size == 0, "beyond the tree");
        tree.append(leaves[size as usize]);
    }
    assert_eq!(tree, leaves.iter().copied().collect());
    assert_eq!(tree.leaves(), leaves);
}

#[test]
fn every_subtree_of_small_trees_is_proven_and_nothing_else() {
    let leaves = naive::leaves(40);
    let levels = Levels::new(&leaves);
    let mut proven = 0;
    for size in 1..=leaves.len() {
        let tree_root = naive::root(&leaves[..size]);
        for start in 0..=size {
            for end in start..=size {
                let (first, past, all) = (start as u64, end as u64, size as u64);
                let proof = subtree_consistency_proof(&levels, first, past, all);
                let width = (past - first).next_power_of_two();
                assert_eq!(is_subtree(first, past), first % width == 0);
                if !is_subtree(first, past) {
                    assert_eq!(proof, Err(TreeError::NoSuchSubtree { start: first, end: past, size: all }));
                    continue;
                }
                let (proof, part) = (proof.unwrap(), naive::root(&leaves[start..end]));
                verify_subtree_consistency(first, past, all, &proof, &part, &tree_root).unwrap();
                let other = leaf_hash(b"another");
                assert!(verify_subtree_consistency(first, past, all, &proof, &other, &tree_root).is_err());
                if start < end {
                    assert!(verify_subtree_consistency(first, past, all, &proof, &part, &other).is_err());
                    let path = naive::path(0, &leaves[start..end]);
                    verify_subtree_inclusion(first, first, past, &leaves[start], &path, &part).unwrap();
                }
                proven += 1;
            }
        }
    }
    assert!(proven > 3000, "{proven}");
}

#[test]
fn steps_show_siblings_sides_and_cover() {
    let leaves = naive::leaves(11);
    let levels = Levels::new(&leaves);
    for size in 1..=11_u64 {
        for index in 0..size {
            let leaf = &leaves[index as usize];
            let proof = inclusion_proof(&levels, index, size).unwrap();
            let (mut hash, mut covers) = (*leaf, index..index + 1);
            for step in inclusion_steps(index, size, leaf, &proof).unwrap() {
                hash = match step.side {
                    Side::Left => node_hash(&step.sibling, &hash),
                    Side::Right => node_hash(&hash, &step.sibling),
                };
                assert_eq!(step.result, hash);
                match step.side {
                    Side::Left => assert!(step.covers.start < covers.start && step.covers.end == covers.end),
                    Side::Right => assert!(step.covers.start == covers.start && step.covers.end > covers.end),
                }
                covers = step.covers;
                let within = covers.start as usize..covers.end as usize;
                assert_eq!(hash, naive::root(&leaves[within]), "covers says which leaves the hash is over");
            }
            assert_eq!(covers, 0..size);
        }
    }
}

#[test]
fn the_largest_sizes_do_not_overflow() {
    let hash = leaf_hash(b"x");
    let steps = vec![hash; 64];
    assert_eq!(inclusion_steps(0, u64::MAX, &hash, &steps).unwrap().last().unwrap().covers, 0..u64::MAX);
    let last = inclusion_steps(u64::MAX - 1, u64::MAX, &hash, &steps[..63]).unwrap().last().unwrap();
    assert_eq!(last.covers, 0..u64::MAX);
    for (old, new) in [(1, u64::MAX), (u64::MAX - 1, u64::MAX), (u64::MAX, u64::MAX), (1 << 63, u64::MAX)] {
        assert!(verify_consistency(old, new, &steps, &hash, &leaf_hash(b"y")).is_err());
    }
    assert!(is_subtree(0, u64::MAX) && !is_subtree(1, u64::MAX));
    assert_eq!(CompactRange::from_frontier(MAX_TREE_SIZE + 1, vec![hash]), None);
}

#[test]
fn the_empty_tree_proves_nothing() {
    assert_eq!(verify_consistency(0, 0, &[], &EMPTY_ROOT, &EMPTY_ROOT), Err(ProofError::EmptyOldTree));
    assert_eq!(consistency_proof(&Levels::new(&[]), 0, 0), Ok(vec![]));
    assert!(inclusion_proof(&Levels::new(&[]), 0, 0).is_err());
    assert_eq!(CompactRange::new().root(), EMPTY_ROOT);
}

#[test]
fn complete_subtrees_can_be_appended_by_their_hash() {
    let leaves = naive::leaves(100);
    let mut range = CompactRange::new();
    for chunk in leaves.chunks(16) {
        if chunk.len() == 16 {
            assert!(range.append_node(4, naive::root(chunk)));
            assert!(range.size().is_multiple_of(64) || !range.append_node(6, EMPTY_ROOT), "not aligned");
        } else {
            chunk.iter().for_each(|leaf| range.append(*leaf));
        }
    }
    assert_eq!(range.root(), naive::root(&leaves));
    let saved = CompactRange::from_frontier(100, range.frontier().to_vec()).unwrap();
    assert_eq!(saved, range);
    assert_eq!(CompactRange::from_frontier(101, range.frontier().to_vec()), None);
    assert!(!range.append_node(63, EMPTY_ROOT) && !range.append_node(200, EMPTY_ROOT));
}

fn ct_tree(count: u64) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..count).for_each(|index| tree.push(format!("leaf {index}").into_bytes()));
    tree
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.chunks_exact(32).map(|chunk| Hash(chunk.try_into().unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn roots_and_proofs_agree_with_ct_merkle(size in 1..1200_u64, index in any::<u64>(), old in any::<u64>()) {
        let (index, old) = (index % size, 1 + old % size);
        let leaves = naive::leaves(size);
        let levels = Levels::new(&leaves);
        let theirs = ct_tree(size);
        let tree_root = root(&levels, size).unwrap();
        let their_root = theirs.root();
        prop_assert_eq!(&tree_root.0[..], &their_root.as_bytes()[..]);

        let proof = inclusion_proof(&levels, index, size).unwrap();
        prop_assert_eq!(&proof, &hashes(theirs.prove_inclusion(index as usize).as_bytes()));

        let old_root = root(&levels, old).unwrap();
        let proof = consistency_proof(&levels, old, size).unwrap();
        if old < size {
            prop_assert_eq!(&proof, &hashes(theirs.prove_consistency((size - old) as usize).as_bytes()));
        }
        prop_assert_eq!(verify_consistency(old, size, &proof, &old_root, &tree_root), Ok(()));
    }

    #[test]
    fn a_changed_proof_fails(
        size in 2..300_u64,
        place in any::<(u64, usize, u8)>(),
        old in any::<u64>(),
        change in 0..6_u8,
    ) {
        let (index, at, bit) = place;
        let (index, old) = (index % size, 1 + old % (size - 1));
        let leaves = naive::leaves(size);
        let levels = Levels::new(&leaves);
        let (mut leaf, mut tree_root) = (leaves[index as usize], root(&levels, size).unwrap());
        let mut old_root = root(&levels, old).unwrap();
        let mut inclusion = inclusion_proof(&levels, index, size).unwrap();
        let mut consistency = consistency_proof(&levels, old, size).unwrap();
        let flip = |hash: &mut Hash| hash.0[usize::from(bit) / 8] ^= 1 << (bit % 8);
        match change {
            0 => for proof in [&mut inclusion, &mut consistency] {
                let at = at % proof.len();
                flip(&mut proof[at]);
            },
            1 => for proof in [&mut inclusion, &mut consistency] { proof.pop(); },
            2 => for proof in [&mut inclusion, &mut consistency] { proof.push(leaf); },
            3 => for proof in [&mut inclusion, &mut consistency] { proof.insert(at % proof.len(), tree_root); },
            4 => { flip(&mut leaf); flip(&mut old_root); }
            _ => flip(&mut tree_root),
        }
        prop_assert!(verify_inclusion(index, size, &leaf, &inclusion, &tree_root).is_err());
        prop_assert!(verify_consistency(old, size, &consistency, &old_root, &tree_root).is_err());
    }

    #[test]
    fn any_input_is_answered(
        sizes in any::<(u64, u64, u64)>(),
        proof in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70),
    ) {
        let (a, b, c) = sizes;
        let hash = leaf_hash(b"x");
        prop_assert!(verify_inclusion(a, b, &hash, &proof, &hash).is_err() || b == 1);
        prop_assert!(verify_subtree_inclusion(a, b, c, &hash, &proof, &hash).is_err() || c == b + 1);
        prop_assert!(verify_consistency(a, b, &proof, &hash, &hash).is_err() || a == b);
        let _ = verify_subtree_consistency(a, b, c, &proof, &hash, &hash);
    }
}
