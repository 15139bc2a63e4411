//! Entries go in, receipts come out, and everything survives a new start.

use std::sync::Arc;
use std::time::Duration;

use evidence::facts::design::CommitPushed;
use evidence::{SourceKind, Time};
use ledger::audit::{Depth, audit};
use ledger::ports::Log;
use ledger::{Options, Standing};
use testkit::{Author, Fixture};
use tlog::{Checkpoint, VerifierKey};

fn pushed(n: u64) -> CommitPushed {
    CommitPushed {
        repository: "firmware".into(),
        commit: format!("{n:040x}"),
        parents: Vec::new(),
        authored: Time::EPOCH,
        signed_by: None,
        lock: None,
        configuration: None,
        product: "pump".into(),
        line: "main".into(),
        code: None,
        implements: vec![],
        claimed: vec![],
        signature: None,
        object: None,
    }
}

fn log_key(f: &Fixture) -> VerifierKey {
    let text = f.ledger.read().journal().log_key().to_owned();
    VerifierKey::parse(&text).expect("the log names its key")
}

fn everything() -> Depth {
    Depth { signatures: true, threads: 2 }
}

#[test]
fn a_receipt_proves_the_entry_to_a_stranger() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let key = log_key(&f);
    for n in 0..600 {
        let raw = ci.state(pushed(n));
        let receipt = f.submit(raw.clone()).expect("accepted");
        let entry = evidence::Entry::decode(&raw).expect("an entry");
        receipt.verify(&entry, &key).expect("the receipt holds");
        assert!(!receipt.repeated);
        // The same receipt holds as a C2SP packet under a policy that trusts the log's key alone.
        let mut policy = tlog::policy::Policy::new();
        policy.add_log(key.clone(), None).expect("a log");
        let packet = receipt.to_packet().expect("a packet");
        let packet = tlog::packet::LogProof::parse(packet.as_bytes()).expect("a well-formed packet");
        let proven = packet.verify_entry(&raw, &policy).expect("the packet holds");
        assert_eq!((proven.index, proven.head.checkpoint.size), (receipt.index, receipt.size));
    }
}

#[test]
fn batches_keep_their_order_and_all_survive_a_restart() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let batch: Vec<Arc<[u8]>> = (0..900).map(|n| ci.state(pushed(n))).collect();
    let indices: Vec<u64> =
        f.ledger.submit(batch.clone()).into_iter().map(|o| o.expect("accepted").index).collect();
    assert!(indices.windows(2).all(|w| w[0] + 1 == w[1]), "{indices:?}");
    let (size, checkpoint) = (f.ledger.read().size, f.ledger.checkpoint());
    let (log, guard) = (f.log.clone(), f.guard.clone());
    drop(f);
    let f = Fixture::open(log, guard, Options::default()).expect("opens again");
    assert_eq!(f.ledger.standing(), Standing::Writable);
    assert_eq!((f.ledger.read().size, f.ledger.checkpoint()), (size, checkpoint));
    for (index, raw) in indices.iter().zip(&batch) {
        let (_, stored) = f.ledger.entry(*index).expect("is there");
        assert_eq!(stored, *raw);
    }
    let report = audit(&*f.log, everything(), Some(&log_key(&f)), |_, _| {}).expect("the store reads");
    assert!(report.holds(), "{report:?}");
    assert_eq!((report.good, report.tiles), (size, size / 256));
}

#[test]
fn the_same_bytes_again_get_the_stored_receipt() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let raw = ci.state(pushed(1));
    let first = f.submit(raw.clone()).expect("accepted");
    let later: Vec<_> = (2..300).map(|n| ci.state(pushed(n))).collect();
    assert!(f.ledger.submit(later).iter().all(Result::is_ok));
    // Twice in one batch, among others, and long after.
    let outcomes = f.ledger.submit(vec![raw.clone(), ci.state(pushed(300)), raw]);
    let again = outcomes[0].clone().expect("repeated");
    assert!(again.repeated && outcomes[2].as_ref().is_ok_and(|r| r.repeated));
    assert_eq!((again.index, again.entry, again.leaf), (first.index, first.entry, first.leaf));
    assert!(again.size > first.size, "the proof is at the present head");
    let size = f.ledger.read().size;
    assert_eq!(size, outcomes[1].as_ref().expect("new").index + 1, "repeats add nothing");
}

#[test]
fn log_time_follows_the_clock_but_never_back_nor_too_far() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    f.at(100);
    f.submit(ci.state(pushed(1))).expect("accepted");
    let now = f.ledger.read().now();
    assert_eq!(now.seconds(), testkit::START + 100);
    f.at(50);
    f.submit(ci.state(pushed(2))).expect("a clock that went back stops time, not evidence");
    assert_eq!(f.ledger.read().now(), now);
    f.at(8 * 86_400);
    let refused = f.submit(ci.state(pushed(3))).expect_err("too far ahead");
    assert_eq!(refused.code(), "unavailable");
    assert_eq!(f.ledger.read().now(), now);
    let until = Time::from_seconds(testkit::START + 9 * 86_400).expect("a time");
    let advance = f.admin.state(evidence::facts::log::ClockAdvanced { until });
    f.submit(advance).expect("an administrator may");
    ci.sequence -= 1;
    ci.previous = f
        .ledger
        .read()
        .streams()
        .get(&world::streams::StreamKey { source: ci.id, stream: 1 })
        .map(|s| s.last);
    f.submit(ci.state(pushed(3))).expect("time may jump now");
    assert_eq!(f.ledger.read().now().seconds(), testkit::START + 8 * 86_400);
}

#[test]
fn time_resolves_to_the_last_tick_at_or_before_it() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let mut sizes = Vec::new();
    for n in 1..20 {
        f.at(n * 10);
        f.submit(ci.state(pushed(n))).expect("accepted");
        sizes.push((n * 10, f.ledger.read().size));
    }
    let reading = f.ledger.read();
    for (seconds, size) in sizes {
        let time = Time::from_seconds(testkit::START + seconds).expect("a time");
        assert_eq!(reading.clock().size_at(time, reading.size), size);
        assert_eq!(reading.clock().size_at(time.plus(9), reading.size), size);
        assert_eq!(reading.clock().time_of(size - 1), time);
    }
}

#[test]
fn the_guard_lies_behind_by_its_interval_only() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    f.submit(ci.state(pushed(1))).expect("accepted");
    let key = log_key(&f);
    let size = f.ledger.read().size;
    for _ in 0..40 {
        let guard = f.guard.load().expect("reads").expect("was kept");
        let (seen, _) = Checkpoint::open(guard.as_bytes(), &key).expect("signed by the log");
        assert!(seen.size <= f.ledger.read().size, "the guard is never ahead");
        if seen.size == size {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the guard was not written within two seconds");
}

#[test]
fn a_rotated_log_key_keeps_the_log() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let old = log_key(&f);
    let key = tlog::SigningKey::ed25519(testkit::ORIGIN, &[99; 32]).expect("a key");
    let receipt = f.ledger.rotate_log_key(key).expect("rotated");
    let new = log_key(&f);
    assert_ne!(old.id(), new.id());
    assert!(Checkpoint::open(receipt.checkpoint.as_bytes(), &new).is_ok());
    assert!(Checkpoint::open(receipt.checkpoint.as_bytes(), &old).is_err());
    f.submit(ci.state(pushed(1))).expect("accepted");
    let report = audit(&*f.log, everything(), Some(&new), |_, _| {}).expect("the store reads");
    assert!(report.holds(), "{report:?}");
    // The old key at hand does not open the log for writing.
    let (log, guard): (Arc<dyn Log>, _) = (f.log.clone(), f.guard.clone());
    drop(f);
    let f = Fixture::open(log, guard, Options::default()).expect("opens");
    assert!(matches!(f.ledger.standing(), Standing::ReadOnly(ledger::Doubt::OtherKey)));
}

#[test]
fn subscribers_see_every_size_once_it_is_durable() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let (sender, receiver) = std::sync::mpsc::channel();
    f.ledger.on_commit(Box::new(move |size| {
        let _ = sender.send(size);
    }));
    let before = f.ledger.read().size;
    assert_eq!(f.ledger.wait_beyond(before, Duration::from_millis(10)), before);
    let receipt = f.submit(ci.state(pushed(1))).expect("accepted");
    assert_eq!(f.ledger.wait_beyond(before, Duration::from_secs(5)), receipt.size);
    assert_eq!(receiver.recv_timeout(Duration::from_secs(5)), Ok(receipt.size));
}

#[test]
fn followers_see_each_durable_entry_once_and_in_order_at_their_own_pace() {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let ledger = Arc::new(f.ledger);
    let follow = |from: u64, pause: Duration| {
        let ledger = ledger.clone();
        std::thread::spawn(move || {
            let mut follower = ledger::follow::Follower::new(ledger, from);
            let mut seen = Vec::new();
            while seen.last() != Some(&1_201) {
                seen.extend(
                    follower.next(Duration::from_secs(5)).expect("reads").into_iter().map(|(i, _)| i),
                );
                std::thread::sleep(pause);
            }
            (follower.applied(), seen)
        })
    };
    let followers = [(0, follow(0, Duration::ZERO)), (700, follow(700, Duration::from_millis(20)))];
    for _ in 0..12 {
        let batch: Vec<_> = (0..100).map(|n| ci.state(pushed(n))).collect();
        assert!(ledger.submit(batch).iter().all(Result::is_ok));
    }
    for (from, follower) in followers {
        let (applied, seen) = follower.join().expect("no panic");
        assert_eq!(applied, 1_202);
        assert_eq!(seen, (from..1_202).collect::<Vec<u64>>());
    }
}
