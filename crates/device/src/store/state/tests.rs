//! The largest state has its room and comes back; ranges merge as they should.

use super::*;

fn full() -> State {
    let big = u64::MAX / 2;
    State {
        boots: big,
        number: big,
        first: big,
        current: Some(Current {
            stream: big,
            key: Hash([1; 32]),
            generation: big,
            next: big,
            last: Hash([2; 32]),
            gaps: big,
            gap_end: big,
        }),
        trust: Some(Trust {
            log_key: "k".repeat(MAX_LOG_KEY),
            generation: big,
            size: big,
            root: Some(Hash([3; 32])),
        }),
        drops: (0..MAX_DROPS as u64)
            .map(|n| Dropped { stream: big + n, from: big, count: big, cause: GapCause::StoreFull })
            .collect(),
        heads: (0..=MAX_DROPS as u64)
            .map(|n| Head { stream: big + n, next: big, last: Hash([4; 32]), spoiled: true })
            .collect(),
        holes: (0..MAX_HOLES as u64).map(|n| (big, big + n)).collect(),
        carried: alloc::vec![big; MAX_CARRIED],
    }
}

#[test]
fn the_largest_state_comes_back_and_has_its_room() {
    let encoded = full().encode();
    assert!(encoded.len() <= MAX_STATE, "{} bytes", encoded.len());
    assert_eq!(State::decode(&encoded), Ok(full()));
    assert_eq!(State::decode(&State::default().encode()), Ok(State::default()));
    for cut in 0..encoded.len() {
        assert!(State::decode(&encoded[..cut]).is_err());
    }
}

#[test]
fn ranges_that_touch_become_one_and_others_do_not() {
    let range = |stream, from, count, cause| Dropped { stream, from, count, cause };
    let mut s = State::default();
    for (from, count) in [(0, 2), (4, 2), (2, 2), (5, 3)] {
        assert_eq!(s.drop_range(range(1, from, count, GapCause::StoreFull)), Ok(()));
    }
    assert_eq!(s.drops, [range(1, 0, 8, GapCause::StoreFull)]);
    for (stream, from, cause) in
        [(2, 0, GapCause::StoreFull), (1, 8, GapCause::StoreDamaged), (1, 20, GapCause::StoreFull)]
    {
        assert_eq!(s.drop_range(range(stream, from, 1, cause)), Ok(()));
    }
    assert_eq!(s.drops.len(), 4);
    for from in [30, 40] {
        assert_eq!(s.drop_range(range(1, from, 1, GapCause::StoreFull)), Ok(()));
    }
    assert_eq!(s.drop_range(range(1, 50, 1, GapCause::StoreFull)), Err(TooManyDrops));
}
