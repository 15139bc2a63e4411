//! The suite of [`Log`], and its agreement with [`MemoryLog`] whatever happens to it.

use std::sync::Arc;

use super::entries;
use super::feeder::{Feeder, Random, entry};
use super::{Place, staging};
use crate::ports::{Appended, Log, MemoryLog};

/// Everything a [`Log`] must do. `fresh` makes a new, empty place each time.
pub fn log(fresh: &dyn Fn() -> Place<dyn Log>) {
    entries::starts_empty(&fresh());
    entries::is_conditional(&fresh());
    entries::refuses_without_change(&fresh());
    entries::crosses_bundles(fresh);
    entries::crosses_the_second_level(&fresh());
    entries::keeps_the_longest_entries(&fresh());
    entries::keeps_short_entries(&fresh());
    entries::cosigned_only_grows(&fresh());
    entries::many_may_read(&fresh());
    staging::keeps_the_order(&fresh());
    staging::never_reuses_a_place(&fresh());
    staging::forgets_many(&fresh());
    for seed in 0..3 {
        agrees_with_memory(&fresh(), seed, 60);
    }
}

/// Does the same random things to a log and to [`MemoryLog`] and compares every answer; now and then the log is opened
/// again.
pub fn agrees_with_memory(place: &Place<dyn Log>, seed: u64, steps: u32) {
    let mut random = Random::new(seed);
    let memory = MemoryLog::default();
    let mut log = place();
    let mut feeder = Feeder::new();
    for step in 0..steps {
        let context = format!("seed {seed}, step {step}, size {}", feeder.size());
        match random.below(20) {
            0 => {
                drop(log);
                log = place();
            }
            1 => {
                // A batch of another moment: nobody may take it.
                let mut batch = feeder.uniform(3, 10);
                batch.first = random.below(feeder.size() * 2 + 2);
                if batch.first != feeder.size() {
                    assert!(matches!(log.append(&batch), Appended::Refused(_)), "{context}");
                    assert!(matches!(memory.append(&batch), Appended::Refused(_)), "{context}");
                }
            }
            2..=9 => {
                let count = [1, 2, 30, 255, 256, 257, 600][usize::try_from(random.below(7)).expect("small")];
                let entries: Vec<Arc<[u8]>> = (0..count)
                    .map(|i| {
                        let bytes = random.below(700);
                        entry(feeder.size() + i, usize::try_from(bytes).expect("small"))
                    })
                    .collect();
                let batch = feeder.batch(&entries);
                assert_eq!(log.append(&batch), Appended::Committed, "{context}");
                assert_eq!(memory.append(&batch), Appended::Committed, "{context}");
                feeder.committed(&batch);
            }
            10 => {
                let size = random.below(feeder.size() + 2);
                let note = format!("cosigned {}\n", random.any());
                assert_eq!(log.put_cosigned(size, &note), memory.put_cosigned(size, &note), "{context}");
            }
            11 | 12 => {
                let pieces: Vec<_> = (0..random.below(20)).map(|i| entry(i, 40)).collect();
                assert_eq!(log.stage(&pieces), memory.stage(&pieces), "{context}");
            }
            13 => {
                let below = random.below(40);
                assert_eq!(log.unstage(below), memory.unstage(below), "{context}");
            }
            14 => {
                let (from, limit) = (random.below(60), usize::try_from(random.below(30)).expect("small"));
                assert_eq!(log.staged(from, limit), memory.staged(from, limit), "{context}");
            }
            _ => {
                let from = random.below(feeder.size() + 10);
                let (limit, bytes) = (random.below(600), random.below(100_000));
                let (limit, bytes) =
                    (usize::try_from(limit).expect("small"), usize::try_from(bytes).expect("small"));
                let context = format!("{context}, {limit} entries, {bytes} bytes from {from}");
                assert_eq!(log.read(from, limit, bytes), memory.read(from, limit, bytes), "{context}");
            }
        }
        assert_eq!(log.head(), memory.head(), "{context}");
        let (ours, theirs) = (log.cosigned().expect("readable"), memory.cosigned().expect("readable"));
        // A cosigned checkpoint of size 0 says nothing; whether one is kept is left open.
        let real = |head: &crate::ports::Head| head.size > 0;
        assert_eq!(ours.filter(real), theirs.filter(real), "{context}");
    }
    feeder.check(&*log);
    assert_eq!(log.staged(0, usize::MAX), memory.staged(0, usize::MAX), "seed {seed}");
    drop(log);
    feeder.check(&*place());
}
