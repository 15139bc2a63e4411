//! Version ranges: the `vers` notation, containment, and the native notations of the ecosystems converted to it.
//!
//! Not here: the order of versions (`version`) and node-semver's own idea of containment beyond [`npm`].
//!
//! A range is held twice: as the constraints that were written, for display, and as [`cells::Cells`], the sorted
//! boundary versions with a yes or no for each and for each gap between two. Containment is one binary search over the
//! boundaries and allocates nothing. What a native notation means is kept by construction: the constraints as written
//! are shown only when they have the same cells as the native range and no version stands twice, else they are derived
//! from the cells.

mod cells;
mod gitlab;
mod native;
pub mod npm;
mod parse;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::version::{self, Scheme, Version};
use cells::Cells;

pub use native::{from_gitlab, from_native, from_text};

/// Longest range that is read, in bytes.
pub const MAX_LEN: usize = 64 * 1024;
/// Most constraints in one range.
pub const MAX_CONSTRAINTS: usize = 4096;

/// How a constraint's version bounds the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparator {
    /// Exactly this version; written without a sign.
    Equal,
    /// Any but this version.
    NotEqual,
    /// Before this version.
    Less,
    /// This version or before.
    LessOrEqual,
    /// After this version.
    Greater,
    /// This version or after.
    GreaterOrEqual,
}

impl Comparator {
    /// The sign in a `vers` string; empty for [`Comparator::Equal`].
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// One comparator with its version, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Constraint {
    /// How the version bounds the range.
    pub comparator: Comparator,
    /// The version, not percent-encoded.
    pub version: String,
}

/// A version range of one scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vers {
    name: String,
    body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Body {
    /// `*`: every version.
    All,
    /// No version.
    None,
    /// Constraints in ascending order of versions, and what they amount to or why that cannot be said.
    Some { constraints: Vec<Constraint>, cells: Result<Cells, Error> },
}

/// Why a text is not a version range, or why containment cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_LEN`].
    #[error("a range of {len} bytes is longer than {MAX_LEN}")]
    TooLong {
        /// Length found, in bytes.
        len: usize,
    },
    /// More than [`MAX_CONSTRAINTS`] constraints.
    #[error("a range of more than {MAX_CONSTRAINTS} constraints")]
    TooManyConstraints,
    /// Not `vers:scheme/constraints`.
    #[error("not a vers: {reason}")]
    Shape {
        /// What is wrong.
        reason: &'static str,
    },
    /// Readable, but not written canonically; only [`Vers::parse`] asks for that.
    #[error("not canonical: {reason}")]
    NotCanonical {
        /// What is wrong.
        reason: &'static str,
    },
    /// A constraint is wrong.
    #[error("constraint {constraint:?}: {reason}")]
    Constraint {
        /// The constraint's text.
        constraint: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The scheme is not one that this program orders: nothing can be said about containment.
    #[error("unknown version scheme {name:?}: nothing can be said about what the range contains")]
    UnknownScheme {
        /// The scheme's name.
        name: String,
    },
    /// A version cannot be read or ordered.
    #[error(transparent)]
    Version(version::Error),
    /// The version sorts by a convention only, on which containment must not rest.
    #[error("{version:?} has no sure place in the order: {reason}")]
    Doubtful {
        /// The version.
        version: String,
        /// What is irregular in it.
        reason: &'static str,
    },
    /// The text is not in the scheme's native notation.
    #[error("{text:?} is not a {scheme} range: {reason}")]
    Native {
        /// The scheme.
        scheme: Scheme,
        /// The part that is wrong.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl Vers {
    /// Reads a canonical `vers` string.
    ///
    /// # Errors
    /// When it is malformed, or not canonical: white space, empty constraints, order, percent-encoding, repeated
    /// versions.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::canonical(text)
    }

    /// Reads a `vers` string as met in the field; white space, empty constraints and order are put right.
    ///
    /// # Errors
    /// When it is malformed. A version that cannot be ordered is not an error here, but of [`Vers::contains`].
    pub fn read(text: &str) -> Result<Self, Error> {
        parse::tolerant(text)
    }

    /// The range that holds every version.
    pub fn all(scheme: Scheme) -> Self {
        Self { name: scheme.name().to_owned(), body: Body::All }
    }

    /// The range of the given constraints, read by the rules of `vers` whatever their order.
    ///
    /// # Errors
    /// When there are none or too many, or a version cannot be ordered under the scheme.
    pub fn of(scheme: Scheme, constraints: Vec<Constraint>) -> Result<Self, Error> {
        if constraints.is_empty() {
            return Err(Error::Shape { reason: "no constraint" });
        }
        if constraints.len() > MAX_CONSTRAINTS {
            return Err(Error::TooManyConstraints);
        }
        let (constraints, cells) = cells::of_flat(scheme, constraints)?;
        let body = Body::Some { constraints, cells: Ok(cells) };
        Ok(Self { name: scheme.name().to_owned(), body })
    }

    /// The range of a native notation: one of the alternatives, each of which asks for all of its constraints.
    pub(crate) fn of_alternatives(scheme: Scheme, alternatives: Vec<Vec<Constraint>>) -> Result<Self, Error> {
        let name = scheme.name().to_owned();
        if alternatives.iter().any(Vec::is_empty) {
            return Ok(Self { name, body: Body::All });
        }
        if alternatives.iter().map(Vec::len).sum::<usize>() > MAX_CONSTRAINTS {
            return Err(Error::TooManyConstraints);
        }
        let wanted = Cells::of_alternatives(scheme, &alternatives)?;
        if wanted.is_none() {
            return Ok(Self { name, body: Body::None });
        }
        if wanted.is_all() {
            return Ok(Self { name, body: Body::All });
        }
        let written = alternatives.into_iter().flatten().collect();
        let (written, flat) = cells::of_flat(scheme, written)?;
        let canonical = flat == wanted && flat.boundaries() == written.len();
        let constraints = if canonical { written } else { wanted.constraints() };
        Ok(Self { name, body: Body::Some { constraints, cells: Ok(wanted) } })
    }

    /// The range as it is stored: scheme, `/`, and `*`, nothing, or the constraints. Unlike the `vers` string it keeps the
    /// scheme of an empty range, and behind a `#` the cells where the constraints alone would give others.
    pub(crate) fn stored(&self) -> String {
        if self.body == Body::None {
            return format!("{}/", self.name);
        }
        let text = self.to_string();
        let text = text.strip_prefix("vers:").map_or_else(String::new, str::to_owned);
        match &self.body {
            Body::Some { cells: Ok(cells), .. } if Self::from_stored(&text).as_ref() != Ok(self) => {
                format!("{text}#{}", parse::Stored(cells))
            }
            _ => text,
        }
    }

    /// Reads what [`Self::stored`] wrote.
    ///
    /// # Errors
    /// When it is no stored range.
    pub(crate) fn from_stored(text: &str) -> Result<Self, Error> {
        parse::stored(text)
    }

    /// The scheme's name as written.
    pub fn scheme_name(&self) -> &str {
        &self.name
    }

    /// The scheme, when this program orders it.
    pub fn scheme(&self) -> Option<Scheme> {
        Scheme::from_vers(&self.name)
    }

    /// The constraints in ascending order; empty for `*` and for the empty range.
    pub fn constraints(&self) -> &[Constraint] {
        match &self.body {
            Body::All | Body::None => &[],
            Body::Some { constraints, .. } => constraints,
        }
    }

    /// Whether the range holds every version.
    pub fn is_all(&self) -> bool {
        self.body == Body::All && self.name != "none"
    }

    /// Whether the range holds no version.
    pub fn is_none(&self) -> bool {
        self.body == Body::None || (self.body == Body::All && self.name == "none")
    }

    /// Whether the version lies in the range. Logarithmic in the number of boundaries; allocates only for an error.
    ///
    /// # Errors
    /// When the scheme is unknown, or a version cannot be read or ordered. Never read an error as "no".
    pub fn contains(&self, version: &str) -> Result<bool, Error> {
        if self.name == "all" || self.name == "none" {
            return Ok(self.name == "all");
        }
        let Some(scheme) = self.scheme() else {
            return Err(Error::UnknownScheme { name: self.name.clone() });
        };
        let version = Version::parse(scheme, version).map_err(Error::Version)?;
        match &self.body {
            Body::All => Ok(true),
            Body::None => Ok(false),
            Body::Some { cells, .. } => cells.as_ref().map_err(Clone::clone)?.contains(scheme, &version),
        }
    }
}

/// The `vers` string; canonical unless the range was read tolerantly from constraints that repeat each other.
impl fmt::Display for Vers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Body::All => write!(f, "vers:{}/*", self.name),
            Body::None => f.write_str("vers:none/*"),
            Body::Some { constraints, .. } => {
                write!(f, "vers:{}/", self.name)?;
                for (i, constraint) in constraints.iter().enumerate() {
                    let bar = if i == 0 { "" } else { "|" };
                    write!(f, "{bar}{}", constraint.comparator.sign())?;
                    parse::write_version(f, &constraint.version)?;
                }
                Ok(())
            }
        }
    }
}
