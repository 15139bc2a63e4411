//! The verdict on one piece of evidence: a pure function of the world before it and of the entry itself. The ledger logs
//! it when it differs from the device's last one.
//!
//! | AR4SI part | affirming | warning | contraindicated |
//! |---|---|---|---|
//! | instance identity | the enrolled key signed it | | the key may be in two hands, or the boot count went back |
//! | configuration | on its owner's list | | its owner did not list it |
//! | executables | reference values of one release an item | unknown, mixed or no measurements; set back to an older release | a withdrawn release |
//! | runtime | | | debugging was possible |
//! | sourced data | | its stream has a gap | |
//!
//! Late evidence counts in full for the time it was made, and says nothing about now: the parts stand, the status is
//! `none` unless a part is worse than affirming. Not here: whether the signature verifies (the ledger), EAR's encoding.

use std::cmp::Ordering;

use evidence::facts::fleet::{Appraisal, AppraisalReason, Appraised};
use evidence::types::{Bytes, EntryRef};
use evidence::{Body, Entry, Evidence, Fact, SourceId};

use super::glance::Glance;
use super::record::Last;
use super::view::FleetView;
use crate::release::{Known, Resolution, version};
use crate::streams::{Ahead, Place, StreamKey};
use crate::world::World;
use evidence::body::DebugStatus;

/// Version of the rules in this file.
pub const POLICY: u64 = 1;

/// Places in the trust vector (AR4SI, 2.3).
const IDENTITY: usize = 0;
const CONFIGURATION: usize = 1;
const EXECUTABLES: usize = 2;
const RUNTIME: usize = 5;
const SOURCED: usize = 7;

/// Trustworthiness claims (AR4SI, 2.3): what is affirmed, what cannot be vouched for, what is wrong.
const GOOD: i8 = 2;
const CANNOT_VOUCH: i8 = 32;
const UNRECOGNISED: i8 = 33;
const BAD: i8 = 96;

/// Parts and reasons as they are found.
#[derive(Default)]
struct Findings {
    vector: [i8; 8],
    reasons: Vec<AppraisalReason>,
}

impl Findings {
    /// The worst that was found of a part holds.
    fn part(&mut self, part: usize, claim: i8) {
        if let Some(now) = self.vector.get_mut(part) {
            *now = (*now).max(claim);
        }
    }

    fn because(&mut self, reason: AppraisalReason, part: usize, claim: i8) {
        self.reasons.push(reason);
        self.part(part, claim);
    }

    fn worst(&self) -> Appraisal {
        match self.vector.iter().copied().max().unwrap_or(0) {
            ..=1 => Appraisal::None,
            2..32 => Appraisal::Affirming,
            32..96 => Appraisal::Warning,
            96.. => Appraisal::Contraindicated,
        }
    }
}

/// Appraises evidence against the world of the entries before it. `None` for what is not the evidence of an enrolled
/// device. Time: a few lookups, however much the device has said before.
#[must_use]
pub fn appraise(world: &World, entry: &Entry) -> Option<Appraised> {
    appraise_after(world, entry, None)
}

/// As [`appraise`], of an entry that comes after pieces of its stream that are not in the log yet.
#[must_use]
pub fn appraise_after(world: &World, entry: &Entry, ahead: Option<&Ahead>) -> Option<Appraised> {
    let body = entry.body();
    let Fact::Attested(evidence) = &body.fact else { return None };
    let known = Known::new(world.size(), world.journal());
    let view = FleetView::new(world, world.now(), world.size());
    let device = Glance::of(&view, body.source)?;
    let newest = world.fleet().newest(&body.source);
    let mut found = Findings::default();
    found.part(IDENTITY, GOOD);
    if doubted(world, known, &body.source) {
        found.because(AppraisalReason::IdentityDoubt, IDENTITY, BAD);
    }
    let late = freshness(world, &view, body, ahead, device.model, &mut found);
    if let Some(newest) = newest.filter(|_| !late.historic) {
        boot_count(evidence, newest, &mut found);
    }
    if evidence.debug == Some(DebugStatus::Enabled) {
        found.because(AppraisalReason::DebugEnabled, RUNTIME, BAD);
    }
    let resolution = world.releases().resolve(device.product, &evidence.measurements, known);
    // Only what no release lists may be the site's own.
    let site = if resolution.unknown.is_empty() { None } else { device.site(&view) };
    executables(world, known, evidence, &resolution, site, &mut found);
    if let Some(newest) = newest.filter(|_| !late.historic)
        && set_back(world, known, (&body.source, &device), newest, evidence, &resolution)
    {
        found.because(AppraisalReason::Downgraded, EXECUTABLES, CANNOT_VOUCH);
    }
    let status = match found.worst() {
        Appraisal::Affirming if late.late => Appraisal::None,
        status => status,
    };
    found.reasons.sort_unstable();
    let release = resolution.main().and_then(|i| world.releases().get(i, known));
    Some(Appraised {
        device: body.source,
        evidence: entry.hash(),
        status,
        vector: Bytes(found.vector.iter().map(|v| v.to_be_bytes()[0]).collect()),
        reasons: found.reasons,
        release: release.map(|r| EntryRef { index: r.entry.index, entry: r.entry.entry }),
        policy: POLICY,
    })
}

/// As [`appraise`], but only what must be logged: see [`changes`].
#[must_use]
pub fn appraise_changed(world: &World, entry: &Entry) -> Option<Appraised> {
    appraise(world, entry).filter(|new| changes(world, new))
}

/// Whether a verdict must be logged: it differs from the device's last one. Late evidence that is as it should be says
/// nothing about now and changes no verdict, unless it is the first.
#[must_use]
pub fn changes(world: &World, new: &Appraised) -> bool {
    let Some(last) = world.fleet().last_verdict(&new.device) else { return true };
    new.status != Appraisal::None && !last.is(new)
}

/// Whether the device's key may be in two hands.
fn doubted(world: &World, known: Known<'_>, device: &SourceId) -> bool {
    let forked =
        world.streams().of_source(*device).any(|(_, s)| s.forks.iter().any(|(i, _)| known.counts(*i)));
    let clash = |c: &super::Clash| (c.device == *device || c.holder == *device) && known.counts(c.index);
    forked || world.fleet().notes.clashes.iter().any(clash)
}

struct Lateness {
    /// Says nothing about now.
    late: bool,
    /// Was made before what has come already.
    historic: bool,
}

fn freshness(
    world: &World,
    view: &FleetView<'_>,
    body: &Body,
    ahead: Option<&Ahead>,
    model: Option<&str>,
    found: &mut Findings,
) -> Lateness {
    let stream = StreamKey { source: body.source, stream: body.stream };
    let historic = world.streams().get(&stream).is_some_and(|s| body.sequence < s.next);
    // The hash matters only inside gaps, whose entries are historic whatever it is.
    let hash = body.previous.unwrap_or(evidence::Hash([0; 32]));
    if matches!(world.streams().place_after(body, &hash, ahead), Place::AfterGap(_)) {
        found.because(AppraisalReason::SequenceGap, SOURCED, CANNOT_VOUCH);
    }
    let window = view.reporting(model, world.now()).0;
    match world.age_of(body, world.size()) {
        None => {
            found.reasons.push(AppraisalReason::NoBeacon);
            Lateness { late: true, historic }
        }
        Some(age) => {
            let late = age > window || historic;
            if late {
                found.reasons.push(AppraisalReason::Late);
            }
            Lateness { late, historic }
        }
    }
}

fn boot_count(evidence: &Evidence, newest: &Last, found: &mut Findings) {
    if let (Some(now), Some(before)) = (evidence.boot_count, newest.boot())
        && now < before
    {
        found.because(AppraisalReason::BootCountBack, IDENTITY, BAD);
    }
}

fn executables(
    world: &World,
    known: Known<'_>,
    evidence: &Evidence,
    resolution: &Resolution,
    site: Option<&str>,
    found: &mut Findings,
) {
    if evidence.measurements.is_empty() {
        return found.because(AppraisalReason::NothingMeasured, EXECUTABLES, CANNOT_VOUCH);
    }
    let (mut unknown, mut unlisted) = (false, false);
    for m in resolution.unknown.iter().filter_map(|n| evidence.measurements.get(*n)) {
        match world.releases().accepted(site, &m.name, &m.digest, known) {
            Some(true) => found.part(CONFIGURATION, GOOD),
            Some(false) => unlisted = true,
            None => unknown = true,
        }
    }
    if unlisted {
        found.because(AppraisalReason::ConfigurationUnknown, CONFIGURATION, BAD);
    }
    if unknown {
        found.because(AppraisalReason::MeasurementUnknown, EXECUTABLES, UNRECOGNISED);
    }
    if resolution.mixed() {
        found.because(AppraisalReason::MixedReleases, EXECUTABLES, UNRECOGNISED);
    } else if !resolution.items.is_empty() && !unknown {
        found.because(AppraisalReason::ReleaseKnown, EXECUTABLES, GOOD);
    }
    let withdrawn = |release: u64| world.releases().withdrawn(release, known).is_some();
    if resolution.items.iter().filter_map(|i| i.release).any(withdrawn) {
        found.because(AppraisalReason::ReleaseWithdrawn, EXECUTABLES, BAD);
    }
}

/// Whether the device was set back to an older release, now or earlier: what was said of it then holds until something newer
/// runs. Leaving a withdrawn release is no step back.
fn set_back(
    world: &World,
    known: Known<'_>,
    (source, device): (&SourceId, &Glance<'_>),
    newest: &Last,
    evidence: &Evidence,
    now: &Resolution,
) -> bool {
    let last = || {
        world.fleet().last_verdict(source).is_some_and(|v| v.reasons.contains(&AppraisalReason::Downgraded))
    };
    if device.measured_last(world.fleet(), &evidence.measurements) {
        return last();
    }
    let before = world.releases().resolve(device.product, world.fleet().measured(newest.set()), known);
    let withdrawn = |release: u64| world.releases().withdrawn(release, known).is_some();
    let moved = |wanted: Ordering| {
        now.items.iter().any(|item| {
            let was = before.item(&item.item).filter(|i| !i.release.is_some_and(withdrawn));
            match (was.and_then(|i| i.version.as_ref()), &item.version) {
                (Some(was), Some(is)) => version::compare(is, was) == wanted,
                _ => false,
            }
        })
    };
    moved(Ordering::Less) || (last() && !moved(Ordering::Greater))
}
