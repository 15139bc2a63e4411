//! Resource paths: `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`, with N in groups of three digits.

use core::fmt;
use core::str::FromStr;

use super::{TILE_WIDTH, TileCoord};
use crate::error::{Error, Format, Problem};
use crate::text::decimal;

/// Longest path accepted, in bytes; the longest possible one has 47.
pub const MAX_TILE_PATH_BYTES: usize = 64;

/// A path below a log's URL prefix, without a leading slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TilePath {
    /// A tile of hashes.
    Hashes(TileCoord),
    /// A bundle of entries.
    Entries {
        /// Place of the bundle: its first entry has the index 256 · `index`.
        index: u64,
        /// Entries in the bundle, 1 to 256.
        width: u16,
    },
}

impl TilePath {
    /// Reads a path.
    ///
    /// # Errors
    /// Anything that [`TilePath`]'s `Display` would not write: other prefixes, signs, leading zeros, groups
    /// that are not needed, widths other than 1 to 255, levels above 63.
    pub fn parse(path: &str) -> Result<Self, Error> {
        read(path).map_err(|problem| Error::syntax(Format::TilePath, 1, problem))
    }
}

fn read(path: &str) -> Result<TilePath, Problem> {
    if path.len() > MAX_TILE_PATH_BYTES {
        return Err(Problem::TooLong { limit: MAX_TILE_PATH_BYTES });
    }
    let (kind, rest) = path
        .strip_prefix("tile/")
        .and_then(|rest| rest.split_once('/'))
        .ok_or(Problem::Malformed("tile path"))?;
    let (groups, width) = match rest.split_once(".p/") {
        None => (rest, TILE_WIDTH),
        Some((groups, width)) => match decimal(width).map(u16::try_from) {
            Some(Ok(width @ 1..=255)) => (groups, width),
            _ => return Err(Problem::Malformed("width of a partial tile")),
        },
    };
    let index = read_index(groups).ok_or(Problem::Malformed("tile index"))?;
    if kind == "entries" {
        return Ok(TilePath::Entries { index, width });
    }
    match decimal(kind).map(u8::try_from) {
        Some(Ok(level @ 0..=63)) => Ok(TilePath::Hashes(TileCoord { level, index, width })),
        _ => Err(Problem::Malformed("tile level")),
    }
}

fn read_index(text: &str) -> Option<u64> {
    if text.starts_with("x000") {
        return None;
    }
    let mut groups = text.split('/').peekable();
    let mut index = 0_u64;
    while let Some(group) = groups.next() {
        let digits = if groups.peek().is_some() { group.strip_prefix('x')? } else { group };
        if digits.len() != 3 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    Some(index)
}

fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    let mut scale = 1;
    while index / scale >= 1000 {
        scale *= 1000;
    }
    while scale > 1 {
        write!(f, "x{:03}/", index / scale % 1000)?;
        scale /= 1000;
    }
    write!(f, "{:03}", index % 1000)
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match *self {
            Self::Hashes(TileCoord { level, index, width }) => {
                write!(f, "tile/{level}/")?;
                (index, width)
            }
            Self::Entries { index, width } => {
                f.write_str("tile/entries/")?;
                (index, width)
            }
        };
        write_index(f, index)?;
        if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

impl fmt::Display for TileCoord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&TilePath::Hashes(*self), f)
    }
}

impl FromStr for TilePath {
    type Err = Error;

    fn from_str(path: &str) -> Result<Self, Error> {
        Self::parse(path)
    }
}
