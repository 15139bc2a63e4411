//! Appends that fail before, instead of and after committing, at every position of a scenario; and reads that fail while
//! the ledger recovers from it.

use std::sync::Arc;
use std::time::Duration;

use evidence::facts::sources::{KeyRevoked, RevocationCause, SourceEnrolled, SourceRenamed};
use evidence::{Fact, SourceKind};
use ledger::conformance::{Fault, FaultyLog, Op, Random};
use ledger::ports::{MemoryGuard, MemoryLog, Problem};
use ledger::{Ledger, Options, Rejection, Standing, load};
use testkit::{Author, Fixture};
use world::streams::StreamKey;

use super::faults::{Checker, next, retired, states};

/// A ledger on a log that fails on request, and three authors that may write to it.
fn faulty() -> (Fixture, Arc<FaultyLog>, Vec<Author>) {
    let log = Arc::new(FaultyLog::new(Arc::new(MemoryLog::default())));
    let mut f = Fixture::on(log.clone());
    let authors: Vec<Author> = (20..23).map(|seed| Author::new(SourceKind::Ci, seed)).collect();
    authors.iter().for_each(|a| f.enrol(a, &["ci"]));
    (f, log, authors)
}

/// The failures that an append can have.
fn ways() -> [Fault; 3] {
    [
        Fault::Before(Problem::Full("on request".into())),
        Fault::Instead(Fault::io()),
        Fault::After(Fault::io()),
    ]
}

/// Three hundred submissions over four borders of bundles, each of whose appends fails once in the same way.
fn every_append_fails_once(way: &Fault) {
    let (f, log, mut authors) = faulty();
    let checker = Checker::default();
    let mut random = Random::new(7);
    let mut settled = 0;
    for n in 0..300u64 {
        if n % 3 == 0 {
            f.at(n); // The first entry of the batch is a tick.
        }
        let author = &mut authors[usize::try_from(n % 3).expect("small")];
        let sent = next(author, 1 + random.below(6));
        log.script(Op::Append, [way.clone()]);
        let size = f.ledger.read().size;
        let before = checker.submit(&f.ledger, &sent);
        let code = if matches!(way, Fault::Before(_)) { "unavailable" } else { "outcome_unknown" };
        assert!(before.iter().all(|o| o.as_ref().is_err_and(|e| e.code() == code)), "{before:?}");
        // Nothing that is not durable is shown, and what is durable is.
        let after = checker.settle(&f.ledger, &sent);
        let there = matches!(way, Fault::After(_));
        for outcome in after {
            let receipt = outcome.expect("accepted in the end");
            assert_eq!(receipt.repeated, there, "the answer says whether it was there already");
            assert!(receipt.index >= size);
            settled += 1;
        }
        if n % 50 == 49 {
            checker.check(&**log.inner(), &f.ledger, false);
        }
    }
    assert!(settled > 900, "{settled} entries settled");
    assert_eq!(f.ledger.standing(), Standing::Writable);
    checker.check(&**log.inner(), &f.ledger, true);
}

#[test]
fn refused_at_every_position() {
    every_append_fails_once(&ways()[0]);
}

#[test]
fn unknown_and_not_there_at_every_position() {
    every_append_fails_once(&ways()[1]);
}

#[test]
fn unknown_and_there_at_every_position() {
    every_append_fails_once(&ways()[2]);
}

/// One fault in an otherwise good life, around each border of bundles and with large batches.
#[test]
fn one_fault_at_a_border() {
    for way in ways() {
        for position in 0..8 {
            let (f, log, mut authors) = faulty();
            let checker = Checker::default();
            for (step, count) in [250, 3, 1, 1, 250, 5, 300, 2].into_iter().enumerate() {
                let sent = next(&mut authors[0], count);
                if step == position {
                    log.script(Op::Append, [way.clone()]);
                }
                let outcomes = checker.settle(&f.ledger, &sent);
                assert!(outcomes.iter().all(Result::is_ok));
            }
            checker.check(&**log.inner(), &f.ledger, false);
        }
    }
}

/// Several threads, faults at random, and reads that fail while the ledger reads everything anew.
#[test]
fn many_threads_and_random_faults() {
    let (f, log, authors) = faulty();
    let checker = Checker::default();
    let (ledger, checker_ref, log_ref) = (&f.ledger, &checker, &log);
    std::thread::scope(|scope| {
        for (t, mut author) in authors.into_iter().enumerate() {
            scope.spawn(move || {
                let mut random = Random::new(t as u64);
                for n in 0..70u64 {
                    if random.below(4) == 0 {
                        let way = ways()[usize::try_from(random.below(3)).expect("small")].clone();
                        log_ref.script(Op::Append, [way]);
                        if random.below(3) == 0 {
                            log_ref.script(Op::Read, [Fault::Before(Fault::io())]);
                        }
                    }
                    let count = if n % 20 == 7 { 90 } else { 1 + random.below(9) };
                    let sent = next(&mut author, count);
                    let outcomes = checker_ref.settle(ledger, &sent);
                    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
                    checker_ref.sees(ledger);
                }
            });
        }
    });
    assert!(checker.count("outcome_unknown") > 0 && checker.count("unavailable") > 0);
    checker.check(&**log.inner(), ledger, true);
}

#[test]
fn the_store_fails_again_and_again_while_everything_is_read_anew() {
    let (f, log, mut authors) = faulty();
    let checker = Checker::default();
    checker.settle(&f.ledger, &next(&mut authors[0], 300));
    for (n, op) in [Op::Head, Op::Read, Op::Head].into_iter().enumerate() {
        log.script(Op::Append, [ways()[n].clone()]);
        log.script(op, [Fault::Before(Fault::io()), Fault::Before(Fault::io())]);
        let sent = next(&mut authors[0], 2);
        let outcomes = checker.submit(&f.ledger, &sent);
        assert!(outcomes.iter().all(Result::is_err));
        // It says why it takes nothing, and what was durable before stays readable.
        let other = next(&mut authors[1], 1);
        let Err(refused) = &checker.submit(&f.ledger, &other)[0] else { panic!("taken while reading anew") };
        assert_eq!(refused.code(), "unavailable");
        assert!(op != Op::Head || f.ledger.entry(5).is_ok());
        assert!(checker.settle(&f.ledger, &[sent, other].concat()).iter().all(Result::is_ok));
    }
    checker.check(&**log.inner(), &f.ledger, true);
}

/// What was not durable leaves no trace: an answer that rested on it is not given, and the place is free again.
#[test]
fn no_answer_rests_on_what_was_lost() {
    for way in ways() {
        let (mut f, log, mut authors) = faulty();
        let there = matches!(way, Fault::After(_));
        // In one batch: a key is revoked, and what it signs next is thereby inadmissible; a source is enrolled, and
        // cannot be enrolled again.
        let doomed = &mut authors[0];
        let revoked = KeyRevoked {
            source: doomed.id,
            key: doomed.key.id(),
            cause: RevocationCause::Compromised,
            doubtful_since: None,
        };
        let stranger = Author::new(SourceKind::Ci, 40);
        let enrolled = SourceEnrolled {
            source: stranger.id,
            key: stranger.key.clone(),
            name: "Somebody".into(),
            roles: vec!["ci".into()],
            possession: None,
        };
        let late = doomed.state(retired(1));
        resync(&f.ledger, &mut f.admin);
        let batch = vec![
            f.admin.state(revoked),
            late.clone(),
            f.admin.state(enrolled.clone()),
            f.admin.state(enrolled),
        ];
        log.script(Op::Append, [way.clone()]);
        for outcome in f.ledger.submit(batch.clone()) {
            assert!(matches!(code(&outcome), "unavailable" | "outcome_unknown"), "{way:?}: {outcome:?}");
        }
        // The revocation is in the log, or it never was: the late entry's fate says which.
        let checker = Checker::default();
        let codes: Vec<_> = checker.settle(&f.ledger, &batch[1..2]).iter().map(code).collect();
        assert_eq!(codes, [if there { "quarantined" } else { "accepted" }]);
        assert_eq!(Checker::is_logged(&**log.inner(), &batch[0]), there);
        resync(&f.ledger, &mut f.admin);
        let entry = f.admin.state(SourceRenamed { source: authors[1].id, name: "Someone".into() });
        assert_eq!(code(&checker.settle(&f.ledger, &[entry])[0]), "accepted");
        checker.check(&**log.inner(), &f.ledger, true);
    }
}

/// Continues an author's stream where the log has it.
fn resync(ledger: &Ledger, author: &mut Author) {
    let key = StreamKey { source: author.id, stream: author.stream };
    let head = ledger.read().streams().get(&key).map(|s| (s.next, s.last));
    author.sequence = head.map_or(0, |(next, _)| next);
    author.previous = head.map(|(_, last)| last);
}

fn code(outcome: &ledger::Outcome) -> &'static str {
    outcome.as_ref().err().map_or("accepted", Rejection::code)
}

/// The log's key is rotated while the store fails: the ledger goes on signing with the key that the log names.
#[test]
fn a_rotation_that_fails_leaves_a_log_that_opens() {
    for way in ways() {
        let (f, log, mut authors) = faulty();
        let checker = Checker::default();
        checker.settle(&f.ledger, &next(&mut authors[0], 10));
        log.script(Op::Append, [way.clone()]);
        let key = |n| tlog::SigningKey::ed25519(testkit::ORIGIN, &[n; 32]).expect("a key");
        f.ledger.rotate_log_key(key(99)).expect_err("the append failed");
        checker.settle(&f.ledger, &next(&mut authors[0], 300));
        let named = f.ledger.read().journal().log_key().to_owned();
        let rotated = named == key(99).verifier().to_string();
        assert_eq!(rotated, matches!(way, Fault::After(_)), "{way:?}");
        checker.check(&**log.inner(), &f.ledger, true);
        f.ledger.rotate_log_key(key(98)).expect("rotated");
        checker.settle(&f.ledger, &next(&mut authors[0], 3));
        checker.check(&**log.inner(), &f.ledger, true);
    }
}

/// Seals begun before a failure say nothing about the world after it.
///
/// The walk over the states ends while the sequencer waits for a full batch to be written, so that its result comes to it
/// only after everything was read anew.
#[test]
fn a_seal_never_states_what_was_lost() {
    for round in 0..24u64 {
        let (f, log, mut authors) = faulty();
        drop(f.ledger);
        let options = Options { batch_entries: 2, ..Options::default() };
        let mut f = Fixture::open(log.clone(), f.guard, options).expect("opens");
        resync(&f.ledger, &mut f.admin);
        let checker = Checker::default();
        checker.settle(&f.ledger, &next(&mut authors[0], 40));
        let (ledger, way) = (&f.ledger, ways()[usize::try_from(round % 3).expect("small")].clone());
        let (lost, more) = (next(&mut authors[1], 2), next(&mut authors[2], 2));
        std::thread::scope(|scope| {
            log.script(Op::Append, [way]);
            scope.spawn(|| checker.settle(ledger, &lost));
            let sealer = scope.spawn(move || ledger.seal());
            scope.spawn(|| checker.settle(ledger, &more));
            let _ = sealer.join().expect("no panic");
        });
        ledger.seal().expect("sealed");
        let entries = log.inner().read(0, usize::MAX, usize::MAX).expect("reads");
        let mut seals = 0;
        let mut world = world::World::new();
        let mut history = vec![world.clone()];
        for raw in &entries {
            let entry = evidence::Entry::decode(raw).expect("an entry");
            if let Fact::Sealed(sealed) = &entry.body().fact {
                seals += 1;
                let then =
                    history.get(usize::try_from(sealed.size).expect("small")).expect("a size before it");
                for ((name, states), stated) in states(then.clone()).iter().zip(&sealed.concerns) {
                    let mut tree = tlog::tree::CompactRange::new();
                    states.iter().for_each(|s| tree.append(s.leaf_hash()));
                    assert_eq!((*name, tree.root()), (&*stated.concern, stated.root), "size {}", sealed.size);
                }
            }
            world.apply(&entry, entry.hash());
            history.push(world.clone());
        }
        assert!(seals > 0);
        checker.check(&**log.inner(), ledger, false);
    }
}

/// The store comes back without its tail, or with another log: read-only, with the reason, and it stays so.
#[test]
fn a_store_that_forgets_what_it_acknowledged_is_not_written_any_more() {
    let (f, log, mut authors) = faulty();
    let checker = Checker::default();
    checker.settle(&f.ledger, &next(&mut authors[0], 100));
    let older = log.inner().head().expect("reads").expect("has one");
    drop(f);
    // The same keys, the same beginning, another continuation.
    let other = Arc::new(FaultyLog::new(Arc::new(MemoryLog::default())));
    let g = Fixture::on(other.clone());
    let guard: Arc<dyn ledger::ports::Guard> = Arc::new(MemoryGuard::default());
    guard.store(&older.checkpoint).expect("stores");
    drop(g);
    let h = Fixture::open(other, guard, Options::default()).expect("opens to be read");
    let Standing::ReadOnly(doubt) = h.ledger.standing() else { panic!("{}", h.ledger.standing()) };
    assert!(doubt.to_string().contains("entries are missing"), "{doubt}");
    // A failure of the store does not clear the doubt.
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(code(&h.submit(next(&mut authors[0], 1).remove(0))), "unavailable");
    assert!(matches!(h.ledger.standing(), Standing::ReadOnly(_)));
}

/// Doubt that a witness raises outlives a failure of the store.
#[test]
fn doubt_outlives_a_failing_store() {
    let (f, log, mut authors) = faulty();
    let checker = Checker::default();
    checker.settle(&f.ledger, &next(&mut authors[0], 10));
    log.script(Op::Append, [Fault::Instead(Fault::io())]);
    // Reading anew takes a while: the doubt comes in between.
    log.script(Op::Head, [Fault::Before(Fault::io())]);
    let sent = next(&mut authors[0], 1);
    assert!(checker.submit(&f.ledger, &sent)[0].is_err());
    let seen = tlog::Checkpoint::new(testkit::ORIGIN, 1_000, tlog::Hash([9; 32]));
    f.ledger.seen_elsewhere(&seen, "a witness");
    std::thread::sleep(Duration::from_millis(300));
    assert!(matches!(f.ledger.standing(), Standing::ReadOnly(_)), "{}", f.ledger.standing());
    assert_eq!(code(&checker.submit(&f.ledger, &sent)[0]), "unavailable");
    assert!(load(&**log.inner(), None).is_ok());
}

/// Whoever waits for an answer gets it when the commit is done, not when something else happens to wake the sequencer.
#[test]
fn no_answer_waits_for_the_next_message() {
    let (f, _, authors) = faulty();
    let ledger = &f.ledger;
    std::thread::scope(|scope| {
        for mut author in authors {
            scope.spawn(move || {
                for _ in 0..250 {
                    let (sender, receiver) = std::sync::mpsc::channel();
                    let sent = next(&mut author, 12);
                    ledger.submit_then(sent, Box::new(move |outcomes| drop(sender.send(outcomes))));
                    // The idle tick, which would wake it too, is a minute away.
                    let outcomes = receiver.recv_timeout(Duration::from_secs(20)).expect("an answer in time");
                    assert!(outcomes.iter().all(Result::is_ok));
                }
            });
        }
    });
}
