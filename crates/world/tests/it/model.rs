//! Random fleets with faults against a slow, obvious model of what should be known.
//!
//! The model keeps every event as it came and answers a question by looking at all of them, with no order of its own, no
//! sums and no shared values. Faults: evidence late, out of order, into gaps, with old beacons or none, twice at a place;
//! devices in two streams; releases made later than attested; corrections of what was known; reports from wrong clocks.

use std::collections::BTreeMap;

use evidence::facts::fleet::Custody;
use proptest::prelude::*;
use world::fleet::{Certainty, Filter, Subject, sealed_entries};

use crate::story::{Story, Word, device, t};

const VERSIONS: [&str; 4] = ["1.0", "1.1", "2.0", "2.1"];
const SITES: [&str; 3] = ["north", "south", "east"];
const CUSTODY: [Custody; 3] = [Custody::InUse, Custody::Stored, Custody::Loaned];
const DEVICES: u64 = 3;

#[derive(Clone, Debug)]
enum Step {
    Tick(u64),
    /// Device, stream, places skipped, entries since its beacon (none: no beacon), what it measures (0: nothing).
    Attest(u64, u64, u64, Option<u64>, u8),
    /// As above, into the n-th open gap if there is one.
    Fill(u64, u64, usize, Option<u64>, u8),
    Report(u64, usize, Option<u64>),
    Move(u64, Option<usize>, Option<usize>, Option<u64>),
    Release(usize),
    Withdraw(usize),
    Reporting(u64),
    Void(u64),
    Declare(u64, Option<usize>, Option<u64>),
    Attach(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let d = 0..DEVICES;
    let beacon = prop_oneof![4 => (0..30u64).prop_map(Some), 1 => Just(None)];
    let version = 0..VERSIONS.len();
    let ago = proptest::option::of(0..3_000u64);
    let one = prop_oneof![
        5 => (1..800u64).prop_map(Step::Tick),
        10 => (d.clone(), 0..2u64, prop_oneof![4 => Just(0u64), 1 => 1..4u64], beacon.clone(), 0..5u8)
            .prop_map(|(d, s, skip, b, m)| Step::Attest(d, s, skip, b, m)),
        4 => (d.clone(), 0..2u64, 0..4usize, beacon, 0..5u8).prop_map(|(d, s, n, b, m)| Step::Fill(d, s, n, b, m)),
        2 => (d.clone(), version.clone(), ago.clone()).prop_map(|(d, v, a)| Step::Report(d, v, a)),
        2 => (d.clone(), proptest::option::of(0..SITES.len()), proptest::option::of(0..CUSTODY.len()), ago.clone())
            .prop_map(|(d, s, c, a)| Step::Move(d, s, c, a)),
        2 => version.clone().prop_map(Step::Release),
        1 => version.clone().prop_map(Step::Withdraw),
        1 => (50..1_500u64).prop_map(Step::Reporting),
        1 => (0..40u64).prop_map(Step::Void),
        1 => (d.clone(), proptest::option::of(version), ago).prop_map(|(d, v, a)| Step::Declare(d, v, a)),
        1 => d.prop_map(Step::Attach),
    ];
    proptest::collection::vec(one, 1..70)
}

#[derive(Clone, Debug)]
enum Event {
    Evidence { device: u64, stream: u64, sequence: u64, beacon: Option<u64>, measures: u8 },
    Report { device: u64, version: usize, from: Option<u64> },
    Move { device: u64, site: Option<usize>, custody: Option<usize>, since: Option<u64> },
    Declare { asset: u64, version: Option<usize>, since: Option<u64> },
    Attach(u64),
    Enrol(u64),
    Release(usize),
    Withdraw(u64),
    Reporting(u64),
    Void(u64),
}

/// Every event by its index, and log time by index.
#[derive(Default)]
struct Model {
    events: BTreeMap<u64, Event>,
    times: Vec<u64>,
    taken: BTreeMap<(u64, u64), Vec<u64>>,
    now: u64,
}

/// What should be answered.
#[derive(Debug, PartialEq)]
struct Answer {
    grade: &'static str,
    certainty: &'static str,
    runs: Option<String>,
    site: Option<&'static str>,
    custody: Option<Custody>,
    seen: Option<u64>,
}

type Piece = (u64, u64, u64, Option<u64>, u64, u8);

impl Model {
    fn note(&mut self, index: u64, event: Event) {
        self.events.insert(index, event);
    }

    fn known(&self, known: u64) -> impl Iterator<Item = (u64, &Event)> {
        let void = move |index: u64| {
            self.events.range(..known).any(|(_, e)| matches!(e, Event::Void(of) if *of == index))
        };
        self.events.range(..known).filter(move |(i, _)| !void(**i)).map(|(i, e)| (*i, e))
    }

    fn time(&self, index: u64) -> u64 {
        self.times[usize::try_from(index).expect("small")]
    }

    /// Evidence: index, stream, sequence, not before, not after, what it measures.
    fn pieces(&self, device: u64, known: u64) -> Vec<Piece> {
        let raw: Vec<_> = self
            .known(known)
            .filter_map(|(index, e)| match e {
                Event::Evidence { device: d, stream, sequence, beacon, measures } if *d == device => {
                    let lo = beacon.map(|size| self.time(size - 1));
                    Some((index, *stream, *sequence, lo, self.time(index), *measures))
                }
                _ => None,
            })
            .collect();
        raw.iter()
            .map(|(index, stream, sequence, _, _, measures)| {
                let same = raw.iter().filter(|r| r.1 == *stream);
                let before = same.clone().filter(|r| (r.2, r.0) <= (*sequence, *index));
                let after = same.filter(|r| (r.2, r.0) >= (*sequence, *index));
                let hi = after.map(|r| r.4).min().expect("itself");
                let lo = before.filter_map(|r| r.3).max().map(|lo| lo.min(hi));
                (*index, *stream, *sequence, lo, hi, *measures)
            })
            .collect()
    }

    fn attached(&self, device: u64, known: u64) -> bool {
        self.known(known).any(|(_, e)| matches!(e, Event::Attach(d) if *d == device))
    }

    fn last_from<T>(
        &self,
        known: u64,
        at: u64,
        each: impl Fn(u64, &Event) -> Option<(u64, T)>,
    ) -> Option<(u64, T)> {
        let all = self.known(known).filter_map(|(i, e)| each(i, e).map(|(from, v)| (from, i, v)));
        all.filter(|(from, ..)| *from <= at)
            .max_by_key(|(from, i, _)| (*from, *i))
            .map(|(from, _, v)| (from, v))
    }

    /// Version that a measurement means: of those made with it, one that is not withdrawn, and of those the last.
    fn version(&self, measures: u8, known: u64) -> Option<String> {
        let made = self.known(known).filter_map(|(i, e)| match e {
            Event::Release(v) if *v / 2 + 1 == usize::from(measures) => Some((i, *v)),
            _ => None,
        });
        let withdrawn =
            |release| self.known(known).any(|(_, e)| matches!(e, Event::Withdraw(r) if *r == release));
        made.max_by_key(|(i, _)| (!withdrawn(*i), *i)).map(|(_, v)| VERSIONS[v].to_owned())
    }

    fn answer(&self, device: u64, at: u64, known: u64) -> Option<Answer> {
        let attached = self.attached(device, known);
        let (enrolled, _) = self.known(known).find(|(_, e)| matches!(e, Event::Enrol(d) if *d == device))?;
        let since = self.known(known).filter_map(|(i, e)| match e {
            Event::Declare { asset, since, .. } if attached && *asset == device => {
                Some(since.unwrap_or(self.time(i)))
            }
            _ => None,
        });
        if since.chain([self.time(enrolled)]).min()? > at {
            return None;
        }
        // A declaration says where the device is, too: at the first site, in use.
        let place = |part: &dyn Fn(&Event) -> Option<usize>| {
            self.last_from(known, at, |i, e| match e {
                Event::Move { device: d, since, .. } if *d == device => {
                    Some((since.unwrap_or(self.time(i)), part(e)?))
                }
                Event::Declare { asset, since, .. } if attached && *asset == device => {
                    Some((since.unwrap_or(self.time(i)), 0))
                }
                _ => None,
            })
            .map(|(_, v)| v)
        };
        let site = place(&|e| if let Event::Move { site, .. } = e { *site } else { None });
        let custody = place(&|e| if let Event::Move { custody, .. } = e { *custody } else { None });
        let pieces = self.pieces(device, known);
        let heard = self.known(known).filter_map(|(i, e)| match e {
            Event::Evidence { device: d, beacon: Some(size), .. } if *d == device && self.time(i) <= at => {
                Some(self.time(size - 1))
            }
            _ => None,
        });
        let interval = self
            .known(known)
            .filter_map(|(i, e)| match e {
                Event::Reporting(n) if self.time(i) <= at => Some((i, *n)),
                _ => None,
            })
            .max()
            .map_or(world::fleet::DEFAULT_INTERVAL, |(_, n)| n);
        let report = self.last_from(known, at, |i, e| match e {
            Event::Report { device: d, version, from } if *d == device => {
                Some((from.unwrap_or(self.time(i)).min(self.time(i)), *version))
            }
            _ => None,
        });
        let declared = self.last_from(known, at, |i, e| match e {
            Event::Declare { asset, version: Some(v), since } if attached && *asset == device => {
                Some((since.unwrap_or(self.time(i)), *v))
            }
            _ => None,
        });
        let rank = |p: &&Piece| (p.3, p.4, p.1, p.2, p.0);
        let covers = |p: &&Piece| p.3.is_some_and(|lo| lo <= at) && at <= p.4;
        let before = pieces.iter().filter(|p| p.4 < at).max_by_key(rank);
        let after = pieces.iter().filter(|p| p.3.is_some_and(|lo| lo > at)).min_by_key(rank);
        let within: Vec<_> = pieces.iter().filter(covers).collect();
        let attested = |p: &Piece, certainty: &'static str| match p.5 {
            0 => ("attested", "unknown", None),
            m => ("attested", certainty, self.version(m, known)),
        };
        let fresh = |from: u64| at.saturating_sub(from) <= interval;
        let worded = || match (report, declared) {
            (Some((from, v)), _) => {
                ("reported", if fresh(from) { "fresh" } else { "assumed" }, Some(VERSIONS[v].to_owned()))
            }
            (None, Some((_, v))) => ("declared", "assumed", Some(VERSIONS[v].to_owned())),
            (None, None) => ("declared", "unknown", None),
        };
        let (grade, certainty, runs) = match (within.as_slice(), before, after) {
            ([first, rest @ ..], ..) if rest.iter().all(|p| p.5 == first.5) => attested(first, "proven"),
            ([_, ..], ..) => ("attested", "unknown", None),
            ([], Some(b), Some(a)) if a.5 == b.5 => attested(b, "proven"),
            ([], Some(b), _) if b.3.is_some_and(fresh) => attested(b, "fresh"),
            ([], Some(b), _) if report.is_none_or(|(from, _)| from <= b.4) => attested(b, "assumed"),
            _ => worded(),
        };
        Some(Answer {
            grade,
            certainty,
            runs,
            site: site.map(|s| SITES[s]),
            custody: custody.map(|c| CUSTODY[c]),
            seen: heard.max(),
        })
    }
}

/// The same story told to the world and to the model.
fn told(steps: &[Step]) -> (Story, Model) {
    let mut story = Story::new();
    let mut model = Model { times: vec![0], ..Model::default() };
    for n in 0..DEVICES {
        let index = story.enrol(n);
        model.note(index, Event::Enrol(n));
        model.times.push(0);
    }
    for step in steps {
        let size = story.world.size();
        tell(&mut story, &mut model, step);
        if story.world.size() > size {
            model.times.push(model.now);
        }
    }
    (story, model)
}

fn word(size: u64, device: u64, stream: u64, sequence: u64, ago: Option<u64>, m: u8) -> (Word, Event) {
    let beacon = ago.map(|ago| size.saturating_sub(ago).max(1));
    let all: &[(&str, u8)] = if m == 0 { &[] } else { &[("main", m)] };
    let word = Word { stream, ..Word::new(device, sequence, beacon, all) };
    (word, Event::Evidence { device, stream, sequence, beacon, measures: m })
}

fn tell(story: &mut Story, model: &mut Model, step: &Step) {
    let size = story.world.size();
    let back = |ago: &Option<u64>, now: u64| ago.map(|a| now.saturating_sub(a));
    let now = model.now;
    let event = match step {
        Step::Tick(seconds) => {
            model.now += seconds;
            story.tick(model.now);
            return;
        }
        Step::Attest(d, stream, skip, ago, m) => {
            let taken = model.taken.entry((*d, *stream)).or_default();
            let sequence = taken.iter().max().map_or(0, |n| n + 1) + skip;
            taken.push(sequence);
            let (word, event) = word(size, *d, *stream, sequence, *ago, *m);
            story.attest(&word);
            event
        }
        Step::Fill(d, stream, n, ago, m) => {
            let taken = model.taken.entry((*d, *stream)).or_default();
            let end = taken.iter().max().copied().unwrap_or(0);
            let Some(sequence) = (0..end).filter(|s| !taken.contains(s)).nth(*n) else { return };
            taken.push(sequence);
            let (word, event) = word(size, *d, *stream, sequence, *ago, *m);
            story.attest(&word);
            event
        }
        Step::Report(d, version, ago) => {
            // Odd ones come from a clock that runs ahead.
            let from = back(ago, now).map(|f| if f % 2 == 1 { f + 5_000 } else { f });
            story.reported(*d, &format!("firmware {}", VERSIONS[*version]), from);
            Event::Report { device: *d, version: *version, from }
        }
        Step::Move(d, site, custody, ago) => {
            let since = back(ago, now);
            story.moved(*d, site.map(|s| SITES[s]), custody.map(|c| CUSTODY[c]), since);
            Event::Move { device: *d, site: *site, custody: *custody, since }
        }
        Step::Release(v) => {
            // Two versions share each image.
            story.release("firmware", VERSIONS[*v], &[("main", u8::try_from(*v / 2 + 1).expect("small"))]);
            Event::Release(*v)
        }
        Step::Withdraw(n) => {
            let known = world::release::Known::new(size, story.world.journal());
            let Some(entry) = story.world.releases().iter(known).nth(*n).map(|r| r.entry.clone()) else {
                return;
            };
            let index = entry.index;
            story.say(evidence::facts::release::ReleaseWithdrawn { release: entry });
            Event::Withdraw(index)
        }
        Step::Reporting(interval) => {
            story.reporting(None, *interval, 1_000);
            Event::Reporting(*interval)
        }
        Step::Void(ago) => {
            // What enrolled or attached a device stays: who is who is not taken back in this story.
            let index = size.saturating_sub(*ago + 1);
            if !matches!(
                model.events.get(&index),
                Some(
                    Event::Evidence { .. }
                        | Event::Report { .. }
                        | Event::Move { .. }
                        | Event::Release(_)
                        | Event::Reporting(_)
                )
            ) {
                return;
            }
            story.void(index);
            Event::Void(index)
        }
        Step::Declare(d, version, ago) => {
            let since = back(ago, now);
            let software = version.map(|v| format!("firmware {}", VERSIONS[v]));
            let software: Vec<&str> = software.iter().map(String::as_str).collect();
            story.declared(&format!("A{d}"), &software, Some(SITES[0]), since);
            Event::Declare { asset: *d, version: *version, since }
        }
        Step::Attach(d) => {
            let declared = story.world.fleet().contains(&Subject::Asset(format!("A{d}")));
            if !declared || model.attached(*d, u64::MAX) {
                return;
            }
            story.attach(*d, &format!("A{d}"));
            Event::Attach(*d)
        }
    };
    model.note(size, event);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_world_knows_what_it_should(
        steps in steps(),
        questions in proptest::collection::vec((0..DEVICES, 0..40_000u64, 0..80u64), 12),
        cut in 0..80u64,
    ) {
        let (story, model) = told(&steps);
        let size = story.world.size();
        for (d, at, known) in questions {
            let (at, known) = (at % (model.now + 500), known % (size + 1));
            let view = story.world.fleet_at(t(at), known);
            let state = view.state(&Subject::Device(device(d)));
            let got = state.as_ref().map(|s| Answer {
                grade: s.grade.word(),
                certainty: s.certainty.word(),
                runs: s.running.first().and_then(|r| r.version.clone()),
                site: s.site.map(|site| *SITES.iter().find(|s| **s == site).expect("a site")),
                custody: s.custody,
                seen: s.seen.map(|seen| seen.since(t(0))),
            });
            prop_assert_eq!(&got, &model.answer(d, at, known), "device {} at {} known {}", d, at, known);
            if let Some(state) = &state {
                // What it rests on was known.
                if let Certainty::Proven { from, until } = state.certainty {
                    prop_assert!(from < known && until < known);
                }
                // The interval of its history that the moment lies in says the same.
                let last = story.world.fleet_at(t(model.now + 500), known);
                let history = last.history(&Subject::Device(device(d)));
                let interval = history.iter().find(|i| i.from <= t(at) && i.until.is_none_or(|u| t(at) <= u));
                let then = interval.map(|i| &i.state).expect("an interval for every moment");
                prop_assert_eq!(then.certainty.word(), state.certainty.word());
                prop_assert_eq!((&then.running, then.grade), (&state.running, state.grade));
                prop_assert_eq!((then.site, then.custody, then.measured), (state.site, state.custody, state.measured));
            }
            crate::stands::agree(&story.world, t(at), known);
            let all = view.list(&Filter::all(), None, usize::MAX, usize::MAX).devices.len();
            prop_assert_eq!(view.count(&Filter::all()).count, all as u64);
        }
        crate::stands::steady(&story.world, &[1, 60, 400, 900, 2_000, 9_000].map(|s| t(model.now + s)));
        // The verdict on evidence knows where the device is as well as the question does.
        let mut listed = story.clone();
        for (site, digest) in SITES.iter().zip(40u8..) {
            listed.say(evidence::facts::release::ReferenceListSet {
                name: "library".into(),
                site: Some((*site).into()),
                accepted: vec![evidence::types::NamedDigest {
                    name: "drugs".into(),
                    digest: evidence::Hash([digest; 32]),
                }],
                document: None,
            });
        }
        for d in 0..DEVICES {
            let site = listed.state(d, model.now, u64::MAX).and_then(|s| s.site.map(str::to_owned));
            let own = site.and_then(|site| SITES.iter().position(|s| *s == site));
            for (n, digest) in (40u8..43).enumerate() {
                let word = Word::new(d, 1_000, None, &[("drugs", digest)]);
                let verdict = world::fleet::appraise(&listed.world, &word.entry());
                let part = verdict.map(|v| v.vector.0[1]);
                let expected = own.map_or(0, |own| if own == n { 2 } else { 96 });
                prop_assert_eq!(part, Some(expected), "device {} with the list of {}", d, SITES[n]);
            }
        }
        // A prefix of the log, frozen, sealed and restored, is the same world, whatever came later.
        let cut = cut % (size + 1);
        let (mut whole, _) = told(&steps);
        let sealed = whole.sealed();
        let mut again = Story::restored(&sealed, size);
        prop_assert_eq!(again.sealed(), sealed);
        for d in 0..DEVICES {
            prop_assert_eq!(again.state(d, model.now, cut), whole.state(d, model.now, cut));
        }
        // What a seal had under its tree can be told later: the records of a device only grow.
        let mut early = Story::new();
        (early.world.size()..cut).for_each(|index| early.take_over(&whole, index));
        let early_size = early.world.size();
        let fleet = early.sealed().into_iter().find(|(concern, _)| *concern == "fleet").expect("there");
        for d in 0..DEVICES {
            for subject in [Subject::Device(device(d)), Subject::Asset(format!("A{d}"))] {
                let state = whole.world.fleet().sealed_state(&subject, early_size);
                let key = state.as_ref().map(|s| s.key.clone());
                let then = fleet.1.iter().find(|s| Some(&s.key) == key.as_ref());
                prop_assert_eq!(then, state.as_ref());
                let view = whole.world.fleet_at(t(model.now), early_size);
                for (index, grounds) in view.basis(&subject) {
                    prop_assert!(index < early_size);
                    let of_device = grounds.iter().any(|g| g.of_device());
                    let both = [Subject::Device(device(d)), Subject::Asset(format!("A{d}"))];
                    let named = both.iter().filter_map(|s| whole.world.fleet().sealed_state(s, early_size));
                    let named = named.flat_map(|s| sealed_entries(&s.value).expect("records"));
                    prop_assert!(!of_device || named.into_iter().any(|i| i == index), "{} {:?}", index, grounds);
                }
            }
        }
    }
}

#[test]
fn a_frozen_world_is_the_one_of_its_moment() {
    let mut story = Story::new();
    for n in 0..20 {
        story.enrol(n);
    }
    story.fresh(1, 0, &[("main", 1)]);
    let before = story.sealed();
    let size = story.world.size();
    story.world.freeze();
    story.release("firmware", "1", &[("main", 1)]);
    story.tick(10);
    story.enrol(30);
    story.fresh(1, 1, &[("main", 2)]);
    story.moved(2, Some("north"), None, None);
    for limit in [1, 3, 1_000] {
        let frozen = story.frozen(limit);
        assert_eq!(frozen, before, "in pieces of {limit}");
    }
    let again = Story::restored(&before, size);
    assert_eq!(again.state(1, 0, size), story.state(1, 0, size));
    story.world.thaw();
    assert_ne!(story.sealed(), before);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// A snapshot with a wrong byte is refused, or is a world that answers.
    #[test]
    fn a_damaged_state_never_panics(
        steps in steps(),
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (mut story, _) = told(&steps);
        let size = story.world.size();
        let mut sealed = story.sealed();
        let (_, states) = sealed.iter_mut().find(|(concern, _)| *concern == "fleet").expect("a concern");
        let state = which.get(states).clone();
        let mut damaged = state.clone();
        let at = place.index(state.value.len());
        damaged.value[at] = byte;
        let mut world = world::World::new();
        for (concern, states) in &sealed {
            for s in states {
                let s = if *s == state { &damaged } else { s };
                if world.restore(concern, s).is_err() {
                    return Ok(());
                }
            }
        }
        world.restored(size);
        for at in [0, 500, 5_000] {
            let view = world.fleet_at(t(at), size);
            let _ = (view.count(&Filter::all()), view.findings().len(), view.silences().len());
            for n in 0..DEVICES {
                let _ = view.history(&Subject::Device(device(n))).len();
                let _ = view.state(&Subject::Asset(format!("A{n}")));
            }
        }
    }
}
