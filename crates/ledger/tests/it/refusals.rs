//! Each way in which an entry can be wrong has its answer, and the rest of the batch goes on.

use std::sync::Arc;

use evidence::facts::design::RecordRetired;
use evidence::facts::sources::{KeyRevoked, KeyRotated, RevocationCause, SourceEnrolled, SourceSuspended};
use evidence::types::Beacon;
use evidence::{Entry, Fact, SourceId, SourceKind};
use ledger::Rejection;
use testkit::{Author, Fixture};
use tlog::Hash;

fn retired(n: u64) -> RecordRetired {
    RecordRetired {
        record: format!("SWR-{n}"),
        product: "pump".into(),
        line: "main".into(),
        revision: Hash([1; 32]),
    }
}

fn code(outcome: &ledger::Outcome) -> &'static str {
    outcome.as_ref().err().map_or("accepted", Rejection::code)
}

fn fixture() -> (Fixture, Author) {
    let mut f = Fixture::new();
    let ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    (f, ci)
}

#[test]
fn one_bad_entry_leaves_the_rest_of_its_batch_alone() {
    let (f, mut ci) = fixture();
    let stranger = Author::new(SourceKind::Ci, 21).state(retired(0));
    let first = ci.state(retired(1));
    let mut flipped = ci.state(retired(2)).to_vec();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    ci.sequence -= 1;
    ci.previous = Entry::decode(&first).ok().map(|e| e.hash());
    let second = ci.state(retired(3));
    let outcomes = f.ledger.submit(vec![
        first,
        Arc::from(&b"\xd2\x84"[..]),
        stranger,
        flipped.into(),
        second,
        Arc::from(&b""[..]),
    ]);
    let codes: Vec<_> = outcomes.iter().map(code).collect();
    assert_eq!(codes, ["accepted", "malformed", "unknown_source", "bad_proof", "accepted", "malformed"]);
    for rejection in outcomes.iter().filter_map(|o| o.as_ref().err()) {
        assert!(!rejection.to_string().is_empty() && !rejection.hint().is_empty());
    }
}

#[test]
fn a_stream_continues_only_where_it_ends() {
    let (f, mut ci) = fixture();
    f.submit(ci.state(retired(1))).expect("accepted");
    let mut body = ci.body(retired(2));
    body.sequence = 5;
    assert_eq!(code(&f.submit(ci.sign(body).encode().into())), "out_of_order");
    let mut body = ci.body(retired(2));
    body.previous = Some(Hash([9; 32]));
    assert_eq!(code(&f.submit(ci.sign(body).encode().into())), "other_previous");
    f.submit(ci.state(retired(2))).expect("the right place is still free");
}

#[test]
fn two_entries_at_one_place_are_both_kept() {
    let (f, mut ci) = fixture();
    let early = ci.body(retired(100));
    let first = f.submit(ci.state(retired(1))).expect("accepted");
    // Within a batch, while the first is not durable yet, and long after.
    let next = ci.body(retired(3));
    let batch = f.ledger.submit(vec![ci.state(retired(2)), ci.sign(next).encode().into()]);
    assert_eq!(batch.iter().map(code).collect::<Vec<_>>(), ["accepted", "equivocation"]);
    let outcome = f.submit(ci.sign(early.clone()).encode().into());
    let Err(Rejection::Equivocation { first: at, kept }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(at, first.index);
    let (entry, _) = f.ledger.entry(kept).expect("the evidence is in the log");
    let Fact::Equivocated(fact) = &entry.body().fact else { panic!("{entry:?}") };
    assert_eq!(fact.first.entry, first.entry);
    let other = Entry::decode(&fact.bytes.as_ref().expect("small enough").0).expect("the other side, whole");
    assert_eq!(other.body(), &early);
    other.verify(&ci.key).expect("both sides verify: that is the proof");
    // The same second side again proves nothing new, however often it comes.
    let size = f.ledger.read().size;
    for _ in 0..20 {
        assert_eq!(code(&f.submit(ci.sign(early.clone()).encode().into())), "equivocation");
    }
    assert_eq!(f.ledger.read().size, size, "repeating a fork does not grow the log");
    // A flood of different second sides is bounded.
    for n in 200..260 {
        let mut body = early.clone();
        body.fact = retired(n).into();
        assert_eq!(code(&f.submit(ci.sign(body).encode().into())), "equivocation");
    }
    assert!(f.ledger.read().size <= size + 8, "{} new entries", f.ledger.read().size - size);
}

#[test]
fn what_a_revoked_key_signs_later_is_quarantined_and_what_it_signed_stays() {
    let (mut f, mut ci) = fixture();
    let before = f.submit(ci.state(retired(1))).expect("accepted");
    let fact = KeyRevoked {
        source: ci.id,
        key: ci.key.id(),
        cause: RevocationCause::Compromised,
        doubtful_since: None,
    };
    let entry = f.admin.state(fact);
    f.submit(entry).expect("revoked");
    let late = ci.state(retired(2));
    let outcome = f.submit(late.clone());
    let Err(Rejection::Quarantined { kept, .. }) = outcome else { panic!("{outcome:?}") };
    let (entry, _) = f.ledger.entry(kept).expect("kept");
    let Fact::Quarantined(fact) = &entry.body().fact else { panic!("{entry:?}") };
    assert_eq!(fact.bytes.as_ref().map(|b| &b.0[..]), Some(&late[..]));
    let size = f.ledger.read().size;
    for n in 3..60 {
        let _ = f.submit(ci.sign(ci.body(retired(n))).encode().into());
        let _ = f.submit(late.clone());
    }
    assert!(f.ledger.read().size <= size + 32, "quarantine is bounded");
    assert!(f.ledger.entry(before.index).is_ok());
    let depth = ledger::audit::Depth { signatures: true, threads: 2 };
    assert!(ledger::audit::audit(&*f.log, depth, None, |_, _| {}).expect("reads").holds());
}

#[test]
fn rotation_takes_over_at_once_and_suspension_holds() {
    let (mut f, mut ci) = fixture();
    f.submit(ci.state(retired(1))).expect("accepted");
    let next = Author::new(SourceKind::Ci, 22);
    let fact = KeyRotated { source: ci.id, old: ci.key.id(), new: next.key.clone(), possession: None };
    let entry = f.admin.state(fact);
    f.submit(entry).expect("rotated");
    let stale = ci.state(retired(2));
    assert_eq!(code(&f.submit(stale)), "quarantined");
    ci.sequence -= 1;
    ci.previous = f
        .ledger
        .read()
        .streams()
        .get(&world::streams::StreamKey { source: ci.id, stream: 1 })
        .map(|s| s.last);
    (ci.secret, ci.key) = (next.secret, next.key);
    f.submit(ci.state(retired(2))).expect("the new key signs in the same stream");
    let entry = f.admin.state(SourceSuspended { source: ci.id });
    f.submit(entry).expect("suspended");
    assert_eq!(code(&f.submit(ci.state(retired(3)))), "quarantined");
}

#[test]
fn nobody_may_what_no_role_permits() {
    let (mut f, mut ci) = fixture();
    let other = Author::new(SourceKind::Service, 30);
    let fact = SourceEnrolled {
        source: other.id,
        key: other.key.clone(),
        name: "Service".into(),
        roles: vec!["administrator".into()],
        possession: None,
    };
    assert_eq!(code(&f.submit(ci.state(fact.clone()))), "forbidden");
    ci.sequence -= 1;
    ci.previous = None;
    // Identifiers are derived from the first key, and never used again.
    let mut wrong = fact.clone();
    wrong.source = SourceId::derive(SourceKind::Person, &other.key).expect("a person");
    wrong.source =
        SourceId::from_bytes(&[&wrong.source.as_bytes()[..10], &[0]].concat()).expect("well formed");
    let entry = f.admin.sign(f.admin.body(wrong)).encode();
    assert_eq!(code(&f.submit(entry.into())), "bad_identifier");
    let entry = f.admin.state(fact.clone());
    f.submit(entry).expect("enrolled");
    let entry = f.admin.sign(f.admin.body(fact)).encode();
    assert_eq!(code(&f.submit(entry.into())), "bad_identifier");
    // Only the ledger ticks, and only devices attest.
    let tick = ci.sign(ci.body(evidence::facts::log::Tick { time: evidence::Time::MAX })).encode();
    assert_eq!(code(&f.submit(tick.into())), "ledger_only");
}

#[test]
fn beacons_must_be_the_logs_own() {
    let (f, mut ci) = fixture();
    let tree = f.ledger.tree();
    ci.beacon = Some(Beacon { generation: 0, size: tree.size(), root: tree.root() });
    f.submit(ci.state(retired(1))).expect("a beacon of this log");
    ci.beacon = Some(Beacon { generation: 0, size: tree.size(), root: Hash([3; 32]) });
    assert_eq!(code(&f.submit(ci.sign(ci.body(retired(2))).encode().into())), "foreign_beacon");
    ci.beacon = Some(Beacon { generation: 0, size: 1_000_000, root: tree.root() });
    assert_eq!(code(&f.submit(ci.sign(ci.body(retired(2))).encode().into())), "future_beacon");
    ci.beacon = Some(Beacon { generation: 1, size: 1, root: tree.root() });
    assert_eq!(code(&f.submit(ci.sign(ci.body(retired(2))).encode().into())), "future_beacon");
}

#[test]
fn too_much_at_once_is_refused_whole() {
    let (f, mut ci) = fixture();
    let many: Vec<_> = (0..1_001).map(|n| ci.state(retired(n))).collect();
    let outcomes = f.ledger.submit(many);
    assert!(outcomes.len() == 1_001 && outcomes.iter().all(|o| code(o) == "too_much"));
}

#[test]
fn an_entry_names_only_blobs_that_are_there() {
    let (f, mut ci) = fixture();
    let bytes = b"a report";
    let blob = |digest| evidence::types::BlobRef { digest, length: 8, media_type: "text/plain".into() };
    let fact = |digest| evidence::facts::design::DocumentInterpreted {
        document: evidence::types::Interpreted {
            raw: blob(digest),
            parser: "junit".into(),
            parser_version: 1,
            normalised: blob(digest),
        },
        format: "junit".into(),
        origin: "ci".into(),
    };
    let digest = Hash::of(bytes);
    let entry: Arc<[u8]> = ci.state(fact(digest));
    assert_eq!(code(&f.submit(entry.clone())), "missing_blob");
    assert_eq!(f.ledger.blobs().put(bytes), Ok(digest));
    assert_eq!(code(&f.submit(entry)), "accepted");
}

#[test]
fn a_key_that_comes_in_a_submission_verifies_what_follows_in_it() {
    let (mut f, mut ci) = fixture();
    let next = Author::new(SourceKind::Ci, 22);
    let rotated = KeyRotated { source: ci.id, old: ci.key.id(), new: next.key.clone(), possession: None };
    let (before, stale) = (ci.state(retired(1)), ci.sign(ci.body(retired(2))).encode());
    let rotation = f.admin.state(rotated);
    (ci.secret, ci.key) = (next.secret, next.key);
    let forged = {
        let body = ci.body(retired(3));
        let mut bytes = ci.sign(body).encode();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        bytes
    };
    let after: Vec<_> = (4..8).map(|n| ci.state(retired(n))).collect();
    let batch = [vec![before, rotation, stale.into(), forged.into()], after].concat();
    let outcomes = f.ledger.submit(batch);
    let codes: Vec<_> = outcomes.iter().map(code).collect();
    assert_eq!(codes[..4], ["accepted", "accepted", "quarantined", "bad_proof"]);
    assert!(codes[4..].iter().all(|c| *c == "accepted"), "{codes:?}");
}
