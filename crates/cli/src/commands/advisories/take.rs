//! One document: checked against its published digest, read, normalised. Not here: what the log has of it already.

use formats::advisory::{self, check_published_digest, read_with_head};
use formats::kev;
use tlog::Hash;

use super::documents::Document;

/// Identifier under which the catalogue of exploited vulnerabilities is kept.
pub(crate) const KEV: &str = "CISA-KEV";
/// Media types of what is kept.
const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const NORMALISED: &str = "application/vnd.vouchsafe.advisory+json";
const NORMALISED_KEV: &str = "application/vnd.vouchsafe.kev+json";

/// A document that was read and can be taken in.
pub(super) struct Candidate {
    pub(super) place: String,
    /// Identifier in its own database.
    pub(super) id: String,
    /// Format: `osv`, `cve`, `csaf`, `openvex`, `cyclonedx`, `kev`.
    pub(super) parser: &'static str,
    pub(super) parser_version: u64,
    pub(super) digest: Hash,
    pub(super) modified: Option<evidence::Time>,
    pub(super) withdrawn: Option<evidence::Time>,
    pub(super) author: Option<String>,
    /// It states what holds for somebody's products (VEX).
    pub(super) states: bool,
    /// What is irregular in it although it could be read.
    pub(super) findings: usize,
    pub(super) raw: (Vec<u8>, &'static str),
    pub(super) normalised: (Vec<u8>, &'static str),
}

/// A document that is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) place: String,
    pub(super) reason: String,
}

/// Reads a document.
pub(super) fn read(document: Document) -> Result<Candidate, Refused> {
    let place = document.place;
    let refuse = |place: &str, reason: String| Refused { place: place.to_owned(), reason };
    let bytes = document.bytes.map_err(|reason| refuse(&place, reason))?;
    if let Some(published) = &document.digest {
        check_published_digest(&bytes, published).map_err(|e| refuse(&place, e.to_string()))?;
    }
    let digest = Hash::of(&bytes);
    let read = match read_with_head(&bytes) {
        Err(advisory::Error::UnknownFormat | advisory::Error::Syntax { .. })
            if kev::recognise(&bytes).is_some() =>
        {
            return catalogue(place, digest, bytes);
        }
        read => read,
    };
    let (head, contents) = read.map_err(|e| refuse(&place, e.to_string()))?;
    if head.id.is_empty() {
        return Err(refuse(&place, "it has no identifier".to_owned()));
    }
    let normalised = advisory::to_canonical(&contents).map_err(|e| refuse(&place, e.to_string()))?;
    let time = |text: Option<String>| text.and_then(|text| text.parse().ok());
    let findings = contents.advisories.iter().map(|a| a.findings.len()).sum::<usize>()
        + contents.statements.iter().map(|s| s.findings.len()).sum::<usize>();
    Ok(Candidate {
        place,
        id: head.id,
        parser: contents.format.word(),
        parser_version: u64::from(advisory::PARSER_VERSION),
        digest,
        modified: time(head.modified),
        withdrawn: time(head.withdrawn),
        author: head.author,
        states: head.states,
        findings,
        raw: (bytes, JSON),
        normalised: (normalised, NORMALISED),
    })
}

fn catalogue(place: String, digest: Hash, bytes: Vec<u8>) -> Result<Candidate, Refused> {
    let media_type = if bytes.trim_ascii_start().starts_with(b"{") { JSON } else { CSV };
    let catalogue = match kev::recognise(&bytes) {
        Some(Ok(catalogue)) => catalogue,
        Some(Err(error)) => return Err(Refused { place, reason: error.to_string() }),
        None => return Err(Refused { place, reason: advisory::Error::UnknownFormat.to_string() }),
    };
    let released =
        catalogue.released.as_deref().and_then(|text| text.get(..19)).map(|text| format!("{text}Z"));
    Ok(Candidate {
        place,
        id: KEV.to_owned(),
        parser: "kev",
        parser_version: u64::from(kev::PARSER_VERSION),
        digest,
        modified: released.and_then(|text| text.parse().ok()),
        withdrawn: None,
        author: None,
        states: false,
        findings: 0,
        raw: (bytes, media_type),
        normalised: (kev::to_canonical(&catalogue), NORMALISED_KEV),
    })
}
