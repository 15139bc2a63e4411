//! WebAuthn assertions (Web Authentication Level 3, 7.2) whose challenge is an entry hash or a statement's hash.
//!
//! Client data is checked by the limited verification algorithm (5.8.1.2): browsers write `type`, `challenge`, `origin`
//! and `crossOrigin` first and in this order, so a prefix comparison suffices and no JSON parser sees outside input.
//! An assertion made inside another site's frame (`crossOrigin` true) is refused: a person signs on our own page.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use tlog::Hash;

use super::{BadProof, EcdsaForm, verify_raw};
use crate::cbor::{Malformed, Reader, Writer};
use crate::keys::{KeyUse, PublicKey};

/// Most bytes of authenticator data: 37 and extensions.
pub const MAX_AUTHENTICATOR_DATA: usize = 1_024;
/// Most bytes of client data.
pub const MAX_CLIENT_DATA: usize = 2_048;
/// Most bytes of a signature: 72 for ECDSA on P-256 in DER.
pub const MAX_SIGNATURE: usize = 128;

/// What the authenticator said beside the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The user was verified (PIN, fingerprint), not only present.
    pub user_verified: bool,
    /// Signature counter; 0 where the authenticator has none.
    pub counter: u32,
    /// The origin that the browser was on.
    pub origin: String,
}

/// Verifies an assertion over `challenge` under a WebAuthn key, whose scope is the relying party's id.
///
/// # Errors
/// Another kind of key, another challenge or relying party, no user present, or a wrong signature.
pub fn verify(
    key: &PublicKey,
    challenge: &Hash,
    authenticator_data: &[u8],
    client_data: &[u8],
    signature: &[u8],
) -> Result<Assertion, BadProof> {
    let (Some(rp_id), KeyUse::WebAuthn) = (&key.scope, key.purpose) else { return Err(BadProof::OtherKey) };
    let origin = check_client_data(challenge, client_data)?;
    let (rp_hash, rest) = authenticator_data
        .split_first_chunk::<32>()
        .ok_or(BadProof::Malformed("authenticator data too short"))?;
    let (flags, rest) = rest.split_first().ok_or(BadProof::Malformed("authenticator data too short"))?;
    let counter = rest.first_chunk::<4>().ok_or(BadProof::Malformed("authenticator data too short"))?;
    if rp_hash[..] != Sha256::digest(rp_id.as_bytes())[..] {
        return Err(BadProof::Purpose("the relying party"));
    }
    if flags & 1 == 0 {
        return Err(BadProof::NotPresent);
    }
    let mut message = Vec::with_capacity(authenticator_data.len() + 32);
    message.extend_from_slice(authenticator_data);
    message.extend_from_slice(&Sha256::digest(client_data));
    verify_raw(key, &message, signature, EcdsaForm::Der)?;
    Ok(Assertion { user_verified: flags & 4 != 0, counter: u32::from_be_bytes(*counter), origin })
}

/// An assertion as a person's signature over a statement carries it: three byte strings in one CBOR array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Authenticator data.
    pub authenticator_data: Vec<u8>,
    /// Client data, the JSON as the browser made it.
    pub client_data: Vec<u8>,
    /// ASN.1 DER for ECDSA, 64 bytes for Ed25519.
    pub signature: Vec<u8>,
}

impl Parts {
    /// `[authenticator data, client data, signature]`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.client_data.len() + 256);
        w.array(3);
        w.bytes(&self.authenticator_data);
        w.bytes(&self.client_data);
        w.bytes(&self.signature);
        w.into_bytes()
    }

    /// Reads the array, strictly.
    ///
    /// # Errors
    /// Where and why it is none.
    pub fn decode(raw: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(raw);
        r.array_of(3, "[authenticator data, client data, signature]")?;
        let parts = Self {
            authenticator_data: r.bytes(MAX_AUTHENTICATOR_DATA)?.to_vec(),
            client_data: r.bytes(MAX_CLIENT_DATA)?.to_vec(),
            signature: r.bytes(MAX_SIGNATURE)?.to_vec(),
        };
        r.leave();
        r.finish()?;
        Ok(parts)
    }
}

/// Verifies an assertion that a fact carries as [`Parts`].
///
/// # Errors
/// As [`verify`], and bytes that are no [`Parts`].
pub fn verify_parts(key: &PublicKey, challenge: &Hash, parts: &[u8]) -> Result<Assertion, BadProof> {
    let Parts { authenticator_data, client_data, signature } = &Parts::decode(parts)
        .map_err(|_| BadProof::Malformed("not [authenticator data, client data, signature]"))?;
    verify(key, challenge, authenticator_data, client_data, signature)
}

/// The origin, once type and challenge are what they must be.
fn check_client_data(challenge: &Hash, client_data: &[u8]) -> Result<String, BadProof> {
    let rest = client_data
        .strip_prefix(br#"{"type":"webauthn.get","challenge":""#)
        .ok_or(BadProof::Purpose("the type of the client data"))?;
    let rest = rest
        .strip_prefix(Base64UrlUnpadded::encode_string(&challenge.0).as_bytes())
        .ok_or(BadProof::Purpose("the challenge"))?;
    let rest =
        rest.strip_prefix(br#"","origin":""#).ok_or(BadProof::Malformed("client data without an origin"))?;
    let end =
        rest.iter().position(|b| *b == b'"').ok_or(BadProof::Malformed("client data without an origin"))?;
    let origin = rest.get(..end).unwrap_or_default();
    // An origin (RFC 6454) is ASCII and needs no escape; one with a backslash is not what a browser writes.
    if origin.is_empty() || origin.contains(&b'\\') || !origin.is_ascii() {
        return Err(BadProof::Malformed("an origin that browsers do not write"));
    }
    let rest = rest.get(end..).unwrap_or_default().strip_prefix(br#"","crossOrigin":false"#);
    match rest.and_then(|rest| rest.first()) {
        Some(b'}' | b',') => Ok(origin.iter().map(|b| char::from(*b)).collect()),
        _ => Err(BadProof::Purpose("the frame: client data must say `crossOrigin` is false, which")),
    }
}
