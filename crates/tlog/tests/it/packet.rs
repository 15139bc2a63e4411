//! Offline proofs: a good one holds, and every changed bit makes it fail.

use proptest::prelude::*;
use tlog::packet::LogProof;
use tlog::policy::Policy;
use tlog::tree::{inclusion_proof, root};
use tlog::{Checkpoint, Error, cosignature, leaf_hash};

use crate::naive::{self, Levels};
use crate::policy::{log, text, witness};

const SIZE: u64 = 1000;

pub(crate) fn packet(index: u64) -> LogProof {
    let levels = Levels::new(&naive::leaves(SIZE));
    let head = Checkpoint::new("log.example", SIZE, root(&levels, SIZE).unwrap());
    let mut checkpoint = head.sign(&log()).unwrap();
    for n in [0, 2, 5] {
        checkpoint.push(cosignature::sign(&checkpoint, &witness(n), 1000).unwrap()).unwrap();
    }
    LogProof { extra: None, index, hashes: inclusion_proof(&levels, index, SIZE).unwrap(), checkpoint }
}

#[test]
fn a_good_packet_proves_its_entry_and_no_other() {
    let policy = Policy::parse(text().as_bytes()).unwrap();
    for index in [0, 1, 511, 512, 998, 999] {
        let file = packet(index).to_string();
        let read = LogProof::parse(file.as_bytes()).unwrap();
        assert_eq!(read, packet(index));
        let entry = format!("leaf {index}");
        let proven = read.verify_entry(entry.as_bytes(), &policy).unwrap();
        assert_eq!(
            (proven.index, proven.head.checkpoint.size, proven.head.witnesses.len()),
            (index, SIZE, 3)
        );
        assert_eq!(proven.head.log.key, *log().verifier());
        assert!(matches!(read.verify(&leaf_hash(b"other"), &policy), Err(Error::Proof(_))));
        let elsewhere = LogProof { index: index ^ 1, ..read.clone() };
        assert!(matches!(elsewhere.verify_entry(entry.as_bytes(), &policy), Err(Error::Proof(_))));
        let beyond = LogProof { index: SIZE, ..read };
        assert!(matches!(beyond.verify_entry(entry.as_bytes(), &policy), Err(Error::Proof(_))));
    }
}

#[test]
fn extra_data_travels_along() {
    let packet = LogProof { extra: Some(vec![0, 1, 2, 255]), ..packet(3) };
    assert_eq!(LogProof::parse(packet.to_string().as_bytes()), Ok(packet.clone()));
    assert!(LogProof::parse(packet.to_string().replace("extra AAEC/w==", "extra ").as_bytes()).is_err());
}

#[test]
fn malformed_packets_are_refused() {
    let good = packet(7).to_string();
    let hash = good.lines().nth(2).unwrap();
    for (change, file) in [
        ("header", good.replace("@v1", "@v2")),
        ("no header", good.split_once('\n').unwrap().1.to_string()),
        ("leading zero", good.replace("index 7", "index 07")),
        ("sign", good.replace("index 7", "index +7")),
        ("two spaces", good.replace("index 7", "index  7")),
        ("no index", good.replace("index 7\n", "")),
        ("short hash", good.replace(hash, &hash[4..])),
        ("too many hashes", good.replace(hash, &[hash; 64].join("\n"))),
        ("no blank line", good.replacen("\n\n", "\n", 1)),
        ("carriage returns", good.replace('\n', "\r\n")),
        ("cut off", good.trim_end().to_string()),
        ("nothing", String::new()),
    ] {
        assert_ne!(file, good, "{change}");
        assert!(LogProof::parse(file.as_bytes()).is_err(), "{change}");
    }
}

#[test]
fn every_changed_bit_is_noticed() {
    let policy = Policy::parse(text().as_bytes()).unwrap();
    let good = packet(7).to_string().into_bytes();
    // A signature check costs most: each byte, one bit, a different one from byte to byte.
    for at in 0..good.len() {
        let mut file = good.clone();
        file[at] ^= 1 << (at % 8);
        let verdict =
            LogProof::parse(&file).and_then(|read| read.verify_entry(b"leaf 7", &policy).map(|p| p.index));
        assert!(verdict.is_err(), "byte {at}");
    }
}

proptest! {
    #[test]
    fn the_reader_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in any::<usize>()) {
        let _ = LogProof::parse(&bytes);
        let good = packet(7).to_string();
        let cut = cut % good.len();
        prop_assert!(LogProof::parse(&good.as_bytes()[..cut]).is_err() || good.as_bytes()[cut - 1] == b'\n');
        let _ = LogProof::parse(&[&good.as_bytes()[..cut], &bytes].concat());
    }
}
