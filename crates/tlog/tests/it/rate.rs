//! How fast a log grows: a measurement, run by hand in release.

use std::hint::black_box;
use std::time::Instant;

use tlog::tile::Edge;
use tlog::tree::{CompactRange, inclusion_proof};
use tlog::{Hash, leaf_hash};

fn timed(what: &str, count: u32, work: impl FnOnce()) -> f64 {
    #[expect(clippy::disallowed_methods, reason = "a measurement")]
    let start = Instant::now();
    work();
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    eprintln!("{what}: {:.2} million/s", rate / 1e6);
    rate
}

#[test]
#[ignore = "a measurement: cargo test --release -- --ignored --nocapture rate"]
fn appending_sustains_a_million_leaves_a_second() {
    const COUNT: u32 = 4_000_000;
    let leaves: Vec<Hash> = (0..COUNT).map(|n| leaf_hash(&n.to_be_bytes())).collect();
    timed("leaf hash of 512 bytes", 1_000_000, || {
        (0..1_000_000).for_each(|_| {
            black_box(leaf_hash(black_box(&[7; 512])));
        });
    });
    let mut range = CompactRange::new();
    timed("CompactRange::append", COUNT, || leaves.iter().for_each(|leaf| range.append(*leaf)));
    let (mut edge, mut filled) = (Edge::new(), Vec::new());
    let rate = timed("Edge::append", COUNT, || {
        for leaf in &leaves {
            edge.append(*leaf, &mut filled);
            if filled.len() > 64 {
                black_box(&filled);
                filled.clear();
            }
        }
    });
    assert_eq!(edge.root(), range.root());
    timed("Edge::root", 1_000_000, || {
        (0..1_000_000).for_each(|_| {
            black_box(edge.root());
        });
    });
    let mut small = Edge::new();
    leaves.iter().take(60_000).for_each(|leaf| small.append(*leaf, &mut filled));
    let tiles: std::collections::BTreeMap<_, _> =
        filled.into_iter().map(|tile| (tile.coord(), tile.bytes)).collect();
    let tile = |coord| tiles.get(&coord).ok_or(());
    timed("inclusion proof at the edge", 100_000, || {
        let reader = small.over(tile);
        for n in 0..100_000_u64 {
            let _ = black_box(inclusion_proof(&reader, 59_999 - n % 90, 60_000));
        }
    });
    if !cfg!(debug_assertions) {
        assert!(rate > 1e6, "{rate}");
    }
}
