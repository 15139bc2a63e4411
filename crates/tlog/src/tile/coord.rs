//! Where a tile stands, which tiles a tree of some size has, and which tile holds a node.

use super::{TILE_HEIGHT, TILE_WIDTH};

/// A tile's place and width. `Display` gives its path (see [`super::TilePath`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileCoord {
    /// Level of the tile, 0 for leaf hashes; a hash of it covers 256^level leaves. At most 63, of which trees
    /// of `u64` size use 0 to 7.
    pub level: u8,
    /// Place of the tile in its level.
    pub index: u64,
    /// Hashes in the tile, 1 to 256; 256 is a full tile.
    pub width: u16,
}

impl TileCoord {
    /// A full tile.
    #[must_use]
    pub const fn full(level: u8, index: u64) -> Self {
        Self { level, index, width: TILE_WIDTH }
    }

    /// Whether the tile is full.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The tile that holds the hashes under the node over the leaves
    /// `[index · 2^level, (index + 1) · 2^level)`, as wide as it is in a tree of `size` leaves, with the height
    /// and index of the node within the tile. `None` if that tree has no such complete node.
    #[must_use]
    pub fn of_node(level: u8, index: u64, size: u64) -> Option<(Self, u8, usize)> {
        if level > 63 || index >= size >> level {
            return None;
        }
        let (tile_level, height) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let per_tile = TILE_HEIGHT - height;
        let tile = index >> per_tile;
        let within = usize::try_from(index & ((1 << per_tile) - 1)).ok()?;
        Some((Self::in_tree(tile_level, tile, size)?, height, within))
    }

    /// The tile at this place, as wide as it is in a tree of `size` leaves; `None` if it is empty there.
    #[must_use]
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = hashes_at(level, size).checked_sub(index.checked_mul(u64::from(TILE_WIDTH))?)?;
        match u16::try_from(hashes) {
            Ok(0) => None,
            Ok(width) if width < TILE_WIDTH => Some(Self { level, index, width }),
            _ => Some(Self::full(level, index)),
        }
    }

    /// The partial tiles of a tree of `size` leaves, at most one a level, lowest first.
    pub fn partials(size: u64) -> impl Iterator<Item = Self> {
        (0..8).filter_map(move |level| {
            let hashes = hashes_at(level, size);
            Self::in_tree(level, hashes / u64::from(TILE_WIDTH), size)
        })
    }
}

/// Hashes that a tree of `size` leaves has at a tile level: floor(size / 256^level).
pub(super) fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

/// The tiles that a tree of `new` leaves has and one of `old` leaves has not, or has narrower: what a log
/// publishes between two checkpoints, what a mirror fetches. Lowest level first, left to right; with `old` 0,
/// every tile of the tree. Lazy, for there may be many: about (new - old) / 256.
pub fn tiles_between(old: u64, new: u64) -> impl Iterator<Item = TileCoord> {
    let width = u64::from(TILE_WIDTH);
    (0..8).flat_map(move |level| {
        let (before, after) = (hashes_at(level, old), hashes_at(level, new));
        let tiles = if before < after { before / width..after.div_ceil(width) } else { 0..0 };
        tiles.filter_map(move |index| TileCoord::in_tree(level, index, new))
    })
}
