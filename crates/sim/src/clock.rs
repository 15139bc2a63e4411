//! The clock of a simulated device: it runs fast or slow, and somebody sets it now and then. Nothing relies on it.

use evidence::Time;

use crate::random::Random;

/// Largest drift in parts per million: that of a cheap crystal over temperature.
const MAX_DRIFT: u64 = 100;
/// Largest step in seconds: a year, as of a battery that was changed.
const MAX_STEP: u64 = 365 * 86_400;

/// A clock.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    set: Time,
    /// What it showed when it was set.
    shown: i128,
    /// Parts per million, fast or slow.
    drift: i128,
}

impl Clock {
    pub(crate) fn new(now: Time, random: &mut Random) -> Self {
        let drift = i128::from(random.below(2 * MAX_DRIFT + 1)) - i128::from(MAX_DRIFT);
        Self { set: now, shown: now.seconds().into(), drift }
    }

    /// What it shows. Never before 1970.
    pub(crate) fn shows(&self, now: Time) -> Time {
        let passed = i128::from(now.since(self.set));
        let shown = self.shown + passed + passed * self.drift / 1_000_000;
        Time::from_seconds(u64::try_from(shown.max(0)).unwrap_or(u64::MAX)).unwrap_or(Time::MAX)
    }

    /// Somebody sets it, mostly wrongly.
    pub(crate) fn step(&mut self, now: Time, random: &mut Random) {
        let by = i128::from(random.below(2 * MAX_STEP)) - i128::from(MAX_STEP);
        self.shown = i128::from(self.shows(now).seconds()) + by;
        self.set = now;
    }
}
