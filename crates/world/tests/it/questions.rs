//! What runs on one device at two moments, over time, and on how many: told as short stories.

use evidence::facts::fleet::Custody;
use world::fleet::{Certainty, Filter, Grade, MAX_HISTORY, Subject, UnknownReason};

use crate::story::{Story, Word, device, running, t};

const OLD: &[(&str, u8)] = &[("boot", 1), ("main", 2)];
const NEW: &[(&str, u8)] = &[("boot", 1), ("main", 3)];

/// Interval 100 s; releases 2.1.0 and 2.2.0; device 1 enrolled at 0, measured old at 1000 and 2000, new at 3000.
fn updated() -> Story {
    let mut s = Story::new();
    s.reporting(None, 100, 1_000);
    s.release("firmware", "2.1.0", OLD);
    s.release("firmware", "2.2.0", NEW);
    s.enrol(1);
    for (sequence, at, all) in [(0, 1_000, OLD), (1, 2_000, OLD), (2, 3_000, NEW)] {
        s.tick(at);
        s.fresh(1, sequence, all);
    }
    s.tick(5_000);
    s
}

#[test]
fn a_state_is_proven_fresh_assumed_or_unknown() {
    let s = updated();
    let size = s.world.size();
    let word = |at| {
        let state = s.state(1, at, size).expect("enrolled");
        (state.certainty.word(), running(&state).join("+"))
    };
    let is = |certainty, runs: &str| (certainty, runs.to_owned());
    assert_eq!(word(500), is("unknown", ""));
    assert_eq!(word(1_000), is("proven", "firmware 2.1.0"), "within beacon and arrival");
    assert_eq!(word(1_999), is("proven", "firmware 2.1.0"), "between two that agree");
    assert_eq!(word(2_100), is("fresh", "firmware 2.1.0"));
    assert_eq!(word(2_101), is("assumed", "firmware 2.1.0"), "the next one differs: nobody knows when");
    assert_eq!(word(3_000), is("proven", "firmware 2.2.0"));
    assert_eq!(word(3_100), is("fresh", "firmware 2.2.0"));
    assert_eq!(word(5_000), is("assumed", "firmware 2.2.0"));
    let state = s.state(1, 500, size).expect("enrolled");
    assert_eq!(state.certainty, Certainty::Unknown(UnknownReason::MeasuredLater));
    assert_eq!(state.grade, Grade::Declared);
}

#[test]
fn what_was_known_then_is_another_question() {
    let s = updated();
    // After the first attestation (index 6): nothing proves the second yet.
    let state = s.state(1, 1_999, 7).expect("enrolled");
    assert_eq!(state.certainty, Certainty::Assumed { by: Some(6) });
    assert!(s.state(1, 1_999, 3).is_none(), "not enrolled yet");
    // A release made later than attested gives the old measurement its name, from then on.
    let mut s = Story::new();
    s.enrol(1);
    s.fresh(1, 0, OLD);
    let before = s.world.size();
    s.release("firmware", "2.1.0", OLD);
    let name = |known| s.state(1, 0, known).map(|state| (running(&state), state.unknown.len()));
    assert_eq!(name(before), Some((vec![], 2)));
    assert_eq!(name(s.world.size()), Some((vec!["firmware 2.1.0".into()], 0)));
}

#[test]
fn late_evidence_counts_in_full_for_then_and_not_for_now() {
    let mut s = Story::new();
    s.reporting(None, 100, 1_000);
    s.release("firmware", "2.1.0", OLD);
    s.enrol(1);
    let beacon = s.world.size();
    s.tick(10_000);
    let before = s.world.size();
    s.attest(&Word::new(1, 0, Some(beacon), OLD));
    let size = s.world.size();
    assert_eq!(s.state(1, 5_000, before).expect("enrolled").certainty.word(), "unknown");
    assert_eq!(s.state(1, 5_000, size).expect("enrolled").certainty.word(), "proven");
    assert_eq!(s.state(1, 10_001, size).expect("enrolled").certainty.word(), "assumed");
}

#[test]
fn a_stream_orders_what_arrives_out_of_order() {
    // Place 0 was made at about 0 and arrives last; place 1, which differs, came before it.
    let mut s = Story::new();
    let beacon = s.world.size();
    s.enrol(1);
    s.tick(1_000);
    s.fresh(1, 1, NEW);
    s.tick(9_000);
    s.attest(&Word::new(1, 0, Some(beacon), OLD));
    let size = s.world.size();
    let digest = |at| s.state(1, at, size).and_then(|st| st.measured.get(1).map(|m| m.digest.0[0]));
    assert_eq!(digest(900), Some(2), "made before place 1 arrived");
    assert_eq!(digest(5_000), Some(3), "not the state of the time in which it was under way");
    assert_eq!(digest(9_500), Some(3), "nor of now");
    assert_eq!(
        s.state(1, 1_000, size).expect("enrolled").certainty,
        Certainty::Unknown(UnknownReason::Disagreement)
    );
}

#[test]
fn words_count_less_than_evidence_while_that_is_fresh() {
    let mut s = updated();
    s.reported(1, "firmware 2.2.1", Some(3_050));
    let size = s.world.size();
    let grade = |at| s.state(1, at, size).map(|st| (st.grade, st.certainty.word(), running(&st).join("")));
    assert_eq!(grade(3_060), Some((Grade::Attested, "fresh", "firmware 2.2.0".into())));
    assert_eq!(grade(3_101), Some((Grade::Reported, "fresh", "firmware 2.2.1".into())));
    assert_eq!(grade(4_000), Some((Grade::Reported, "assumed", "firmware 2.2.1".into())));
}

#[test]
fn places_hold_since_when_they_say() {
    let mut s = Story::new();
    s.enrol(1);
    s.tick(1_000);
    s.moved(1, Some("north"), Some(Custody::InUse), Some(200));
    s.tick(2_000);
    let known = s.moved(1, Some("south"), None, Some(600));
    s.moved(1, None, Some(Custody::Stored), None);
    let size = s.world.size();
    let at = |at, known| s.state(1, at, known).map(|st| (st.site, st.custody));
    assert_eq!(at(100, size), Some((None, None)));
    assert_eq!(at(200, size), Some((Some("north"), Some(Custody::InUse))));
    assert_eq!(at(600, size), Some((Some("south"), Some(Custody::InUse))));
    assert_eq!(at(600, known), Some((Some("north"), Some(Custody::InUse))));
    assert_eq!(at(2_000, size), Some((Some("south"), Some(Custody::Stored))));
}

#[test]
fn an_attached_device_is_one_from_when_that_is_known() {
    let mut s = Story::new();
    s.tick(100);
    s.declared("A-1", &["firmware 2.1.0"], Some("north"), Some(50));
    s.declared("A-2", &[], None, None);
    s.enrol(1);
    let before = s.world.size();
    s.attach(1, "A-1");
    let size = s.world.size();
    let count = |known| {
        let count = s.world.fleet_at(t(100), known).count(&Filter::all());
        (count.count, count.grades.declared)
    };
    assert_eq!((count(before), count(size)), ((3, 3), (2, 2)));
    let view = s.world.fleet_at(t(60), size);
    let asset = view.state(&Subject::Asset("A-1".into())).expect("declared");
    assert_eq!(asset.subject(), Subject::Device(device(1)));
    assert_eq!((asset.site, asset.udi.as_deref()), (Some("north"), Some("udi-A-1")));
    assert_eq!(running(&asset), ["firmware 2.1.0"]);
    assert!(s.world.fleet_at(t(49), size).state(&Subject::Asset("A-1".into())).is_none());
    let then = s.world.fleet_at(t(60), before);
    assert_eq!(then.state(&Subject::Asset("A-1".into())).expect("declared").device, None);
}

#[test]
fn voided_evidence_counts_until_it_is_voided() {
    let mut s = Story::new();
    s.enrol(1);
    let wrong = s.fresh(1, 0, OLD);
    let before = s.world.size();
    s.void(wrong);
    assert_eq!(s.state(1, 0, before).expect("enrolled").certainty.word(), "proven");
    assert_eq!(s.state(1, 0, s.world.size()).expect("enrolled").certainty.word(), "unknown");
    assert!(s.world.fleet_at(t(0), s.world.size()).findings().is_empty(), "what is void is not missing");
}

#[test]
fn history_is_the_states_without_repetition() {
    let s = updated();
    let view = s.world.fleet_at(t(5_000), s.world.size());
    let history = view.history(&Subject::Device(device(1)));
    let told: Vec<_> = history
        .iter()
        .map(|i| {
            let until = i.until.map(|u| u.since(t(0)));
            (i.from.since(t(0)), until, i.state.certainty.word(), running(&i.state).join(""))
        })
        .collect();
    let row = |from, until, word, runs: &str| (from, until, word, runs.to_owned());
    assert_eq!(
        told,
        [
            row(0, Some(999), "unknown", ""),
            row(1_000, Some(2_000), "proven", "firmware 2.1.0"),
            row(2_001, Some(2_100), "fresh", "firmware 2.1.0"),
            row(2_101, Some(2_999), "assumed", "firmware 2.1.0"),
            row(3_000, Some(3_000), "proven", "firmware 2.2.0"),
            row(3_001, Some(3_100), "fresh", "firmware 2.2.0"),
            row(3_101, None, "assumed", "firmware 2.2.0"),
        ]
    );
}

#[test]
fn a_long_history_keeps_its_latest_part() {
    let mut s = Story::new();
    s.reporting(None, 100, 1_000);
    s.enrol(1);
    let pieces = 5_000;
    for sequence in 0..pieces {
        s.tick(1_000 * (sequence + 1));
        s.fresh(1, sequence, if sequence % 2 == 0 { OLD } else { NEW });
    }
    let view = s.world.fleet_at(t(10_000_000), s.world.size());
    let history = view.history(&Subject::Device(device(1)));
    assert_eq!(history.len(), MAX_HISTORY, "proven, fresh and assumed, five thousand times");
    assert_eq!(history.last().map(|i| (i.from, i.until)), Some((t(1_000 * pieces + 101), None)));
    assert!(
        history.windows(2).all(|w| w[0].until.map(|u| u.plus(1)) == Some(w[1].from)),
        "no moment is missing"
    );
}

#[test]
fn a_list_comes_in_pages_and_is_as_long_as_its_count() {
    let mut s = Story::new();
    s.release("firmware", "2.1.0", OLD);
    for n in 0..40 {
        s.enrol(n);
        s.moved(n, Some(if n % 3 == 0 { "north" } else { "south" }), None, None);
        if n % 2 == 0 {
            s.fresh(n, 0, OLD);
        }
    }
    (0..10).for_each(|n| {
        s.declared(&format!("A{n}"), &["firmware 2.1.0"], Some("north"), None);
    });
    let view = s.world.fleet_at(t(0), s.world.size());
    for (text, expected) in [
        ("", 50),
        ("site = north", 14 + 10),
        ("site = north and grade = attested", 7),
        ("release = \"firmware 2.1.0\"", 30),
        ("version:firmware < 2.1.0", 0),
        ("version:firmware >= 2.1.0 and not freshness = assumed", 20),
        ("device is unknown", 10),
        ("site in (north, south) and (udi ~ udi-A or serial = SN3)", 11),
        ("silent = yes", 0),
    ] {
        let filter = Filter::parse(text).expect(text);
        let count = view.count(&filter);
        assert_eq!(count.count, expected, "{text}");
        let g = count.grades;
        assert_eq!(g.declared + g.reported + g.attested, expected);
        for (limit, budget) in [(7, 1_000), (1_000, 3), (1, 1)] {
            let (mut listed, mut after) = (Vec::new(), None);
            loop {
                let page = view.list(&filter, after.as_ref(), limit, budget);
                listed.extend(page.devices.iter().map(world::fleet::DeviceState::subject));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(listed.len() as u64, expected, "{text}, pages of {limit}");
            listed.dedup();
            assert_eq!(listed.len() as u64, expected, "{text}: no device twice");
        }
    }
}

#[test]
fn an_answer_names_the_entries_it_rests_on() {
    use world::fleet::Ground;
    let mut s = updated();
    let place = s.moved(1, Some("north"), None, None);
    s.moved(1, Some("south"), None, Some(10_000));
    let at = |at, known| s.world.fleet_at(t(at), known).basis(&Subject::Device(device(1)));
    let size = s.world.size();
    let basis = at(5_000, size);
    let grounds = |index| basis.get(&index).map(Vec::as_slice).unwrap_or_default();
    assert_eq!(grounds(1), [Ground::Reporting]);
    assert_eq!(grounds(3), [Ground::Release], "the one it runs");
    assert_eq!(grounds(4), [Ground::Enrolment]);
    assert_eq!(grounds(10), [Ground::Evidence, Ground::LastWord]);
    assert_eq!(grounds(place), [Ground::Place], "the later move does not count yet");
    assert_eq!(basis.len(), 5, "{basis:?}");
    // Between two measurements both are named.
    let proven: Vec<u64> = at(1_500, size).into_keys().collect();
    assert_eq!(proven, [1, 2, 4, 6, 8]);
    assert!(at(5_000, 3).is_empty(), "not enrolled yet");
}

#[test]
fn nothing_changes_before_its_turn() {
    // Without further entries a device is at any moment before its turn what it was.
    let mut s = updated();
    s.enrol(2);
    s.fresh(2, 0, NEW);
    let size = s.world.size();
    for n in [1, 2] {
        let subject = Subject::Device(device(n));
        let look = |at| s.world.fleet_at(t(at), size).look(&subject).expect("enrolled");
        let mut at = s.world.now().since(t(0));
        for _ in 0..4 {
            let now = look(at);
            let Some(turn) = now.turn.map(|turn| turn.since(t(0))) else { break };
            assert!(turn > at, "{n}: {turn} after {at}");
            for between in [at + 1, (at + turn) / 2, turn - 1].into_iter().filter(|b| (at..turn).contains(b))
            {
                let then = look(between);
                assert_eq!(then.state, now.state, "{n}: {between} in {at}..{turn}");
                assert_eq!(then.silence.is_some(), now.silence.is_some(), "{n}: {between} in {at}..{turn}");
            }
            at = turn;
        }
        assert!(look(at).silence.is_some(), "{n}: it falls silent in the end");
    }
}

#[test]
fn the_entries_about_a_device_are_those_that_had_come() {
    let s = updated();
    let subject = Subject::Device(device(1));
    let of = |at, known, limit| {
        let (entries, all) = s.world.fleet_at(t(at), known).entries(&subject, limit);
        (entries.iter().map(|e| e.index).collect::<Vec<_>>(), all)
    };
    let size = s.world.size();
    let (indices, all) = of(5_000, size, 10);
    assert_eq!(all, 4, "an enrolment and three attestations");
    assert!(indices.is_sorted_by(|a, b| a > b), "newest first: {indices:?}");
    assert_eq!(of(5_000, size, 2), (indices[..2].to_vec(), 4));
    assert_eq!(of(2_500, size, 10).1, 3, "the last had not come");
    assert_eq!(of(5_000, indices[1], 10).1, 2, "nor was it known");
    let view = s.world.fleet_at(t(5_000), size);
    assert_eq!(view.enrolment(&subject).map(|(_, index)| index), indices.last().copied());
    let (last, earlier) = view.history_of_last(&subject, 2);
    assert!(earlier && last.len() <= 2);
    assert_eq!(last.last(), view.history(&subject).last(), "the end of a history is its end");
}

#[test]
fn conditions_about_single_devices_say_so() {
    for (text, individual) in [
        ("", false),
        ("site = x and not (grade = attested or version:main < 2)", false),
        ("silent = yes", false),
        ("firmware is known or serial ~ 7", true),
        ("not seen < 2026-01-01T00:00:00Z", true),
        ("digest in (a, b)", true),
    ] {
        assert_eq!(Filter::parse(text).expect("a condition").individual(), individual, "{text}");
    }
}
