//! Log time: when the ledger ticks, and when it must not. Not here: what a tick may say (`world::decide`).

use std::time::Duration;

use evidence::facts::log::Tick;

use super::Sequencer;
use crate::error::Rejection;

/// The clock's own step.
const SECOND: Duration = Duration::from_secs(1);

impl Sequencer {
    /// Log time follows the clock, but neither back nor further than the bound.
    pub(super) fn tick(&mut self) -> Result<(), Rejection> {
        let now = self.shared.clock.now();
        let (last, bound, advanced) = {
            let world = self.shared.world();
            let (bound, advanced) = world.journal().tick_limit();
            (world.now(), bound, advanced)
        };
        if now <= last {
            return Ok(());
        }
        if now > last.plus(bound) && advanced.is_none_or(|until| now > until) {
            return Err(Rejection::Unavailable(format!(
                "the clock says {now}, more than {bound} seconds after log time {last}; if it is right, an administrator \
                 states ClockAdvanced: `vouchsafe log advance-clock`"
            )));
        }
        self.say(Tick { time: now }, None, None).map(drop)
    }

    /// Seconds that log time lies behind the clock.
    fn lag(&self) -> Duration {
        Duration::from_secs(self.shared.clock.now().since(self.shared.world().now()))
    }

    /// How long to wait for a message before log time must move on. What moves no clock does not put the tick off: deadlines
    /// fall due by log time, also while somebody sends what does not verify.
    pub(super) fn until_tick(&self) -> Duration {
        let full = self.options.idle_tick;
        if self.rolling.is_sweeping() {
            return Duration::ZERO;
        }
        if self.clock_refused { full } else { full.saturating_sub(self.lag()).max(full.min(SECOND)) }
    }

    pub(super) fn tick_is_due(&self) -> bool {
        !self.clock_refused && self.lag() >= self.options.idle_tick.max(SECOND)
    }

    pub(super) fn idle(&mut self) {
        if self.refuse_all().is_some() {
            return;
        }
        let ticked = self.tick();
        self.clock_refused = ticked.is_err();
        if let Err(e) = ticked {
            tracing::warn!(error = %e, "no tick");
        }
    }
}
