//! Signing keys: a name with an Ed25519 secret, zeroised when dropped.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use ed25519_dalek::Signer;
use zeroize::Zeroizing;

use super::key::MAX_KEY_TEXT_BYTES;
use super::{KeyId, Signature, SignatureType, VerifierKey};
use crate::error::{Error, Format, Problem};

const PREFIX: &str = "PRIVATE+KEY+";

/// An Ed25519 secret with the name it signs under. `Debug` shows the name and ID only; the secret is erased
/// from memory when the key is dropped.
///
/// Use a key for one type only: a note's text can be made to look like a cosignature's message.
pub struct SigningKey {
    verifier: VerifierKey,
    secret: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// A key for notes and checkpoints (type 0x01) from its 32-byte RFC 8032 secret.
    ///
    /// # Errors
    /// The name is no key name.
    pub fn ed25519(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::ed25519(name, secret.verifying_key().as_bytes())?;
        Ok(Self { verifier, secret })
    }

    /// A witness's key (type 0x04) from its 32-byte RFC 8032 secret.
    ///
    /// # Errors
    /// The name is no key name.
    pub fn cosigner(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::cosigner(name, secret.verifying_key().as_bytes())?;
        Ok(Self { verifier, secret })
    }

    /// Reads the `PRIVATE+KEY+name+id+base64(type ‖ secret)` form that Go's note package writes.
    ///
    /// # Errors
    /// Malformed, a type other than 0x01 and 0x04, or an ID that does not belong to the key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |problem| Error::syntax(Format::SigningKey, 1, problem);
        if text.len() > MAX_KEY_TEXT_BYTES {
            return Err(refuse(Problem::TooLong { limit: MAX_KEY_TEXT_BYTES }));
        }
        let mut parts = text.strip_prefix(PREFIX).unwrap_or_default().splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refuse(Problem::Malformed("key text")));
        };
        let id = KeyId::parse(id).ok_or(refuse(Problem::Malformed("key ID")))?;
        let mut buffer = Zeroizing::new([0; 36]);
        if encoded.len() != 44 {
            return Err(refuse(Problem::Base64));
        }
        let bytes = Base64::decode(encoded, buffer.as_mut_slice()).map_err(|_| refuse(Problem::Base64))?;
        let Some((code, seed)) = bytes.split_first() else { return Err(refuse(Problem::Base64)) };
        let seed: &[u8; 32] =
            seed.try_into().map_err(|_| refuse(Problem::Length { expected: 32, found: seed.len() }))?;
        let key = match *code {
            0x01 => Self::ed25519(name, seed)?,
            0x04 => Self::cosigner(name, seed)?,
            code => return Err(refuse(Problem::KeyType(code))),
        };
        if key.verifier.id() == id { Ok(key) } else { Err(refuse(Problem::KeyIdMismatch)) }
    }

    /// The `PRIVATE+KEY+…` form, erased from memory when dropped.
    #[must_use]
    pub fn to_skey(&self) -> Zeroizing<String> {
        let mut key = Zeroizing::new([0; 33]);
        let (code, seed) = key.split_at_mut(1);
        code.fill(self.verifier.signature_type().code());
        seed.copy_from_slice(self.secret.as_bytes());
        let encoded = Zeroizing::new(Base64::encode_string(key.as_slice()));
        // Reserved whole, so that growing leaves no copy behind.
        let mut text =
            Zeroizing::new(String::with_capacity(PREFIX.len() + self.name().len() + 10 + encoded.len()));
        for part in [PREFIX, self.name(), "+", &self.verifier.id().to_string(), "+", &encoded] {
            text.push_str(part);
        }
        text
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The name the key signs under.
    #[must_use]
    pub fn name(&self) -> &str {
        self.verifier.name()
    }

    /// Signs a note's text (type 0x01).
    pub(crate) fn sign_text(&self, text: &str) -> Result<Signature, Error> {
        self.require(SignatureType::Ed25519)?;
        Ok(self.line(self.sign_message(text.as_bytes()).to_vec()))
    }

    pub(crate) fn require(&self, needed: SignatureType) -> Result<(), Error> {
        let found = self.verifier.signature_type();
        if found == needed {
            return Ok(());
        }
        Err(Error::KeyType { name: self.name().to_string(), found: found.code(), needed: needed.code() })
    }

    pub(crate) fn sign_message(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }

    pub(crate) fn line(&self, bytes: Vec<u8>) -> Signature {
        Signature::new(self.name(), self.verifier.id(), bytes)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}+{}, secret not shown)", self.name(), self.verifier.id())
    }
}
