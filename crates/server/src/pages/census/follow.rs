//! Bringing a count of the present up to later entries: only what they speak of, and what turned with time, is looked at
//! again.

use std::collections::BTreeSet;
use std::sync::{PoisonError, Weak};

use evidence::{Entry, Fact, SourceId, SourceKind, Time};
use ledger::Ledger;
use world::fleet::Subject;

use super::keeper::Shared;
use super::{Census, Glimpse};

/// Entries up to which following is cheaper than counting anew.
const MAX_BEHIND: u64 = 20_000;
/// Entries and bytes read at once.
const PIECE: usize = 512;
const PIECE_BYTES: usize = 4 << 20;
/// Devices looked at while the world is held: at a hundred records each, under a millisecond.
const SLICE: usize = 16;

/// What an entry makes necessary.
enum Touch {
    Nothing,
    One(Subject),
    Two(Subject, Subject),
    /// A release, a rule or a correction: it may be about any device.
    Everything,
}

fn touched(census: &Census, source: SourceId, fact: &Fact) -> Touch {
    let one = |device: Option<&SourceId>, asset: Option<&String>| match (device, asset) {
        (Some(device), _) => Touch::One(Subject::Device(*device)),
        (None, Some(asset)) => Touch::One(Subject::Asset(asset.clone())),
        (None, None) => Touch::Nothing,
    };
    match fact {
        Fact::Attested(_) | Fact::GapReported(_) | Fact::StreamKeyChanged(_) | Fact::StreamClosed(_)
            if source.kind() == SourceKind::Device =>
        {
            Touch::One(Subject::Device(source))
        }
        Fact::DeviceDeclared(f) => Touch::One(Subject::Asset(f.asset.clone())),
        Fact::DeviceEnrolled(f) => Touch::One(Subject::Device(f.device)),
        Fact::DeviceReenrolled(f) => Touch::One(Subject::Device(f.device)),
        Fact::DeviceAttached(f) => Touch::Two(Subject::Device(f.device), Subject::Asset(f.asset.clone())),
        Fact::Appraised(f) => Touch::One(Subject::Device(f.device)),
        Fact::DeviceReported(f) => one(f.device.as_ref(), f.asset.as_ref()),
        Fact::DeviceMoved(f) => one(f.device.as_ref(), f.asset.as_ref()),
        Fact::Equivocated(f) => Touch::One(Subject::Device(f.source)),
        Fact::FindingClosed(f) => {
            let of = census.found.iter().find(|(_, all)| all.iter().any(|found| found.id == f.finding));
            of.map_or(Touch::Nothing, |(subject, _)| Touch::One(subject.clone()))
        }
        Fact::ReleaseMade(_)
        | Fact::ReleaseWithdrawn(_)
        | Fact::ReferenceListSet(_)
        | Fact::ReportingSet(_)
        | Fact::Corrected(_)
        | Fact::Voided(_)
        | Fact::Epoch(_)
        | Fact::Recovered(_) => Touch::Everything,
        _ => Touch::Nothing,
    }
}

/// Subjects that entries speak of; `None` where counting anew is the way.
fn subjects(ledger: &Ledger, census: &Census, from: u64, to: u64) -> Option<BTreeSet<Subject>> {
    let mut out = BTreeSet::new();
    let mut next = from;
    while next < to {
        let limit = usize::try_from(to - next).unwrap_or(usize::MAX).min(PIECE);
        let raw = ledger.log().read(next, limit, PIECE_BYTES).ok().filter(|raw| !raw.is_empty())?;
        for bytes in raw.iter().take(limit) {
            let entry = Entry::decode(bytes).ok()?;
            let body = entry.body();
            match touched(census, body.source, &body.fact) {
                Touch::Nothing => {}
                Touch::One(subject) => {
                    out.insert(subject);
                }
                Touch::Two(a, b) => out.extend([a, b]),
                Touch::Everything => return None,
            }
            next += 1;
        }
    }
    Some(out)
}

/// Brings a count up to `known` entries at `at`. `false` where it has to be counted anew.
pub(super) fn advance(ledger: &Weak<Ledger>, shared: &Shared, at: Time, known: u64) -> bool {
    let Some(held) = ledger.upgrade() else { return false };
    let mut again = {
        let census = shared.read().unwrap_or_else(PoisonError::into_inner);
        if known < census.known || at < census.at || known - census.known > MAX_BEHIND {
            return false;
        }
        let Some(mut again) = subjects(&held, &census, census.known, known) else { return false };
        again.extend(census.turns.iter().take_while(|(turn, _)| *turn <= at).map(|(_, s)| s.clone()));
        if again.len() > census.rows.len() / 2 + SLICE {
            return false;
        }
        again
    };
    // What is said of a declared device is said of the enrolled one it is, and the other way round.
    let others: Vec<Subject> = again.iter().filter_map(|s| held.read().fleet().attachment(s)).collect();
    again.extend(others);
    let again: Vec<Subject> = again.into_iter().collect();
    let mut seen = Vec::with_capacity(again.len());
    for slice in again.chunks(SLICE) {
        let world = held.read();
        let view = world.fleet_at(at, known);
        seen.extend(slice.iter().map(|s| (s, view.look(s).map(|look| Glimpse::of(&look, |_| false)))));
    }
    let mut census = shared.write().unwrap_or_else(PoisonError::into_inner);
    for (subject, glimpse) in seen {
        census.take(subject, glimpse);
    }
    (census.at, census.known) = (at, known);
    true
}
