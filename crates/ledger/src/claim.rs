//! Who must have signed an entry, as a world says: the key, and the signatures inside its fact. For whoever verifies entries
//! outside a ledger: a package, a mirror.
//!
//! Not here: whether the log should have taken the entry (`World::decide`), trees and checkpoints.

use evidence::{Entry, Fact, KeyId, PublicKey};
use world::World;
use world::streams::StreamKey;

use crate::attached::{Check, checks};
use crate::authenticate::key_for;

/// An entry and everything needed to verify its signatures without the world.
#[derive(Clone, Debug)]
pub struct Claim {
    entry: Entry,
    id: KeyId,
    key: PublicKey,
    checks: Vec<Check>,
}

impl Claim {
    /// The claim of an entry at the index that the world stands at. The first entry, and the first of a successor's ledger,
    /// bring the key they are signed with.
    ///
    /// # Errors
    /// The world knows no such source or key, or the key did not hold at this index.
    pub fn of(world: &World, entry: Entry) -> Result<Self, String> {
        let (id, key) = match &entry.body().fact {
            Fact::Genesis(f) if world.size() == 0 => (f.ledger_key.id(), f.ledger_key.clone()),
            Fact::Recovered(f) => (f.ledger_key.id(), f.ledger_key.clone()),
            _ => key_for(world, &entry).map_err(|e| e.to_string())?,
        };
        if !matches!(entry.body().fact, Fact::Genesis(_) | Fact::Recovered(_)) && !held(world, &entry, &id) {
            return Err("its source did not hold that key at this index".into());
        }
        let checks = checks(world, &entry).map_err(|e| e.to_string())?;
        Ok(Self { entry, id, key, checks })
    }

    /// The entry.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Id of the key that must have signed it.
    #[must_use]
    pub const fn key(&self) -> &KeyId {
        &self.id
    }

    /// Number of signatures inside its fact: persons' statements, proofs of possession, certificates.
    #[must_use]
    pub fn inner(&self) -> usize {
        self.checks.len()
    }

    /// Verifies its proof of authorship and the signatures inside its fact.
    ///
    /// # Errors
    /// Which of them does not hold, and why.
    pub fn verify(&self) -> Result<(), String> {
        self.entry.verify(&self.key).map_err(|e| format!("the proof of authorship does not hold: {e}"))?;
        let inner =
            |check: &Check| check.run().map_err(|e| format!("a signature inside it does not hold: {e}"));
        self.checks.iter().try_for_each(inner)
    }
}

/// Whether the key was the stream's own or one of its source's, at the index that the world stands at.
fn held(world: &World, entry: &Entry, id: &KeyId) -> bool {
    let (body, index) = (entry.body(), world.size());
    let stream = world.streams().get(&StreamKey { source: body.source, stream: body.stream });
    let own =
        stream.and_then(|s| s.key.as_ref()).is_some_and(|(from, key)| *from <= index && key.id() == *id);
    own || world.sources().get(&body.source).is_some_and(|s| s.key_at(id, index).is_some())
}
