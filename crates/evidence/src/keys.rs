//! Public keys of sources, and how each kind of key proves authorship.
//!
//! A key says what it is used for, so that an SSH key never verifies a COSE signature and the other way round. Not here:
//! secret keys (the caller holds them) and whether a key is valid (that is for the log to say).

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};
use tlog::Hash;

use crate::cbor::Writer;
use crate::types::Bytes;
use crate::wire::Field;

codes! {
    /// The curve and signature scheme of a key.
    Algorithm = "algorithm" {
        /// Ed25519 (RFC 8032), verified strictly: no small-order points, canonical encodings only.
        1 Ed25519 = "Ed25519",
        /// ECDSA on P-256 with SHA-256 (FIPS 186-5).
        2 P256 = "P-256",
    }

    /// How a key proves authorship of an entry.
    KeyUse = "key-use" {
        /// COSE_Sign1 over the body (RFC 9052).
        1 Cose = "cose",
        /// A WebAuthn assertion whose challenge is the entry hash.
        2 WebAuthn = "webauthn",
        /// An SSH signature over the entry hash.
        3 Ssh = "ssh",
        /// An SSH signature by a security key (`sk-` key types).
        4 SshSk = "ssh-sk",
    }
}

structures! {
    /// A public key, what it is used for, and where it is confined to.
    PublicKey = "public-key" {
        /// Curve and scheme.
        1 algorithm: Algorithm,
        /// Ed25519: 32 bytes (RFC 8032, 5.1.5). P-256: 33 bytes, compressed (SEC 1, 2.3.3).
        2 point: Bytes,
        /// How it proves authorship.
        3 purpose: KeyUse,
        /// WebAuthn: the relying party's id. Security key: the application, such as `ssh:`.
        4 scope: Option<String>,
    }
}

/// SHA-256 over a key's canonical encoding.
pub type KeyId = Hash;

/// A key that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// The point is not on the curve, not in its canonical encoding, or not of prime order.
    #[error(
        "not a usable point of the curve: not on it, not in its canonical encoding, or not of prime order"
    )]
    Point,
    /// WebAuthn keys and security keys need their scope; other keys have none.
    #[error(
        "a WebAuthn key needs its relying party id and a security key its application; other keys have no scope"
    )]
    Scope,
}

impl PublicKey {
    /// A key that signs COSE with Ed25519.
    #[must_use]
    pub fn ed25519(point: [u8; 32]) -> Self {
        Self {
            algorithm: Algorithm::Ed25519,
            point: Bytes(point.to_vec()),
            purpose: KeyUse::Cose,
            scope: None,
        }
    }

    /// A key that signs COSE with ES256.
    #[must_use]
    pub fn p256(compressed: [u8; 33]) -> Self {
        Self {
            algorithm: Algorithm::P256,
            point: Bytes(compressed.to_vec()),
            purpose: KeyUse::Cose,
            scope: None,
        }
    }

    /// Its deterministic CBOR.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(48);
        self.write(&mut w);
        w.into_bytes()
    }

    /// SHA-256 over [`Self::canonical`].
    #[must_use]
    pub fn id(&self) -> KeyId {
        Hash(Sha256::digest(self.canonical()).into())
    }

    /// Whether it can be enrolled. Verification alone asks less: that the point is canonical and not of small order.
    ///
    /// A key with a small-order part besides (of mixed order) is refused here, because verifiers with and without
    /// cofactor disagree about its signatures. No honest key has one (RFC 8032, 5.1.5).
    ///
    /// # Errors
    /// The point is no point or not of prime order, or the scope does not fit the purpose.
    pub fn check(&self) -> Result<(), BadKey> {
        if self.scope.is_some() != matches!(self.purpose, KeyUse::WebAuthn | KeyUse::SshSk) {
            return Err(BadKey::Scope);
        }
        match self.algorithm {
            Algorithm::Ed25519 => match ed25519_point(&self.point.0) {
                Some(key) if !key.is_weak() && key.to_edwards().is_torsion_free() => Ok(()),
                _ => Err(BadKey::Point),
            },
            Algorithm::P256 => p256_point(&self.point.0).map(drop).ok_or(BadKey::Point),
        }
    }
}

/// The point with this encoding, if it is the canonical one: y below the field's prime 2^255 − 19 (RFC 8032, 5.1.3).
/// The library reduces y instead of refusing it, which would give two names to one key.
pub(crate) fn ed25519_point(raw: &[u8]) -> Option<ed25519_dalek::VerifyingKey> {
    let raw: &[u8; 32] = raw.try_into().ok()?;
    let [low, middle @ .., high] = raw;
    let reduced = *low < 0xed || high & 0x7f != 0x7f || middle.iter().any(|b| *b != 0xff);
    if reduced { ed25519_dalek::VerifyingKey::from_bytes(raw).ok() } else { None }
}

/// The point with this encoding, if it is the compressed one (SEC 1, 2.3.3). The library also reads others, the compact
/// form of the same length among them.
pub(crate) fn p256_point(raw: &[u8]) -> Option<p256::ecdsa::VerifyingKey> {
    match raw {
        [2 | 3, x @ ..] if x.len() == 32 => p256::ecdsa::VerifyingKey::from_sec1_bytes(raw).ok(),
        _ => None,
    }
}
