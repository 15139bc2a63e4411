//! Silence: a device in use that has not spoken for longer than its deadline. Computed for a moment, by log time.
//!
//! A device speaks when its word is known to be made: evidence from long ago that arrives today breaks no silence.

use std::collections::BTreeMap;

use evidence::facts::fleet::Custody;
use evidence::{Hash, SourceId, Time};

use super::finding_id;
use super::said::Said;
use super::state::DeviceState;
use super::view::FleetView;

/// A device that should have spoken by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence<'w> {
    /// Stable identifier of the finding: of the device and of the moment its silence began.
    pub id: Hash,
    /// The device.
    pub device: SourceId,
    /// Where it is.
    pub site: Option<&'w str>,
    /// Since when: its last word, its enrolment, or when it was last put to use.
    pub since: Time,
    /// Since when the silence has been too long.
    pub due: Time,
}

impl<'w> FleetView<'w> {
    /// Silent devices by site; those whose site nobody said come first. Linear in the fleet.
    #[must_use]
    pub fn silences(&self) -> BTreeMap<Option<&'w str>, Vec<Silence<'w>>> {
        let mut out: BTreeMap<Option<&'w str>, Vec<Silence<'w>>> = BTreeMap::new();
        for subject in self.fleet.subjects(None) {
            let Some(said) = self.said_itself(subject) else { continue };
            let Some(state) = self.state_of(&said, self.at) else { continue };
            if let Some(silence) = self.silence_of(&said, &state) {
                out.entry(silence.site).or_default().push(silence);
            }
        }
        out
    }

    pub(super) fn silence_of(&self, said: &Said, state: &DeviceState<'w>) -> Option<Silence<'w>> {
        let device = said.device?;
        let since = self.quiet_since(said, state)?;
        let (_, deadline) = self.reporting(state.model, self.at);
        let due = since.plus(deadline).plus(1);
        let id = finding_id("silence", &[device.as_bytes(), &since.seconds().to_be_bytes()]);
        (self.at >= due).then_some(Silence { id, device, site: state.site, since, due })
    }
}

impl FleetView<'_> {
    /// Since when a device that must speak has said nothing; `None` for one that may be silent. Only an enrolled device can
    /// speak, and only one in use must. Where nobody said, an enrolled device is taken to be in use: a false alarm is seen,
    /// a missing one is not.
    pub(super) fn quiet_since(&self, said: &Said, state: &DeviceState<'_>) -> Option<Time> {
        said.device?;
        let enrolled = said.enrolled.as_ref().map(|(t, _)| *t).filter(|t| *t <= self.at)?;
        if state.custody.is_some_and(|c| c != Custody::InUse) {
            return None;
        }
        [Some(enrolled), state.seen, said.in_use_since(self.at)].into_iter().flatten().max()
    }
}

impl Said {
    /// Since when it has been in use without a break, if somebody said so.
    fn in_use_since(&self, at: Time) -> Option<Time> {
        let stated = self.placed.iter().filter(|p| p.from <= at).filter_map(|p| Some((p.from, p.custody?)));
        stated.fold(None, |since, (from, custody)| match custody {
            Custody::InUse => since.or(Some(from)),
            _ => None,
        })
    }
}
