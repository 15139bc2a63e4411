//! Whom an identifier means: a UEID, the identifier of the importing system, a UDI or a serial number.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{SourceId, SourceKind};
use formats::udi::{self, Udi};
use world::fleet::{DeviceState, Filter, Fleet, FleetView, Subject};

/// Devices named when an identifier means several.
pub const MAX_CANDIDATES: usize = 20;

/// The subject that a text names in full: `dev:…` or `asset:…`.
#[must_use]
pub fn subject(text: &str) -> Option<Subject> {
    if let Some(asset) = text.strip_prefix("asset:") {
        return Some(Subject::Asset(asset.to_owned()));
    }
    let id: SourceId = text.parse().ok()?;
    (id.kind() == SourceKind::Device).then_some(Subject::Device(id))
}

/// The subject that an identifier names without looking at every device: in full, or as the importing system has it.
#[must_use]
pub fn direct(fleet: &Fleet, text: &str) -> Option<Subject> {
    subject(text).or_else(|| {
        let asset = Subject::Asset(text.to_owned());
        fleet.contains(&asset).then_some(asset)
    })
}

/// A device that an identifier may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub subject: Subject,
    /// What it is called, in words.
    pub label: String,
}

/// A search for the devices with a serial number or a UDI, in pieces.
#[derive(Clone, Debug)]
pub struct Search {
    text: String,
    /// The device that the text names if it is a carrier of a UDI with a serial number.
    instance: Option<Udi>,
    /// The first devices found.
    pub found: Vec<Candidate>,
    /// How many there are.
    pub count: u64,
}

impl Search {
    /// A search for whatever has this serial number or UDI.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let instance = Some(udi::parse(text)).filter(|udi| udi.instance().is_some());
        Self { text: text.to_owned(), instance, found: Vec::new(), count: 0 }
    }

    /// Looks into the index, and where that has none though another device may bear the name, written otherwise, at `budget`
    /// devices after `after`. Says where to go on.
    #[must_use]
    pub fn piece(&mut self, view: &FleetView<'_>, after: Option<&Subject>, budget: usize) -> Option<Subject> {
        if after.is_none() && self.in_index(view) {
            return None;
        }
        let page = view.list(&Filter::all(), after, usize::MAX, budget);
        page.devices.iter().for_each(|state| self.see(state));
        page.next
    }

    /// Whether the index says who is meant, or that nobody is.
    fn in_index(&mut self, view: &FleetView<'_>) -> bool {
        let serial = self.instance.as_ref().and_then(|udi| udi.serial.clone());
        let mut found = BTreeSet::new();
        for (name, whole) in [(Some(self.text.clone()), true), (serial, false)] {
            let Some(name) = name else { continue };
            match view.called(&name, whole, usize::MAX) {
                Some(called) => found.extend(called),
                None => return false,
            }
        }
        let states: BTreeMap<Subject, DeviceState<'_>> = found
            .iter()
            .filter_map(|subject| view.state(subject))
            .map(|state| (state.subject(), state))
            .collect();
        states.values().for_each(|state| self.see(state));
        // Of carriers that name the same instance in another form, the index may not have each.
        self.count > 0 || self.instance.is_none()
    }

    fn see(&mut self, state: &DeviceState<'_>) {
        if !self.is(state) {
            return;
        }
        self.count += 1;
        if self.found.len() < MAX_CANDIDATES {
            self.found.push(Candidate { subject: state.subject(), label: label(state) });
        }
    }

    fn is(&self, state: &DeviceState<'_>) -> bool {
        if state.serial.as_ref() == Some(&self.text) || state.udi.as_ref() == Some(&self.text) {
            return true;
        }
        let (Some(asked), Some(scanned)) = (&self.instance, &state.udi) else { return false };
        udi::parse(scanned).instance() == asked.instance()
    }
}

fn label(state: &DeviceState<'_>) -> String {
    let parts = [state.model, state.serial.as_deref(), state.udi.as_deref(), state.site];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
