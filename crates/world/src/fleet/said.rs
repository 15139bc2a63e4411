//! Everything the log says of one device as far as it is known: its records, put on the time line once, to be asked for
//! many moments.

use evidence::facts::fleet::Custody;
use evidence::{SourceId, Time};

use super::Fleet;
use super::record::{Enrolled, Obs, Record};
use super::spans::{Span, Spans};
use super::subject::Subject;
use crate::clock::Clock;
use crate::release::Known;

/// A declaration: since when it counts, and what it says.
pub(super) struct Declared {
    /// Since when, and by which entry: of two that count from the same moment, the later entry holds.
    pub(super) from: Time,
    index: u64,
    pub(super) udi: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) model: Option<u32>,
    pub(super) software: Vec<u32>,
}

/// What somebody says a device runs, and since when.
pub(super) struct Report {
    /// Since when, and by which entry: of two that count from the same moment, the later entry holds.
    pub(super) from: Time,
    index: u64,
    pub(super) software: Vec<u32>,
}

/// Where a device is, and since when.
pub(super) struct Placed {
    /// Since when, and by which entry: of two that count from the same moment, the later entry holds.
    pub(super) from: Time,
    index: u64,
    pub(super) site: Option<u32>,
    pub(super) owner: Option<u32>,
    pub(super) custody: Option<Custody>,
}

#[derive(Default)]
pub(super) struct Said {
    pub(super) device: Option<SourceId>,
    pub(super) asset: Option<String>,
    pub(super) enrolled: Option<(Time, Enrolled)>,
    /// By when they count; the last one that counts at a moment holds.
    pub(super) declared: Vec<Declared>,
    pub(super) reports: Vec<Report>,
    pub(super) placed: Vec<Placed>,
    pub(super) spans: Spans,
    /// When words of the device arrived, in that order, and the latest moment that they or earlier ones were not made
    /// before.
    words: Vec<(Time, Option<Time>)>,
    /// In the order of the log.
    verdicts: Vec<(Time, u32)>,
    /// Every place of its streams that came: stream, first sequence, how many, index.
    pub(super) places: Vec<(u64, u64, u64, u64)>,
}

impl Said {
    /// What is known of a subject. `None` for what is not known by then, and for a declared device that is known to be an
    /// enrolled one: ask for that. Linear in the device's records but for sorting.
    pub(super) fn read(fleet: &Fleet, clock: &Clock, known: Known<'_>, subject: &Subject) -> Option<Self> {
        let mut said = Self::default();
        let mut spans = Vec::new();
        said.take(fleet, clock, known, subject, &mut spans);
        match (subject, said.device) {
            (Subject::Asset(_), Some(_)) => return None,
            (Subject::Asset(asset), None) => said.asset = Some(asset.clone()),
            (Subject::Device(device), _) => {
                said.device = Some(*device);
                if let Some(asset) = said.asset.clone() {
                    said.take(fleet, clock, known, &Subject::Asset(asset), &mut spans);
                    said.device = Some(*device);
                }
            }
        }
        if said.enrolled.is_none() && said.declared.is_empty() {
            return None;
        }
        said.declared.sort_by_key(|d| (d.from, d.index));
        said.reports.sort_by_key(|r| (r.from, r.index));
        said.placed.sort_by_key(|p| (p.from, p.index));
        said.spans = Spans::new(spans);
        Some(said)
    }

    fn take(
        &mut self,
        fleet: &Fleet,
        clock: &Clock,
        known: Known<'_>,
        subject: &Subject,
        spans: &mut Vec<Span>,
    ) {
        let Some(log) = fleet.devices.get(subject) else { return };
        for (index, record) in log.records() {
            if index >= known.size() {
                break;
            }
            // A void word says nothing, but its place in the stream is not missing.
            if let Record::Evidence(obs) | Record::Heard(obs) = &record {
                self.places.push((obs.stream, obs.sequence, 1, index));
            }
            if let Record::Attended(a) = &record {
                let first = a.last.sequence.saturating_add(1).saturating_sub(a.pieces);
                self.places.push((a.last.stream, first, a.pieces, index));
            }
            if !known.counts(index) {
                continue;
            }
            let logged = clock.time_of(index);
            match record {
                Record::Declared { udi, serial, model, software, since } => {
                    let from = since.unwrap_or(logged);
                    self.declared.push(Declared { from, index, udi, serial, model, software });
                }
                Record::Enrolled(e) => self.enrolled = Some((logged, e)),
                Record::Attached(asset) => self.asset = Some(asset),
                Record::AttachedTo(device) => self.device = Some(device),
                Record::Evidence(obs) => self.word(index, logged, 0, &obs, Some(obs.set), spans),
                Record::Heard(obs) => self.word(index, logged, 0, &obs, None, spans),
                // The pieces before the last one agree with it: the one before them and it are enough.
                Record::Attended(a) => self.word(index, logged, a.heard, &a.last, Some(a.last.set), spans),
                Record::Appraised(id) => self.verdicts.push((logged, id)),
                Record::Reported { software, at } => {
                    // A client's clock may run ahead; nothing is reported before it arrives.
                    let from = at.unwrap_or(logged).min(logged);
                    self.reports.push(Report { from, index, software });
                }
                Record::Placed { site, owner, custody, since } => {
                    let from = since.unwrap_or(logged);
                    self.placed.push(Placed { from, index, site, owner, custody });
                }
                Record::Reenrolled(_) => {}
            }
        }
    }

    /// A word of the device that was logged, or rolled up some seconds after it had arrived.
    fn word(
        &mut self,
        index: u64,
        logged: Time,
        heard: u64,
        obs: &Obs,
        set: Option<Option<u32>>,
        spans: &mut Vec<Span>,
    ) {
        let before = |seconds| Time::from_seconds(logged.seconds().saturating_sub(seconds)).unwrap_or(logged);
        let hi = before(heard);
        let lo = obs.age.map(|age| before(age).min(hi));
        spans.push(Span { index, stream: obs.stream, sequence: obs.sequence, lo, hi, set });
        let latest = self.words.last().and_then(|(_, lo)| *lo);
        self.words.push((hi, lo.max(latest)));
    }

    /// Since when there is such a device.
    pub(super) fn since(&self) -> Option<Time> {
        let declared = self.declared.iter().map(|d| d.from);
        self.enrolled.iter().map(|(t, _)| *t).chain(declared).min()
    }

    /// What was last said, by a moment, of a part that not every statement speaks of.
    pub(super) fn place<T>(&self, at: Time, part: impl Fn(&Placed) -> Option<T>) -> Option<T> {
        by(&self.placed, at, |p| p.from).iter().rev().find_map(part)
    }

    /// As for [`Self::place`], of declarations.
    pub(super) fn declaration<T>(&self, at: Time, part: impl Fn(&Declared) -> Option<T>) -> Option<T> {
        by(&self.declared, at, |d| d.from).iter().rev().find_map(part)
    }

    /// The last report by a moment.
    pub(super) fn report(&self, at: Time) -> Option<&Report> {
        by(&self.reports, at, |r| r.from).last()
    }

    /// The last verdict logged by a moment.
    pub(super) fn verdict(&self, at: Time) -> Option<u32> {
        by(&self.verdicts, at, |(t, _)| *t).last().map(|(_, id)| *id)
    }

    /// When verdicts were logged.
    pub(super) fn verdict_times(&self) -> impl Iterator<Item = Time> {
        self.verdicts.iter().map(|(t, _)| *t)
    }

    /// Moment that the device is known to have spoken at or after, of what arrived by `at`.
    pub(super) fn spoke(&self, at: Time) -> Option<Time> {
        by(&self.words, at, |(arrived, _)| *arrived).last().and_then(|(_, lo)| *lo)
    }
}

/// Those of a list in order that count from a moment at the latest.
fn by<T>(all: &[T], at: Time, from: impl Fn(&T) -> Time) -> &[T] {
    all.get(..all.partition_point(|one| from(one) <= at)).unwrap_or_default()
}
