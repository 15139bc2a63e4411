//! One device over time: the intervals in which its state did not change, as far as is known.

use evidence::Time;

use super::state::{Certainty, DeviceState};
use super::subject::Subject;
use super::view::FleetView;

/// Most intervals in one answer; the latest are kept.
pub const MAX_HISTORY: usize = 10_000;

/// A stretch of time in which nothing that is known of a device changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval<'w> {
    /// Its first moment.
    pub from: Time,
    /// Its last moment; `None` for the interval that the view's own moment lies in.
    pub until: Option<Time>,
    /// The state at its first moment.
    pub state: DeviceState<'w>,
}

impl<'w> FleetView<'w> {
    /// The intervals of a device up to the view's moment, oldest first. O(n log n) in what was said of it.
    #[must_use]
    pub fn history(&self, subject: &Subject) -> Vec<Interval<'w>> {
        self.history_of_last(subject, usize::MAX).0
    }

    /// As [`Self::history`], but of the last `most` moments at which something may have changed, so that nobody holds the
    /// world long. Also says whether earlier ones were left out; the first interval began then or before.
    #[must_use]
    pub fn history_of_last(&self, subject: &Subject, most: usize) -> (Vec<Interval<'w>>, bool) {
        let Some(said) = self.said_of(subject) else { return (Vec::new(), false) };
        // The state changes only where something begins or ends to count.
        let mut turns: Vec<Time> = said.since().into_iter().collect();
        let reporting = self.fleet.notes.reporting.values().flatten();
        let mut intervals: Vec<u64> = reporting.clone().map(|(_, f)| f.interval).collect();
        intervals.push(super::DEFAULT_INTERVAL);
        intervals.sort_unstable();
        intervals.dedup();
        turns.extend(reporting.map(|(i, _)| self.world.clock().time_of(*i)));
        for span in said.spans.iter() {
            turns.extend([span.hi, span.hi.plus(1)]);
            turns.extend(span.lo);
            turns.extend(span.lo.iter().flat_map(|lo| intervals.iter().map(|i| lo.plus(*i).plus(1))));
        }
        for report in &said.reports {
            turns.push(report.from);
            turns.extend(intervals.iter().map(|i| report.from.plus(*i).plus(1)));
        }
        turns.extend(said.enrolled.iter().map(|(t, _)| *t));
        turns.extend(said.declared.iter().map(|d| d.from));
        turns.extend(said.placed.iter().map(|p| p.from));
        turns.extend(said.verdict_times());
        turns.retain(|t| *t <= self.at);
        turns.sort_unstable();
        turns.dedup();
        let earlier = turns.len().saturating_sub(most);
        turns.drain(..earlier);
        let mut out: Vec<Interval<'w>> = Vec::new();
        for from in turns {
            let Some(state) = self.state_of(&said, from) else { continue };
            match out.last_mut() {
                Some(last) if same(&last.state, &state) => {}
                last => {
                    if let Some(last) = last {
                        last.until = Time::from_seconds(from.seconds().saturating_sub(1));
                    }
                    out.push(Interval { from, until: None, state });
                }
            }
        }
        let surplus = out.len().saturating_sub(MAX_HISTORY);
        out.drain(..surplus);
        (out, earlier > 0)
    }
}

/// Whether two states differ in nothing but when the device was seen and which entries say so.
fn same(a: &DeviceState<'_>, b: &DeviceState<'_>) -> bool {
    let certain = match (a.certainty, b.certainty) {
        (Certainty::Unknown(x), Certainty::Unknown(y)) => x == y,
        (x, y) => x.word() == y.word(),
    };
    certain && *a == DeviceState { certainty: a.certainty, seen: a.seen, ..b.clone() }
}
