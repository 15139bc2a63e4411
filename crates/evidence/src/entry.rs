//! One leaf of the log: a body and the proof of who wrote it.
//!
//! Three forms, told apart by their first byte, each in one canonical encoding:
//!
//! | first byte | form | signs |
//! |---|---|---|
//! | `0xd2` | `18([<<{1: alg, 4: kid}>>, {}, body, signature])`, COSE_Sign1 (RFC 9052, 4.2) | the body |
//! | `0x86` | `[1, kid, body, authenticator data, client data, signature]`, WebAuthn assertion | the entry hash |
//! | `0x83` | `[2, body, SSHSIG blob]`, SSH signature | the entry hash |
//!
//! Not here: which key a source holds at which index; [`Entry::verify`] is given the key.

use alloc::vec::Vec;

use tlog::Hash;

use crate::MAX_ENTRY;
use crate::body::Body;
use crate::cbor::{Malformed, Reader, Reason, Writer};
use crate::keys::{KeyId, PublicKey};
use crate::proof::{BadProof, cose, ssh, webauthn};
use crate::types::{Bytes, Fixed};
use crate::wire::Field;

/// Length of the key hint in a proof: the first bytes of the [`KeyId`].
pub const KID: usize = 8;

/// The proof of authorship around a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// COSE_Sign1 over the body.
    Cose {
        /// The protected header as signed.
        algorithm: crate::keys::Algorithm,
        /// First bytes of the key's id.
        kid: Fixed<KID>,
        /// 64 bytes: Ed25519, or r and s of ECDSA.
        signature: Fixed<64>,
    },
    /// A WebAuthn assertion whose challenge is the entry hash (WebAuthn 3, 7.2).
    WebAuthn {
        /// First bytes of the key's id.
        kid: Fixed<KID>,
        /// Authenticator data.
        authenticator_data: Bytes,
        /// Client data, the JSON as the browser made it.
        client_data: Bytes,
        /// ASN.1 DER for ECDSA, 64 bytes for Ed25519.
        signature: Bytes,
    },
    /// An SSHSIG blob over the entry hash, namespace [`ssh::ENTRY_NAMESPACE`].
    Ssh {
        /// The binary signature, as inside the armour of `ssh-keygen -Y sign`.
        blob: Bytes,
    },
}

/// An entry: its body as decoded and as encoded, and its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    body: Body,
    encoded: Vec<u8>,
    proof: Proof,
}

/// Why bytes are no entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// More than [`MAX_ENTRY`] bytes.
    #[error("{0} bytes, but an entry has at most {MAX_ENTRY}; put larger evidence into a blob")]
    TooLarge(usize),
    /// The proof around the body is not well formed.
    #[error("the envelope is malformed {0}")]
    Envelope(Malformed),
    /// The body is not well formed. Places count from the beginning of the body.
    #[error("the body is malformed {0}")]
    Body(Malformed),
}

impl EntryError {
    /// A stable word for programs, as in `docs/spec/entry.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too-large",
            Self::Envelope(e) | Self::Body(e) => e.reason.code(),
        }
    }
}

/// The body's encoding, once it is known that everyone can read it back.
fn readable(body: &Body) -> Result<Vec<u8>, EntryError> {
    let encoded = body.encode();
    if encoded.len() > MAX_ENTRY {
        return Err(EntryError::TooLarge(encoded.len()));
    }
    Body::decode(&encoded).map_err(EntryError::Body)?;
    Ok(encoded)
}

impl Entry {
    /// Puts a body and its proof together. Whether the proof holds is for [`Self::verify`] to say.
    ///
    /// # Errors
    /// The result could not be read back: it would be larger than [`MAX_ENTRY`], or a value is outside the range of its
    /// field.
    pub fn new(body: Body, proof: Proof) -> Result<Self, EntryError> {
        let encoded = readable(&body)?;
        Self::assemble(body, encoded, proof)
    }

    fn assemble(body: Body, encoded: Vec<u8>, proof: Proof) -> Result<Self, EntryError> {
        let entry = Self { body, encoded, proof };
        let raw = entry.encode();
        if raw.len() > MAX_ENTRY {
            return Err(EntryError::TooLarge(raw.len()));
        }
        read_envelope(&raw).map_err(EntryError::Envelope)?;
        Ok(entry)
    }

    /// Writes and signs with a COSE key the caller holds: `sign` gets the bytes to sign and returns 64 bytes.
    ///
    /// # Errors
    /// As for [`Self::new`]; nothing that could not be read back is signed.
    pub fn sign_cose(
        body: Body,
        key: &PublicKey,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<Self, EntryError> {
        let encoded = readable(&body)?;
        let kid = kid(&key.id());
        let header = cose::protected_header(key.algorithm, &kid);
        let signature = Fixed(sign(&cose::sig_structure(&header, &[], &encoded)));
        Self::assemble(body, encoded, Proof::Cose { algorithm: key.algorithm, kid, signature })
    }

    /// What it says.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The body as it was signed.
    #[must_use]
    pub fn body_bytes(&self) -> &[u8] {
        &self.encoded
    }

    /// How authorship is proven.
    #[must_use]
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// SHA-256 over the body: its identity. The proof is not part of it.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Body::hash(&self.encoded)
    }

    /// Whether `key` may be the one that signed; a hint that saves trying every key of a source.
    #[must_use]
    pub fn hints_at(&self, key: &KeyId, public: &PublicKey) -> bool {
        match &self.proof {
            Proof::Cose { kid: hint, .. } | Proof::WebAuthn { kid: hint, .. } => *hint == kid(key),
            Proof::Ssh { blob } => ssh::names_key(&blob.0, public),
        }
    }

    /// The bytes of the leaf.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.encoded.len() + 128);
        match &self.proof {
            Proof::Cose { algorithm, kid, signature } => {
                w.tag(cose::TAG_SIGN1);
                w.array(4);
                w.bytes(&cose::protected_header(*algorithm, kid));
                w.map(0);
                w.bytes(&self.encoded);
                w.bytes(&signature.0);
            }
            Proof::WebAuthn { kid, authenticator_data, client_data, signature } => {
                w.array(6);
                w.uint(1);
                w.bytes(&kid.0);
                w.bytes(&self.encoded);
                w.bytes(&authenticator_data.0);
                w.bytes(&client_data.0);
                w.bytes(&signature.0);
            }
            Proof::Ssh { blob } => {
                w.array(3);
                w.uint(2);
                w.bytes(&self.encoded);
                w.bytes(&blob.0);
            }
        }
        w.into_bytes()
    }

    /// Reads a leaf strictly: whatever is accepted encodes back to the same bytes.
    ///
    /// # Errors
    /// Where and why the bytes are no entry.
    pub fn decode(raw: &[u8]) -> Result<Self, EntryError> {
        if raw.len() > MAX_ENTRY {
            return Err(EntryError::TooLarge(raw.len()));
        }
        let (encoded, proof) = read_envelope(raw).map_err(EntryError::Envelope)?;
        let body = Body::decode(encoded).map_err(EntryError::Body)?;
        Ok(Self { body, encoded: encoded.to_vec(), proof })
    }

    /// Verifies the proof with `key`, which must also be the one that the proof names. Says nothing about whether the key
    /// was the source's and valid.
    ///
    /// # Errors
    /// The key is another one, or the signature is wrong.
    pub fn verify(&self, key: &PublicKey) -> Result<(), BadProof> {
        // A WebAuthn signature does not cover the hint; without this check a changed one would go unseen.
        if let Proof::Cose { kid: hint, .. } | Proof::WebAuthn { kid: hint, .. } = &self.proof
            && *hint != kid(&key.id())
        {
            return Err(BadProof::OtherKey);
        }
        match &self.proof {
            Proof::Cose { algorithm, kid, signature } => {
                if *algorithm != key.algorithm {
                    return Err(BadProof::OtherKey);
                }
                let header = cose::protected_header(*algorithm, kid);
                cose::verify(key, &cose::sig_structure(&header, &[], &self.encoded), &signature.0)
            }
            Proof::WebAuthn { authenticator_data, client_data, signature, .. } => {
                webauthn::verify(key, &self.hash(), &authenticator_data.0, &client_data.0, &signature.0)
                    .map(drop)
            }
            Proof::Ssh { blob } => ssh::verify(key, ssh::ENTRY_NAMESPACE, &self.hash().0, &blob.0).map(drop),
        }
    }
}

/// The hint of a key: the first bytes of its id.
#[must_use]
pub fn kid(key: &KeyId) -> Fixed<KID> {
    let [a, b, c, d, e, f, g, h, ..] = key.0;
    Fixed([a, b, c, d, e, f, g, h])
}

fn read_envelope(raw: &[u8]) -> Result<(&[u8], Proof), Malformed> {
    let mut r = Reader::new(raw);
    let read = match raw.first() {
        Some(0xd2) => read_cose(&mut r)?,
        Some(0x86) => {
            r.array_of(6, "a WebAuthn entry of six parts")?;
            form(&mut r, 1)?;
            let kid = Fixed::read(&mut r)?;
            let body = r.bytes(MAX_ENTRY)?;
            let authenticator_data = Bytes(r.bytes(webauthn::MAX_AUTHENTICATOR_DATA)?.to_vec());
            let client_data = Bytes(r.bytes(webauthn::MAX_CLIENT_DATA)?.to_vec());
            let signature = Bytes(r.bytes(webauthn::MAX_SIGNATURE)?.to_vec());
            (body, Proof::WebAuthn { kid, authenticator_data, client_data, signature })
        }
        Some(0x83) => {
            r.array_of(3, "an SSH entry of three parts")?;
            form(&mut r, 2)?;
            let body = r.bytes(MAX_ENTRY)?;
            (body, Proof::Ssh { blob: Bytes(r.bytes(ssh::MAX_BLOB)?.to_vec()) })
        }
        Some(_) => {
            return Err(r.bad(Reason::Expected("a COSE_Sign1 (0xd2), WebAuthn (0x86) or SSH (0x83) entry")));
        }
        None => return Err(r.bad(Reason::Truncated)),
    };
    r.finish()?;
    Ok(read)
}

fn form(r: &mut Reader<'_>, want: u64) -> Result<(), Malformed> {
    let at = r.position();
    match r.uint()? {
        n if n == want => Ok(()),
        n => Err(Malformed { at, reason: Reason::UnknownCode("form of proof", n) }),
    }
}

fn read_cose<'a>(r: &mut Reader<'a>) -> Result<(&'a [u8], Proof), Malformed> {
    r.tag()?;
    r.array_of(4, "a COSE_Sign1 of four parts")?;
    let at = r.position();
    let (algorithm, kid) =
        cose::read_protected_header(r.bytes(32)?).map_err(|e| Malformed { at, reason: e.reason })?;
    let at = r.position();
    if r.map()?.next(r)?.is_some() {
        return Err(Malformed { at, reason: Reason::Expected("an empty unprotected header") });
    }
    let body = r.bytes(MAX_ENTRY)?;
    Ok((body, Proof::Cose { algorithm, kid, signature: Fixed::read(r)? }))
}
