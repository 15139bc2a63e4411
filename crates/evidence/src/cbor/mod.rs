//! The deterministic subset of CBOR that entries are written in (RFC 8949, 4.2.1).
//!
//! There is one way to write each value: shortest heads, definite lengths, map keys that are integers in the bytewise
//! order of their encodings, no duplicate key, no floating point, valid UTF-8. [`Reader`] refuses everything else, so
//! whatever decodes also encodes back to the same bytes, and a hash over the bytes is a hash over the meaning.
//!
//! Not here: what the fields mean (`facts`, `body`), and a general CBOR value: entries are decoded into their types.

mod reader;
mod writer;

pub use reader::{MapReader, Reader, check};
pub use writer::Writer;

use core::fmt;

/// Deepest nesting of arrays, maps and tags in an entry. The catalogue needs eight.
pub const MAX_DEPTH: u8 = 16;

/// Major types (RFC 8949, 3.1), as the high three bits of a head.
pub(crate) mod major {
    pub(crate) const UINT: u8 = 0;
    pub(crate) const NINT: u8 = 1;
    pub(crate) const BYTES: u8 = 2;
    pub(crate) const TEXT: u8 = 3;
    pub(crate) const ARRAY: u8 = 4;
    pub(crate) const MAP: u8 = 5;
    pub(crate) const TAG: u8 = 6;
    pub(crate) const SIMPLE: u8 = 7;
}

/// Why bytes are not an entry, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {at}: {reason}")]
pub struct Malformed {
    /// Offset in the input at which the offending item begins.
    pub at: usize,
    /// What is wrong there.
    pub reason: Reason,
}

/// What is wrong with a piece of CBOR.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The input ends inside an item.
    Truncated,
    /// Bytes follow the item that should be the last.
    Trailing,
    /// An integer or length could be written in fewer bytes (RFC 8949, 4.2.1).
    NotShortest,
    /// Indefinite lengths are not deterministic.
    Indefinite,
    /// Reserved additional information (28 to 30), or a simple value or float that entries do not use.
    Unsupported,
    /// Text that is not UTF-8.
    Utf8,
    /// Map keys are out of order.
    KeyOrder,
    /// A map key stands twice.
    DuplicateKey,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// A key that this structure does not have.
    UnknownKey(i64),
    /// A key that this structure must have, by its name in the specification.
    Missing(&'static str),
    /// Another type of value was expected.
    Expected(&'static str),
    /// A code that the catalogue does not have, with the name of the enumeration.
    UnknownCode(&'static str, u64),
    /// More bytes, characters or items than the field may have.
    TooLong {
        /// What is too long.
        what: &'static str,
        /// The most that is accepted.
        max: usize,
    },
    /// A value outside the range of its field, with what the range is.
    OutOfRange(&'static str),
}

impl Reason {
    /// A stable word for programs, as in `docs/spec/entry.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Trailing => "trailing",
            Self::NotShortest => "not-shortest",
            Self::Indefinite => "indefinite",
            Self::Unsupported => "unsupported",
            Self::Utf8 => "not-utf8",
            Self::KeyOrder => "key-order",
            Self::DuplicateKey => "duplicate-key",
            Self::TooDeep => "too-deep",
            Self::UnknownKey(_) => "unknown-key",
            Self::Missing(_) => "missing",
            Self::Expected(_) => "unexpected",
            Self::UnknownCode(..) => "unknown-code",
            Self::TooLong { .. } => "too-long",
            Self::OutOfRange(_) => "out-of-range",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the input ends inside an item"),
            Self::Trailing => f.write_str("bytes follow the end of the item"),
            Self::NotShortest => f.write_str("not the shortest encoding of this number or length"),
            Self::Indefinite => f.write_str("indefinite length"),
            Self::Unsupported => {
                f.write_str("a float, simple value or reserved head that entries do not use")
            }
            Self::Utf8 => f.write_str("text that is not UTF-8"),
            Self::KeyOrder => f.write_str("map keys out of order"),
            Self::DuplicateKey => f.write_str("duplicate map key"),
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH}"),
            Self::UnknownKey(k) => write!(f, "unknown key {k}"),
            Self::Missing(name) => write!(f, "missing `{name}`"),
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::UnknownCode(what, code) => write!(f, "{code} is no {what} that this version knows"),
            Self::TooLong { what, max } => write!(f, "{what} longer than {max}"),
            Self::OutOfRange(range) => write!(f, "out of range: {range}"),
        }
    }
}

/// Position of an integer key in deterministic map order: by major type, then by magnitude, which is the bytewise order
/// of the shortest encodings.
pub(crate) const fn key_rank(key: i64) -> (bool, u64) {
    if key < 0 { (true, !(key as u64)) } else { (false, key as u64) }
}

#[cfg(test)]
mod tests;
