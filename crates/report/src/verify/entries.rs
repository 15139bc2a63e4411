//! The entries of a package: read in order, held to their authors' keys at their own index, followed in their streams, and
//! replayed into the world that the tables of states are computed from.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use evidence::{Entry, Hash, SourceId};
use ledger::claim::Claim;
use tlog::leaf_hash;
use world::Verdict;

use super::Run;
use crate::contents;
use crate::scope::Scope;
use crate::sparse::Sparse;
use crate::table::{Definition, Projector, Records};

/// Entries whose signatures are verified at once.
const BATCH: usize = 4_096;

/// What is known of a stream.
#[derive(Default)]
pub(super) struct Followed {
    /// The place after the last, and the hash of the last.
    next: u64,
    last: Option<Hash>,
    entries: u64,
}

impl Followed {
    /// Whether every place up to the last is here.
    pub(super) const fn whole(&self) -> bool {
        self.entries == self.next
    }
}

/// What the entries amount to.
pub(super) struct Found {
    pub(super) sparse: Sparse,
    pub(super) projector: Projector,
    pub(super) records: Records,
    pub(super) leaves: Vec<(u64, Hash)>,
    pub(super) blobs: BTreeSet<Hash>,
    pub(super) streams: BTreeMap<(SourceId, u64), Followed>,
    pub(super) signatures: u64,
    pub(super) inner: u64,
    /// Whether the first entries up to what was known are all here, each as the log had to take it.
    pub(super) complete: bool,
}

impl<R: Read + Seek> Run<'_, R> {
    /// Reads and verifies every entry; stops at the first that is wrong.
    pub(super) fn entries(&mut self, mut progress: impl FnMut(u64, u64)) -> Found {
        let definitions: Vec<Definition> = self.index.tables.iter().map(|t| t.definition.clone()).collect();
        let complete = self.index.scope == Scope::All && self.index.entries.held == self.index.known.size;
        let mut found = Found {
            sparse: Sparse::default(),
            projector: Projector::new(&definitions),
            records: Records::default(),
            leaves: Vec::new(),
            blobs: BTreeSet::new(),
            streams: BTreeMap::new(),
            signatures: 0,
            inner: 0,
            complete,
        };
        let members: Vec<String> =
            self.archive.names().filter(|n| n.starts_with("entries/")).map(str::to_owned).collect();
        for (n, name) in members.iter().enumerate() {
            if *name != contents::member(n) {
                self.problem(name, "the members that hold entries are not numbered one after the other");
                break;
            }
            let Some(bytes) = self.read(name) else { break };
            let parsed = match contents::parse(&bytes) {
                Ok(parsed) => parsed,
                Err(e) => {
                    self.problem(name, e);
                    break;
                }
            };
            let total = self.index.entries.held;
            let bad = parsed.chunks(BATCH).find_map(|batch| {
                let taken = found.batch(batch, self.index.known.size, self.how.threads);
                progress(found.leaves.len() as u64, total);
                taken.err()
            });
            if let Some((index, what)) = bad {
                self.problem(name, format!("entry {index} is wrong: {what}"));
                break;
            }
        }
        found.complete &= found.leaves.len() as u64 == self.index.known.size;
        found.sparse.stand_at(self.index.known.size);
        found
    }
}

impl Found {
    /// Takes entries up to the first bad one.
    fn batch(&mut self, batch: &[(u64, &[u8])], known: u64, threads: usize) -> Result<(), (u64, String)> {
        let (mut claims, mut bad) = (Vec::with_capacity(batch.len()), None);
        for (index, raw) in batch {
            match self.take(*index, raw, known) {
                Ok(claim) => claims.push(claim),
                Err(what) => {
                    bad = Some((*index, what));
                    break;
                }
            }
        }
        // A wrong signature earlier in the batch comes before whatever stopped the replay.
        if let Some((at, what)) = first_bad(&claims, threads) {
            let index = batch.get(at).map_or(0, |(index, _)| *index);
            return Err((index, what));
        }
        self.signatures += claims.len() as u64;
        self.inner += claims.iter().map(|c| c.inner() as u64).sum::<u64>();
        bad.map_or(Ok(()), Err)
    }

    fn take(&mut self, index: u64, raw: &[u8], known: u64) -> Result<Claim, String> {
        if self.leaves.last().is_some_and(|(last, _)| *last >= index) || index >= known {
            return Err("its index does not ascend, or lies beyond what was known".into());
        }
        let entry = Entry::decode(raw).map_err(|e| e.to_string())?;
        let hash = entry.hash();
        self.sparse.stand_at(index);
        let claim = Claim::of(&self.sparse.world, entry.clone())?;
        if self.complete {
            match self.sparse.world.decide(&entry, &hash, claim.key()) {
                Verdict::Accept => {}
                Verdict::Refuse(refusal) => {
                    return Err(format!("the log should not have taken it: {refusal}"));
                }
                Verdict::Taken { index, .. } => {
                    return Err(format!("its place in the stream is taken by entry {index}"));
                }
                Verdict::Quarantine(cause) => {
                    return Err(format!("the log should not have taken it: {cause}"));
                }
            }
        }
        let body = entry.body();
        let stream = self.streams.entry((body.source, body.stream)).or_default();
        if body.sequence == stream.next && body.previous != stream.last {
            return Err("it does not continue its stream: it names another entry before it".into());
        }
        stream.entries += 1;
        if body.sequence >= stream.next {
            (stream.next, stream.last) = (body.sequence.saturating_add(1), Some(hash));
        }
        self.sparse.apply(&entry, hash);
        let time = self.sparse.world.clock().time_of(index);
        self.projector.take(index, time, &entry);
        self.records.take(index, time, &entry);
        self.leaves.push((index, leaf_hash(raw)));
        body.fact.blobs(&mut |b| {
            self.blobs.insert(b.digest);
        });
        Ok(claim)
    }
}

/// Place of the first claim that does not hold, and why.
fn first_bad(claims: &[Claim], threads: usize) -> Option<(usize, String)> {
    let share = claims.len().div_ceil(threads.max(1)).max(64);
    let one = |n: usize, c: &Claim| c.verify().err().map(|what| (n, what));
    std::thread::scope(|scope| {
        let work = |part: &[Claim]| part.iter().enumerate().find_map(|(n, c)| one(n, c));
        let handles: Vec<_> = claims.chunks(share).map(|part| scope.spawn(move || work(part))).collect();
        let found = handles.into_iter().enumerate().filter_map(|(n, handle)| match handle.join() {
            Ok(found) => found.map(|(at, what)| (n * share + at, what)),
            // A verifier that failed has verified nothing.
            Err(_) => Some((n * share, "its verification failed".into())),
        });
        found.min_by_key(|(at, _)| *at)
    })
}
