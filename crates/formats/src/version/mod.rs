//! Versions: which strings are versions under a scheme, and which of two comes first.
//!
//! Here: one order per scheme, as the ecosystem's own tools define it. Not here: ranges (`vers`), and which scheme a
//! component uses beyond the plain tables of [`Scheme`].
//!
//! A version is *strict* when the scheme's own grammar takes it, *tolerated* when the ecosystem's tools order it all
//! the same (the reason is kept), and refused otherwise: a refusal is a reason, never an order made up. Reading
//! borrows from the text and comparing does not allocate, except that Maven and RubyGems versions are split when read, and
//! [`Scheme::Pypi`] versions from before PEP 440 when compared.

mod alpine;
mod datetime;
mod debian;
mod digits;
mod gem;
mod generic;
mod maven;
mod openssl;
mod pep440;
mod rpm;
mod scheme;
mod semver;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub(crate) use pep440::normal as pep440_normal;
pub use scheme::Scheme;

/// Longest version that is read, in bytes.
pub const MAX_LEN: usize = 1024;

/// A version read under a scheme; borrows the text.
#[derive(Debug, Clone)]
pub struct Version<'a> {
    text: &'a str,
    kind: Kind<'a>,
}

#[derive(Debug, Clone)]
enum Kind<'a> {
    Semver(semver::Semver<'a>),
    Pep440(pep440::Pep440<'a>),
    Maven(maven::Maven),
    Gem(gem::Gem),
    Debian(debian::Debian<'a>),
    Rpm(rpm::Rpm<'a>),
    Alpine(alpine::Alpine<'a>),
    Openssl(openssl::Openssl<'a>),
    Generic(generic::Generic<'a>),
    Datetime(datetime::Instant),
    Lexicographic,
}

/// How well a version keeps its scheme's grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The scheme's own grammar takes it.
    Strict,
    /// The ecosystem's tools order it although the grammar does not take it; says what is irregular.
    Tolerated(&'static str),
}

/// Why a string is not a version under a scheme, or why two versions have no order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing but white space.
    #[error("the version is empty")]
    Empty,
    /// Longer than [`MAX_LEN`].
    #[error("a version of {len} bytes is longer than {MAX_LEN}")]
    TooLong {
        /// Length found, in bytes.
        len: usize,
    },
    /// The string holds `<`, `>` or `=`: it is a range that was put where a version belongs. `vers::from_text` reads it.
    #[error("{version:?} holds a comparison sign: it is a range, not a version")]
    ComparisonSign {
        /// The string.
        version: String,
    },
    /// Not a version under the scheme.
    #[error("{version:?} is not a version under the {scheme} scheme: {reason}")]
    Invalid {
        /// The scheme.
        scheme: Scheme,
        /// The string.
        version: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Both are versions, but the scheme does not say which comes first.
    #[error("the {scheme} scheme does not order {a:?} and {b:?}")]
    NotOrdered {
        /// The scheme.
        scheme: Scheme,
        /// One version.
        a: String,
        /// The other.
        b: String,
    },
}

impl<'a> Version<'a> {
    /// Reads a version under a scheme.
    ///
    /// # Errors
    /// [`Error`] with the reason; never [`Error::NotOrdered`].
    pub fn parse(scheme: Scheme, text: &'a str) -> Result<Self, Error> {
        if text.len() > MAX_LEN {
            return Err(Error::TooLong { len: text.len() });
        }
        if text.trim().is_empty() {
            return Err(Error::Empty);
        }
        if scheme != Scheme::Lexicographic && holds_comparison(scheme, text) {
            return Err(Error::ComparisonSign { version: text.to_owned() });
        }
        let kind = match scheme {
            Scheme::Semver | Scheme::Npm | Scheme::Cargo | Scheme::Golang | Scheme::Nuget => {
                semver::parse(text, scheme).map(Kind::Semver)
            }
            Scheme::Pypi => pep440::parse(text).map(Kind::Pep440),
            Scheme::Maven => maven::parse(text).map(Kind::Maven),
            Scheme::Gem => gem::parse(text).map(Kind::Gem),
            Scheme::Debian => debian::parse(text).map(Kind::Debian),
            Scheme::Rpm => rpm::parse(text).map(Kind::Rpm),
            Scheme::Alpine => alpine::parse(text).map(Kind::Alpine),
            Scheme::Openssl => openssl::parse(text).map(Kind::Openssl),
            Scheme::Generic => generic::parse(text).map(Kind::Generic),
            Scheme::Datetime => datetime::parse(text).map(Kind::Datetime),
            Scheme::Lexicographic => Ok(Kind::Lexicographic),
        };
        match kind {
            Ok(kind) => Ok(Self { text, kind }),
            Err(reason) => Err(Error::Invalid { scheme, version: text.to_owned(), reason }),
        }
    }

    /// The string as given.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Whether the scheme's own grammar takes it.
    pub fn form(&self) -> Form {
        let irregular = match &self.kind {
            Kind::Semver(v) => v.irregular,
            Kind::Pep440(v) => v.irregular(),
            Kind::Debian(v) => v.irregular,
            Kind::Rpm(v) => v.irregular,
            Kind::Alpine(v) => v.irregular,
            Kind::Openssl(v) => v.irregular,
            Kind::Generic(v) => v.irregular,
            Kind::Maven(_) | Kind::Gem(_) | Kind::Datetime(_) | Kind::Lexicographic => None,
        };
        irregular.map_or(Form::Strict, Form::Tolerated)
    }

    /// Says why the order of this version is a convention only, which sorting needs and a verdict must not rest on: a
    /// Python version from before PEP 440, an Alpine version outside apk's grammar.
    pub fn doubtful(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Pep440(version) => version.irregular(),
            Kind::Alpine(version) => version.irregular,
            _ => None,
        }
    }

    /// The order of two versions of one scheme; `None` when the scheme does not say, or the schemes differ.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (&self.kind, &other.kind) {
            (Kind::Semver(a), Kind::Semver(b)) => Some(semver::compare(a, b)),
            (Kind::Pep440(a), Kind::Pep440(b)) => Some(pep440::compare(a, b)),
            (Kind::Maven(a), Kind::Maven(b)) => Some(maven::compare(a, b)),
            (Kind::Gem(a), Kind::Gem(b)) => Some(gem::compare(a, b)),
            (Kind::Debian(a), Kind::Debian(b)) => Some(debian::compare(a, b)),
            (Kind::Rpm(a), Kind::Rpm(b)) => Some(rpm::compare(a, b)),
            (Kind::Alpine(a), Kind::Alpine(b)) => Some(alpine::compare(a, b)),
            (Kind::Openssl(a), Kind::Openssl(b)) => openssl::compare(a, b),
            (Kind::Generic(a), Kind::Generic(b)) => generic::compare(a, b),
            (Kind::Datetime(a), Kind::Datetime(b)) => Some(a.cmp(b)),
            (Kind::Lexicographic, Kind::Lexicographic) => {
                Some(self.text.as_bytes().cmp(other.text.as_bytes()))
            }
            _ => None,
        }
    }
}

/// npm itself takes one `=` in front of a version; everywhere else a comparison sign makes a range.
fn holds_comparison(scheme: Scheme, text: &str) -> bool {
    let text = match scheme {
        Scheme::Npm => {
            let text = text.trim_start();
            text.strip_prefix('=').unwrap_or(text)
        }
        _ => text,
    };
    text.bytes().any(|b| matches!(b, b'<' | b'>' | b'='))
}

/// Reads both strings and gives their order.
///
/// # Errors
/// When either is no version under the scheme, or the scheme does not order them.
pub fn compare(scheme: Scheme, a: &str, b: &str) -> Result<Ordering, Error> {
    let left = Version::parse(scheme, a)?;
    let right = Version::parse(scheme, b)?;
    left.order(&right).ok_or_else(|| Error::NotOrdered { scheme, a: a.to_owned(), b: b.to_owned() })
}

/// Whether the string is a version under the scheme, and how well it keeps the grammar.
///
/// # Errors
/// As [`Version::parse`].
pub fn check(scheme: Scheme, text: &str) -> Result<Form, Error> {
    Version::parse(scheme, text).map(|version| version.form())
}
