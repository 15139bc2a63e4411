//! Advisories: one internal form, read from OSV, CSAF, CVE records, OpenVEX and CycloneDX VEX.
//!
//! Not here: matching, decisions, feeds and storage; the catalogue of exploited vulnerabilities is in `kev`.
//!
//! Whatever a document says about versions becomes an [`Extent`]; what cannot be read stays in it as
//! [`Extent::Unreadable`] with the text and the reason, so that matching ends as undetermined and never as "no".
//! A document that breaks its format is refused whole, with the place and the reason.

pub mod archive;
mod canonical;
pub mod csaf;
pub mod cve;
pub mod cvss;
mod digest;
mod document;
mod error;
mod head;
mod model;
mod node;
pub mod osv;
mod stored;
pub mod vex;
mod write;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use canonical::{MAX_CANONICAL, PARSER_VERSION, from_canonical, to_canonical};
pub(crate) use cve::is_cve;
pub use digest::check_published_digest;
pub(crate) use document::decode;
pub use document::{Document, MAX_DEPTH, MAX_LEN, MAX_NODES, Note};
pub use error::Error;
pub use head::{Head, read_with_head};
pub use model::{
    Advisory, Affected, Coordinates, Digest, Extent, Finding, Format, Reference, Rule, Severity,
    SeverityKind, Status,
};
pub use write::{Issue, Stated, Subject, Thing, write_csaf, write_open_vex};

/// What one document holds. Its canonical bytes are those of [`to_canonical`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// Advisories; a CSAF document has one for each vulnerability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub advisories: Vec<Advisory>,
    /// The format that was recognised.
    pub format: Format,
    /// What was irregular about the bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// What the author says about the state of products.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<vex::Statement>,
}

/// Reads a document of any supported format, recognised by its content.
///
/// # Errors
/// [`Error`] with the place and the reason; then nothing of the document is kept.
pub fn read(bytes: &[u8]) -> Result<Contents, Error> {
    contents(&Document::parse(bytes)?)
}

fn contents(document: &Document) -> Result<Contents, Error> {
    let (format, advisories, statements) = match document.format().ok_or(Error::UnknownFormat)? {
        Format::Osv => (Format::Osv, vec![osv::advisory(document)?], Vec::new()),
        Format::Cve => (Format::Cve, vec![cve::advisory(document)?], Vec::new()),
        Format::Csaf => {
            let (advisories, statements) = csaf::read(document)?;
            (Format::Csaf, advisories, statements)
        }
        Format::OpenVex => (Format::OpenVex, Vec::new(), vex::open_vex(document)?),
        Format::CycloneDx => (Format::CycloneDx, Vec::new(), vex::cyclone_dx(document)?),
    };
    Ok(Contents { format, advisories, statements, notes: document.notes().to_vec() })
}
