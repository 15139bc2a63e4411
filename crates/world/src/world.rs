//! The world itself: its concerns, and the one way they change.

use evidence::{Body, Entry, Fact, KeyId, SourceId, SourceKind, Time};
use tlog::Hash;

use crate::clock::Clock;
use crate::concern::{BadState, Concern, State};
use crate::decide::{Verdict, decide};
use crate::design::{Design, DesignView};
use crate::fleet::{Arrival, Fleet, FleetView};
use crate::journal::Journal;
use crate::release::Releases;
use crate::sources::Sources;
use crate::streams::{StreamKey, Streams};
use crate::vulnerability::Vulnerabilities;

/// Version of `apply` in this program. A log whose epoch is higher needs a newer program.
pub const APPLY_VERSION: u64 = 1;

/// Names of the concerns, sorted: the order in which they are sealed.
pub const CONCERNS: [&str; 9] =
    ["clock", "design", "fleet", "journal", "places", "releases", "sources", "streams", "vulnerabilities"];

/// What the first `size` entries of the log amount to.
#[derive(Debug, Clone, Default)]
pub struct World {
    size: u64,
    clock: Clock,
    design: Design,
    fleet: Fleet,
    journal: Journal,
    releases: Releases,
    sources: Sources,
    streams: Streams,
    vulnerabilities: Vulnerabilities,
    frozen_at: Option<u64>,
}

impl World {
    /// The world before the first entry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of entries applied.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Log time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Log time, now and then.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The log's own facts.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Who may speak.
    #[must_use]
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Who has said how much.
    #[must_use]
    pub const fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Every release.
    #[must_use]
    pub const fn releases(&self) -> &Releases {
        &self.releases
    }

    /// Every advisory, decision and statement.
    #[must_use]
    pub const fn vulnerabilities(&self) -> &Vulnerabilities {
        &self.vulnerabilities
    }

    /// Every record.
    #[must_use]
    pub const fn design(&self) -> &Design {
        &self.design
    }

    /// The records at a time as known after `known` entries.
    #[must_use]
    pub fn design_at(&self, at: Time, known: u64) -> DesignView<'_> {
        DesignView::new(self, at, known)
    }

    /// Every device.
    #[must_use]
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The fleet at a time as known after `known` entries.
    #[must_use]
    pub fn fleet_at(&self, at: Time, known: u64) -> FleetView<'_> {
        FleetView::new(self, at, known)
    }

    /// Seconds from the tick of a body's beacon to the log time of `index`; `None` without a beacon. A beacon of an
    /// earlier generation counts as far as its log was kept.
    pub(crate) fn age_of(&self, body: &Body, index: u64) -> Option<u64> {
        let beacon = body.beacon.as_ref()?;
        let kept = self.journal.recoveries().iter().find(|(_, r)| r.generation > beacon.generation);
        let size = kept.map_or(beacon.size, |(_, r)| beacon.size.min(r.held)).min(index);
        let seen = size.checked_sub(1).map_or(Time::EPOCH, |last| self.clock.time_of(last));
        Some(self.clock.time_of(index).since(seen))
    }

    /// Whether an entry may be appended now; see [`decide`].
    #[must_use]
    pub fn decide(&self, entry: &Entry, hash: &Hash, key: &KeyId) -> Verdict {
        decide(self, entry, hash, key)
    }

    /// Hash of the entry at a place, where the head tells; older ones are read from the log.
    #[must_use]
    pub fn entry_hash(&self, key: &StreamKey, sequence: u64) -> Option<Hash> {
        self.streams.get(key).filter(|s| s.next == sequence + 1).map(|s| s.last)
    }

    /// Takes the next entry of the log. Total: whatever stands in a log has an outcome, the same for everyone.
    pub fn apply(&mut self, entry: &Entry, hash: Hash) {
        let index = self.size;
        let body = entry.body();
        self.size += 1;
        self.journal.count(body.fact.tag());
        match &body.fact {
            Fact::Genesis(f) => self.clock.tick(index, f.created),
            Fact::Tick(f) => self.clock.tick(index, f.time),
            _ => {}
        }
        self.journal.take(index, &body.fact);
        self.apply_to_sources(index, &body.fact);
        self.releases.take(index, hash, &body.fact);
        self.vulnerabilities.take(index, hash, body);
        self.design.take(index, hash, &body.fact);
        self.fleet.take(&Arrival { index, age: self.age_of(body, index) }, body);
        self.streams.take(index, body, hash);
        let stream = StreamKey { source: body.source, stream: body.stream };
        match &body.fact {
            Fact::StreamClosed(_) => self.streams.close(index, &stream),
            Fact::StreamKeyChanged(f) => self.streams.change_key(index, &stream, &f.key),
            Fact::Equivocated(f) => {
                self.streams.forked(index, &StreamKey { source: f.source, stream: f.stream }, f.second);
            }
            _ => {}
        }
    }

    fn apply_to_sources(&mut self, index: u64, fact: &Fact) {
        match fact {
            Fact::Genesis(f) => {
                if let Some(ledger) = SourceId::derive(SourceKind::Ledger, &f.ledger_key) {
                    self.sources.enrol_ledger(index, ledger, &f.ledger_key);
                }
                let roles = ["administrator".to_owned()];
                self.sources.enrol(
                    index,
                    f.administrator,
                    &f.administrator_key,
                    &f.administrator_name,
                    &roles,
                );
            }
            Fact::Recovered(f) => {
                if let Some(ledger) = SourceId::derive(SourceKind::Ledger, &f.ledger_key) {
                    self.sources.enrol_ledger(index, ledger, &f.ledger_key);
                }
            }
            Fact::SourceEnrolled(f) => self.sources.enrolled(index, f),
            Fact::DeviceEnrolled(f) => {
                self.sources.enrol(index, f.device, &f.key, f.serial.as_deref().unwrap_or(""), &[]);
            }
            Fact::DeviceReenrolled(f) => self.sources.replace_key(index, &f.device, Some(&f.old), &f.key),
            Fact::KeyRotated(f) => self.sources.rotated(index, f),
            Fact::KeyRevoked(f) => self.sources.revoked(index, f),
            Fact::SourceRenamed(f) => self.sources.renamed(index, f),
            Fact::SourceSuspended(f) => self.sources.suspended(index, &f.source, true),
            Fact::SourceReinstated(f) => self.sources.suspended(index, &f.source, false),
            Fact::RolesChanged(f) => self.sources.roles_changed(index, f),
            Fact::TokenIssued(f) => self.sources.token_issued(index, f),
            Fact::TokenRevoked(f) => self.sources.token_revoked(index, &f.token),
            Fact::Quarantined(f) => self.sources.quarantined(index, &f.source, f.entry),
            _ => {}
        }
    }

    fn concern(&self, name: &str) -> Result<&dyn Concern, BadState> {
        match name {
            "clock" => Ok(&self.clock),
            "design" => Ok(&self.design),
            "fleet" => Ok(&self.fleet),
            "journal" => Ok(&self.journal),
            "places" => Ok(&self.streams.places),
            "releases" => Ok(&self.releases),
            "sources" => Ok(&self.sources),
            "streams" => Ok(&self.streams),
            "vulnerabilities" => Ok(&self.vulnerabilities),
            _ => Err(BadState::Concern(name.into())),
        }
    }

    fn concern_mut(&mut self, name: &str) -> Result<&mut dyn Concern, BadState> {
        match name {
            "clock" => Ok(&mut self.clock),
            "design" => Ok(&mut self.design),
            "fleet" => Ok(&mut self.fleet),
            "journal" => Ok(&mut self.journal),
            "places" => Ok(&mut self.streams.places),
            "releases" => Ok(&mut self.releases),
            "sources" => Ok(&mut self.sources),
            "streams" => Ok(&mut self.streams),
            "vulnerabilities" => Ok(&mut self.vulnerabilities),
            _ => Err(BadState::Concern(name.into())),
        }
    }

    /// Keeps the states as they are now readable through [`Self::frozen`] while entries go on being applied, and says
    /// at which size. Cheap: nothing is copied until it changes.
    pub fn freeze(&mut self) -> u64 {
        self.clock.freeze_at(self.size);
        self.design.freeze();
        self.fleet.freeze();
        self.journal.freeze();
        self.releases.freeze();
        self.streams.places.freeze_at(self.size);
        self.sources.freeze();
        self.streams.freeze();
        self.vulnerabilities.freeze();
        *self.frozen_at.insert(self.size)
    }

    /// Forgets the frozen states.
    pub fn thaw(&mut self) {
        self.clock.thaw();
        self.design.thaw();
        self.fleet.thaw();
        self.journal.thaw();
        self.releases.thaw();
        self.streams.places.thaw();
        self.sources.thaw();
        self.streams.thaw();
        self.vulnerabilities.thaw();
        self.frozen_at = None;
    }

    /// The size at which states are frozen.
    #[must_use]
    pub const fn frozen_at(&self) -> Option<u64> {
        self.frozen_at
    }

    /// Up to `limit` frozen states of a concern after the key `after`, in the order of their keys.
    ///
    /// # Errors
    /// No concern has this name, or the key is not one of its keys.
    pub fn frozen(&self, concern: &str, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        self.concern(concern)?.frozen(after, limit)
    }

    /// Puts a state back into a world that is being restored.
    ///
    /// # Errors
    /// The state is not one of this concern.
    pub fn restore(&mut self, concern: &str, state: &State) -> Result<(), BadState> {
        self.concern_mut(concern)?.restore(state)
    }

    /// Declares a restored world complete as of `size` entries.
    pub fn restored(&mut self, size: u64) {
        self.size = size;
    }
}

#[cfg(test)]
mod tests;
