//! Package URLs (purl, ECMA-427): parse, build, write canonically, and judge by the rules of each package type.
//!
//! Not here: version order (`version`), ranges (`vers`), or whether two purls mean the same package in an advisory.
//!
//! Two doors: [`Purl::parse`] takes only what the standard and the type's rules allow; [`Purl::read`] takes what is met
//! in published documents (a `deb` without namespace, an upper-case qualifier key), and says each departure as a
//! [`Finding`]. Both give the same normal form, so equality and order are those of the canonical string's parts.

mod encode;
mod parse;
mod types;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

pub(crate) use encode::decode;
pub use types::{Presence, TypeRule, rule_of, type_rules};

/// Longest purl that is read, in bytes. The longest in the conformance set has 330.
pub const MAX_LEN: usize = 8 * 1024;
/// Most qualifiers that one purl may carry.
pub const MAX_QUALIFIERS: usize = 64;

/// One package identity in normal form: components decoded, cases folded as the type asks, qualifiers sorted by key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    ty: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

/// The decoded components to build a [`Purl`] from; empty strings count as absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// Package type, such as `cargo`; any case.
    pub ty: &'a str,
    /// Namespace segments joined with `/`.
    pub namespace: Option<&'a str>,
    /// Package name.
    pub name: &'a str,
    /// Version, opaque to this module.
    pub version: Option<&'a str>,
    /// Qualifiers; keys must be lower case.
    pub qualifiers: &'a [(&'a str, &'a str)],
    /// Path below the package root.
    pub subpath: Option<&'a str>,
}

/// A departure from the standard or from the type's rules that leaves the identity readable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// A qualifier key is not lower case; it was folded.
    #[error("qualifier key {0:?} is not lower case")]
    QualifierKeyCase(String),
    /// The type requires a namespace and none is given.
    #[error("the type requires a namespace and none is given")]
    NamespaceMissing,
    /// The type allows no namespace and one is given; it was kept.
    #[error("the type allows no namespace, found {0:?}")]
    NamespaceProhibited(String),
    /// A segment of the namespace or subpath holds an encoded `/`; it was split there.
    #[error("a segment holds an encoded slash: {0:?}")]
    EncodedSlash(String),
    /// A qualifier that the type requires is missing.
    #[error("the type requires the qualifier {0:?}")]
    QualifierMissing(&'static str),
    /// The name breaks the type's rule.
    #[error("name {name:?} is not allowed: {rule}")]
    Name {
        /// The name as read.
        name: String,
        /// What the type asks for.
        rule: &'static str,
    },
    /// The version breaks the type's rule.
    #[error("version {version:?} is not allowed: {rule}")]
    Version {
        /// The version as read.
        version: String,
        /// What the type asks for.
        rule: &'static str,
    },
}

/// The qualifiers that the standard itself defines, for every type.
const COMMON_QUALIFIERS: [&str; 6] =
    ["checksum", "download_url", "file_name", "repository_url", "vcs_url", "vers"];

impl Finding {
    /// Upper case in a key that the standard defines for every type. The conformance set takes `repositorY_url` and
    /// refuses `Platform` and `Arch`, so case is folded without refusal only where the key cannot be mistaken.
    fn is_common_key(&self) -> bool {
        matches!(self, Self::QualifierKeyCase(key) if COMMON_QUALIFIERS.iter().any(|known| known.eq_ignore_ascii_case(key)))
    }
}

/// Why a string is not a purl. Offsets are bytes from the start of the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Longer than [`MAX_LEN`].
    #[error("a purl of {len} bytes is longer than {MAX_LEN}")]
    TooLong {
        /// Length found, in bytes.
        len: usize,
    },
    /// The scheme `pkg:` is missing.
    #[error("a purl starts with \"pkg:\"")]
    Scheme,
    /// The type is missing or has characters other than ASCII letters, digits, `.` and `-`, or starts with no letter.
    #[error("{found:?} is not a purl type: letters, digits, '.' and '-', starting with a letter")]
    Type {
        /// What stands where the type should.
        found: String,
    },
    /// The name is missing.
    #[error("a purl needs a name after its type")]
    NameMissing,
    /// A percent sign is not followed by two hexadecimal digits, or the decoded bytes are not UTF-8.
    #[error("bad percent-encoding in {component} {text:?}")]
    Encoding {
        /// Component that holds it.
        component: &'static str,
        /// Its text.
        text: String,
    },
    /// A qualifier has no `=`, or its key has characters other than ASCII letters, digits, `.`, `-` and `_`, or starts
    /// with a digit.
    #[error("{found:?} is not a qualifier: key=value, key of letters, digits, '.', '-', '_'")]
    Qualifier {
        /// The qualifier's text.
        found: String,
    },
    /// The same qualifier key stands twice.
    #[error("qualifier {key:?} stands twice")]
    QualifierTwice {
        /// The key, folded.
        key: String,
    },
    /// More than [`MAX_QUALIFIERS`] qualifiers.
    #[error("more than {MAX_QUALIFIERS} qualifiers")]
    TooManyQualifiers,
    /// Well formed, but a rule of the standard or of the type forbids it.
    #[error("pkg:{ty}: {finding}")]
    Rule {
        /// The type whose rule it is.
        ty: String,
        /// What is wrong.
        finding: Finding,
    },
}

impl Purl {
    /// Reads a purl that keeps every rule of the standard and of its type. Case and encoding that the canonical form
    /// would change are folded, not refused.
    ///
    /// # Errors
    /// Any [`Error`]; a broken rule is [`Error::Rule`] with the first finding.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (purl, findings) = Self::read(text)?;
        purl.strict(findings)
    }

    /// Reads a purl as met in the field: what can be identified is, and each departure is said.
    ///
    /// # Errors
    /// When the text cannot be taken apart; never [`Error::Rule`].
    pub fn read(text: &str) -> Result<(Self, Vec<Finding>), Error> {
        let mut findings = Vec::new();
        let mut purl = parse::take_apart(text, &mut findings)?;
        types::apply(&mut purl, &mut findings);
        Ok((purl, findings))
    }

    /// Builds a purl from decoded components.
    ///
    /// # Errors
    /// As [`Purl::parse`].
    pub fn build(parts: &Parts<'_>) -> Result<Self, Error> {
        let mut findings = Vec::new();
        let mut purl = parse::assemble(parts, &mut findings)?;
        types::apply(&mut purl, &mut findings);
        purl.strict(findings)
    }

    fn strict(self, findings: Vec<Finding>) -> Result<Self, Error> {
        match findings.into_iter().find(|finding| !finding.is_common_key()) {
            None => Ok(self),
            Some(finding) => Err(Error::Rule { ty: self.ty, finding }),
        }
    }

    /// Package type, lower case.
    pub fn ty(&self) -> &str {
        &self.ty
    }

    /// Namespace segments joined with `/`, decoded.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Package name, decoded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version, decoded; its order is a matter of `version`.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Qualifiers by key, decoded.
    pub fn qualifiers(&self) -> &BTreeMap<String, String> {
        &self.qualifiers
    }

    /// The value of one qualifier.
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.get(key).map(String::as_str)
    }

    /// Path below the package root, decoded.
    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }

    /// Whether type, namespace and name are equal: the same package, whatever the version, qualifiers and subpath.
    pub fn same_package(&self, other: &Self) -> bool {
        self.ty == other.ty && self.namespace == other.namespace && self.name == other.name
    }

    /// The same purl with another version, or none.
    #[must_use]
    pub fn with_version(mut self, version: Option<&str>) -> Self {
        self.version = version.filter(|v| !v.is_empty()).map(str::to_owned);
        self
    }
}

/// The canonical form.
impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}", self.ty)?;
        for segment in self.namespace.iter().flat_map(|ns| ns.split('/')) {
            f.write_str("/")?;
            encode::write(f, segment)?;
        }
        f.write_str("/")?;
        if types::name_is_path(&self.ty) {
            for (i, segment) in self.name.split('/').enumerate() {
                if i > 0 {
                    f.write_str("/")?;
                }
                encode::write(f, segment)?;
            }
        } else {
            encode::write(f, &self.name)?;
        }
        if let Some(version) = &self.version {
            f.write_str("@")?;
            encode::write(f, version)?;
        }
        for (i, (key, value)) in self.qualifiers.iter().enumerate() {
            f.write_str(if i == 0 { "?" } else { "&" })?;
            f.write_str(key)?;
            f.write_str("=")?;
            encode::write(f, value)?;
        }
        if let Some(subpath) = &self.subpath {
            for (i, segment) in subpath.split('/').enumerate() {
                f.write_str(if i == 0 { "#" } else { "/" })?;
                encode::write(f, segment)?;
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Purl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}
