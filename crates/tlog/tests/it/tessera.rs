//! A small log written by another implementation: its checkpoints, entries and tiles.

use tlog::proof::verify_consistency;
use tlog::tile::{Edge, EntryBundle, TileCoord, TilePath, TileReader};
use tlog::tree::{CompactRange, consistency_proof, root};
use tlog::{Checkpoint, VerifierKey};

use crate::data;

const KEY: &str = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

#[test]
fn checkpoints_roots_and_tiles_agree_with_ours() {
    let Some(folder) = data::folder("vectors/tessera-log/testdata/log") else { return };
    let key = VerifierKey::parse(KEY).unwrap();
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let tile = |coord: TileCoord| Ok::<_, ()>(read(&coord.to_string()));

    let (mut edge, mut range, mut filled) = (Edge::new(), CompactRange::new(), Vec::new());
    let (mut checkpoints, mut tiles) = (0, 0);
    let mut earlier = Vec::new();
    for size in 0..16_u64 {
        let bytes = read(&format!("checkpoint.{size}"));
        let (checkpoint, note) = Checkpoint::open(&bytes, &key).unwrap();
        assert_eq!(note.to_bytes(), bytes);
        assert_eq!(checkpoint.size, size);
        if size > 0 {
            let width = u16::try_from(size).unwrap();
            let path = TilePath::Entries { index: 0, width }.to_string();
            let bundle_bytes = read(&path);
            let bundle = EntryBundle::decode(&bundle_bytes, width).unwrap();
            assert_eq!(EntryBundle::encode(bundle.entries()).unwrap(), bundle_bytes);
            let leaf = bundle.leaf_hashes().last().unwrap();
            edge.append(leaf, &mut filled);
            range.append(leaf);
            for (coord, bytes) in edge.partial_tiles() {
                assert_eq!(bytes, read(&coord.to_string()), "{coord}");
                tiles += 1;
            }
        }
        assert_eq!(edge.root(), checkpoint.root);
        assert_eq!(range.root(), checkpoint.root);
        let reader = TileReader::new(tile, size);
        assert_eq!(root(&reader, size), Ok(checkpoint.root), "recomputed from the stored tiles");
        for old in &earlier {
            let Checkpoint { size: old_size, root: old_root, .. } = old;
            let proof = consistency_proof(&reader, *old_size, size).unwrap();
            if *old_size > 0 {
                verify_consistency(*old_size, size, &proof, old_root, &checkpoint.root).unwrap();
            }
        }
        assert_eq!(Edge::restore(size, &tile, &checkpoint.root).unwrap().root(), checkpoint.root);
        earlier.push(checkpoint);
        checkpoints += 1;
    }
    assert_eq!((checkpoints, tiles, filled.len()), (16, 15, 0));
}
