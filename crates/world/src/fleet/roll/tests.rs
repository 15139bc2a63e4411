//! Rolls: what is written is read, by their one form only.

use evidence::SourceId;
use proptest::prelude::*;

use super::{Heard, MAX_SKIP, Roll};

fn heard() -> impl Strategy<Value = Heard> {
    let pieces = prop_oneof![4 => Just(1u64), 1 => 2..5_000u64];
    (0..=MAX_SKIP, pieces, 0..100_000u64, 0..200u64).prop_map(|(skip, pieces, age, heard)| Heard {
        skip,
        pieces,
        age: age + heard,
        heard,
    })
}

proptest! {
    #[test]
    fn a_roll_comes_back(id in any::<[u8; 16]>(), heard in proptest::collection::vec(heard(), 0..200)) {
        let roll = Roll { first: SourceId::device(id), heard };
        prop_assert_eq!(Roll::decode(&roll.encode()), Some(roll));
    }

    #[test]
    fn arbitrary_bytes_have_one_form_or_none(raw in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut bytes = vec![17, 1];
        bytes.extend_from_slice(&raw);
        if let Some(roll) = Roll::decode(&bytes) {
            prop_assert_eq!(roll.encode(), bytes);
        }
    }
}

#[test]
fn a_device_takes_three_bytes() {
    let first = SourceId::device([7; 16]);
    let one = Heard { skip: 0, pieces: 1, age: 113, heard: 112 };
    let roll = Roll { first, heard: vec![one; 10] };
    assert_eq!(roll.encode().len(), 18 + 30);
}
