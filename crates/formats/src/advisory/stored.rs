//! How the values inside an advisory are written in the canonical form: purls, ranges, schemes, scores and digests as texts
//! that read back as what they were.

use serde::{Deserialize, Deserializer, Serializer};

fn opt_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer)
}

/// Writes an optional value as its text.
fn write<S: Serializer, T: ToString>(value: Option<&T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        None => serializer.serialize_none(),
        Some(value) => serializer.serialize_str(&value.to_string()),
    }
}

pub(super) mod purl {
    //! A package URL as its canonical string.
    use super::{Deserializer, Serializer, opt_text};
    use crate::purl::Purl;
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(in super::super) fn serialize<S: Serializer>(value: &Option<Purl>, s: S) -> Result<S::Ok, S::Error> {
        super::write(value.as_ref(), s)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Purl>, D::Error> {
        let read = |text: String| Purl::read(&text).map(|(purl, _)| purl).map_err(D::Error::custom);
        opt_text(d)?.map(read).transpose()
    }
}

pub(super) mod scheme {
    //! A version scheme as its name.
    use super::{Deserializer, Serializer, opt_text};
    use crate::version::Scheme;
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(in super::super) fn serialize<S: Serializer>(
        value: &Option<Scheme>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        super::write(value.as_ref(), s)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Scheme>, D::Error> {
        let read = |text: String| {
            let scheme = Scheme::ALL.into_iter().find(|scheme| scheme.name() == text);
            scheme.ok_or_else(|| D::Error::custom("an unknown version scheme"))
        };
        opt_text(d)?.map(read).transpose()
    }
}

pub(super) mod score {
    //! A score as decimal text: the shortest that reads back as the same number, which JSON readers need not keep.
    use super::{Deserializer, Serializer, opt_text};
    use serde::de::Error as _;

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(in super::super) fn serialize<S: Serializer>(value: &Option<f64>, s: S) -> Result<S::Ok, S::Error> {
        super::write(value.as_ref(), s)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<f64>, D::Error> {
        opt_text(d)?.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}

pub(super) mod range {
    //! A version range with its scheme.
    use super::{Deserialize, Deserializer, Serializer};
    use crate::vers::Vers;
    use serde::de::Error as _;

    pub(in super::super) fn serialize<S: Serializer>(value: &Vers, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&value.stored())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vers, D::Error> {
        Vers::from_stored(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}

pub(super) mod digest {
    //! A digest in hexadecimal digits.
    use super::{Deserialize, Deserializer, Serializer};
    use crate::advisory::Digest;

    pub(in super::super) fn serialize<S: Serializer>(value: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&Digest(*value).to_string())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 32], D::Error> {
        super::hex(&String::deserialize(d)?)
    }
}

fn hex<E: serde::de::Error>(text: &str) -> Result<[u8; 32], E> {
    let wrong = || E::custom("64 hexadecimal digits in lower case are wanted");
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(wrong()),
    };
    let mut digest = [0; 32];
    let mut pairs = text.as_bytes().chunks_exact(2);
    for byte in &mut digest {
        let Some([high, low]) = pairs.next() else { return Err(wrong()) };
        *byte = value(*high)? << 4 | value(*low)?;
    }
    if pairs.next().is_some() || !text.len().is_multiple_of(2) { Err(wrong()) } else { Ok(digest) }
}
