//! ML-DSA-44 cosignatures: the message's bytes, keys, notes, policies, and what is refused.

use proptest::prelude::*;
use tlog::cosignature::{self, MAX_TIME, Subtree};
use tlog::note::{ML_DSA_44_KEY_BYTES, SignatureType};
use tlog::policy::Policy;
use tlog::{Checkpoint, EMPTY_ROOT, Error, Hash, Note, SigningKey, VerifierKey, leaf_hash};

const TIME: u64 = 1_790_000_000;

fn witness() -> SigningKey {
    SigningKey::ml_dsa_44("pq.example/w", &[42; 32]).unwrap()
}

fn log() -> SigningKey {
    SigningKey::ed25519("log.example", &[1; 32]).unwrap()
}

fn checkpoint() -> Note {
    Checkpoint::new("log.example", 7, leaf_hash(b"root")).sign(&log()).unwrap()
}

fn cosigned(time: u64) -> Note {
    let mut note = checkpoint();
    note.push(cosignature::sign(&note, &witness(), time).unwrap()).unwrap();
    note
}

/// The checkpoint with one signature line of these bytes behind the witness's name and ID.
fn with_bytes(text: &str, bytes: &[u8]) -> Note {
    use base64ct::{Base64, Encoding};
    let line = [&witness().verifier().id().0.to_be_bytes(), bytes].concat();
    let line = format!("\u{2014} pq.example/w {}\n", Base64::encode_string(&line));
    Note::parse(format!("{text}\n{line}").as_bytes()).unwrap()
}

#[test]
fn the_message_is_the_structure_of_the_specification() {
    // Written out by hand from c2sp.org/tlog-cosignature, "ML-DSA-44 signed message".
    let mut expected = b"subtree/v1\n\x00\x0cpq.example/w".to_vec();
    expected.extend_from_slice(&[0, 0, 0, 0, 0x6a, 0xb1, 0x3b, 0x80]);
    expected.extend_from_slice(b"\x0blog.example");
    expected.extend_from_slice(&[0; 8]);
    expected.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 7]);
    expected.extend_from_slice(leaf_hash(b"root").as_bytes());
    let checkpoint = Checkpoint::parse(checkpoint().text()).unwrap();
    let subtree = Subtree::of(&checkpoint).unwrap();
    assert_eq!(subtree.message("pq.example/w", TIME), Some(expected));

    let part = Subtree { start: 8, end: 13, ..subtree };
    assert!(part.message("w", 0).is_some());
    assert_eq!(part.message("w", 1), None, "a part that does not start at 0 has no time");
    assert!(subtree.message("w", MAX_TIME).is_some());
    assert_eq!(subtree.message("w", MAX_TIME + 1), None);
    assert!(subtree.message(&"n".repeat(255), 1).is_some());
    for bad in [String::new(), "n".repeat(256)] {
        assert_eq!(subtree.message(&bad, 1), None);
        assert_eq!(Subtree { origin: &bad, ..subtree }.message("w", 1), None);
    }
}

#[test]
fn keys_and_signatures_keep_their_bytes() {
    let key = witness();
    let (vkey, skey) = (key.verifier().to_string(), key.to_skey());
    assert_eq!(key.verifier().public_key().len(), ML_DSA_44_KEY_BYTES);
    assert_eq!(key.verifier().signature_type(), SignatureType::MlDsa44);
    assert_eq!(VerifierKey::parse(&vkey).unwrap(), *key.verifier());
    assert_eq!(*SigningKey::parse(&skey).unwrap().to_skey(), *skey);
    assert!(!format!("{key:?}").contains(skey.rsplit('+').next().unwrap()));
    // Deterministic: these digests of the key text and of the signed note may never change.
    let digests = [vkey, cosigned(TIME).to_string()].map(|text| Hash::of(text.as_bytes()).to_string());
    assert_eq!(digests, GOLDEN, "the bytes of a key or of a cosignature have changed");
    let line = cosigned(TIME).signatures()[1].clone();
    assert_eq!(line.bytes().len(), 8 + 2420);
    assert_eq!(line.bytes()[..8], TIME.to_be_bytes());
}

const GOLDEN: [&str; 2] = [
    "1c8c930d43c32f65d434b7ba58d3410d1ef2586871951d7152e6262c8227fd08",
    "8106eeee6834be02e55683f6cc801868cca9c6263189299d4995331d086f5984",
];

#[test]
fn keys_of_another_length_are_refused() {
    use base64ct::{Base64, Encoding};
    for length in [1, 32, ML_DSA_44_KEY_BYTES - 1, ML_DSA_44_KEY_BYTES + 1, 1952] {
        let material = [&[6_u8][..], &vec![7; length]].concat();
        let id = Hash::of(&[b"pq.example\n", &material[..]].concat()).to_string();
        let text = format!("pq.example+{}+{}", &id[..8], Base64::encode_string(&material));
        assert!(VerifierKey::parse(&text).is_err(), "{length} bytes");
    }
    let other = SigningKey::ml_dsa_44("pq.example/v", &[42; 32]).unwrap().verifier().to_string();
    assert!(VerifierKey::parse(&other.replace("example/v", "example/w")).is_err(), "the ID binds the name");
}

#[test]
fn cosignatures_verify_with_their_time() {
    let (note, key) = (cosigned(TIME), witness());
    let line = &note.signatures()[1];
    assert_eq!(cosignature::verify(&note, line, key.verifier()), Ok(Some(TIME)));
    let log = log();
    let verified = note.verify([key.verifier(), log.verifier()]).unwrap();
    assert_eq!(verified.iter().map(|v| v.time).collect::<Vec<_>>(), [None, Some(TIME)]);
    // 0 says: no statement of time.
    let timeless = cosigned(0);
    assert_eq!(cosignature::verify(&timeless, &timeless.signatures()[1], key.verifier()), Ok(None));
    // Another name with the same seed is another cosigner: the message names it.
    let other = SigningKey::ml_dsa_44("pq.example/v", &[42; 32]).unwrap();
    assert_eq!(other.verifier().public_key(), key.verifier().public_key());
    let renamed = note.to_string().replace("pq.example/w", "pq.example/v");
    let renamed = Note::parse(renamed.as_bytes()).unwrap();
    assert!(cosignature::verify(&renamed, &renamed.signatures()[1], other.verifier()).is_err());
    let forged = [&TIME.to_be_bytes(), &line.bytes()[8..]].concat();
    assert!(with_bytes(note.text(), &forged).verify([key.verifier()]).is_ok());
}

#[test]
fn what_is_not_exactly_a_cosignature_is_refused() {
    let (note, key) = (cosigned(TIME), witness());
    let good = note.signatures()[1].bytes().to_vec();
    let refused = |text: &str, bytes: &[u8]| {
        matches!(with_bytes(text, bytes).verify([key.verifier()]), Err(Error::BadSignature { .. }))
    };
    assert!(!refused(note.text(), &good));
    assert!(refused(note.text(), &good[..good.len() - 1]));
    assert!(refused(note.text(), &[&good[..], &[0]].concat()));
    assert!(refused(note.text(), &good[..8]));
    assert!(refused(note.text(), &[1, 2, 3]));
    let late = [&(MAX_TIME + 1).to_be_bytes(), &good[8..]].concat();
    assert!(refused(note.text(), &late));
    for text in [
        note.text().replace("\n7\n", "\n8\n"),
        note.text().replace("log.example", "log.exemple"),
        format!("{}an extension line\n", note.text()),
        "no checkpoint\n".to_string(),
    ] {
        assert!(refused(&text, &good), "{text}");
    }
    // The hints (the last 84 bytes) have one spelling: what follows the last hint is 0.
    let mut respelt = good.clone();
    let place = respelt.len() - 5;
    assert_eq!(respelt[place], 0, "an unused place for a hint");
    respelt[place] = 1;
    assert!(refused(note.text(), &respelt));
}

#[test]
fn nothing_is_cosigned_that_the_message_does_not_cover() {
    let key = witness();
    let plain = Checkpoint::new("log.example", 7, leaf_hash(b"root"));
    let extended = Checkpoint { extensions: vec!["more".into()], ..plain.clone() };
    let note = extended.sign(&log()).unwrap();
    assert_eq!(cosignature::sign(&note, &key, TIME).unwrap_err(), Error::NotCovered);
    let ed25519 = SigningKey::cosigner("w.example", &[2; 32]).unwrap();
    assert!(cosignature::sign(&note, &ed25519, TIME).is_ok(), "its message covers the whole text");
    let long = Checkpoint { origin: "o".repeat(256), ..plain.clone() };
    assert_eq!(Subtree::of(&long).unwrap_err(), Error::NotCovered);
    let empty = Checkpoint::new("log.example", 0, leaf_hash(b"")).to_string();
    let empty = Note::sign(&empty, &[&log()]).unwrap();
    assert_eq!(cosignature::sign(&empty, &key, TIME).unwrap_err(), Error::EmptyTreeRoot);
    let empty = Checkpoint::new("log.example", 0, EMPTY_ROOT).sign(&log()).unwrap();
    assert!(cosignature::sign(&empty, &key, TIME).is_ok());
    assert_eq!(
        cosignature::sign(&checkpoint(), &key, MAX_TIME + 1),
        Err(Error::TimeOutOfRange(MAX_TIME + 1))
    );
    assert!(matches!(plain.sign(&key), Err(Error::OriginMismatch { .. })));
}

#[test]
fn policies_count_them() {
    let ed25519 = SigningKey::cosigner("w.example", &[2; 32]).unwrap();
    let text = format!(
        "log {}\nwitness pq {}\nwitness old {}\ngroup both all pq old\nquorum both\n",
        log().verifier(),
        witness().verifier(),
        ed25519.verifier()
    );
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.to_bytes(), text.as_bytes());
    let mut note = cosigned(TIME);
    assert_eq!(policy.verify(&note).unwrap_err(), Error::QuorumNotMet { counted: 1 });
    note.push(cosignature::sign(&note, &ed25519, TIME + 1).unwrap()).unwrap();
    let note = Note::parse(&note.to_bytes()).unwrap();
    let verdict = policy.verify(&note).unwrap();
    let times: Vec<_> = verdict.witnesses.iter().map(|w| (w.time, w.in_quorum)).collect();
    assert_eq!(times, [(Some(TIME), true), (Some(TIME + 1), true)]);
    // One without a time counts, and bounds nothing.
    let lone = text.replace("quorum both", "quorum pq");
    let lone = Policy::parse(lone.as_bytes()).unwrap();
    let timeless = cosigned(0);
    assert_eq!(lone.verify(&timeless).unwrap().witnesses[0].time, None);
}

#[test]
fn a_log_may_sign_so() {
    // As logs of the reference implementation do: its own name, type 0x06, time 0.
    let log = SigningKey::ml_dsa_44("log.example", &[9; 32]).unwrap();
    let text = Checkpoint::new("log.example", 7, leaf_hash(b"root")).to_string();
    let line = cosignature::sign(&checkpoint(), &log, 0).unwrap();
    let note = Note::parse(format!("{text}\n{line}").as_bytes()).unwrap();
    let policy = format!("log {}\nquorum none\n", log.verifier());
    assert_eq!(Policy::parse(policy.as_bytes()).unwrap().verify(&note).unwrap().checkpoint.size, 7);
    let (opened, _) = Checkpoint::open(&note.to_bytes(), log.verifier()).unwrap();
    assert_eq!(opened.size, 7);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_cosignature_fails(at in 0..2428_usize, bit in 0..8_u8) {
        let note = cosigned(TIME);
        let mut bytes = note.signatures()[1].bytes().to_vec();
        bytes[at] ^= 1 << bit;
        prop_assert!(with_bytes(note.text(), &bytes).verify([witness().verifier()]).is_err());
    }
}
