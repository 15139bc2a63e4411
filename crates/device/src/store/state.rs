//! What the store knows beside the queue itself, and how each record changes it. Pure; written whole at the head of every
//! page and whenever something other than the queue changes.

use alloc::string::String;
use alloc::vec::Vec;

use evidence::cbor::{Malformed, Reader, Reason, Writer};
use evidence::facts::sources::GapCause;
use evidence::{Body, Fact, Field};
use tlog::Hash;

use crate::trust::{MAX_LOG_KEY, Trust};

/// Most ranges of dropped places that wait to be reported.
pub(crate) const MAX_DROPS: usize = 6;
/// Most certificates that are kept when the page they stand in is given up.
pub(crate) const MAX_CARRIED: usize = 8;
/// Most damaged stretches of the queue that are remembered while they are in it.
pub(crate) const MAX_HOLES: usize = 4;
/// Largest encoded state in bytes; the golden test of this module holds it to that.
#[cfg(test)]
pub(crate) const MAX_STATE: usize = 1_152;
const VERSION: u64 = 1;

/// The stream that the device speaks in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Current {
    /// Its number.
    pub(crate) stream: u64,
    /// Id of its alias key.
    pub(crate) key: Hash,
    /// Generation of the log that its certificate is for.
    pub(crate) generation: u64,
    /// The place that comes next.
    pub(crate) next: u64,
    /// Hash of the last entry.
    pub(crate) last: Hash,
    /// Separate gaps that were reported in it.
    pub(crate) gaps: u64,
    /// Place after the last gap that was reported in it.
    pub(crate) gap_end: u64,
}

/// Places that were dropped and not reported yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// Of which stream.
    pub(crate) stream: u64,
    /// First place.
    pub(crate) from: u64,
    /// Number of places.
    pub(crate) count: u64,
    /// Why.
    pub(crate) cause: GapCause,
}

/// Where an earlier stream ended that has something to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its number.
    pub(crate) stream: u64,
    /// The place that comes next.
    pub(crate) next: u64,
    /// Hash of the last entry.
    pub(crate) last: Hash,
    /// An entry after the last may have been sent and cannot be read any more: nothing more is written in this stream.
    pub(crate) spoiled: bool,
}

/// The table of dropped ranges is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyDrops;

/// Everything beside the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    /// Starts of the device.
    pub(crate) boots: u64,
    /// Number that the next entry of the queue gets.
    pub(crate) number: u64,
    /// First number that is not settled.
    pub(crate) first: u64,
    /// The stream in use.
    pub(crate) current: Option<Current>,
    /// What is believed of the log.
    pub(crate) trust: Option<Trust>,
    /// What is to be reported.
    pub(crate) drops: Vec<Dropped>,
    /// Ends of earlier streams with something to report.
    pub(crate) heads: Vec<Head>,
    /// Numbers of the queue that cannot be read, from and to, and are in `drops` already.
    pub(crate) holes: Vec<(u64, u64)>,
    /// Numbers before `first` that are kept nevertheless: certificates.
    pub(crate) carried: Vec<u64>,
}

impl State {
    /// Takes an entry that was appended to the queue.
    pub(crate) fn take(&mut self, body: &Body, hash: Hash, number: u64) {
        self.number = number + 1;
        if let (Fact::StreamKeyChanged(f), 0) = (&body.fact, body.sequence) {
            self.end_stream(false);
            self.current = Some(Current {
                stream: body.stream,
                key: f.key.id(),
                generation: self.trust.as_ref().map_or(0, |t| t.generation),
                next: 1,
                last: hash,
                gaps: 0,
                gap_end: 0,
            });
            // What cannot be reported where it belongs is in the reason of this entry.
            let spoiled: Vec<u64> = self.heads.iter().filter(|h| h.spoiled).map(|h| h.stream).collect();
            self.drops.retain(|d| !spoiled.contains(&d.stream));
            self.heads.retain(|h| !h.spoiled);
            return;
        }
        let report = if let Fact::GapReported(f) = &body.fact { Some(f) } else { None };
        if let Some(c) = self.current.as_mut().filter(|c| c.stream == body.stream) {
            c.next = body.sequence + 1;
            c.last = hash;
            if let Some(f) = report {
                c.gaps += u64::from(c.gap_end == 0 || f.from > c.gap_end);
                c.gap_end = c.gap_end.max(f.from.saturating_add(f.count));
            }
        }
        if let Some(h) = self.heads.iter_mut().find(|h| h.stream == body.stream) {
            h.next = body.sequence + 1;
            h.last = hash;
        }
        if let Some(f) = report {
            self.drops.retain(|d| (d.stream, d.from, d.count) != (body.stream, f.from, f.count));
            let drops = &self.drops;
            self.heads.retain(|h| drops.iter().any(|d| d.stream == h.stream));
        }
    }

    /// Leaves the stream in use. Its end is kept if there is something to report about it.
    pub(crate) fn end_stream(&mut self, spoiled: bool) {
        let Some(c) = self.current.take() else { return };
        if spoiled || self.drops.iter().any(|d| d.stream == c.stream) {
            self.heads.push(Head { stream: c.stream, next: c.next, last: c.last, spoiled });
        }
    }

    /// Notes places that are gone; ranges that touch or overlap become one.
    ///
    /// # Errors
    /// There is no room for another range. The state is as if nothing had been called only for the caller's copy.
    pub(crate) fn drop_range(&mut self, mut new: Dropped) -> Result<(), TooManyDrops> {
        if new.count == 0 {
            return Ok(());
        }
        // At most MAX_DROPS rounds: each takes a range out.
        while let Some(at) = self.drops.iter().position(|d| {
            (d.stream, d.cause) == (new.stream, new.cause)
                && d.from <= new.from.saturating_add(new.count)
                && new.from <= d.from.saturating_add(d.count)
        }) {
            let old = self.drops.remove(at);
            let end = (old.from + old.count).max(new.from + new.count);
            new.from = old.from.min(new.from);
            new.count = end - new.from;
        }
        if self.drops.len() >= MAX_DROPS {
            return Err(TooManyDrops);
        }
        self.drops.push(new);
        Ok(())
    }

    /// Settles the queue up to a number.
    pub(crate) fn settle(&mut self, first: u64) {
        self.first = self.first.max(first);
        let first = self.first;
        self.holes.retain(|(_, to)| *to > first);
    }

    /// Its deterministic CBOR.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(384);
        w.array(10);
        for n in [VERSION, self.boots, self.number, self.first] {
            w.uint(n);
        }
        match &self.current {
            None => w.array(0),
            Some(c) => {
                w.array(7);
                w.uint(c.stream);
                w.bytes(&c.key.0);
                w.uint(c.generation);
                w.uint(c.next);
                w.bytes(&c.last.0);
                w.uint(c.gaps);
                w.uint(c.gap_end);
            }
        }
        match &self.trust {
            None => w.array(0),
            Some(t) => {
                w.array(3 + usize::from(t.root.is_some()));
                w.text(&t.log_key);
                w.uint(t.generation);
                w.uint(t.size);
                if let Some(root) = &t.root {
                    w.bytes(&root.0);
                }
            }
        }
        w.array(self.drops.len());
        for d in &self.drops {
            w.array(4);
            w.uint(d.stream);
            w.uint(d.from);
            w.uint(d.count);
            d.cause.write(&mut w);
        }
        w.array(self.heads.len());
        for h in &self.heads {
            w.array(4);
            w.uint(h.stream);
            w.uint(h.next);
            w.bytes(&h.last.0);
            w.bool(h.spoiled);
        }
        w.array(2 * self.holes.len());
        for (from, to) in &self.holes {
            w.uint(*from);
            w.uint(*to);
        }
        w.array(self.carried.len());
        for n in &self.carried {
            w.uint(*n);
        }
        w.into_bytes()
    }

    /// Reads what [`Self::encode`] wrote.
    pub(crate) fn decode(raw: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(raw);
        r.array_of(10, "a state")?;
        let at = r.position();
        let version = r.uint()?;
        if version != VERSION {
            return Err(Malformed { at, reason: Reason::UnknownCode("version", version) });
        }
        let mut s = Self { boots: r.uint()?, number: r.uint()?, first: r.uint()?, ..Self::default() };
        if r.array(7)? == 7 {
            s.current = Some(Current {
                stream: r.uint()?,
                key: Hash::read(&mut r)?,
                generation: r.uint()?,
                next: r.uint()?,
                last: Hash::read(&mut r)?,
                gaps: r.uint()?,
                gap_end: r.uint()?,
            });
        }
        r.leave();
        let n = r.array(4)?;
        if n >= 3 {
            let log_key = String::from(r.text(MAX_LOG_KEY)?);
            let (generation, size) = (r.uint()?, r.uint()?);
            let root = if n == 4 { Some(Hash::read(&mut r)?) } else { None };
            s.trust = Some(Trust { log_key, generation, size, root });
        }
        r.leave();
        for _ in 0..r.array(MAX_DROPS)? {
            r.array_of(4, "a dropped range")?;
            let (stream, from, count) = (r.uint()?, r.uint()?, r.uint()?);
            s.drops.push(Dropped { stream, from, count, cause: GapCause::read(&mut r)? });
            r.leave();
        }
        r.leave();
        for _ in 0..r.array(MAX_DROPS + 1)? {
            r.array_of(4, "the end of a stream")?;
            let (stream, next, last) = (r.uint()?, r.uint()?, Hash::read(&mut r)?);
            s.heads.push(Head { stream, next, last, spoiled: r.bool()? });
            r.leave();
        }
        r.leave();
        for _ in 0..r.array(2 * MAX_HOLES)? / 2 {
            s.holes.push((r.uint()?, r.uint()?));
        }
        r.leave();
        for _ in 0..r.array(MAX_CARRIED)? {
            s.carried.push(r.uint()?);
        }
        r.leave();
        r.finish()?;
        Ok(s)
    }
}

#[cfg(test)]
mod tests;
