//! Every vulnerability that concerns a release, and the metrics over them.
//!
//! The figures are those that FDA's premarket cybersecurity guidance (section V.A.6) names: the share of identified
//! vulnerabilities that were patched, the time from identification to the patch, and the time from the patch to its
//! complete implementation in the field.

use std::collections::{BTreeMap, BTreeSet};

use evidence::Time;
use formats::matching::Verdict;
use ledger::ports::Blobs;

use super::catalogue::Catalogue;
use super::findings::Findings;
use super::judge;
use super::knowledge::{Knowledge, Release};
use super::timeline::Timeline;

/// Findings of every vulnerability that concerns a known release: those that are known to be exploited and affect a release, or
/// may, then the most severe and newest. Linear in the notices,
/// and one assessment for each that shares a key with a component.
#[must_use]
pub fn concerned(catalogue: &Catalogue, known: &Knowledge, blobs: &dyn Blobs) -> Vec<Findings> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut all = Vec::new();
    for entry in known.documents.keys().filter(|entry| known.is_current(**entry)) {
        for notice in catalogue.documents.of_entry(*entry).iter().filter_map(|n| catalogue.documents.get(*n))
        {
            let mut parts = BTreeSet::new();
            notice
                .keys()
                .iter()
                .filter(|k| !k.every)
                .for_each(|keys| catalogue.parts.meeting(keys, &mut parts));
            let carried =
                parts.iter().any(|p| catalogue.parts.carriers(*p).any(|r| known.releases.contains_key(&r)));
            if carried || !notice.usable {
                names.insert(notice.id.to_string());
            }
        }
    }
    names.extend(known.decisions.iter().map(|d| d.taken.fact.vulnerability.clone()));
    for name in names {
        if done.contains(&name) {
            continue;
        }
        let Ok(found) = judge::vulnerability(catalogue, known, blobs, &name) else { continue };
        done.extend(found.names.iter().cloned());
        if found.releases.values().any(|r| !r.parts.is_empty() || r.verdict != Verdict::NotAffected) {
            all.push(found);
        }
    }
    all.sort_by(|a, b| {
        let key = |f: &Findings| (f.pressing(), f.worst());
        let score = |f: &Findings| f.severity().and_then(|(score, _)| score).unwrap_or(-1.0);
        key(b).cmp(&key(a)).then(score(b).total_cmp(&score(a))).then(b.id.cmp(&a.id))
    });
    all
}

impl Findings {
    /// Known to be exploited, and a release is affected or nobody can tell.
    #[must_use]
    pub fn pressing(&self) -> bool {
        self.exploited.is_some() && self.worst() >= Verdict::Undetermined
    }

    /// What prevails over all releases that are concerned.
    #[must_use]
    pub fn worst(&self) -> Verdict {
        let concerned = self.releases.values().filter(|r| !r.parts.is_empty());
        concerned.map(|r| r.verdict).max().unwrap_or(Verdict::NotAffected)
    }
}

/// One vulnerability of one product, from identification to the last device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The vulnerability.
    pub id: String,
    /// It is known to be exploited.
    pub exploited: bool,
    /// The product.
    pub product: String,
    /// When it was identified: its advisory was known and the first affected release made.
    pub identified: Time,
    /// The first releases without it of every affected item, and when the last of them was made; `None` while one lacks.
    pub patched: Option<(Vec<u64>, Time)>,
    /// When the patch was first on every device that had been affected, to the sample of the timeline; `None` while one is
    /// affected.
    pub implemented: Option<Time>,
    /// Devices affected at the end.
    pub left: u64,
    /// Devices of the product of which nobody can tell, at the end.
    pub undetermined: u64,
    /// Devices affected at most at any sample.
    pub most: u64,
}

impl Course {
    /// Seconds from identification to the patch; none where the patch was there first.
    #[must_use]
    pub fn to_patch(&self) -> Option<u64> {
        self.patched.as_ref().map(|(_, patched)| patched.since(self.identified))
    }

    /// Seconds from when a patch was available and the vulnerability identified to its complete implementation.
    #[must_use]
    pub fn to_field(&self) -> Option<u64> {
        let (_, patched) = self.patched.as_ref()?;
        Some(self.implemented?.since((*patched).max(self.identified)))
    }
}

/// The figures of one product in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Vulnerabilities identified in the period.
    pub identified: u64,
    /// Of these, patched.
    pub patched: u64,
    /// Of these, implemented on every device that had been affected.
    pub implemented: u64,
    /// Mean and median of seconds from identification to the patch.
    pub to_patch: Option<(u64, u64)>,
    /// Mean and median of seconds from the patch to its complete implementation.
    pub to_field: Option<(u64, u64)>,
}

/// The course of a vulnerability in each product that has or had a release affected.
#[must_use]
pub fn courses(findings: &Findings, known: &Knowledge, timeline: &Timeline) -> Vec<Course> {
    let verdict = |r: &Release| findings.verdict(known, r.entry.index);
    let mut products: BTreeMap<&str, Vec<&Release>> = BTreeMap::new();
    for release in known.releases.values() {
        products.entry(&release.product).or_default().push(release);
    }
    // A later state of a document is not what identified it.
    let first = known.documents.iter().filter(|(entry, _)| {
        let newest = known.newest(**entry);
        findings.notices.iter().any(|notice| notice.entry == newest)
    });
    let advised = first.map(|(_, state)| state.taken).min();
    let mut out = Vec::new();
    for (product, releases) in products {
        let affected: Vec<&&Release> =
            releases.iter().filter(|r| verdict(r) == Some(Verdict::Affected)).collect();
        let (Some(made), Some(advised)) = (affected.iter().map(|r| r.made).min(), advised) else { continue };
        let identified = advised.max(made);
        let mut items: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for r in &affected {
            let first = items.entry((&r.item, &r.line)).or_insert(r.entry.index);
            *first = (*first).min(r.entry.index);
        }
        let patches: Vec<Option<&&Release>> = items
            .iter()
            .map(|((item, line), first)| {
                releases.iter().find(|r| {
                    (&*r.item, &*r.line) == (*item, *line)
                        && r.entry.index > *first
                        && verdict(r).is_some_and(|v| v < Verdict::Undetermined)
                })
            })
            .collect();
        let patched = patches.iter().copied().collect::<Option<Vec<_>>>().and_then(|all| {
            let last = all.iter().map(|r| r.made).max()?;
            Some((all.iter().map(|r| r.entry.index).collect::<Vec<u64>>(), last))
        });
        let trend = timeline.trend(findings, known, Some(product));
        let end = trend.last().copied();
        let clear = trend.iter().rev().take_while(|p| p.affected == 0).last();
        let since = patched.as_ref().map(|(_, patched)| *patched);
        // Where no device was ever affected there was nothing to implement.
        let most = trend.iter().map(|p| p.affected).max().unwrap_or_default();
        let implemented = clear.zip(since).filter(|_| most > 0).map(|(clear, patched)| clear.at.max(patched));
        out.push(Course {
            id: findings.id.clone(),
            exploited: findings.exploited.is_some(),
            product: product.to_owned(),
            identified,
            patched,
            implemented,
            left: end.map_or(0, |p| p.affected),
            undetermined: end.map_or(0, |p| p.undetermined),
            most,
        });
    }
    out
}

/// The figures of some courses.
#[must_use]
pub fn metrics<'a>(courses: impl IntoIterator<Item = &'a Course>) -> Metrics {
    let mut metrics = Metrics::default();
    let (mut to_patch, mut to_field) = (Vec::new(), Vec::new());
    for course in courses {
        metrics.identified += 1;
        metrics.patched += u64::from(course.patched.is_some());
        metrics.implemented += u64::from(course.to_field().is_some());
        to_patch.extend(course.to_patch());
        to_field.extend(course.to_field());
    }
    (metrics.to_patch, metrics.to_field) = (averages(to_patch), averages(to_field));
    metrics
}

/// Mean and median, rounded down.
fn averages(mut all: Vec<u64>) -> Option<(u64, u64)> {
    all.sort_unstable();
    let mean = all.iter().sum::<u64>().checked_div(all.len() as u64)?;
    let (low, high) = (all.get((all.len() - 1) / 2)?, all.get(all.len() / 2)?);
    Some((mean, low.midpoint(*high)))
}
