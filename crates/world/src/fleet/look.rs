//! Everything there is to say of one device at two moments, from one reading of its records; and of many, slice by slice.
//! What counts a fleet (a page, a follower) asks here, so that it can keep the sum and look again only at what changed.

use evidence::Time;

use super::finding::Finding;
use super::said::Said;
use super::silence::Silence;
use super::spans::Answer;
use super::state::DeviceState;
use super::subject::Subject;
use super::view::FleetView;

/// What the view says of a device.
#[derive(Clone, Debug)]
pub struct Look<'w> {
    /// Its state; `None` before it counts as a device.
    pub state: Option<DeviceState<'w>>,
    /// Its silence, if it should have spoken.
    pub silence: Option<Silence<'w>>,
    /// What is the matter with it, without the clashes ([`FleetView::clashes`]).
    pub findings: Vec<Finding<'w>>,
    /// The first moment after the view's at which any of this may change although nothing more is said of the device.
    pub turn: Option<Time>,
}

impl<'w> FleetView<'w> {
    /// Looks at a device. `None` for what is not known, and for a declared device that is known to be an enrolled one: it
    /// is nobody beside it. The turn is right where the view's moment is not before the last known entry. Linear in the
    /// device's records.
    #[must_use]
    pub fn look(&self, subject: &Subject) -> Option<Look<'w>> {
        let said = self.said_itself(subject)?;
        let state = self.state_of(&said, self.at);
        let silence = state.as_ref().and_then(|s| self.silence_of(&said, s));
        let mut findings = Vec::new();
        if let (Some(state), Some(device)) = (&state, said.device) {
            self.of_device(device, &said, state, self.begun(), &mut findings);
        }
        let turn = self.turn(&said, state.as_ref());
        Some(Look { state, silence, findings, turn })
    }

    /// Looks at the devices after `after`, in order, until their records exceed `budget` bytes; at one device at least.
    /// Answers where to go on, or `None` at the end. Bytes bound the time: a device is read linearly in them.
    pub fn looks(
        &self,
        after: Option<&Subject>,
        budget: usize,
        mut see: impl FnMut(&Subject, Option<Look<'w>>),
    ) -> Option<Subject> {
        let mut read = 0;
        let mut last = None;
        for (subject, log) in self.fleet.devices.after(after) {
            if read > budget {
                return last;
            }
            // Reading the shortest log costs something too.
            read += log.bytes().len() + LEAST;
            see(subject, self.look(subject));
            last = Some(subject.clone());
        }
        None
    }

    fn turn(&self, said: &Said, state: Option<&DeviceState<'w>>) -> Option<Time> {
        let at = self.at;
        let after = |t: &Time| *t > at;
        let (interval, deadline) = self.reporting(self.model_of(said, at), at);
        let stale = |since: Time| since.plus(interval).plus(1);
        let evidence = match said.spans.at(at) {
            Answer::Within(s) => Some(s.hi.plus(1)),
            Answer::Between(_, next) | Answer::Before(next) => next.lo,
            Answer::Last(s) => s.lo.map(stale),
            Answer::Conflict(a, b) => Some(a.hi.min(b.hi).plus(1)),
            Answer::Nothing => None,
        };
        let report = said.report(at).map(|r| stale(r.from));
        let words = said.declared.iter().map(|d| d.from).chain(said.placed.iter().map(|p| p.from));
        let quiet = state.and_then(|s| self.quiet_since(said, s)).map(|since| since.plus(deadline).plus(1));
        let all = [evidence, report, quiet].into_iter().flatten().chain(words);
        all.filter(after).min()
    }
}

/// Bytes that looking at a device counts for beside its records.
const LEAST: usize = 128;
