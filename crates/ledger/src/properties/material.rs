//! What is read from the log about one entry: its bytes, its path to the root, its neighbours in the stream, and the
//! cosigned checkpoint that holds it.

use std::sync::Arc;

use evidence::{Entry, Hash, Time};
use tlog::policy::Policy;
use tlog::{Checkpoint, Note, VerifierKey, leaf_hash};
use world::streams::StreamKey;

use crate::error::LedgerError;
use crate::ports::{Blobs, Log};
use crate::tree::TreeView;

/// The entry before or after in the same stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Index in the log.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
    /// Hash of the entry before it, as it names it.
    pub previous: Option<Hash>,
}

/// A checkpoint that witnesses cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// Entries it covers.
    pub size: u64,
    /// Witnesses whose cosignature was verified just now, each with the time it states; cosignatures of type ML-DSA-44 may
    /// state none.
    pub verified: Vec<(String, Option<Time>)>,
    /// Names on cosignatures whose keys are not at hand.
    pub unverified: Vec<String>,
}

/// What is read from the log about one entry.
pub struct Material {
    /// Its index.
    pub index: u64,
    /// Size of the log that the answer is for.
    pub known: u64,
    /// The entry.
    pub entry: Entry,
    /// Its bytes.
    pub raw: Arc<[u8]>,
    /// Its leaf hash.
    pub leaf: Hash,
    /// Root of the first `known` entries.
    pub root: Hash,
    /// Inclusion proof of the entry under that root.
    pub proof: Vec<Hash>,
    /// The entry before it in its stream, if it is in the log.
    pub before: Option<Neighbour>,
    /// The entry after it in its stream, if it is in the log.
    pub after: Option<Neighbour>,
    /// The kept cosigned checkpoint, if it holds the entry and lies within `known`.
    pub cosigned: Option<Cosigned>,
    /// The earliest time stamp over a checkpoint that holds the entry; whoever verifies these puts it here.
    pub stamped: Option<TimeStamped>,
}

/// A time stamp over a checkpoint that holds the entry and lies within `known`: verified just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeStamped {
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// The latest moment at which the checkpoint can have come, as the authority states it.
    pub time: Time,
    /// SHA-256 of the authority's certificate, in hexadecimal.
    pub signer: String,
}

impl Material {
    /// Reads what there is about the entry at `index` among the first `known`. `place` says the index of a place of a
    /// stream (see [`world::streams::Streams::index_of`]); `witnesses` are keys to verify cosignatures with.
    ///
    /// # Errors
    /// There is no such entry, or something is damaged.
    pub fn gather(
        log: &dyn Log,
        tree: &TreeView,
        place: &dyn Fn(&StreamKey, u64) -> Option<u64>,
        witnesses: &[VerifierKey],
        index: u64,
        known: u64,
    ) -> Result<Self, LedgerError> {
        let known = known.min(tree.size());
        if index >= known {
            return Err(LedgerError::OutOfRange { what: "entry", got: index, size: known });
        }
        let (entry, raw) = read(log, tree, index)?;
        let body = entry.body();
        let stream = StreamKey { source: body.source, stream: body.stream };
        let neighbour = |sequence: Option<u64>| -> Result<Option<Neighbour>, LedgerError> {
            let Some(index) = sequence.and_then(|s| place(&stream, s)).filter(|i| *i < known) else {
                return Ok(None);
            };
            let (entry, _) = read(log, tree, index)?;
            Ok(Some(Neighbour { index, hash: entry.hash(), previous: entry.body().previous }))
        };
        Ok(Self {
            index,
            known,
            leaf: leaf_hash(&raw),
            root: tree.root_at(known)?,
            proof: tree.inclusion(index, known)?,
            before: neighbour(body.sequence.checked_sub(1))?,
            after: neighbour(body.sequence.checked_add(1))?,
            cosigned: cosigned(log, tree, witnesses)?.filter(|c| index < c.size && c.size <= known),
            stamped: None,
            entry,
            raw,
        })
    }
}

fn read(log: &dyn Log, tree: &TreeView, index: u64) -> Result<(Entry, Arc<[u8]>), LedgerError> {
    let bad = |reason: String| LedgerError::BadEntry { index, reason };
    let raw = log.read(index, 1, 0)?.into_iter().next().ok_or_else(|| bad("it is missing".into()))?;
    if tree.leaf(index)? != leaf_hash(&raw) {
        return Err(bad("its bytes are not those that the tree was made of".into()));
    }
    let entry = Entry::decode(&raw).map_err(|e| bad(e.to_string()))?;
    Ok((entry, raw))
}

/// The kept cosigned checkpoint, with what its lines are worth.
fn cosigned(
    log: &dyn Log,
    tree: &TreeView,
    witnesses: &[VerifierKey],
) -> Result<Option<Cosigned>, LedgerError> {
    let Some(head) = log.cosigned()? else { return Ok(None) };
    let bad = |e: tlog::Error| LedgerError::BadCheckpoint(format!("the cosigned one: {e}"));
    let note = Note::parse(head.checkpoint.as_bytes()).map_err(bad)?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(bad)?;
    if checkpoint.size > tree.size() || tree.root_at(checkpoint.size)? != checkpoint.root {
        return Err(LedgerError::BadCheckpoint(format!(
            "the cosigned one of {} entries is not of this log",
            checkpoint.size
        )));
    }
    let mut out = Cosigned { size: checkpoint.size, verified: Vec::new(), unverified: Vec::new() };
    for signature in note.signatures().iter().filter(|s| s.name() != checkpoint.origin) {
        let time = witnesses.iter().find_map(|key| tlog::cosignature::verify(&note, signature, key).ok());
        match time {
            Some(time) => out.verified.push((signature.name().to_owned(), time.and_then(Time::from_seconds))),
            None => out.unverified.push(signature.name().to_owned()),
        }
    }
    Ok(Some(out))
}

/// Keys of the witnesses that a policy document names; none if there is none or it cannot be read. `policy` is its digest
/// (see [`world::journal::Journal::policy`]).
#[must_use]
pub fn witness_keys(policy: Option<Hash>, blobs: &dyn Blobs) -> Vec<VerifierKey> {
    let document = policy.and_then(|digest| blobs.get(&digest).ok().flatten());
    let policy = document.and_then(|bytes| Policy::parse(&bytes).ok());
    policy.map_or_else(Vec::new, |p| p.witnesses().iter().map(|w| w.key.clone()).collect())
}
