//! Which entries an answer about one device rests on, what somebody should look at in it, and its records as a seal
//! holds them.

use std::collections::BTreeMap;

use evidence::Time;
use evidence::cbor::Malformed;

use super::Fleet;
use super::finding::Finding;
use super::record::{Log, Record};
use super::silence::Silence;
use super::spans::Answer;
use super::state::{DeviceState, Grade};
use super::states::DEVICE;
use super::subject::Subject;
use super::view::FleetView;
use crate::concern::State;

/// What an entry contributes to the answer about a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// It enrols the device.
    Enrolment,
    /// It declares the device, or something of it that nobody else said.
    Declaration,
    /// It says that the enrolled device is the declared one.
    Attachment,
    /// It says where the device is, whose, or in whose hands.
    Place,
    /// It measures what the device runs.
    Evidence,
    /// It says what the device runs, unproven.
    Report,
    /// It is the last word of the device.
    LastWord,
    /// It is the verdict.
    Verdict,
    /// It makes the release that the measurements belong to.
    Release,
    /// It says how long a measurement is fresh and when silence is too long.
    Reporting,
}

impl Ground {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::Declaration => "declaration",
            Self::Attachment => "attachment",
            Self::Place => "place",
            Self::Evidence => "evidence",
            Self::Report => "report",
            Self::LastWord => "last-word",
            Self::Verdict => "verdict",
            Self::Release => "release",
            Self::Reporting => "reporting",
        }
    }

    /// Whether such an entry is about this one device, and so stands in its records.
    #[must_use]
    pub const fn of_device(self) -> bool {
        !matches!(self, Self::Release | Self::Reporting)
    }
}

/// The entries behind an answer, by index, each with what it contributes.
pub type Basis = BTreeMap<u64, Vec<Ground>>;

/// The last of what counts from the latest moment.
#[derive(Default)]
struct Latest(Option<(Time, u64)>);

impl Latest {
    fn offer(&mut self, said: bool, from: Time, index: u64) {
        self.0 = if said { self.0.max(Some((from, index))) } else { self.0 };
    }
}

impl FleetView<'_> {
    /// The entries that the answer about a device rests on. Linear in its records.
    #[must_use]
    pub fn basis(&self, subject: &Subject) -> Basis {
        let mut out = Basis::new();
        let Some(said) = self.said_of(subject) else { return out };
        let Some(state) = self.state_of(&said, self.at) else { return out };
        let mut add = |index: u64, ground: Ground| {
            let grounds = out.entry(index).or_default();
            if !grounds.contains(&ground) {
                grounds.push(ground);
            }
        };
        match said.spans.at(self.at) {
            _ if state.grade != Grade::Attested => {}
            Answer::Within(a) | Answer::Last(a) => add(a.index, Ground::Evidence),
            Answer::Between(a, b) | Answer::Conflict(a, b) => {
                add(a.index, Ground::Evidence);
                add(b.index, Ground::Evidence);
            }
            Answer::Before(_) | Answer::Nothing => {}
        }
        for subject in state.subjects() {
            self.stated(&subject, &state, &mut add);
        }
        for release in state.running.iter().filter_map(|r| r.release) {
            add(release, Ground::Release);
        }
        let mut model = state.model.map(str::to_owned);
        let reporting = loop {
            let history = self.fleet.notes.reporting.get(&model).into_iter().flatten().rev();
            let counts = |i: u64| self.known.counts(i) && self.world.clock().time_of(i) <= self.at;
            let mut counting = history.filter(|(i, _)| counts(*i));
            match (counting.next(), model.take()) {
                (Some((index, _)), _) => break Some(*index),
                (None, Some(_)) => {}
                (None, None) => break None,
            }
        };
        if let Some(index) = reporting {
            add(index, Ground::Reporting);
        }
        out
    }

    /// What stands in the records of one subject.
    fn stated(&self, subject: &Subject, state: &DeviceState<'_>, add: &mut impl FnMut(u64, Ground)) {
        let Some(log) = self.fleet.devices.get(subject) else { return };
        let clock = self.world.clock();
        let enrolled = state.device.is_some();
        let (mut places, mut declared): ([Latest; 3], [Latest; 4]) = Default::default();
        let (mut report, mut verdict, mut word) = (Latest::default(), Latest::default(), None);
        for (index, record) in log.records().take_while(|(i, _)| *i < self.known.size()) {
            if !self.known.counts(index) {
                continue;
            }
            let logged = clock.time_of(index);
            match record {
                Record::Enrolled(_) if logged <= self.at => add(index, Ground::Enrolment),
                Record::Attached(_) => add(index, Ground::Attachment),
                Record::Declared { udi, serial, model, software, since } => {
                    let from = since.unwrap_or(logged);
                    let says = [
                        udi.is_some() && udi == state.udi,
                        serial.is_some() && serial == state.serial,
                        model.is_some(),
                        !software.is_empty() && state.grade == Grade::Declared,
                    ];
                    if from <= self.at {
                        let parts = declared.iter_mut().zip(says);
                        parts.for_each(|(part, said)| part.offer(said || !enrolled, from, index));
                    }
                }
                Record::Placed { site, owner, custody, since } => {
                    let from = since.unwrap_or(logged);
                    let says = [site.is_some(), owner.is_some(), custody.is_some()];
                    if from <= self.at {
                        places.iter_mut().zip(says).for_each(|(p, said)| p.offer(said, from, index));
                    }
                }
                Record::Reported { at, .. } => {
                    let from = at.unwrap_or(logged).min(logged);
                    report.offer(from <= self.at, from, index);
                }
                Record::Appraised(_) => verdict.offer(logged <= self.at, logged, index),
                Record::Evidence(_) | Record::Heard(_) if logged <= self.at => word = Some(index),
                _ => {}
            }
        }
        let mut last = |latest: Latest, ground| latest.0.into_iter().for_each(|(_, i)| add(i, ground));
        declared.into_iter().for_each(|d| last(d, Ground::Declaration));
        places.into_iter().for_each(|p| last(p, Ground::Place));
        if state.grade == Grade::Reported {
            last(report, Ground::Report);
        }
        last(verdict, Ground::Verdict);
        word.into_iter().for_each(|index| add(index, Ground::LastWord));
    }

    /// The findings about one device. Clashes that name it as the holder count too.
    #[must_use]
    pub fn findings_of(&self, subject: &Subject) -> Vec<Finding<'_>> {
        let mut out = Vec::new();
        let Some(said) = self.said_of(subject) else { return out };
        let (Some(state), Some(device)) = (self.state_of(&said, self.at), said.device) else { return out };
        let begun = self.begun();
        for clash in &self.fleet.notes.clashes {
            if (clash.device == device || clash.holder == device) && clash.index < begun {
                out.extend(self.clash(clash));
            }
        }
        self.of_device(device, &said, &state, begun, &mut out);
        out
    }

    /// Whether and since when a device is silent past its deadline.
    #[must_use]
    pub fn silence(&self, subject: &Subject) -> Option<Silence<'_>> {
        let said = self.said_of(subject)?;
        let state = self.state_of(&said, self.at)?;
        self.silence_of(&said, &state)
    }
}

impl DeviceState<'_> {
    /// Every subject whose records the state comes from: the enrolled device and the declared one that it is.
    #[must_use]
    pub fn subjects(&self) -> Vec<Subject> {
        let device = self.device.map(Subject::Device);
        device.into_iter().chain(self.asset.clone().map(Subject::Asset)).collect()
    }
}

impl Fleet {
    /// The records of a device as the concern's state was after `size` entries: what a seal of that size has under its
    /// tree. `None` if there was nothing of it by then. Records are only ever added, so earlier ones are a beginning.
    #[must_use]
    pub fn sealed_state(&self, subject: &Subject, size: u64) -> Option<State> {
        let value = self.devices.get(subject)?.until(size);
        (!value.is_empty()).then(|| State { key: sealed_key(subject), value: value.to_vec() })
    }
}

/// Under which key the records of a device are sealed, if there are any.
#[must_use]
pub fn sealed_key(subject: &Subject) -> Vec<u8> {
    [&[DEVICE], subject.bytes().as_slice()].concat()
}

/// Whose records a state of this concern is, by its key.
#[must_use]
pub fn sealed_subject(key: &[u8]) -> Option<Subject> {
    let (section, subject) = key.split_first()?;
    (*section == DEVICE).then(|| Subject::from_bytes(subject).ok()).flatten()
}

/// Indices of the entries about a device that its state under a seal names, in the order of the log.
///
/// # Errors
/// The bytes are not the state of a device.
pub fn sealed_entries(value: &[u8]) -> Result<Vec<u64>, Malformed> {
    Ok(Log::read(value)?.records().map(|(index, _)| index).collect())
}
