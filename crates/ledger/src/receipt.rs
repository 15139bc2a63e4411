//! What the ledger answers when an entry is in the log.

use std::sync::Arc;

use evidence::Entry;
use evidence::facts::fleet::Appraised;
use tlog::{Checkpoint, Hash, Note};

/// How far an entry has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Durable, but not in the log yet.
    Staged,
    /// Durable and in the log, under a signed checkpoint.
    Durable,
    /// As durable, and the checkpoint has the cosignatures that the policy asks for.
    Witnessed,
}

impl Level {
    /// The word for machines and people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Durable => "durable",
            Self::Witnessed => "witnessed",
        }
    }
}

/// Where an entry stands, and the proof that it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Index in the log.
    pub index: u64,
    /// SHA-256 of the body: the entry's identity.
    pub entry: Hash,
    /// RFC 6962 leaf hash over the whole entry as stored.
    pub leaf: Hash,
    /// Size of the tree that the proof is for.
    pub size: u64,
    /// Signed checkpoint at that size, a note.
    pub checkpoint: Arc<str>,
    /// Inclusion proof, leaf's sibling first.
    pub proof: Vec<Hash>,
    /// How far the entry has come.
    pub level: Level,
    /// The entry was in the log before it came this time.
    pub repeated: bool,
    /// The verdict on a device's evidence, passed when it was taken: in the log, as the entry after it, where it differs
    /// from the device's last one. Not for repeats.
    pub appraised: Option<Arc<Appraised>>,
}

impl Receipt {
    /// The receipt as a C2SP tlog-proof file.
    ///
    /// # Errors
    /// The checkpoint is not a signed note.
    pub fn to_packet(&self) -> Result<String, tlog::Error> {
        let note = Note::parse(self.checkpoint.as_bytes())?;
        let packet = tlog::packet::LogProof {
            extra: None,
            index: self.index,
            hashes: self.proof.clone(),
            checkpoint: note,
        };
        Ok(packet.to_string())
    }

    /// Verifies the receipt against the entry and the log's key.
    ///
    /// # Errors
    /// The checkpoint is not signed by the key, or the proof does not lead to its root.
    pub fn verify(&self, entry: &Entry, key: &tlog::VerifierKey) -> Result<(), tlog::Error> {
        let (checkpoint, _) = Checkpoint::open(self.checkpoint.as_bytes(), key)?;
        let leaf = tlog::leaf_hash(&entry.encode());
        tlog::proof::verify_inclusion(self.index, checkpoint.size, &leaf, &self.proof, &checkpoint.root)
            .map_err(tlog::Error::Proof)
    }
}
