//! Each fault happens, and a real ledger answers it as the protocol says.

use std::collections::BTreeSet;

use sim::{Faults, Kind, Plan, Silicon};

use crate::house::House;

fn many(seed: u64, roll_every: u64) -> House {
    let faults = Faults { copy: 120, modify: 80, lie: 80, set_back: 20, ..Faults::MANY };
    let plan = Plan { silicon: Silicon::File, faults, ..Plan::new(seed, 60, 4) };
    let mut house = House::new(plan, roll_every);
    house.run(30);
    house
}

/// The words that pieces of a kind were answered with.
fn words(house: &House, kind: Kind) -> BTreeSet<String> {
    house.fleet.tally().keys().filter(|(k, _)| *k == kind).map(|(_, word)| word.clone()).collect()
}

#[test]
fn every_fault_happens_and_gets_its_typed_answer() {
    let house = many(11, 0);
    let happened = house.fleet.happened();
    eprintln!("{happened:?}\n{:?}", house.fleet.tally());
    for (name, times) in happened.each() {
        // Devices with their secret in a file have no reads, and nobody makes up statements about freshness here.
        assert!(times > 0 || ["bad-reads", "not-fresh", "full"].contains(&name), "{name} never happened");
    }
    let set = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<BTreeSet<_>>();
    let within = |kind, all: &[&str], must: &[&str]| {
        let got = words(&house, kind);
        assert!(got.is_subset(&set(all)) && set(must).is_subset(&got), "{kind:?} was answered {got:?}");
    };
    // What came before its stream's first entry waits; what a store that was set back says twice is refused.
    let forked = ["equivocation", "other_previous"];
    let genuine = [&["logged", "unknown_key"][..], &forked].concat();
    within(Kind::Genuine, &genuine, &["logged", "equivocation", "other_previous"]);
    within(Kind::Duplicate, &genuine, &["logged"]);
    within(Kind::Replayed, &genuine, &["logged"]);
    within(Kind::BadSignature, &["bad_proof", "unknown_key"], &["bad_proof"]);
    within(Kind::Foreign, &["unknown_key"], &["unknown_key"]);
    within(Kind::OfCopy, &genuine, &["logged", "equivocation"]);
    let corrupted = words(&house, Kind::Corrupted);
    assert!(corrupted.contains("malformed") && !corrupted.contains("logged"), "{corrupted:?}");
    assert!(!house.fleet.misused_flash());
}

#[test]
fn nothing_promised_is_lost() {
    for seed in 1..=3 {
        let house = many(seed, 0);
        let (logged, lost) = house.log();
        let lost: BTreeSet<_> = lost.into_iter().collect();
        let mut kept = 0;
        for truth in house.fleet.truths().into_iter().filter(|t| !t.set_back && !t.copied) {
            for place in &truth.promised {
                let at = (truth.device, place.stream, place.sequence);
                let there = logged.get(&at).map_or(lost.contains(&at), |hash| *hash == place.entry);
                assert!(there, "seed {seed}: device {} lost {place:?} unseen", truth.number);
                kept += 1;
            }
        }
        assert!(kept > 1_000, "seed {seed}: {kept} pieces are too few to tell");
    }
}

#[test]
fn what_changes_nothing_is_staged_and_counted() {
    let faults = Faults { update: 20, reboot: 10, ..Faults::NONE };
    let plan = Plan { silicon: Silicon::File, faults, ..Plan::new(5, 20, 2) };
    let mut house = House::new(plan, ledger::ROLL_EVERY);
    house.run(20);
    let staged = house.fleet.tally().get(&(Kind::Genuine, "staged".into())).copied().unwrap_or_default();
    assert!(staged > 200, "{:?}", house.fleet.tally());
    house.f.ledger.roll_up().expect("rolls up");
    let world = house.f.ledger.read();
    let view = world.fleet_at(world.now(), world.size());
    for truth in house.fleet.truths() {
        let state = view.state(&world::fleet::Subject::Device(truth.device)).expect("enrolled");
        assert_eq!(Some(state.measured), truth.now().map(|ran| &ran.says[..]), "device {}", truth.number);
    }
}
