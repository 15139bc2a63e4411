//! What is not appended but kept: the other side of an equivocation, and what is inadmissible. Not here: what makes an entry
//! one of these (`world::decide`).

use evidence::Entry;
use evidence::facts::log::{QuarantineCause, Quarantined};
use evidence::facts::sources::Equivocated;
use evidence::types::{BlobRef, Bytes, EntryRef};
use world::streams::StreamKey;

use super::Sequencer;
use crate::authenticate::Authenticated;
use crate::committer::Slot;
use crate::error::Rejection;

/// Largest entry that is kept whole inside another one; larger ones become blobs.
const INLINE: usize = 60_000;

impl Sequencer {
    /// Keeps both sides of an equivocation: the one in the log, and the other one inside an entry of the ledger.
    pub(super) fn equivocation(&mut self, first: u64, stored: &Entry, a: &Authenticated) -> Slot {
        let body = a.entry.body();
        let stream = StreamKey { source: body.source, stream: body.stream };
        let kept = self.shared.world().streams().get(&stream).and_then(|s| s.fork_kept(&a.hash));
        if let Some(kept) = kept {
            return Slot::Kept(Rejection::Equivocation { first, kept });
        }
        let (bytes, blob) = match self.keep(&a.bytes) {
            Ok(kept) => kept,
            Err(e) => return Slot::Done(e),
        };
        let fact = Equivocated {
            source: body.source,
            stream: body.stream,
            sequence: body.sequence,
            first: EntryRef { index: first, entry: stored.hash() },
            second: a.hash,
            bytes,
            blob,
        };
        match self.say(fact, None, None) {
            Ok((kept, ..)) => Slot::Kept(Rejection::Equivocation { first, kept }),
            Err(e) => Slot::Done(e),
        }
    }

    pub(super) fn quarantine(&mut self, cause: QuarantineCause, a: &Authenticated) -> Slot {
        let source = a.entry.body().source;
        let kept = self.shared.world().sources().get(&source).and_then(|s| s.quarantine_kept(&a.hash));
        if let Some(kept) = kept {
            return Slot::Kept(Rejection::Quarantined { cause: cause.word(), kept });
        }
        let (bytes, blob) = match self.keep(&a.bytes) {
            Ok(kept) => kept,
            Err(e) => return Slot::Done(e),
        };
        let fact = Quarantined { cause, source, entry: a.hash, bytes, blob };
        match self.say(fact, None, None) {
            Ok((kept, ..)) => Slot::Kept(Rejection::Quarantined { cause: cause.word(), kept }),
            Err(e) => Slot::Done(e),
        }
    }

    /// Bytes to be kept inside an entry, or the blob they were put into.
    fn keep(&self, bytes: &[u8]) -> Result<(Option<Bytes>, Option<BlobRef>), Rejection> {
        if bytes.len() <= INLINE {
            return Ok((Some(Bytes(bytes.to_vec())), None));
        }
        let digest = self.shared.blobs.put(bytes).map_err(|e| Rejection::Unavailable(e.to_string()))?;
        let media_type = "application/cbor".into();
        Ok((None, Some(BlobRef { digest, length: bytes.len() as u64, media_type })))
    }
}
