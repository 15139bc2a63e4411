//! Evidence that is durable and not in the log yet, as far as it must be known to take the next one: by stream, the places of
//! the pieces that are held, and the hash of the last. Not here: when they are rolled up (`sequencer::rolling`), and the
//! pieces themselves, which are in the store.
//!
//! A piece is *fresh* until a roll call counts it, and *counted* from then on until it is pruned or logged besides. Fresh
//! pieces follow the last entry of their stream without a gap: whatever a device says that cannot be staged is logged only
//! after its fresh pieces are.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use evidence::{Entry, SourceId, Time};
use tlog::{Hash, leaf_hash};
use world::World;
use world::fleet::Present;
use world::streams::{Ahead, StreamKey};

use crate::error::LedgerError;
use crate::ports::Log;

/// Pieces read at once.
const CHUNK: usize = 1_024;

/// A piece that no roll call has counted.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    pub(crate) sequence: u64,
    /// Its place in the store.
    pub(crate) place: u64,
    pub(crate) hash: Hash,
    pub(crate) leaf: Hash,
    /// Not made before.
    pub(crate) not_before: Time,
    pub(crate) arrived: Time,
}

/// What is held of one stream.
#[derive(Debug)]
pub(crate) struct Run {
    /// Sequence and place of the pieces that were counted and are not in the log, in order.
    pub(crate) counted: VecDeque<(u64, u64)>,
    /// Those that follow.
    pub(crate) fresh: VecDeque<Fresh>,
    /// Hash of the last piece that was ever held, which is the last entry of the stream or was.
    pub(crate) last: Hash,
    /// Log time of its arrival.
    pub(crate) arrived: Time,
}

/// Where a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Fresh { hash: Hash },
    Counted { place: u64 },
}

/// Every stream of which pieces are held.
#[derive(Debug, Default)]
pub(crate) struct Staging {
    pub(crate) runs: BTreeMap<StreamKey, Run>,
    /// Number of fresh pieces.
    pub(crate) fresh: usize,
    /// The place that the next piece gets in the store.
    pub(crate) next_place: u64,
    /// Below this place everything is durable.
    pub(crate) durable: u64,
}

impl Staging {
    /// Reads what is held, in the light of the log: what is in it needs no holding any more.
    pub(crate) fn load(log: &dyn Log, world: &World) -> Result<Self, LedgerError> {
        let mut staging = Self { next_place: log.stage(&[])?, ..Self::default() };
        staging.durable = staging.next_place;
        let mut from = 0;
        loop {
            let pieces = log.staged(from, CHUNK)?;
            let Some(last) = pieces.last() else { return Ok(staging) };
            from = last.place + 1;
            for piece in &pieces {
                let bad = |reason: String| LedgerError::BadPiece { place: piece.place, reason };
                let entry = Entry::decode(&piece.bytes).map_err(|e| bad(e.to_string()))?;
                if !staging.hold(world, &entry, leaf_hash(&piece.bytes), piece.place) {
                    // It was never acknowledged, or stands in the log.
                    tracing::debug!(place = piece.place, "a staged piece that need not be held");
                }
            }
        }
    }

    /// Holds a piece that was found in the store, if it has to be.
    fn hold(&mut self, world: &World, entry: &Entry, leaf: Hash, place: u64) -> bool {
        let (body, hash) = (entry.body(), entry.hash());
        let key = StreamKey { source: body.source, stream: body.stream };
        let Some(stream) = world.streams().get(&key) else { return false };
        let arrived = world.now();
        if world.streams().is_rolled(&key, body.sequence) {
            let run = self.run(key);
            run.counted.push_back((body.sequence, place));
            (run.last, run.arrived) = (hash, arrived);
            return true;
        }
        let ahead = self.ahead(&key, world).unwrap_or(Ahead { next: stream.next, last: stream.last });
        let follows = body.sequence == ahead.next && body.previous == Some(ahead.last);
        if let Some(not_before) = world.not_before(body).filter(|_| follows) {
            let fresh = Fresh { sequence: body.sequence, place, hash, leaf, not_before, arrived };
            self.push(key, fresh);
            return true;
        }
        false
    }

    fn run(&mut self, key: StreamKey) -> &mut Run {
        self.runs.entry(key).or_insert_with(|| Run {
            counted: VecDeque::new(),
            fresh: VecDeque::new(),
            last: Hash([0; 32]),
            arrived: Time::EPOCH,
        })
    }

    /// Takes a fresh piece.
    pub(crate) fn push(&mut self, key: StreamKey, fresh: Fresh) {
        self.fresh += 1;
        let run = self.run(key);
        (run.last, run.arrived) = (fresh.hash, fresh.arrived);
        run.fresh.push_back(fresh);
    }

    /// The pieces that an entry of this stream would come after, if its last ones are not in the log.
    pub(crate) fn ahead(&self, key: &StreamKey, world: &World) -> Option<Ahead> {
        let run = self.runs.get(key)?;
        if let Some(last) = run.fresh.back() {
            return Some(Ahead { next: last.sequence + 1, last: run.last });
        }
        let stream = world.streams().get(key).filter(|s| s.rolled > 0)?;
        let held = run.counted.back().is_some_and(|(sequence, _)| sequence + 1 == stream.next);
        held.then_some(Ahead { next: stream.next, last: run.last })
    }

    /// The piece at a place of a stream, if it is held.
    pub(crate) fn find(&self, key: &StreamKey, sequence: u64) -> Option<Found> {
        let run = self.runs.get(key)?;
        if let Some(first) = run.fresh.front()
            && let Some(at) = sequence.checked_sub(first.sequence)
        {
            let fresh = run.fresh.get(usize::try_from(at).ok()?)?;
            return Some(Found::Fresh { hash: fresh.hash });
        }
        let at = run.counted.binary_search_by_key(&sequence, |(s, _)| *s).ok()?;
        run.counted.get(at).map(|(_, place)| Found::Counted { place: *place })
    }

    /// Who was heard, after a stream: of at most `most` streams, the pieces that are durable, below a place.
    pub(crate) fn present(
        &self,
        after: Option<&StreamKey>,
        durable: u64,
        most: usize,
    ) -> (Vec<StreamKey>, Vec<Present>) {
        let (mut keys, mut all) = (Vec::new(), Vec::new());
        for (key, run) in self.after(after) {
            let pieces = run.fresh.partition_point(|f| f.place < durable);
            let Some(last) = pieces.checked_sub(1).and_then(|at| run.fresh.get(at)) else { continue };
            keys.push(*key);
            all.push(Present {
                device: key.source,
                pieces: pieces as u64,
                not_before: last.not_before,
                arrived: last.arrived,
            });
            if all.len() >= most {
                break;
            }
        }
        (keys, all)
    }

    /// The first pieces of a stream were counted.
    pub(crate) fn count(&mut self, key: &StreamKey, pieces: usize) {
        let Some(run) = self.runs.get_mut(key) else { return };
        let pieces = pieces.min(run.fresh.len());
        run.counted.extend(run.fresh.drain(..pieces).map(|f| (f.sequence, f.place)));
        self.fresh -= pieces;
    }

    /// Up to `most` streams after one.
    pub(crate) fn keys(&self, after: Option<&StreamKey>, most: usize) -> Vec<StreamKey> {
        self.after(after).take(most).map(|(key, _)| *key).collect()
    }

    fn after(&self, after: Option<&StreamKey>) -> impl Iterator<Item = (&StreamKey, &Run)> {
        self.runs.range::<StreamKey, _>((after.map_or(Unbounded, Excluded), Unbounded))
    }

    /// Holds the counted pieces of a stream below a place no more, and says how many they were.
    pub(crate) fn prune(&mut self, key: &StreamKey, below: u64) -> u64 {
        let Some(run) = self.runs.get_mut(key) else { return 0 };
        let mut pruned = 0;
        while run.counted.front().is_some_and(|(_, place)| *place < below) {
            run.counted.pop_front();
            pruned += 1;
        }
        if run.counted.is_empty() && run.fresh.is_empty() {
            self.runs.remove(key);
        }
        pruned
    }

    /// The streams of a source with fresh pieces.
    pub(crate) fn fresh_of(&self, source: SourceId) -> Vec<StreamKey> {
        let from = StreamKey { source, stream: 0 };
        let own = self.runs.range(from..).take_while(|(key, _)| key.source == source);
        own.filter(|(_, run)| !run.fresh.is_empty()).map(|(key, _)| *key).collect()
    }
}

/// Pieces on their way to the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces {
    /// Place of the first.
    pub(crate) first: u64,
    pub(crate) pieces: Vec<Arc<[u8]>>,
}

impl Pieces {
    pub(crate) fn at(&self, place: u64) -> Option<Arc<[u8]>> {
        self.pieces.get(usize::try_from(place.checked_sub(self.first)?).ok()?).cloned()
    }
}
