//! Entry bundles: up to 256 entries, each behind its length as two bytes, big-endian.

use alloc::vec::Vec;

use super::TILE_WIDTH;
use crate::error::{Error, Format, Problem};
use crate::hash::{Hash, leaf_hash};

/// Longest entry a bundle can hold, in bytes.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The entries of a bundle, borrowed from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBundle<'a> {
    entries: Vec<&'a [u8]>,
}

impl<'a> EntryBundle<'a> {
    /// Reads a bundle of exactly `width` entries. Nothing is verified but the shape; compare
    /// [`EntryBundle::leaf_hashes`] with the tile at level 0.
    ///
    /// # Errors
    /// `width` is not 1 to 256, an entry is cut off, or bytes remain after the last one.
    pub fn decode(bytes: &'a [u8], width: u16) -> Result<Self, Error> {
        Self::read(bytes, width).map_err(|problem| Error::syntax(Format::EntryBundle, 1, problem))
    }

    fn read(mut rest: &'a [u8], width: u16) -> Result<Self, Problem> {
        if width == 0 || width > TILE_WIDTH {
            return Err(Problem::Malformed("width"));
        }
        let mut entries = Vec::with_capacity(usize::from(width));
        for _ in 0..width {
            let (length, bytes) = rest.split_first_chunk::<2>().ok_or(Problem::Missing("entry"))?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (entry, after) = bytes
                .split_at_checked(length)
                .ok_or(Problem::Length { expected: length, found: bytes.len() })?;
            entries.push(entry);
            rest = after;
        }
        if rest.is_empty() {
            Ok(Self { entries })
        } else {
            Err(Problem::Unexpected("bytes after the last entry"))
        }
    }

    /// The entries in their order.
    #[must_use]
    pub fn entries(&self) -> &[&'a [u8]] {
        &self.entries
    }

    /// Leaf hashes of the entries, as the tile at level 0 holds them.
    pub fn leaf_hashes(&self) -> impl ExactSizeIterator<Item = Hash> + '_ {
        self.entries.iter().map(|entry| leaf_hash(entry))
    }
}

impl EntryBundle<'static> {
    /// Writes a bundle.
    ///
    /// # Errors
    /// No entry or more than 256, or one longer than [`MAX_ENTRY_BYTES`].
    pub fn encode<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, Error> {
        let refuse = |problem| Error::syntax(Format::EntryBundle, 1, problem);
        if entries.is_empty() || entries.len() > usize::from(TILE_WIDTH) {
            return Err(refuse(Problem::Malformed("width")));
        }
        let total: usize = entries.iter().map(|entry| 2 + entry.as_ref().len()).sum();
        let mut bytes = Vec::with_capacity(total);
        for entry in entries {
            let entry = entry.as_ref();
            let length = u16::try_from(entry.len())
                .map_err(|_| refuse(Problem::TooLong { limit: MAX_ENTRY_BYTES }))?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(entry);
        }
        Ok(bytes)
    }
}
