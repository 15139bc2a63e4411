//! How fast the tree's right edge takes leaves.

use tlog::Hash;
use tlog::tile::Edge;

use crate::table::{Row, Table, count, median};
use crate::{Settings, machine};

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    const LEAVES: u64 = 2_000_000;
    let floor = machine::hash();
    let run = |_| {
        let (mut edge, mut full) = (Edge::new(), Vec::new());
        let mut leaf = Hash([7; 32]);
        let start = machine::own_processor();
        for n in 0..LEAVES {
            leaf.0[..8].copy_from_slice(&n.to_be_bytes());
            edge.append(leaf, &mut full);
            full.clear();
        }
        let spent = machine::own_processor() - start;
        assert_eq!(edge.size(), LEAVES);
        spent * 1e9 / LEAVES as f64
    };
    let append = median((0..settings.runs).map(run).collect());
    table.add(Row {
        what: "`Edge::append`".into(),
        measured: format!("{} /s ({append:.0} ns)", count(1e9 / append)),
        floor: format!("{floor:.0} ns a hash of 65 B"),
        ratio: format!("{:.2}", append / floor),
        mark: "-".into(),
        holds: None,
    });
}
