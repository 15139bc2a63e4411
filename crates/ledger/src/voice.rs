//! The ledger speaking as a source: ticks, seals, quarantine. Its stream is number 1.

use evidence::{Body, Entry, Fact, SourceId, Time};
use tlog::Hash;
use world::World;
use world::streams::StreamKey;

use crate::error::LedgerError;
use crate::keys::LedgerKeys;

/// The ledger's own stream.
const STREAM: u64 = 1;

/// The next entry of the ledger's own stream, stating `fact`. The first one begins the stream.
pub(crate) fn say(
    world: &World,
    keys: &LedgerKeys,
    time: Time,
    fact: impl Into<Fact>,
    reason: Option<String>,
    on_behalf_of: Option<SourceId>,
) -> Result<(Entry, Hash), LedgerError> {
    let source = keys.source_id();
    let head = world.streams().get(&StreamKey { source, stream: STREAM });
    let body = Body {
        source,
        stream: STREAM,
        sequence: head.map_or(0, |h| h.next),
        previous: head.map(|h| h.last),
        time: Some(time),
        beacon: None,
        reason,
        on_behalf_of,
        fact: fact.into(),
    };
    let entry = Entry::sign_cose(body, &keys.source_key(), |message| keys.sign(message));
    let entry = entry.map_err(|e| LedgerError::BadKey(format!("an entry of the ledger itself: {e}")))?;
    let hash = entry.hash();
    Ok((entry, hash))
}
