//! Who can say something: identifiers of sources.
//!
//! A device is named by its UEID (RFC 9711, 4.2.1), everyone else by a kind and ten bytes derived from the first key, so
//! that an identifier can be computed before enrolment, cannot be taken by the holder of another key, and is never used
//! again. Not here: what a source may do, and which keys it holds when.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};

use crate::cbor::{Malformed, Reader, Reason, Writer};
use crate::keys::PublicKey;
use crate::wire::Field;

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// A fielded device, named by its UEID.
    Device,
    /// The ledger itself: ticks, appraisals, seals, attendance.
    Ledger,
    /// An individual, who signs with a key nobody else holds.
    Person,
    /// A service that acts for others, visibly.
    Service,
    /// A continuous-integration job.
    Ci,
    /// A gateway that relays devices' evidence unopened.
    Gateway,
    /// A station that enrols devices.
    Station,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Device, Self::Ledger, Self::Person, Self::Service, Self::Ci, Self::Gateway, Self::Station];

    /// The word that stands before the colon of an identifier.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Device => "dev",
            Self::Ledger => "ledger",
            Self::Person => "person",
            Self::Service => "service",
            Self::Ci => "ci",
            Self::Gateway => "gateway",
            Self::Station => "station",
        }
    }

    /// First byte of the identifier; devices have the type byte of their UEID instead.
    const fn byte(self) -> Option<u8> {
        match self {
            Self::Device => None,
            Self::Ledger => Some(0x80),
            Self::Person => Some(0x81),
            Self::Service => Some(0x82),
            Self::Ci => Some(0x83),
            Self::Gateway => Some(0x84),
            Self::Station => Some(0x85),
        }
    }
}

/// Longest identifier: a UEID of type RAND with 32 bytes.
pub const MAX_SOURCE: usize = 33;
/// Bytes of an identifier that is not a UEID: the kind and ten bytes.
const DERIVED: u8 = 11;

/// The identifier of a source: a UEID, or a kind and ten derived bytes. Text form `person:…`, Crockford base 32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId {
    bytes: [u8; MAX_SOURCE],
    len: u8,
}

/// Bytes or text that name no source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASource {
    /// The first byte is neither a UEID type nor a kind.
    #[error("the first byte is neither a UEID type (1 to 3) nor a kind of source")]
    Kind,
    /// The length does not fit the first byte.
    #[error("the length does not fit the kind: UEID RAND 17, 25 or 33 bytes, EUI 7 or 9, IMEI 15; others 11")]
    Length,
    /// The text is not `kind:base32`.
    #[error("not of the form kind:base32, such as person:0123456789ABCDEFGH")]
    Text,
}

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl SourceId {
    /// The identifier with these bytes.
    pub fn from_bytes(raw: &[u8]) -> Result<Self, NotASource> {
        let kind = *raw.first().ok_or(NotASource::Length)?;
        let fits = match kind {
            1 => matches!(raw.len(), 17 | 25 | 33),
            2 => matches!(raw.len(), 7 | 9),
            3 => raw.len() == 15,
            0x80..=0x85 => raw.len() == usize::from(DERIVED),
            _ => return Err(NotASource::Kind),
        };
        let mut bytes = [0; MAX_SOURCE];
        match (fits, bytes.get_mut(..raw.len()), u8::try_from(raw.len())) {
            (true, Some(room), Ok(len)) => {
                room.copy_from_slice(raw);
                Ok(Self { bytes, len })
            }
            _ => Err(NotASource::Length),
        }
    }

    /// The identifier of a source that is not a device, from the first key it is enrolled with.
    ///
    /// SHA-256 over `vouchsafe-source@v1`, the kind's byte and the key's canonical encoding, cut to ten bytes. A device's
    /// identifier is its UEID; for it this returns `None`.
    #[must_use]
    pub fn derive(kind: SourceKind, first_key: &PublicKey) -> Option<Self> {
        let byte = kind.byte()?;
        let digest = Sha256::new()
            .chain_update(b"vouchsafe-source@v1")
            .chain_update([byte])
            .chain_update(first_key.canonical())
            .finalize();
        let mut bytes = [0; MAX_SOURCE];
        for (to, from) in
            bytes.iter_mut().zip(core::iter::once(&byte).chain(digest.iter().take(usize::from(DERIVED) - 1)))
        {
            *to = *from;
        }
        Some(Self { bytes, len: DERIVED })
    }

    /// The identifier of a device whose UEID is of type RAND, from sixteen random or derived bytes.
    #[must_use]
    pub fn device(random: [u8; 16]) -> Self {
        let mut bytes = [0; MAX_SOURCE];
        for (to, from) in bytes.iter_mut().zip(core::iter::once(&1).chain(random.iter())) {
            *to = *from;
        }
        Self { bytes, len: 17 }
    }

    /// Its bytes: a UEID, or a kind and ten bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// What kind of source it names.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        let first = self.bytes.first().copied();
        SourceKind::ALL
            .into_iter()
            .find(|k| k.byte().is_some() && k.byte() == first)
            .unwrap_or(SourceKind::Device)
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = self.as_bytes();
        write!(f, "{}:", self.kind().word())?;
        // The kind's byte is said by the word; a UEID's type is part of it and is kept.
        let raw = if self.kind() == SourceKind::Device { raw } else { raw.get(1..).unwrap_or_default() };
        let (mut acc, mut bits) = (0u32, 0u32);
        for byte in raw {
            acc = (acc << 8 | u32::from(*byte)) & 0xffff;
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                let digit = (acc >> bits) & 31;
                write!(f, "{}", char::from(ALPHABET.get(digit as usize).copied().unwrap_or(b'0')))?;
            }
        }
        if bits > 0 {
            let digit = (acc << (5 - bits)) & 31;
            write!(f, "{}", char::from(ALPHABET.get(digit as usize).copied().unwrap_or(b'0')))?;
        }
        Ok(())
    }
}

impl fmt::Debug for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SourceId {
    type Err = NotASource;

    /// Reads the text form. Case does not matter, hyphens are skipped, I and L are read as 1 and O as 0 (Crockford).
    fn from_str(s: &str) -> Result<Self, NotASource> {
        let (word, digits) = s.split_once(':').ok_or(NotASource::Text)?;
        let kind = SourceKind::ALL.into_iter().find(|k| k.word() == word).ok_or(NotASource::Text)?;
        let mut raw: Vec<u8> = kind.byte().into_iter().collect();
        let (mut acc, mut bits) = (0u32, 0u32);
        for c in digits.bytes().filter(|c| *c != b'-') {
            let c = match c.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                c => c,
            };
            let value = ALPHABET.iter().position(|a| *a == c).ok_or(NotASource::Text)?;
            acc = (acc << 5 | u32::try_from(value).map_err(|_| NotASource::Text)?) & 0xffff;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                raw.push((acc >> bits & 0xff) as u8);
            }
            if raw.len() > MAX_SOURCE {
                return Err(NotASource::Length);
            }
        }
        if bits >= 5 || acc & ((1 << bits) - 1) != 0 {
            return Err(NotASource::Text);
        }
        let id = Self::from_bytes(&raw)?;
        if id.kind() == kind { Ok(id) } else { Err(NotASource::Kind) }
    }
}

impl Field for SourceId {
    fn cddl() -> Cow<'static, str> {
        "source-id".into()
    }
    fn write(&self, w: &mut Writer) {
        w.bytes(self.as_bytes());
    }
    fn read(r: &mut Reader<'_>) -> Result<Self, Malformed> {
        let at = r.position();
        let raw = r.bytes(MAX_SOURCE)?;
        Self::from_bytes(raw)
            .map_err(|_| Malformed { at, reason: Reason::Expected("the identifier of a source") })
    }
    #[cfg(feature = "json")]
    fn to_json(&self) -> crate::json::Value {
        alloc::string::ToString::to_string(self).into()
    }
    #[cfg(feature = "json")]
    fn from_json(v: &crate::json::Value) -> Result<Self, crate::json::JsonError> {
        let text = v.as_str().and_then(|s| s.parse().ok());
        text.ok_or(crate::json::JsonError::expected("the identifier of a source"))
    }
    #[cfg(feature = "sample")]
    fn sample(s: &mut crate::sample::Sampler) -> Self {
        let kind = s.choose(&SourceKind::ALL);
        s.source(kind)
    }
}

#[cfg(test)]
mod tests {
    //! Text and bytes of identifiers, both ways, and what names nobody.
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::{NotASource, SourceId, SourceKind};

    #[test]
    fn text_form_is_forgiving_in_spelling_only() {
        let id = SourceId::from_bytes(&[0x81, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).expect("a person");
        let text = id.to_string();
        assert_eq!(text, "person:041061050R3GG28A");
        assert_eq!("person:o4i0-6105-0r3g-g28a".parse(), Ok(id));
        assert_eq!("service:041061050R3GG28A".parse::<SourceId>().map(|s| s.kind()), Ok(SourceKind::Service));
        assert_eq!("person:041061050R3GG28".parse::<SourceId>(), Err(NotASource::Length));
        assert_eq!("person:041061050R3GG28U".parse::<SourceId>(), Err(NotASource::Text));
        assert_eq!("nobody:00".parse::<SourceId>(), Err(NotASource::Text));
    }

    #[test]
    fn ueids_are_kept_whole() {
        let id = SourceId::device([7; 16]);
        assert_eq!(id.kind(), SourceKind::Device);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(SourceId::from_bytes(&[1; 16]), Err(NotASource::Length));
        assert_eq!(SourceId::from_bytes(&[4; 17]), Err(NotASource::Kind));
    }

    proptest! {
        #[test]
        fn every_identifier_comes_back(first in prop_oneof![Just(1u8), 0x80u8..=0x85], rest in any::<[u8; 16]>()) {
            let mut raw = alloc::vec![first];
            raw.extend_from_slice(if first == 1 { &rest } else { &rest[..10] });
            let id = SourceId::from_bytes(&raw).expect("well formed");
            prop_assert_eq!(id.as_bytes(), &raw[..]);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn arbitrary_text_never_panics(s in "\\PC{0,80}") {
            let _ = s.parse::<SourceId>();
        }
    }
}
