//! A ledger in memory with its administrator, its clock, and a way to open it again on the same store.

use std::sync::Arc;

use evidence::Time;
use evidence::facts::log::Clock as ClockKind;
use evidence::facts::sources::SourceEnrolled;
use ledger::authorise::Roles;
use ledger::ports::{FixedClock, Guard, Log, MemoryBlobs, MemoryGuard, MemoryLog, MemoryVault};
use ledger::{Init, Ledger, LedgerError, LedgerKeys, Options, Outcome, Parts, Snapshots};
use tlog::Hash;

use crate::Author;

/// Origin of the logs made here.
pub const ORIGIN: &str = "log.example/test";
/// When the logs made here begin.
pub const START: u64 = 1_700_000_000;

/// A ledger and what it was made from.
pub struct Fixture {
    /// The ledger.
    pub ledger: Ledger,
    /// Its clock.
    pub clock: Arc<FixedClock>,
    /// Its log.
    pub log: Arc<dyn Log>,
    /// Its guard.
    pub guard: Arc<dyn Guard>,
    /// Its first administrator.
    pub admin: Author,
}

/// The ledger's keys.
///
/// # Panics
/// Never.
#[must_use]
#[expect(clippy::expect_used, reason = "test builder")]
pub fn keys() -> LedgerKeys {
    LedgerKeys::from_seeds(ORIGIN, &[1; 32], &[2; 32]).expect("a good origin")
}

/// What the logs made here begin with.
#[must_use]
pub fn init() -> Init {
    Init {
        administrator_name: "Administrator".into(),
        administrator_key: Author::person(10).key,
        recovery_key: Author::person(11).key,
        clock: ClockKind::System,
        created: Time::from_seconds(START).unwrap_or_default(),
        tick_bound: 7 * 86_400,
        salt: Hash([7; 32]),
    }
}

impl Fixture {
    /// A fresh ledger in memory.
    #[must_use]
    pub fn new() -> Self {
        Self::on(Arc::new(MemoryLog::default()))
    }

    /// A fresh log made on a given store, and its ledger.
    ///
    /// # Panics
    /// The log cannot be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test builder")]
    pub fn on(log: Arc<dyn Log>) -> Self {
        let guard: Arc<dyn Guard> = Arc::new(MemoryGuard::default());
        init().run(&*log, &*guard, &keys()).expect("a new log");
        Self::open(log, guard, Options::default()).expect("the log opens")
    }

    /// Opens a log that exists.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open(log: Arc<dyn Log>, guard: Arc<dyn Guard>, options: Options) -> Result<Self, LedgerError> {
        Self::open_with(log, guard, options, None)
    }

    /// Opens a log that exists, with snapshots.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_with(
        log: Arc<dyn Log>,
        guard: Arc<dyn Guard>,
        options: Options,
        snapshots: Option<Snapshots>,
    ) -> Result<Self, LedgerError> {
        let clock = Arc::new(FixedClock::new(Time::from_seconds(START).unwrap_or_default()));
        let parts = Parts {
            log: log.clone(),
            blobs: Arc::new(MemoryBlobs::default()),
            vault: Arc::new(MemoryVault::default()),
            guard: guard.clone(),
            clock: clock.clone(),
            authorise: Arc::new(Roles),
            keys: keys(),
            snapshots,
        };
        let ledger = Ledger::open(parts, options)?;
        Ok(Self { ledger, clock, log, guard, admin: Author::person(10) })
    }

    /// Sets the clock to so many seconds after the beginning.
    pub fn at(&self, seconds: u64) {
        self.clock.set(Time::from_seconds(START + seconds).unwrap_or_default());
    }

    /// Submits one entry.
    ///
    /// # Errors
    /// As the ledger says.
    #[expect(clippy::expect_used, reason = "test builder")]
    pub fn submit(&self, entry: Arc<[u8]>) -> Outcome {
        self.ledger.submit(vec![entry]).pop().expect("one outcome for one entry")
    }

    /// Enrols an author with roles, as the administrator.
    ///
    /// # Panics
    /// The ledger refuses.
    #[expect(clippy::expect_used, reason = "test builder")]
    pub fn enrol(&mut self, author: &Author, roles: &[&str]) {
        let fact = SourceEnrolled {
            source: author.id,
            key: author.key.clone(),
            name: "Somebody".into(),
            roles: roles.iter().map(|r| (*r).to_owned()).collect(),
            possession: None,
        };
        let entry = self.admin.state(fact);
        self.submit(entry).expect("the administrator may enrol");
    }
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}
