//! What the ledger says is what is true, for every device that nobody tampers with, whatever goes wrong on the way; and who
//! speaks with two voices is found.

use evidence::Time;
use sim::{Faults, Plan, Silicon, Truth};
use world::fleet::{Certainty, FindingKind, Subject};

use crate::house::House;

fn many(seed: u64) -> House {
    let faults = Faults { copy: 60, set_back: 10, ..Faults::MANY };
    let plan = Plan { silicon: Silicon::File, faults, ..Plan::new(seed, 80, 4) };
    let mut house = House::new(plan, 0);
    house.run(30);
    house
}

#[test]
fn the_present_is_true_of_honest_devices_and_doubtful_ones_are_found() {
    let house = many(21);
    let world = house.f.ledger.read();
    let view = world.fleet_at(world.now(), world.size());
    let (mut honest, mut found) = (0, 0);
    for truth in house.fleet.truths() {
        let subject = Subject::Device(truth.device);
        let state = view.state(&subject).expect("enrolled");
        let says = truth.now().map(|ran| &ran.says[..]).unwrap_or_default();
        if truth.honest() || truth.lies && !truth.copied && !truth.set_back {
            assert_eq!(state.measured, says, "device {} lies: {}", truth.number, truth.lies);
            honest += 1;
        }
        if truth.copied || truth.set_back {
            let suspected = |kind: &FindingKind| matches!(kind, FindingKind::CloneSuspected { .. });
            found += u64::from(view.findings_of(&subject).iter().any(|f| suspected(&f.kind)));
        }
    }
    assert!(honest > 50 && found > 0, "{honest} honest, {found} found");
}

/// Whether a device said this at some moment of a span.
fn said_within(truth: &Truth, from: Time, to: Time, measured: &[evidence::body::Measured]) -> bool {
    let ends = truth.ran.iter().skip(1).map(|r| r.since).chain([Time::MAX]);
    truth.ran.iter().zip(ends).any(|(r, end)| r.since <= to && end >= from && r.says == measured)
}

#[test]
fn what_was_proven_of_a_past_round_was_so() {
    let (mut proven, mut late, mut wrong) = (0, 0, Vec::new());
    for seed in 31..=33 {
        let house = many(seed);
        let world = house.f.ledger.read();
        for (n, at) in house.rounds.iter().enumerate() {
            let view = world.fleet_at(*at, world.size());
            for truth in house.fleet.truths().into_iter().filter(|t| t.honest()) {
                let Some(state) = view.state(&Subject::Device(truth.device)) else { continue };
                let Certainty::Proven { from, until } = state.certainty else { continue };
                proven += 1;
                let ran = truth.at(*at).expect("it runs something");
                if state.measured == &ran.says[..] {
                    continue;
                }
                // One piece that came late proves what ran at some moment between its beacon and its arrival, no more.
                let (entry, _) = house.f.ledger.entry(from).expect("there");
                let made = entry.body().beacon.as_ref().map(|b| world.clock().time_of(b.size - 1));
                let span = made.map(|made| (made, world.clock().time_of(from)));
                late += 1;
                if from != until || !span.is_some_and(|(a, b)| said_within(truth, a, b, state.measured)) {
                    wrong.push(format!(
                        "seed {seed} round {n} device {}: {:?}",
                        truth.number, state.certainty
                    ));
                }
            }
        }
    }
    eprintln!("{proven} states were proven, {late} of them by one late piece for another moment of its span");
    assert!(proven > 3_000, "{proven} proven states are too few to tell");
    assert!(late * 100 < proven, "{late} of {proven}");
    assert_eq!(wrong, Vec::<String>::new());
}
