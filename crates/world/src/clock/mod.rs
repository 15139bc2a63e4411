//! Log time: the ticks, and what time it was at any index. Time is in the log; nothing here reads a clock.
//!
//! Its states are blocks of a thousand ticks, cut at the size they are asked for, because ticks never change once made.

use evidence::Time;
use evidence::cbor::{Malformed, Reader, Reason, Writer};

use crate::concern::{BadState, Concern, State};

/// Ticks in one state.
const BLOCK: usize = 1_024;

/// Every tick of the log.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Index and time, ascending in both.
    ticks: Vec<(u64, Time)>,
    frozen_at: Option<u64>,
}

impl Clock {
    /// Log time now: the last tick.
    #[must_use]
    pub fn now(&self) -> Time {
        self.ticks.last().map_or(Time::EPOCH, |(_, t)| *t)
    }

    /// Log time of the entry at `index`: the last tick at or before it.
    #[must_use]
    pub fn time_of(&self, index: u64) -> Time {
        let at = self.ticks.partition_point(|(i, _)| *i <= index);
        at.checked_sub(1).and_then(|at| self.ticks.get(at)).map_or(Time::EPOCH, |(_, t)| *t)
    }

    /// The log size at a moment: every entry whose log time is not later. `size` is the present size.
    #[must_use]
    pub fn size_at(&self, time: Time, size: u64) -> u64 {
        let at = self.ticks.partition_point(|(_, t)| *t <= time);
        match (at, self.ticks.get(at)) {
            (0, _) => 0,
            (_, Some((index, _))) => *index,
            (_, None) => size,
        }
    }

    /// Every tick: index and time.
    #[must_use]
    pub fn ticks(&self) -> &[(u64, Time)] {
        &self.ticks
    }

    /// Log time never goes back: an earlier tick says nothing.
    pub(crate) fn tick(&mut self, index: u64, time: Time) {
        if self.ticks.last().is_none_or(|(_, last)| *last < time) {
            self.ticks.push((index, time));
        }
    }

    pub(crate) fn freeze_at(&mut self, size: u64) {
        self.frozen_at = Some(size);
    }
}

impl Concern for Clock {
    fn freeze(&mut self) {}
    fn thaw(&mut self) {
        self.frozen_at = None;
    }
    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        let first = match after {
            None => 0,
            Some(key) => block_number(key)?.saturating_add(1),
        };
        let end =
            self.frozen_at.map_or(self.ticks.len(), |size| self.ticks.partition_point(|(i, _)| *i < size));
        let blocks =
            self.ticks.get(..end).unwrap_or_default().chunks(BLOCK).enumerate().skip(first).take(limit);
        Ok(blocks
            .map(|(n, block)| {
                let mut w = Writer::with_capacity(block.len() * 4);
                w.array(block.len() * 2);
                let (mut index, mut time) = (0, 0);
                for (i, t) in block {
                    w.uint(i - index);
                    w.uint(t.seconds() - time);
                    (index, time) = (*i, t.seconds());
                }
                State { key: (n as u64).to_be_bytes().to_vec(), value: w.into_bytes() }
            })
            .collect())
    }
    fn restore(&mut self, state: &State) -> Result<(), BadState> {
        if block_number(&state.key)?.checked_mul(BLOCK) != Some(self.ticks.len()) {
            return Err(BadState::Key);
        }
        read_block(&state.value, &mut self.ticks).map_err(BadState::Value)
    }
}

fn block_number(key: &[u8]) -> Result<usize, BadState> {
    let number = key.try_into().map(u64::from_be_bytes).map_err(|_| BadState::Key)?;
    usize::try_from(number).map_err(|_| BadState::Key)
}

fn read_block(raw: &[u8], ticks: &mut Vec<(u64, Time)>) -> Result<(), Malformed> {
    let mut r = Reader::new(raw);
    let n = r.array(BLOCK * 2)?;
    let (mut index, mut seconds) = (0u64, 0u64);
    for _ in 0..n / 2 {
        let bad = r.bad(Reason::OutOfRange("ticks ascend and are moments"));
        index = index.checked_add(r.uint()?).ok_or(bad.clone())?;
        seconds = seconds.checked_add(r.uint()?).ok_or(bad.clone())?;
        let time = Time::from_seconds(seconds).ok_or(bad.clone())?;
        if ticks.last().is_some_and(|(i, t)| *i >= index || *t >= time) {
            return Err(bad);
        }
        ticks.push((index, time));
    }
    r.leave();
    r.finish()
}
