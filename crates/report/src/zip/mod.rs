//! The one shape of ZIP that a package has (docs/spec/package.md, 2): members one after the other, then the central directory
//! in the same order, then its end; stored or deflated; no extra field, comment, flag or date. One writer, one strict reader.
//!
//! Not here: what the members mean.

mod crc;
mod read;
mod write;

pub use read::Archive;
pub use write::Writer;

/// Largest member, uncompressed.
pub const MAX_MEMBER: u64 = 256 << 20;
/// Largest sum of members, uncompressed, and largest file: sizes and offsets are 32 bits wide.
pub const MAX_TOTAL: u64 = u32::MAX as u64;
/// Most members: their number is 16 bits wide, and its last value means ZIP64.
pub const MAX_MEMBERS: usize = 65_534;
/// Longest name of a member.
pub const MAX_NAME: usize = 200;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// Version 2.0: deflate.
const VERSION: u16 = 20;
/// 1980-01-01, the first day that the format can say.
const DATE: u16 = 0x0021;

/// How a member is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored,
    /// Deflated.
    Deflated,
}

impl Method {
    const fn code(self) -> u16 {
        match self {
            Self::Stored => 0,
            Self::Deflated => 8,
        }
    }
}

/// Why a file is not such a ZIP.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[source] std::io::Error),
    /// The file ends before its directory does, or has no end record: cut off, or no ZIP.
    #[error("it is cut off, or no ZIP: {0}")]
    CutOff(&'static str),
    /// Something that packages do not use, or that contradicts itself.
    #[error("{what}{}", of(.member))]
    Shape {
        /// What is wrong.
        what: String,
        /// The member concerned.
        member: Option<String>,
    },
    /// The bytes of a member are not those that were written.
    #[error("the member {member} is damaged: {what}")]
    Damaged {
        /// Its name.
        member: String,
        /// What is wrong.
        what: String,
    },
}

fn of(member: &Option<String>) -> String {
    member.as_ref().map_or(String::new(), |m| format!(" (member {m})"))
}

fn shape(what: impl Into<String>, member: Option<&str>) -> ZipError {
    ZipError::Shape { what: what.into(), member: member.map(str::to_owned) }
}

/// Whether a name is one that a member may have: lower-case components of letters, digits, dot, dash and underscore,
/// between slashes, none of them empty, `.` or `..`.
#[must_use]
pub fn good_name(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    name.len() <= MAX_NAME
        && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(letter))
}

#[cfg(test)]
mod tests;
