//! What the documents known at a moment say about every release: the answer before any device is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use formats::matching::Verdict;

use super::answer::ComponentAnswer;
use super::documents::Notice;
use super::knowledge::Knowledge;
use super::parts::Parts;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A vulnerability: who is affected.
    Vulnerability,
    /// A component: who carries it.
    Component,
}

/// The word for a verdict.
#[must_use]
pub const fn word(about: About, verdict: Verdict) -> &'static str {
    match (about, verdict) {
        (About::Vulnerability, Verdict::Affected) => "affected",
        (About::Component, Verdict::Affected) => "carries",
        (_, Verdict::Undetermined) => "undetermined",
        (_, Verdict::NotAffectedByVex) => "not-affected-by-vex",
        (_, Verdict::Fixed) => "fixed",
        (About::Vulnerability, Verdict::NotAffected) => "not-affected",
        (About::Component, Verdict::NotAffected) => "does-not-carry",
    }
}

/// The verdicts, those that ask for something first.
pub const VERDICTS: [Verdict; 5] = [
    Verdict::Affected,
    Verdict::Undetermined,
    Verdict::Fixed,
    Verdict::NotAffectedByVex,
    Verdict::NotAffected,
];

/// A verdict with everything that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// Every step, in the order taken.
    pub steps: Vec<String>,
    /// Entries that it rests on.
    pub entries: BTreeSet<u64>,
    /// The decision that it is, if it is a person's.
    pub decision: Option<u64>,
}

/// A component of a release that the question concerns.
#[derive(Clone, Debug)]
pub struct PartFinding {
    /// The component.
    pub part: u32,
    /// What is found of it.
    pub judged: Arc<Judged>,
}

/// A release that the question concerns.
#[derive(Clone, Debug)]
pub struct ReleaseFinding {
    /// What prevails over its components.
    pub verdict: Verdict,
    /// Its components that are concerned, what prevails first.
    pub parts: Vec<PartFinding>,
    /// What is open about the release as a whole.
    pub open: Vec<String>,
}

/// What CISA's catalogue of known exploited vulnerabilities says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exploited {
    /// Entry that took the catalogue.
    pub entry: u64,
    /// The name that it has in the catalogue.
    pub cve: String,
    /// Day since which it is in the catalogue, as written.
    pub since: String,
    /// Day by which CISA wants agencies of the United States to have acted, as written: no duty of the maker.
    pub cisa_due: String,
    /// It is known to be used for ransomware.
    pub ransomware: bool,
}

/// What is told of the components of releases, once it was asked for: paths and labels are made once. Not a part of what is
/// found: another copy begins without.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<BTreeMap<u64, Arc<[ComponentAnswer]>>>);

impl Clone for Told {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Told {
    /// What is kept of a release, else what `make` gives.
    pub(super) fn of(
        &self,
        release: u64,
        make: impl FnOnce() -> Arc<[ComponentAnswer]>,
    ) -> Arc<[ComponentAnswer]> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(release).or_insert_with(make).clone()
    }
}

/// What is found, release by release.
#[derive(Clone, Debug)]
pub struct Findings {
    /// What the question is about.
    pub about: About,
    /// What was asked for.
    pub asked: String,
    /// What it is best called: the CVE, if it has one.
    pub id: String,
    /// Every name it goes by.
    pub names: Vec<String>,
    /// The states of documents that count.
    pub notices: Vec<Notice>,
    /// Documents that cannot be read, with the reason.
    pub unreadable: Vec<(u64, String)>,
    /// It is known to be exploited.
    pub exploited: Option<Exploited>,
    /// Releases that are concerned, or of which something is open.
    pub releases: BTreeMap<u64, ReleaseFinding>,
    /// Documents, decisions and statements it rests on.
    pub entries: BTreeSet<u64>,
    /// For the releases that are not concerned: how that is known.
    pub(super) excluded: String,
    /// What answers tell of releases, kept for the next one.
    pub(super) told: Told,
}

impl Findings {
    /// The verdict on a release; `None` if it is not known.
    #[must_use]
    pub fn verdict(&self, known: &Knowledge, release: u64) -> Option<Verdict> {
        known.releases.get(&release)?;
        Some(self.releases.get(&release).map_or(Verdict::NotAffected, |found| found.verdict))
    }

    /// Why a release that is not concerned is not.
    #[must_use]
    pub fn excluded(&self, parts: &Parts, release: u64) -> String {
        let all = parts.bill(release).map_or(0, super::parts::Bill::len);
        format!("none of the {all} components in its bills of materials {}", self.excluded)
    }

    /// The words of the verdicts.
    #[must_use]
    pub const fn word(&self, verdict: Verdict) -> &'static str {
        word(self.about, verdict)
    }

    /// Withdrawn by every document that speaks of it.
    #[must_use]
    pub fn withdrawn(&self) -> Option<&str> {
        let all = !self.notices.is_empty() && self.notices.iter().all(|n| n.withdrawn.is_some());
        self.notices.iter().filter(|_| all).find_map(|n| n.withdrawn.as_deref())
    }

    /// Only notices that are no vulnerabilities, of this kind.
    #[must_use]
    pub fn informational(&self) -> Option<&str> {
        let all = !self.notices.is_empty() && self.notices.iter().all(|n| n.informational.is_some());
        self.notices.iter().filter(|_| all).find_map(|n| n.informational.as_deref())
    }

    /// One line about it, of the first document that has one.
    #[must_use]
    pub fn summary(&self) -> Option<&str> {
        self.notices.iter().find_map(|n| n.summary.as_deref())
    }

    /// The highest base score and its vector or word.
    #[must_use]
    pub fn severity(&self) -> Option<(Option<f64>, &str)> {
        let all = self.notices.iter().filter_map(|n| n.severity.as_ref());
        all.max_by(|a, b| a.0.unwrap_or(-1.0).total_cmp(&b.0.unwrap_or(-1.0)))
            .map(|(score, text, _)| (*score, &**text))
    }
}
