//! Why a document is refused.

use super::document::{MAX_DEPTH, MAX_LEN, MAX_NODES};

/// Why a document is refused: where, and for what reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_LEN`].
    #[error("a document of {len} bytes is longer than {MAX_LEN}; split it or read it by another way")]
    TooLong {
        /// Length found, in bytes.
        len: usize,
    },
    /// More than [`MAX_NODES`] values.
    #[error("more than {MAX_NODES} values, at byte {at}")]
    TooManyValues {
        /// Byte offset where the bound was passed.
        at: usize,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH}, at byte {at}")]
    TooDeep {
        /// Byte offset where the bound was passed.
        at: usize,
    },
    /// Neither UTF-8 nor UTF-16 with a byte order mark.
    #[error("not UTF-8: {reason}, at byte {at}; save the document as UTF-8")]
    Encoding {
        /// Byte offset of what cannot be read.
        at: usize,
        /// What it looks like.
        reason: &'static str,
    },
    /// Not well-formed JSON, YAML or CSV.
    #[error("not well-formed {format}, line {line}, column {column}: {reason}")]
    Syntax {
        /// The format's name.
        format: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 when it is not known.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// The bytes are not those whose digest was published.
    #[error("the published digest is {published}, that of the document is {found}: fetch both again")]
    Digest {
        /// What was published.
        published: String,
        /// What the bytes give.
        found: String,
    },
    /// What was published as a digest is none.
    #[error("{text:?} is not a SHA-256 or SHA-512 in hexadecimal digits")]
    NoDigest {
        /// The text, shortened.
        text: String,
    },
    /// Well-formed, but none of the formats that are read.
    #[error("none of OSV, CSAF, CVE, OpenVEX, CycloneDX: no field tells")]
    UnknownFormat,
    /// A value is missing or of the wrong kind.
    #[error("{place}: {reason}")]
    Shape {
        /// Where: a JSON pointer.
        place: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A value is not one that the format allows.
    #[error("{place}: {reason}: {value:?}")]
    Value {
        /// Where: a JSON pointer.
        place: String,
        /// What is wrong.
        reason: &'static str,
        /// The value, shortened.
        value: String,
    },
}
