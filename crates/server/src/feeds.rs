//! Feeds of advisories as the log knows them: when each answered last, and which are stale by log time. For the page of
//! findings, health and metrics.
//!
//! Not here: asking them, which takes a key and is a process of its own (`vouchsafe advisories watch`).

use evidence::Time;
use world::World;
use world::release::Known;

/// Most feeds that are told; more are counted with none of them.
const MAX_FEEDS: usize = 64;

/// A feed at two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Feed {
    /// Its name.
    pub(crate) name: String,
    /// When it was asked last.
    pub(crate) asked: Time,
    /// Entry that says so.
    pub(crate) entry: u64,
    /// When it answered last.
    pub(crate) answered: Option<Time>,
    /// Since when it has been stale, if it is.
    pub(crate) stale: Option<Time>,
    /// Documents of its last answer that could not be read.
    pub(crate) refused: u64,
}

/// The feeds at two moments, by name. Linear in how often they were asked.
pub(crate) fn feeds(world: &World, at: Time, known: u64) -> Vec<Feed> {
    let (clock, journal) = (world.clock(), world.journal());
    let all = world.vulnerabilities().feeds(at, Known::new(known, journal), clock, journal);
    let feed = |f: world::vulnerability::Feed<'_>| Feed {
        name: f.name.to_owned(),
        asked: clock.time_of(f.last.0),
        entry: f.last.0,
        answered: f.reached.map(|index| clock.time_of(index)),
        stale: f.stale_since,
        refused: f.last.1.refused,
    };
    all.take(MAX_FEEDS).map(feed).collect()
}

/// The feeds now, by log time.
pub(crate) fn now(ledger: &ledger::Ledger) -> Vec<Feed> {
    let reading = ledger.read();
    feeds(&reading, reading.clock().time_of(reading.size.saturating_sub(1)), reading.size)
}
