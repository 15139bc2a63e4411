//! Who has said how much: the head of every stream, its gaps, its forks, and where each of its entries stands.
//!
//! A stream is a chain: each entry names the hash of the one before. Devices may leave gaps (a finding) and fill them
//! later; everyone else must continue exactly where the stream ends. Not here: signatures and keys.

mod codec;
mod places;
mod places_concern;

use evidence::{Body, PublicKey, SourceId, SourceKind};
use tlog::Hash;

use crate::concern::{BadState, Concern, State};
use crate::cow::CowMap;
use places::Places;
pub use places_concern::StreamPlaces;

/// Most open gaps of one stream. A device that leaves more has lost its store and starts another stream.
pub const MAX_GAPS: usize = 64;
/// Largest place that is accepted: whoever counts that far starts another stream.
pub const MAX_SEQUENCE: u64 = 1 << 62;
/// Most forks of one stream that are kept. One proves that the key is in other hands too; more add nothing.
pub const MAX_FORKS: usize = 4;

/// A stream of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamKey {
    /// Whose.
    pub source: SourceId,
    /// Which of its streams.
    pub stream: u64,
}

/// Places that a device counted and has not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// First missing place.
    pub from: u64,
    /// Number of missing places.
    pub count: u64,
    /// Hash of the entry before the gap; `None` if the gap begins the stream.
    pub before: Option<Hash>,
    /// Hash that the last missing entry must have, as the entry after the gap names it.
    pub after: Hash,
    /// Index of the entry after the gap: since when it is known.
    pub since: u64,
}

/// The head of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Place that comes next.
    pub next: u64,
    /// Hash of its last entry in the log.
    pub last: Hash,
    /// Index of that entry.
    pub last_index: u64,
    /// Entries of it, those rolled up included.
    pub entries: u64,
    /// Places at its end whose entries were rolled up: the log counts them, and does not hold them.
    pub rolled: u64,
    /// Open gaps, by place.
    pub gaps: Vec<Gap>,
    /// The other sides of its forks: index of the `Equivocated` entry, and hash of the entry it keeps.
    pub forks: Vec<(u64, Hash)>,
    /// Index of the entry that closed it.
    pub closed: Option<u64>,
    /// The key it is signed with, where that is not the source's own, and the index it holds from.
    pub key: Option<(u64, PublicKey)>,
}

/// Pieces of a stream that are durable and not in the log yet: they follow its last entry without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// Place that comes after them.
    pub next: u64,
    /// Hash of the last of them.
    pub last: Hash,
}

/// Where an entry would stand in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The next place.
    Next,
    /// After a gap of that many places; devices only.
    AfterGap(u64),
    /// Inside a gap; devices only.
    InGap,
    /// A place that is taken, at this index: the same entry again or an equivocation, as the hashes say.
    Taken(u64),
    /// Not the next place, and not a device.
    OutOfOrder {
        /// The place that comes next.
        next: u64,
    },
    /// A place whose entry was rolled up; devices only. Which entry that was, whoever holds it knows.
    Rolled,
    /// The next place, but the previous entry it names is another one.
    OtherPrevious,
    /// The stream is closed.
    Closed,
    /// The stream has as many gaps as it may have.
    TooManyGaps,
}

/// Every stream.
#[derive(Debug, Clone, Default)]
pub struct Streams {
    /// Heads apart from the map, whose nodes are never full.
    map: CowMap<StreamKey, Box<Stream>>,
    pub(crate) places: StreamPlaces,
}

impl Streams {
    /// The head of a stream.
    #[must_use]
    pub fn get(&self, key: &StreamKey) -> Option<&Stream> {
        self.map.get(key).map(AsRef::as_ref)
    }

    /// Number of streams.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether nobody has spoken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The streams of one source.
    pub fn of_source(&self, source: SourceId) -> impl Iterator<Item = (&StreamKey, &Stream)> {
        let from = self.map.range_from(StreamKey { source, stream: 0 });
        from.take_while(move |(k, _)| k.source == source).map(|(k, stream)| (k, stream.as_ref()))
    }

    /// Every stream, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&StreamKey, &Stream)> {
        self.map.iter().map(|(k, stream)| (k, stream.as_ref()))
    }

    /// Index of the entry at a place.
    #[must_use]
    pub fn index_of(&self, key: &StreamKey, sequence: u64) -> Option<u64> {
        self.places.get(key, sequence)
    }

    /// Where an entry would stand, after pieces that are not in the log yet. The places of those pieces are for whoever
    /// holds them to know.
    #[must_use]
    pub fn place_after(&self, body: &Body, hash: &Hash, ahead: Option<&Ahead>) -> Place {
        let Some(ahead) = ahead else { return self.place(body, hash) };
        match body.sequence.checked_sub(ahead.next) {
            None => self.place(body, hash),
            Some(_) if body.sequence > MAX_SEQUENCE => Place::OutOfOrder { next: ahead.next },
            Some(0) if body.previous == Some(ahead.last) => Place::Next,
            Some(0) => Place::OtherPrevious,
            Some(missing) => Place::AfterGap(missing),
        }
    }

    /// Where an entry would stand.
    #[must_use]
    pub fn place(&self, body: &Body, hash: &Hash) -> Place {
        let key = StreamKey { source: body.source, stream: body.stream };
        let device = body.source.kind() == SourceKind::Device;
        if body.sequence > MAX_SEQUENCE {
            return Place::OutOfOrder { next: self.map.get(&key).map_or(0, |s| s.next) };
        }
        let Some(stream) = self.map.get(&key) else {
            return match (body.sequence, device) {
                (0, _) => Place::Next,
                (n, true) => Place::AfterGap(n),
                (_, false) => Place::OutOfOrder { next: 0 },
            };
        };
        if let Some(index) = self.index_of(&key, body.sequence) {
            return Place::Taken(index);
        }
        match body.sequence.checked_sub(stream.next) {
            // What was said before it was closed, and comes late, fills its gap all the same.
            Some(_) if stream.closed.is_some() => Place::Closed,
            // What it follows was rolled up: whoever holds that knows the hash (see `place_after`).
            Some(0) if stream.rolled > 0 => Place::Next,
            Some(0) if body.previous == Some(stream.last) => Place::Next,
            Some(0) => Place::OtherPrevious,
            Some(_) if !device => Place::OutOfOrder { next: stream.next },
            Some(_) if stream.gaps.len() >= MAX_GAPS => Place::TooManyGaps,
            Some(missing) => Place::AfterGap(missing),
            None => stream.place_in_gap(body, hash),
        }
    }

    /// Takes an entry that is in the log.
    pub(crate) fn take(&mut self, index: u64, body: &Body, hash: Hash) {
        let key = StreamKey { source: body.source, stream: body.stream };
        if self.index_of(&key, body.sequence).is_some() {
            return; // A place is taken once.
        }
        if self.is_rolled(&key, body.sequence) {
            self.places.put(key, body.sequence, index);
            if let Some(stream) = self.map.get_mut(&key)
                && body.sequence.saturating_add(1) == stream.next
            {
                (stream.last, stream.last_index, stream.rolled) = (hash, index, 0);
            }
            return; // Counted before.
        }
        self.places.put(key, body.sequence, index);
        let Some(stream) = self.map.get_mut(&key) else {
            let gaps = Gap::before(body, 0, None, index).into_iter().collect();
            let stream = Stream {
                next: body.sequence.saturating_add(1),
                last: hash,
                last_index: index,
                entries: 1,
                rolled: 0,
                gaps,
                forks: Vec::new(),
                closed: None,
                key: None,
            };
            self.map.insert(key, Box::new(stream));
            return;
        };
        stream.entries += 1;
        if body.sequence < stream.next {
            stream.fill(body, hash, index);
        } else {
            let before = (stream.rolled == 0).then_some(stream.last);
            stream.gaps.extend(Gap::before(body, stream.next, before, index));
            stream.next = body.sequence.saturating_add(1);
            stream.rolled = 0;
            stream.last = hash;
            stream.last_index = index;
        }
    }

    /// Whether the entry at a place was rolled up and is not in the log.
    #[must_use]
    pub fn is_rolled(&self, key: &StreamKey, sequence: u64) -> bool {
        let below =
            |s: &Stream| sequence < s.next && !s.gaps.iter().any(|g| (g.from..g.end()).contains(&sequence));
        self.index_of(key, sequence).is_none() && self.get(key).is_some_and(below)
    }

    /// Counts entries at the end of a stream that were rolled up.
    pub(crate) fn attend(&mut self, key: &StreamKey, pieces: u64) {
        if let Some(stream) = self.map.get_mut(key) {
            stream.next = stream.next.saturating_add(pieces);
            stream.entries = stream.entries.saturating_add(pieces);
            stream.rolled = stream.rolled.saturating_add(pieces);
        }
    }

    pub(crate) fn close(&mut self, index: u64, key: &StreamKey) {
        if let Some(stream) = self.map.get_mut(key) {
            stream.closed = stream.closed.or(Some(index));
        }
    }

    pub(crate) fn change_key(&mut self, index: u64, key: &StreamKey, to: &PublicKey) {
        if let Some(stream) = self.map.get_mut(key) {
            stream.key = Some((index + 1, to.clone()));
        }
    }

    pub(crate) fn forked(&mut self, index: u64, key: &StreamKey, second: Hash) {
        if let Some(stream) = self.map.get_mut(key) {
            stream.forks.push((index, second));
        }
    }
}

impl Gap {
    /// The place after the gap.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.from.saturating_add(self.count)
    }

    /// The gap that `body` leaves behind it, when `next` was due.
    fn before(body: &Body, next: u64, before: Option<Hash>, since: u64) -> Option<Self> {
        let count = body.sequence.checked_sub(next).filter(|n| *n > 0)?;
        Some(Self { from: next, count, before, after: body.previous?, since })
    }
}

impl Stream {
    /// Index of the entry that keeps this other side already, or that shall do for it because there are enough.
    #[must_use]
    pub fn fork_kept(&self, second: &Hash) -> Option<u64> {
        let known = self.forks.iter().find(|(_, hash)| hash == second);
        let enough = if self.forks.len() >= MAX_FORKS { self.forks.last() } else { None };
        known.or(enough).map(|(index, _)| *index)
    }

    fn place_in_gap(&self, body: &Body, hash: &Hash) -> Place {
        let Some(gap) = self.gaps.iter().find(|g| (g.from..g.end()).contains(&body.sequence)) else {
            return Place::Rolled;
        };
        let first_fits = body.sequence > gap.from || body.previous == gap.before;
        let last_fits = body.sequence.saturating_add(1) < gap.end() || *hash == gap.after;
        match (first_fits, last_fits) {
            (true, true) if self.gaps.len() >= MAX_GAPS => Place::TooManyGaps,
            (true, true) => Place::InGap,
            _ => Place::OtherPrevious,
        }
    }

    /// Takes an entry into the gap it belongs to; what remains of the gap stands on either side of it.
    fn fill(&mut self, body: &Body, hash: Hash, index: u64) {
        let Some(at) = self.gaps.iter().position(|g| (g.from..g.end()).contains(&body.sequence)) else {
            return;
        };
        let gap = self.gaps.remove(at);
        let end = gap.end();
        let rest = Gap {
            from: body.sequence + 1,
            count: end - body.sequence - 1,
            before: Some(hash),
            ..gap.clone()
        };
        let head = Gap {
            count: body.sequence - gap.from,
            after: body.previous.unwrap_or(gap.after),
            since: gap.since.max(index),
            ..gap
        };
        for part in [rest, head].into_iter().filter(|g| g.count > 0) {
            self.gaps.insert(at, part);
        }
    }
}

impl Concern for Streams {
    fn freeze(&mut self) {
        self.map.freeze();
    }
    fn thaw(&mut self) {
        self.map.thaw();
    }
    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        let after = after.map(StreamKey::from_bytes).transpose()?;
        let pairs = self.map.frozen_after(after.as_ref(), limit);
        Ok(pairs.into_iter().map(|(k, v)| State { key: k.bytes(), value: v.encode() }).collect())
    }
    fn restore(&mut self, state: &State) -> Result<(), BadState> {
        let key = StreamKey::from_bytes(&state.key)?;
        let stream = Stream::decode(&state.value).map_err(BadState::Value)?;
        self.map.insert(key, Box::new(stream));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
