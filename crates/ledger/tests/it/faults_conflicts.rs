//! Conflicting and repeated entries under concurrency: one place holds one entry, both sides of a conflict are kept, and a
//! storm of repeats adds nothing.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

use ed25519_dalek::Signer;
use evidence::facts::sources::{KeyRevoked, RevocationCause};
use evidence::facts::statements::Signed;
use evidence::proof::ssh;
use evidence::statement::{Meaning, Statement};
use evidence::types::{Beacon, Bytes};
use evidence::{Entry, Fact, SourceKind, Time};
use ledger::audit::{Depth, audit};
use ledger::{Outcome, Rejection};
use testkit::{Author, Fixture};
use tlog::Hash;

use super::faults::{Checker, next, retired};

fn code(outcome: &Outcome) -> &'static str {
    outcome.as_ref().err().map_or("accepted", Rejection::code)
}

fn fixture() -> (Fixture, Author) {
    let mut f = Fixture::new();
    let ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    (f, ci)
}

#[test]
fn conflicting_pairs_race_for_one_place() {
    let (f, mut ci) = fixture();
    let (ledger, checker) = (&f.ledger, Checker::default());
    let mut whole = BTreeSet::new();
    for round in 0..40u64 {
        // Four sides of one place, sent at once: alone, in a batch with a good entry, and twice in one batch.
        let sides: Vec<Arc<[u8]>> =
            (0..4).map(|n| ci.sign(ci.body(retired(round * 10 + n))).encode().into()).collect();
        let barrier = Barrier::new(4);
        let outcomes: Vec<(Arc<[u8]>, Outcome)> = std::thread::scope(|scope| {
            let send = |n: usize| {
                let (barrier, checker, sides) = (&barrier, &checker, &sides);
                scope.spawn(move || {
                    let mut batch = vec![sides[n].clone()];
                    if n == 3 {
                        batch.push(sides[0].clone());
                    }
                    barrier.wait();
                    let outcomes = checker.submit(ledger, &batch);
                    batch.into_iter().zip(outcomes).collect::<Vec<_>>()
                })
            };
            let threads: Vec<_> = (0..4).map(send).collect();
            threads.into_iter().flat_map(|t| t.join().expect("no panic")).collect()
        });
        let won: BTreeSet<&Arc<[u8]>> =
            outcomes.iter().filter(|(_, o)| o.is_ok()).map(|(raw, _)| raw).collect();
        assert_eq!(won.len(), 1, "one side holds the place");
        let winner = *won.first().expect("one");
        for (raw, outcome) in &outcomes {
            if raw == winner {
                assert!(outcome.is_ok(), "{outcome:?}");
                continue;
            }
            let Err(Rejection::Equivocation { first, kept }) = outcome else { panic!("{outcome:?}") };
            assert_eq!(&ledger.entry(*first).expect("there").1, winner);
            let (entry, _) = ledger.entry(*kept).expect("there");
            let Fact::Equivocated(fact) = &entry.body().fact else { panic!("{entry:?}") };
            // The first few of a stream are kept whole; after that one of them stands for all.
            if fact.second == Entry::decode(raw).expect("an entry").hash() {
                assert_eq!(fact.bytes.as_ref().map(|b| &b.0[..]), Some(&raw[..]));
                whole.insert(fact.second);
            } else {
                let forks = ledger.read().streams().iter().map(|(_, s)| s.forks.len()).max();
                assert_eq!(forks, Some(world::streams::MAX_FORKS), "there are enough of them");
            }
        }
        ci.sequence += 1;
        ci.previous = Some(Entry::decode(winner).expect("an entry").hash());
    }
    let report = audit(&*f.log, Depth { signatures: true, threads: 2 }, None, |_, _| {}).expect("reads");
    assert!(report.holds() && report.forks == 1, "{report:?}");
    assert_eq!(whole.len(), world::streams::MAX_FORKS);
    let kept = f.ledger.read().size;
    assert!(kept < 3 + 40 + 20, "a flood of conflicts is bounded: {kept} entries");
}

#[test]
fn a_storm_of_repeats_adds_nothing() {
    let (mut f, mut ci) = fixture();
    let other = Author::new(SourceKind::Ci, 21);
    f.enrol(&other, &["ci"]);
    let checker = Checker::default();
    let entries = next(&mut ci, 300);
    let barrier = Barrier::new(6);
    let ledger = &f.ledger;
    let size = ledger.read().size;
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                barrier.wait();
                for batch in entries.chunks(30) {
                    // Only the next place is free: whoever comes too early waits for the others.
                    while checker.submit(ledger, batch).iter().any(Result::is_err) {
                        std::thread::yield_now();
                    }
                }
                for _ in 0..5 {
                    assert!(checker.submit(ledger, &entries).iter().all(Result::is_ok));
                }
            });
        }
    });
    assert_eq!(ledger.read().size, size + 300, "each entry once, whoever sent it how often");
    checker.check(&*f.log, ledger, true);
}

/// Between the moment its signatures are verified and its turn, an entry of the same submission may end a key.
#[test]
fn a_statement_signed_with_a_key_that_ends_in_the_same_batch_is_refused() {
    let (mut f, mut ci) = fixture();
    let approver = Author::person(30);
    f.enrol(&approver, &["quality"]);
    let statement = Statement {
        record: "SWR-012".into(),
        revision: Hash([8; 32]),
        meaning: Meaning::Approve,
        name: "Somebody".into(),
        time: Time::from_seconds(testkit::START).expect("a time"),
    };
    let text = statement.text().expect("canonical");
    let signature =
        approver.secret.sign(&ssh::signed_data(ssh::RECORD_NAMESPACE, text.as_bytes())).to_bytes();
    let blob = ssh::blob(&approver.key, ssh::RECORD_NAMESPACE, &signature).expect("an SSH key");
    let signed = Signed {
        statement: text,
        signature: Bytes(blob),
        signer: approver.id,
        record: statement.record.clone(),
        revision: statement.revision,
        meaning: statement.meaning,
    };
    let revoked = KeyRevoked {
        source: approver.id,
        key: approver.key.id(),
        cause: RevocationCause::Compromised,
        doubtful_since: None,
    };
    let outcomes = f.ledger.submit(vec![f.admin.state(revoked), ci.state(signed)]);
    assert_eq!(outcomes.iter().map(code).collect::<Vec<_>>(), ["accepted", "bad_attached"]);
    let report = audit(&*f.log, Depth { signatures: true, threads: 1 }, None, |_, _| {}).expect("reads");
    assert!(report.holds(), "{report:?}");
}

/// A beacon shows that an entry is not older than a checkpoint; nobody has seen a checkpoint that is not durable.
#[test]
fn a_beacon_cannot_run_ahead_with_its_own_batch() {
    let (f, mut ci) = fixture();
    let size = f.ledger.read().size;
    let first = ci.state(retired(1));
    ci.beacon = Some(Beacon { generation: 0, size: size + 1, root: Hash([3; 32]) });
    let second = ci.state(retired(2));
    let outcomes = f.ledger.submit(vec![first, second]);
    assert_eq!(outcomes.iter().map(code).collect::<Vec<_>>(), ["accepted", "future_beacon"]);
}
