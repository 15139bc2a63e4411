//! What a device runs, in numbers: for whoever keeps many devices by what they run and asks again only when something
//! changes. The same answer as [`super::DeviceState`], without its texts.

use evidence::Time;

use super::said::Said;
use super::spans::{Answer, Span};
use super::state::{Certainty, Grade, Running, UnknownReason};
use super::subject::Subject;
use super::view::FleetView;

/// What decides which releases a device of a product runs. Numbers are those of the fleet's shared values: the same for
/// the same log, of no meaning beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Software {
    /// A set of measurements.
    Measured(u32),
    /// What somebody said, item by item.
    Said(Vec<u32>),
    /// Nothing that could tell.
    Unknown(UnknownReason),
}

/// How a device stands at two moments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stand {
    /// Product; declared devices have none.
    pub product: Option<u32>,
    /// What decides what it runs.
    pub software: Software,
    /// It measured something that is a reference value of no release and that nobody accepts.
    pub foreign: bool,
    /// How its state is known.
    pub grade: Grade,
    /// Site.
    pub site: Option<u32>,
}

/// How a device stands, and when that may change although nothing more is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// How it stands; `None` before there is such a device.
    pub stand: Option<Stand>,
    /// The next such moment. Only that of the present is of use: later entries may bring others.
    pub next: Option<Time>,
}

/// What the answer about a device's software rests on.
pub(super) struct Rests {
    pub(super) grade: Grade,
    pub(super) certainty: Certainty,
    pub(super) software: Software,
}

impl Rests {
    pub(super) fn on(span: &Span, certainty: Certainty) -> Self {
        match span.set.flatten() {
            Some(set) => Self { grade: Grade::Attested, certainty, software: Software::Measured(set) },
            None => Self::unknown(Grade::Attested, UnknownReason::NothingMeasured),
        }
    }

    pub(super) const fn said(grade: Grade, certainty: Certainty, software: Vec<u32>) -> Self {
        Self { grade, certainty, software: Software::Said(software) }
    }

    pub(super) const fn unknown(grade: Grade, reason: UnknownReason) -> Self {
        Self { grade, certainty: Certainty::Unknown(reason), software: Software::Unknown(reason) }
    }
}

impl FleetView<'_> {
    /// How an enrolled device, or one that is only declared, stands at the view's moment. Linear in what was said of it.
    #[must_use]
    pub fn stand(&self, subject: &Subject) -> Turn {
        let Some(said) = self.said_itself(subject) else { return Turn::default() };
        Turn { stand: self.stand_of(&said, self.at), next: self.turn_of(&said) }
    }

    /// How it stands at the view's moment, without its next turn.
    #[must_use]
    pub fn standing(&self, subject: &Subject) -> Option<Stand> {
        self.stand_of(&self.said_itself(subject)?, self.at)
    }

    /// How it stands at each of some moments, as far as the view knows.
    #[must_use]
    pub fn stands(&self, subject: &Subject, moments: &[Time]) -> Vec<Option<Stand>> {
        let said = self.said_itself(subject);
        moments.iter().map(|at| said.as_ref().and_then(|said| self.stand_of(said, *at))).collect()
    }

    /// What a device that stands so runs, by item; see [`super::DeviceState::running`].
    #[must_use]
    pub fn runs(&self, stand: &Stand) -> Vec<Running> {
        self.running(stand.product, &stand.software)
    }

    /// Whether a device that stands so measured something that is a reference value of no release, accepted or not.
    #[must_use]
    pub fn unmatched(&self, stand: &Stand) -> bool {
        match stand.software {
            Software::Measured(set) => !self.resolve(set, stand.product).unknown.is_empty(),
            Software::Said(_) => self.runs(stand).iter().any(|r| r.release.is_none()),
            Software::Unknown(_) => false,
        }
    }

    /// The subjects after `after`, in order: at most `limit`. An attached asset is one beside its device, and stands
    /// nowhere.
    #[must_use]
    pub fn subjects(&self, after: Option<&Subject>, limit: usize) -> Vec<Subject> {
        self.fleet.subjects(after).take(limit).cloned().collect()
    }

    fn stand_of(&self, said: &Said, at: Time) -> Option<Stand> {
        if said.since()? > at {
            return None;
        }
        let rests = self.rests(said, at, self.model_of(said, at));
        let product = said.product(at, &rests.software);
        let site = said.place(at, |p| p.site);
        let foreign = match rests.software {
            Software::Measured(set) => {
                self.foreign(set, product, site.and_then(|s| self.fleet.text_of(s))).next().is_some()
            }
            _ => false,
        };
        Some(Stand { product, software: rests.software, foreign, grade: rests.grade, site })
    }

    /// Something said begins to count; evidence that arrived at this very moment lies in the past from the next one on, which
    /// may settle what disagreed; evidence is no longer fresh, and a later report takes its place.
    fn turn_of(&self, said: &Said) -> Option<Time> {
        let later = |from: Time| Some(from).filter(|from| *from > self.at);
        let begins = said.declared.iter().filter_map(|d| later(d.from));
        let begins = begins.chain(said.placed.iter().filter_map(|p| later(p.from))).min();
        let soon = self.at.plus(1);
        let arriving = said.spans.iter().any(|s| s.hi >= self.at);
        let settles = (arriving && self.stand_of(said, soon) != self.stand_of(said, self.at)).then_some(soon);
        let lapses = match (said.spans.at(soon), said.report(self.at)) {
            (Answer::Within(s) | Answer::Between(s, _) | Answer::Last(s), Some(report))
                if report.from > s.hi =>
            {
                let interval = self.reporting(self.model_of(said, self.at), self.at).0;
                s.lo.map(|lo| lo.plus(interval).plus(1)).filter(|lapse| *lapse > self.at)
            }
            _ => None,
        };
        [begins, settles, lapses].into_iter().flatten().min()
    }
}

impl Said {
    /// The product that decides what a device runs. Evidence counts from its beacon, which may be older than the enrolment
    /// that says what it is evidence of.
    pub(super) fn product(&self, at: Time, software: &Software) -> Option<u32> {
        let measured = matches!(software, Software::Measured(_));
        self.enrolled.as_ref().filter(|(t, _)| measured || *t <= at).map(|(_, e)| e.product)
    }
}
