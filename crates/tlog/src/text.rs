//! Small strict readers shared by the text formats. Nothing here knows a format.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

use crate::error::Problem;

/// Longest key name or origin accepted, in bytes: what tlog-cosignature can express (`<1..2^8-1>`).
pub const MAX_NAME_BYTES: usize = 255;

/// Reads a decimal number without sign, spaces or leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if digits && canonical { text.parse().ok() } else { None }
}

/// Decodes canonical padded base64 (RFC 4648 section 4).
pub(crate) fn decode64(text: &str) -> Option<Vec<u8>> {
    // The decoder refuses missing padding and set trailing bits: no bytes have two spellings.
    Base64::decode_vec(text).ok()
}

/// Whether `name` may be a key name: not empty, no Unicode space, no plus, no control character, bounded.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && !name.chars().any(|c| c < ' ' || c == '+' || c.is_whitespace())
}

/// The lines of a text, counted from 1; each must end in a newline.
#[derive(Clone)]
pub(crate) struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text, number: 0 }
    }

    /// Number of the line returned last.
    pub(crate) const fn number(&self) -> usize {
        self.number
    }

    /// What has not been read yet.
    pub(crate) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// The next line without its newline; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<&'a str>, Problem> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let (line, rest) = self.rest.split_once('\n').ok_or(Problem::NoFinalNewline)?;
        self.rest = rest;
        Ok(Some(line))
    }

    /// The next line, which must be there.
    pub(crate) fn required(&mut self, what: &'static str) -> Result<&'a str, Problem> {
        self.next()?.ok_or(Problem::Missing(what))
    }
}
