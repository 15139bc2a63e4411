//! Where the store says no: too large, too small, too much to account for. Saying no loses nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use device::sim::RamFlash;
use device::{Error, measured};
use evidence::body::MAX_MEASUREMENTS;
use evidence::keys::Algorithm;
use evidence::{Entry, Fact};

use crate::bench::{Bench, PAGE, Shared, evidence};

#[test]
fn evidence_that_is_too_large_is_refused_and_takes_no_place() {
    let mut bench = Bench::new(11, Algorithm::Ed25519);
    let flash: Shared = Rc::new(RefCell::new(RamFlash::new(4, PAGE)));
    let mut device = bench.start(&flash, 1).expect("it starts");
    let mut large = evidence(1, 1);
    large.measurements = vec![measured("component", Some("1.0.0"), b"x"); MAX_MEASUREMENTS];
    let Err(Error::TooLarge { size, max }) = device.attest(None, large) else { panic!("it is too large") };
    assert!(size > max && max == device.max_entry());
    assert_eq!(device.attest(None, evidence(1, 1)).map(|p| p.sequence), Ok(1));
}

#[test]
fn flash_that_is_too_small_is_refused() {
    let mut bench = Bench::new(11, Algorithm::Ed25519);
    for (pages, size) in [(2, PAGE), (3, PAGE / 2), (3, PAGE + 8), (3, 1 << 18)] {
        let flash: Shared = Rc::new(RefCell::new(RamFlash::new(pages, size)));
        assert!(matches!(bench.start(&flash, 1), Err(Error::Geometry { .. })), "{pages} of {size}");
    }
    let flash: Shared = Rc::new(RefCell::new(RamFlash::new(3, PAGE)));
    let mut device = bench.start(&flash, 1).expect("the smallest that will do");
    for n in 0..60 {
        device.attest(None, evidence(1, n)).expect("it drops the oldest");
    }
}

/// Another firmware at every start and no link: certificates fill the store. The device refuses evidence instead of
/// dropping what its streams are worthless without, delivers what it has, and then goes on.
#[test]
fn a_store_full_of_certificates_refuses_and_recovers() {
    let mut bench = Bench::new(12, Algorithm::Ed25519);
    let flash: Shared = Rc::new(RefCell::new(RamFlash::new(4, PAGE)));
    let (mut told, mut sent, mut reported) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut refused = 0;
    for firmware in 0..40 {
        let mut device = bench.start(&flash, firmware).expect("it starts");
        match device.attest(None, evidence(firmware, 1)) {
            Ok(place) => drop(told.insert((place.stream, place.sequence))),
            Err(e) => {
                assert_eq!(e, Error::Full);
                refused += 1;
            }
        }
    }
    assert!(refused > 5 && told.len() > 5, "{refused} refused, {} taken", told.len());
    for _ in 0..3 {
        let mut device = bench.start(&flash, 99).expect("it starts");
        let attested = device.attest(None, evidence(99, 1));
        told.extend(attested.iter().map(|p| (p.stream, p.sequence)));
        while device.waiting() > 0 {
            let batch = device.outbox(5, 5_000).expect("readable");
            for item in &batch.items {
                let entry = Entry::decode(&item.bytes).expect("an entry");
                let body = entry.body();
                // A stream's certificate always comes first, but for reports, which need none.
                let report = matches!(body.fact, Fact::GapReported(_));
                assert!(body.sequence == 0 || report || sent.contains(&(body.stream, 0)));
                if let Fact::GapReported(f) = &body.fact {
                    reported.extend((f.from..f.from + f.count).map(|n| (body.stream, n)));
                }
                sent.insert((body.stream, body.sequence));
            }
            device.settle(&batch, batch.items.len()).expect("writable");
        }
    }
    let mut device = bench.start(&flash, 99).expect("it starts");
    device.attest(None, evidence(99, 1)).expect("there is room again");
    assert!(told.iter().all(|at| sent.contains(at) || reported.contains(at)));
}
