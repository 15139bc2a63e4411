//! Power fails in every single write of a device's life, in every way, and again while it recovers. Afterwards: nothing
//! that was acknowledged to the application is lost or out of order, no place was used twice, gaps are told as they are.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use device::sim::{RamFlash, Torn};
use device::{Batch, Device, Place};
use evidence::facts::sources::GapCause;
use evidence::keys::Algorithm;
use evidence::{Entry, Fact, Hash};

use crate::bench::{Bench, PAGE, Shared, evidence};

/// What the application does, one thing after the other.
#[derive(Clone, Copy)]
enum Step {
    Attest,
    /// Sends and settles that many.
    Deliver(usize),
    /// Sends that many, but the answers get lost.
    Send(usize),
    Restart(u64),
}

fn life() -> Vec<Step> {
    use Step::{Attest, Deliver, Restart, Send};
    let mut steps = vec![Attest, Attest, Send(2), Deliver(1), Attest, Restart(1), Attest, Restart(2)];
    steps.extend([Attest; 14]); // fills the flash
    steps.extend([Deliver(3), Restart(2)]);
    steps.extend([Attest; 22]); // goes round it and drops
    steps.extend([Restart(3), Attest, Attest, Deliver(5)]);
    steps.extend([Attest; 9]);
    steps
}

/// What was seen from outside.
#[derive(Default)]
struct Seen {
    /// What the application was told is safe, in order.
    told: Vec<Place>,
    /// Every entry that ever left the store.
    sent: BTreeMap<(u64, u64), Hash>,
    entries: BTreeMap<(u64, u64), Entry>,
    /// Order of first settlement, by stream.
    settled: BTreeMap<u64, Vec<u64>>,
}

impl Seen {
    fn send(&mut self, batch: &Batch) {
        for item in &batch.items {
            let entry = Entry::decode(&item.bytes).expect("an entry");
            let place = (entry.body().stream, entry.body().sequence);
            let hash = *self.sent.entry(place).or_insert(item.entry);
            assert_eq!(hash, entry.hash(), "place {place:?} was used twice");
            self.entries.insert(place, entry);
        }
    }

    fn settle(&mut self, batch: &Batch) {
        for item in &batch.items {
            let entry = Entry::decode(&item.bytes).expect("an entry");
            let order = self.settled.entry(entry.body().stream).or_default();
            if !order.contains(&entry.body().sequence) {
                order.push(entry.body().sequence);
            }
        }
    }

    fn reported(&self) -> BTreeSet<(u64, u64)> {
        let mut out = BTreeSet::new();
        for entry in self.entries.values() {
            if let Fact::GapReported(f) = &entry.body().fact {
                assert_eq!(f.cause, GapCause::StoreFull);
                out.extend((f.from..f.from + f.count).map(|n| (entry.body().stream, n)));
            }
        }
        out
    }

    /// The chain of each stream holds, and each place before its end is there or reported.
    fn check(&self) {
        let reported = self.reported();
        for place in &self.told {
            let at = (place.stream, place.sequence);
            match self.sent.get(&at) {
                Some(hash) => assert_eq!(*hash, place.entry),
                None => assert!(reported.contains(&at), "{at:?} was lost unseen"),
            }
        }
        let streams: BTreeMap<u64, u64> = self.sent.keys().map(|(s, n)| (*s, *n)).collect();
        for (stream, last) in streams {
            for n in 0..=last {
                let here = self.entries.get(&(stream, n));
                assert!(here.is_some() || reported.contains(&(stream, n)), "{stream}/{n} is missing");
                if let (Some(here), Some(before)) = (here, self.sent.get(&(stream, n.wrapping_sub(1)))) {
                    assert_eq!(here.body().previous, Some(*before), "{stream}/{n} breaks the chain");
                }
            }
        }
        for (stream, order) in &self.settled {
            assert!(order.is_sorted(), "stream {stream} was reordered: {order:?}");
        }
        // A report speaks of what was dropped: the application's own evidence, a certificate or an older report.
        let told: BTreeSet<u64> = self.told.iter().map(|p| p.stream).collect();
        assert!(reported.iter().all(|(s, _)| told.contains(s) || self.sent.contains_key(&(*s, 0))));
    }
}

struct Cut {
    after: u64,
    torn: Torn,
    /// A second failure, in the start after the first.
    again: Option<u64>,
}

/// Starts, with power back, as often as it takes.
fn start(bench: &mut Bench, flash: &Shared, firmware: u64, again: &mut Option<u64>) -> Device<Shared> {
    for _ in 0..4 {
        if flash.borrow().is_off() {
            flash.borrow_mut().restore_power();
            if let Some(n) = again.take() {
                flash.borrow_mut().fail_after(n, Torn::Noise);
            }
        }
        match bench.start(flash, firmware) {
            Ok(device) => return device,
            Err(e) => assert!(flash.borrow().is_off(), "a start failed with power on: {e}"),
        }
    }
    panic!("the device does not start any more");
}

fn live(cut: Option<&Cut>) -> (Seen, Shared) {
    let mut bench = Bench::new(3, Algorithm::Ed25519);
    let flash: Shared = Rc::new(RefCell::new(RamFlash::new(4, PAGE)));
    let mut again = None;
    if let Some(cut) = cut {
        flash.borrow_mut().fail_after(cut.after, cut.torn);
        again = cut.again;
    }
    let (mut seen, mut firmware, mut up) = (Seen::default(), 1, 0);
    let mut device = start(&mut bench, &flash, firmware, &mut again);
    for step in life() {
        up += 1;
        let done = match step {
            Step::Attest => device.attest(None, evidence(firmware, up)).map(|p| seen.told.push(p)),
            Step::Deliver(n) => device.outbox(n, usize::MAX).and_then(|batch| {
                seen.send(&batch);
                seen.settle(&batch);
                device.settle(&batch, batch.items.len())
            }),
            Step::Send(n) => device.outbox(n, usize::MAX).map(|batch| seen.send(&batch)),
            Step::Restart(other) => {
                firmware = other;
                device = start(&mut bench, &flash, firmware, &mut again);
                Ok(())
            }
        };
        if let Err(e) = done {
            assert!(flash.borrow().is_off(), "step {up} failed with power on: {e}");
            device = start(&mut bench, &flash, firmware, &mut again);
        }
    }
    flash.borrow_mut().restore_power();
    // Everything goes out. What was dropped last is reported by the next start and the next piece of evidence.
    for _ in 0..2 {
        device = start(&mut bench, &flash, firmware, &mut again);
        seen.told.push(device.attest(None, evidence(firmware, 0)).expect("power is on"));
        for _ in 0..1_000 {
            let batch = device.outbox(7, 3_000).expect("power is on");
            if batch.items.is_empty() {
                break;
            }
            seen.send(&batch);
            seen.settle(&batch);
            device.settle(&batch, batch.items.len()).expect("power is on");
        }
    }
    assert_eq!(device.waiting(), 0);
    assert!(!flash.borrow().misused, "the rules of flash were broken");
    (seen, flash)
}

#[test]
fn a_life_without_power_loss_drops_and_says_so() {
    let (seen, flash) = live(None);
    seen.check();
    println!("{} writes in this life", flash.borrow().writes);
    let dropped = seen.told.iter().filter(|p| !seen.sent.contains_key(&(p.stream, p.sequence))).count();
    assert!(dropped > 5, "the life is too easy: {dropped} dropped");
    // Without power loss the reports name exactly what is missing, and what was sent and dropped before its answer came.
    let missing: BTreeSet<(u64, u64)> =
        seen.reported().into_iter().filter(|at| !seen.sent.contains_key(at)).collect();
    let told: BTreeSet<(u64, u64)> = seen.told.iter().map(|p| (p.stream, p.sequence)).collect();
    assert!(missing.intersection(&told).count() == dropped);
    let streams: BTreeSet<u64> = seen.sent.keys().map(|(s, _)| *s).collect();
    assert_eq!(streams.len(), 3, "one stream a firmware");
    assert!(streams.iter().all(|s| seen.sent.contains_key(&(*s, 0))), "no certificate was dropped");
    let erased = flash.borrow().erased.clone();
    assert!(erased.iter().max().unwrap_or(&0) - erased.iter().min().unwrap_or(&0) <= 1, "wear: {erased:?}");
}

fn all(torn: Torn) {
    let (_, flash) = live(None);
    let writes = flash.borrow().writes;
    assert!(writes > 120, "only {writes} writes");
    for after in 0..writes {
        let (seen, _) = live(Some(&Cut { after, torn, again: None }));
        seen.check();
    }
}

#[test]
fn power_fails_before_any_write() {
    all(Torn::Nothing);
}

#[test]
fn power_fails_in_the_middle_of_any_write() {
    all(Torn::Half);
}

#[test]
fn power_fails_at_the_end_of_any_write() {
    all(Torn::AllButLast);
}

#[test]
fn power_fails_after_any_write() {
    all(Torn::All);
}

#[test]
fn power_fails_with_noise_in_any_write() {
    all(Torn::Noise);
}

#[test]
fn power_fails_again_while_the_device_recovers() {
    let (_, flash) = live(None);
    let writes = flash.borrow().writes;
    for after in 0..writes {
        for again in 0..4 {
            let torn = if again % 2 == 0 { Torn::Half } else { Torn::Noise };
            let (seen, _) = live(Some(&Cut { after, torn, again: Some(again) }));
            seen.check();
        }
    }
}
