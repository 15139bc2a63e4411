//! The COSE working group's examples of COSE_Sign1, verified through the primitives that entries use.

use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use evidence::cbor::{Malformed, Reader};
use evidence::keys::{Algorithm, KeyUse};
use evidence::proof::cose;
use evidence::types::Bytes;
use evidence::{Entry, PublicKey};
use serde_json::Value;

use crate::data::{folder, hex, unhex};

/// What became of one example.
#[derive(Debug, PartialEq)]
enum Said {
    Verified,
    Refused,
    /// Another algorithm than Ed25519 or ES256 on P-256.
    OutOfScope,
}

/// The parts of a COSE_Sign1, tagged or not, with the headers that the examples have.
struct Sign1 {
    protected: Vec<u8>,
    algorithm: Option<i64>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// The algorithm of a header map, which may have other integer or byte string values.
fn algorithm(r: &mut Reader<'_>) -> Result<Option<i64>, Malformed> {
    let mut map = r.map()?;
    let mut found = None;
    while let Some(key) = map.next(r)? {
        match (key, r.peek_major()?) {
            (1, _) => found = Some(r.int()?),
            (_, 2) => drop(r.bytes(1_000)?),
            _ => drop(r.int()?),
        }
    }
    Ok(found)
}

fn sign1(raw: &[u8]) -> Result<Sign1, Malformed> {
    let mut r = Reader::new(raw);
    if r.peek_major()? == 6 && r.tag()? != cose::TAG_SIGN1 {
        return Err(r.bad(evidence::cbor::Reason::Expected("tag 18")));
    }
    r.array_of(4, "a COSE_Sign1")?;
    let protected = r.bytes(1_000)?.to_vec();
    let outer = algorithm(&mut r)?;
    let inner = if protected.is_empty() { None } else { algorithm(&mut Reader::new(&protected))? };
    let (payload, signature) = (r.bytes(10_000)?.to_vec(), r.bytes(1_000)?.to_vec());
    r.leave();
    r.finish()?;
    // An empty map is signed as no bytes at all, whichever way it was sent (RFC 9052, 4.4).
    let protected = if protected == [0xa0] { vec![] } else { protected };
    Ok(Sign1 { protected, algorithm: inner.or(outer), payload, signature })
}

fn key(json: &Value) -> Option<PublicKey> {
    let part = |name: &str| match json[name].as_str() {
        Some(text) => Base64UrlUnpadded::decode_vec(text).expect("base64url"),
        None => unhex(json[format!("{name}_hex")].as_str().expect("a coordinate")),
    };
    let (algorithm, point) = match json["crv"].as_str().expect("a curve") {
        "Ed25519" => (Algorithm::Ed25519, part("x")),
        "P-256" => {
            let odd = part("y").last().expect("a coordinate") & 1;
            (Algorithm::P256, [&[2 + odd][..], &part("x")].concat())
        }
        _ => return None,
    };
    Some(PublicKey { algorithm, point: Bytes(point), purpose: KeyUse::Cose, scope: None })
}

fn judge(json: &Value) -> Said {
    let input = &json["input"]["sign0"];
    let in_scope = matches!(input["alg"].as_str(), Some("ES256" | "EdDSA"));
    let Some(key) = key(&input["key"]).filter(|_| in_scope) else { return Said::OutOfScope };
    assert_eq!(key.check(), Ok(()));
    let raw = unhex(json["output"]["cbor"].as_str().expect("a message"));
    assert!(Entry::decode(&raw).is_err(), "no example is an entry");
    let Ok(message) = sign1(&raw) else { return Said::Refused };
    let number = if key.algorithm == Algorithm::Ed25519 { -8 } else { -7 };
    if message.algorithm != Some(number) {
        return Said::Refused;
    }
    let aad = input["external"].as_str().map_or(vec![], unhex);
    let tbs = cose::sig_structure(&message.protected, &aad, &message.payload);
    if json["fail"] != true {
        let expected = json["intermediates"]["ToBeSign_hex"].as_str().expect("what is signed");
        assert_eq!(hex(&tbs), expected.to_lowercase(), "what is signed");
    }
    match cose::verify(&key, &tbs, &message.signature) {
        Ok(()) => Said::Verified,
        Err(_) => Said::Refused,
    }
}

fn judge_all(folder: &Path, prefix: &str) -> Vec<(String, bool, Said)> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path()).collect();
    files.sort();
    let name = |f: &Path| f.file_stem().expect("a name").to_string_lossy().into_owned();
    files.retain(|f| name(f).starts_with(prefix));
    let each = |f: &std::path::PathBuf| {
        let json: Value = serde_json::from_slice(&std::fs::read(f).expect("readable")).expect("JSON");
        (name(f), json["fail"] == true, judge(&json))
    };
    files.iter().map(each).collect()
}

#[test]
fn examples_of_sign1() {
    let Some(root) = folder("vectors/cose-wg-examples") else { return };
    let said: Vec<_> =
        [("sign1-tests", ""), ("ecdsa-examples", "ecdsa-sig-"), ("eddsa-examples", "eddsa-sig-")]
            .into_iter()
            .flat_map(|(sub, prefix)| judge_all(&root.join(sub), prefix))
            .collect();
    for (name, fail, said) in &said {
        match said {
            Said::Verified => assert!(!fail, "{name} must be refused"),
            Said::Refused => assert!(fail, "{name} must verify"),
            Said::OutOfScope => assert!(!fail),
        }
    }
    let count = |what: &Said| said.iter().filter(|(_, _, s)| s == what).count();
    assert_eq!(said.len(), 15, "{said:#?}");
    assert_eq!((count(&Said::Verified), count(&Said::Refused)), (5, 6), "{said:#?}");
    let out: Vec<_> =
        said.iter().filter(|(_, _, s)| *s == Said::OutOfScope).map(|(n, ..)| n.as_str()).collect();
    // ES384, ES512 (once on P-256), and Ed448: curves and hashes that entries do not use.
    assert_eq!(out, ["ecdsa-sig-02", "ecdsa-sig-03", "ecdsa-sig-04", "eddsa-sig-02"]);
}
