//! The machine's clock and randomness: the only places of the program that ask for them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use evidence::Time;
use ledger::ports::Clock;

use crate::failure::Failure;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        now()
    }
}

/// Now, in whole seconds. A clock before 1970 counts as 1970.
#[expect(clippy::disallowed_methods, reason = "the binary's clock")]
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_seconds(since.as_secs()).unwrap_or(Time::MAX)
}

/// Names the time that entries and signatures claim, where it is not the machine's: for stories on simulated logs. A claim is a
/// claim; log time is the ledger's own.
pub(crate) const CLAIMED_TIME: &str = "VOUCHSAFE_CLAIMED_TIME";

/// The time that what is signed here claims.
pub(crate) fn claimed() -> Time {
    let told = std::env::var(CLAIMED_TIME).ok();
    told.and_then(|told| told.parse().ok()).unwrap_or_else(now)
}

/// Measures how long something takes, to tell the user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "durations shown to the user; nothing is decided by them")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Failure::environment("asking the system for random bytes", e))?;
    Ok(bytes)
}

/// A random number that JSON readers keep exactly: below 2^53.
pub(crate) fn random_number() -> Result<u64, Failure> {
    Ok(u64::from_be_bytes(random()?) >> 11)
}
