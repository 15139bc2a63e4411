//! Bytes of the states of this concern: what is sealed and what a snapshot holds.

use evidence::cbor::{Malformed, Reader, Reason, Writer};
use evidence::source::MAX_SOURCE;
use evidence::{Field, PublicKey, SourceId};
use tlog::Hash;

use super::{Gap, MAX_GAPS, Stream, StreamKey};
use crate::concern::BadState;
use crate::sources::{get_option, put_option};

/// Identifier padded with zeros, its length, the stream: of one length, so that the order of the bytes is that of the keys.
const KEY: usize = MAX_SOURCE + 1 + 8;

impl StreamKey {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let id = self.source.as_bytes();
        let mut out = Vec::with_capacity(KEY);
        out.extend_from_slice(id);
        out.resize(MAX_SOURCE, 0);
        // An identifier has at most 33 bytes.
        out.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(&self.stream.to_be_bytes());
        out
    }

    pub(super) fn from_bytes(raw: &[u8]) -> Result<Self, BadState> {
        let (id, rest) = raw.split_at_checked(MAX_SOURCE).ok_or(BadState::Key)?;
        let (len, stream) = rest.split_first().ok_or(BadState::Key)?;
        let id = id.get(..usize::from(*len)).ok_or(BadState::Key)?;
        let key = Self {
            source: SourceId::from_bytes(id).map_err(|_| BadState::Key)?,
            stream: u64::from_be_bytes(stream.try_into().map_err(|_| BadState::Key)?),
        };
        // One stream, one key: what stands in the padding would be another one.
        if key.bytes() == raw { Ok(key) } else { Err(BadState::Key) }
    }
}

impl Stream {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(64);
        w.array(if self.rolled > 0 { 9 } else { 8 });
        w.uint(self.next);
        self.last.write(&mut w);
        w.uint(self.last_index);
        w.uint(self.entries);
        w.array(self.gaps.len());
        for gap in &self.gaps {
            w.array(5);
            w.uint(gap.from);
            w.uint(gap.count);
            put_option(&mut w, gap.before.as_ref());
            gap.after.write(&mut w);
            w.uint(gap.since);
        }
        w.array(self.forks.len());
        for (index, second) in &self.forks {
            w.array(2);
            w.uint(*index);
            second.write(&mut w);
        }
        put_option(&mut w, self.closed.as_ref());
        w.array(if self.key.is_some() { 2 } else { 0 });
        if let Some((from, key)) = &self.key {
            w.uint(*from);
            key.write(&mut w);
        }
        if self.rolled > 0 {
            w.uint(self.rolled);
        }
        w.into_bytes()
    }

    pub(super) fn decode(raw: &[u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(raw);
        let parts = r.array(9)?;
        if parts < 8 {
            return Err(r.bad(Reason::Expected("a stream of eight or nine parts")));
        }
        let (next, last) = (r.uint()?, Hash::read(&mut r)?);
        let (last_index, entries) = (r.uint()?, r.uint()?);
        let n = r.array(MAX_GAPS + 1)?;
        let mut gaps = Vec::with_capacity(n);
        for _ in 0..n {
            r.array_of(5, "a gap of five parts")?;
            gaps.push(Gap {
                from: r.uint()?,
                count: r.uint()?,
                before: get_option(&mut r)?,
                after: Hash::read(&mut r)?,
                since: r.uint()?,
            });
            r.leave();
        }
        r.leave();
        let n = r.array(usize::MAX)?;
        let mut forks = Vec::new();
        for _ in 0..n {
            r.array_of(2, "an index and a hash")?;
            forks.push((r.uint()?, Hash::read(&mut r)?));
            r.leave();
        }
        r.leave();
        let closed = get_option(&mut r)?;
        let key = match r.array(2)? {
            0 => None,
            2 => Some((r.uint()?, PublicKey::read(&mut r)?)),
            _ => return Err(r.bad(Reason::Expected("nothing, or an index and a key"))),
        };
        r.leave();
        let rolled = if parts == 9 { r.uint()? } else { 0 };
        if parts == 9 && rolled == 0 {
            return Err(r.bad(Reason::OutOfRange("a number of none is left out")));
        }
        r.leave();
        r.finish()?;
        Ok(Self { next, last, last_index, entries, rolled, gaps, forks, closed, key })
    }
}
