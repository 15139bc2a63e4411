//! What somebody should look at, computed at two moments: nothing here is stored but that a finding was closed.
//!
//! Every finding has an identifier that is the same for everyone and every time, so that closing it can name it.

use std::collections::BTreeMap;

use evidence::{Hash, SourceId, Time};

use super::finding_id;
use super::notes::{Clash, ClashOn, Closed};
use super::said::Said;
use super::state::DeviceState;
use super::subject::Subject;
use super::view::FleetView;
use crate::streams::StreamKey;

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// Another enrolment holds its UEID, key or UDI instance.
    DuplicateIdentity {
        /// The device that holds it.
        holder: SourceId,
        /// What they have in common.
        on: ClashOn,
    },
    /// Two entries at one place of its stream: its key is in two hands.
    CloneSuspected {
        /// The stream.
        stream: u64,
    },
    /// It measured what is a reference value of no release and on no list.
    UnknownFirmware {
        /// Names of the components.
        components: Vec<String>,
    },
    /// It counted entries that have not come.
    Gap {
        /// The stream.
        stream: u64,
        /// First missing place.
        first: u64,
        /// Number of missing places.
        count: u64,
    },
    /// It is in use and silent past its deadline.
    Silent {
        /// Its last word.
        since: Time,
    },
}

impl FindingKind {
    /// Stable word for machines.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::DuplicateIdentity { .. } => "duplicate-identity",
            Self::CloneSuspected { .. } => "clone-suspected",
            Self::UnknownFirmware { .. } => "unknown-firmware",
            Self::Gap { .. } => "gap",
            Self::Silent { .. } => "silence",
        }
    }
}

/// A finding about one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'w> {
    /// Its identifier.
    pub id: Hash,
    /// The device.
    pub device: SourceId,
    /// Where it is.
    pub site: Option<&'w str>,
    /// What is the matter.
    pub kind: FindingKind,
    /// Index of an entry that shows it: the clash, the fork, the measurement, the entry after the gap.
    pub evidence: Option<u64>,
    /// How it was settled, if it was.
    pub closed: Option<&'w Closed>,
}

impl<'w> FleetView<'w> {
    /// Every finding, device by device. Linear in the fleet and in what was said of it.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding<'w>> {
        let mut out = self.clashes();
        let begun = self.begun();
        for subject in self.fleet.subjects(None) {
            let Some(said) = self.said_itself(subject) else { continue };
            let Some(state) = self.state_of(&said, self.at) else { continue };
            if let Some(device) = said.device {
                self.of_device(device, &said, &state, begun, &mut out);
            }
        }
        out
    }

    /// Enrolments whose identity another device holds. Few: linear in them.
    #[must_use]
    pub fn clashes(&self) -> Vec<Finding<'w>> {
        let mut out = Vec::new();
        let begun = self.begun();
        for clash in self.fleet.notes.clashes.iter().filter(|c| c.index < begun) {
            out.extend(self.clash(clash));
        }
        out
    }

    /// Number of entries that had come by the view's moment.
    pub(super) fn begun(&self) -> u64 {
        self.world.clock().size_at(self.at, self.world.size())
    }

    /// The finding of a clash, as far as is known. The clash may be about a device that never was enrolled and has no state
    /// of its own.
    pub(super) fn clash(&self, clash: &Clash) -> Option<Finding<'w>> {
        let parts: [&[u8]; 4] = [
            clash.device.as_bytes(),
            clash.holder.as_bytes(),
            clash.on.word().as_bytes(),
            &clash.index.to_be_bytes(),
        ];
        let kind = FindingKind::DuplicateIdentity { holder: clash.holder, on: clash.on };
        let site = || self.state(&Subject::Device(clash.holder)).and_then(|s| s.site);
        self.known
            .counts(clash.index)
            .then(|| self.finding(clash.device, site(), kind, Some(clash.index), &parts))
    }

    pub(super) fn of_device(
        &self,
        device: SourceId,
        said: &Said,
        state: &DeviceState<'w>,
        begun: u64,
        out: &mut Vec<Finding<'w>>,
    ) {
        let (id, site) = (device.as_bytes(), state.site);
        for (key, stream) in self.world.streams().of_source(device) {
            let StreamKey { stream: number, .. } = *key;
            let fork = stream.forks.iter().find(|(i, _)| *i < begun && self.known.counts(*i));
            if let Some((index, _)) = fork {
                let kind = FindingKind::CloneSuspected { stream: number };
                out.push(self.finding(device, site, kind, Some(*index), &[id, &number.to_be_bytes()]));
            }
        }
        if !state.unknown.is_empty() {
            let components = state.unknown.iter().map(|m| m.name.clone()).collect();
            let mut about: Vec<&[u8]> = vec![id];
            about.extend(state.unknown.iter().map(|m| m.digest.0.as_slice()));
            let by = state.certainty.evidence();
            out.push(self.finding(device, site, FindingKind::UnknownFirmware { components }, by, &about));
        }
        for (stream, first, count, after) in gaps(said, begun) {
            let about: [&[u8]; 3] = [id, &stream.to_be_bytes(), &first.to_be_bytes()];
            out.push(self.finding(
                device,
                site,
                FindingKind::Gap { stream, first, count },
                Some(after),
                &about,
            ));
        }
        if let Some(silence) = self.silence_of(said, state) {
            let kind = FindingKind::Silent { since: silence.since };
            let closed = self.closed(&silence.id);
            out.push(Finding { id: silence.id, device, site, kind, evidence: None, closed });
        }
    }

    fn finding(
        &self,
        device: SourceId,
        site: Option<&'w str>,
        kind: FindingKind,
        evidence: Option<u64>,
        about: &[&[u8]],
    ) -> Finding<'w> {
        let id = finding_id(kind.word(), about);
        Finding { id, device, site, kind, evidence, closed: self.closed(&id) }
    }

    /// How a finding was settled, as far as is known.
    fn closed(&self, id: &Hash) -> Option<&'w Closed> {
        self.fleet.notes.closed.get(id)?.iter().rev().find(|c| self.known.counts(c.index))
    }
}

/// Places that a device counted and that had not come by then: stream, first place, number, index of the entry after it.
fn gaps(said: &Said, begun: u64) -> Vec<(u64, u64, u64, u64)> {
    let mut places: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    for (stream, sequence, index) in said.places.iter().filter(|(_, _, index)| *index < begun) {
        places.entry(*stream).or_default().push((*sequence, *index));
    }
    let mut out = Vec::new();
    for (stream, mut all) in places {
        all.sort_unstable();
        let mut next = 0;
        for (place, index) in all {
            if place > next {
                out.push((stream, next, place - next, index));
            }
            next = place.saturating_add(1).max(next);
        }
    }
    out
}
