//! Staged evidence.

use std::sync::Arc;

use super::Place;
use super::feeder::{Feeder, entry};
use crate::ports::{Log, Staged};

fn pieces(range: std::ops::Range<u64>) -> Vec<Arc<[u8]>> {
    range.map(|place| entry(place, 33)).collect()
}

fn expected(first: u64, pieces: &[Arc<[u8]>]) -> Vec<Staged> {
    (first..).zip(pieces).map(|(place, bytes)| Staged { place, bytes: Arc::clone(bytes) }).collect()
}

pub(super) fn keeps_the_order(place: &Place<dyn Log>) {
    let log = place();
    let all = pieces(0..10);
    let first = log.stage(all.get(..4).expect("ten")).expect("writable");
    assert_eq!(log.stage(&[]).expect("nothing is no error"), first + 4);
    assert_eq!(log.stage(all.get(4..).expect("ten")).expect("writable"), first + 4, "one after the other");
    assert_eq!(log.staged(0, 100).expect("readable"), expected(first, &all));
    assert_eq!(log.staged(first + 3, 2).expect("readable"), expected(first + 3, &all[3..5]));
    assert_eq!(log.staged(first + 10, 2).expect("readable"), vec![]);
    assert_eq!(log.staged(u64::MAX, 2).expect("readable"), vec![]);
    assert_eq!(log.staged(first, 0).expect("readable"), vec![]);
    drop(log);
    let log = place();
    assert_eq!(log.staged(0, usize::MAX).expect("readable"), expected(first, &all));
    Feeder::new().check(&*log);
}

pub(super) fn never_reuses_a_place(place: &Place<dyn Log>) {
    let log = place();
    let first = log.stage(&pieces(0..5)).expect("writable");
    log.unstage(first + 3).expect("writable");
    let left = pieces(3..5);
    assert_eq!(log.staged(0, 10).expect("readable"), expected(first + 3, &left));
    log.unstage(first + 1).expect("a lower place is no error");
    assert_eq!(log.staged(0, 10).expect("readable"), expected(first + 3, &left));
    // Beyond the last one: all are forgotten, and what comes later is not.
    log.unstage(first + 1_000).expect("writable");
    assert_eq!(log.staged(0, 10).expect("readable"), vec![]);
    drop(log);
    let log = place();
    let next = log.stage(&pieces(5..6)).expect("writable");
    assert_eq!(next, first + 5, "places go on where they ended, though none is left");
    assert_eq!(log.staged(0, 10).expect("readable"), expected(next, &pieces(5..6)));
    log.unstage(next + 1).expect("writable");
    let after = log.stage(&pieces(6..7)).expect("writable");
    assert_eq!(after, next + 1);
}

pub(super) fn forgets_many(place: &Place<dyn Log>) {
    let log = place();
    let all = pieces(0..5_000);
    let first = log.stage(&all).expect("writable");
    log.unstage(first + 4_990).expect("writable");
    assert_eq!(log.staged(0, usize::MAX).expect("readable"), expected(first + 4_990, &all[4_990..]));
    drop(log);
    let log = place();
    assert_eq!(log.staged(0, usize::MAX).expect("readable"), expected(first + 4_990, &all[4_990..]));
}
