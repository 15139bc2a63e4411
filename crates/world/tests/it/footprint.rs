//! What the fleet costs in memory, against the marks: 400 bytes a device, 32 a change of state, 16 an entry.

use evidence::facts::fleet::Appraised;
use world::fleet::{Filter, Subject, appraise_changed};

use crate::story::{Story, Word, device, t};

const DEVICES: u64 = 100_000;

/// Bytes that are still held after `work`.
fn held<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let mut out = None;
    let counted = allocation_counter::measure(|| out = Some(work()));
    (u64::try_from(counted.bytes_current).unwrap_or(0), out.expect("it ran"))
}

/// The fleet alone: what it holds, restored from its states, so that no other concern is counted.
fn fleet_bytes(story: &Story) -> u64 {
    let states = story.world.frozen("fleet", None, usize::MAX).expect("a concern");
    let (bytes, world) = held(|| {
        let mut world = world::World::new();
        states.iter().for_each(|s| world.restore("fleet", s).expect("restores"));
        world
    });
    assert_eq!(world.fleet().len(), story.world.fleet().len());
    bytes
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a rate is reported, nothing depends on it")]
fn a_device_and_a_change_of_state_stay_within_their_marks() {
    let mut story = Story::new();
    story.release("firmware", "1", &[("main", 1)]);
    story.release("firmware", "2", &[("main", 2)]);
    let words: Vec<Word> = (0..DEVICES).map(|n| Word::new(n, 0, Some(2), &[("main", 1)])).collect();
    for word in &words {
        story.enrol(word.device);
        story.moved(word.device, Some(["north", "south", "east"][(word.device % 3) as usize]), None, None);
        let verdict: Appraised = appraise_changed(&story.world, &word.entry()).expect("the first");
        story.attest(word);
        story.say(verdict);
    }
    let enrolled = fleet_bytes(&story);
    // Four changes of state a device: firmware back and forth, an hour apart.
    let changes = 4;
    let mut entries = Vec::new();
    for n in 0..changes {
        let all = [("main", 2 - u8::try_from(n % 2).unwrap_or(0))];
        entries.extend(words.iter().map(|w| Word::new(w.device, n + 1, Some(2), &all).entry()));
    }
    let begun = std::time::Instant::now();
    for entry in &entries {
        story.world.apply(entry, evidence::Hash([1; 32]));
    }
    let rate = entries.len() as f64 / begun.elapsed().as_secs_f64();
    let changed = fleet_bytes(&story);
    let a_device = enrolled / DEVICES;
    let a_change = changed.saturating_sub(enrolled) / (DEVICES * changes);
    let begun = std::time::Instant::now();
    let view = story.world.fleet_at(t(0), story.world.size());
    let count = view.count(&Filter::parse("site = north and grade = attested").expect("a condition"));
    let counting = begun.elapsed();
    let begun = std::time::Instant::now();
    let known = (0..10_000).filter(|n| view.state(&Subject::Device(device(*n))).is_some()).count();
    let a_state = begun.elapsed() / 10_000;
    assert_eq!(known, 10_000);
    eprintln!(
        "fleet of {DEVICES}: {a_device} B a device, {a_change} B a change of state; world applies {rate:.0} \
         entries/s; a filtered count takes \
         {counting:?}, one state {a_state:?} (this build)"
    );
    assert_eq!(count.count, DEVICES.div_ceil(3));
    assert!(a_device <= 400, "{a_device} B a device");
    assert!(a_change <= 32, "{a_change} B a change of state");
}

/// What the other concerns hold for each device and the one stream it speaks in. The mark is for everything together and is missed;
/// these bounds keep what there is from growing.
#[test]
fn the_rest_of_the_world_is_weighed_beside_the_fleet() {
    const MANY: u64 = 20_000;
    let mut story = Story::new();
    for n in 0..MANY {
        story.enrol(n);
        story.attest(&Word::new(n, 0, Some(1), &[("main", 1)]));
    }
    for (concern, most) in [("sources", 480), ("streams", 310), ("places", 200)] {
        let states = story.world.frozen(concern, None, usize::MAX).expect("a concern");
        let (bytes, world) = held(|| {
            let mut world = world::World::new();
            states.iter().for_each(|s| world.restore(concern, s).expect("restores"));
            world
        });
        drop(world);
        let a_device = bytes / MANY;
        eprintln!("{concern}: {a_device} B a device with one stream of one entry");
        assert!(a_device <= most, "{concern}: {a_device} B a device");
    }
}
