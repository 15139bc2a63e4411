//! Tiles, paths, bundles and the edge, across the boundaries at 256 and 65,536 leaves.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tlog::proof::{verify_consistency, verify_inclusion};
use tlog::tile::{
    Edge, EntryBundle, FullTile, MAX_ENTRY_BYTES, Tile, TileCoord, TileError, TilePath, TileReader,
    tiles_between,
};
use tlog::tree::{CompactRange, HashReader, consistency_proof, inclusion_proof, root};
use tlog::{EMPTY_ROOT, leaf_hash};

use crate::naive::{self, Levels};

type Store = BTreeMap<TileCoord, Vec<u8>>;

/// A log that stores full tiles and, where asked, the partial ones of its present size.
#[derive(Default)]
struct Log {
    edge: Edge,
    store: Store,
}

impl Log {
    fn append(&mut self, index: u64) {
        let mut filled = Vec::new();
        self.edge.append(leaf_hash(format!("leaf {index}").as_bytes()), &mut filled);
        for tile in filled {
            assert_eq!(tile.bytes.len(), 8192);
            assert!(self.store.insert(tile.coord(), tile.bytes).is_none(), "a tile is handed out once");
        }
    }

    fn with_partials(&self) -> Store {
        let mut store = self.store.clone();
        store.extend(self.edge.partial_tiles());
        store
    }
}

fn source<'s>(store: &'s Store) -> impl Fn(TileCoord) -> Result<&'s Vec<u8>, &'static str> {
    |coord| store.get(&coord).ok_or("no such tile")
}

#[test]
fn the_edge_agrees_with_the_tree_across_tile_boundaries() {
    const SIZE: u64 = 66_000;
    let levels = Levels::new(&naive::leaves(SIZE));
    let (mut log, mut range) = (Log::default(), CompactRange::new());
    let interesting = |size: u64| size < 4 || size % 256 < 2 || size % 256 == 255 || size > SIZE - 3;
    for size in 0..=SIZE {
        if interesting(size) {
            let tree_root = log.edge.root();
            assert_eq!(tree_root, range.root());
            assert_eq!(Ok(tree_root), root(&levels, size));
            let store = log.with_partials();
            // What is stored is what the specification says a tree of this size has.
            if size % 5120 < 3 || (65_000..66_000).contains(&size) {
                let expected: Vec<_> = tiles_between(0, size).collect();
                let mut have: Vec<_> = store.keys().copied().collect();
                have.sort_by_key(|coord| (coord.level, coord.index));
                assert_eq!(have, expected);
            }
            let tiles = TileReader::new(source(&store), size);
            assert_eq!(root(&tiles, size), Ok(tree_root));
            let again = Edge::restore(size, &source(&store), &tree_root).unwrap();
            assert_eq!((again.size(), again.root()), (size, tree_root));
            assert_eq!(Vec::from_iter(again.partial_tiles()), Vec::from_iter(log.edge.partial_tiles()));

            for index in [0, size / 2, size.saturating_sub(257), size.saturating_sub(1)] {
                if index >= size {
                    continue;
                }
                let proof = inclusion_proof(&levels, index, size).unwrap();
                let leaf = levels.node(0, index).unwrap();
                assert_eq!(inclusion_proof(&tiles, index, size).as_ref(), Ok(&proof));
                assert_eq!(
                    inclusion_proof(&again.over(source(&log.store)), index, size).as_ref(),
                    Ok(&proof)
                );
                verify_inclusion(index, size, &leaf, &proof, &tree_root).unwrap();
                let old = index + 1;
                let proof = consistency_proof(&log.edge.over(source(&log.store)), old, size).unwrap();
                verify_consistency(old, size, &proof, &root(&levels, old).unwrap(), &tree_root).unwrap();
            }
        }
        log.append(size);
        range.append(levels.node(0, size.min(SIZE - 1)).unwrap());
    }
    assert_eq!(log.store.keys().filter(|coord| coord.level == 1).count(), 1);
    assert!(log.edge.partial_tiles().any(|(coord, _)| coord.level == 2 && coord.width == 1));
}

#[test]
fn one_proof_reads_each_tile_once() {
    let mut log = Log::default();
    (0..66_000).for_each(|index| log.append(index));
    let store = log.with_partials();
    for index in [0, 255, 256, 40_000, 65_535, 65_999] {
        let reads = std::cell::RefCell::new(Vec::new());
        let counting = |coord| {
            reads.borrow_mut().push(coord);
            store.get(&coord).ok_or(())
        };
        inclusion_proof(&TileReader::new(counting, 66_000), index, 66_000).unwrap();
        let mut reads = reads.into_inner();
        let count = reads.len();
        reads.sort();
        reads.dedup();
        assert!(count == reads.len() && count <= 6, "{reads:?}");
    }
}

#[test]
fn a_restored_edge_goes_on_as_the_original() {
    let mut log = Log::default();
    (0..700).for_each(|index| log.append(index));
    let store = log.with_partials();
    let mut again = Log {
        edge: Edge::restore(700, &source(&store), &log.edge.root()).unwrap(),
        store: log.store.clone(),
    };
    for index in 700..1100 {
        log.append(index);
        again.append(index);
        assert_eq!(log.edge.root(), again.edge.root());
    }
    assert_eq!(log.store, again.store);
}

#[test]
fn an_edge_is_not_restored_from_other_tiles() {
    let mut log = Log::default();
    (0..700).for_each(|index| log.append(index));
    let (store, tree_root) = (log.with_partials(), log.edge.root());
    assert!(matches!(Edge::restore(700, &source(&store), &EMPTY_ROOT), Err(TileError::RootMismatch { .. })));
    assert!(matches!(Edge::restore(701, &source(&store), &tree_root), Err(TileError::Source { .. })));
    for coord in TileCoord::partials(700) {
        for at in [0, usize::from(coord.width) * 32 - 1] {
            let mut altered = store.clone();
            altered.get_mut(&coord).unwrap()[at] ^= 1;
            assert!(matches!(
                Edge::restore(700, &source(&altered), &tree_root),
                Err(TileError::RootMismatch { .. })
            ));
        }
        let mut short = store.clone();
        short.get_mut(&coord).unwrap().pop();
        assert!(matches!(Edge::restore(700, &source(&short), &tree_root), Err(TileError::Shape { .. })));
    }
    assert!(matches!(Edge::restore(1 << 63, &source(&store), &tree_root), Err(TileError::TooLarge(_))));
    assert_eq!(Edge::restore(0, &source(&store), &EMPTY_ROOT).unwrap().size(), 0);
}

#[test]
fn the_edge_says_what_it_does_not_hold() {
    let mut log = Log::default();
    (0..600).for_each(|index| log.append(index));
    assert!(log.edge.node(0, 511).is_err(), "in a full tile");
    assert_eq!(log.edge.node(0, 512), Ok(leaf_hash(b"leaf 512")));
    assert!(log.edge.node(0, 600).is_err() && log.edge.node(3, 75).is_err() && log.edge.node(3, 74).is_ok());
    assert!(log.edge.node(8, 1).is_ok() && log.edge.node(8, 2).is_err() && log.edge.node(9, 0).is_ok());
    for level in [10, 63, 64, 255] {
        assert!(log.edge.node(level, 0).is_err());
    }
}

#[test]
fn the_specification_s_sizes_have_its_tiles() {
    let count = |size, level| {
        let tiles: Vec<_> = tiles_between(0, size).filter(|coord| coord.level == level).collect();
        let partial = tiles.iter().find(|coord| !coord.is_full()).map(|coord| coord.width);
        (tiles.iter().filter(|coord| coord.is_full()).count(), partial)
    };
    assert_eq!(
        [count(70_000, 0), count(70_000, 1), count(70_000, 2)],
        [(273, Some(112)), (1, Some(17)), (0, Some(1))]
    );
    assert_eq!([count(256, 0), count(256, 1), count(256, 2)], [(1, None), (0, Some(1)), (0, None)]);
    assert_eq!(tiles_between(0, 0).count(), 0);
    assert_eq!(TileCoord::partials(u64::MAX).count(), 8);
    let news: Vec<_> = tiles_between(255, 257).map(|coord| coord.to_string()).collect();
    assert_eq!(news, ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
    assert_eq!(tiles_between(300, 300).count() + tiles_between(300, 299).count(), 0);
}

#[test]
fn a_full_tile_is_checked_against_its_parent() {
    let mut filled: Vec<FullTile> = Vec::new();
    let mut edge = Edge::new();
    let leaves = naive::leaves(256);
    leaves.iter().for_each(|leaf| edge.append(*leaf, &mut filled));
    let mut tile = Tile::decode(&filled[0].bytes, 256).unwrap();
    assert_eq!(tile.hashes(), leaves);
    assert_eq!(tile.encode(), filled[0].bytes);
    tile.verify(&edge.root()).unwrap();
    assert!(tile.verify(&EMPTY_ROOT).is_err());
    assert_eq!(tile.node(3, 2), Some(naive::root(&leaves[16..24])));
    assert_eq!((tile.node(3, 32), tile.node(9, 0), tile.node(8, usize::MAX)), (None, None, None));
    tile = Tile::decode(&filled[0].bytes[..32 * 200], 200).unwrap();
    assert!(tile.verify(&edge.root()).is_err(), "a partial tile has no parent hash");
    for width in [0, 199, 201, 256, 257] {
        assert!(Tile::decode(&filled[0].bytes[..32 * 200], width).is_err());
    }
}

#[test]
fn paths_are_written_and_read() {
    for (path, level, index, width) in [
        ("tile/0/000", 0, 0, 256),
        ("tile/0/x001/x234/067", 0, 1_234_067, 256),
        ("tile/63/999.p/255", 63, 999, 255),
        ("tile/1/x001/000.p/1", 1, 1000, 1),
        ("tile/7/x018/x446/x744/x073/x709/x551/615", 7, u64::MAX, 256),
    ] {
        let coord = TileCoord { level, index, width };
        assert_eq!(coord.to_string(), path);
        assert_eq!(TilePath::parse(path), Ok(TilePath::Hashes(coord)));
    }
    let entries = TilePath::Entries { index: 1_234_067, width: 8 };
    assert_eq!(entries.to_string(), "tile/entries/x001/x234/067.p/8");
    assert_eq!(TilePath::parse(&entries.to_string()), Ok(entries));
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/00/000",
        "tile/64/000",
        "tile/+0/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/x01/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000.p/+1",
        "tile/0/000/",
        "tile/0/000.p/1/",
        "tile/data/000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/-01",
        "tile/0/x+01/000",
        "tile/0/x018/446/744",
    ] {
        assert!(TilePath::parse(path).is_err(), "{path}");
    }
}

#[test]
fn bundles_are_written_and_read() {
    let entries: Vec<Vec<u8>> = vec![vec![], b"one".to_vec(), vec![7; MAX_ENTRY_BYTES]];
    let bytes = EntryBundle::encode(&entries).unwrap();
    let bundle = EntryBundle::decode(&bytes, 3).unwrap();
    assert_eq!(bundle.entries(), entries);
    assert!(bundle.leaf_hashes().eq(entries.iter().map(|entry| leaf_hash(entry))));
    for width in [0, 2, 4, 257] {
        assert!(EntryBundle::decode(&bytes, width).is_err());
    }
    assert!(EntryBundle::decode(&bytes[..bytes.len() - 1], 3).is_err());
    assert!(EntryBundle::encode(&[vec![0; MAX_ENTRY_BYTES + 1]]).is_err());
    assert!(EntryBundle::encode(&vec![b""; 257]).is_err() && EntryBundle::encode::<&[u8]>(&[]).is_err());
}

proptest! {
    #[test]
    fn every_path_comes_back(level in 0..64_u8, index in any::<u64>(), shift in 0..64, width in 1..257_u16) {
        let coord = TileCoord { level, index: index >> shift, width };
        prop_assert_eq!(TilePath::parse(&coord.to_string()), Ok(TilePath::Hashes(coord)));
    }

    #[test]
    fn what_a_path_reader_takes_it_gives_back(path in "(tile/)?(entries/|[0-9]{1,2}/)(x?[0-9]{3}/?){1,3}(\\.p/[0-9]{1,3})?") {
        if let Ok(parsed) = TilePath::parse(&path) {
            prop_assert_eq!(parsed.to_string(), path);
        }
    }

    #[test]
    fn readers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), width in any::<u16>(), size in any::<u64>()) {
        let _ = TilePath::parse(&String::from_utf8_lossy(&bytes));
        let _ = (Tile::decode(&bytes, width), EntryBundle::decode(&bytes, width));
        let any = |_: TileCoord| Ok::<_, ()>(&bytes);
        prop_assert!(Edge::restore(size, &any, &EMPTY_ROOT).is_err() || size == 0);
        let _ = TileReader::new(any, size).node(width.to_le_bytes()[0], u64::from(width));
    }
}
