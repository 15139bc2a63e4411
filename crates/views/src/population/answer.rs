//! A question and its answer: who is affected, counted and listed, at two moments.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::Time;
use evidence::facts::fleet::Custody;
use formats::matching::Verdict;
use world::World;
use world::fleet::{DeviceState, Grade, Running, Subject};

use super::catalogue::Catalogue;
use super::findings::{About, Findings, Judged};
use super::knowledge::{Knowledge, Release};
use super::outcome::{Outcome, Tally};

/// Most devices of one page.
pub const MAX_PAGE: usize = 1_000;
/// Most releases that an answer tells one by one; the others are counted.
pub const MAX_RELEASES: usize = 500;
/// Of those that are not concerned, most that are told one by one.
pub const MAX_PLAIN: usize = 50;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The name of a vulnerability or advisory, or a package URL.
    pub asked: String,
    /// When it was so; the log time of what is known where it is not said.
    pub at: Option<Time>,
    /// What was known, a log size; everything applied where it is not said.
    pub known: Option<u64>,
    /// Devices with these verdicts are listed.
    pub list: Vec<Verdict>,
    /// Those after this one.
    pub after: Option<Subject>,
    /// At most so many.
    pub limit: usize,
}

impl Question {
    /// Who is affected now, the first page.
    #[must_use]
    pub fn now(asked: &str) -> Self {
        let (list, limit) = (vec![Verdict::Affected], 50);
        Self { asked: asked.to_owned(), at: None, known: None, list, after: None, limit }
    }

    /// Whether it is about a component.
    #[must_use]
    pub fn about(&self) -> About {
        if self.asked.starts_with("pkg:") { About::Component } else { About::Vulnerability }
    }
}

/// A listed device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is called.
    pub subject: Subject,
    /// Its identifier in the importing system, if it was declared.
    pub asset: Option<String>,
    /// UDI as scanned.
    pub udi: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Site.
    pub site: Option<String>,
    /// Where it stands in its life.
    pub custody: Option<Custody>,
    /// How its state is known.
    pub grade: Grade,
    /// How certain that is: the word.
    pub certainty: &'static str,
    /// Entries of its evidence that the answer rests on.
    pub evidence: Vec<u64>,
    /// When it was last known to speak.
    pub seen: Option<Time>,
    /// What it runs.
    pub runs: Vec<Running>,
    /// The verdict, and why nobody can tell where nobody can.
    pub outcome: Outcome,
}

impl Device {
    /// A device from its state.
    #[must_use]
    pub fn of(state: &DeviceState<'_>, outcome: Outcome) -> Self {
        use world::fleet::Certainty::{Assumed, Fresh, Proven, Unknown};
        let text = |text: Option<&str>| text.map(str::to_owned);
        let mut evidence = match state.certainty {
            Proven { from, until } => vec![from, until],
            Fresh { by } | Assumed { by } => by.into_iter().collect(),
            Unknown(_) => Vec::new(),
        };
        evidence.dedup();
        Self {
            subject: state.subject(),
            asset: state.asset.clone(),
            udi: state.udi.clone(),
            serial: state.serial.clone(),
            model: text(state.model),
            site: text(state.site),
            custody: state.custody,
            grade: state.grade,
            certainty: state.certainty.word(),
            evidence,
            seen: state.seen,
            runs: state.running.clone(),
            outcome,
        }
    }
}

/// What is told of a component in a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentAnswer {
    /// The component: its package URL, else name and version.
    pub component: String,
    /// Where it stands in the release, from the outside in; at most [`super::MAX_PATHS`].
    pub paths: Vec<Vec<String>>,
    /// In how many places it stands.
    pub places: usize,
    /// The verdict with every step that led to it, and the entries that it rests on.
    pub judged: Arc<Judged>,
}

/// What is told of a release.
#[derive(Clone, Debug)]
pub struct ReleaseAnswer {
    /// The release.
    pub release: Release,
    /// The verdict.
    pub verdict: Verdict,
    /// Devices that run it.
    pub devices: u64,
    /// Its components that are concerned.
    pub components: Arc<[ComponentAnswer]>,
    /// Why it is open, or not concerned at all.
    pub steps: Vec<String>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// When it was so.
    pub at: Time,
    /// What was known.
    pub known: Arc<Knowledge>,
    /// What the documents say.
    pub findings: Arc<Findings>,
    /// Counts.
    pub tally: Tally,
    /// Names of the sites that the counts speak of, by their numbers.
    pub sites: Vec<(Option<u32>, String)>,
    /// Releases, those that ask for something first.
    pub releases: Vec<ReleaseAnswer>,
    /// Releases that are not told one by one, by verdict.
    pub others: Vec<(Verdict, u64)>,
    /// Verdicts that are listed.
    pub list: Vec<Verdict>,
    /// The devices of this page.
    pub devices: Vec<Device>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Subject>,
}

impl Answer {
    /// Number of devices in the whole list.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.list.iter().map(|verdict| self.tally.count(*verdict)).sum()
    }
}

/// What is told of each release, those that ask for something first, and the others counted by verdict.
pub(super) fn releases(
    catalogue: &Catalogue,
    known: &Knowledge,
    findings: &Findings,
    tally: &Tally,
) -> (Vec<ReleaseAnswer>, Vec<(Verdict, u64)>) {
    let devices = |release: u64| tally.releases.get(&release).copied().unwrap_or_default();
    let verdict = |release: u64| findings.verdict(known, release).unwrap_or(Verdict::Undetermined);
    let mut order: Vec<u64> = known.releases.keys().copied().collect();
    let concerned = |release: &u64| findings.releases.contains_key(release);
    // By verdict, concerned ones before the others, then by devices, then the one made last.
    order.sort_by_cached_key(|r| {
        // Of releases, most are not concerned: one look says so, and nothing else has to be found.
        let found = findings.releases.get(r);
        let verdict = found.map_or(Verdict::NotAffected, |found| found.verdict);
        std::cmp::Reverse((verdict, found.is_some(), devices(*r), *r))
    });
    // Those that are not concerned all say the same: a few are enough.
    let (mut told, mut others) = (Vec::new(), BTreeMap::new());
    let mut plain = 0;
    for release in order {
        plain += usize::from(!concerned(&release));
        if told.len() < MAX_RELEASES && (concerned(&release) || plain <= MAX_PLAIN) {
            told.push(release);
        } else {
            *others.entry(verdict(release)).or_default() += 1;
        }
    }
    let told = told.iter().filter_map(|index| {
        let release = known.releases.get(index)?.clone();
        let found = findings.releases.get(index);
        let make = || {
            let parts = found.into_iter().flat_map(|f| &f.parts);
            let answers = parts.filter_map(|p| {
                let (paths, places) = catalogue.parts.paths(p.part, *index);
                Some(ComponentAnswer {
                    component: catalogue.parts.get(p.part)?.label(),
                    paths: paths.into_iter().map(|(path, _)| path).collect(),
                    places,
                    judged: p.judged.clone(),
                })
            });
            answers.collect()
        };
        let components = findings.told.of(*index, make);
        let steps = match found {
            Some(found) => found.open.clone(),
            None => vec![findings.excluded(&catalogue.parts, *index)],
        };
        Some(ReleaseAnswer { release, verdict: verdict(*index), devices: devices(*index), components, steps })
    });
    (told.collect(), others.into_iter().rev().collect())
}

/// Names of the sites in a tally.
pub(super) fn sites(world: &World, tally: &Tally) -> Vec<(Option<u32>, String)> {
    let mut numbers: Vec<Option<u32>> = tally.sites.keys().map(|(_, site)| *site).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let name = |site: Option<u32>| site.and_then(|s| world.fleet().text_of(s)).unwrap_or_default().to_owned();
    numbers.into_iter().map(|site| (site, name(site))).collect()
}
