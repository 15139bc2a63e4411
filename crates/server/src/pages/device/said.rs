//! What the world says of a device, taken apart from it: its stretches of time, the entries about it, what is the matter.

use evidence::Time;
use ledger::properties::grouped;
use world::fleet::{Finding, FleetView, Spoken, Subject};

use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::words;
use super::{Kind, MAX_ENTRIES, MAX_TURNS, Matter, Stretch, Told};

pub(super) fn matter(view: &View<'_>, subject: &Subject, f: &Finding<'_>) -> Matter {
    let rank = words::rank(&f.kind);
    let (_, title, _, advice) = words::FINDINGS.get(rank).copied().unwrap_or_default();
    let mut says = Markup::new().text(&words::finding(&f.kind));
    if let world::fleet::FindingKind::DuplicateIdentity { holder, .. } = &f.kind {
        // Each of the two leads to the other.
        let here = *subject == Subject::Device(f.device);
        let other = if here { *holder } else { f.device };
        says = says.text(" The other is ").link(
            &view.to(&if here {
                words::device_path(&Subject::Device(other))
            } else {
                format!("/log/{}", f.evidence.unwrap_or_default())
            }),
            &other.to_string(),
        );
        says = says.text(".");
    }
    Matter {
        state: words::finding_state(&f.kind),
        title,
        says,
        closed: f.closed.map(|c| (c.index, c.outcome.clone())),
        evidence: f.evidence,
        advice,
    }
}

pub(super) fn stretches(fleet: &FleetView<'_>, subject: &Subject, at: Time) -> (Vec<Stretch>, bool) {
    let (history, earlier) = fleet.history_of_last(subject, MAX_TURNS);
    let one = |i: &world::fleet::Interval<'_>| Stretch {
        from: i.from,
        until: i.until.unwrap_or(at),
        last: i.until.is_none(),
        runs: words::runs(&i.state),
        releases: i.state.running.iter().filter_map(|r| r.release).collect(),
        altered: !i.state.unknown.is_empty(),
        grade: i.state.grade,
        certainty: i.state.certainty,
        verdict: i.state.verdict.map(|v| v.status),
        site: i.state.site.map(str::to_owned),
    };
    (history.iter().map(one).collect(), earlier)
}

pub(super) fn told(view: &View<'_>, fleet: &FleetView<'_>, subject: &Subject) -> (Vec<Told>, usize) {
    let (entries, all) = fleet.entries(subject, MAX_ENTRIES);
    let one = |e: world::fleet::DeviceEntry<'_>| Told {
        index: e.index,
        logged: e.logged,
        counts: e.counts,
        kind: match &e.said {
            Spoken::Evidence { not_before, .. } => Kind::Evidence { not_before: *not_before },
            Spoken::Appraised(_) => Kind::Verdict,
            _ => Kind::Other,
        },
        says: says(view, &e.said),
    };
    (entries.into_iter().map(one).collect(), all)
}

/// What an entry says of the device.
pub(super) fn says(view: &View<'_>, said: &Spoken<'_>) -> Markup {
    let m = Markup::new();
    match said {
        Spoken::Declared => m.text("declared by an import"),
        Spoken::Enrolled(origin) => m.text(&format!("enrolled, its key in {}", words::origin(*origin))),
        Spoken::Reenrolled => m.text("enrolled again, with another key"),
        Spoken::Attached(other) => m.text("declared the same device as ").text(&other.to_string()),
        Spoken::Evidence { measured, boot, not_before } => {
            let n = count(*measured as u64, "component", "components");
            let boot = boot.map(|n| format!(", start {}", grouped(n))).unwrap_or_default();
            let m = m.text(&format!("attested {n}{boot}"));
            match not_before {
                Some(time) => m.text(", made after ").time(*time),
                None => m.text(", made nobody knows when"),
            }
        }
        Spoken::Heard => m.text("spoke, measuring nothing"),
        Spoken::Appraised(v) => {
            let reasons: Vec<&str> = v.reasons.iter().map(|r| words::reason(*r)).collect();
            let m = m.then(&words::verdict(Some(v.status)));
            let m = if reasons.is_empty() { m } else { m.text(": ").text(&reasons.join("; ")) };
            match &v.release {
                Some(r) => m.text(", ").link(&view.to(&format!("/releases/{}", r.index)), "release"),
                None => m,
            }
        }
        Spoken::Reported(software) => m.text("reported to run ").text(&software.join(", ")),
        Spoken::Moved { site, custody, since, owner } => {
            let mut parts: Vec<String> = Vec::new();
            parts.extend(site.map(|s| format!("at {s}")));
            parts.extend(custody.map(|c| words::custody(c).to_owned()));
            parts.extend(owner.map(|_| "owner changed".to_owned()));
            let m = m.text("moved: ").text(&parts.join(", "));
            match since {
                Some(time) => m.text(", since ").time(*time),
                None => m,
            }
        }
    }
}
