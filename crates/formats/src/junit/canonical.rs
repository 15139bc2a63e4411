//! The canonical form of test results: JSON with sorted names, without white space, times as whole nanoseconds, lists in
//! document order. Same results, same bytes.

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::model::TestRun;

/// Version of the reader and of the canonical form. A change in what any document reads as raises it.
pub const PARSER_VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    results: &'a TestRun,
    version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    results: TestRun,
    version: u32,
}

/// The canonical bytes.
#[must_use]
pub fn to_canonical(run: &TestRun) -> Vec<u8> {
    // Structs of strings, numbers and lists always serialise.
    serde_json::to_vec(&Written { results: run, version: PARSER_VERSION }).unwrap_or_default()
}

/// Reads canonical bytes back.
///
/// # Errors
/// [`Error::NotCanonical`] when they are not the canonical form of this version.
pub fn from_canonical(bytes: &[u8]) -> Result<TestRun, Error> {
    let not = |reason: String| Error::NotCanonical { reason };
    let stored: Stored = serde_json::from_slice(bytes).map_err(|error| not(error.to_string()))?;
    if stored.version != PARSER_VERSION {
        return Err(not(format!("version {}, expected {PARSER_VERSION}", stored.version)));
    }
    if to_canonical(&stored.results) != bytes {
        return Err(not("other bytes for the same content".to_owned()));
    }
    Ok(stored.results)
}
