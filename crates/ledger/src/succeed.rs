//! The signed way out of doubt: a successor log that keeps the entries at hand and says what is missing (invariant 2).
//!
//! The successor has the same entries up to the recovery, so indices and proofs stay; it has another origin, another log
//! key's name and another ledger key, so nothing it signs contradicts what the predecessor signed, and no place of the old
//! ledger's stream is used twice. The recovery key, kept offline, signs it.

use std::sync::Arc;

use evidence::facts::log::Recovered;
use evidence::types::Bytes;
use evidence::{Entry, Time};
use tlog::{Checkpoint, VerifierKey, leaf_hash};

use crate::attached::checks;
use crate::error::LedgerError;
use crate::keys::LedgerKeys;
use crate::ports::{Appended, Batch, Guard, Log};
use crate::recover::{Loaded, load};
use crate::voice;

/// A successor in the making: what the recovery key must sign.
pub struct Succession {
    /// The fact, its signature empty until the recovery key has signed it.
    pub fact: Recovered,
    loaded: Loaded,
}

impl Succession {
    /// Prepares a successor of the log as it is found. `last_seen` is the newest checkpoint known of the predecessor:
    /// the guard's, a witness's, or the stored one when nothing is missing.
    ///
    /// # Errors
    /// The log cannot be loaded, the checkpoint is not one of its own, or the new keys are not new.
    pub fn prepare(
        log: &dyn Log,
        keys: &LedgerKeys,
        last_seen: &str,
        account: &str,
    ) -> Result<Self, LedgerError> {
        let loaded = load(log, None)?;
        let journal = loaded.world.journal();
        let key = VerifierKey::parse(journal.log_key()).map_err(|e| LedgerError::BadKey(e.to_string()))?;
        let (seen, _) = Checkpoint::open(last_seen.as_bytes(), &key)
            .map_err(|e| LedgerError::BadCheckpoint(format!("the last checkpoint seen: {e}")))?;
        if keys.checkpoint.name() == journal.origin() {
            return Err(LedgerError::BadKey("a successor needs another origin than its predecessor".into()));
        }
        if loaded.world.sources().get(&keys.source_id()).is_some() {
            return Err(LedgerError::BadKey("a successor needs a ledger key that was never used".into()));
        }
        let fact = Recovered {
            origin: keys.checkpoint.name().into(),
            generation: journal.generation() + 1,
            log_key: keys.checkpoint.verifier().to_string(),
            ledger_key: keys.source_key(),
            old_checkpoint: last_seen.into(),
            held: loaded.edge.size(),
            held_root: loaded.edge.root(),
            missing: seen.size.saturating_sub(loaded.edge.size()),
            account: account.into(),
            signature: Bytes::default(),
        };
        Ok(Self { fact, loaded })
    }
}

/// Starts the successor: appends the signed recovery and points the guard at the new log.
///
/// # Errors
/// The recovery key did not sign this, or the store fails. Nothing is changed then.
pub fn succeed(
    log: &dyn Log,
    guard: &dyn Guard,
    keys: &LedgerKeys,
    succession: Succession,
    signature: Vec<u8>,
    now: Time,
) -> Result<Arc<str>, LedgerError> {
    let Succession { mut fact, loaded } = succession;
    fact.signature = Bytes(signature);
    let world = &loaded.world;
    let (entry, hash): (Entry, _) = voice::say(world, keys, now.max(world.now()), fact, None, None)?;
    for check in checks(world, &entry).map_err(LedgerError::Rejected)? {
        check.run().map_err(|e| LedgerError::BadKey(format!("the recovery key's signature: {e}")))?;
    }
    match world.decide(&entry, &hash, &keys.source_key().id()) {
        world::Verdict::Accept => {}
        other => return Err(LedgerError::BadKey(format!("the recovery is not admissible: {other:?}"))),
    }
    let bytes = entry.encode();
    let (mut edge, mut tiles) = (loaded.edge, Vec::new());
    let first = edge.size();
    edge.append(leaf_hash(&bytes), &mut tiles);
    let note = Checkpoint::new(keys.checkpoint.name(), edge.size(), edge.root()).sign(&keys.checkpoint);
    let checkpoint: Arc<str> = note.map_err(|e| LedgerError::BadKey(e.to_string()))?.to_string().into();
    let batch = Batch { first, entries: vec![bytes.into()], tiles, checkpoint: checkpoint.clone() };
    match log.append(&batch) {
        Appended::Committed => {}
        Appended::Refused(e) | Appended::Unknown(e) => return Err(e.into()),
    }
    guard.store(&checkpoint)?;
    Ok(checkpoint)
}
