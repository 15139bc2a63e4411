//! Tokens of the Platform Security Architecture and attestation results, against published vectors.

use formats::attestation::ear::{Ear, Tier};
use formats::attestation::psa::{Envelope, Kind, Profile, Token};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;

use crate::data;

#[test]
fn claims_in_json_are_judged_by_their_profile() {
    let Some(folder) = data::folder("vectors/psa-token/testvectors/json") else { return };
    let one = [
        "test-token-valid-full",
        "test-token-valid-minimalist-p1",
        "test-token-valid-minimalist-no-sw-measurements",
        "test-profile-valid-missing",
        "test-profile-invalid-missing",
    ];
    // The seed of a boot is optional in profile 2 (RFC 9783, 4.3.2), as the accepted minimal token shows, which has none
    // either. The file says that it is invalid where it is mandatory: in profile 1.
    let two = ["test-token-valid-full", "test-token-valid-minimalist-p2", "test-boot-seed-invalid-missing"];
    let (mut files, mut verdicts) = (0, 0);
    for file in data::files(&folder, ".json") {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let raw = std::fs::read(&file).expect("readable");
        files += 1;
        for (profile, accepted) in [(Profile::One, &one[..]), (Profile::Two, &two[..])] {
            let read = Token::from_json(&raw, profile);
            assert_eq!(read.is_ok(), accepted.contains(&name.as_str()), "{name} as {profile:?}: {read:?}");
            verdicts += 1;
        }
    }
    assert_eq!((files, verdicts), (33, 66));
}

/// Diagnostic notation (RFC 8949, 8) of maps, arrays, integers, texts and byte strings, as CBOR.
fn cbor(diagnostic: &str) -> Vec<u8> {
    fn item(text: &mut &str, out: &mut Vec<u8>) {
        *text = text.trim_start();
        // Comments stand between slashes.
        while let Some(comment) = text.strip_prefix('/') {
            let (_, rest) = comment.split_once('/').expect("an end");
            *text = rest.trim_start();
        }
        let first = text.chars().next().expect("an item");
        match first {
            '{' | '[' => {
                *text = &text[1..];
                let (mut n, mut inner) = (0usize, Vec::new());
                loop {
                    *text = text.trim_start().trim_start_matches(',').trim_start();
                    if let Some(rest) = text.strip_prefix(['}', ']']) {
                        *text = rest;
                        break;
                    }
                    item(text, &mut inner);
                    n += 1;
                    *text = text.trim_start();
                    if first == '{' {
                        *text = text.strip_prefix(':').expect("a colon");
                        item(text, &mut inner);
                    }
                }
                head(out, if first == '{' { 5 } else { 4 }, n as u64);
                out.extend(inner);
            }
            '"' => {
                let end = text[1..].find('"').expect("an end") + 1;
                head(out, 3, end as u64 - 1);
                out.extend_from_slice(&text.as_bytes()[1..end]);
                *text = &text[end + 1..];
            }
            'h' => {
                let end = text[2..].find('\'').expect("an end") + 2;
                let hex = &text[2..end];
                head(out, 2, hex.len() as u64 / 2);
                out.extend(
                    (0..hex.len()).step_by(2).map(|n| u8::from_str_radix(&hex[n..n + 2], 16).expect("hex")),
                );
                *text = &text[end + 1..];
            }
            _ => {
                let end = text.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(text.len());
                let number: i64 = text[..end].parse().expect("a number");
                match u64::try_from(number) {
                    Ok(n) => head(out, 0, n),
                    Err(_) => head(out, 1, u64::try_from(-1 - number).expect("negative")),
                }
                *text = &text[end..];
            }
        }
    }
    fn head(out: &mut Vec<u8>, major: u8, n: u64) {
        let bytes = n.to_be_bytes();
        match n {
            0..=23 => out.push(major << 5 | bytes[7]),
            24..=0xff => out.extend_from_slice(&[major << 5 | 24, bytes[7]]),
            0x100..=0xffff => out.extend_from_slice(&[&[major << 5 | 25][..], &bytes[6..]].concat()),
            _ => out.extend_from_slice(&[&[major << 5 | 26][..], &bytes[4..]].concat()),
        }
    }
    let (mut out, mut text) = (Vec::new(), diagnostic);
    item(&mut text, &mut out);
    out
}

#[test]
fn claims_in_cbor_are_judged_by_their_profile() {
    let Some(folder) = data::folder("vectors/psa-token/testvectors") else { return };
    let (mut good, mut bad) = (0, 0);
    for file in data::files(&folder, ".diag") {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let raw = cbor(&std::fs::read_to_string(&file).expect("readable"));
        let profile = if name.starts_with("P1") { Profile::One } else { Profile::Two };
        let read = Token::from_cbor(&raw, profile);
        let refused = name.contains("Missing") || name.contains("Invalid");
        assert_eq!(read.is_err(), refused, "{name}: {read:?}");
        if let Ok(token) = read {
            good += 1;
            for cut in 0..raw.len() {
                assert!(Token::from_cbor(&raw[..cut], profile).is_err(), "{name} cut at {cut}");
            }
            let other = if profile == Profile::One { Profile::Two } else { Profile::One };
            assert!(Token::from_cbor(&raw, other).is_err(), "{name} is of one profile");
            assert_eq!(token.measured().count(), token.components.len());
        } else {
            bad += 1;
        }
    }
    assert_eq!((good, bad), (9, 3));
}

#[test]
fn the_tokens_of_tf_m_verify() {
    let Some(folder) = data::folder("vectors/psa-token/testvectors/tf-m") else { return };
    let pem = data::text(&folder, "public.pem");
    let body: String = pem.lines().filter(|l| !l.starts_with('-')).collect();
    let der = base64(&body);
    // SubjectPublicKeyInfo of a P-256 key ends with the uncompressed point.
    let key = VerifyingKey::from_sec1_bytes(&der[der.len() - 65..]).expect("a key");
    for (name, profile, kind) in [
        ("psa-iot-1_sign1.bin", Profile::One, Kind::Sign1),
        ("psa-2_0_0_sign1.bin", Profile::Two, Kind::Sign1),
        ("psa-iot-1_mac0.bin", Profile::One, Kind::Mac0),
        ("psa-2_0_0_mac0.bin", Profile::Two, Kind::Mac0),
    ] {
        let raw = std::fs::read(folder.join(name)).expect("readable");
        let message = Envelope::parse(&raw).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!((message.kind, message.algorithm), (kind, if kind == Kind::Sign1 { -7 } else { 5 }));
        let token = Token::from_cbor(&message.payload, profile).unwrap_or_else(|e| panic!("{name}: {e}"));
        let names: Vec<String> = token.measured().map(|(name, ..)| name).collect();
        assert_eq!((names.as_slice(), token.client), (&["SPE".to_owned(), "NSPE".to_owned()][..], 3_002));
        assert_eq!(token.certification.as_deref(), Some("0604565272829-10010"));
        if kind == Kind::Sign1 {
            let signature = Signature::from_slice(&message.tag).expect("a signature");
            key.verify(&message.authenticated(), &signature).unwrap_or_else(|e| panic!("{name}: {e}"));
            let mut forged = message.clone();
            *forged.payload.last_mut().expect("bytes") ^= 1;
            assert!(key.verify(&forged.authenticated(), &signature).is_err());
        } else {
            // The key of the codes is not in the set: they are taken apart, and not verified.
            assert_eq!(message.tag.len(), 32);
        }
        for cut in 0..raw.len() {
            assert!(Envelope::parse(&raw[..cut]).is_err(), "{name} cut at {cut}");
        }
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |b: u8| u32::try_from(ALPHABET.iter().position(|a| *a == b).unwrap_or(0)).expect("small");
    let groups = text.as_bytes().chunks(4).flat_map(|group| {
        let n = group.iter().fold(0u32, |n, b| n << 6 | digit(*b));
        n.to_be_bytes()[1..].to_vec()
    });
    let padding = text.bytes().filter(|b| *b == b'=').count();
    let mut all: Vec<u8> = groups.collect();
    all.truncate(all.len() - padding);
    all
}

#[test]
fn attestation_results_are_read_and_written_without_loss() {
    let Some(folder) = data::folder("vectors/veraison-ear/arc/data") else { return };
    let mut read = 0;
    for file in data::files(&folder, ".json") {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let raw = std::fs::read(&file).expect("readable");
        if !name.starts_with("ear-claims") {
            assert!(Ear::from_json(&raw).is_err(), "{name} is a key");
            continue;
        }
        let ear = Ear::from_json(&raw).unwrap_or_else(|e| panic!("{name}: {e}"));
        read += 1;
        let same: Value = serde_json::from_slice(&raw).expect("JSON");
        assert_eq!(ear.to_json(), same, "{name}");
        let (part, one) = &ear.submods[0];
        let expected = if name.ends_with("-ko.json") { Tier::Contraindicated } else { Tier::Affirming };
        assert_eq!((one.status, ear.status()), (expected, expected), "{name}");
        assert!(one.worst().is_none_or(|worst| worst == one.status), "{name}: the worst part decides");
        let key = one.other.get("ear.veraison.key-attestation");
        assert_eq!(key.is_some(), part == "PARSEC_TPM", "{name}");
        if let Some(key) = key.and_then(Value::as_object) {
            assert_eq!(key.is_empty(), expected == Tier::Contraindicated, "{name}");
        }
    }
    assert_eq!(read, 5);
}

#[test]
fn results_that_are_none_are_refused() {
    let good = r#"{"eat_profile":"p","iat":1,"ear.verifier-id":{"developer":"d","build":"b"},
        "submods":{"s":{"ear.status":"warning","ear.trustworthiness-vector":{"hardware":32}}}}"#;
    assert_eq!(Ear::from_json(good.as_bytes()).expect("a result").submods[0].1.worst(), Some(Tier::Warning));
    for (from, to) in [
        ("\"iat\":1,", ""),
        ("\"eat_profile\":\"p\",", ""),
        ("\"build\":\"b\"", "\"x\":1"),
        ("warning", "fine"),
        ("\"hardware\":32", "\"hardware\":200"),
        ("\"hardware\":32", "\"software\":2"),
        ("{\"s\":", "{\"s\":1,\"t\":"),
    ] {
        assert!(Ear::from_json(good.replace(from, to).as_bytes()).is_err(), "{from} -> {to}");
    }
    assert!(Ear::from_json(br#"{"submods":{}}"#).is_err() && Ear::from_json(b"[").is_err());
}
