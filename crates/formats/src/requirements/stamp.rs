//! Fingerprints: Doorstop's stamps and SHA-256 in hexadecimal. Not here: what a mismatch means.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

pub(super) fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Doorstop's stamp (`doorstop/core/types.py`): SHA-256 over the parts one after the other, in URL-safe base64 with
/// padding. The parts are the id, the text without white space at its ends, `ref`, and for a review the ids linked to.
pub(super) fn doorstop<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    parts.into_iter().for_each(|part| hash.update(part.as_bytes()));
    base64_url(&hash.finalize())
}

fn base64_url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for n in 0..4 {
            let digit = bits >> (18 - 6 * n) & 63;
            let digit = DIGITS.get(digit as usize).copied().unwrap_or(b'=');
            out.push(if n > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    out
}
