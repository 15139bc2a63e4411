//! The canonical form of what a document says: the bytes by which normalised advisories and statements are stored and
//! named. Same content, same bytes.
//!
//! It is JSON in the order of RFC 8785: names sorted, no white space, absent things left out. Advisories, products, rules
//! and statements keep the order of the document, which steps of matching count by. Whoever stores it names the raw
//! document and [`PARSER_VERSION`] beside it.

use serde::{Deserialize, Serialize};

use super::{Contents, Error};

/// Version of the readers and of the canonical form. A change in what any document reads as raises it.
pub const PARSER_VERSION: u32 = 1;
/// Longest canonical form, in bytes. A CSAF document repeats a product for each of its vulnerabilities, so the form may be
/// longer than the document.
pub const MAX_CANONICAL: usize = 128 * 1024 * 1024;

#[derive(Serialize)]
struct Written<'a> {
    contents: &'a Contents,
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    contents: Contents,
    version: u32,
}

/// The canonical bytes of what a document says.
///
/// # Errors
/// [`Error::TooLong`] beyond [`MAX_CANONICAL`].
pub fn to_canonical(contents: &Contents) -> Result<Vec<u8>, Error> {
    // Structs of strings and lists always serialise.
    let bytes = serde_json::to_vec(&Written { contents, version: PARSER_VERSION }).unwrap_or_default();
    if bytes.len() > MAX_CANONICAL {
        return Err(Error::TooLong { len: bytes.len() });
    }
    Ok(bytes)
}

/// Reads canonical bytes back.
///
/// # Errors
/// When they are too long, or not the canonical form of this version.
pub fn from_canonical(bytes: &[u8]) -> Result<Contents, Error> {
    if bytes.len() > MAX_CANONICAL {
        return Err(Error::TooLong { len: bytes.len() });
    }
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| Error::Syntax {
        format: "canonical advisory",
        line: error.line(),
        column: error.column(),
        reason: error.to_string(),
    })?;
    if stored.version != PARSER_VERSION {
        return Err(Error::Value {
            place: "/version".to_owned(),
            reason: "not the version of this canonical form",
            value: stored.version.to_string(),
        });
    }
    if to_canonical(&stored.contents)? != bytes {
        return Err(Error::Shape { place: String::new(), reason: "the bytes are not in canonical order" });
    }
    Ok(stored.contents)
}
