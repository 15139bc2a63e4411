//! Keys come from noisy silicon: enrolled once, derived again at each start, and by nothing else.

use evidence::facts::fleet::KeyOrigin;
use sim::{Faults, Plan, Silicon};

use crate::house::House;

#[test]
fn keys_are_derived_again_from_noisy_reads_and_the_ledger_knows_them() {
    let faults = Faults { reboot: 500, short_off: 300, ..Faults::NONE };
    let mut house = House::new(Plan { faults, ..Plan::new(3, 3, 1) }, 0);
    house.run(4);
    let happened = house.fleet.happened();
    assert!(happened.derived > 5 && happened.bad_reads > 0, "{happened:?}");
    assert!(house.fleet.tally().keys().all(|(_, word)| word == "logged"), "{:?}", house.fleet.tally());
    let world = house.f.ledger.read();
    let view = world.fleet_at(world.now(), world.size());
    for truth in house.fleet.truths() {
        let subject = world::fleet::Subject::Device(truth.device);
        assert_eq!(view.enrolment(&subject).map(|(origin, _)| origin), Some(KeyOrigin::Puf));
    }
}

#[test]
fn devices_differ_and_their_names_are_their_own() {
    let mut house = House::new(Plan { silicon: Silicon::File, ..Plan::new(3, 40, 4) }, 0);
    house.run(1);
    let truths = house.fleet.truths();
    let mut keys: Vec<_> = truths.iter().map(|t| (t.device, t.serial.clone())).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 40);
    assert!(truths.iter().enumerate().all(|(n, t)| t.number == n as u64 && t.site == n % 4));
    assert_eq!(house.fleet.placements().len(), 40);
}
