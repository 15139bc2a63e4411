//! From what a device runs to what holds for the device, and the counts of that.

use std::collections::BTreeMap;
use std::sync::Arc;

use formats::matching::Verdict;
use world::fleet::{Grade, Running, Software, Stand};

use super::findings::Findings;
use super::knowledge::Knowledge;

/// What holds for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    /// The verdict: what prevails over all it runs.
    pub verdict: Verdict,
    /// Why nobody can tell, where nobody can.
    pub reason: Option<&'static str>,
}

impl Outcome {
    /// What holds for a device that stands so and runs this.
    #[must_use]
    pub fn of(findings: &Findings, known: &Knowledge, stand: &Stand, runs: &[Running]) -> Self {
        let (mut verdict, mut reason) = (None, None);
        let mut open = |why: &'static str| {
            verdict = verdict.max(Some(Verdict::Undetermined));
            reason.get_or_insert(why);
        };
        if let Software::Unknown(why) = stand.software {
            open(why.word());
        } else if runs.is_empty() && !stand.foreign {
            open("release-not-known");
        }
        if stand.foreign {
            open("unknown-firmware");
        }
        let mut found = None;
        for run in runs {
            match run.release.map(|release| findings.verdict(known, release)) {
                Some(Some(Verdict::Undetermined)) => open("release-undetermined"),
                Some(Some(of_release)) => found = found.max(Some(of_release)),
                Some(None) => open("release-not-known"),
                None if run.version.is_none() => open("mixed-releases"),
                None => open("release-not-known"),
            }
        }
        let verdict = verdict.max(found).unwrap_or(Verdict::Undetermined);
        Self { verdict, reason: reason.filter(|_| verdict == Verdict::Undetermined) }
    }
}

/// Devices that stand alike but for their sites.
#[derive(Clone, Debug)]
pub struct Group {
    /// How they stand; the site is left out.
    pub stand: Stand,
    /// What they run.
    pub runs: Vec<Running>,
    /// How many there are, by the number of their site.
    pub sites: BTreeMap<Option<u32>, u64>,
}

impl Group {
    /// How many there are.
    #[must_use]
    pub fn devices(&self) -> u64 {
        self.sites.values().sum()
    }
}

/// How many devices there are of which kind. Every number is the length of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All devices.
    pub devices: u64,
    /// By verdict.
    pub verdicts: BTreeMap<Verdict, u64>,
    /// By verdict and how their state is known.
    pub grades: BTreeMap<(Verdict, Grade), u64>,
    /// Undetermined ones by reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// By verdict and number of the site.
    pub sites: BTreeMap<(Verdict, Option<u32>), u64>,
    /// By release that they run; a device that runs several items is counted with each.
    pub releases: BTreeMap<u64, u64>,
}

impl Tally {
    /// Counts groups of devices.
    pub fn of<'a>(
        findings: &Findings,
        known: &Knowledge,
        groups: impl IntoIterator<Item = &'a Group>,
    ) -> Self {
        Self::with(
            groups
                .into_iter()
                .filter(|group| !group.sites.is_empty())
                .map(|group| (group, Outcome::of(findings, known, &group.stand, &group.runs))),
        )
    }

    /// Counts groups of devices of which it is known what holds for them.
    pub fn with<'a>(groups: impl IntoIterator<Item = (&'a Group, Outcome)>) -> Self {
        let mut tally = Self::default();
        for (group, outcome) in groups {
            let devices = group.devices();
            if devices == 0 {
                continue;
            }
            tally.devices += devices;
            *tally.verdicts.entry(outcome.verdict).or_default() += devices;
            *tally.grades.entry((outcome.verdict, group.stand.grade)).or_default() += devices;
            if let Some(reason) = outcome.reason {
                *tally.reasons.entry(reason).or_default() += devices;
            }
            for (site, devices) in &group.sites {
                *tally.sites.entry((outcome.verdict, *site)).or_default() += devices;
            }
            let mut last = None;
            for release in group.runs.iter().filter_map(|r| r.release) {
                if last.replace(release) != Some(release) {
                    *tally.releases.entry(release).or_default() += devices;
                }
            }
        }
        tally
    }

    /// How many devices have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }
}

/// Devices by the worst that any of several vulnerabilities is for them: each device is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// All devices.
    pub devices: u64,
    /// Affected by at least one.
    pub affected: u64,
    /// Affected by none as far as can be told, undetermined for at least one.
    pub undetermined: u64,
}

impl Exposure {
    /// Counts groups of devices. O(groups × vulnerabilities).
    pub fn of<'a>(
        findings: &[Arc<Findings>],
        known: &Knowledge,
        groups: impl IntoIterator<Item = &'a Group>,
    ) -> Self {
        let mut sums = Self::default();
        for group in groups {
            let devices = group.devices();
            if devices == 0 {
                continue;
            }
            sums.devices += devices;
            let verdicts = findings.iter().map(|f| Outcome::of(f, known, &group.stand, &group.runs).verdict);
            match verdicts.max() {
                Some(Verdict::Affected) => sums.affected += devices,
                Some(Verdict::Undetermined) => sums.undetermined += devices,
                _ => {}
            }
        }
        sums
    }
}
