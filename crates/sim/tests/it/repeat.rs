//! The same plan and the same answers give the same bytes, on any number of threads.

use device::wire::{Answer, Freshness, Outcome};
use evidence::Hash;
use sim::{Batch, Faults, Fleet, Plan, Silicon};

use crate::house::{STEP, anchor, at};

/// Rounds against somebody who logs everything that can be read; the digest of everything that was sent.
fn digest(seed: u64, threads: usize, silicon: Silicon) -> (Hash, usize) {
    let plan = Plan { faults: Faults::MANY, silicon, ..Plan::new(seed, 24, 5) };
    let mut fleet = Fleet::new(plan, anchor(), threads, |_| ()).expect("the plan holds");
    let mut all = format!("{:?}", fleet.enrolments()).into_bytes();
    let log = testkit::Fixture::new();
    let checkpoint = log.ledger.checkpoint().to_string();
    let freshness = Freshness { generation: 0, checkpoint, statements: Vec::new() }.encode();
    let mut pieces = 0;
    for round in 0..12 {
        for batch in fleet.round(at(round * STEP), &freshness).expect("they start") {
            all.extend_from_slice(&batch.body());
            pieces += batch.pieces.len();
            fleet.answered(&batch, &yes(&batch));
        }
    }
    all.extend_from_slice(format!("{:?} {:?}", fleet.happened(), fleet.truths()).as_bytes());
    (Hash::of(&all), pieces)
}

fn yes(batch: &Batch) -> Vec<Answer> {
    let one = |entry| Answer { entry, ..Answer::bare(Outcome::Logged) };
    batch.pieces.iter().map(|p| one(p.entry)).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let (one, pieces) = digest(7, 1, Silicon::File);
    assert!(pieces > 200, "{pieces} pieces are too few to tell");
    assert_eq!(digest(7, 1, Silicon::File).0, one);
    assert_eq!(digest(7, 4, Silicon::File).0, one);
    assert_ne!(digest(8, 1, Silicon::File).0, one);
}

#[test]
fn silicon_repeats_itself_too() {
    let (one, _) = digest(7, 2, Silicon::Sram);
    assert_eq!(digest(7, 3, Silicon::Sram).0, one);
}

#[test]
fn plans_that_cannot_be_are_refused() {
    let new = |plan: Plan| Fleet::new(plan, anchor(), 1, |_| ()).map(drop);
    let good = Plan { silicon: Silicon::File, ..Plan::new(1, 2, 2) };
    assert_eq!(new(good.clone()), Ok(()));
    for bad in [
        Plan { devices: 0, sites: 0, ..good.clone() },
        Plan { sites: 3, ..good.clone() },
        Plan { devices: sim::plan::MAX_DEVICES + 1, ..good.clone() },
        Plan { builds: Vec::new(), ..good.clone() },
        Plan { batch: 1_000, ..good.clone() },
    ] {
        assert!(matches!(new(bad.clone()), Err(sim::Error::Plan(_))), "{bad:?}");
    }
    let mut faults = Faults::NONE;
    assert!(faults.set("power-loss", 1_000) && !faults.set("power-loss", 1_001) && !faults.set("rain", 1));
    assert_eq!(faults, Faults { power_loss: 1_000, ..Faults::NONE });
}
