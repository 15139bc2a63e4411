//! Entries, tiles, checkpoints.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Place;
use super::feeder::{Feeder, entry};
use crate::ports::{Appended, Batch, Log};

pub(super) fn starts_empty(place: &Place<dyn Log>) {
    let log = place();
    Feeder::new().check(&*log);
    assert_eq!(log.cosigned().expect("readable"), None);
    assert_eq!(log.staged(0, 10).expect("readable"), vec![]);
    drop(log);
    Feeder::new().check(&*place());
}

fn refused(log: &dyn Log, batch: &Batch, why: &str) {
    assert!(matches!(log.append(batch), Appended::Refused(_)), "{why}");
}

pub(super) fn is_conditional(place: &Place<dyn Log>) {
    let log = place();
    let mut feeder = Feeder::new();
    let first = feeder.uniform(3, 20);
    feeder.append(&*log, &first);
    refused(&*log, &first, "the same batch again");
    let mut late = feeder.uniform(2, 20);
    late.first = 4;
    refused(&*log, &late, "a batch that leaves a gap");
    late.first = 2;
    refused(&*log, &late, "a batch that overlaps");
    late.first = 0;
    refused(&*log, &late, "a batch for the empty log");
    feeder.check(&*log);
    let next = feeder.uniform(2, 20);
    feeder.append(&*log, &next);
    feeder.check(&*log);
    drop(log);
    feeder.check(&*place());
}

pub(super) fn refuses_without_change(place: &Place<dyn Log>) {
    let log = place();
    let mut feeder = Feeder::new();
    let batch = feeder.uniform(250, 20);
    feeder.append(&*log, &batch);
    let mut empty = feeder.uniform(1, 20);
    empty.entries.clear();
    refused(&*log, &empty, "no entries");
    let mut stale = feeder.uniform(300, 20);
    stale.first = 0;
    refused(&*log, &stale, "a batch that would fill a bundle, for another size");
    feeder.check(&*log);
    drop(log);
    let log = place();
    feeder.check(&*log);
    let batch = feeder.uniform(300, 20);
    feeder.append(&*log, &batch);
    feeder.check(&*log);
}

pub(super) fn crosses_bundles(fresh: &dyn Fn() -> Place<dyn Log>) {
    // Each list of batch sizes reaches and crosses borders in another way.
    let ways: [&[usize]; 7] = [
        &[255, 1, 1],
        &[256],
        &[257, 255],
        &[100, 100, 100, 100, 100, 100],
        &[1, 254, 2, 600, 167, 1],
        &[1024, 1],
        &[200, 1000, 80, 256, 256],
    ];
    for sizes in ways {
        let place = fresh();
        let mut log = place();
        let mut feeder = Feeder::new();
        for (step, count) in sizes.iter().enumerate() {
            let batch = feeder.uniform(*count, 3 + step * 40);
            feeder.append(&*log, &batch);
            feeder.check(&*log);
            drop(log);
            log = place();
            feeder.check(&*log);
        }
    }
    // One by one over the first border.
    let place = fresh();
    let log = place();
    let mut feeder = Feeder::new();
    for _ in 0..258 {
        let batch = feeder.uniform(1, 12);
        feeder.append(&*log, &batch);
    }
    feeder.check(&*log);
}

pub(super) fn crosses_the_second_level(place: &Place<dyn Log>) {
    let log = place();
    let mut feeder = Feeder::new();
    let batch = feeder.uniform(65_000, 9);
    feeder.append(&*log, &batch);
    for count in [535, 1, 1, 300] {
        let batch = feeder.uniform(count, 9);
        let tiles = batch.tiles.iter().filter(|tile| tile.level == 1).count();
        assert_eq!(tiles, usize::from(feeder.size() == 65_535), "65,536 entries fill a tile of level 1");
        feeder.append(&*log, &batch);
    }
    feeder.check(&*log);
    drop(log);
    feeder.check(&*place());
}

pub(super) fn keeps_the_longest_entries(place: &Place<dyn Log>) {
    let log = place();
    let mut feeder = Feeder::new();
    // A bundle of nothing but the longest entries (16 MiB), and a rest.
    for count in [3, 250, 10] {
        let batch = feeder.uniform(count, 65_535);
        feeder.append(&*log, &batch);
    }
    feeder.check(&*log);
    // The next one does not fit: about as many bytes as asked for.
    assert_eq!(log.read(0, 10, 65_535).expect("readable").len(), 1);
    assert_eq!(log.read(0, 10, 2 * 65_535).expect("readable").len(), 2);
    assert_eq!(log.read(255, 10, 2 * 65_535).expect("readable").len(), 2, "across a border");
    drop(log);
    feeder.check(&*place());
}

pub(super) fn keeps_short_entries(place: &Place<dyn Log>) {
    let log = place();
    let mut feeder = Feeder::new();
    // Nothing at all is an entry, and so are equal ones.
    let entries: Vec<Arc<[u8]>> = (0..300_u64).map(|i| entry(7, usize::from(i % 3 == 0))).collect();
    let batch = feeder.batch(&entries);
    feeder.append(&*log, &batch);
    feeder.check(&*log);
    drop(log);
    feeder.check(&*place());
}

pub(super) fn cosigned_only_grows(place: &Place<dyn Log>) {
    let log = place();
    let kept = |log: &dyn Log| {
        let head = log.cosigned().expect("readable").expect("one was kept");
        (head.size, head.checkpoint.to_string())
    };
    log.put_cosigned(5, "five\n").expect("writable");
    log.put_cosigned(9, "nine\n").expect("writable");
    log.put_cosigned(7, "seven\n").expect("a smaller one is no error");
    assert_eq!(kept(&*log), (9, "nine\n".into()));
    // More witnesses have cosigned the same checkpoint.
    log.put_cosigned(9, "nine\nagain\n").expect("writable");
    assert_eq!(kept(&*log), (9, "nine\nagain\n".into()));
    drop(log);
    let log = place();
    assert_eq!(kept(&*log), (9, "nine\nagain\n".into()));
    Feeder::new().check(&*log);
}

/// Readers in other threads see some moment of the log, whole, while it grows.
pub(super) fn many_may_read(place: &Place<dyn Log>) {
    let log = place();
    let log = &*log;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for reader in 0..3_u64 {
            let done = &done;
            scope.spawn(move || {
                let mut rounds = 0_u64;
                while !done.load(Ordering::Relaxed) || rounds == 0 {
                    let size = log.head().expect("readable").map_or(0, |head| head.size);
                    let from = (rounds * 37 + reader) % (size + 1);
                    let found = log.read(from, 300, usize::MAX).expect("readable");
                    assert!(found.len() as u64 >= (size - from).min(300), "the head never runs ahead");
                    for (index, found) in (from..).zip(&found) {
                        assert_eq!(*found, entry(index, 64), "entry {index}");
                    }
                    if size >= 256 {
                        assert!(log.bundle(0).expect("readable").is_some());
                        assert!(log.tile(0, 0).expect("readable").is_some());
                    }
                    rounds += 1;
                }
            });
        }
        let mut feeder = Feeder::new();
        for step in 0..60 {
            let batch = feeder.uniform(1 + step * 7 % 97, 64);
            feeder.append(log, &batch);
        }
        done.store(true, Ordering::Relaxed);
    });
}
