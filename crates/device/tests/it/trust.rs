//! Freshness: what a device believes of the log, and what it refuses.

use std::cell::RefCell;
use std::rc::Rc;

use device::sim::RamFlash;
use device::wire::{Freshness, Statement};
use device::{Anchor, Error, NotFresh, Trust};
use ed25519_dalek::Signer;
use evidence::facts::log::Recovered;
use evidence::keys::Algorithm;
use evidence::proof::attached::Attached;
use evidence::types::Bytes;
use evidence::{Fact, Field, Hash};
use testkit::{Author, Fixture};
use tlog::{Checkpoint, SigningKey};

use crate::bench::{Bench, PAGE, Shared, evidence};

fn log(name: &str, seed: u8) -> SigningKey {
    SigningKey::ed25519(name, &[seed; 32]).expect("a name")
}

fn head(key: &SigningKey, size: u64, root: u8) -> String {
    Checkpoint::new(key.name(), size, Hash([root; 32])).sign(key).expect("a checkpoint").to_string()
}

fn statement(generation: u64, checkpoint: String, statements: Vec<Statement>) -> Vec<u8> {
    Freshness { generation, checkpoint, statements }.encode()
}

/// A recovery signed by a device author's key, which signs COSE.
fn recovered(by: &Author, key: &SigningKey, generation: u64, held: u64) -> Statement {
    let mut fact = Recovered {
        origin: key.name().into(),
        generation,
        log_key: key.verifier().to_string(),
        ledger_key: by.key.clone(),
        old_checkpoint: String::new(),
        held,
        held_root: Hash([0; 32]),
        missing: 0,
        account: "the tail was lost".into(),
        signature: Bytes::default(),
    };
    let over = Attached::recovery(&fact).cose_signed(&by.key);
    fact.signature = Bytes(by.secret.sign(&over).to_bytes().to_vec());
    let mut w = evidence::cbor::Writer::new();
    fact.write(&mut w);
    Statement::Recovered(w.into_bytes())
}

fn handover(old: &SigningKey, new: &SigningKey) -> Statement {
    let text =
        format!("vouchsafe-log-key@v1\n{}\nfrom {}\nto {}\n", new.name(), old.verifier(), new.verifier());
    Statement::Handover(tlog::Note::sign(&text, &[old]).expect("a note").to_string())
}

fn code(result: Result<Trust, NotFresh>) -> &'static str {
    result.map_or_else(|e| e.code(), |_| "believed")
}

#[test]
fn a_log_never_shrinks_forks_or_goes_back() {
    let (key, recovery) = (log("log.example/a", 1), Author::device(1));
    let anchor =
        Anchor { log_key: key.verifier().to_string(), generation: 2, recovery_key: recovery.key.clone() };
    let start = Trust::pinned(&anchor);
    assert_eq!(start.beacon(), None);
    let ask = |trust: &Trust, raw: &[u8]| trust.advanced(&anchor.recovery_key, raw);
    let ten = ask(&start, &statement(2, head(&key, 10, 7), vec![])).expect("signed by the log");
    assert_eq!(ten.beacon().map(|b| (b.generation, b.size)), Some((2, 10)));
    for (generation, checkpoint, want) in [
        (2, head(&key, 10, 7), "believed"),
        (2, head(&key, 11, 8), "believed"),
        (2, head(&key, 9, 7), "shrunk"),
        (2, head(&key, 10, 8), "forked"),
        (1, head(&key, 11, 8), "old-generation"),
        (3, head(&key, 11, 8), "unproven-generation"),
        (2, head(&log("log.example/a", 2), 11, 8), "bad-checkpoint"),
        (2, head(&log("log.example/b", 1), 11, 8), "bad-checkpoint"),
        (2, "log.example/a\n".into(), "bad-checkpoint"),
    ] {
        assert_eq!(code(ask(&ten, &statement(generation, checkpoint.clone(), vec![]))), want, "{checkpoint}");
    }
    let mut trailing = statement(2, head(&key, 12, 8), vec![]);
    trailing.push(0);
    assert_eq!(code(ask(&ten, &trailing)), "malformed");
}

#[test]
fn keys_are_handed_over_by_the_old_key_and_successors_by_the_recovery_key_alone() {
    let (a, a2, b) = (log("log.example/a", 1), log("log.example/a", 2), log("log.example/b", 3));
    let (recovery, thief) = (Author::device(1), Author::device(2));
    let anchor =
        Anchor { log_key: a.verifier().to_string(), generation: 0, recovery_key: recovery.key.clone() };
    let ask = |trust: &Trust, raw: &[u8]| trust.advanced(&anchor.recovery_key, raw);
    let ten = ask(&Trust::pinned(&anchor), &statement(0, head(&a, 10, 7), vec![])).expect("signed");
    let by = |statements| statement(0, head(&a2, 11, 8), statements);
    assert_eq!(code(ask(&ten, &by(vec![]))), "bad-checkpoint");
    assert_eq!(code(ask(&ten, &by(vec![handover(&a, &a2)]))), "believed");
    // By another key than the one it names, or to another origin.
    let Statement::Handover(good) = handover(&a, &a2) else { unreachable!() };
    let Statement::Handover(other) = handover(&a2, &a) else { unreachable!() };
    let (text, _) = good.split_once("\n\n").expect("a note");
    let (_, signature) = other.split_once("\n\n").expect("a note");
    let forged = Statement::Handover(format!("{text}\n\n{signature}"));
    assert_eq!(code(ask(&ten, &by(vec![forged]))), "bad-statement");
    assert_eq!(code(ask(&ten, &by(vec![handover(&a, &b)]))), "bad-statement");
    // A successor may be shorter than what was seen, but has what it says it kept, and the recovery.
    let next = |size, by: &Author, held| {
        statement(1, head(&b, size, 9), vec![handover(&a, &a2), recovered(by, &b, 1, held)])
    };
    assert_eq!(code(ask(&ten, &next(8, &recovery, 7))), "believed");
    assert_eq!(code(ask(&ten, &next(7, &recovery, 7))), "shrunk");
    assert_eq!(code(ask(&ten, &next(8, &thief, 7))), "bad-statement");
    let two = statement(2, head(&b, 8, 9), vec![recovered(&recovery, &b, 2, 7)]);
    assert_eq!(code(ask(&ten, &two)), "bad-statement", "a generation is missing");
    // What is known already is history.
    let later = ask(&ten, &next(8, &recovery, 7)).expect("recovered");
    assert_eq!(code(ask(&later, &next(9, &thief, 7))), "believed");
    assert_eq!(code(ask(&later, &statement(0, head(&a, 99, 7), vec![]))), "old-generation");
}

#[test]
fn the_beacon_survives_power_loss_and_stands_in_the_next_evidence() {
    let f = Fixture::new();
    let mut bench = Bench::new(8, Algorithm::P256);
    let flash: Shared = Rc::new(RefCell::new(RamFlash::new(4, PAGE)));
    let mut device = bench.start(&flash, 1).expect("it starts");
    assert_eq!(device.beacon(), None);
    let beacon =
        device.fresh(&statement(0, f.ledger.checkpoint().to_string(), vec![])).expect("the log's own");
    let mut device = bench.start(&flash, 1).expect("it starts");
    assert_eq!(device.beacon(), Some(beacon.clone()));
    device.attest(None, evidence(1, 1)).expect("room");
    let last = device.outbox(9, 9_999).expect("readable").items.pop().expect("evidence");
    assert_eq!(evidence::Entry::decode(&last.bytes).expect("an entry").body().beacon, Some(beacon.clone()));
    // The ledger's own handover is one that the device takes.
    f.ledger.rotate_log_key(log(testkit::ORIGIN, 77)).expect("rotated");
    let size = f.ledger.read().size;
    let rotated = (0..size).find_map(|n| match &f.ledger.entry(n).expect("an entry").0.body().fact {
        Fact::LogKeyRotated(r) => Some(r.handover.clone()),
        _ => None,
    });
    let note = f.ledger.checkpoint().to_string();
    assert!(matches!(device.fresh(&statement(0, note.clone(), vec![])), Err(Error::NotFresh(_))));
    assert_eq!(device.beacon(), Some(beacon), "what is refused changes nothing");
    let statements = vec![Statement::Handover(rotated.expect("it is in the log"))];
    assert_eq!(device.fresh(&statement(0, note, statements)).map(|b| b.size), Ok(size));
}
