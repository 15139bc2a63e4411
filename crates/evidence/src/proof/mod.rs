//! Proofs of authorship: one file a kind. Each verifies bytes under a given key and knows nothing of entries' meaning.

pub mod cose;
pub mod ssh;
pub mod webauthn;

#[cfg(test)]
mod tests;

use crate::keys::{Algorithm, PublicKey};

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// The key is of another algorithm or use than the proof.
    #[error("the key is of another kind than the proof")]
    OtherKey,
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
pub(crate) fn verify_raw(
    key: &PublicKey,
    message: &[u8],
    signature: &[u8],
    form: EcdsaForm,
) -> Result<(), BadProof> {
    match key.algorithm {
        Algorithm::Ed25519 => {
            let raw: &[u8; 32] = key.point.0.as_slice().try_into().map_err(|_| BadProof::OtherKey)?;
            let verifier = ed25519_dalek::VerifyingKey::from_bytes(raw).map_err(|_| BadProof::OtherKey)?;
            let signature = ed25519_dalek::Signature::from_slice(signature)
                .map_err(|_| BadProof::Malformed("an Ed25519 signature has 64 bytes"))?;
            verifier.verify_strict(message, &signature).map_err(|_| BadProof::Signature)
        }
        Algorithm::P256 => {
            use p256::ecdsa::signature::Verifier;
            let verifier =
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&key.point.0).map_err(|_| BadProof::OtherKey)?;
            let parsed = match form {
                EcdsaForm::Fixed => p256::ecdsa::Signature::from_slice(signature),
                EcdsaForm::Der => p256::ecdsa::Signature::from_der(signature),
            };
            let parsed = parsed.map_err(|_| BadProof::Malformed("not an ECDSA signature on P-256"))?;
            verifier.verify(message, &parsed).map_err(|_| BadProof::Signature)
        }
    }
}
