//! Sequences whole, cut off, indefinite and hostile.

use evidence::cbor::Reason;
use proptest::prelude::*;

use super::split;

#[test]
fn items_are_told_apart() {
    let input = [0x00, 0x83, 1, 2, 0x41, 9, 0xd2, 0xa1, 1, 0x61, b'x', 0xf5];
    let found = split(&input, 10).expect("few items");
    assert_eq!(found.items, [&input[..1], &input[1..6], &input[6..11], &input[11..]]);
    assert!(found.tail.is_none());
    assert!(split(&input, 3).is_none(), "more than the limit");
    assert!(split(&input, 4).is_some());
    assert!(split(&[], 0).is_some_and(|s| s.items.is_empty() && s.tail.is_none()));
}

#[test]
fn a_malformed_tail_spares_what_came_before() {
    let cases: [(&[u8], Reason); 7] = [
        (&[0x42, 1], Reason::Truncated),
        (&[0x9f, 1, 0xff], Reason::Indefinite),
        (&[0x1c], Reason::Unsupported),
        (&[0x82, 1], Reason::Truncated),
        (&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Reason::Truncated),
        (&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Reason::Truncated),
        (&[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Reason::Truncated),
    ];
    for (tail, reason) in cases {
        let input = [&[0x41, 7][..], tail].concat();
        let found = split(&input, 10).expect("few items");
        assert_eq!(found.items, [&[0x41, 7]]);
        let malformed = found.tail.expect("a malformed tail");
        assert_eq!((malformed.at, malformed.reason), (2, reason));
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_panics(input in prop::collection::vec(any::<u8>(), 0..200)) {
        let found = split(&input, usize::MAX).expect("no limit");
        let whole: usize = found.items.iter().map(|i| i.len()).sum();
        prop_assert!(found.items.iter().all(|i| !i.is_empty()));
        prop_assert_eq!(found.items.concat(), &input[..whole]);
        prop_assert_eq!(found.tail.map_or(input.len(), |t| t.at), whole);
    }

    #[test]
    fn well_formed_items_come_back(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20)) {
        let items: Vec<Vec<u8>> = parts.iter().map(|p| {
            let mut w = evidence::cbor::Writer::with_capacity(p.len() + 8);
            w.array(2);
            w.bytes(p);
            w.uint(p.len() as u64);
            w.into_bytes()
        }).collect();
        let input = items.concat();
        let found = split(&input, usize::MAX).expect("no limit");
        prop_assert!(found.tail.is_none());
        prop_assert_eq!(found.items, items);
    }
}
