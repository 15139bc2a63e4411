//! Answers about devices as JSON. Absent members of a device are `null`: nobody said.

use serde_json::{Value, json};
use world::fleet::{
    Basis, Certainty, Count, DeviceState, Finding, FindingKind, FleetView, Grades, Interval, Subject,
    VECTOR_NAMES, Verdict,
};

/// Numbers of devices by grade.
#[must_use]
pub fn grades_json(grades: &Grades) -> Value {
    json!({ "declared": grades.declared, "reported": grades.reported, "attested": grades.attested })
}

/// The members of a count.
#[must_use]
pub fn count_json(count: &Count) -> Value {
    json!({ "count": count.count, "grades": grades_json(&count.grades) })
}

/// One device, as in a list.
#[must_use]
pub fn device_json(state: &DeviceState<'_>) -> Value {
    let (reason, basis) = match state.certainty {
        Certainty::Proven { from, until } => (None, json!({ "from": from, "until": until })),
        Certainty::Fresh { by } | Certainty::Assumed { by } => (None, json!({ "by": by })),
        Certainty::Unknown(reason) => (Some(reason.word()), Value::Null),
    };
    let running = state.running.iter();
    let running = running.map(|r| json!({ "item": r.item, "version": r.version, "release": r.release }));
    let measured = |m: &evidence::body::Measured| json!({ "name": m.name, "version": m.version, "digest": m.digest.to_string() });
    json!({
        "id": state.subject().to_string(),
        "device": state.device.map(|d| d.to_string()),
        "asset": state.asset,
        "udi": state.udi,
        "serial": state.serial,
        "model": state.model,
        "product": state.product,
        "hardware": state.hardware_version,
        "site": state.site,
        "owner": state.owner,
        "custody": state.custody.map(evidence::facts::fleet::Custody::word),
        "grade": state.grade.word(),
        "freshness": state.certainty.word(),
        "reason": reason,
        "basis": basis,
        "running": running.collect::<Vec<_>>(),
        "measured": state.measured.iter().map(measured).collect::<Vec<_>>(),
        "unknown": state.unknown.iter().map(|m| measured(m)).collect::<Vec<_>>(),
        "software": state.software,
        "verdict": state.verdict.map(verdict_json),
        "seen": state.seen.map(|t| t.to_string()),
    })
}

fn verdict_json(verdict: &Verdict) -> Value {
    let vector = VECTOR_NAMES.iter().zip(verdict.vector).map(|(name, v)| ((*name).to_owned(), v.into()));
    json!({
        "status": verdict.status.word(),
        "vector": vector.collect::<serde_json::Map<_, _>>(),
        "reasons": verdict.reasons.iter().map(|r| r.word()).collect::<Vec<_>>(),
        "release": verdict.release.as_ref().map(|r| r.index),
        "policy": verdict.policy,
    })
}

/// One device with what only a question about it alone answers: silence, findings and the entries the answer rests on.
#[must_use]
pub fn one_json(view: &FleetView<'_>, subject: &Subject, state: &DeviceState<'_>, basis: &Basis) -> Value {
    let mut whole = device_json(state);
    let silence = view.silence(subject);
    let silence = silence.map(|s| json!({ "since": s.since.to_string(), "due": s.due.to_string() }));
    let findings: Vec<Value> = view.findings_of(subject).iter().map(finding_json).collect();
    let entries = basis.iter().map(|(index, grounds)| {
        json!({ "index": index, "grounds": grounds.iter().map(|g| g.word()).collect::<Vec<_>>() })
    });
    let (interval, deadline) = view.reporting(state.model, view.at());
    if let Value::Object(whole) = &mut whole {
        whole.insert("carrier".into(), state.udi.as_deref().map(carrier_json).into());
        whole.insert("silence".into(), silence.into());
        whole.insert("reporting".into(), json!({ "interval": interval, "deadline": deadline }));
        whole.insert("findings".into(), findings.into());
        whole.insert("entries".into(), entries.collect());
    }
    whole
}

/// What a carrier says, and whether its check digit is right.
fn carrier_json(scanned: &str) -> Value {
    let udi = formats::udi::parse(scanned);
    json!({
        "agency": udi.agency.map(formats::udi::Agency::word),
        "di": udi.di,
        "check": udi.check.word(),
        "serial": udi.serial,
        "lot": udi.lot,
        "expiry": udi.expiry.map(|d| d.to_string()),
        "made": udi.made.map(|d| d.to_string()),
        "findings": udi.findings,
    })
}

fn finding_json(finding: &Finding<'_>) -> Value {
    let about = match &finding.kind {
        FindingKind::DuplicateIdentity { holder, on } => {
            json!({ "device": finding.device.to_string(), "holder": holder.to_string(), "on": on.word() })
        }
        FindingKind::CloneSuspected { stream } => json!({ "stream": stream }),
        FindingKind::UnknownFirmware { components } => json!({ "components": components }),
        FindingKind::Gap { stream, first, count } => {
            json!({ "stream": stream, "first": first, "count": count })
        }
        FindingKind::Silent { since } => json!({ "since": since.to_string() }),
    };
    let closed = finding.closed.map(|c| json!({ "index": c.index, "outcome": c.outcome }));
    json!({ "finding": finding.id.to_string(), "kind": finding.kind.word(), "about": about, "closed": closed })
}

/// The intervals of a device, oldest first.
#[must_use]
pub fn history_json(intervals: &[Interval<'_>]) -> Value {
    let intervals = intervals.iter().map(|i| {
        let until = i.until.map(|t| t.to_string());
        json!({ "from": i.from.to_string(), "until": until, "state": device_json(&i.state) })
    });
    let intervals: Vec<Value> = intervals.collect();
    json!({ "count": intervals.len(), "intervals": intervals })
}
