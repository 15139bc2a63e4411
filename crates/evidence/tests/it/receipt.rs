//! COSE receipts: the golden bytes, what each proves, and what is refused.

use evidence::receipt::{Proof, Receipt, ReceiptError};
use proptest::prelude::*;
use tlog::tree::{MemoryTree, consistency_proof, inclusion_proof};
use tlog::{Checkpoint, Hash, Note, SigningKey, cosignature, leaf_hash};

use crate::data::{compare, hex};

const ORIGIN: &str = "log.example/pumps";

const HEAD: &str = "\
# COSE receipts (docs/spec/receipt.md): name, verifier key of the log, what is proven, receipt.
# What is proven: of an inclusion the entry, of a consistency the older root and the newer one (32 bytes each); hexadecimal.
# The log's secret is 1 repeated 32 times; its entries are `entry 0`, `entry 1` and so on.
";

fn key() -> SigningKey {
    SigningKey::ed25519(ORIGIN, &[1; 32]).expect("a key")
}

fn tree(size: u64) -> MemoryTree {
    (0..size).map(|n| leaf_hash(&entry(n))).collect()
}

fn entry(n: u64) -> Vec<u8> {
    format!("entry {n}").into_bytes()
}

/// The checkpoint of the first `size` entries, cosigned once.
fn note(size: u64) -> Note {
    let mut note = Checkpoint::new(ORIGIN, size, tree(size).root()).sign(&key()).expect("signs");
    let witness = SigningKey::cosigner("witness.example", &[2; 32]).expect("a key");
    note.push(cosignature::sign(&note, &witness, 1_790_000_000).expect("cosigns")).expect("room");
    note
}

fn inclusion(index: u64, size: u64, carry: bool) -> Receipt {
    let path = inclusion_proof(&tree(size), index, size).expect("within the tree");
    Receipt::sign(&note(size), Proof::Inclusion { index, path }, carry, &key()).expect("signs")
}

fn consistency(old: u64, size: u64) -> Receipt {
    let path = consistency_proof(&tree(size), old, size).expect("within the tree");
    Receipt::sign(&note(size), Proof::Consistency { old, path }, true, &key()).expect("signs")
}

fn again(receipt: &Receipt) -> Receipt {
    let bytes = receipt.encode();
    let read = Receipt::decode(&bytes).expect("what was written can be read");
    assert_eq!(&read, receipt);
    read
}

#[test]
fn the_golden_bytes_stay() {
    let vkey = key().verifier().to_string();
    let mut file = HEAD.to_owned();
    for (name, index, size, carry) in
        [("inclusion", 5, 7, false), ("inclusion-first", 0, 2, false), ("inclusion-cosigned", 6, 7, true)]
    {
        let receipt = hex(&inclusion(index, size, carry).encode());
        file += &format!("{name} {vkey} {} {receipt}\n", hex(&entry(index)));
    }
    let roots = [tree(3).root().0, tree(7).root().0].concat();
    file += &format!("consistency {vkey} {} {}\n", hex(&roots), hex(&consistency(3, 7).encode()));
    compare("testdata/golden/receipts.txt", &file);
}

#[test]
fn receipts_prove_what_they_say_and_nothing_else() {
    for size in 2..40 {
        for index in 0..size {
            let receipt = again(&inclusion(index, size, index % 2 == 0));
            let leaf = leaf_hash(&entry(index));
            assert_eq!(receipt.verify_inclusion(&leaf, key().verifier()), Ok(tree(size).root()));
            let other = leaf_hash(&entry(index + 1));
            assert_eq!(receipt.verify_inclusion(&other, key().verifier()), Err(ReceiptError::BadSignature));
        }
        for old in 1..size {
            let receipt = again(&consistency(old, size));
            let (before, now) = (tree(old).root(), tree(size).root());
            assert_eq!(receipt.verify_consistency(&before, &now, key().verifier()), Ok(()));
            assert!(receipt.verify_consistency(&now, &now, key().verifier()).is_err());
            assert!(receipt.verify_consistency(&before, &before, key().verifier()).is_err());
            let asked = receipt.verify_inclusion(&leaf_hash(&entry(0)), key().verifier());
            assert!(matches!(asked, Err(ReceiptError::OtherProof { .. })));
        }
    }
}

#[test]
fn the_size_is_signed_although_the_root_alone_does_not_fix_it() {
    // Entry 0 of 3 and of 4 entries has a path of two hashes, joined on the same sides: without the subject a receipt of
    // the one passes for the other.
    let receipt = inclusion(0, 4, false);
    let bytes = receipt.encode();
    let at = bytes.windows(6).position(|w| w == b"tree/4").expect("the subject");
    let mut subject = bytes.clone();
    subject[at + 5] = b'3';
    let proof = bytes.windows(3).position(|w| w == [0x83, 4, 0]).expect("the proof");
    let mut stated = subject.clone();
    stated[proof + 1] = 3;
    assert!(matches!(Receipt::decode(&subject), Err(ReceiptError::Malformed(_))), "they must agree");
    let read = Receipt::decode(&stated).expect("well formed");
    let refused = read.verify_inclusion(&leaf_hash(&entry(0)), key().verifier());
    assert_eq!(refused, Err(ReceiptError::BadSignature));
}

#[test]
fn the_key_and_the_carried_checkpoint_are_held_to_it() {
    let receipt = inclusion(5, 7, true);
    let leaf = leaf_hash(&entry(5));
    for other in [
        SigningKey::ed25519(ORIGIN, &[9; 32]),
        SigningKey::ed25519("log.example/other", &[1; 32]),
        SigningKey::cosigner(ORIGIN, &[1; 32]),
    ] {
        let other = other.expect("a key");
        let refused = receipt.verify_inclusion(&leaf, other.verifier());
        assert!(matches!(refused, Err(ReceiptError::OtherKey { .. })), "{refused:?}");
    }
    let of = |note: Note| {
        let mut with = receipt.clone();
        with.checkpoint = Some(note.to_string());
        with
    };
    assert_eq!(of(note(7)).verify_inclusion(&leaf, key().verifier()), Ok(tree(7).root()));
    let forked = Checkpoint::new(ORIGIN, 7, leaf_hash(b"another root")).sign(&key()).expect("signs");
    for carried in [note(8), forked] {
        let refused = again(&of(carried)).verify_inclusion(&leaf, key().verifier());
        assert_eq!(refused, Err(ReceiptError::OtherCheckpoint));
    }
    // A receipt is made of a checkpoint of this log only, and for no tree without a path.
    let stranger = SigningKey::ed25519("log.example/other", &[1; 32]).expect("a key");
    let path = || vec![Hash([0; 32])];
    let refused = Receipt::sign(&note(7), Proof::Inclusion { index: 1, path: path() }, false, &stranger);
    assert_eq!(refused, Err(ReceiptError::OtherCheckpoint));
    for proof in [
        Proof::Inclusion { index: 0, path: Vec::new() },
        Proof::Inclusion { index: 7, path: path() },
        Proof::Consistency { old: 0, path: path() },
        Proof::Consistency { old: 7, path: path() },
        Proof::Inclusion { index: 0, path: vec![Hash([0; 32]); 65] },
    ] {
        let refused = Receipt::sign(&note(7), proof, false, &key());
        assert!(matches!(refused, Err(ReceiptError::Malformed(_))), "{refused:?}");
    }
}

#[test]
fn a_note_is_never_signed_as_something_else() {
    let text = note(7).text().to_owned();
    assert!(key().sign_foreign(text.as_bytes()).is_err());
    assert!(key().sign_foreign(b"\x84 whatever").is_ok());
    let signature: [u8; 64] = note(7).signatures()[0].bytes().try_into().expect("64 bytes");
    assert!(!key().verifier().verify_foreign(text.as_bytes(), &signature), "a note's signature is a note's");
}

#[test]
fn another_spelling_is_refused() {
    let good = inclusion(5, 7, false).encode();
    assert!(Receipt::decode(&good).is_ok());
    let change = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|w| w == from).expect("it is there");
        [&good[..at], to, &good[at + from.len()..]].concat()
    };
    for (what, bytes) in [
        ("untagged", good[1..].to_vec()),
        ("another tag", change(&[0xd2, 0x84], &[0xd1, 0x84])),
        ("an attached payload", change(&[0xf6, 0x58, 0x40], &[0x41, 0, 0x58, 0x40])),
        ("another algorithm", change(&[0xa4, 1, 0x27], &[0xa4, 1, 0x26])),
        ("another structure", change(&[0x19, 1, 0x8b, 1], &[0x19, 1, 0x8b, 2])),
        ("another proof type", change(&[0xa1, 0x20, 0x81], &[0xa1, 0x22, 0x81])),
        ("two proofs", change(&[0xa1, 0x20, 0x81], &[0xa1, 0x20, 0x82])),
        ("an index in two bytes", change(&[0x83, 7, 5], &[0x83, 7, 0x18, 5])),
        ("an index beyond the tree", change(&[0x83, 7, 5], &[0x83, 7, 7])),
        ("a leading zero", change(b"ftree/7", b"gtree/07")),
        ("a sign", change(b"ftree/7", b"gtree/+7")),
        ("something behind", [&good[..], &[0]].concat()),
    ] {
        assert!(matches!(Receipt::decode(&bytes), Err(ReceiptError::Malformed(_))), "{what}");
    }
}

proptest! {
    #[test]
    fn a_changed_receipt_fails(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut bytes = inclusion(5, 7, false).encode();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let verdict = Receipt::decode(&bytes)
            .and_then(|read| read.verify_inclusion(&leaf_hash(&entry(5)), key().verifier()));
        prop_assert!(verdict.is_err(), "byte {at}");
    }

    #[test]
    fn the_reader_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Receipt::decode(&bytes);
        let _ = Receipt::decode(&[&[0xd2, 0x84, 0x58][..], &bytes].concat());
    }
}
