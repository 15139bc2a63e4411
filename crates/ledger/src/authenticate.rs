//! The first step: bytes to an entry whose author is proven. Runs on the callers' threads, as many as there are.

use std::sync::Arc;

use evidence::proof::BadProof;
use evidence::{Entry, KeyId, PublicKey};
use tlog::{Hash, leaf_hash};
use world::streams::StreamKey;
use world::{Refusal, World};

use crate::attached::{Check, checks};
use crate::error::Rejection;

/// An entry whose proof of authorship holds under a key that its source had when it came.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The entry.
    pub entry: Entry,
    /// Its bytes as they came.
    pub bytes: Arc<[u8]>,
    /// SHA-256 of its body.
    pub hash: Hash,
    /// RFC 6962 leaf hash.
    pub leaf: Hash,
    /// The key it verified under.
    pub key: KeyId,
    /// The signatures inside its fact that were verified.
    checks: Vec<Check>,
}

/// An entry on its way to the sequencer.
#[derive(Debug)]
pub(crate) enum Item {
    /// Its author is proven.
    Authentic(Box<Authenticated>),
    /// Its source is known and its key is not, or not yet: an entry before it, of the same submission even, may bring the
    /// key. Everything else about it was looked at; the proof is verified in its turn.
    Unkeyed(Arc<[u8]>),
    /// It is not taken.
    Rejected(Rejection),
}

impl Authenticated {
    /// Whether the signatures inside the fact still hold. Keys may have changed since they were verified, by an entry of
    /// the same submission even; whatever the world asks for now and was not verified then is verified now.
    pub(crate) fn still_holds(&self, world: &World) -> Result<(), Rejection> {
        let now = checks(world, &self.entry)?;
        if now == self.checks { Ok(()) } else { run(&now, &self.entry) }
    }
}

fn run(checks: &[Check], entry: &Entry) -> Result<(), Rejection> {
    let bad = |e: BadProof| Rejection::BadAttached(entry.body().fact.name(), e);
    checks.iter().try_for_each(|check| check.run().map_err(bad))
}

/// The key an entry hints at: its stream's own, or one of its source's.
pub(crate) fn key_for(world: &World, entry: &Entry) -> Result<(KeyId, PublicKey), Refusal> {
    let body = entry.body();
    let stream = StreamKey { source: body.source, stream: body.stream };
    if let Some((_, key)) = world.streams().get(&stream).and_then(|s| s.key.as_ref()) {
        let id = key.id();
        if entry.hints_at(&id, key) {
            return Ok((id, key.clone()));
        }
    }
    let source = world.sources().get(&body.source).ok_or(Refusal::UnknownSource(body.source))?;
    let key = source.key_hinted(entry).ok_or(Refusal::UnknownKey(body.source))?;
    Ok((key.id, key.key.clone()))
}

/// What the world says about an entry before it is verified.
pub(crate) struct Asked {
    pub(crate) id: KeyId,
    pub(crate) key: PublicKey,
    /// Signatures inside its fact.
    pub(crate) checks: Vec<Check>,
}

impl Asked {
    pub(crate) fn of(world: &World, entry: &Entry) -> Result<Self, Rejection> {
        let (id, key) = key_for(world, entry).map_err(Rejection::Refused)?;
        Ok(Self { id, key, checks: checks(world, entry)? })
    }
}

/// Parses and verifies; `ask` looks into the world for a moment, the verification runs without it.
pub(crate) fn authenticate(
    bytes: Arc<[u8]>,
    ask: impl FnOnce(&Entry) -> Result<Asked, Rejection>,
) -> Result<Authenticated, Rejection> {
    let entry = Entry::decode(&bytes).map_err(Rejection::Malformed)?;
    let Asked { id, key, checks } = ask(&entry)?;
    entry.verify(&key).map_err(Rejection::BadProof)?;
    run(&checks, &entry)?;
    let (hash, leaf) = (entry.hash(), leaf_hash(&bytes));
    Ok(Authenticated { entry, bytes, hash, leaf, key: id, checks })
}
