//! Why a requirement set was refused or could not be written, always with the place and the reason.

use super::model::Source;
use crate::source::{Place, Trouble};

/// Why a set was refused. Nothing of a refused set is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The underlying reader failed.
    #[error("cannot read the requirement set: {source}")]
    Io {
        /// What the reader said.
        #[source]
        source: std::io::Error,
    },
    /// A bound of [`Limits`](super::Limits) was passed.
    #[error("more than {max} {what} ({source_at}); split the set, or raise the limit")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        max: u64,
        /// Where the bound was passed.
        source_at: Source,
    },
    /// The bytes are not text in UTF-8 or UTF-16.
    #[error("cannot decode the text: {reason} ({source_at})")]
    Encoding {
        /// What is wrong.
        reason: &'static str,
        /// Where.
        source_at: Source,
    },
    /// Not well-formed XML, JSON, YAML, CSV or SDoc, or ended too early.
    #[error("not well-formed: {reason} ({source_at})")]
    Malformed {
        /// What the parser found.
        reason: String,
        /// Where.
        source_at: Source,
    },
    /// Well-formed, but not what the format allows or not enough to tell items apart.
    #[error("{reason} ({source_at})")]
    Invalid {
        /// What is wrong and, where that helps, what to do.
        reason: String,
        /// Where.
        source_at: Source,
    },
    /// An archive that is damaged, hostile, or uses what is not read.
    #[error("cannot unpack the archive: {reason} ({source_at})")]
    Archive {
        /// What is wrong.
        reason: &'static str,
        /// The entry, as the file of the place.
        source_at: Source,
    },
    /// The set cannot be written in this format.
    #[error("cannot write item {item}: {reason}")]
    Unwritable {
        /// The item's id; empty for the set itself.
        item: String,
        /// What stands in the way.
        reason: String,
    },
}

impl Error {
    pub(super) fn trouble(trouble: Trouble, file: &str, (line, column): (u64, u64)) -> Self {
        let at = Source { file: file.to_owned(), place: Place { line, column, path: String::new() } };
        match trouble {
            Trouble::Io(source) => Self::Io { source },
            Trouble::Limit(what, max) => Self::TooLarge { what, max, source_at: at },
            Trouble::Encoding(reason) => Self::Encoding { reason, source_at: at },
            Trouble::Syntax(reason) => Self::Malformed { reason, source_at: at },
        }
    }

    pub(super) fn limit(what: &'static str, max: usize, source_at: Source) -> Self {
        Self::TooLarge { what, max: max as u64, source_at }
    }

    pub(super) fn invalid(reason: impl Into<String>, source_at: &Source) -> Self {
        Self::Invalid { reason: shorten(reason.into()), source_at: source_at.clone() }
    }
}

/// Cuts a message that repeats foreign text to what can be read.
pub(super) fn shorten(mut text: String) -> String {
    const SHOWN: usize = 400;
    if let Some((at, _)) = text.char_indices().nth(SHOWN) {
        text.truncate(at);
        text.push('…');
    }
    text
}
