//! The strictness of the reader: each deviation from the deterministic form has its refusal.

use alloc::vec::Vec;

use hex_literal::hex;
use proptest::prelude::*;

use super::{Reader, Reason, Writer, check};

fn reason(bytes: &[u8]) -> Reason {
    check(bytes).expect_err("must be refused").reason
}

#[test]
fn each_deviation_is_refused_with_its_reason() {
    assert_eq!(reason(&hex!("1817")), Reason::NotShortest, "23 in two bytes");
    assert_eq!(reason(&hex!("1900ff")), Reason::NotShortest);
    assert_eq!(reason(&hex!("1a0000ffff")), Reason::NotShortest);
    assert_eq!(reason(&hex!("1b00000000ffffffff")), Reason::NotShortest);
    assert_eq!(reason(&hex!("5803010203")), Reason::NotShortest, "length of a byte string");
    assert_eq!(reason(&hex!("5f4101ff")), Reason::Indefinite);
    assert_eq!(reason(&hex!("9f01ff")), Reason::Indefinite);
    assert_eq!(reason(&hex!("f93c00")), Reason::Unsupported, "a float");
    assert_eq!(reason(&hex!("f6")), Reason::Unsupported, "null");
    assert_eq!(reason(&hex!("f814")), Reason::Unsupported, "false in two bytes");
    assert_eq!(reason(&hex!("1c")), Reason::Unsupported, "reserved additional information");
    assert_eq!(reason(&hex!("61ff")), Reason::Utf8);
    assert_eq!(reason(&hex!("a202000100")), Reason::KeyOrder);
    assert_eq!(reason(&hex!("a220000100")), Reason::KeyOrder, "negative keys come after positive ones");
    assert_eq!(reason(&hex!("a201000100")), Reason::DuplicateKey);
    assert_eq!(reason(&hex!("a1616100")), Reason::Expected("an integer of 64 bits"), "text keys");
    assert_eq!(reason(&hex!("0000")), Reason::Trailing);
    assert_eq!(reason(&hex!("4201")), Reason::Truncated);
    assert_eq!(reason(&hex!("")), Reason::Truncated);
    assert_eq!(reason(&hex!("9bffffffffffffffff00")), Reason::TooLong { what: "an array", max: 10 });
    let deep: Vec<u8> = core::iter::repeat_n(0x81, 17).chain([0]).collect();
    assert_eq!(reason(&deep), Reason::TooDeep);
    assert_eq!(check(deep.get(1..).unwrap_or_default()), Ok(()), "sixteen levels are allowed");
}

#[test]
fn errors_name_the_place() {
    // [1, {2: 0, 1: 0}]: the key 1 stands at byte 5.
    let e = check(&hex!("8201a202000100")).expect_err("keys out of order");
    assert_eq!(e.at, 5);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = check(&bytes);
    }

    #[test]
    fn integers_come_back(v in any::<i64>(), u in any::<u64>()) {
        let mut w = Writer::new();
        w.int(v);
        w.uint(u);
        let bytes = w.into_bytes();
        let mut r = Reader::new(&bytes);
        prop_assert_eq!(r.int(), Ok(v));
        prop_assert_eq!(r.uint(), Ok(u));
        prop_assert_eq!(r.finish(), Ok(()));
    }

    #[test]
    fn a_flipped_byte_never_reads_as_the_same_value(v in any::<u64>(), at in 0usize..9, bit in 0u8..8) {
        let mut w = Writer::new();
        w.uint(v);
        let mut bytes = w.into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let mut r = Reader::new(&bytes);
        prop_assert_ne!(r.uint().and_then(|v| r.finish().map(|()| v)), Ok(v));
    }
}
