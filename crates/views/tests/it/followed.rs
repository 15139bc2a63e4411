//! The follower against the plain walk over every device, for random logs: the same counts, lists and verdicts at every step.

use std::time::{Duration, Instant};

use evidence::facts::vulnerability::VexStatus;
use formats::matching::Verdict;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use views::population::{Answer, Populations, Question};

use crate::stage::{Stage, bom, everything, osv};

/// Everything that a question can be answered with, as text.
fn shown(answer: &Answer) -> String {
    serde_json::to_string_pretty(&answer.to_json()).unwrap()
}

fn same(stage: &Stage, populations: &Populations, asked: &str) {
    stage.caught_up(populations);
    // The ledger may go on by itself, so the plain answer is asked for what the kept one knew.
    let kept = populations.ask(&everything(asked));
    let known = kept.as_ref().ok().map(|answer| answer.known.size);
    let plain = stage.try_ask(&Question { known, ..everything(asked) });
    match (&kept, &plain) {
        (Ok(kept), Ok(plain)) => {
            let (kept_text, plain_text) = (shown(kept), shown(plain));
            if kept_text != plain_text {
                let differ = kept_text.lines().zip(plain_text.lines()).filter(|(a, b)| a != b);
                panic!("kept and plain: {:#?}", differ.take(20).collect::<Vec<_>>());
            }
            assert_eq!(kept.count(), kept.devices.len() as u64, "a count is the length of its list");
            assert_eq!(kept.tally.devices, kept.count());
            if populations.applied() != kept.known.size {
                return;
            }
            // In pages of two, and as a whole, the same devices in the same order.
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = populations.ask(&Question { after, limit: 2, ..everything(asked) }).unwrap();
                paged.extend(page.devices);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(paged, kept.devices);
            let list = populations.list(asked, &[Verdict::Affected, Verdict::Undetermined]).unwrap();
            let whole: Vec<_> = list.devices.iter().map(|l| l.subject.clone()).collect();
            let open = |v: Verdict| v >= Verdict::Undetermined;
            let expected: Vec<_> =
                kept.devices.iter().filter(|d| open(d.outcome.verdict)).map(|d| d.subject.clone()).collect();
            assert_eq!(whole, expected);
        }
        (kept, plain) => assert_eq!(kept.as_ref().err(), plain.as_ref().err()),
    }
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    Release(usize, u8),
    Advisory(usize, u8),
    Declare(u8, usize),
    Report(u8, usize),
    Shift(u8, bool, Option<u64>),
    Attest(usize, u8),
    Decide(u8),
    Void(prop::sample::Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = prop_oneof![
        3 => (1..120_000u64).prop_map(Step::Pass),
        3 => (0..4usize, 0..4u8).prop_map(|(r, c)| Step::Release(r, c)),
        3 => (0..2usize, 1..4u8).prop_map(|(a, v)| Step::Advisory(a, v)),
        4 => (0..5u8, 0..5usize).prop_map(|(d, r)| Step::Declare(d, r)),
        4 => (0..5u8, 0..5usize).prop_map(|(d, r)| Step::Report(d, r)),
        2 => (0..5u8, any::<bool>(), proptest::option::of(0..90_000u64)).prop_map(|(d, s, ahead)| Step::Shift(d, s, ahead)),
        5 => (0..2usize, 0..6u8).prop_map(|(d, m)| Step::Attest(d, m)),
        1 => (0..4u8).prop_map(Step::Decide),
        2 => any::<prop::sample::Index>().prop_map(Step::Void),
    ];
    proptest::collection::vec(one, 1..30)
}

/// Plays random logs; a case takes a ledger, so there are few, each long.
#[test]
fn what_is_kept_is_what_a_walk_over_every_device_finds() {
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&steps(), |steps| {
            let mut s = Stage::new();
            s.at(1);
            let mut devices = [s.enrol(1), s.enrol(2)];
            s.advisory(&osv("CVE-1", "pkg:generic/a", "2", ""));
            let populations = s.follower();
            let mut now = 1;
            let mut voidable = Vec::new();
            for step in &steps {
                match step {
                    Step::Pass(seconds) => {
                        now += seconds;
                        s.at(now);
                        let entry = s.configure("x", "y");
                        voidable.push(entry);
                    }
                    Step::Release(r, c) => {
                        let bill = bom(&[&format!("pkg:generic/a@{c}"), "pkg:generic/b@1"]);
                        let bills: Vec<&str> = if *c == 0 { vec![] } else { vec![&bill] };
                        let digest = u8::try_from(*r).unwrap();
                        voidable.push(s.release_of(
                            "firmware",
                            "main",
                            &r.to_string(),
                            &bills,
                            &[("main", digest)],
                        ));
                    }
                    Step::Advisory(a, v) => {
                        let name = ["a", "b"][*a];
                        let id = format!("CVE-{}", a + 1);
                        voidable.push(s.advisory(&osv(
                            &id,
                            &format!("pkg:generic/{name}"),
                            &v.to_string(),
                            "",
                        )));
                    }
                    Step::Declare(d, r) => {
                        let software = format!("firmware {r}");
                        voidable.push(s.declare(
                            &format!("d{d}"),
                            &[software.as_str()][..usize::from(*r < 4)],
                            Some("north"),
                        ));
                    }
                    Step::Report(d, r) => {
                        voidable.push(s.report(&format!("d{d}"), &[&format!("firmware {r}")]));
                    }
                    Step::Shift(d, north, ahead) => {
                        let since = ahead.map(|ahead| crate::stage::t(now + ahead));
                        voidable.push(s.shift(
                            &format!("d{d}"),
                            if *north { "north" } else { "south" },
                            since,
                        ));
                    }
                    Step::Attest(d, m) => {
                        let all: &[(&str, u8)] = if *m == 5 { &[] } else { &[("main", *m)] };
                        voidable.push(s.attest(&mut devices[*d], all));
                    }
                    Step::Decide(v) => {
                        let status = VexStatus::ALL[usize::from(*v)];
                        voidable.push(s.decide("CVE-1", "pkg:generic/a", status, &[]));
                    }
                    Step::Void(which) if !voidable.is_empty() => {
                        let entry = which.get(&voidable).clone();
                        voidable.push(s.void(&entry));
                    }
                    Step::Void(_) => {}
                }
                same(&s, &populations, "CVE-1");
            }
            same(&s, &populations, "CVE-2");
            same(&s, &populations, "pkg:generic/a@1");
            populations.stop();
            // One that begins now makes the same of the log.
            let again = s.follower();
            let (a, b) = (populations.ask(&everything("CVE-1")), again.ask(&everything("CVE-1")));
            if populations.applied() == again.applied() {
                assert_eq!(a.map(|a| shown(&a)), b.map(|b| shown(&b)));
            }
            again.stop();
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_new_advisory_is_visible_within_a_second() {
    let mut s = Stage::new();
    let bill = bom(&["pkg:generic/a@1.0"]);
    s.release("firmware", "1", &[&bill]);
    for n in 0..200 {
        s.declare(&format!("d{n}"), &["firmware 1"], None);
    }
    let populations = s.follower();
    let (sender, steps) = std::sync::mpsc::channel();
    populations.on_step(Box::new(move |applied| {
        let _ = sender.send(applied);
    }));
    s.advisory(&osv("CVE-1", "pkg:generic/a", "2.0", ""));
    #[expect(clippy::disallowed_methods, reason = "what is asked for is how long it takes")]
    let began = Instant::now();
    while steps.recv_timeout(Duration::from_secs(10)).unwrap() < s.size() {}
    let answer = populations.ask(&Question::now("CVE-1")).unwrap();
    assert_eq!(answer.count(), 200);
    assert_eq!((answer.devices.len(), answer.next.is_some()), (50, true));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    populations.stop();
}
