//! What can go wrong with an SBOM, always with the place in the document and what was expected there.

use crate::source::{Place, Trouble};

/// Why a document was refused. Nothing of a refused document is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The underlying reader failed.
    #[error("cannot read the SBOM: {source}")]
    Io {
        /// What the reader said.
        #[source]
        source: std::io::Error,
    },
    /// A bound of [`Limits`](super::Limits) was passed.
    #[error("the SBOM holds more than {max} {what} ({place}); split it, or raise the limit")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        max: u64,
        /// Where the bound was passed.
        place: Place,
    },
    /// The bytes are not text in UTF-8 or UTF-16.
    #[error("cannot decode the SBOM: {reason} ({place})")]
    Encoding {
        /// What is wrong.
        reason: &'static str,
        /// Where.
        place: Place,
    },
    /// Not well-formed JSON, XML, YAML or tag-value.
    #[error("not well-formed: {reason} ({place})")]
    Malformed {
        /// What the parser found.
        reason: String,
        /// Where.
        place: Place,
    },
    /// Well-formed, but not what the standard allows.
    #[error("not a valid SBOM: {problem} ({place})")]
    Invalid {
        /// The rule that is broken.
        problem: Problem,
        /// Where.
        place: Place,
    },
    /// Text of some kind, but no SBOM that is read here.
    #[error("not an SBOM that can be read: {found}; CycloneDX 1.0 to 1.7 and SPDX 2.2 and 2.3 can")]
    Unsupported {
        /// What the document seems to be.
        found: String,
    },
}

/// The rule of the standard a document breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A field the standard does not know there, in this version.
    #[error("{object} has no field {field:?} in this version")]
    UnknownField {
        /// The field found.
        field: String,
        /// The object it stands in.
        object: &'static str,
    },
    /// A required field is not there.
    #[error("{object} lacks the required field {field:?}")]
    MissingField {
        /// The field.
        field: &'static str,
        /// The object that lacks it.
        object: &'static str,
    },
    /// A field that may stand once stands again.
    #[error("{object} has the field {field:?} twice")]
    RepeatedField {
        /// The field.
        field: String,
        /// The object.
        object: &'static str,
    },
    /// Another kind of value is expected.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// The kind expected.
        expected: &'static str,
        /// The kind found.
        found: &'static str,
    },
    /// The value is not one the standard allows.
    #[error("{value:?} is not {expected}")]
    BadValue {
        /// The value, shortened.
        value: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// An identifier is given to a second element.
    #[error("the identifier {reference:?} is given twice")]
    DuplicateReference {
        /// The identifier.
        reference: String,
    },
    /// Two parts of the document contradict each other or the standard.
    #[error("{0}")]
    Rule(&'static str),
    /// More of something than [`Limits`](super::Limits) allows.
    #[error("more than {max} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        max: usize,
    },
}

impl Problem {
    /// A bad value, cut to what fits a message.
    pub(crate) fn value(value: &str, expected: &'static str) -> Self {
        Self::BadValue { value: shorten(value), expected }
    }
}

pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A failure on its way to the place where the position is known.
#[derive(Debug)]
pub(crate) enum Fault {
    Trouble(Trouble),
    Problem(Problem),
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Fault {
    pub(crate) fn at(self, place: Place) -> Error {
        match self {
            Self::Trouble(Trouble::Io(source)) => Error::Io { source },
            Self::Trouble(Trouble::Limit(what, max)) => Error::TooLarge { what, max, place },
            Self::Trouble(Trouble::Encoding(reason)) => Error::Encoding { reason, place },
            Self::Trouble(Trouble::Syntax(reason)) => Error::Malformed { reason, place },
            Self::Problem(Problem::TooMany { what, max }) => Error::TooLarge { what, max: max as u64, place },
            Self::Problem(problem) => Error::Invalid { problem, place },
        }
    }
}
