//! Moments as people ask for them.

use evidence::Time;
use world::World;

use super::{BadMoment, Moments, subject};

#[test]
fn moments_are_within_the_log() {
    let world = World::new();
    let ask = |at, known| Moments::resolve(world.clock(), 7, at, known);
    let all = ask(None, None).expect("now");
    assert_eq!((all.known, all.at, all.asked), (7, Time::EPOCH, None));
    assert_eq!(ask(None, Some("3")).expect("a size").known, 3);
    for bad in ["03", "-1", "x", "2026-13-01T00:00:00Z"] {
        assert_eq!(ask(None, Some(bad)), Err(BadMoment::Known(bad.into())));
    }
    assert_eq!(ask(None, Some("8")), Err(BadMoment::OutOfRange { asked: 8, size: 7 }));
    assert_eq!(ask(None, Some("0")), Err(BadMoment::OutOfRange { asked: 0, size: 7 }));
    assert_eq!(ask(Some("7"), None), Err(BadMoment::At("7".into())));
    // What comes after log time, nobody knows.
    let later = ask(Some("2026-11-20T12:00:00Z"), None).expect("a time");
    assert_eq!((later.at, later.asked.is_some()), (Time::EPOCH, true));
}

#[test]
fn names_in_full_are_subjects() {
    assert_eq!(subject("asset:A 1").map(|s| s.to_string()), Some("asset:A 1".into()));
    assert_eq!(subject("A1"), None);
    assert_eq!(subject("ledger:0000000000000000"), None);
}
