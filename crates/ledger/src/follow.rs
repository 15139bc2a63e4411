//! Following the log from an index: what rules, matchers, events and mirrors do, each at its own pace.
//!
//! A follower has an applied index of its own; whoever relies on what it made names that index. It sees durable entries
//! only, each once and in order, and a slow one costs the write path nothing.

use std::sync::Arc;
use std::time::Duration;

use evidence::Entry;

use crate::error::LedgerError;
use crate::ledger::Ledger;

/// Entries read at once.
const PIECE: usize = 512;
/// Bytes read at once.
const PIECE_BYTES: usize = 4 << 20;

/// A place in the log from which entries are followed.
pub struct Follower {
    ledger: Arc<Ledger>,
    next: u64,
}

impl Follower {
    /// Follows from index `from` on.
    #[must_use]
    pub const fn new(ledger: Arc<Ledger>, from: u64) -> Self {
        Self { ledger, next: from }
    }

    /// Index of the entry that comes next: everything before it has been seen.
    #[must_use]
    pub const fn applied(&self) -> u64 {
        self.next
    }

    /// The next durable entries with their indices; none if nothing has come within `timeout`.
    ///
    /// # Errors
    /// The store cannot be read, or an entry is damaged. The place stays: the same call can be made again.
    pub fn next(&mut self, timeout: Duration) -> Result<Vec<(u64, Entry)>, LedgerError> {
        let size = self.ledger.wait_beyond(self.next, timeout);
        if size <= self.next {
            return Ok(Vec::new());
        }
        let most = usize::try_from(size - self.next).unwrap_or(usize::MAX).min(PIECE);
        let raw = self.ledger.log().read(self.next, most, PIECE_BYTES)?;
        let mut entries = Vec::with_capacity(raw.len());
        for (index, bytes) in (self.next..size).zip(&raw) {
            let entry =
                Entry::decode(bytes).map_err(|e| LedgerError::BadEntry { index, reason: e.to_string() })?;
            entries.push((index, entry));
        }
        self.next += entries.len() as u64;
        Ok(entries)
    }
}
