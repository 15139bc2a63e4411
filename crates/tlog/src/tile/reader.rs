//! Nodes of the tree read from any source of tiles.

use alloc::vec::Vec;
use core::cell::RefCell;

use super::{Tile, TileCoord};
use crate::error::Problem;
use crate::hash::Hash;
use crate::tree::HashReader;

/// Tiles a reader keeps: more than one proof touches (one or two a level).
const KEPT_TILES: usize = 16;

/// Where tiles come from: a file, a table, a network. Implemented by functions `Fn(TileCoord) -> Result<Bytes, E>`.
pub trait TileSource {
    /// What goes wrong in the source.
    type Error;
    /// A tile's bytes.
    type Bytes: AsRef<[u8]>;

    /// The bytes of this tile, exactly as wide as asked for.
    ///
    /// # Errors
    /// The source has no such tile or could not be read.
    fn tile(&self, coord: TileCoord) -> Result<Self::Bytes, Self::Error>;
}

impl<F, B, E> TileSource for F
where
    F: Fn(TileCoord) -> Result<B, E>,
    B: AsRef<[u8]>,
{
    type Error = E;
    type Bytes = B;

    fn tile(&self, coord: TileCoord) -> Result<B, E> {
        self(coord)
    }
}

/// Why a node could not be read from tiles, or an edge not be restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The tree of this size has no such complete node.
    #[error("a tree of {size} leaves has no complete node {index} at level {level}")]
    NoSuchNode {
        /// Level of the node.
        level: u8,
        /// Index of the node in its level.
        index: u64,
        /// Size of the tree.
        size: u64,
    },
    /// The source gave bytes that are not such a tile.
    #[error("{coord}: {problem}")]
    Shape {
        /// The tile asked for.
        coord: TileCoord,
        /// What is wrong with its bytes.
        problem: Problem,
    },
    /// The tiles lead to another root than the one expected.
    #[error("the tiles lead to the root {computed}, not to {given}")]
    RootMismatch {
        /// What the tiles lead to.
        computed: Hash,
        /// What they should have led to.
        given: Hash,
    },
    /// The tree is larger than [`crate::tree::MAX_TREE_SIZE`].
    #[error("a tree of {0} leaves is larger than this library builds")]
    TooLarge(u64),
    /// The source failed.
    #[error("reading {coord} failed: {error}")]
    Source {
        /// The tile asked for.
        coord: TileCoord,
        /// What the source says.
        error: E,
    },
}

/// A [`HashReader`] over a source of tiles, for the tree of one size. Verifies nothing but shapes: proofs made
/// from it must be verified against a signed root. Keeps the tiles read last, so that one proof reads each
/// tile once; a node costs at most 255 hashes.
#[derive(Debug)]
pub struct TileReader<S> {
    source: S,
    size: u64,
    kept: RefCell<Vec<(TileCoord, Tile)>>,
}

impl<S: TileSource> TileReader<S> {
    /// A reader of the tree of `size` leaves, whose partial tiles `source` must serve.
    pub const fn new(source: S, size: u64) -> Self {
        Self { source, size, kept: RefCell::new(Vec::new()) }
    }

    /// Leaves in the tree.
    pub const fn size(&self) -> u64 {
        self.size
    }
}

/// Reads one tile and checks its shape.
pub(super) fn read_tile<S: TileSource>(source: &S, coord: TileCoord) -> Result<Tile, TileError<S::Error>> {
    let bytes = source.tile(coord).map_err(|error| TileError::Source { coord, error })?;
    Tile::read(bytes.as_ref(), coord.width).map_err(|problem| TileError::Shape { coord, problem })
}

impl<S: TileSource> HashReader for TileReader<S> {
    type Error = TileError<S::Error>;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        let missing = TileError::NoSuchNode { level, index, size: self.size };
        let Some((coord, height, within)) = TileCoord::of_node(level, index, self.size) else {
            return Err(missing);
        };
        if let Some((_, tile)) = self.kept.borrow().iter().find(|(kept, _)| *kept == coord) {
            return tile.node(height, within).ok_or(missing);
        }
        // No borrow is held while the source is asked: it may well come back here.
        let tile = read_tile(&self.source, coord)?;
        let node = tile.node(height, within).ok_or(missing);
        let mut kept = self.kept.borrow_mut();
        if kept.len() == KEPT_TILES {
            kept.remove(0);
        }
        kept.push((coord, tile));
        node
    }
}
