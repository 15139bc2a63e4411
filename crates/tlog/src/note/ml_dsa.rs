//! ML-DSA-44 (FIPS 204) over bytes: keys from seeds, signing, verifying. What is signed is `cosignature.rs`'s to say.
//!
//! Keys are expanded at each use (some tens of microseconds): a checkpoint has few signatures, and a key in its public form is
//! 1312 bytes where its matrix would take 16 KiB.

use alloc::vec::Vec;

use ml_dsa::{EncodedVerifyingKey, ExpandedSigningKey, MlDsa44, Seed, Signature, VerifyingKey};

/// The public key of a 32-byte seed (FIPS 204, algorithms 6 and 22).
pub(super) fn public_key(seed: &[u8; 32]) -> Vec<u8> {
    ExpandedSigningKey::<MlDsa44>::from_seed(&Seed::from(*seed)).verifying_key().encode().to_vec()
}

/// Signs with the empty context, deterministically (FIPS 204, algorithm 2 with rnd = 0): this crate has no randomness.
/// `None` where rejection sampling gives up, which happens to nobody.
pub(super) fn sign(seed: &[u8; 32], message: &[u8]) -> Option<Vec<u8>> {
    let key = ExpandedSigningKey::<MlDsa44>::from_seed(&Seed::from(*seed));
    let signature = key.sign_deterministic(message, &[]).ok()?;
    Some(signature.encode().to_vec())
}

/// Whether this is a signature of the message with the empty context. Signatures of another length, and second spellings
/// of one (hints out of order, norms too large), are refused.
pub(super) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = EncodedVerifyingKey::<MlDsa44>::try_from(public_key);
    match (key, Signature::<MlDsa44>::try_from(signature)) {
        (Ok(key), Ok(signature)) => {
            VerifyingKey::<MlDsa44>::decode(&key).verify_with_context(message, &[], &signature)
        }
        _ => false,
    }
}
