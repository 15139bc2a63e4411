//! Devices over many starts, firmware updates and power losses, relayed by a gateway in any order: a real ledger takes
//! everything, and each stream ends without a gap or with exactly the gaps that were reported.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use device::enrol::{Enrolment, Particulars};
use device::sim::{RamFlash, Torn};
use device::wire::Freshness;
use device::{Device, Error, Place};
use evidence::facts::fleet::KeyOrigin;
use evidence::keys::Algorithm;
use evidence::{Entry, Fact, SourceKind};
use testkit::{Author, Fixture, ORIGIN, keys};

use crate::bench::{Bench, PAGE, Random, Shared, evidence};

struct Fielded {
    bench: Bench,
    flash: Shared,
    device: Device<Shared>,
    firmware: u64,
    told: Vec<Place>,
}

impl Fielded {
    fn new(f: &Fixture, station: &mut Author, n: u8) -> Self {
        let algorithm = if n.is_multiple_of(2) { Algorithm::P256 } else { Algorithm::Ed25519 };
        let mut bench = Bench::new(n, algorithm);
        let udi = format!("(01)04012345004007(21){n}");
        let enrolment = Enrolment::new(&bench.identity, ORIGIN, bench.id, Some(&udi), KeyOrigin::File, None);
        let fact = enrolment.into_fact(Particulars {
            product: "pump".into(),
            model: "PX-200".into(),
            serial: Some(n.to_string()),
            hardware_version: None,
            report: None,
        });
        f.submit(station.state(fact)).expect("a station may enrol");
        let flash: Shared = Rc::new(RefCell::new(RamFlash::new(4, PAGE)));
        let device = bench.start(&flash, 1).expect("it starts");
        Self { bench, flash, device, firmware: 1, told: Vec::new() }
    }

    fn restart(&mut self) {
        for _ in 0..4 {
            self.flash.borrow_mut().restore_power();
            if let Ok(device) = self.bench.start(&self.flash, self.firmware) {
                self.device = device;
                return;
            }
        }
        panic!("it does not start any more");
    }

    fn live(&mut self, f: &Fixture, random: &mut Random, gateway: &mut Vec<Arc<[u8]>>) {
        match random.below(24) {
            0 => {
                self.firmware = 1 + random.below(3);
                self.restart();
            }
            1 => self.restart(),
            2 => {
                let torn = [Torn::Nothing, Torn::Half, Torn::AllButLast, Torn::All, Torn::Noise];
                let torn = torn[random.below(5) as usize];
                self.flash.borrow_mut().fail_after(random.below(6), torn);
            }
            3 | 4 => {
                let checkpoint = f.ledger.checkpoint().to_string();
                let fresh = Freshness { generation: 0, checkpoint, statements: Vec::new() };
                let _ = self.device.fresh(&fresh.encode());
            }
            5 => {
                // The gateway takes custody of a few entries, some of them twice.
                let (items, keep) = (1 + random.below(30) as usize, random.below(4) > 0);
                if let Ok(batch) = self.device.outbox(items, 8_000) {
                    gateway.extend(batch.items.iter().map(|i| i.bytes.clone().into()));
                    if keep {
                        let _ = self.device.settle(&batch, batch.items.len());
                    }
                }
            }
            _ => {
                let evidence = evidence(self.firmware, random.below(1_000));
                if let Ok(place) = self.device.attest(None, evidence) {
                    self.told.push(place);
                }
            }
        }
        if self.flash.borrow().is_off() {
            self.restart();
        }
    }

    fn drain(&mut self, gateway: &mut Vec<Arc<[u8]>>) {
        // A device that had no room delivers first; the last round must find room.
        for round in 0..3 {
            self.restart();
            match self.device.attest(None, evidence(self.firmware, 0)) {
                Ok(place) => self.told.push(place),
                Err(e) => assert!(round == 0 && matches!(e, Error::Full), "{e}"),
            }
            while self.device.waiting() > 0 {
                let batch = self.device.outbox(50, 100_000).expect("readable");
                gateway.extend(batch.items.iter().map(|i| i.bytes.clone().into()));
                self.device.settle(&batch, batch.items.len()).expect("writable");
            }
        }
    }
}

/// Submits in any order until nothing is left. What the ledger may answer on the way: a stream whose first entry has not
/// come yet, and more open gaps than it keeps.
fn deliver(f: &Fixture, random: &mut Random, mut pool: Vec<Arc<[u8]>>) -> usize {
    let given = pool.len();
    for _ in 0..1_000 {
        for n in (1..pool.len()).rev() {
            pool.swap(n, random.below(n as u64 + 1) as usize);
        }
        let mut again = Vec::new();
        let outcomes = pool.chunks(500).flat_map(|part| f.ledger.submit(part.to_vec()));
        for (bytes, outcome) in pool.iter().zip(outcomes) {
            match outcome {
                Ok(receipt) => {
                    let entry = Entry::decode(bytes).expect("an entry");
                    receipt.verify(&entry, keys().checkpoint.verifier()).expect("the proof holds");
                }
                Err(e) if ["unknown_key", "too_many_gaps"].contains(&e.code()) => again.push(bytes.clone()),
                Err(e) => panic!("the ledger refuses: {e}"),
            }
        }
        if again.is_empty() {
            return given;
        }
        pool = again;
    }
    panic!("{} entries are never taken", pool.len());
}

fn run(seed: u64) -> (usize, u64, usize) {
    // Nothing is sealed beside: seals come when a thread is done, and then no two runs of a seed are the same.
    let new = Fixture::new();
    let (log, guard) = (new.log.clone(), new.guard.clone());
    drop(new);
    let options = ledger::Options { seal_every: u64::MAX, ..ledger::Options::default() };
    let mut f = Fixture::open(log, guard, options).expect("opens");
    let mut random = Random(seed);
    let mut station = Author::new(SourceKind::Station, 20);
    f.enrol(&station, &["station"]);
    let mut fleet: Vec<Fielded> = (1..=3).map(|n| Fielded::new(&f, &mut station, n)).collect();
    let (mut gateway, mut relayed) = (Vec::new(), 0);
    for round in 0..600 {
        f.at(round * 60);
        for d in &mut fleet {
            d.live(&f, &mut random, &mut gateway);
        }
        if random.below(40) == 0 {
            // Now and then the gateway has a link, long before the devices have said everything.
            let entries = gateway.len();
            relayed += deliver(&f, &mut random, gateway.clone());
            // It keeps the last few, so that they come again.
            gateway.drain(..entries.saturating_sub(20));
        }
    }
    fleet.iter_mut().for_each(|d| d.drain(&mut gateway));
    relayed += deliver(&f, &mut random, gateway);
    let (mut missing, mut streams) = (0, 0);
    let size = f.ledger.read().size;
    let mut reported: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
    let mut logged = BTreeMap::new();
    for n in 0..size {
        let (entry, _) = f.ledger.entry(n).expect("an entry");
        let body = entry.body();
        logged.insert((body.source, body.stream, body.sequence), entry.hash());
        assert!(!matches!(body.fact, Fact::Equivocated(_) | Fact::Quarantined(_)));
        if let Fact::GapReported(g) = &body.fact {
            reported.entry((body.source, body.stream)).or_default().extend(g.from..g.from + g.count);
        }
    }
    let world = f.ledger.read();
    for d in &fleet {
        for place in &d.told {
            let at = (d.bench.id, place.stream, place.sequence);
            let gap = reported.get(&(at.0, at.1)).is_some_and(|r| r.contains(&at.2));
            assert!(logged.get(&at).map_or(gap, |h| *h == place.entry), "{at:?} is lost unseen");
        }
        for (key, stream) in world.streams().of_source(d.bench.id) {
            streams += 1;
            let open: BTreeSet<u64> = stream.gaps.iter().flat_map(|g| g.from..g.from + g.count).collect();
            missing += open.len() as u64;
            let told = reported.remove(&(key.source, key.stream)).unwrap_or_default();
            let told: BTreeSet<u64> =
                told.into_iter().filter(|n| !logged.contains_key(&(key.source, key.stream, *n))).collect();
            assert_eq!(open, told, "stream {} of {}", key.stream, d.bench.id);
        }
    }
    (relayed, missing, streams)
}

#[test]
fn a_ledger_takes_everything_in_any_order() {
    let (mut entries, mut missing, mut streams) = (0, 0, 0);
    for seed in 1..=4 {
        let (e, m, s) = run(seed);
        (entries, missing, streams) = (entries + e, missing + m, streams + s);
    }
    println!("{entries} entries relayed, {missing} places dropped and reported, {streams} streams");
    assert!(entries > 1_000 && missing > 20 && streams > 30, "too easy: {entries} {missing} {streams}");
}

#[test]
fn what_a_torn_write_takes_is_always_reported() {
    // Seeds under which a write was torn just before the commit of a page's last record, with no other page to go on in.
    for seed in [15, 59] {
        run(seed);
    }
}
