//! Proofs of authorship: one file a kind. Each verifies bytes under a given key and knows nothing of entries' meaning.

pub mod attached;
pub mod cose;
pub mod ssh;
pub mod webauthn;

#[cfg(test)]
mod tests;

use crate::keys::{Algorithm, PublicKey, ed25519_point, p256_point};

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// The key is of another algorithm or use than the proof.
    #[error("the key is of another kind than the proof")]
    OtherKey,
    /// The key is no usable point of its curve.
    #[error("the public key is not a usable point of its curve")]
    BadKey,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
    /// The signature's own structure is broken, with what is wrong.
    #[error("malformed signature: {0}")]
    Malformed(&'static str),
    /// It was made for another purpose, with which part says so.
    #[error("the signature was made for something else: {0} differs")]
    Purpose(&'static str),
    /// The authenticator did not see the person.
    #[error("the authenticator did not report the user's presence")]
    NotPresent,
}

impl BadProof {
    /// A stable word for programs, as in `docs/spec/entry.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherKey => "other-key",
            Self::BadKey => "bad-key",
            Self::Signature => "wrong-signature",
            Self::Malformed(_) => "malformed-signature",
            Self::Purpose(_) => "other-purpose",
            Self::NotPresent => "not-present",
        }
    }
}

/// How an ECDSA signature is written.
#[derive(Clone, Copy)]
pub(crate) enum EcdsaForm {
    /// r and s, 32 bytes each (COSE).
    Fixed,
    /// ASN.1 DER (WebAuthn).
    Der,
}

/// Verifies `signature` over `message` under the raw key, whatever it is used for.
///
/// Ed25519 through `verify_strict` alone: it refuses small-order points and everything batch verification lets through.
/// The key's encoding must be canonical too, which `verify_strict` does not ask.
pub(crate) fn verify_raw(
    key: &PublicKey,
    message: &[u8],
    signature: &[u8],
    form: EcdsaForm,
) -> Result<(), BadProof> {
    match key.algorithm {
        Algorithm::Ed25519 => {
            let verifier = ed25519_point(&key.point.0).filter(|k| !k.is_weak()).ok_or(BadProof::BadKey)?;
            let signature = ed25519_dalek::Signature::from_slice(signature)
                .map_err(|_| BadProof::Malformed("an Ed25519 signature has 64 bytes"))?;
            verifier.verify_strict(message, &signature).map_err(|_| BadProof::Signature)
        }
        Algorithm::P256 => {
            use p256::ecdsa::signature::Verifier;
            let verifier = p256_point(&key.point.0).ok_or(BadProof::BadKey)?;
            let parsed = match form {
                EcdsaForm::Fixed => p256::ecdsa::Signature::from_slice(signature),
                EcdsaForm::Der => p256::ecdsa::Signature::from_der(signature),
            };
            let parsed = parsed.map_err(|_| BadProof::Malformed("not an ECDSA signature on P-256"))?;
            verifier.verify(message, &parsed).map_err(|_| BadProof::Signature)
        }
    }
}
