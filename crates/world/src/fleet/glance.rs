//! What the verdict on evidence needs to know of a device *now*, without reading all that was ever said of it. The same as
//! [`FleetView::state`] says at the present moment; a device with years of evidence costs as little as a new one.

use evidence::body::Measured;
use evidence::{SourceId, Time};

use super::Fleet;
use super::record::{Enrolled, Log, Record};
use super::subject::Subject;
use super::view::FleetView;

/// An enrolled device at the present moment.
pub(super) struct Glance<'w> {
    device: SourceId,
    log: &'w Log,
    pub(super) model: Option<&'w str>,
    pub(super) product: Option<&'w str>,
}

impl<'w> Glance<'w> {
    /// `None` for what is not enrolled, or not any more because its enrolment was voided.
    pub(super) fn of(view: &FleetView<'w>, device: SourceId) -> Option<Self> {
        let fleet = view.fleet;
        let log = fleet.devices.get(&Subject::Device(device))?;
        // The log of a device begins with its enrolment.
        let (index, Record::Enrolled(Enrolled { model, product, .. })) = log.records().next()? else {
            return None;
        };
        if view.known.counts(index) {
            let (model, product) = (fleet.said(Some(model)), fleet.said(Some(product)));
            return Some(Self { device, log, model, product });
        }
        // What remains of it is what it was declared to be, if it was.
        let state = view.state(&Subject::Device(device))?;
        Some(Self { device, log, model: state.model, product: state.product })
    }

    /// Where it is. Cheap but for devices whose place was stated for other moments than that of the statement.
    pub(super) fn site(&self, view: &FleetView<'w>) -> Option<&'w str> {
        let head = self.log.head();
        if head.backdated || head.site().is_some_and(|(index, _)| !view.known.counts(index)) {
            return view.state(&Subject::Device(self.device))?.site;
        }
        let clock = view.world.clock();
        let own = head.site().map(|(index, site)| (clock.time_of(index), index, site));
        let declared = if head.attached { self.declared_site(view) } else { None };
        own.max(declared).and_then(|(.., site)| view.fleet.said(Some(site)))
    }

    /// What was last said of the site of the declared device that this one is: since when, by which entry, and what.
    fn declared_site(&self, view: &FleetView<'w>) -> Option<(Time, u64, u32)> {
        let (index, asset) = self.log.records().find_map(|(index, record)| match record {
            Record::Attached(asset) => Some((index, asset)),
            _ => None,
        })?;
        if !view.known.counts(index) {
            return None;
        }
        // A declared device makes no evidence: its log is short.
        let log = view.fleet.devices.get(&Subject::Asset(asset))?;
        let places = log.records().filter_map(|(index, record)| match record {
            Record::Placed { site: Some(site), since, .. } if view.known.counts(index) => {
                Some((since.unwrap_or_else(|| view.world.clock().time_of(index)), index, site))
            }
            _ => None,
        });
        places.filter(|(from, ..)| *from <= view.at).max()
    }

    /// Whether its newest evidence measured just this, in any order.
    pub(super) fn measured_last(&self, fleet: &Fleet, measured: &[Measured]) -> bool {
        let last = self.log.head().newest().map_or(&[][..], |last| fleet.measured(last.set()));
        last.len() == measured.len() && measured.iter().all(|m| last.contains(m))
    }
}
