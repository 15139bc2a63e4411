//! Verifier keys: `name+id+key` texts, key IDs, and the check of one signature.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use super::Signature;
use crate::cosignature;
use crate::error::{Error, Format, Problem};
use crate::text::{decode64, is_key_name};

/// Longest key text accepted, in bytes; one of ML-DSA-87 with the longest name would still fit.
pub const MAX_KEY_TEXT_BYTES: usize = 8192;

/// The short identifier of a key on its signature lines: four bytes, eight lowercase hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

impl KeyId {
    /// SHA-256(name ‖ 0x0A ‖ type ‖ public key), first four bytes, big-endian.
    #[must_use]
    pub fn derive(name: &str, kind: SignatureType, public_key: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', kind.code()])
            .chain_update(public_key)
            .finalize()
            .into();
        let [a, b, c, d, ..] = digest;
        Self(u32::from_be_bytes([a, b, c, d]))
    }

    /// Reads eight lowercase hex digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 8 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if digits { u32::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// Signature type identifiers of signed-note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureType {
    /// 0x01: Ed25519 over the note's text.
    Ed25519,
    /// 0x04: timestamped Ed25519 cosignature (tlog-cosignature).
    CosignatureV1,
    /// 0x06: timestamped ML-DSA-44 cosignature of a tree or subtree (tlog-cosignature, "ML-DSA-44 signed message").
    MlDsa44,
    /// A type that is kept but cannot be verified here: 0x02 ECDSA, 0x05 RFC 6962, …
    Other(u8),
}

/// Bytes of an ML-DSA-44 public key (FIPS 204, table 2).
pub const ML_DSA_44_KEY_BYTES: usize = 1312;

impl SignatureType {
    /// The identifier byte.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
            Self::MlDsa44 => 0x06,
            Self::Other(code) => code,
        }
    }

    /// Whether a witness may have a key of this type: its signatures are cosignatures.
    #[must_use]
    pub const fn is_cosignature(self) -> bool {
        matches!(self, Self::CosignatureV1 | Self::MlDsa44)
    }

    const fn from_code(code: u8) -> Self {
        match code {
            0x01 => Self::Ed25519,
            0x04 => Self::CosignatureV1,
            0x06 => Self::MlDsa44,
            code => Self::Other(code),
        }
    }
}

/// A public key with the name it signs under.
///
/// `FromStr` and `Display` read and write the `name+id+base64(type ‖ key)` form (vkey).
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    kind: SignatureType,
    public_key: Vec<u8>,
    ed25519: Option<VerifyingKey>,
}

impl VerifierKey {
    /// A key for notes and checkpoints (type 0x01).
    ///
    /// # Errors
    /// The name is no key name, or the key not a canonical point of large order.
    pub fn ed25519(name: &str, public_key: &[u8; 32]) -> Result<Self, Error> {
        Self::new(name, SignatureType::Ed25519, public_key)
    }

    /// A witness's key (type 0x04).
    ///
    /// # Errors
    /// As [`VerifierKey::ed25519`].
    pub fn cosigner(name: &str, public_key: &[u8; 32]) -> Result<Self, Error> {
        Self::new(name, SignatureType::CosignatureV1, public_key)
    }

    /// A key of type 0x06, of a witness or of a log that signs so: 1312 bytes as FIPS 204, algorithm 22, writes them.
    ///
    /// # Errors
    /// The name is no key name.
    pub fn ml_dsa_44(name: &str, public_key: &[u8; ML_DSA_44_KEY_BYTES]) -> Result<Self, Error> {
        Self::new(name, SignatureType::MlDsa44, public_key)
    }

    pub(super) fn new(name: &str, kind: SignatureType, public_key: &[u8]) -> Result<Self, Error> {
        let id = KeyId::derive(name, kind, public_key);
        Self::build(name, id, kind, public_key)
            .map_err(|problem| Error::syntax(Format::VerifierKey, 1, problem))
    }

    fn build(name: &str, id: KeyId, kind: SignatureType, public_key: &[u8]) -> Result<Self, Problem> {
        if !is_key_name(name) {
            return Err(Problem::Malformed("key name"));
        }
        // The ID of other types follows rules of their own (ECDSA hashes the SPKI), so it is taken as stated.
        let derived = !matches!(kind, SignatureType::Other(_));
        if derived && id != KeyId::derive(name, kind, public_key) {
            return Err(Problem::KeyIdMismatch);
        }
        let ed25519 = match kind {
            SignatureType::Ed25519 | SignatureType::CosignatureV1 => Some(read_point(public_key)?),
            // Every string of this length is a public key: ten bits a coefficient, all values allowed.
            SignatureType::MlDsa44 if public_key.len() != ML_DSA_44_KEY_BYTES => {
                return Err(Problem::Length { expected: ML_DSA_44_KEY_BYTES, found: public_key.len() });
            }
            SignatureType::MlDsa44 | SignatureType::Other(_) => None,
        };
        Ok(Self { name: name.to_string(), id, kind, public_key: public_key.to_vec(), ed25519 })
    }

    /// Reads the `name+id+key` form.
    ///
    /// # Errors
    /// Malformed, longer than [`MAX_KEY_TEXT_BYTES`], an ID that does not belong to the key, or a weak key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text).map_err(|problem| Error::syntax(Format::VerifierKey, 1, problem))
    }

    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        if text.len() > MAX_KEY_TEXT_BYTES {
            return Err(Problem::TooLong { limit: MAX_KEY_TEXT_BYTES });
        }
        // Base64 may hold plus signs, names and IDs may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Problem::Malformed("key text"));
        };
        let id = KeyId::parse(id).ok_or(Problem::Malformed("key ID"))?;
        let key = decode64(encoded).ok_or(Problem::Base64)?;
        match key.split_first() {
            Some((code, public_key)) if !public_key.is_empty() => {
                Self::build(name, id, SignatureType::from_code(*code), public_key)
            }
            _ => Err(Problem::Malformed("public key")),
        }
    }

    /// The name the key signs under; of a log, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's ID.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The type of its signatures.
    #[must_use]
    pub const fn signature_type(&self) -> SignatureType {
        self.kind
    }

    /// The public key in its type's encoding; 32 bytes for Ed25519, 1312 for ML-DSA-44.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Whether this crate, as built, can verify signatures of this type: ML-DSA-44 needs the feature `ml-dsa`.
    #[must_use]
    pub const fn is_verifiable(&self) -> bool {
        self.ed25519.is_some() || cfg!(feature = "ml-dsa") && matches!(self.kind, SignatureType::MlDsa44)
    }

    /// Checks a log's signature (type 0x01) over bytes that are no note, as [`SigningKey::sign_foreign`] makes it.
    ///
    /// [`SigningKey::sign_foreign`]: super::SigningKey::sign_foreign
    #[must_use]
    pub fn verify_foreign(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.kind == SignatureType::Ed25519
            && super::note_text(message).is_err()
            && self.verify_message(message, signature)
    }

    /// Whether the line names this key. Says nothing about the signature.
    #[must_use]
    pub fn signed(&self, signature: &Signature) -> bool {
        self.id == signature.id && self.name == signature.name
    }

    /// Checks one signature over a note's text; `Some` if it is right, with the time if the type states one.
    pub(crate) fn check(&self, text: &str, signature: &[u8]) -> Option<Option<u64>> {
        match self.kind {
            SignatureType::Ed25519 => self.verify_message(text.as_bytes(), signature).then_some(None),
            SignatureType::CosignatureV1 | SignatureType::MlDsa44 => {
                cosignature::check(self, text, signature)
            }
            SignatureType::Other(_) => None,
        }
    }

    /// Ed25519 by `verify_strict`, and only so: cofactored and batch rules accept crafted signatures that
    /// other verifiers refuse. ML-DSA-44 with the empty context (FIPS 204, algorithm 3).
    pub(crate) fn verify_message(&self, message: &[u8], signature: &[u8]) -> bool {
        #[cfg(feature = "ml-dsa")]
        if self.kind == SignatureType::MlDsa44 {
            return super::ml_dsa::verify(&self.public_key, message, signature);
        }
        let signature = ed25519_dalek::Signature::from_slice(signature);
        match (&self.ed25519, signature) {
            (Some(key), Ok(signature)) => key.verify_strict(message, &signature).is_ok(),
            _ => false,
        }
    }
}

impl FromStr for VerifierKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = Vec::with_capacity(1 + self.public_key.len());
        key.push(self.kind.code());
        key.extend_from_slice(&self.public_key);
        write!(f, "{}+{}+{}", self.name, self.id, Base64::encode_string(&key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// Reads an Ed25519 public key, refusing what verifiers disagree about.
fn read_point(bytes: &[u8]) -> Result<VerifyingKey, Problem> {
    let bytes: &[u8; 32] =
        bytes.try_into().map_err(|_| Problem::Length { expected: 32, found: bytes.len() })?;
    let [low, middle @ .., high] = bytes;
    // y ≥ p = 2^255 - 19, a second spelling of y - p (RFC 8032 section 5.1.3 refuses it).
    let canonical = *low < 0xed || middle.iter().any(|byte| *byte != 0xff) || high & 0x7f != 0x7f;
    match VerifyingKey::from_bytes(bytes) {
        Ok(key) if canonical && !key.is_weak() => Ok(key),
        _ => Err(Problem::WeakKey),
    }
}

#[cfg(test)]
mod tests;
