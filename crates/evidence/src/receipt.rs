//! COSE receipts (RFC 9942) with the structure RFC9162_SHA256: the log's own signature over a root, with a proof that leads to
//! it. The profile is specified in `docs/spec/receipt.md`; whatever else a COSE receipt may be is refused.
//!
//! Pure: bytes in, bytes out. Which keys are trusted is the caller's to know. Proof arithmetic is in `tlog`.

mod wire;

use alloc::string::String;
use alloc::vec::Vec;

use tlog::note::KeyId;
use tlog::proof::{ProofError, root_from_inclusion, verify_consistency};
use tlog::{Checkpoint, Hash, Note, SigningKey, VerifierKey};

use crate::cbor::Malformed;
use crate::proof::cose::sig_structure;

/// Largest receipt accepted, in bytes: a cosigned checkpoint at its bound, and a proof beside it.
pub const MAX_RECEIPT: usize = tlog::note::MAX_NOTE_BYTES + 8_192;

/// Most hashes in a path: the depth of the largest tree, or a consistency proof of one.
pub const MAX_PATH: usize = 64;

/// What a receipt proves about the root that it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An entry stands at this index (RFC 9942, 5.2).
    Inclusion {
        /// Index of the entry.
        index: u64,
        /// From the leaf's sibling upwards; never empty.
        path: Vec<Hash>,
    },
    /// The tree of `old` entries is a prefix of the signed one (RFC 9942, 5.3).
    Consistency {
        /// Entries of the older tree, at least one.
        old: u64,
        /// As RFC 9162, 2.1.4, orders it; never empty.
        path: Vec<Hash>,
    },
}

impl Proof {
    /// The hashes.
    #[must_use]
    pub fn path(&self) -> &[Hash] {
        match self {
            Self::Inclusion { path, .. } | Self::Consistency { path, .. } => path,
        }
    }
}

/// Why a receipt is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The bytes are no receipt of this profile.
    #[error("byte {}: {}", .0.at, .0.reason)]
    Malformed(Malformed),
    /// The proof does not lead to the root of anything.
    #[error("the proof does not hold: {0}")]
    Proof(ProofError),
    /// It proves something else than was asked.
    #[error("it is a receipt of {found}, not of {asked}")]
    OtherProof {
        /// What it is.
        found: &'static str,
        /// What was asked.
        asked: &'static str,
    },
    /// Its key hint and origin are those of another key.
    #[error("it was signed for {origin} by the key {kid}, which is not the one given")]
    OtherKey {
        /// Origin that it states.
        origin: String,
        /// Key ID that it states.
        kid: KeyId,
    },
    /// The signature does not cover the root that the proof leads to: entry, proof, size, signature or key is another one.
    #[error("the log's signature does not cover the root that the entry and the proof lead to")]
    BadSignature,
    /// The checkpoint it carries is not of the same head.
    #[error("the checkpoint that it carries states another origin, size or root")]
    OtherCheckpoint,
    /// The key cannot sign it.
    #[error("{0}")]
    Key(tlog::Error),
}

/// A receipt: what the log signed, and the proof that leads to it. `decode` takes exactly what `encode` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The log's origin (CWT claim `iss`).
    pub origin: String,
    /// Key ID of the log's verifier key, as signed notes derive it (`kid`).
    pub kid: KeyId,
    /// Entries in the signed tree.
    pub size: u64,
    /// What is proven.
    pub proof: Proof,
    /// The checkpoint that states the same head, with its cosignatures. Unsigned by the receipt: its lines sign for themselves.
    pub checkpoint: Option<String>,
    signature: [u8; 64],
}

impl Receipt {
    /// Signs the head that `note` states, which the log must have signed before as a checkpoint: a receipt never says more.
    /// `carry` puts that checkpoint into the receipt.
    ///
    /// # Errors
    /// The note is no checkpoint by this key's log, the key cannot sign, or the path is empty or longer than [`MAX_PATH`].
    pub fn sign(note: &Note, proof: Proof, carry: bool, key: &SigningKey) -> Result<Self, ReceiptError> {
        let head = Checkpoint::parse(note.text()).map_err(ReceiptError::Key)?;
        if head.origin != key.name() {
            return Err(ReceiptError::OtherCheckpoint);
        }
        wire::check(head.size, &proof).map_err(ReceiptError::Malformed)?;
        let kid = key.verifier().id();
        let signed = to_be_signed(&head.origin, kid, head.size, &head.root);
        let signature = key.sign_foreign(&signed).map_err(ReceiptError::Key)?;
        let checkpoint = carry.then(|| alloc::format!("{note}"));
        Ok(Self { origin: head.origin, kid, size: head.size, proof, checkpoint, signature })
    }

    /// The COSE_Sign1, tagged, in deterministic CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads a receipt of this profile.
    ///
    /// # Errors
    /// Anything that [`Receipt::encode`] would not write, or larger than [`MAX_RECEIPT`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ReceiptError> {
        wire::decode(bytes).map_err(ReceiptError::Malformed)
    }

    /// Verifies that the entry with this leaf hash is in the log at the index that the receipt states, and gives the root. The
    /// order of RFC 9942, 5.2.1: the proof gives the payload, then the signature is checked over it.
    ///
    /// # Errors
    /// It does not hold; the error says why.
    pub fn verify_inclusion(&self, leaf: &Hash, key: &VerifierKey) -> Result<Hash, ReceiptError> {
        let Proof::Inclusion { index, path } = &self.proof else {
            return Err(ReceiptError::OtherProof { found: "consistency", asked: "inclusion" });
        };
        let root = root_from_inclusion(*index, self.size, leaf, path).map_err(ReceiptError::Proof)?;
        self.signed(&root, key)?;
        Ok(root)
    }

    /// Verifies that the signed tree of `root` extends the one of `old_root`. A proof of consistency needs both roots; the newer
    /// one comes from the checkpoint that the receipt carries, or another way.
    ///
    /// # Errors
    /// It does not hold; the error says why.
    pub fn verify_consistency(
        &self,
        old_root: &Hash,
        root: &Hash,
        key: &VerifierKey,
    ) -> Result<(), ReceiptError> {
        let Proof::Consistency { old, path } = &self.proof else {
            return Err(ReceiptError::OtherProof { found: "inclusion", asked: "consistency" });
        };
        self.signed(root, key)?;
        verify_consistency(*old, self.size, path, old_root, root).map_err(ReceiptError::Proof)
    }

    /// The checkpoint that the receipt carries, if it states the head that the receipt is about. Its signatures are unverified.
    ///
    /// # Errors
    /// It is no checkpoint, or of another head.
    pub fn carried(&self) -> Result<Option<(Note, Checkpoint)>, ReceiptError> {
        let Some(text) = &self.checkpoint else { return Ok(None) };
        let note = Note::parse(text.as_bytes()).map_err(ReceiptError::Key)?;
        let head = Checkpoint::parse(note.text()).map_err(ReceiptError::Key)?;
        if head.origin != self.origin || head.size != self.size {
            return Err(ReceiptError::OtherCheckpoint);
        }
        Ok(Some((note, head)))
    }

    fn signed(&self, root: &Hash, key: &VerifierKey) -> Result<(), ReceiptError> {
        if key.name() != self.origin || key.id() != self.kid {
            return Err(ReceiptError::OtherKey { origin: self.origin.clone(), kid: self.kid });
        }
        let signed = to_be_signed(&self.origin, self.kid, self.size, root);
        if !key.verify_foreign(&signed, &self.signature) {
            return Err(ReceiptError::BadSignature);
        }
        match self.carried()? {
            Some((_, head)) if head.root != *root => Err(ReceiptError::OtherCheckpoint),
            _ => Ok(()),
        }
    }
}

/// The bytes that the log signs: the `Sig_structure` over the protected header and the root, which is detached.
fn to_be_signed(origin: &str, kid: KeyId, size: u64, root: &Hash) -> Vec<u8> {
    sig_structure(&wire::protected(origin, kid, size), &[], root.as_bytes())
}
