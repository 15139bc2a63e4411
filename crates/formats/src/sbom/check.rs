//! Checks of single values. Not here: rules over several fields (see the tables).

use super::error::Problem;
use super::grammar::Version;
use super::time;

/// What a text must be.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    Any,
    NotEmpty,
    /// An identifier given to this element. From CycloneDX 1.5 on it must not be empty.
    Define,
    /// The identifier of another element, not empty.
    Refer,
    /// One of these values, each from its version on.
    OneOf(&'static [(&'static str, Version)], &'static str),
    /// RFC 3339; XML Schema also allows the zone to be missing.
    Time,
    /// The same, or empty: what SPDX creators leave blank is a finding, not a refusal.
    TimeOrEmpty,
    /// `urn:uuid:` and a lower-case UUID.
    SerialNumber,
    /// Hexadecimal of 128, 160, 256, 384 or 512 bits.
    HashValue,
    /// An identifier of the SPDX licence list.
    LicenceId,
}

impl Check {
    pub(crate) fn test(self, value: &str, version: Version) -> Result<(), Problem> {
        let (good, expected) = match self {
            Self::Any => return Ok(()),
            Self::NotEmpty => (!value.is_empty(), "a text that is not empty"),
            Self::Define => (!value.is_empty() || version < 15, "an identifier that is not empty"),
            Self::Refer => (!value.is_empty() || version < 15, "an identifier that is not empty"),
            Self::OneOf(values, expected) => {
                (values.iter().any(|(v, since)| *v == value && *since <= version), expected)
            }
            Self::Time => (time::normalise(value).is_some(), "a date and time (RFC 3339)"),
            Self::TimeOrEmpty => {
                (value.is_empty() || time::normalise(value).is_some(), "a date and time (RFC 3339)")
            }
            Self::SerialNumber => (is_serial_number(value), "urn:uuid: and a lower-case UUID"),
            Self::HashValue => (is_hash(value), "a hash in hexadecimal of 128, 160, 256, 384 or 512 bits"),
            Self::LicenceId => (is_licence_id(value), "an identifier of the SPDX licence list"),
        };
        if good { Ok(()) } else { Err(Problem::value(value, expected)) }
    }
}

fn is_hash(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 64 | 96 | 128) && value.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `urn:uuid:` as the CycloneDX schemas write it.
pub(crate) fn is_serial_number(value: &str) -> bool {
    let Some(uuid) = value.strip_prefix("urn:uuid:") else { return false };
    uuid.len() == 36
        && uuid.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        })
}

fn is_licence_id(value: &str) -> bool {
    // The list of the crate has two words that are no licences; its own lookup would drop a trailing +.
    let words = matches!(value, "NONE" | "NOASSERTION");
    let listed = spdx::identifiers::LICENSES.binary_search_by(|licence| licence.name.cmp(value)).is_ok();
    (listed && !words) || spdx::exception_id(value).is_some()
}
