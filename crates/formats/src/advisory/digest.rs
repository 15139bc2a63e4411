//! Checking a document against the digest that its publisher puts beside it (CSAF 2.0, clause 7.1.18).

use std::fmt::Write;

use sha2::{Digest, Sha256, Sha512};

use super::Error;

/// Most characters of what is no digest that an error repeats.
const SHOWN: usize = 80;

/// Compares the bytes with a published digest: SHA-256 or SHA-512 in hexadecimal digits, as `sha512sum` writes it, with
/// or without a file name after it.
///
/// # Errors
/// [`Error::Digest`] when they differ, [`Error::NoDigest`] when the text is none.
pub fn check_published_digest(bytes: &[u8], published: &str) -> Result<(), Error> {
    let text =
        published.trim_start_matches('\u{feff}').split_whitespace().next().unwrap_or("").to_ascii_lowercase();
    let hexadecimal = text.bytes().all(|b| b.is_ascii_hexdigit());
    let found = match text.len() {
        64 if hexadecimal => hex(&Sha256::digest(bytes)),
        128 if hexadecimal => hex(&Sha512::digest(bytes)),
        _ => return Err(Error::NoDigest { text: text.chars().take(SHOWN).collect() }),
    };
    if found == text { Ok(()) } else { Err(Error::Digest { published: text, found }) }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(2 * digest.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
