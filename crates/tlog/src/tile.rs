//! C2SP tlog-tiles: a tree stored as tiles of 256 hashes, and its entries as bundles of 256.
//! Coordinates and paths, tile and bundle bytes, reading nodes from tiles, and the edge a growing log keeps.

mod bundle;
mod coord;
mod edge;
mod path;
mod reader;

use alloc::vec::Vec;

pub use bundle::{EntryBundle, MAX_ENTRY_BYTES};
pub use coord::{TileCoord, tiles_between};
pub use edge::{Edge, EdgeReader, FullTile};
pub use path::{MAX_TILE_PATH_BYTES, TilePath};
pub use reader::{TileError, TileReader, TileSource};

use crate::error::{Error, Format, Problem};
use crate::hash::{HASH_SIZE, Hash, node_hash};
use crate::proof::{ProofError, Which};

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// Levels of the tree that a tile covers.
pub const TILE_HEIGHT: u8 = 8;

/// Bytes of a full tile.
pub const TILE_BYTES: usize = 256 * HASH_SIZE;

/// The hashes of one tile: 1 to 256 of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    hashes: Vec<Hash>,
}

impl Tile {
    /// Reads the bytes of a tile of `width` hashes. Nothing is verified but the shape.
    ///
    /// # Errors
    /// `width` is not 1 to 256, or the bytes are not 32 times as many.
    pub fn decode(bytes: &[u8], width: u16) -> Result<Self, Error> {
        Self::read(bytes, width).map_err(|problem| Error::syntax(Format::Tile, 1, problem))
    }

    fn read(bytes: &[u8], width: u16) -> Result<Self, Problem> {
        if width == 0 || width > TILE_WIDTH {
            return Err(Problem::Malformed("width"));
        }
        let expected = usize::from(width) * HASH_SIZE;
        let (hashes, rest) = bytes.as_chunks::<HASH_SIZE>();
        if bytes.len() != expected || !rest.is_empty() {
            return Err(Problem::Length { expected, found: bytes.len() });
        }
        Ok(Self { hashes: hashes.iter().map(|bytes| Hash(*bytes)).collect() })
    }

    /// The tile's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(&self.hashes)
    }

    /// The hashes, left to right.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Hash of the complete subtree over the hashes `[index · 2^height, (index + 1) · 2^height)` of this tile;
    /// `None` where the tile does not hold all of them. At most 255 node hashes.
    #[must_use]
    pub fn node(&self, height: u8, index: usize) -> Option<Hash> {
        if height > TILE_HEIGHT {
            return None;
        }
        let width = 1_usize << height;
        let first = index.checked_mul(width)?;
        let mut hashes = self.hashes.get(first..first.checked_add(width)?)?.to_vec();
        for _ in 0..height {
            hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
        }
        hashes.first().copied()
    }

    /// Checks a full tile against its hash in the tile above.
    ///
    /// # Errors
    /// The tile is partial, or its hashes lead elsewhere.
    pub fn verify(&self, parent: &Hash) -> Result<(), Error> {
        let Some(computed) = self.node(TILE_HEIGHT, 0) else {
            let problem = Problem::Length { expected: TILE_BYTES, found: self.hashes.len() * HASH_SIZE };
            return Err(Error::syntax(Format::Tile, 1, problem));
        };
        if computed == *parent {
            return Ok(());
        }
        Err(Error::Proof(ProofError::RootMismatch { which: Which::Part, computed, given: *parent }))
    }
}

fn encode(hashes: &[Hash]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(hashes.len() * HASH_SIZE);
    for hash in hashes {
        bytes.extend_from_slice(&hash.0);
    }
    bytes
}
