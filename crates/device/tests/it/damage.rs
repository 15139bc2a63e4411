//! Flash that forgets: damaged entries are told as gaps, a stream whose end is in doubt is left, a store that is lost does
//! not bring a place back.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use device::sim::RamFlash;
use evidence::facts::sources::GapCause;
use evidence::keys::Algorithm;
use evidence::{Entry, Fact, Hash};

use crate::bench::{Bench, PAGE, Random, Shared, evidence};

type Sent = BTreeMap<(u64, u64), Hash>;

fn fresh() -> (Bench, Shared) {
    (Bench::new(5, Algorithm::Ed25519), Rc::new(RefCell::new(RamFlash::new(8, PAGE))))
}

/// Starts, attests, sends everything without settling it.
fn round(bench: &mut Bench, flash: &Shared, sent: &mut Sent, attest: usize) -> (Vec<Entry>, Vec<(u64, u64)>) {
    let mut device = bench.start(flash, 1).expect("it starts");
    let mut told = Vec::new();
    for n in 0..attest {
        let place = device.attest(None, evidence(1, n as u64)).expect("room");
        told.push((place.stream, place.sequence));
    }
    let batch = device.outbox(1_000, usize::MAX).expect("readable");
    let entries: Vec<Entry> =
        batch.items.iter().map(|i| Entry::decode(&i.bytes).expect("an entry")).collect();
    for e in &entries {
        let at = (e.body().stream, e.body().sequence);
        assert_eq!(*sent.entry(at).or_insert(e.hash()), e.hash(), "{at:?} was used twice");
    }
    (entries, told)
}

#[test]
fn any_damaged_unit_is_told_and_no_place_is_used_twice() {
    let (mut bench, flash) = fresh();
    let mut before = Sent::new();
    let (_, told) = round(&mut bench, &flash, &mut before, 20);
    let clean = flash.borrow().clone();
    let mut copy = clean.clone();
    let units = copy.raw().chunks(32).enumerate().filter(|(_, u)| u.iter().any(|b| *b != 0xff));
    let written: Vec<usize> = units.map(|(n, _)| n).collect();
    assert!(written.len() > 200);
    for unit in written {
        let mut damaged = clean.clone();
        damaged.raw()[unit * 32 + 3] ^= 0x10;
        let flash = Rc::new(RefCell::new(damaged));
        let mut sent = before.clone();
        let (_, more) = round(&mut bench, &flash, &mut sent, 1);
        let (entries, last) = round(&mut bench, &flash, &mut sent, 1);
        let there: BTreeSet<(u64, u64)> =
            entries.iter().map(|e| (e.body().stream, e.body().sequence)).collect();
        let mut gone = BTreeSet::new();
        for e in &entries {
            if let Fact::GapReported(f) = &e.body().fact {
                assert_eq!(f.cause, GapCause::StoreDamaged);
                gone.extend((f.from..f.from + f.count).map(|n| (e.body().stream, n)));
            }
        }
        assert!(gone.is_disjoint(&there), "unit {unit}: {gone:?}");
        let doubt = entries.iter().any(|e| e.body().reason.as_deref().is_some_and(|r| r.contains("damaged")));
        for at in told.iter().chain(&more).chain(&last) {
            assert!(there.contains(at) || gone.contains(at) || doubt, "unit {unit}: {at:?} is lost unseen");
        }
    }
}

#[test]
fn a_lost_store_begins_another_stream() {
    let (mut bench, flash) = fresh();
    let mut sent = Sent::new();
    round(&mut bench, &flash, &mut sent, 4);
    flash.borrow_mut().raw().fill(0xff);
    round(&mut bench, &flash, &mut sent, 4);
    let mut random = Random(9);
    flash.borrow_mut().raw().iter_mut().for_each(|b| *b = random.next().to_le_bytes()[0]);
    let (entries, _) = round(&mut bench, &flash, &mut sent, 4);
    assert_eq!(entries.len(), 5);
    let streams: BTreeSet<u64> = sent.keys().map(|(s, _)| *s).collect();
    assert_eq!(streams.len(), 3);
}
