//! The internal form of an advisory: what is affected, under which coordinates, in which versions.

use std::fmt;

use crate::purl::Purl;
use crate::vers::Vers;
use crate::version::Scheme;

/// SHA-256 of the bytes of a document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct Advisory {
    /// Format of the document.
    pub format: Format,
    /// The identifier that the document gives it; for CSAF the CVE, else the tracking identifier and a number.
    pub id: String,
    /// The document's own identifier, where it differs.
    pub document: Option<String>,
    /// Other names of the same vulnerability.
    pub aliases: Vec<String>,
    /// Vulnerabilities that have to do with it but are others.
    pub related: Vec<String>,
    /// One line.
    pub summary: Option<String>,
    /// When it was published, as written.
    pub published: Option<String>,
    /// When it was last changed, as written.
    pub modified: Option<String>,
    /// When it was withdrawn or rejected, as written; a rejected CVE without a date has the date of its last change.
    pub withdrawn: Option<String>,
    /// Not a vulnerability but a notice of this kind, such as `unmaintained`.
    pub informational: Option<String>,
    /// What is affected.
    pub affected: Vec<Affected>,
    /// Severities of the whole advisory.
    pub severities: Vec<Severity>,
    /// Weaknesses, `CWE-79` and the like.
    pub cwes: Vec<String>,
    /// Where more is said.
    pub references: Vec<Reference>,
    /// SHA-256 of the document.
    pub digest: Digest,
    /// What is irregular in it although it could be read.
    pub findings: Vec<Finding>,
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where.
    pub place: String,
    /// What.
    pub reason: String,
}

/// One package or product, and what is said about its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Affected {
    /// Under which names it goes.
    pub coordinates: Coordinates,
    /// What holds for a version that no rule speaks of.
    pub default: Status,
    /// What holds for which versions.
    pub rules: Vec<Rule>,
    /// Versions that hold the fix, as far as they are named.
    pub fixed: Vec<String>,
    /// Severities for this package alone.
    pub severities: Vec<Severity>,
    /// The product's identifier within a CSAF document.
    pub product_id: Option<String>,
}

/// The names under which a package or product goes. Absent is absent: `n/a` and the like are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coordinates {
    /// Package URL.
    pub purl: Option<Purl>,
    /// OSV ecosystem, such as `Debian:12`.
    pub ecosystem: Option<String>,
    /// Package name within the ecosystem.
    pub name: Option<String>,
    /// Vendor.
    pub vendor: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// CPE 2.2 or 2.3 names.
    pub cpes: Vec<String>,
    /// Source repository.
    pub repository: Option<String>,
    /// Platforms, modules or files that limit what is meant.
    pub limits: Vec<String>,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What holds.
    pub status: Status,
    /// For which versions.
    pub extent: Extent,
}

/// What is said about a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Debug, Clone, PartialEq)]
pub enum Extent {
    /// A range, which also says by which scheme versions compare.
    Range(Vers),
    /// These versions; without a scheme they compare as text.
    Listed {
        /// How the versions compare.
        scheme: Option<Scheme>,
        /// The versions.
        versions: Vec<String>,
    },
    /// A range of commits: only a checkout or a list of versions can settle it.
    Commits {
        /// The repository.
        repository: Option<String>,
        /// Commits from which it holds; `0` is the first.
        introduced: Vec<String>,
        /// Commits from which it no longer holds.
        fixed: Vec<String>,
    },
    /// Something is said, but not so that it can be applied.
    Unreadable {
        /// What is said.
        text: String,
        /// Why it cannot be applied, and so what would settle it.
        reason: String,
    },
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Kind, as the format names it.
    pub kind: String,
    /// Address.
    pub url: String,
}

/// How severity is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct Severity {
    /// How it is measured.
    pub kind: SeverityKind,
    /// Vector string, or the publisher's word.
    pub text: String,
    /// Base score: computed from the vector where we can, else as given.
    pub score: Option<f64>,
    /// Products it is for (CSAF identifiers); empty for all.
    pub products: Vec<String>,
}
