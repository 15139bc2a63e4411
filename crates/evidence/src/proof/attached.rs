//! Signatures that facts carry beside the entry's own proof: possession of a key, a stream's next key, a recovery.
//!
//! What is signed is always one deterministic CBOR array whose first item names the purpose, so that no such signature
//! can be taken for another, for an entry's or for a person's. Any kind of key can make it:
//!
//! - COSE: the 64 bytes of a COSE_Sign1 signature, protected header as in entries, purpose as external data
//! - SSH: an SSHSIG blob, purpose as namespace
//! - WebAuthn: [`webauthn::Parts`], challenge SHA-256 over the array
//!
//! Not here: whether the key is the right one, and persons' statements, which are text (see `statement`).

use alloc::vec::Vec;

use sha2::{Digest, Sha256};
use tlog::Hash;

use super::{BadProof, cose, ssh, webauthn};
use crate::cbor::Writer;
use crate::entry::kid;
use crate::facts::log::Recovered;
use crate::keys::{KeyUse, PublicKey};
use crate::source::SourceId;
use crate::types::Bytes;
use crate::wire::Field;

/// Something to be signed, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    purpose: &'static str,
    message: Vec<u8>,
}

impl Attached {
    fn new(purpose: &'static str, items: usize, write: impl FnOnce(&mut Writer)) -> Self {
        let mut w = Writer::with_capacity(128);
        w.array(1 + items);
        w.text(purpose);
        write(&mut w);
        Self { purpose, message: w.into_bytes() }
    }

    /// Whoever enrols a source or gives it another key held that key:
    /// `["vouchsafe-possession@v1", origin, source, ? UDI]`. The UDI is there when the fact states one.
    #[must_use]
    pub fn possession(origin: &str, source: &SourceId, udi: Option<&str>) -> Self {
        Self::new("vouchsafe-possession@v1", 2 + usize::from(udi.is_some()), |w| {
            w.text(origin);
            source.write(w);
            if let Some(udi) = udi {
                w.text(udi);
            }
        })
    }

    /// A source's standing key vouches for the key of a stream from the next place on:
    /// `["vouchsafe-stream-key@v1", origin, source, stream, sequence, public key]`. The sequence is that of the entry that
    /// says `StreamKeyChanged`, so that an old certificate cannot bring an old key back.
    #[must_use]
    pub fn stream_key(origin: &str, source: &SourceId, stream: u64, sequence: u64, key: &PublicKey) -> Self {
        Self::new("vouchsafe-stream-key@v1", 5, |w| {
            w.text(origin);
            source.write(w);
            w.uint(stream);
            w.uint(sequence);
            key.write(w);
        })
    }

    /// The recovery key starts a successor log: `["vouchsafe-recovery@v1", the content of Recovered]`, its signature
    /// empty.
    #[must_use]
    pub fn recovery(fact: &Recovered) -> Self {
        let unsigned = Recovered { signature: Bytes::default(), ..fact.clone() };
        Self::new("vouchsafe-recovery@v1", 1, |w| unsigned.write(w))
    }

    /// The array itself.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The bytes that a COSE key signs.
    #[must_use]
    pub fn cose_signed(&self, key: &PublicKey) -> Vec<u8> {
        let header = cose::protected_header(key.algorithm, &kid(&key.id()));
        cose::sig_structure(&header, self.purpose.as_bytes(), &self.message)
    }

    /// The bytes that an SSH key signs.
    #[must_use]
    pub fn ssh_signed(&self) -> Vec<u8> {
        ssh::signed_data(self.purpose, &self.message)
    }

    /// The challenge of a WebAuthn assertion.
    #[must_use]
    pub fn challenge(&self) -> Hash {
        Hash(Sha256::digest(&self.message).into())
    }

    /// Verifies a signature over it.
    ///
    /// # Errors
    /// It is of another kind than the key, malformed, for another purpose, or wrong.
    pub fn verify(&self, key: &PublicKey, signature: &[u8]) -> Result<(), BadProof> {
        match key.purpose {
            KeyUse::Cose => cose::verify(key, &self.cose_signed(key), signature),
            KeyUse::Ssh | KeyUse::SshSk => ssh::verify(key, self.purpose, &self.message, signature).map(drop),
            KeyUse::WebAuthn => webauthn::verify_parts(key, &self.challenge(), signature).map(drop),
        }
    }
}
