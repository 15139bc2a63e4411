//! What can go wrong with a file of test results, with its place.

use crate::source::{Place, Trouble};

/// Why a file was refused. Nothing of a refused file is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The underlying reader failed.
    #[error("cannot read the test results: {source}")]
    Io {
        /// What the reader said.
        #[source]
        source: std::io::Error,
    },
    /// A bound of [`Limits`](super::Limits) was passed.
    #[error("the test results hold more than {max} {what} ({place}); split them, or raise the limit")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        max: u64,
        /// Where the bound was passed.
        place: Place,
    },
    /// The bytes are not text in UTF-8 or UTF-16.
    #[error("cannot decode the test results: {reason} ({place})")]
    Encoding {
        /// What is wrong.
        reason: &'static str,
        /// Where.
        place: Place,
    },
    /// Not well-formed XML, or ended too early.
    #[error("not well-formed: {reason} ({place})")]
    Malformed {
        /// What the parser found.
        reason: String,
        /// Where.
        place: Place,
    },
    /// XML of another kind.
    #[error("not JUnit XML: the root is <{root}>{hint}; expected <testsuites> or <testsuite>")]
    NotJunit {
        /// Name of the root element.
        root: String,
        /// What that is, where it is known.
        hint: &'static str,
    },
    /// A test stands where none may, or has no name.
    #[error("not JUnit XML: {reason} ({place})")]
    Misplaced {
        /// What is wrong.
        reason: &'static str,
        /// Where.
        place: Place,
    },
    /// Bytes that are not the canonical form.
    #[error("not the canonical form of test results: {reason}")]
    NotCanonical {
        /// What is wrong.
        reason: String,
    },
}

impl Error {
    pub(super) fn from_trouble(trouble: Trouble, (line, column): (u64, u64)) -> Self {
        let place = Place { line, column, path: String::new() };
        match trouble {
            Trouble::Io(source) => Self::Io { source },
            Trouble::Limit(what, max) => Self::TooLarge { what, max, place },
            Trouble::Encoding(reason) => Self::Encoding { reason, place },
            Trouble::Syntax(reason) => Self::Malformed { reason, place },
        }
    }
}
