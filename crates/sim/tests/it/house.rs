//! A real ledger in memory that a simulated fleet reports to.

use std::collections::BTreeMap;
use std::sync::Arc;

use device::Anchor;
use device::wire::{Answer, Freshness, Outcome};
use evidence::{Entry, Fact, Hash, SourceId, SourceKind, Time};
use ledger::{Rejection, Taken};
use sim::{Batch, Fleet, Plan};
use testkit::{Author, Fixture, START};

/// Seconds between two rounds.
pub(crate) const STEP: u64 = 3_600;

/// One of the ways in which a round goes.
type Step = fn(&mut Fleet, Time, &[u8]) -> Result<Vec<Batch>, sim::Error>;
/// A place of a stream.
pub(crate) type Place = (SourceId, u64, u64);

pub(crate) fn anchor() -> Anchor {
    Anchor {
        log_key: testkit::keys().checkpoint.verifier().to_string(),
        generation: 0,
        recovery_key: testkit::init().recovery_key,
    }
}

pub(crate) struct House {
    pub(crate) f: Fixture,
    pub(crate) fleet: Fleet,
    /// The moment of each round.
    pub(crate) rounds: Vec<Time>,
    now: u64,
}

impl House {
    pub(crate) fn new(plan: Plan, roll_every: u64) -> Self {
        let new = Fixture::new();
        let (log, guard) = (new.log.clone(), new.guard.clone());
        drop(new);
        // Seals come when a thread is done, and then no two runs are the same.
        let options = ledger::Options { seal_every: u64::MAX, roll_every, ..ledger::Options::default() };
        let mut f = Fixture::open(log, guard, options).expect("opens");
        let mut station = Author::new(SourceKind::Station, 50);
        f.enrol(&station, &["station"]);
        let mut fleet = Fleet::new(plan, anchor(), 2, |_| ()).expect("the plan holds");
        let facts = fleet.enrolments().into_iter().map(|fact| station.state(fact)).collect();
        assert!(f.ledger.submit(facts).iter().all(Result::is_ok), "a station may enrol");
        Self { f, fleet, rounds: Vec::new(), now: 0 }
    }

    pub(crate) fn freshness(&self) -> Vec<u8> {
        let checkpoint = self.f.ledger.checkpoint().to_string();
        Freshness { generation: 0, checkpoint, statements: Vec::new() }.encode()
    }

    /// Lives through so many rounds, delivers what is left, and lets every device attest once more.
    pub(crate) fn run(&mut self, rounds: u64) {
        for _ in 0..rounds {
            self.step(Fleet::round);
            self.rounds.push(self.f.ledger.read().now());
        }
        self.drain();
        self.step(Fleet::calm);
        self.drain();
    }

    fn drain(&mut self) {
        for _ in 0..200 {
            if self.fleet.is_idle() {
                return;
            }
            self.step(Fleet::drain);
        }
        panic!("something is never answered: {:?}", self.fleet.tally());
    }

    fn step(&mut self, how: Step) {
        self.now += STEP;
        self.f.at(self.now);
        let (now, freshness) = (self.f.ledger.now(), self.freshness());
        let sent = how(&mut self.fleet, now, &freshness);
        for batch in sent.expect("every device starts") {
            let answers = self.answer(&batch);
            self.fleet.answered(&batch, &answers);
        }
    }

    /// What a server answers: its words are in `docs/spec/device-protocol.md`, 9.
    fn answer(&self, batch: &Batch) -> Vec<Answer> {
        let entries: Vec<Arc<[u8]>> = batch.pieces.iter().map(|p| p.bytes.clone()).collect();
        let outcomes = self.f.ledger.submit_evidence(entries);
        batch.pieces.iter().zip(outcomes).map(|(piece, outcome)| said(&piece.bytes, outcome)).collect()
    }

    /// Every entry of the log by its place, and the places that were reported as lost.
    pub(crate) fn log(&self) -> (BTreeMap<Place, Hash>, Vec<Place>) {
        let (mut logged, mut lost) = (BTreeMap::new(), Vec::new());
        let size = self.f.ledger.read().size;
        for n in 0..size {
            let (entry, _) = self.f.ledger.entry(n).expect("an entry");
            let body = entry.body();
            logged.insert((body.source, body.stream, body.sequence), entry.hash());
            if let Fact::GapReported(g) = &body.fact {
                lost.extend((g.from..g.from + g.count).map(|n| (body.source, body.stream, n)));
            }
        }
        (logged, lost)
    }
}

fn said(bytes: &[u8], outcome: Result<Taken, Rejection>) -> Answer {
    let entry = Entry::decode(bytes).ok().map(|e| e.hash());
    let (outcome, code) = match outcome {
        Ok(Taken::Logged(_)) => (Outcome::Logged, None),
        Ok(Taken::Staged(_)) => (Outcome::Staged, None),
        Err(e) => {
            let later =
                e.is_temporary() || ["unknown_source", "unknown_key", "too_many_gaps"].contains(&e.code());
            (if later { Outcome::Later } else { Outcome::Refused }, Some(e.code().to_owned()))
        }
    };
    Answer { entry, code, ..Answer::bare(outcome) }
}

pub(crate) fn at(seconds: u64) -> Time {
    Time::from_seconds(START + seconds).expect("a time")
}
