//! The COSE message (RFC 9052) that a token comes in, taken apart: what is signed, by what algorithm, and the signature. Not
//! here: keys, and the verification itself.

use minicbor::Decoder;

use super::{MAX_TOKEN, PsaError, bytes, entries, malformed, put, skip};

/// How a token is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// COSE_Sign1.
    Sign1,
    /// COSE_Mac0.
    Mac0,
}

/// A COSE message (RFC 9052) with a token in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Signature or authentication code.
    pub kind: Kind,
    /// Protected header, encoded.
    pub protected: Vec<u8>,
    /// Algorithm (IANA COSE): −7 is ES256, 5 is HMAC 256/256.
    pub algorithm: i64,
    /// The claims, encoded.
    pub payload: Vec<u8>,
    /// Signature or authentication code.
    pub tag: Vec<u8>,
}

impl Envelope {
    /// Takes a message apart.
    ///
    /// # Errors
    /// It is no tagged COSE_Sign1 or COSE_Mac0 with a payload and an algorithm.
    pub fn parse(raw: &[u8]) -> Result<Self, PsaError> {
        if raw.len() > MAX_TOKEN {
            return Err(PsaError::TooLarge);
        }
        let bad = |what: &str| PsaError::Malformed(what.to_owned());
        let mut d = Decoder::new(raw);
        let kind = match d.tag().map_err(malformed)?.as_u64() {
            18 => Kind::Sign1,
            17 => Kind::Mac0,
            _ => return Err(bad("neither COSE_Sign1 nor COSE_Mac0")),
        };
        if d.array().map_err(malformed)? != Some(4) {
            return Err(bad("not an array of four"));
        }
        let protected = bytes(&mut d)?;
        for _ in 0..entries(&mut d)? {
            skip(&mut d)?;
            skip(&mut d)?;
        }
        let (payload, tag) = (bytes(&mut d)?, bytes(&mut d)?);
        if d.position() != raw.len() {
            return Err(bad("bytes follow the message"));
        }
        let mut header = Decoder::new(&protected);
        let mut algorithm = None;
        for _ in 0..entries(&mut header)? {
            match header.i64().map_err(malformed)? {
                1 => put(&mut algorithm, "algorithm", header.i64().map_err(malformed)?)?,
                _ => skip(&mut header)?,
            }
        }
        let algorithm = algorithm.ok_or(PsaError::Missing("algorithm"))?;
        Ok(Self { kind, protected, algorithm, payload, tag })
    }

    /// What signature or code is over (RFC 9052, 4.4 and 6.3), without external data.
    #[must_use]
    pub fn authenticated(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.payload.len() + 64);
        let context = if self.kind == Kind::Sign1 { "Signature1" } else { "MAC0" };
        out.push(0x84);
        head(&mut out, 3, context.len());
        out.extend_from_slice(context.as_bytes());
        for part in [&self.protected[..], &[], &self.payload] {
            head(&mut out, 2, part.len());
            out.extend_from_slice(part);
        }
        out
    }
}

/// The head of a string of at most 64 KiB.
fn head(out: &mut Vec<u8>, major: u8, length: usize) {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    match length {
        0..=23 => out.push(major << 5 | low),
        24..=255 => out.extend_from_slice(&[major << 5 | 24, low]),
        _ => out.extend_from_slice(&[major << 5 | 25, high, low]),
    }
}
