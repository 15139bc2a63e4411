//! How devices stand, in numbers, against their whole states: called from the model, for random fleets with faults.

use evidence::Time;
use world::World;
use world::fleet::{Filter, Software};

/// Every device stands as its state says, and whoever has no state stands nowhere.
pub(crate) fn agree(world: &World, at: Time, known: u64) {
    let view = world.fleet_at(at, known);
    let states = view.list(&Filter::all(), None, usize::MAX, usize::MAX).devices;
    let mut stood = 0;
    for subject in view.subjects(None, usize::MAX) {
        let turn = view.stand(&subject);
        assert_eq!(view.stands(&subject, &[at]).first(), Some(&turn.stand));
        let Some(stand) = turn.stand else { continue };
        stood += 1;
        let state = states.iter().find(|s| s.subject() == subject).expect("who stands has a state");
        assert_eq!(view.runs(&stand), state.running);
        assert_eq!(stand.grade, state.grade);
        assert_eq!(stand.site.and_then(|s| world.fleet().text_of(s)), state.site);
        assert_eq!(stand.foreign, !state.unknown.is_empty());
        match (&stand.software, state.certainty) {
            (Software::Unknown(why), world::fleet::Certainty::Unknown(reason)) => assert_eq!(*why, reason),
            (Software::Unknown(_), other) | (_, other @ world::fleet::Certainty::Unknown(_)) => {
                panic!("{stand:?} is {other:?}")
            }
            _ => {}
        }
    }
    assert_eq!(stood, states.len());
}

/// Until the next turn of a device nothing changes but by an entry.
pub(crate) fn steady(world: &World, moments: &[Time]) {
    let (now, known) = (world.now(), world.size());
    let view = world.fleet_at(now, known);
    for subject in view.subjects(None, usize::MAX) {
        let turn = view.stand(&subject);
        for at in moments.iter().filter(|at| **at > now && turn.next.is_none_or(|next| **at < next)) {
            let later = world.fleet_at(*at, known).stand(&subject);
            assert_eq!(later.stand, turn.stand, "{subject} at {at}, with a turn at {:?}", turn.next);
        }
    }
}
