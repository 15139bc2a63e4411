//! What whoever keeps a document must know of it besides its contents: which one it is, in which state, and by whom.

use serde_json::Value;

use super::node::Node;
use super::{Contents, Document, Error, Format, contents};
use crate::sbom::utc;

/// A document as whoever keeps it names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its identifier, unique among documents of its format and publisher: of the advisory (OSV, CVE), of the document
    /// (CSAF `tracking.id`, OpenVEX `@id`, CycloneDX `serialNumber`); the digest where a CycloneDX document has none.
    pub id: String,
    /// When it was last changed: RFC 3339 in UTC, whole seconds.
    pub modified: Option<String>,
    /// When it was withdrawn or rejected, likewise.
    pub withdrawn: Option<String>,
    /// Who states it, where the format says so.
    pub author: Option<String>,
    /// It states what holds for its author's products, and describes no vulnerability (VEX; the CSAF profile `csaf_vex`).
    pub states: bool,
}

impl Format {
    /// One word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Osv => "osv",
            Self::Cve => "cve",
            Self::Csaf => "csaf",
            Self::OpenVex => "openvex",
            Self::CycloneDx => "cyclonedx",
        }
    }
}

/// Reads a document of any supported format, and who and what it is.
///
/// # Errors
/// As [`super::read`]; and when a CycloneDX document says nothing about vulnerabilities: it is a bill of materials.
pub fn read_with_head(bytes: &[u8]) -> Result<(Head, Contents), Error> {
    let document = Document::parse(bytes)?;
    let contents = contents(&document)?;
    let head = head(&document, &contents)?;
    Ok((head, contents))
}

fn head(document: &Document, contents: &Contents) -> Result<Head, Error> {
    let value = document.value();
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    let time = |pointer: &str| text(pointer).and_then(utc);
    let author = contents.statements.iter().find_map(|s| s.author.clone());
    Ok(match contents.format {
        Format::Osv | Format::Cve => {
            let advisory = contents.advisories.first();
            let at = |of: Option<&String>| of.and_then(|time| utc(time));
            Head {
                id: advisory.map(|a| a.id.clone()).unwrap_or_default(),
                modified: at(advisory.and_then(|a| a.modified.as_ref())),
                withdrawn: at(advisory.and_then(|a| a.withdrawn.as_ref())),
                author: None,
                states: false,
            }
        }
        Format::Csaf => Head {
            id: text("/document/tracking/id").unwrap_or_default().to_owned(),
            modified: time("/document/tracking/current_release_date"),
            withdrawn: None,
            author: text("/document/publisher/name").map(str::to_owned),
            states: text("/document/category") == Some("csaf_vex"),
        },
        Format::OpenVex => Head {
            id: text("/@id").unwrap_or_default().to_owned(),
            modified: time("/last_updated").or_else(|| time("/timestamp")),
            withdrawn: None,
            author: text("/author").map(str::to_owned),
            states: true,
        },
        Format::CycloneDx if contents.statements.is_empty() => {
            let root = Node::root(value);
            return Err(root.shape(
                "it says nothing about the state of a vulnerability; a bill of materials belongs to a release",
            ));
        }
        Format::CycloneDx => Head {
            id: text("/serialNumber").map_or_else(|| document.digest().to_string(), str::to_owned),
            modified: time("/metadata/timestamp"),
            withdrawn: None,
            author,
            states: true,
        },
    })
}
