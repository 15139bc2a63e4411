//! Batches as a ledger makes them, and what the log must show afterwards, worked out by `tlog` alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use tlog::tile::{Edge, EntryBundle, TileCoord};

use crate::ports::{Appended, Batch, Head, Log};

/// Numbers that look random and are the same each time: `SplitMix64` (Steele, Lea, Flood, 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers that belong to a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.any() % bound
    }
}

/// Makes batches and remembers what was committed.
#[derive(Clone, Debug, Default)]
pub struct Feeder {
    edge: Edge,
    entries: Vec<Arc<[u8]>>,
    tiles: BTreeMap<TileCoord, Vec<u8>>,
    checkpoint: Arc<str>,
}

impl Feeder {
    /// Of an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries committed.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The entries committed.
    #[must_use]
    pub fn entries(&self) -> &[Arc<[u8]>] {
        &self.entries
    }

    /// The next batch with these entries; nothing is remembered of it.
    #[must_use]
    pub fn batch(&self, entries: &[Arc<[u8]>]) -> Batch {
        let (mut edge, mut tiles) = (self.edge.clone(), Vec::new());
        for entry in entries {
            edge.append(tlog::leaf_hash(entry), &mut tiles);
        }
        let (size, root) = (edge.size(), edge.root());
        let checkpoint =
            format!("log.example/conformance\n{size}\n{}\n\n— not signed\n", root.to_base64()).into();
        Batch { first: self.size(), entries: entries.to_vec(), tiles, checkpoint }
    }

    /// A batch of `count` entries of `bytes` bytes, none like another.
    #[must_use]
    pub fn uniform(&self, count: usize, bytes: usize) -> Batch {
        let entries: Vec<Arc<[u8]>> =
            (0..count as u64).map(|place| entry(self.size() + place, bytes)).collect();
        self.batch(&entries)
    }

    /// Remembers a batch as committed.
    pub fn committed(&mut self, batch: &Batch) {
        assert_eq!(batch.first, self.size(), "batches are committed in their order");
        for entry in &batch.entries {
            self.edge.append(tlog::leaf_hash(entry), &mut Vec::new());
        }
        self.entries.extend(batch.entries.iter().cloned());
        self.tiles.extend(batch.tiles.iter().map(|tile| (tile.coord(), tile.bytes.clone())));
        self.checkpoint = Arc::clone(&batch.checkpoint);
    }

    /// Appends a batch, which must be committed.
    pub fn append(&mut self, log: &dyn Log, batch: &Batch) {
        assert_eq!(
            log.append(batch),
            Appended::Committed,
            "{} entries at {}",
            batch.entries.len(),
            batch.first
        );
        self.committed(batch);
    }

    /// The log has exactly what was committed: head, entries read one by one around each border and in pieces, tiles,
    /// bundles, and nothing beyond.
    pub fn check(&self, log: &dyn Log) {
        let size = self.size();
        let head = log.head().expect("the head can be read");
        let due = (size > 0).then(|| Head { size, checkpoint: Arc::clone(&self.checkpoint) });
        assert_eq!(head, due);
        self.check_reads(log);
        let missing = |level, index| match log.tile(level, index) {
            Ok(found) => assert_eq!(found, None, "tile {index} of level {level} is not full at {size}"),
            Err(error) => panic!("{error}"),
        };
        for (coord, bytes) in &self.tiles {
            let found = log.tile(coord.level, coord.index).expect("a tile can be read");
            assert_eq!(found.as_deref(), Some(bytes.as_slice()), "{coord} at {size}");
        }
        for level in 0..8_u8 {
            let hashes = size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
            missing(level, hashes);
            missing(level, hashes + 1);
        }
        missing(63, 0);
        missing(0, u64::MAX);
        missing(7, 1 << 60);
        for (index, entries) in self.entries.chunks(256).enumerate() {
            let due = (entries.len() == 256).then(|| EntryBundle::encode(entries).expect("entries fit"));
            let found = log.bundle(index as u64).expect("a bundle can be read");
            assert_eq!(found.as_deref(), due.as_deref(), "bundle {index} at {size}");
        }
        assert_eq!(log.bundle(size / 256 + 1).expect("no bundle is no error"), None);
        assert_eq!(log.bundle(u64::MAX / 2).expect("no bundle is no error"), None);
    }

    fn check_reads(&self, log: &dyn Log) {
        let read = |from, limit, bytes| log.read(from, limit, bytes).expect("entries can be read");
        let size = self.size();
        let none: Vec<Arc<[u8]>> = Vec::new();
        for beyond in [size, size + 1, size + 256, u64::MAX] {
            assert_eq!(read(beyond, 10, usize::MAX), none, "nothing at {beyond} of {size}");
        }
        assert_eq!(read(0, 0, usize::MAX), none, "none of them were asked for");
        let slice = |from: u64, to: u64| {
            let place = |index: u64| usize::try_from(index.min(size)).expect("an index");
            self.entries.get(place(from)..place(to)).expect("a range")
        };
        // Around each border, alone and across.
        for border in (0..=size / 256).map(|n| n * 256).chain([size]) {
            for from in border.saturating_sub(2)..border + 2 {
                if size > 4_096 && border > 512 && border + 512 < size && border % 16_384 != 0 {
                    continue;
                }
                assert_eq!(read(from, 1, usize::MAX), slice(from, from + 1), "entry {from} of {size}");
                assert_eq!(read(from, 4, usize::MAX), slice(from, from + 4), "four from {from} of {size}");
                assert_eq!(read(from, 1, 0).len(), slice(from, from + 1).len(), "one, however long");
            }
        }
        // From the beginning to the end, in pieces that fit nothing.
        let mut from = 0;
        while from < size {
            let piece = read(from, 1_013, 3_000_000);
            assert!(!piece.is_empty(), "at least one from {from} of {size}");
            assert!(piece.len() <= 1_013);
            assert_eq!(piece, slice(from, from + piece.len() as u64), "the piece from {from} of {size}");
            let bytes: usize = piece.iter().map(|entry| entry.len()).sum();
            assert!(bytes <= 3_000_000 + 65_535, "{bytes} bytes are about 3,000,000");
            from += piece.len() as u64;
        }
    }
}

/// An entry of `bytes` bytes that begins with its index, as far as it fits.
pub(super) fn entry(index: u64, bytes: usize) -> Arc<[u8]> {
    let mut random = Random::new(index);
    let mut entry = index.to_be_bytes().to_vec();
    entry.rotate_left(4);
    while entry.len() < bytes {
        entry.extend_from_slice(&random.any().to_be_bytes());
    }
    entry.truncate(bytes);
    entry.into()
}
