//! The beginning of a log: its first entry, signed by the ledger's own key, fixes what never changes.

use std::sync::Arc;

use evidence::facts::log::{Clock as ClockKind, Genesis};
use evidence::{KeyId, PublicKey, SourceId, SourceKind, Time};
use tlog::tile::Edge;
use tlog::{Checkpoint, Hash, leaf_hash};
use world::World;

use crate::error::LedgerError;
use crate::keys::LedgerKeys;
use crate::ports::{Appended, Batch, Guard, Log};
use crate::voice;

/// Prefix that the origin of a simulated log has and no other has.
pub const SIMULATED: &str = "simulated.";

/// What a new log is made from.
pub struct Init {
    /// Printed name of the first administrator.
    pub administrator_name: String,
    /// The administrator's key.
    pub administrator_key: PublicKey,
    /// Key that can start a successor.
    pub recovery_key: PublicKey,
    /// Whose clock the ticks follow.
    pub clock: ClockKind,
    /// When the log is made.
    pub created: Time,
    /// Most seconds that a tick may jump ahead.
    pub tick_bound: u64,
    /// 32 random bytes.
    pub salt: Hash,
}

/// A log that was just made.
pub struct NewLog {
    /// The first administrator.
    pub administrator: SourceId,
    /// The administrator's key.
    pub administrator_key: KeyId,
    /// The first checkpoint.
    pub checkpoint: Arc<str>,
}

impl Init {
    /// Makes the log: the guard, and the one durable entry that it names. What fails or is interrupted can be done again
    /// with the same keys and guard.
    ///
    /// # Errors
    /// There is a log already, a key cannot be used, the origin contradicts the clock, or the store fails.
    pub fn run(self, log: &dyn Log, guard: &dyn Guard, keys: &LedgerKeys) -> Result<NewLog, LedgerError> {
        if let Some(head) = log.head()? {
            return Err(LedgerError::LogExists(head.size));
        }
        let origin = keys.checkpoint.name().to_owned();
        if origin.starts_with(SIMULATED) != (self.clock == ClockKind::Simulated) {
            return Err(LedgerError::BadKey(format!(
                "the origin `{origin}` must begin with `{SIMULATED}` exactly when the clock is simulated"
            )));
        }
        for key in [&self.administrator_key, &self.recovery_key] {
            key.check().map_err(|e| LedgerError::BadKey(e.to_string()))?;
        }
        let administrator = SourceId::derive(SourceKind::Person, &self.administrator_key)
            .ok_or(LedgerError::BadKey("a person's key".into()))?;
        let genesis = Genesis {
            origin: origin.clone(),
            log_key: keys.checkpoint.verifier().to_string(),
            recovery_key: self.recovery_key,
            clock: self.clock,
            ledger_key: keys.source_key(),
            administrator,
            administrator_key: self.administrator_key.clone(),
            administrator_name: self.administrator_name,
            created: self.created,
            tick_bound: self.tick_bound,
            salt: self.salt,
        };
        let (entry, _) = voice::say(&World::new(), keys, self.created, genesis, None, None)?;
        let bytes = entry.encode();
        let mut edge = Edge::new();
        edge.append(leaf_hash(&bytes), &mut Vec::new());
        let checkpoint = Checkpoint::new(origin, 1, edge.root()).sign(&keys.checkpoint);
        let checkpoint: Arc<str> =
            checkpoint.map_err(|e| LedgerError::BadKey(e.to_string()))?.to_string().into();
        let batch = Batch {
            first: 0,
            entries: vec![bytes.into()],
            tiles: Vec::new(),
            checkpoint: checkpoint.clone(),
        };
        // The guard first: a log that was begun has one, whenever the process dies. A guard of size 1 whose log has no entry
        // guards nothing yet, and whoever begins again replaces it.
        guard.store(&checkpoint)?;
        match log.append(&batch) {
            Appended::Committed => {}
            Appended::Refused(e) | Appended::Unknown(e) => return Err(e.into()),
        }
        Ok(NewLog { administrator, administrator_key: self.administrator_key.id(), checkpoint })
    }
}
