//! Many devices at one moment: lists, page by page, and counts that equal them.

use std::collections::BTreeSet;

use evidence::SourceId;

use super::Fleet;
use super::filter::{Filter, Only};
use super::state::{DeviceState, Grade};
use super::subject::Subject;
use super::view::FleetView;

/// Devices by how their state is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grades {
    /// Declared only.
    pub declared: u64,
    /// Reported.
    pub reported: u64,
    /// Attested.
    pub attested: u64,
}

impl Grades {
    fn add(&mut self, grade: Grade) {
        *match grade {
            Grade::Declared => &mut self.declared,
            Grade::Reported => &mut self.reported,
            Grade::Attested => &mut self.attested,
        } += 1;
    }
}

/// How many devices a condition holds for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub count: u64,
    /// By grade; adds up to `count`.
    pub grades: Grades,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct Page<'w> {
    /// Devices the condition holds for, enrolled ones first, each kind in the order of its identifiers.
    pub devices: Vec<DeviceState<'w>>,
    /// Go on after this one; `None` at the end.
    pub next: Option<Subject>,
}

impl<'w> FleetView<'w> {
    /// The devices for which the condition holds, after the subject `after`. Ends when `limit` of them are found or
    /// `budget` were looked at, so that nobody holds the world long; [`Page::next`] says where to go on, at the same
    /// moments. Linear in the devices looked at and in what was said of them; a
    /// condition that names one (`serial = …`, also beside others) looks at that one.
    #[must_use]
    pub fn list(&self, filter: &Filter, after: Option<&Subject>, limit: usize, budget: usize) -> Page<'w> {
        let mut page = Page { devices: Vec::new(), next: None };
        let named = self.meant(filter);
        for (looked, subject) in self.candidates(named.as_ref(), after).enumerate() {
            if looked >= budget.max(1) || page.devices.len() >= limit.max(1) {
                return page;
            }
            page.next = Some(subject.clone());
            page.devices.extend(self.matching(filter, subject));
        }
        page.next = None;
        page
    }

    /// How many devices the condition holds for: as many as [`Self::list`] lists. Looks at all of them; for a large fleet
    /// under a lock add up [`Self::count_some`].
    #[must_use]
    pub fn count(&self, filter: &Filter) -> Count {
        let mut count = Count::default();
        self.count_some(filter, None, usize::MAX, &mut count);
        count
    }

    /// Adds up `budget` devices after the subject `after`; where to go on, or `None` at the end.
    pub fn count_some(
        &self,
        filter: &Filter,
        after: Option<&Subject>,
        budget: usize,
        count: &mut Count,
    ) -> Option<Subject> {
        let mut last = None;
        let named = self.meant(filter);
        for (looked, subject) in self.candidates(named.as_ref(), after).enumerate() {
            if looked >= budget.max(1) {
                return last;
            }
            if let Some(state) = self.matching(filter, subject) {
                count.count += 1;
                count.grades.add(state.grade);
            }
            last = Some(subject.clone());
        }
        None
    }

    /// The subjects that a condition names, where it does.
    fn meant(&self, filter: &Filter) -> Option<BTreeSet<Subject>> {
        match filter.only()? {
            Only::Device(text) => {
                let device: Option<SourceId> = text.parse().ok();
                Some(device.map(Subject::Device).into_iter().collect())
            }
            Only::Asset(asset) => {
                let subject = Subject::Asset(asset.to_owned());
                let side = self.fleet.attachment(&subject);
                Some([Some(subject), side].into_iter().flatten().collect())
            }
            Only::Called(text) => self.called_exactly(text),
        }
    }

    /// The subjects after `after` that may be meant, in order.
    fn candidates<'a>(
        &'a self,
        named: Option<&'a BTreeSet<Subject>>,
        after: Option<&'a Subject>,
    ) -> impl Iterator<Item = &'a Subject> {
        let later = move |subject: &&Subject| after.is_none_or(|after| *subject > after);
        let named_ones = named.into_iter().flatten().filter(later).filter(|s| self.fleet.contains(s));
        let all = named.is_none().then(|| self.fleet.subjects(after));
        named_ones.chain(all.into_iter().flatten())
    }

    fn matching(&self, filter: &Filter, subject: &Subject) -> Option<DeviceState<'w>> {
        let said = self.said_itself(subject)?;
        let state = self.state_of(&said, self.at)?;
        let silent = || self.silence_of(&said, &state).is_some();
        filter.holds(&state, &silent).then_some(state)
    }
}

impl Fleet {
    /// Every subject after `after`, in order; an attached asset is one beside its device.
    pub(super) fn subjects(&self, after: Option<&Subject>) -> impl Iterator<Item = &Subject> {
        self.devices.after(after).map(|(subject, _)| subject)
    }
}
