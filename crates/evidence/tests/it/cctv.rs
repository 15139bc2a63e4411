//! The Community Cryptography Test Vectors for Ed25519: our verdict on each edge case, which must never change.

use evidence::PublicKey;
use evidence::proof::cose;
use serde_json::Value;

use crate::data::{folder, unhex};

#[test]
fn edge_cases_of_ed25519() {
    let Some(folder) = folder("vectors/cctv-ed25519/ed25519") else { return };
    let raw = std::fs::read(folder.join("ed25519vectors.json")).expect("readable");
    let vectors: Vec<Value> = serde_json::from_slice(&raw).expect("JSON");
    let (mut verified, mut enrollable) = (0, 0);
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str().expect("a text");
        let key = PublicKey::ed25519(unhex(text("key")).try_into().expect("32 bytes"));
        let flags: Vec<&str> =
            vector["flags"].as_array().map_or(vec![], |f| f.iter().filter_map(Value::as_str).collect());
        let has = |flag: &str| flags.contains(&flag);
        let refused = has("low_order_A")
            || has("low_order_R")
            || has("non_canonical_A")
            || has("non_canonical_R")
            || has("low_order_residue");
        let said = cose::verify(&key, text("msg").as_bytes(), &unhex(text("sig")));
        assert_eq!(said.is_err(), refused, "number {}: {flags:?}: {said:?}", vector["number"]);
        let mixed = has("low_order_A") || has("low_order_component_A") || has("non_canonical_A");
        assert_eq!(key.check().is_err(), mixed, "number {}: {flags:?}", vector["number"]);
        verified += usize::from(said.is_ok());
        if said.is_ok() && key.check().is_ok() {
            enrollable += 1;
            assert!(flags.is_empty(), "number {}: {flags:?}", vector["number"]);
        }
    }
    // One has no flag: it is honest. The 42 others that verify have keys of mixed order, which cannot be enrolled.
    assert_eq!((vectors.len(), verified, enrollable), (914, 43, 1));
}
