//! Evidence that changes nothing: staged, rolled up, held, pruned; and what happens to it when something else comes, or the
//! process dies in between.

use std::sync::Arc;

use evidence::facts::fleet::ReportingSet;
use evidence::facts::log::Attendance;
use evidence::facts::sources::{KeyRevoked, RevocationCause};
use evidence::types::Bytes;
use evidence::{Body, Entry, Fact};
use ledger::audit::{Depth, audit};
use ledger::conformance::{Fault, FaultyLog, Op};
use ledger::ports::{Appended, Batch, Guard, Log, MemoryGuard, MemoryLog};
use ledger::{Options, Rejection, StagedReceipt, Taken, load};
use proptest::prelude::*;
use testkit::{Author, Fixture};
use tlog::tree::CompactRange;
use tlog::{Hash, leaf_hash};
use world::streams::{Stream, StreamKey};

use crate::faults::states;
use crate::verdicts::{House, enrolment, evidence};

const QUARTER: u64 = 900;

fn options() -> Options {
    Options { roll_every: QUARTER, ..Options::default() }
}

fn house_on(log: Arc<dyn Log>) -> House {
    let f = Fixture::on(log);
    let (log, guard) = (f.log.clone(), f.guard.clone());
    drop(f);
    House::on(Fixture::open(log, guard, options()).expect("opens"))
}

fn house() -> House {
    house_on(Arc::new(MemoryLog::default()))
}

/// A house whose device has attested once: what follows may be staged.
fn begun() -> House {
    let mut house = house();
    assert!(matches!(house.say(1), Taken::Logged(_)), "the first is logged");
    house
}

impl House {
    fn hand_in(&self, entry: &Arc<[u8]>) -> Result<Taken, Rejection> {
        self.f.ledger.submit_evidence(vec![entry.clone()]).pop().expect("one answer")
    }

    fn say(&mut self, digest: u8) -> Taken {
        let entry = self.next(digest);
        self.hand_in(&entry).expect("taken")
    }

    fn staged(&mut self) -> Arc<[u8]> {
        let entry = self.next(1);
        let taken = self.hand_in(&entry);
        assert!(matches!(&taken, Ok(Taken::Staged(StagedReceipt { repeated: false, .. }))), "{taken:?}");
        entry
    }

    fn key(&self) -> StreamKey {
        StreamKey { source: self.device.id, stream: self.device.stream }
    }

    fn stream(&self) -> Stream {
        self.f.ledger.read().streams().get(&self.key()).cloned().expect("it has spoken")
    }

    fn kept(&self) -> usize {
        self.f.log.staged(0, usize::MAX).expect("reads").len()
    }

    /// The log replays to the world that is running, and every signature and stream in it holds.
    fn sound(&self) {
        // The ledger may be about to say something of its own, a seal perhaps.
        let same = (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(2));
            let loaded = load(&*self.f.log, None).expect("loads");
            let running = (*self.f.ledger.read()).clone();
            running.size() == loaded.head.size && states(loaded.world) == states(running)
        });
        assert!(same, "the log amounts to the running world");
        let depth = Depth { signatures: true, threads: 1 };
        let report = audit(&*self.f.log, depth, None, |_, _| {}).expect("reads");
        assert!(report.holds(), "{report:?}");
    }

    /// What is on disk when the process dies now, opened again. Nothing is finished first.
    fn killed(self) -> Self {
        let copy = MemoryLog::default();
        // The ledger still runs: what is copied must be of one moment.
        let head_now = || self.f.log.head().expect("reads").expect("has one");
        let (head, entries, staged) = loop {
            let head = head_now();
            let entries = self.f.log.read(0, usize::MAX, usize::MAX).expect("reads");
            let staged = self.f.log.staged(0, usize::MAX).expect("reads");
            if head_now().size == head.size && entries.len() as u64 == head.size {
                break (head, entries, staged);
            }
        };
        let (mut edge, mut tiles) = (tlog::tile::Edge::new(), Vec::new());
        entries.iter().for_each(|e| edge.append(leaf_hash(e), &mut tiles));
        let batch = Batch { first: 0, entries, tiles, checkpoint: head.checkpoint };
        assert_eq!(copy.append(&batch), Appended::Committed);
        let pieces: Vec<_> = staged.into_iter().map(|s| s.bytes).collect();
        copy.stage(&pieces).expect("stages");
        let now = self.f.ledger.now();
        let guard = MemoryGuard::default();
        guard.store(&copy.head().expect("reads").expect("has one").checkpoint).expect("stores");
        let f = Fixture::open(Arc::new(copy), Arc::new(guard), options()).expect("opens");
        f.clock.set(now);
        Self { f, ..self }
    }
}

fn attendance(house: &House, index: u64) -> Attendance {
    match &house.f.ledger.entry(index).expect("there").0.body().fact {
        Fact::Attendance(f) => f.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_changes_nothing_is_staged_and_counted_by_one_entry() {
    let mut house = begun();
    let size = house.f.ledger.read().size;
    let mut tree = CompactRange::new();
    for n in 1..=3 {
        house.f.at(n * 20);
        tree.append(leaf_hash(&house.staged()));
    }
    let ticks = house.facts(size);
    assert!(ticks.iter().all(|f| *f == "Tick"), "{ticks:?}");
    assert_eq!((house.kept(), house.stream().next), (3, 1));
    house.f.at(90);
    let said = house.f.ledger.roll_up().expect("rolls up");
    let [receipt] = &said[..] else { panic!("{said:?}") };
    let roll = attendance(&house, receipt.index);
    assert_eq!((roll.devices, roll.pieces, roll.root), (1, 3, tree.root()));
    assert_eq!(roll.to.seconds(), testkit::START + 90);
    // The world has moved on: the stream, what was last heard, and that nothing changed in between.
    let stream = house.stream();
    assert_eq!((stream.next, stream.entries, stream.rolled), (4, 4, 3));
    let reading = house.f.ledger.read();
    let start = reading.clock().time_of(0);
    let state = |seconds: u64, known: u64| {
        let view = reading.fleet_at(start.plus(seconds), known);
        let state = view.state(&world::fleet::Subject::Device(house.device.id)).expect("enrolled");
        (state.certainty.word(), state.seen.map(|t| t.since(start)))
    };
    // Beacon and arrival are rounded to eight seconds, the one down and the other up.
    assert_eq!(state(90, reading.size), ("fresh", Some(34)));
    assert_eq!(state(30, reading.size), ("proven", Some(0)));
    assert_eq!(state(90, receipt.index), ("fresh", Some(0)), "before the roll call nobody knew");
    drop(reading);
    assert!(house.f.ledger.roll_up().expect("rolls up").is_empty(), "nothing is left");
    house.sound();
}

#[test]
fn a_roll_call_comes_by_itself_each_quarter_of_an_hour_and_at_the_end() {
    let mut house = begun();
    house.staged();
    house.f.at(QUARTER);
    // Anything that moves log time does; it is staged after the roll call of what came before it, or before.
    house.staged();
    house.f.at(QUARTER + 1);
    house.staged();
    let size = house.f.ledger.read().size;
    let calls = |house: &House| house.facts(0).iter().filter(|f| **f == "Attendance").count();
    // What is staged is answered before the roll call beside it is durable.
    for _ in 0..500 {
        if calls(&house) > 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(calls(&house), 1, "{:?}", house.facts(0));
    let size = house.f.ledger.read().size.max(size);
    // A stop leaves nothing behind.
    let (log, guard) = (house.f.log.clone(), house.f.guard.clone());
    let device = house.device;
    drop(house.f);
    let f = Fixture::open(log, guard, options()).expect("opens");
    let house = House { f, ci: house.ci, station: house.station, device };
    assert_eq!(calls(&house), 2, "{:?}", house.facts(size));
    assert_eq!(house.stream().next, 4);
    house.sound();
}

#[test]
fn a_change_is_logged_singly_behind_the_last_piece_before_it() {
    let mut house = begun();
    (0..3).for_each(|_| drop(house.staged()));
    house.f.ledger.roll_up().expect("rolls up");
    (0..2).for_each(|_| drop(house.staged()));
    let size = house.f.ledger.read().size;
    let Taken::Logged(receipt) = house.say(2) else { panic!("another release is a change") };
    // The last one that was counted, the two that were not, and the change with its verdict: a chain in the log.
    assert_eq!(house.facts(size), ["Attested", "Attested", "Attested", "Attested", "Appraised"]);
    assert_eq!(receipt.index, size + 3);
    let bodies: Vec<Body> =
        (size..size + 4).map(|i| house.f.ledger.entry(i).expect("there").0.body().clone()).collect();
    assert_eq!(bodies.iter().map(|b| b.sequence).collect::<Vec<_>>(), [3, 4, 5, 6]);
    assert_eq!((house.stream().next, house.stream().rolled, house.stream().entries), (7, 0, 7));
    assert!(house.stream().gaps.is_empty());
    // The new state is the one that is unchanged from now on.
    let next = house.next(2);
    assert!(matches!(house.hand_in(&next), Ok(Taken::Staged(_))));
    house.sound();
}

#[test]
fn nothing_that_was_staged_is_lost_when_the_process_dies() {
    let mut house = begun();
    let first: Vec<_> = (0..3).map(|_| house.staged()).collect();
    let mut house = house.killed();
    assert_eq!(house.kept(), 3);
    let repeat = house.hand_in(&first[1]);
    assert!(matches!(repeat, Ok(Taken::Staged(StagedReceipt { repeated: true, .. }))), "{repeat:?}");
    let mut all = first.clone();
    all.push(house.staged());
    let said = house.f.ledger.roll_up().expect("rolls up");
    let roll = attendance(&house, said[0].index);
    let mut tree = CompactRange::new();
    all.iter().for_each(|e| tree.append(leaf_hash(e)));
    assert_eq!((roll.pieces, roll.root), (4, tree.root()));
    // And after the roll call: what was counted is still held, and the chain goes on behind it.
    let mut house = house.killed();
    let repeat = house.hand_in(&first[1]);
    assert!(matches!(repeat, Ok(Taken::Staged(StagedReceipt { repeated: true, .. }))), "{repeat:?}");
    let mut wrong = house.device.body(Fact::Attested(evidence(1)));
    wrong.previous = Some(Hash([9; 32]));
    let wrong = house.device.sign(wrong).encode().into();
    assert_eq!(house.hand_in(&wrong).expect_err("it does not fit").code(), "other_previous");
    house.staged();
    assert!(house.f.ledger.roll_up().is_ok());
    assert_eq!(house.stream().next, 6);
    house.sound();
}

#[test]
fn another_entry_at_the_place_of_a_piece_is_proven_by_both() {
    for counted in [false, true] {
        let mut house = begun();
        let piece = house.staged();
        house.staged();
        if counted {
            house.f.ledger.roll_up().expect("rolls up");
        }
        let mut other = Entry::decode(&piece).expect("an entry").body().clone();
        other.time = Some(evidence::Time::EPOCH);
        let other: Arc<[u8]> = house.device.sign(other).encode().into();
        for _ in 0..2 {
            let said = house.hand_in(&other).expect_err("the place is taken");
            let Rejection::Equivocation { first, kept } = said else { panic!("{said:?}") };
            assert_eq!(house.f.ledger.entry(first).expect("there").1, piece, "the piece is in the log now");
            let kept = house.f.ledger.entry(kept).expect("there").0;
            let Fact::Equivocated(f) = &kept.body().fact else { panic!("{:?}", kept.body().fact) };
            assert_eq!(f.bytes, Some(Bytes(other.to_vec())));
        }
        house.sound();
        let next = house.next(1);
        let taken = house.hand_in(&next).expect("the stream goes on");
        let Taken::Logged(receipt) = taken else { panic!("a doubt is a change: {taken:?}") };
        assert_eq!(receipt.appraised.as_ref().map(|v| v.status.word()), Some("contraindicated"));
        house.sound();
    }
}

#[test]
fn a_gap_after_pieces_is_as_wide_as_it_is_and_filled_as_ever() {
    for counted in [false, true] {
        let mut house = begun();
        house.staged();
        if counted {
            house.f.ledger.roll_up().expect("rolls up");
        }
        let missing = house.next(1);
        let Taken::Logged(receipt) = house.say(1) else { panic!("a gap is a change") };
        assert!(receipt.appraised.as_ref().is_some_and(|v| v.status.word() == "warning"), "{receipt:?}");
        let gaps: Vec<(u64, u64)> = house.stream().gaps.iter().map(|g| (g.from, g.count)).collect();
        assert_eq!(gaps, [(2, 1)]);
        assert!(matches!(house.hand_in(&missing), Ok(Taken::Logged(_))), "what fills a gap is history");
        assert!(house.stream().gaps.is_empty());
        house.sound();
    }
}

#[test]
fn what_is_asked_for_in_the_log_is_put_there() {
    let mut house = begun();
    let counted = house.staged();
    house.f.ledger.roll_up().expect("rolls up");
    let fresh = house.staged();
    for piece in [&counted, &fresh] {
        let receipt = house.take(piece.clone());
        assert!(receipt.repeated);
        assert_eq!(house.f.ledger.entry(receipt.index).expect("there").1, *piece);
        // From then on this is its receipt.
        assert!(matches!(house.hand_in(piece), Ok(Taken::Logged(again)) if again.index == receipt.index));
    }
    house.staged();
    house.sound();
}

#[test]
fn a_key_is_revoked_after_what_it_signed() {
    let mut house = begun();
    house.staged();
    let size = house.f.ledger.read().size;
    let fact = KeyRevoked {
        source: house.device.id,
        key: house.device.key.id(),
        cause: RevocationCause::Compromised,
        doubtful_since: None,
    };
    let entry = house.f.admin.state(fact);
    house.take(entry);
    assert_eq!(house.facts(size), ["Attested", "KeyRevoked"]);
    let next = house.next(1);
    assert_eq!(house.hand_in(&next).expect_err("revoked").code(), "quarantined");
    house.sound();
}

#[test]
fn devices_that_must_report_more_often_than_rolls_are_called_are_logged_singly() {
    let mut house = begun();
    let entry = house.station.state(ReportingSet { model: None, interval: QUARTER - 1, deadline: 86_400 });
    house.take(entry);
    assert!(matches!(house.say(1), Taken::Logged(_)));
    let entry = house.station.state(ReportingSet { model: None, interval: QUARTER, deadline: 86_400 });
    house.take(entry);
    house.staged();
}

#[test]
fn what_was_held_long_enough_is_pruned_and_its_last_piece_stays() {
    let mut house = begun();
    let pieces: Vec<_> = (0..4).map(|_| house.staged()).collect();
    house.f.ledger.roll_up().expect("rolls up");
    assert_eq!(house.kept(), 4);
    // Another device keeps log time moving; ours is silent.
    let size = house.f.ledger.read().size;
    for hours in 1..=5 {
        house.f.at(hours * 3_600);
        let entry = house.station.state(ReportingSet { model: None, interval: 86_400, deadline: 864_000 });
        house.take(entry);
    }
    for _ in 0..100 {
        if house.kept() == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(house.kept(), 0);
    let stated: Vec<_> =
        house.facts(size).into_iter().filter(|f| !matches!(*f, "Tick" | "ReportingSet" | "Sealed")).collect();
    assert_eq!(stated, ["Attested", "Pruned"], "the last word before the silence, and what is gone");
    let last = (size..)
        .find_map(|i| house.f.ledger.entry(i).ok().filter(|(e, _)| e.body().fact.name() == "Attested"));
    assert_eq!(last.map(|(_, raw)| raw).as_ref(), pieces.last());
    assert!(matches!(house.hand_in(&pieces[3]), Ok(Taken::Logged(r)) if r.repeated));
    assert_eq!(house.hand_in(&pieces[1]).expect_err("gone").code(), "rolled_up");
    // Logged late, it was heard when it was heard: the span did not grow with it.
    let reading = house.f.ledger.read();
    let view = reading.fleet_at(reading.clock().time_of(0).plus(3_600), reading.size);
    let state = view.state(&world::fleet::Subject::Device(house.device.id)).expect("enrolled");
    assert_eq!(state.certainty.word(), "fresh", "{:?}", state.certainty);
    drop(reading);
    house.staged();
    house.sound();
}

#[test]
fn the_last_evidence_of_each_day_is_in_the_log() {
    let mut house = begun();
    let to_midnight = 86_400 - testkit::START % 86_400;
    house.f.at(to_midnight - 20);
    let _ = house.staged();
    house.f.ledger.roll_up().expect("rolls up");
    house.f.at(to_midnight - 10);
    let last = house.staged();
    house.f.at(to_midnight + 10);
    let size = house.f.ledger.read().size;
    let next = house.staged();
    let logged = house.facts(size);
    assert!(logged.iter().filter(|f| **f == "Attested").count() >= 1, "{logged:?}");
    let all: Vec<_> = house.f.log.read(0, usize::MAX, usize::MAX).expect("reads");
    assert!(all.contains(&last) && !all.contains(&next));
    house.sound();
}

#[test]
fn a_store_that_fails_while_staging_loses_nothing_it_answered_for() {
    let faults = [Fault::Before(Fault::io()), Fault::Instead(Fault::io()), Fault::After(Fault::io())];
    for fault in faults {
        let faulty = Arc::new(FaultyLog::new(Arc::new(MemoryLog::default())));
        let mut house = house_on(faulty.clone());
        house.say(1);
        let before = house.staged();
        faulty.script(Op::Stage, [fault.clone()]);
        let entry = house.next(1);
        let said = house.hand_in(&entry).expect_err("nobody knows");
        assert_eq!(said.code(), "outcome_unknown", "{fault:?}");
        let settled = (0..200).find_map(|_| match house.hand_in(&entry) {
            Err(e) if e.is_temporary() => {
                std::thread::sleep(std::time::Duration::from_millis(5));
                None
            }
            other => Some(other),
        });
        let Some(Ok(Taken::Staged(receipt))) = settled else { panic!("{fault:?}: {settled:?}") };
        assert_eq!(receipt.repeated, matches!(fault, Fault::After(_)));
        assert!(matches!(house.hand_in(&before), Ok(Taken::Staged(r)) if r.repeated));
        house.staged();
        let said = house.f.ledger.roll_up().expect("rolls up");
        assert_eq!(attendance(&house, said[0].index).pieces, 3);
        house.sound();
    }
}

/// What a device may do next in a story.
#[derive(Clone, Copy, Debug)]
enum Step {
    Same,
    Other,
    Skip,
    Again(usize),
    RollUp,
    Later(u64),
    Kill,
    FailAppend,
    FailStage,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        10 => Just(Step::Same),
        2 => Just(Step::Other),
        1 => Just(Step::Skip),
        2 => (0..8usize).prop_map(Step::Again),
        2 => Just(Step::RollUp),
        3 => (1..4_000u64).prop_map(Step::Later),
        1 => Just(Step::Kill),
        1 => Just(Step::FailAppend),
        1 => Just(Step::FailStage),
    ];
    proptest::collection::vec((0..2usize, step), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Whatever happens, in whatever order: what was answered is in the log, in the store, or counted by the log; what is
    /// counted is counted once; and the log amounts to the running world.
    #[test]
    fn what_was_answered_is_held_or_counted(steps in steps()) {
        let mut faulty = Arc::new(FaultyLog::new(Arc::new(MemoryLog::default())));
        let mut house = house_on(faulty.clone());
        let mut devices = [Author::device(1), Author::device(2)];
        let second = house.station.state(enrolment(&devices[1]));
        house.take(second);
        let mut answered: Vec<Vec<(u64, Arc<[u8]>)>> = vec![Vec::new(); 2];
        let (mut digests, mut now) = ([1u8, 1], 0);
        for (who, step) in steps {
            let entry = match step {
                Step::Same | Step::Other => {
                    if matches!(step, Step::Other) {
                        digests[who] = 3 - digests[who];
                    }
                    devices[who].beacon = Some(house.beacon());
                    let sequence = devices[who].sequence;
                    (sequence, devices[who].state(Fact::Attested(evidence(digests[who]))))
                }
                Step::Skip => {
                    devices[who].skip();
                    continue;
                }
                Step::Again(n) => match answered[who].iter().rev().nth(n) {
                    Some(entry) => entry.clone(),
                    None => continue,
                },
                Step::RollUp => {
                    // It may meet a fault that was asked for.
                    let _ = house.f.ledger.roll_up();
                    continue;
                }
                Step::Later(seconds) => {
                    now += seconds;
                    house.f.at(now);
                    continue;
                }
                Step::Kill => {
                    house = house.killed();
                    faulty = Arc::new(FaultyLog::new(house.f.log.clone()));
                    let (log, guard): (Arc<dyn Log>, _) = (faulty.clone(), house.f.guard.clone());
                    // A copy that opens what died, so that faults can be asked for again.
                    let again = house.f.clock.clone();
                    drop(house.f);
                    let f = Fixture::open(log, guard, options()).expect("opens");
                    f.clock.set(ledger::ports::Clock::now(&*again));
                    house = House { f, ci: house.ci, station: house.station, device: house.device };
                    continue;
                }
                Step::FailAppend => {
                    faulty.script(Op::Append, [Fault::After(Fault::io())]);
                    continue;
                }
                Step::FailStage => {
                    faulty.script(Op::Stage, [Fault::Instead(Fault::io())]);
                    continue;
                }
            };
            let settled = (0..400).find_map(|_| match house.hand_in(&entry.1) {
                Err(e) if e.is_temporary() => {
                    std::thread::sleep(std::time::Duration::from_millis(3));
                    None
                }
                other => Some(other),
            });
            match settled {
                Some(Ok(_)) => answered[who].push(entry),
                // Pruned long ago: the log counts it.
                Some(Err(e)) => {
                    prop_assert_eq!(e.code(), "rolled_up");
                    prop_assert!(house.facts(0).contains(&"Pruned"), "what is not pruned is held");
                }
                None => prop_assert!(false, "the ledger did not come back"),
            }
        }
        // Faults that were asked for and did not happen yet are not part of the end.
        let logged = house.f.log.read(0, usize::MAX, usize::MAX).expect("reads");
        let held: Vec<_> = house.f.log.staged(0, usize::MAX).expect("reads").into_iter().map(|s| s.bytes).collect();
        let reading = house.f.ledger.read();
        for (device, answered) in devices.iter().zip(&answered) {
            let key = StreamKey { source: device.id, stream: 1 };
            for (sequence, raw) in answered {
                let counted = reading.streams().is_rolled(&key, *sequence);
                prop_assert!(
                    logged.contains(raw) || held.contains(raw) || counted,
                    "place {} was answered and is nowhere", sequence
                );
            }
            let Some(stream) = reading.streams().get(&key) else { continue };
            let missing: u64 = stream.gaps.iter().map(|g| g.count).sum();
            prop_assert_eq!(stream.entries + missing, stream.next, "each place is counted once");
        }
        let pieces: u64 = logged.iter().filter_map(|raw| match &Entry::decode(raw).ok()?.body().fact {
            Fact::Attendance(f) => Some(f.pieces),
            _ => None,
        }).sum();
        let rolled: u64 = devices.iter().filter_map(|d| {
            let key = StreamKey { source: d.id, stream: 1 };
            let stream = reading.streams().get(&key)?;
            let in_log = logged.iter().filter(|raw| Entry::decode(raw).is_ok_and(|e| e.body().source == d.id)).count();
            Some(stream.entries - in_log as u64)
        }).sum();
        prop_assert!(pieces >= rolled, "{} counted, {} not in the log", pieces, rolled);
        drop(reading);
        house.sound();
    }
}
