//! The right edge of a growing log: all a log must keep in memory to append, to sign roots, and to hand out
//! every tile when it is full.

use alloc::vec::Vec;
use core::fmt;

use super::coord::hashes_at;
use super::reader::read_tile;
use super::{TILE_HEIGHT, TileCoord, TileError, TileReader, TileSource, encode};
use crate::hash::{Hash, node_hash};
use crate::tree::{CompactRange, HashReader, MAX_TREE_SIZE, NotHeld};

const HEIGHT: usize = TILE_HEIGHT as usize;

/// A tile that has just become full, to be stored for good.
#[derive(Clone, PartialEq, Eq)]
pub struct FullTile {
    /// Level of the tile.
    pub level: u8,
    /// Place of the tile in its level.
    pub index: u64,
    /// Its 8,192 bytes.
    pub bytes: Vec<u8>,
}

impl FullTile {
    /// Place and width of the tile.
    #[must_use]
    pub const fn coord(&self) -> TileCoord {
        TileCoord::full(self.level, self.index)
    }
}

impl fmt::Debug for FullTile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FullTile({})", self.coord())
    }
}

/// The partial tile of one level with the complete nodes above its hashes, so that each node is hashed once.
#[derive(Debug, Clone, Default)]
struct Partial {
    /// By height within the tile.
    nodes: [Vec<Hash>; HEIGHT],
}

/// The partial tiles of a log's present tree. Memory: at most 8 levels of 16 KiB, whatever the log's size.
///
/// ```
/// use tlog::tile::Edge;
///
/// let (mut edge, mut filled) = (Edge::new(), Vec::new());
/// for entry in 0..300_u32 {
///     edge.append(tlog::leaf_hash(&entry.to_be_bytes()), &mut filled);
/// }
/// assert_eq!(filled.len(), 1); // tile/0/000, to be stored
/// let widths: Vec<_> = edge.partial_tiles().map(|(coord, _)| coord.to_string()).collect();
/// assert_eq!(widths, ["tile/0/001.p/44", "tile/1/000.p/1"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Edge {
    range: CompactRange,
    levels: Vec<Partial>,
}

impl Edge {
    /// The edge of the empty log.
    #[must_use]
    pub const fn new() -> Self {
        Self { range: CompactRange::new(), levels: Vec::new() }
    }

    /// Takes up a log of `size` leaves from its partial tiles (at most 8), which must lead to `root`.
    ///
    /// # Errors
    /// The source fails or gives other shapes, the tiles lead to another root, or the log is too large.
    pub fn restore<S: TileSource>(size: u64, source: &S, root: &Hash) -> Result<Self, TileError<S::Error>> {
        if size > MAX_TREE_SIZE {
            return Err(TileError::TooLarge(size));
        }
        let mut levels = Vec::new();
        for level in (0..8).take_while(|level| hashes_at(*level, size) > 0) {
            let mut partial = Partial::default();
            if let Some(coord) = TileCoord::in_tree(level, hashes_at(level, size) / 256, size) {
                let mut hashes = read_tile(source, coord)?.hashes().to_vec();
                for nodes in &mut partial.nodes {
                    let above = hashes.as_chunks::<2>().0.iter().map(|[l, r]| node_hash(l, r)).collect();
                    *nodes = core::mem::replace(&mut hashes, above);
                }
            }
            levels.push(partial);
        }
        // A complete subtree of the frontier is the last node at its height: its size's bit is set.
        let heights = (0..64_usize).rev().filter(|height| (size >> height) & 1 == 1);
        let frontier = heights
            .filter_map(|height| levels.get(height / HEIGHT)?.nodes.get(height % HEIGHT)?.last().copied())
            .collect();
        let range = CompactRange::from_frontier(size, frontier).ok_or(TileError::TooLarge(size))?;
        let computed = range.root();
        if computed != *root {
            return Err(TileError::RootMismatch { computed, given: *root });
        }
        Ok(Self { range, levels })
    }

    /// Appends a leaf by its hash; tiles that become full are added to `filled`, lower levels first.
    /// Amortised one node hash a leaf.
    pub fn append(&mut self, leaf: Hash, filled: &mut Vec<FullTile>) {
        let levels = &mut self.levels;
        self.range.append_with(leaf, |level, index, hash| {
            let (tile_level, height) = (usize::from(level) / HEIGHT, usize::from(level) % HEIGHT);
            if height == 0 && tile_level > 0 {
                // A node at the foot of a tile is the whole of a tile below, which is full now.
                if let Some(below) = levels.get_mut(tile_level - 1) {
                    let bytes = encode(&below.nodes[0]);
                    filled.push(FullTile { level: level / TILE_HEIGHT - 1, index, bytes });
                    below.nodes.iter_mut().for_each(Vec::clear);
                }
            }
            if tile_level == levels.len() {
                levels.push(Partial::default());
            }
            if let Some(nodes) = levels.get_mut(tile_level).and_then(|partial| partial.nodes.get_mut(height))
            {
                nodes.push(*hash);
            }
        });
    }

    /// Leaves in the log.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.range.size()
    }

    /// Root of the present tree: O(log n).
    #[must_use]
    pub fn root(&self) -> Hash {
        self.range.root()
    }

    /// The frontier of the present tree.
    #[must_use]
    pub const fn range(&self) -> &CompactRange {
        &self.range
    }

    /// The partial tiles of the present tree with their bytes, lowest level first: at most 8, none of them full.
    pub fn partial_tiles(&self) -> impl Iterator<Item = (TileCoord, Vec<u8>)> + '_ {
        TileCoord::partials(self.size()).filter_map(|coord| {
            let partial = self.levels.get(usize::from(coord.level))?;
            Some((coord, encode(&partial.nodes[0])))
        })
    }

    /// A reader of the whole present tree: what the edge holds from memory, the rest from full tiles of
    /// `source`.
    pub fn over<S: TileSource>(&self, source: S) -> EdgeReader<'_, S> {
        EdgeReader { edge: self, tiles: TileReader::new(source, self.size()) }
    }
}

/// Reads what lies in partial tiles; anything in a full tile is [`NotHeld`]. No hashing.
impl HashReader for Edge {
    type Error = NotHeld;

    fn node(&self, level: u8, index: u64) -> Result<Hash, NotHeld> {
        let (tile_level, height) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        // Nodes at this level that lie in full tiles.
        let stored = hashes_at(tile_level.saturating_add(1), self.size()) << (TILE_HEIGHT - height);
        let held = || {
            let within = usize::try_from(index.checked_sub(stored)?).ok()?;
            let partial = self.levels.get(usize::from(tile_level))?;
            partial.nodes.get(usize::from(height))?.get(within).copied()
        };
        held().ok_or(NotHeld { level, index })
    }
}

/// An edge over stored full tiles: every node of the present tree. See [`Edge::over`].
#[derive(Debug)]
pub struct EdgeReader<'e, S> {
    edge: &'e Edge,
    tiles: TileReader<S>,
}

impl<S: TileSource> HashReader for EdgeReader<'_, S> {
    type Error = TileError<S::Error>;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        self.edge.node(level, index).or_else(|NotHeld { level, index }| self.tiles.node(level, index))
    }
}
