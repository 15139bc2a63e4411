//! Notes, keys and checkpoints.

use proptest::prelude::*;
use tlog::note::{MAX_SIGNATURES, SignatureType};
use tlog::{Checkpoint, EMPTY_ROOT, Error, Hash, Note, SigningKey, VerifierKey, leaf_hash};

const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::ed25519(name, &[seed; 32]).unwrap()
}

#[test]
fn the_published_note_verifies_and_is_written_back() {
    let key = VerifierKey::parse(VKEY).unwrap();
    assert_eq!(key.to_string(), VKEY);
    assert_eq!(key.signature_type(), SignatureType::Ed25519);
    let note = Note::parse(NOTE.as_bytes()).unwrap();
    assert_eq!(note.to_string(), NOTE);
    let verified = note.verify([&key]).unwrap();
    assert_eq!(verified.len(), 1);
    assert_eq!((verified[0].key, verified[0].time), (&key, None));
    let altered = Note::parse(NOTE.replace("example message", "exemple message").as_bytes()).unwrap();
    assert!(matches!(altered.verify([&key]), Err(Error::BadSignature { .. })));
}

#[test]
fn unknown_signatures_are_ignored_and_known_bad_ones_are_not() {
    let (a, b, stranger) = (key("a.example", 1), key("b.example", 2), key("c.example", 3));
    let text = "text\n\nwith an empty line\n";
    let note = Note::sign(text, &[&a, &stranger]).unwrap();
    assert_eq!(Note::parse(&note.to_bytes()).unwrap(), note);
    assert_eq!(note.text(), text);
    assert_eq!(note.verify([a.verifier(), b.verifier()]).unwrap().len(), 1);
    assert_eq!(note.verify([b.verifier()]).unwrap_err(), Error::NoKnownSignature);
    assert_eq!(note.verify([]).unwrap_err(), Error::NoKnownSignature);

    // A right signature beside a wrong one of a known key: refused.
    let other = Note::sign("other\n", &[&b]).unwrap();
    let mut mixed = note.clone();
    mixed.push(other.signatures()[0].clone()).unwrap();
    assert!(mixed.verify([a.verifier()]).is_ok(), "b is unknown here");
    assert!(matches!(mixed.verify([a.verifier(), b.verifier()]), Err(Error::BadSignature { .. })));

    // Same name with another key: another ID, so unknown.
    assert_eq!(note.verify([key("a.example", 9).verifier()]).unwrap_err(), Error::NoKnownSignature);
}

#[test]
fn signatures_are_bounded() {
    let keys: Vec<_> = (0..=MAX_SIGNATURES).map(|n| key(&format!("k{n}.example"), 7)).collect();
    let refs: Vec<_> = keys.iter().collect();
    const { assert!(MAX_SIGNATURES >= 16) };
    let note = Note::sign("text\n", &refs[..MAX_SIGNATURES]).unwrap();
    let verified = Note::parse(&note.to_bytes()).unwrap();
    assert_eq!(verified.verify(keys.iter().map(SigningKey::verifier)).unwrap().len(), MAX_SIGNATURES);
    assert!(Note::sign("text\n", &refs).is_err());
    let line = note.signatures()[0].to_string();
    assert!(Note::parse(format!("{note}{line}").as_bytes()).is_err());
}

#[test]
fn malformed_notes_are_refused() {
    for (change, note) in [
        ("no signature", "text\n\n".to_string()),
        ("no blank line", NOTE.replace("\n\n", "\n")),
        ("no final newline", NOTE.trim_end().to_string()),
        ("control character", NOTE.replace("This", "This\t")),
        ("carriage return", NOTE.replace('\n', "\r\n")),
        ("hyphen", NOTE.replace('\u{2014}', "-")),
        ("two spaces", NOTE.replace("foo Uw", "foo  Uw")),
        ("plus in the name", NOTE.replace("example.com/foo", "example+foo")),
        ("no name", NOTE.replace("example.com/foo ", " ")),
        ("unicode space", NOTE.replace("example.com/foo", "example\u{a0}foo")),
        ("set trailing bits", NOTE.replace("yaQM=", "yaQN=")),
        ("no padding", NOTE.replace("yaQM=", "yaQM")),
        ("only an ID", NOTE.split("Uw2Q").next().unwrap().to_string() + "Uw2QOg==\n"),
    ] {
        assert!(Note::parse(note.as_bytes()).is_err(), "{change}");
    }
    assert!(Note::parse(b"\xff\n\n").is_err());
    assert!(Note::sign("no newline", &[&key("a", 1)]).is_err());
}

#[test]
fn keys_are_read_strictly() {
    let short = VKEY.replace("+530d903a", "+530d903");
    for text in [
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("example.com/foo", "example.com/fop"),
        short,
        VKEY.replace("U2k", "U2"),
        "a+00000000+".to_string(),
        String::new(),
    ] {
        assert!(VerifierKey::parse(&text).is_err(), "{text}");
    }
    // The identity, a point of order 8, and a second spelling of y = 3 (p + 3).
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut respelt = [0xff; 32];
    (respelt[0], respelt[31]) = (0xf0, 0x7f);
    for weak in [[0; 32], identity, respelt] {
        assert!(VerifierKey::ed25519("weak", &weak).is_err());
    }
    // A type nobody here can verify is kept, and does not count.
    let other = "pq.example+12345678+BQEC";
    let kept = VerifierKey::parse(other).unwrap();
    assert_eq!((kept.to_string().as_str(), kept.is_verifiable()), (other, false));
    assert_eq!(Note::parse(NOTE.as_bytes()).unwrap().verify([&kept]).unwrap_err(), Error::NoKnownSignature);
}

#[test]
fn signing_keys_are_written_read_and_not_shown() {
    for key in [key("a.example/log", 5), SigningKey::cosigner("w.example", &[6; 32]).unwrap()] {
        let text = key.to_skey();
        assert!(text.starts_with("PRIVATE+KEY+"));
        let again = SigningKey::parse(&text).unwrap();
        assert_eq!(again.verifier(), key.verifier());
        assert_eq!(*again.to_skey(), *text);
        let secret = text.rsplit('+').next().unwrap();
        assert!(!format!("{key:?}").contains(secret));
        assert!(SigningKey::parse(&text.replace("example", "exemple")).is_err(), "the ID binds the name");
        assert!(SigningKey::parse(&text[1..]).is_err());
    }
    assert!(SigningKey::ed25519("with space", &[1; 32]).is_err());
}

#[test]
fn checkpoints_are_signed_and_opened() {
    let log = key("log.example/1", 1);
    let checkpoint = Checkpoint::new("log.example/1", 3, leaf_hash(b"root"));
    let note = checkpoint.sign(&log).unwrap();
    let (opened, kept) = Checkpoint::open(&note.to_bytes(), log.verifier()).unwrap();
    assert_eq!((opened, kept), (checkpoint.clone(), note));

    assert!(matches!(checkpoint.sign(&key("other.example", 1)), Err(Error::OriginMismatch { .. })));
    let wrong_type = SigningKey::cosigner("log.example/1", &[1; 32]).unwrap();
    assert!(matches!(checkpoint.sign(&wrong_type), Err(Error::KeyType { .. })));
    assert_eq!(
        Checkpoint::new("log.example/1", 0, leaf_hash(b"")).sign(&log).unwrap_err(),
        Error::EmptyTreeRoot
    );
    assert!(Checkpoint::new("log.example/1", 0, EMPTY_ROOT).sign(&log).is_ok());

    // A key signs a checkpoint of another origin: not its log's.
    let foreign = Checkpoint::new("other.example", 3, EMPTY_ROOT).to_string();
    let foreign = Note::sign(&foreign, &[&log]).unwrap();
    assert!(matches!(Checkpoint::of(&foreign, log.verifier()), Err(Error::OriginMismatch { .. })));

    for extensions in [vec![String::new()], vec!["a\nb".to_string()]] {
        assert!(Checkpoint { extensions, ..checkpoint.clone() }.sign(&log).is_err());
    }
    let extended = Checkpoint { extensions: vec!["more".to_string()], ..checkpoint };
    assert_eq!(Checkpoint::parse(&extended.to_string()).unwrap(), extended);
}

#[test]
fn malformed_checkpoints_are_refused() {
    let good = Checkpoint::new("o", 12, EMPTY_ROOT).to_string();
    assert!(Checkpoint::parse(&good).is_ok());
    for size in ["012", "+12", "-1", "1 ", "", "1_2", "0x1", "18446744073709551616", "\u{661}"] {
        assert!(Checkpoint::parse(&good.replace("12", size)).is_err(), "{size:?}");
    }
    for text in [
        "",
        "o\n",
        "o\n1\n",
        "\n1\n",
        &good[1..],
        good.trim_end(),
        &format!("{good}\n"),
        &good.replace('=', ""),
    ] {
        assert!(Checkpoint::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn hashes_are_read_strictly() {
    let hash = leaf_hash(b"x");
    assert_eq!(Hash::from_hex(&hash.to_string()), Ok(hash));
    assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
    assert_eq!(EMPTY_ROOT, Hash::of(b""));
    assert!(Hash::from_hex(&hash.to_string().to_uppercase()).is_err());
    assert!(Hash::from_hex(&hash.to_string()[1..]).is_err());
    assert!(Hash::from_hex(&"\u{e9}".repeat(32)).is_err());
    // 32 bytes leave two unused bits in the last character: only zeros are canonical.
    let zero = Hash([0; 32]).to_base64();
    assert!(Hash::from_base64(&zero.replace("A=", "B=")).is_err());
    assert!(Hash::from_base64(&zero.replace('=', "A")).is_err());
}

proptest! {
    #[test]
    fn readers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Note::parse(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (VerifierKey::parse(&text), SigningKey::parse(&text), Checkpoint::parse(&text));
        let _ = (Hash::from_hex(&text), Hash::from_base64(&text));
    }

    #[test]
    fn what_a_note_reader_takes_it_gives_back(note in "[a\n\u{2014} =A-Z/+é]{0,40}\n\n(\u{2014} [a-c.\u{e9}]{1,3} [A-D+/]{4}[A-D]{4}[AB=]{0,4}\n){1,3}") {
        if let Ok(parsed) = Note::parse(note.as_bytes()) {
            prop_assert_eq!(parsed.to_string(), note);
        }
    }

    #[test]
    fn a_changed_note_fails(at in any::<usize>(), bit in 0..8_u8) {
        let key = VerifierKey::parse(VKEY).unwrap();
        let mut bytes = NOTE.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let verified = Note::parse(&bytes).and_then(|note| note.verify([&key]).map(|found| found.len()));
        prop_assert!(verified.is_err());
    }
}
