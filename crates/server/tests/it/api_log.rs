//! The log as a stranger reads it: nothing but the paths and rules of C2SP tlog-tiles.

use std::collections::BTreeMap;
use std::sync::Arc;

use testkit::Fixture;
use tlog::tile::{EntryBundle, Tile, TileCoord, TilePath, tiles_between};
use tlog::tree::MemoryTree;
use tlog::{Checkpoint, VerifierKey};

use crate::api_house::House;
use crate::api_store::Troubled;

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Reads a whole log and verifies it: each bundle against its tile, each full tile against the one above, all of it
/// against the signed checkpoint.
fn follow(house: &House) -> u64 {
    let key = VerifierKey::parse(house.ledger.read().journal().log_key()).expect("a key");
    let answer = house.client.get("/log/checkpoint");
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "public, max-age=2");
    let (head, _) = Checkpoint::open(&answer.body, &key).expect("signed by the log");
    let mut tiles: BTreeMap<TileCoord, Tile> = BTreeMap::new();
    for coord in tiles_between(0, head.size) {
        let answer = house.client.get(&format!("/log/{coord}"));
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/octet-stream"),
            "{coord}"
        );
        assert_eq!(answer.header("cache-control"), IMMUTABLE);
        tiles.insert(coord, Tile::decode(&answer.body, coord.width).expect("a tile"));
    }
    let mut tree = MemoryTree::new();
    for (coord, tile) in tiles.iter().filter(|(c, _)| c.level == 0) {
        let path = TilePath::Entries { index: coord.index, width: coord.width };
        let answer = house.client.read(&format!("/log/{path}"));
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("cache-control").starts_with("private"));
        let bundle = EntryBundle::decode(&answer.body, coord.width).expect("a bundle");
        let leaves: Vec<_> = bundle.leaf_hashes().collect();
        assert_eq!(leaves, tile.hashes(), "{path}");
        leaves.into_iter().for_each(|leaf| tree.append(leaf));
    }
    for (coord, tile) in tiles.iter().filter(|(c, _)| c.is_full()) {
        let above = TileCoord::in_tree(coord.level + 1, coord.index / 256, head.size).expect("a tile above");
        let parent = tiles[&above].hashes()[usize::try_from(coord.index % 256).expect("small")];
        tile.verify(&parent).expect("the tile above vouches for it");
    }
    assert_eq!((tree.size(), tree.root()), (head.size, head.root));
    head.size
}

#[test]
fn a_stranger_verifies_seventy_thousand_entries() {
    let mut house = House::new();
    house.fill(70_000);
    assert!(follow(&house) > 70_000);
}

#[test]
fn every_size_up_to_the_checkpoint_has_its_partial_tiles() {
    let mut house = House::new();
    house.fill(600 - house.size());
    assert!(follow(&house) >= 600);
    // Narrower than now, within a full tile, and within the edge.
    for (path, from, width) in [("0/000.p/1", 0, 1), ("0/001.p/200", 256, 200), ("0/002.p/40", 512, 40)] {
        let answer = house.client.get(&format!("/log/tile/{path}"));
        let tile = Tile::decode(&answer.body, width).expect("a tile");
        let leaves = (from..).take(usize::from(width)).map(|i| house.ledger.tree().leaf(i).expect("a leaf"));
        assert_eq!(tile.hashes(), leaves.collect::<Vec<_>>(), "{path}");
        let bundle = house.client.read(&format!("/log/tile/entries{}", &path[1..]));
        let bundle =
            EntryBundle::decode(&bundle.body, width).expect("a bundle").leaf_hashes().collect::<Vec<_>>();
        assert_eq!(bundle, tile.hashes(), "{path}");
    }
}

#[test]
fn paths_are_taken_strictly() {
    let mut house = House::new();
    house.fill(300 - house.size());
    assert_eq!(house.client.get("/log/tile/0/000").status, 200);
    for path in [
        "tile/0/001",
        "tile/0/001.p/60",
        "tile/0/001.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/0/%30%30%30",
        "tile/+0/000",
        "tile/00/000",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/64/000",
        "tile/0/000/",
        "tile//000",
        "checkpoint/",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ] {
        house.client.get(&format!("/log/{path}")).is_problem(404, "not_found");
    }
    house.client.read("/log/tile/entries/002").is_problem(404, "not_found");
    house.client.post("/log/checkpoint", &[], b"").is_problem(405, "method_not_allowed");
}

#[test]
fn an_entry_changed_in_the_store_is_not_served() {
    let store = Arc::new(Troubled::default());
    let mut house = House::with(Fixture::on(store.clone()), |_| {}, |_| None);
    house.fill(300);
    store.flip(true);
    for path in
        ["/api/v1/entries/5", "/api/v1/entries?from=0", "/log/tile/entries/000", "/log/tile/entries/000.p/6"]
    {
        house.client.read(path).is_problem(500, "damaged");
    }
    assert_eq!(house.client.read("/log/tile/entries/000.p/5").status, 200, "what is whole is served");
    let events = house.client.read("/api/v1/events?from=0");
    assert!(!events.text().contains("id: 5\n"), "the stream ends instead");
    store.flip(false);
    assert_eq!(house.client.read("/api/v1/entries/5").status, 200);
}
