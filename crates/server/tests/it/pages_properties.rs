//! The five properties, each in each verdict it can have.
#![expect(clippy::expect_used, reason = "helpers of tests fail by panicking")]

use evidence::Fact;
use ledger::properties::{Holds, Material, TimeStamped, five_properties};
use testkit::Fixture;
use tlog::{Hash, Note, SigningKey, VerifierKey};
use world::streams::StreamKey;

use crate::story;

fn material(f: &Fixture, witnesses: &[VerifierKey], index: u64) -> Material {
    let place = |key: &StreamKey, sequence| f.ledger.read().streams().index_of(key, sequence);
    let (log, tree) = (&**f.ledger.log(), f.ledger.tree());
    Material::gather(log, &tree, &place, witnesses, index, u64::MAX).expect("it is there")
}

fn verdicts(f: &Fixture, m: &Material) -> [Holds; 5] {
    five_properties(&f.ledger.read(), m).map(|p| p.holds)
}

fn text(f: &Fixture, m: &Material, which: usize) -> String {
    five_properties(&f.ledger.read(), m)[which].text()
}

/// Indices of entries that state what `like` accepts.
fn stating(f: &Fixture, like: impl Fn(&evidence::Body) -> bool) -> Vec<u64> {
    let size = f.ledger.read().size;
    (0..size).filter(|i| like(f.ledger.entry(*i).expect("an entry").0.body())).collect()
}

const PROVENANCE: usize = 0;
const INTEGRITY: usize = 1;
const NON_REPUDIATION: usize = 2;
const COMPLETENESS: usize = 3;
const TEMPORAL: usize = 4;

#[test]
fn every_entry_of_the_story_is_whole_and_its_time_waits_for_a_witness() {
    let f = story::tell();
    for index in 0..f.ledger.read().size {
        let verdicts = verdicts(&f, &material(&f, &[], index));
        assert_eq!((verdicts[PROVENANCE], verdicts[INTEGRITY]), (Holds::Yes, Holds::Yes), "entry {index}");
        assert_ne!(verdicts[NON_REPUDIATION], Holds::No, "entry {index}");
        assert_eq!(verdicts[TEMPORAL], Holds::NotProven, "entry {index}");
    }
}

#[test]
fn a_cosignature_under_a_known_key_ends_the_time() {
    let f = story::tell();
    let witness = SigningKey::cosigner("witness.example/a", &[42; 32]).expect("a key");
    let mut note = Note::parse(f.ledger.checkpoint().as_bytes()).expect("a note");
    let cosignature = tlog::cosignature::sign(&note, &witness, testkit::START + 90_000).expect("cosigned");
    note.push(cosignature).expect("room");
    f.log.put_cosigned(f.ledger.read().size, &note.to_string()).expect("kept");
    let beacon = *stating(&f, |b| b.beacon.is_some()).first().expect("one with a beacon");
    let known = material(&f, &[witness.verifier().clone()], beacon);
    assert_eq!(verdicts(&f, &known)[TEMPORAL], Holds::Yes);
    assert!(
        text(&f, &known, TEMPORAL).contains("Not after 2023-11-15T23:13:20Z: cosigned"),
        "{}",
        text(&f, &known, TEMPORAL)
    );
    // The same note under no key at hand, or another, proves nothing.
    let other = SigningKey::cosigner("witness.example/a", &[43; 32]).expect("a key");
    for keys in [vec![], vec![other.verifier().clone()]] {
        let unknown = material(&f, &keys, beacon);
        assert_eq!(verdicts(&f, &unknown)[TEMPORAL], Holds::NotProven);
        assert!(text(&f, &unknown, INTEGRITY).contains("keys are not at hand"));
    }
    // Without a beacon nothing says that it is not older.
    let bare = *stating(&f, |b| b.beacon.is_none()).last().expect("one without");
    assert_eq!(verdicts(&f, &material(&f, &[witness.verifier().clone()], bare))[TEMPORAL], Holds::NotProven);
}

#[test]
fn a_time_stamp_ends_the_time_and_the_earlier_bound_comes_first() {
    let f = story::tell();
    let witness = SigningKey::cosigner("witness.example/a", &[42; 32]).expect("a key");
    let pq = SigningKey::ml_dsa_44("witness.example/b", &[43; 32]).expect("a key");
    let beacon = *stating(&f, |b| b.beacon.is_some()).first().expect("one with a beacon");
    let size = f.ledger.read().size;
    let stamp = |seconds| {
        let time = evidence::Time::from_seconds(testkit::START + seconds).expect("a time");
        Some(TimeStamped { size, time, signer: "ab".repeat(32) })
    };
    let mut stamped = material(&f, &[], beacon);
    stamped.stamped = stamp(80_000);
    assert_eq!(verdicts(&f, &stamped)[TEMPORAL], Holds::Yes);
    let says = text(&f, &stamped, TEMPORAL);
    assert!(says.contains("Not after 2023-11-15T20:26:40Z: time-stamped (RFC 3161)"), "{says}");

    let mut note = Note::parse(f.ledger.checkpoint().as_bytes()).expect("a note");
    // A cosignature that states no time counts as one, and bounds nothing.
    note.push(tlog::cosignature::sign(&note, &pq, 0).expect("cosigned")).expect("room");
    f.log.put_cosigned(size, &note.to_string()).expect("kept");
    let keys = [witness.verifier().clone(), pq.verifier().clone()];
    let timeless = material(&f, &keys, beacon);
    assert!(text(&f, &timeless, INTEGRITY).contains("1 witness has cosigned"));
    assert_eq!(verdicts(&f, &timeless)[TEMPORAL], Holds::NotProven);

    let cosignature = tlog::cosignature::sign(&note, &witness, testkit::START + 90_000).expect("cosigned");
    note.push(cosignature).expect("room");
    f.log.put_cosigned(size, &note.to_string()).expect("kept");
    for (seconds, first, second) in [
        (80_000, "Not after 2023-11-15T20:26:40Z: time-stamped", "Also 2023-11-15T23:13:20Z: cosigned"),
        (99_000, "Not after 2023-11-15T23:13:20Z: cosigned", "Also 2023-11-16T01:43:20Z: time-stamped"),
    ] {
        let mut both = material(&f, &keys, beacon);
        both.stamped = stamp(seconds);
        let says = text(&f, &both, TEMPORAL);
        assert!(says.contains(first) && says.contains(second), "{says}");
    }
}

#[test]
fn gaps_and_forks_are_incompleteness_of_their_stream() {
    let f = story::tell();
    let (gap, fork) = {
        let world = f.ledger.read();
        let gap = world
            .streams()
            .iter()
            .find(|(_, s)| !s.gaps.is_empty())
            .map(|(k, s)| (k.source, s.gaps[0].since));
        let fork = world.streams().iter().find(|(_, s)| !s.forks.is_empty()).map(|(k, _)| k.source);
        (gap.expect("a gap"), fork.expect("a fork"))
    };
    let after = material(&f, &[], gap.1);
    assert_eq!(verdicts(&f, &after)[COMPLETENESS], Holds::NotProven);
    assert!(text(&f, &after, COMPLETENESS).contains("which has not arrived"));
    let elsewhere = *stating(&f, |b| b.source == gap.0).last().expect("an entry");
    let elsewhere = material(&f, &[], elsewhere);
    assert_eq!(verdicts(&f, &elsewhere)[COMPLETENESS], Holds::Yes);
    assert!(text(&f, &elsewhere, COMPLETENESS).contains("lacks 2 places elsewhere"));
    for index in stating(&f, |b| b.source == fork) {
        assert_eq!(verdicts(&f, &material(&f, &[], index))[COMPLETENESS], Holds::No, "entry {index}");
    }
}

#[test]
fn a_key_in_doubt_taints_what_it_signed_since() {
    let f = story::tell();
    let (key, since) = stating(&f, |b| matches!(b.fact, Fact::KeyRevoked(_)))
        .first()
        .and_then(|i| match &f.ledger.entry(*i).expect("an entry").0.body().fact {
            Fact::KeyRevoked(r) => Some((r.source, r.doubtful_since.expect("in doubt"))),
            _ => None,
        })
        .expect("a revocation");
    let (mut before, mut doubtful) = (0, 0);
    for index in stating(&f, |b| b.source == key) {
        let holds = verdicts(&f, &material(&f, &[], index))[NON_REPUDIATION];
        let late = f.ledger.read().clock().time_of(index) >= since;
        assert_eq!(holds, if late { Holds::NotProven } else { Holds::Yes }, "entry {index}");
        if late { doubtful += 1 } else { before += 1 }
    }
    assert!(before > 0 && doubtful > 0, "{before} before, {doubtful} since");
}

#[test]
fn what_does_not_fit_does_not_hold() {
    let f = story::tell();
    let index = *stating(&f, |b| matches!(b.fact, Fact::Attested(_))).last().expect("an attestation");
    let mut other_root = material(&f, &[], index);
    other_root.root = Hash([1; 32]);
    assert_eq!(verdicts(&f, &other_root)[INTEGRITY], Holds::No);
    let mut other_signature = material(&f, &[], index);
    let body = other_signature.entry.body().clone();
    other_signature.entry = testkit::Author::device(77).sign(body);
    assert_eq!(verdicts(&f, &other_signature)[NON_REPUDIATION], Holds::No);
    let mut other_past = material(&f, &[], index);
    other_past.before.as_mut().expect("a neighbour").hash = Hash([2; 32]);
    assert_eq!(verdicts(&f, &other_past)[COMPLETENESS], Holds::No);
}
