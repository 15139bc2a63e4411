//! The list of vulnerabilities at past moments: what one walk over the fleet counts is what each question alone counts, and a
//! device that several concern is counted once.

use std::collections::BTreeMap;

use formats::matching::Verdict;
use views::population::{Exposure, Populations, Question, samples};

use crate::stage::{Stage, bom, everything, osv};

fn told() -> (Stage, Vec<u64>) {
    let mut s = Stage::new();
    let mut sizes = Vec::new();
    s.at(100);
    s.release("firmware", "1", &[&bom(&["pkg:generic/a@1.0", "pkg:generic/c@1.0"])]);
    s.release("firmware", "2", &[&bom(&["pkg:generic/a@2.0", "pkg:generic/c@1.0"])]);
    s.declare("p", &["firmware 1"], Some("north"));
    s.declare("q", &["firmware 1"], Some("south"));
    s.declare("open", &[], None);
    sizes.push(s.size());
    s.at(200);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    sizes.push(s.size());
    s.at(300);
    s.advisory(&osv("CVE-3", "pkg:generic/c", "3.0", ""));
    sizes.push(s.size());
    s.at(400);
    s.report("p", &["firmware 2"]);
    sizes.push(s.size());
    s.at(500);
    s.release("firmware", "3", &[&bom(&["pkg:generic/a@2.0", "pkg:generic/c@3.0"])]);
    s.report("p", &["firmware 3"]);
    sizes.push(s.size());
    (s, sizes)
}

#[test]
fn one_walk_counts_what_each_question_counts() {
    let (s, sizes) = told();
    let populations = Populations::start(s.ledger.clone()).unwrap();
    s.caught_up(&populations);
    let mut seen = Vec::new();
    for known in sizes {
        let at = s.ledger.read().clock().time_of(known - 1);
        let past = populations.past(at, known);
        let mut worst: BTreeMap<_, Verdict> = BTreeMap::new();
        for (found, tally) in past.findings.iter().zip(past.tallies(&past.findings)) {
            let question = Question { known: Some(known), at: Some(at), ..everything(&found.id) };
            let answer = s.ask(&question);
            assert_eq!(tally, answer.tally, "{} at {known}", found.id);
            for device in answer.devices {
                let verdict = worst.entry(device.subject).or_insert(Verdict::NotAffected);
                *verdict = (*verdict).max(device.outcome.verdict);
            }
        }
        let count = |verdict| worst.values().filter(|v| **v == verdict).count() as u64;
        let expected = Exposure {
            devices: 3,
            affected: count(Verdict::Affected),
            undetermined: count(Verdict::Undetermined),
        };
        assert_eq!(past.exposure(&past.findings), expected, "at {known}");
        seen.push((past.findings.len(), expected.affected, expected.undetermined));
    }
    assert_eq!(
        seen,
        [(0, 0, 0), (1, 2, 1), (2, 2, 1), (2, 2, 1), (2, 1, 1)],
        "and it is another at each moment"
    );
    // The present as it is kept is the past at the head.
    let (_, found) = populations.concerned();
    let (size, now) = populations.exposure(&found);
    let at = s.ledger.read().clock().time_of(size - 1);
    let past = populations.past(at, size);
    assert_eq!(past.exposure(&past.findings), now);
    populations.stop();
}

#[test]
fn a_timeline_of_the_past_ends_there() {
    let (s, sizes) = told();
    let populations = Populations::start(s.ledger.clone()).unwrap();
    s.caught_up(&populations);
    let known = sizes[3];
    let (began, at) = {
        let world = s.ledger.read();
        (world.clock().time_of(0), world.clock().time_of(known - 1))
    };
    let (knowledge, timeline) = populations.timeline_at(began, at, known);
    assert_eq!((knowledge.size, &timeline.samples), (known, &samples(began, at)));
    let past = populations.past(at, known);
    for found in &past.findings {
        let end = timeline.trend(found, &knowledge, None).last().copied().unwrap();
        assert_eq!(
            end.affected,
            past.tallies(std::slice::from_ref(found))[0].count(Verdict::Affected),
            "{}",
            found.id
        );
    }
    populations.stop();
}
