//! What concerns the releases at a page's moments, with the devices counted: for the list of vulnerabilities, the overview and
//! the metrics. The present comes from the follower; a past is one walk over the fleet, beside the page where that is large.

use std::sync::Arc;
use std::time::Duration;

use evidence::Time;
use views::population::{
    Course, Exposure, Findings, Knowledge, Past, Populations, Tally, Timeline, Verdict, courses,
};

use super::Ask;
use super::beside::{LARGE, SMALL};
use super::moments::View;

/// Devices up to which a page waits.
const FEW: usize = 5_000;
/// Open vulnerabilities over which devices are counted once.
pub(super) const MAX_OPEN: usize = 200;
/// Seconds of log time for which what was worked out over time stands for the present.
const HOUR: u64 = 3_600;

/// The list of vulnerabilities at two moments.
pub(super) struct Concern {
    /// Worst first.
    pub(super) findings: Vec<Arc<Findings>>,
    /// As many, in the same order.
    pub(super) tallies: Vec<Tally>,
    /// Devices that the open ones concern.
    pub(super) exposure: Exposure,
    pub(super) known: Arc<Knowledge>,
    /// Entries that the counts rest on.
    pub(super) size: u64,
}

/// Why there is no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nobody follows the log here.
    Absent,
    /// It is being worked out.
    Counting,
}

/// Whether something is to be done or found out.
pub(super) fn open(findings: &Findings) -> bool {
    findings.worst() >= Verdict::Undetermined && findings.withdrawn().is_none()
}

fn follower(ask: &Ask) -> Result<Arc<Populations>, Wait> {
    let populations = ask.pages.app.populations.clone().ok_or(Wait::Absent)?;
    if populations.applied() > 0 { Ok(populations) } else { Err(Wait::Counting) }
}

fn patience(populations: &Populations) -> Duration {
    if populations.devices() <= FEW { SMALL } else { LARGE }
}

fn open_ones(findings: &[Arc<Findings>]) -> Vec<Arc<Findings>> {
    findings.iter().filter(|f| open(f)).take(MAX_OPEN).cloned().collect()
}

/// The list at the page's moments. Of the present, it may be of fewer entries than the view: [`Concern::size`] says which. Of a
/// large fleet it is counted beside the page, which takes the last count that is done.
pub(super) fn concern(ask: &Ask, view: &View<'_>) -> Result<Arc<Concern>, Wait> {
    let populations = follower(ask)?;
    if view.present_asked() {
        // What was counted just now is there in a moment; what is not is said by its size.
        populations.wait_beyond(view.known.saturating_sub(1), LARGE);
        if populations.devices() <= FEW {
            return Ok(Arc::new(Concern::now(&populations)));
        }
        let (now, follower) = (&ask.pages.worked.now, populations.clone());
        let counted = now.get(&populations.applied(), LARGE, move || Concern::now(&follower));
        return counted.or_else(|| now.last()).ok_or(Wait::Counting);
    }
    let past = past(ask, view, &populations).ok_or(Wait::Counting)?;
    Ok(Arc::new(Concern {
        tallies: past.tallies(&past.findings),
        exposure: past.exposure(&open_ones(&past.findings)),
        findings: past.findings.clone(),
        known: past.known.clone(),
        size: view.known,
    }))
}

impl Concern {
    /// The present, as far as the follower is. O(groups of devices × vulnerabilities).
    fn now(populations: &Populations) -> Self {
        let (known, found) = populations.concerned();
        let (_, size, tallies) = populations.tallies(&found);
        let (_, exposure) = populations.exposure(&open_ones(&found));
        Self { findings: found.to_vec(), tallies, exposure, known, size }
    }
}

fn past(ask: &Ask, view: &View<'_>, populations: &Arc<Populations>) -> Option<Arc<Past>> {
    let (at, known) = (view.moment().min(view.known_time), view.known);
    let follower = populations.clone();
    let patience = patience(populations);
    ask.pages.worked.pasts.get(&(at, known), patience, move || follower.past(at, known))
}

/// The fleet over time, with the course of every vulnerability.
pub(super) struct Over {
    pub(super) known: Arc<Knowledge>,
    pub(super) timeline: Arc<Timeline>,
    /// Of vulnerabilities, not of notices.
    pub(super) courses: Vec<Course>,
}

/// What [`Over`] depends on: the last entry that changed what is known, and the moment; of the present, its hour.
pub(super) type Since = (u64, Time);

/// The fleet over time at the page's moments; of the present, as it was within the last hour of log time.
pub(super) fn over(ask: &Ask, view: &View<'_>) -> Result<Arc<Over>, Wait> {
    let populations = follower(ask)?;
    let began = view.capped(|world| world.clock().time_of(0));
    let follower = populations.clone();
    let patience = patience(&populations);
    let made = if view.present_asked() {
        let (known, found) = populations.concerned();
        let hour = known.time.unwrap_or(Time::EPOCH).seconds() / HOUR * HOUR;
        let since = (known.since, Time::from_seconds(hour).unwrap_or_default());
        ask.pages.worked.over.get(&since, patience, move || {
            let (_, timeline) = follower.timeline(began);
            Over::of(known, timeline, &found)
        })
    } else {
        let past = past(ask, view, &populations).ok_or(Wait::Counting)?;
        let (at, known) = (past.at, view.known);
        ask.pages.worked.over.get(&(known, at), patience, move || {
            let (known, timeline) = follower.timeline_at(began, at, known);
            Over::of(known, timeline, &past.findings)
        })
    };
    made.ok_or(Wait::Counting)
}

impl Over {
    fn of(known: Arc<Knowledge>, timeline: Arc<Timeline>, findings: &[Arc<Findings>]) -> Self {
        let vulnerabilities = findings.iter().filter(|f| f.informational().is_none());
        let courses = vulnerabilities.flat_map(|f| courses(f, &known, &timeline)).collect();
        Self { known, timeline, courses }
    }
}
