//! Trends and metrics: what was so at each sample, as known now, and the courses that follow from it.

use evidence::Time;
use formats::matching::Verdict;
use views::population::{
    Catalogue, Course, Knowledge, MAX_SAMPLES, Question, Timeline, concerned, courses, findings, metrics,
    samples,
};

use crate::stage::{Stage, bom, everything, osv, t};

const DAY: u64 = 86_400;

/// When the first midnight after the beginning is.
fn midnight(days: u64) -> u64 {
    let start = t(0).seconds();
    (start / DAY + 1 + days) * DAY - start
}

struct Over {
    known: Knowledge,
    timeline: Timeline,
    all: Vec<views::population::Findings>,
}

fn over(s: &Stage) -> Over {
    let world = s.ledger.read();
    let blobs = &**s.ledger.blobs();
    let catalogue = Catalogue::load(&world, world.size, blobs, &mut |_| {});
    let known = Knowledge::of(&world, world.size);
    let until = known.time.expect("a time");
    let all = concerned(&catalogue, &known, blobs);
    let one = findings(&catalogue, &known, blobs, &everything("CVE-1")).expect("known");
    assert!(all.iter().any(|f| f.id == one.id));
    let world: &world::World = &world;
    Over { timeline: Timeline::of(world, &known, samples(t(0), until)), known, all }
}

/// Two devices run what is affected; a patch comes on the third day, reaches one on the fourth and the other on the sixth.
fn told() -> Stage {
    let mut s = Stage::new();
    s.at(midnight(0) - 100);
    s.release("firmware", "1", &[&bom(&["pkg:generic/a@1.0"])]);
    for asset in ["p", "q"] {
        s.declare(asset, &["firmware 1"], None);
    }
    s.declare("open", &[], None);
    s.at(midnight(1) + 10);
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    s.advisory(&osv("CVE-2", "pkg:generic/b", "2.0", ""));
    s.at(midnight(2) + 10);
    s.release("firmware", "2", &[&bom(&["pkg:generic/a@2.0"])]);
    s.at(midnight(3) + 10);
    s.report("p", &["firmware 2"]);
    s.at(midnight(5) + 10);
    s.report("q", &["firmware 2"]);
    s.at(midnight(7) + 10);
    s.configure("x", "y");
    s
}

#[test]
fn a_trend_shows_the_population_shrink_by_measurement() {
    let s = told();
    let over = over(&s);
    assert_eq!(over.all.len(), 1, "what concerns no release is not listed");
    let points = over.timeline.trend(&over.all[0], &over.known, None);
    let numbers: Vec<_> =
        points.iter().map(|p| (p.affected, p.undetermined, p.corrected, p.devices)).collect();
    let (all, one, none) = ((2, 1, 0, 3), (1, 1, 1, 3), (0, 1, 2, 3));
    assert_eq!(numbers, [all, all, all, all, one, one, none, none, none]);
    assert!(points.iter().take(8).all(|p| p.at.seconds() % DAY == 0), "samples are midnights");
    // Each point is the count at that moment, as known now.
    for p in &points {
        let answer = s.ask(&Question { at: Some(p.at), known: Some(over.known.size), ..everything("CVE-1") });
        assert_eq!(answer.tally.count(Verdict::Affected), p.affected, "{}", p.at);
        assert_eq!(answer.tally.count(Verdict::Undetermined), p.undetermined, "{}", p.at);
    }
}

#[test]
fn the_course_of_a_vulnerability_runs_from_identification_to_the_last_device() {
    let s = told();
    let over = over(&s);
    let found: Vec<Course> = courses(&over.all[0], &over.known, &over.timeline);
    assert_eq!(found.len(), 1);
    let course = &found[0];
    assert_eq!((course.identified, course.product.as_str()), (t(midnight(1) + 10), "pump"));
    assert_eq!(course.to_patch(), Some(DAY));
    assert_eq!(course.implemented, Some(t(midnight(6))), "the first midnight without an affected device");
    assert_eq!(course.to_field(), Some(4 * DAY - 10));
    assert_eq!((course.left, course.most), (0, 2));
    let figures = metrics(&found);
    assert_eq!((figures.identified, figures.patched, figures.implemented), (1, 1, 1));
    assert_eq!(figures.to_patch, Some((DAY, DAY)));
    let twice = [course.clone(), Course { patched: None, implemented: None, ..course.clone() }];
    let figures = metrics(&twice);
    assert_eq!((figures.identified, figures.patched, figures.to_patch), (2, 1, Some((DAY, DAY))));
    assert_eq!(metrics(&[]).to_field, None);
}

#[test]
fn samples_are_few_whatever_the_span() {
    let at = |days: u64| Time::from_seconds(1_700_000_000 + days * DAY).expect("a moment");
    for days in [0, 1, 100, 125, 126, 900, 5_000, 40_000, 2_000_000] {
        let all = samples(at(0), at(days));
        assert!(!all.is_empty() && all.len() <= MAX_SAMPLES, "{days} days: {}", all.len());
        assert!(all.is_sorted_by(|a, b| a < b), "{days} days");
        assert_eq!(all.last(), Some(&at(days)));
    }
}
