//! Trust policies: reading, writing, quorums.

use proptest::prelude::*;
use tlog::note::SigningKey;
use tlog::policy::{Policy, Threshold};
use tlog::{Checkpoint, Error, Note, Problem, VerifierKey, cosignature, leaf_hash};

/// The `n`th witness's key.
pub(crate) fn witness(n: u8) -> SigningKey {
    SigningKey::cosigner(&format!("w{n}.example"), &[100 + n; 32]).unwrap()
}

/// The log's key.
pub(crate) fn log() -> SigningKey {
    SigningKey::ed25519("log.example", &[1; 32]).unwrap()
}

/// Two of X1 to X3 (witnesses 0 to 2) and one of Y1 to Y3 (3 to 5); Z (6) is outside of the quorum.
pub(crate) fn text() -> String {
    let mut text = format!("# example\nlog {} https://log.example/\n\n", log().verifier());
    for (n, name) in ["X1", "X2", "X3", "Y1", "Y2", "Y3", "Z"].iter().enumerate() {
        text += &format!("\twitness  {name} {}\n", witness(n as u8).verifier());
    }
    text + "group X 2 X1 X2 X3\ngroup Y any Y1 Y2 Y3\ngroup X-and-Y all X Y \n  # comment\nquorum X-and-Y\n"
}

fn cosigned(by: &[u8]) -> Note {
    let mut note = Checkpoint::new("log.example", 7, leaf_hash(b"root")).sign(&log()).unwrap();
    for n in by {
        note.push(cosignature::sign(&note, &witness(*n), 1000 + u64::from(*n)).unwrap()).unwrap();
    }
    note
}

#[test]
fn every_set_of_witnesses_is_judged_as_the_policy_says() {
    let policy = Policy::parse(text().as_bytes()).unwrap();
    for set in 0..128_u8 {
        let members: Vec<usize> = (0..7).filter(|n| (set >> n) & 1 == 1).collect();
        let evaluation = policy.evaluate(&members);
        let (x, y) = ((set & 7).count_ones(), (set >> 3 & 7).count_ones());
        assert_eq!(evaluation.satisfied, x >= 2 && y >= 1);
        assert_eq!(evaluation.counted, members.into_iter().filter(|n| *n < 6).collect::<Vec<_>>());
    }
}

#[test]
fn cosigned_checkpoints_are_judged() {
    let policy = Policy::parse(text().as_bytes()).unwrap();
    let verdict = policy.verify(&cosigned(&[6, 4, 2, 0])).unwrap();
    assert_eq!(verdict.checkpoint.size, 7);
    assert_eq!(verdict.log.key, *log().verifier());
    let witnesses: Vec<_> = verdict
        .witnesses
        .iter()
        .map(|w| (w.witness.name.to_string(), w.time.unwrap(), w.in_quorum))
        .collect();
    let expected = [("X1", 1000, true), ("X3", 1002, true), ("Y2", 1004, true), ("Z", 1006, false)];
    assert_eq!(witnesses, expected.map(|(name, time, counts)| (name.to_string(), time, counts)));

    assert_eq!(policy.verify(&cosigned(&[0, 4, 6])).unwrap_err(), Error::QuorumNotMet { counted: 2 });
    // One witness twice is one witness.
    assert_eq!(policy.verify(&cosigned(&[0, 0, 4])).unwrap_err(), Error::QuorumNotMet { counted: 2 });
    // A known witness's wrong cosignature spoils the note, even where the quorum would be met.
    let mut spoilt = cosigned(&[0, 1, 4]);
    let other = Checkpoint::new("log.example", 8, leaf_hash(b"root")).sign(&log()).unwrap();
    spoilt.push(cosignature::sign(&other, &witness(6), 1000).unwrap()).unwrap();
    assert!(matches!(policy.verify(&spoilt), Err(Error::BadSignature { .. })));
    // Witnesses alone do not make a log.
    let stranger = SigningKey::ed25519("log.example", &[9; 32]).unwrap();
    let mut unknown = Checkpoint::new("log.example", 7, leaf_hash(b"root")).sign(&stranger).unwrap();
    for n in [0, 1, 4] {
        unknown.push(cosignature::sign(&unknown, &witness(n), 1000).unwrap()).unwrap();
    }
    assert!(matches!(policy.verify(&unknown), Err(Error::UnknownLog { .. })));
    // A known log's key under a checkpoint of another origin is not that origin's log.
    let foreign = Checkpoint::new("other.example", 7, leaf_hash(b"root")).to_string();
    let foreign = Note::sign(&foreign, &[&log()]).unwrap();
    assert!(matches!(policy.verify(&foreign), Err(Error::UnknownLog { .. })));
    // With `quorum none` the log's word is enough.
    let lone = Policy::parse(format!("log {}\nquorum none\n", log().verifier()).as_bytes()).unwrap();
    assert!(lone.verify(&cosigned(&[])).unwrap().witnesses.is_empty());
}

#[test]
fn policies_are_written_as_they_were_read() {
    let policy = Policy::parse(text().as_bytes()).unwrap();
    let written = policy.to_bytes();
    assert_eq!(Policy::parse(&written).unwrap(), policy);
    assert_eq!(Policy::parse(&written).unwrap().to_bytes(), written);
    assert_eq!((policy.logs().len(), policy.witnesses().len(), policy.groups().len()), (1, 7, 3));
    assert_eq!(policy.logs()[0].url.as_ref().unwrap().to_string(), "https://log.example/");
    // Octets outside ASCII are opaque, and need not be UTF-8.
    let key = witness(0).verifier().to_string();
    let opaque = [b"witness \xff\xe2 ", key.as_bytes(), b"\nquorum \xff\xe2\n"].concat();
    assert_eq!(Policy::parse(&opaque).unwrap().to_bytes(), opaque);
    assert_eq!(Policy::parse(&Policy::new().to_bytes()), Ok(Policy::new()));
}

#[test]
fn malformed_policies_are_refused_with_their_line() {
    let (w0, w1, log_key) = (witness(0), witness(1), log());
    let (w0, w1, log_key) = (w0.verifier(), w1.verifier(), log_key.verifier());
    let head = format!("witness a {w0}\nwitness b {w1}\n");
    for (line, rest) in [
        (3, "quorum c\n".to_string()),
        (3, "group g any c\nquorum none\n".to_string()),
        (3, "group g any g\nquorum none\n".to_string()),
        (3, "group g 0 a b\nquorum none\n".to_string()),
        (3, "group g 3 a b\nquorum none\n".to_string()),
        (3, "group g +1 a b\nquorum none\n".to_string()),
        (3, "group g 01 a b\nquorum none\n".to_string()),
        (3, "group g all\nquorum none\n".to_string()),
        (3, "group g any a a\nquorum none\n".to_string()),
        (3, "group g any none\nquorum none\n".to_string()),
        (3, "group none any a\nquorum none\n".to_string()),
        (3, "group a any b\nquorum none\n".to_string()),
        (4, "group g any a\ngroup h any a b\nquorum none\n".to_string()),
        (4, "quorum a\nquorum a\n".to_string()),
        (4, "quorum a\nquorum none\n".to_string()),
        (3, "quorum\n".to_string()),
        (3, "quorum a b\n".to_string()),
        (3, "Quorum a\n".to_string()),
        (3, "witness a x\n".to_string()),
        (3, format!("witness c {w0}\nquorum none\n")),
        (3, format!("witness c {log_key}\nquorum none\n")),
        (3, format!("log {w0}\nquorum none\n")),
        (4, format!("log {log_key}\nlog {log_key}\nquorum none\n")),
        (3, format!("log {log_key} url more\nquorum none\n")),
        (3, "# a\x0b\nquorum none\n".to_string()),
        (3, "# a\x7f\nquorum none\n".to_string()),
        (3, "quorum none\r\n".to_string()),
        (2, String::new()),
        (1, "quorum none".to_string()),
    ] {
        match Policy::parse(format!("{head}{rest}").as_bytes()) {
            Err(Error::Syntax { line: found, .. }) => assert_eq!(found, line, "{rest:?}"),
            other => panic!("{rest:?}: {other:?}"),
        }
    }
    assert!(Policy::parse(format!("{head}quorum none\n").as_bytes()).is_ok());
}

#[test]
fn one_public_key_is_one_party_whatever_its_name() {
    let mut policy = Policy::new();
    let same = SigningKey::cosigner("another.example", &[100; 32]).unwrap();
    policy.add_witness(b"a", witness(0).verifier().clone(), None).unwrap();
    let again = policy.add_witness(b"b", same.verifier().clone(), None);
    assert_eq!(again, Err(Problem::Duplicate("the witness's public key")));
    assert_eq!(
        policy.add_group(b"g", Threshold::AtLeast(2), &[b"a"]),
        Err(Problem::Malformed("group threshold or member list"))
    );
    assert!(policy.add_witness(b"with space", witness(1).verifier().clone(), None).is_err());
    policy.set_quorum(b"a").unwrap();
    assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
}

#[test]
fn a_witness_nobody_can_verify_does_not_count() {
    // A key of type 0x06 with its derived ID: kept, never verified.
    let material = [&[6_u8][..], &[7; 1312]].concat();
    let name = "pq.example";
    let digest = tlog::Hash::of(&[name.as_bytes(), b"\n", &material].concat()).to_string();
    let encoded = {
        use base64ct::{Base64, Encoding};
        Base64::encode_string(&material)
    };
    let key = VerifierKey::parse(&format!("{name}+{}+{encoded}", &digest[..8])).unwrap();
    let text = format!("log {}\nwitness pq {key}\nquorum pq\n", log().verifier());
    let policy = Policy::parse(text.as_bytes()).unwrap();
    assert_eq!(policy.to_bytes(), text.as_bytes());
    assert_eq!(policy.verify(&cosigned(&[])).unwrap_err(), Error::QuorumNotMet { counted: 0 });
}

proptest! {
    #[test]
    fn the_reader_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Policy::parse(&bytes);
    }

    #[test]
    fn any_reordering_of_lines_is_answered(order in prop::collection::vec(0..14_usize, 0..30)) {
        let text = text();
        let lines: Vec<_> = text.lines().collect();
        let file: String = order.into_iter().filter_map(|at| lines.get(at)).map(|line| format!("{line}\n")).collect();
        if let Ok(policy) = Policy::parse(file.as_bytes()) {
            prop_assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
        }
    }
}
