//! The canonical form: the bytes by which a normalised SBOM is stored and named. Same content, same bytes.
//!
//! It is JSON in the order and spelling of RFC 8785: names sorted, no white space, absent things left out. It does
//! not say which format the SBOM was read from; whoever stores it names the raw document and [`PARSER_VERSION`]
//! beside it.

use serde::{Deserialize, Serialize};

use super::error::{Error, Problem};
use super::model::Sbom;
use super::order;
use crate::source::Place;

/// Version of the readers and of the canonical form. A change in what any document reads as raises it.
pub const PARSER_VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    sbom: &'a Sbom,
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    sbom: Sbom,
    version: u32,
}

/// The canonical bytes of an SBOM. It is put in order first, so equal content gives equal bytes.
#[must_use]
pub fn to_canonical(sbom: &Sbom) -> Vec<u8> {
    let ordered;
    let sbom = if order::is_normal(sbom) {
        sbom
    } else {
        ordered = order::normalise(sbom.clone());
        &ordered
    };
    // Structs of strings, numbers and lists always serialise.
    serde_json::to_vec(&Written { sbom, version: PARSER_VERSION }).unwrap_or_default()
}

/// Reads canonical bytes back.
///
/// # Errors
/// [`Error::Malformed`] when they are not the canonical form of this version.
pub fn from_canonical(bytes: &[u8]) -> Result<Sbom, Error> {
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| Error::Malformed {
        reason: error.to_string(),
        place: Place { line: error.line() as u64, column: error.column() as u64, path: String::new() },
    })?;
    let invalid = |problem| Error::Invalid { problem, place: Place::default() };
    if stored.version != PARSER_VERSION {
        return Err(invalid(Problem::value(
            &stored.version.to_string(),
            "the version of this canonical form",
        )));
    }
    if to_canonical(&stored.sbom) != bytes {
        return Err(invalid(Problem::Rule("the bytes are not in canonical order")));
    }
    Ok(stored.sbom)
}
