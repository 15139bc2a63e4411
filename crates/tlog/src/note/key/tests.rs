//! The verification rule on published edge cases: verdicts per combination of flags must never change.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde_json::Value;

use super::VerifierKey;

#[path = "../../../tests/it/data.rs"]
mod data;

fn hex<const N: usize>(value: &Value) -> [u8; N] {
    let digits = value.as_str().unwrap();
    let bytes: Vec<u8> =
        (0..N).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert_eq!(digits.len(), 2 * N);
    bytes.try_into().unwrap()
}

#[test]
fn edge_cases_of_ed25519_keep_their_verdicts() {
    let Some(folder) = data::folder("vectors/cctv-ed25519/ed25519") else { return };
    let file = std::fs::read(folder.join("ed25519vectors.json")).unwrap();
    let vectors: Vec<Value> = serde_json::from_slice(&file).unwrap();
    // Per set of flags, as bits in the order of FLAGS: accepted, refused by the signature check, refused as a key.
    let mut counts: BTreeMap<u8, [u32; 3]> = BTreeMap::new();
    for vector in &vectors {
        let flags = vector["flags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let flags =
            flags.fold(0, |bits, flag| bits | 1 << FLAGS.iter().position(|known| *known == flag).unwrap());
        let message = vector["msg"].as_str().unwrap();
        let verdict = match VerifierKey::ed25519("k", &hex(&vector["key"])) {
            Err(_) => 2,
            Ok(key) if key.verify_message(message.as_bytes(), &hex::<64>(&vector["sig"])) => 0,
            Ok(_) => 1,
        };
        let harmless = 0b11;
        assert_eq!(verdict == 0, flags | harmless == harmless, "vector {}", vector["number"]);
        counts.entry(flags).or_default()[verdict] += 1;
    }
    let totals = counts.values().fold([0; 3], |sum, count| core::array::from_fn(|at| sum[at] + count[at]));
    let found: Vec<_> =
        counts.iter().map(|(flags, [a, b, c])| alloc::format!("{flags:02x}:{a}/{b}/{c}")).collect();
    let frozen: Vec<_> = FROZEN.split_whitespace().collect();
    assert_eq!(found, frozen, "{}", found.join(" "));
    assert_eq!((vectors.len(), totals), (914, TOTALS));
}

const FLAGS: [&str; 8] = [
    "low_order_component_A",
    "low_order_component_R",
    "low_order_A",
    "low_order_R",
    "low_order_residue",
    "non_canonical_A",
    "non_canonical_R",
    "reencoded_k",
];

const TOTALS: [u32; 3] = [43, 345, 526];

const FROZEN: &str = "
    00:1/0/0 01:7/0/0 03:35/0/0 04:0/0/1 05:0/0/7 07:0/0/35 08:0/1/0 09:0/7/0 0b:0/35/0 0c:0/0/1
    0d:0/0/7 0f:0/0/35 11:0/7/0 12:0/7/0 13:0/49/0 15:0/0/7 16:0/0/7 17:0/0/49 19:0/7/0 1a:0/7/0
    1b:0/49/0 1d:0/0/7 1e:0/0/7 1f:0/0/49 24:0/0/3 25:0/0/3 27:0/0/7 2c:0/0/3 2d:0/0/3 2f:0/0/7 35:0/0/3
    36:0/0/21 37:0/0/21 3d:0/0/3 3e:0/0/21 3f:0/0/21 48:0/3/0 49:0/21/0 4b:0/19/0 4c:0/0/3 4d:0/0/21
    4f:0/0/19 59:0/21/0 5a:0/3/0 5b:0/21/0 5d:0/0/21 5e:0/0/3 5f:0/0/21 6c:0/0/9 6d:0/0/9 6f:0/0/7
    7d:0/0/9 7e:0/0/9 7f:0/0/9 a4:0/0/3 a5:0/0/2 a7:0/0/5 b5:0/0/4 b6:0/0/21 b7:0/0/23 c8:0/3/0 c9:0/3/0
    cb:0/6/0 d9:0/39/0 da:0/3/0 db:0/34/0
";
