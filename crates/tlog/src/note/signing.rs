//! Signing keys: a name with an Ed25519 secret or an ML-DSA-44 seed, zeroised when dropped.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use ed25519_dalek::Signer;
use zeroize::Zeroizing;

use super::key::MAX_KEY_TEXT_BYTES;
use super::{KeyId, Signature, SignatureType, VerifierKey, note_text};
use crate::error::{Error, Format, Problem};

const PREFIX: &str = "PRIVATE+KEY+";

enum Secret {
    Ed25519(ed25519_dalek::SigningKey),
    #[cfg(feature = "ml-dsa")]
    MlDsa44(Zeroizing<[u8; 32]>),
}

/// A secret with the name it signs under. `Debug` shows the name and ID only; the secret is erased
/// from memory when the key is dropped.
///
/// Use a key for one type only: a note's text can be made to look like a cosignature's message.
pub struct SigningKey {
    verifier: VerifierKey,
    secret: Secret,
}

impl SigningKey {
    /// A key for notes and checkpoints (type 0x01) from its 32-byte RFC 8032 secret.
    ///
    /// # Errors
    /// The name is no key name.
    pub fn ed25519(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::ed25519(name, secret.verifying_key().as_bytes())?;
        Ok(Self { verifier, secret: Secret::Ed25519(secret) })
    }

    /// A witness's key (type 0x04) from its 32-byte RFC 8032 secret.
    ///
    /// # Errors
    /// The name is no key name.
    pub fn cosigner(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::cosigner(name, secret.verifying_key().as_bytes())?;
        Ok(Self { verifier, secret: Secret::Ed25519(secret) })
    }

    /// A witness's key of type 0x06 from its 32-byte seed (ξ of FIPS 204, algorithm 6).
    ///
    /// # Errors
    /// The name is no key name.
    #[cfg(feature = "ml-dsa")]
    pub fn ml_dsa_44(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        let verifier = VerifierKey::new(name, SignatureType::MlDsa44, &super::ml_dsa::public_key(seed))?;
        Ok(Self { verifier, secret: Secret::MlDsa44(Zeroizing::new(*seed)) })
    }

    /// Reads the `PRIVATE+KEY+name+id+base64(type ‖ secret)` form that Go's note package writes. No specification gives a
    /// form to ML-DSA-44 secrets; here it is the same with the type 0x06 and the seed.
    ///
    /// # Errors
    /// Malformed, a type other than 0x01, 0x04 and (with the feature `ml-dsa`) 0x06, or an ID that does not belong to the key.
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
            #[cfg(feature = "ml-dsa")]
            0x06 => Self::ml_dsa_44(name, seed)?,
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
        seed.copy_from_slice(match &self.secret {
            Secret::Ed25519(secret) => secret.as_bytes(),
            #[cfg(feature = "ml-dsa")]
            Secret::MlDsa44(seed) => seed.as_slice(),
        });
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

    /// Signs bytes of another protocol with a log's key (type 0x01), such as the `Sig_structure` of a COSE receipt. Whatever
    /// could be the text of a note is refused: it would be a checkpoint that nobody looked at.
    ///
    /// # Errors
    /// The key has another type, or the bytes are a note's text.
    pub fn sign_foreign(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        self.require(SignatureType::Ed25519)?;
        if note_text(message).is_ok() {
            return Err(Error::syntax(Format::Note, 1, Problem::Unexpected("note text among foreign bytes")));
        }
        match &self.secret {
            Secret::Ed25519(secret) => Ok(secret.sign(message).to_bytes()),
            #[cfg(feature = "ml-dsa")]
            Secret::MlDsa44(_) => Err(Error::NotSigned { name: self.name().to_string() }),
        }
    }

    /// Signs a note's text (type 0x01).
    pub(crate) fn sign_text(&self, text: &str) -> Result<Signature, Error> {
        self.require(SignatureType::Ed25519)?;
        Ok(self.line(self.sign_message(text.as_bytes())?))
    }

    pub(crate) fn require(&self, needed: SignatureType) -> Result<(), Error> {
        let found = self.verifier.signature_type();
        if found == needed {
            return Ok(());
        }
        Err(Error::KeyType { name: self.name().to_string(), found: found.code(), needed: needed.code() })
    }

    /// The signature over a message that begins as the key's type prescribes.
    pub(crate) fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.secret {
            Secret::Ed25519(secret) => Ok(secret.sign(message).to_bytes().to_vec()),
            #[cfg(feature = "ml-dsa")]
            Secret::MlDsa44(seed) => super::ml_dsa::sign(seed, message)
                .ok_or_else(|| Error::NotSigned { name: self.name().to_string() }),
        }
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
