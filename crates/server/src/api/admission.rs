//! How many submissions are verified or committed at once, and when who finds no place is to come back.
//!
//! Places are few and nobody queues for one: a request that finds none is answered at once. The answer is a time that fits
//! the queue there would be: each who is turned away is given a turn in a calendar of coming seconds, of which each has as
//! many turns as submissions can be taken in it. So ten thousand devices that come back at once are served in turn, as fast
//! as the ledger takes them, while the server holds a bounded number of requests. Clients come at random within the time
//! they were told and as much again (docs/spec/device-protocol.md, 8): told two thirds of their turn, they come at it on
//! average.
//!
//! Not here: how large one submission may be, and the memory of request bodies (`body`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use crate::metrics::Stopwatch;

/// Seconds that somebody is told to wait, at most; and how far ahead turns are given.
const MAX_WAIT: u64 = 60;
const SECONDS: usize = 90;
/// Microseconds that a submission is taken to need before any was seen.
const GUESS: u64 = 50_000;
/// How much one submission counts for what they need on average: one in so many.
const WEIGHT: u64 = 16;

/// The places.
#[derive(Debug)]
pub(super) struct Admission {
    places: Arc<Semaphore>,
    most: u64,
    since: Stopwatch,
    pace: Mutex<Pace>,
}

/// Who was told to come when, and how long submissions take.
#[derive(Debug)]
struct Pace {
    /// Microseconds that a submission needs on average.
    micros: u64,
    /// The second that the first turn of the calendar is in.
    first: u64,
    /// Turns given in the seconds from there on.
    turns: [u64; SECONDS],
}

/// A place, until the submission has its outcome.
#[derive(Debug)]
pub(super) struct Place {
    admission: Arc<Admission>,
    took: Stopwatch,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.admission.pace().needed(self.took.micros());
    }
}

impl Admission {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(most)),
            most: most.max(1) as u64,
            since: Stopwatch::start(),
            pace: Mutex::new(Pace { micros: GUESS, first: 0, turns: [0; SECONDS] }),
        })
    }

    // Under the lock are plain numbers, each of which holds by itself.
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place.
    pub(super) fn enter(self: &Arc<Self>) -> Result<Place, Problem> {
        let permit = self.places.clone().try_acquire_owned().map_err(|_| self.turned_away())?;
        Ok(Place { admission: self.clone(), took: Stopwatch::start(), _permit: permit })
    }

    /// Whether there is a place now: asked before a body is read that nobody could take.
    pub(super) fn open(&self) -> Result<(), Problem> {
        if self.places.available_permits() == 0 { Err(self.turned_away()) } else { Ok(()) }
    }

    /// When to come back, for somebody for whom there is no place, or for whom the ledger has none.
    pub(super) fn turned_away(&self) -> Problem {
        let wait = self.pace().turn(self.most, self.since.micros() / 1_000_000);
        Problem::busy(wait, "as many submissions as can be held are being committed")
    }
}

impl Pace {
    fn needed(&mut self, micros: u64) {
        self.micros = (self.micros * (WEIGHT - 1) + micros.min(MAX_WAIT * 1_000_000)) / WEIGHT;
    }

    /// Gives a turn, and says how many seconds to wait for it. As many are taken in a second as there are places, divided by
    /// how long each is held (Little's law).
    fn turn(&mut self, places: u64, now: u64) -> u64 {
        let passed = usize::try_from(now.saturating_sub(self.first)).unwrap_or(SECONDS).min(SECONDS);
        self.turns.copy_within(passed.., 0);
        self.turns.iter_mut().skip(SECONDS - passed).for_each(|turn| *turn = 0);
        self.first = self.first.max(now);
        let a_second = (places * 1_000_000 / self.micros.max(1)).max(1);
        let free = self.turns.iter_mut().zip(1u64..).find(|(given, _)| **given < a_second);
        let seconds = free.map_or(SECONDS as u64, |(given, seconds)| {
            *given += 1;
            seconds
        });
        (seconds * 2).div_ceil(3).min(MAX_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(micros: u64) -> Pace {
        Pace { micros, first: 0, turns: [0; SECONDS] }
    }

    #[test]
    fn turns_are_given_as_fast_as_submissions_are_taken() {
        // Four places, each held for 40 ms: a hundred a second.
        let mut pace = pace(40_000);
        let waits: Vec<u64> = (0..1_000).map(|_| pace.turn(4, 0)).collect();
        assert!(waits.is_sorted());
        assert_eq!((waits[0], waits[99], waits[100], waits[999]), (1, 1, 2, 7));
        // Three seconds later the first three hundred turns have passed.
        assert_eq!(pace.turn(4, 3), 6);
        // Long after, all have.
        assert_eq!(pace.turn(4, 1_000), 1);
    }

    #[test]
    fn waits_are_bounded_and_the_calendar_too() {
        let mut pace = pace(10_000_000);
        let longest = (0..10_000).map(|_| pace.turn(1, 5)).max();
        assert_eq!(longest, Some(MAX_WAIT));
        assert!(pace.turns.iter().all(|given| *given == 1));
        // A clock that stands still or goes back shifts nothing.
        assert_eq!(pace.turn(1, 0), MAX_WAIT);
    }

    #[test]
    fn what_submissions_need_is_learnt() {
        let mut pace = pace(GUESS);
        (0..200).for_each(|_| pace.needed(2_000));
        assert!(pace.micros < 2_100, "{}", pace.micros);
        pace.needed(u64::MAX);
        assert!(pace.micros <= 4_000_000, "{}", pace.micros);
    }

    #[test]
    fn places_are_taken_and_given_back() {
        let admission = Admission::new(2);
        let (one, _two) = (admission.enter().expect("free"), admission.enter().expect("free"));
        assert!(admission.open().is_err() && admission.enter().is_err());
        drop(one);
        assert!(admission.open().is_ok() && admission.enter().is_ok());
    }
}
