//! COSE_Sign1 (RFC 9052, 4.2) as entries use it: a protected header of algorithm and key hint, nothing unprotected.

use alloc::vec::Vec;

use super::{BadProof, EcdsaForm, verify_raw};
use crate::cbor::{Malformed, Reader, Reason, Writer};
use crate::entry::KID;
use crate::keys::{Algorithm, KeyUse, PublicKey};
use crate::types::Fixed;
use crate::wire::Field;

/// CBOR tag of a COSE_Sign1 (RFC 9052, 2).
pub const TAG_SIGN1: u64 = 18;
/// Header parameter `alg`.
const ALG: i64 = 1;
/// Header parameter `kid`.
const KID_LABEL: i64 = 4;

/// COSE number of the algorithm: EdDSA −8, ES256 −7 (RFC 9053, 2).
const fn cose_algorithm(algorithm: Algorithm) -> i64 {
    match algorithm {
        Algorithm::Ed25519 => -8,
        Algorithm::P256 => -7,
    }
}

/// The protected header, encoded: `{1: alg, 4: kid}`.
#[must_use]
pub fn protected_header(algorithm: Algorithm, kid: &Fixed<KID>) -> Vec<u8> {
    let mut w = Writer::with_capacity(16);
    w.map(2);
    w.int(ALG);
    w.int(cose_algorithm(algorithm));
    w.int(KID_LABEL);
    w.bytes(&kid.0);
    w.into_bytes()
}

pub(crate) fn read_protected_header(raw: &[u8]) -> Result<(Algorithm, Fixed<KID>), Malformed> {
    let mut r = Reader::new(raw);
    let mut map = r.map()?;
    let (mut algorithm, mut kid) = (None, None);
    loop {
        let at = r.position();
        match map.next(&mut r)? {
            None => break,
            Some(ALG) => {
                let number = r.int()?;
                let known =
                    [Algorithm::Ed25519, Algorithm::P256].into_iter().find(|a| cose_algorithm(*a) == number);
                let reason = Reason::Expected("algorithm EdDSA (-8) or ES256 (-7)");
                algorithm = Some(known.ok_or(Malformed { at, reason })?);
            }
            Some(KID_LABEL) => kid = Some(Fixed::read(&mut r)?),
            Some(other) => return Err(Malformed { at, reason: Reason::UnknownKey(other) }),
        }
    }
    r.finish()?;
    let missing = |name| Malformed { at: 0, reason: Reason::Missing(name) };
    Ok((algorithm.ok_or(missing("alg"))?, kid.ok_or(missing("kid"))?))
}

/// The bytes that a COSE_Sign1 signs: `["Signature1", protected, external_aad, payload]` (RFC 9052, 4.4).
#[must_use]
pub fn sig_structure(protected: &[u8], external_aad: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(payload.len() + 64);
    w.array(4);
    w.text("Signature1");
    w.bytes(protected);
    w.bytes(external_aad);
    w.bytes(payload);
    w.into_bytes()
}

/// Verifies a signature over `tbs`, the [`sig_structure`].
///
/// # Errors
/// The key is not for COSE, or the signature is wrong.
pub fn verify(key: &PublicKey, tbs: &[u8], signature: &[u8]) -> Result<(), BadProof> {
    if key.purpose != KeyUse::Cose {
        return Err(BadProof::OtherKey);
    }
    verify_raw(key, tbs, signature, EcdsaForm::Fixed)
}
