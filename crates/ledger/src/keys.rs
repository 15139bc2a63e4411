//! The two keys the ledger itself holds: one signs checkpoints, one signs the entries it states. Neither is a person's.

use ed25519_dalek::{Signer, SigningKey as Ed25519};
use evidence::{PublicKey, SourceId, SourceKind};
use tlog::SigningKey;
use zeroize::Zeroizing;

use crate::error::LedgerError;

/// Secret keys of the ledger. Erased from memory when dropped; never printed.
pub struct LedgerKeys {
    /// Signs checkpoints; its name is the origin.
    pub checkpoint: SigningKey,
    source: Ed25519,
}

impl std::fmt::Debug for LedgerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LedgerKeys({}, {})", self.checkpoint.name(), self.source_id())
    }
}

impl LedgerKeys {
    /// Keys from two seeds.
    ///
    /// # Errors
    /// The origin cannot name a key.
    pub fn from_seeds(origin: &str, checkpoint: &[u8; 32], source: &[u8; 32]) -> Result<Self, LedgerError> {
        let checkpoint = SigningKey::ed25519(origin, checkpoint)
            .map_err(|e| LedgerError::BadKey(format!("origin: {e}")))?;
        Ok(Self { checkpoint, source: Ed25519::from_bytes(source) })
    }

    /// Public key of the ledger as a source.
    #[must_use]
    pub fn source_key(&self) -> PublicKey {
        PublicKey::ed25519(self.source.verifying_key().to_bytes())
    }

    /// Identifier of the ledger as a source.
    #[must_use]
    pub fn source_id(&self) -> SourceId {
        // `derive` answers for every kind but devices.
        SourceId::derive(SourceKind::Ledger, &self.source_key()).unwrap_or_else(|| SourceId::device([0; 16]))
    }

    /// Signs as the ledger.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.source.sign(message).to_bytes()
    }

    /// Writes both keys as text: the checkpoint key in the form of signed notes, the source's seed in hexadecimal.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let seed: String = self.source.to_bytes().iter().map(|b| format!("{b:02x}")).collect();
        Zeroizing::new(format!("{}\n{}\n", *self.checkpoint.to_skey(), *Zeroizing::new(seed)))
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// The text is something else.
    pub fn from_text(text: &str) -> Result<Self, LedgerError> {
        let bad = |what: &str| LedgerError::BadKey(format!("the key file of the ledger: {what}"));
        let mut lines = text.lines();
        let checkpoint = SigningKey::parse(lines.next().unwrap_or_default());
        let checkpoint = checkpoint.map_err(|e| bad(&format!("line 1: {e}")))?;
        let seed = tlog::Hash::from_hex(lines.next().unwrap_or_default());
        let seed = seed.map_err(|_| bad("line 2 must be 64 hexadecimal digits"))?;
        Ok(Self { checkpoint, source: Ed25519::from_bytes(&seed.0) })
    }
}
