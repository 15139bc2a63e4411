//! The entries that speak of one device, as far as they are known: what a reader follows from a state to its evidence.

use evidence::Time;
use evidence::facts::fleet::{Custody, KeyOrigin};

use super::record::Record;
use super::subject::Subject;
use super::table::Verdict;
use super::view::FleetView;

/// What an entry says of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<'w> {
    /// It was declared by an import.
    Declared,
    /// It was enrolled; where its key lives.
    Enrolled(KeyOrigin),
    /// Its key was replaced.
    Reenrolled,
    /// It was declared the same device as another subject.
    Attached(Subject),
    /// It attested.
    Evidence {
        /// Not made before; `None` without a beacon.
        not_before: Option<Time>,
        /// Number of measurements.
        measured: usize,
        /// Boot count, if it said one.
        boot: Option<u64>,
    },
    /// It spoke without measuring anything.
    Heard,
    /// Its evidence was appraised.
    Appraised(&'w Verdict),
    /// It, or an update client, said what it runs.
    Reported(Vec<&'w str>),
    /// It was moved.
    Moved {
        /// Site from then on.
        site: Option<&'w str>,
        /// Owner from then on.
        owner: Option<&'w str>,
        /// Custody from then on.
        custody: Option<Custody>,
        /// Since when, if not since the entry.
        since: Option<Time>,
    },
}

/// An entry about a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry<'w> {
    /// Its index.
    pub index: u64,
    /// Its log time.
    pub logged: Time,
    /// Whether it was neither corrected nor voided as far as is known.
    pub counts: bool,
    /// What it says.
    pub said: Said<'w>,
}

impl<'w> FleetView<'w> {
    /// The entries about a device that had come by the view's moment, newest first, at most `limit`, and how many there
    /// are. Those about the declared device it is known to be come with them. Linear in the device's records.
    #[must_use]
    pub fn entries(&self, subject: &Subject, limit: usize) -> (Vec<DeviceEntry<'w>>, usize) {
        let known = self.known.size();
        let begun = self.begun().min(known);
        let mut subjects = vec![subject.clone()];
        let of =
            |subject: &Subject| self.fleet.devices.get(subject).into_iter().flat_map(|log| log.records());
        let attached = of(subject).take_while(|(i, _)| *i < known).find_map(|(index, record)| match record {
            Record::Attached(asset) if self.known.counts(index) => Some(Subject::Asset(asset)),
            Record::AttachedTo(device) if self.known.counts(index) => Some(Subject::Device(device)),
            _ => None,
        });
        subjects.extend(attached);
        let records = subjects.iter().flat_map(of).filter(|(index, _)| *index < begun);
        let mut all: Vec<(u64, Record)> = records.collect();
        all.sort_by_key(|(index, _)| std::cmp::Reverse(*index));
        all.dedup_by_key(|(index, _)| *index);
        let count = all.len();
        all.truncate(limit);
        let out = all.into_iter().filter_map(|(index, record)| {
            let logged = self.world.clock().time_of(index);
            let said = self.spoken(record, logged)?;
            Some(DeviceEntry { index, logged, counts: self.known.counts(index), said })
        });
        (out.collect(), count)
    }

    /// Where a device's key lives, and the index of the entry that enrolled it. That is among its first records.
    #[must_use]
    pub fn enrolment(&self, subject: &Subject) -> Option<(KeyOrigin, u64)> {
        let records = self.fleet.devices.get(subject)?.records();
        let mut known = records.take_while(|(i, _)| *i < self.known.size());
        known.find_map(|(index, record)| match record {
            Record::Enrolled(e) if self.known.counts(index) => Some((e.origin, index)),
            _ => None,
        })
    }

    /// Shows UDI and serial number of up to `limit` subjects after `after`, as their first enrolment or declaration states
    /// them, and answers where to go on. A few hundred nanoseconds each: what looks for one among many.
    pub fn identities(
        &self,
        after: Option<&Subject>,
        limit: usize,
        mut see: impl FnMut(&Subject, Option<&str>, Option<&str>),
    ) -> Option<Subject> {
        let mut last = None;
        for (looked, (subject, log)) in self.fleet.devices.after(after).enumerate() {
            if looked >= limit {
                return last;
            }
            let mut known = log.records().take_while(|(i, _)| *i < self.known.size());
            match known.find(|(_, r)| matches!(r, Record::Enrolled(_) | Record::Declared { .. })) {
                Some((_, Record::Enrolled(e))) => see(subject, e.udi.as_deref(), e.serial.as_deref()),
                Some((_, Record::Declared { udi, serial, .. })) => {
                    see(subject, udi.as_deref(), serial.as_deref());
                }
                _ => {}
            }
            last = Some(subject.clone());
        }
        None
    }

    fn spoken(&self, record: Record, logged: Time) -> Option<Said<'w>> {
        let fleet = self.fleet;
        Some(match record {
            Record::Declared { .. } => Said::Declared,
            Record::Enrolled(e) => Said::Enrolled(e.origin),
            Record::Reenrolled(_) => Said::Reenrolled,
            Record::Attached(asset) => Said::Attached(Subject::Asset(asset)),
            Record::AttachedTo(device) => Said::Attached(Subject::Device(device)),
            Record::Evidence(obs) => Said::Evidence {
                not_before: obs
                    .age
                    .map(|age| Time::from_seconds(logged.seconds().saturating_sub(age)).unwrap_or(logged)),
                measured: fleet.measured(obs.set).len(),
                boot: obs.boot,
            },
            Record::Heard(_) => Said::Heard,
            Record::Appraised(id) => Said::Appraised(fleet.verdicts.get(id)?),
            Record::Reported { software, .. } => {
                Said::Reported(software.into_iter().filter_map(|id| fleet.said(Some(id))).collect())
            }
            Record::Placed { site, owner, custody, since } => {
                Said::Moved { site: fleet.said(site), owner: fleet.said(owner), custody, since }
            }
        })
    }
}
