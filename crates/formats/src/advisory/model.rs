//! The internal form of an advisory: what is affected, under which coordinates, in which versions. Field names are
//! alphabetical within each struct, so that the canonical JSON is sorted.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::stored;
use crate::purl::Purl;
use crate::vers::Vers;
use crate::version::Scheme;

/// SHA-256 of the bytes of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(#[serde(with = "stored::digest")] pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Open Source Vulnerability format.
    Osv,
    /// CVE record, version 5.
    Cve,
    /// Common Security Advisory Framework 2.0.
    Csaf,
    /// OpenVEX.
    OpenVex,
    /// CycloneDX with vulnerabilities.
    CycloneDx,
}

/// One vulnerability, or one informational notice, as one document tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advisory {
    /// What is affected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
    /// Other names of the same vulnerability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Weaknesses, `CWE-79` and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwes: Vec<String>,
    /// SHA-256 of the document.
    pub digest: Digest,
    /// The document's own identifier, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// What is irregular in it although it could be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Format of the document.
    pub format: Format,
    /// The identifier that the document gives it; for CSAF the CVE, else the tracking identifier and a number.
    pub id: String,
    /// Not a vulnerability but a notice of this kind, such as `unmaintained`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub informational: Option<String>,
    /// When it was last changed, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// When it was published, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Where more is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Vulnerabilities that have to do with it but are others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    /// Severities of the whole advisory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// When it was withdrawn or rejected, as written; a rejected CVE without a date has the date of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
}

impl Advisory {
    pub(super) fn new(format: Format, id: &str, digest: Digest) -> Self {
        Self {
            format,
            id: id.to_owned(),
            document: None,
            aliases: Vec::new(),
            related: Vec::new(),
            summary: None,
            published: None,
            modified: None,
            withdrawn: None,
            informational: None,
            affected: Vec::new(),
            severities: Vec::new(),
            cwes: Vec::new(),
            references: Vec::new(),
            digest,
            findings: Vec::new(),
        }
    }

    /// The identifier and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

/// Something irregular, with its place as a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Where.
    pub place: String,
    /// What.
    pub reason: String,
}

/// One package or product, and what is said about its versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Affected {
    /// Under which names it goes.
    pub coordinates: Coordinates,
    /// What holds for a version that no rule speaks of.
    pub default: Status,
    /// Versions that hold the fix, as far as they are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
    /// The product's identifier within a CSAF document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// What holds for which versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Severities for this package alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
}

/// The names under which a package or product goes. Absent is absent: `n/a` and the like are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coordinates {
    /// CPE 2.2 or 2.3 names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<String>,
    /// OSV ecosystem, such as `Debian:12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecosystem: Option<String>,
    /// Platforms, modules or files that limit what is meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// Package name within the ecosystem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Package URL.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "stored::purl")]
    pub purl: Option<Purl>,
    /// Source repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

impl Coordinates {
    /// Whether there is anything to match by: a purl, a package in an ecosystem, a product name or a CPE.
    ///
    /// # Errors
    /// Says what is missing; whoever matches must then answer undetermined.
    pub fn usable(&self) -> Result<(), &'static str> {
        if self.purl.is_some() || self.name.is_some() || self.product.is_some() || !self.cpes.is_empty() {
            return Ok(());
        }
        Err("neither purl, package name, product name nor CPE")
    }
}

/// What holds for some versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For which versions.
    pub extent: Extent,
    /// What holds.
    pub status: Status,
}

/// What is said about a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It has the vulnerability.
    Affected,
    /// It does not have it.
    NotAffected,
    /// It has the fix.
    Fixed,
    /// Its author is looking into it.
    UnderInvestigation,
    /// Its author says that it is not known, or says nothing.
    Unknown,
}

/// For which versions something holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Extent {
    /// A range, which also says by which scheme versions compare.
    Range(#[serde(with = "stored::range")] Vers),
    /// These versions; without a scheme they compare as text.
    Listed {
        /// How the versions compare.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "stored::scheme")]
        scheme: Option<Scheme>,
        /// The versions.
        versions: Vec<String>,
    },
    /// A range of commits: only a checkout or a list of versions can settle it.
    Commits {
        /// Commits from which it no longer holds.
        fixed: Vec<String>,
        /// Commits from which it holds; `0` is the first.
        introduced: Vec<String>,
        /// The repository.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repository: Option<String>,
    },
    /// Something is said, but not so that it can be applied.
    Unreadable {
        /// Why it cannot be applied, and so what would settle it.
        reason: String,
        /// What is said.
        text: String,
    },
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Kind, as the format names it.
    pub kind: String,
    /// Address.
    pub url: String,
}

/// How severity is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeverityKind {
    /// CVSS 2.0.
    Cvss2,
    /// CVSS 3.0 or 3.1.
    Cvss3,
    /// CVSS 4.0.
    Cvss4,
    /// A word or number of the publisher's own.
    Other,
}

/// One severity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Severity {
    /// How it is measured.
    pub kind: SeverityKind,
    /// Products it is for (CSAF identifiers); empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Base score: computed from the vector where we can, else as given.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "stored::score")]
    pub score: Option<f64>,
    /// Vector string, or the publisher's word.
    pub text: String,
}
