//! States of devices in words, with the glyph that repeats them; reasons and findings as sentences.

use evidence::facts::fleet::{Appraisal, AppraisalReason, Custody, KeyOrigin};
use ledger::properties::grouped;
use world::fleet::{Certainty, ClashOn, DeviceState, FindingKind, Grade, Subject, UnknownReason};

use super::chart::Fill;
use super::markup::{Markup, count, moment};

/// How a state is known.
pub(super) fn grade(grade: Grade) -> Markup {
    Markup::new().state(grade.word(), grade.word())
}

/// How certain it is.
pub(super) fn certainty(certainty: &Certainty) -> Markup {
    Markup::new().state(certainty.word(), certainty.word())
}

/// The pattern for it.
pub(super) const fn fill(certainty: &Certainty) -> Fill {
    match certainty {
        Certainty::Proven { .. } => Fill::Proven,
        Certainty::Fresh { .. } => Fill::Fresh,
        Certainty::Assumed { .. } => Fill::Assumed,
        Certainty::Unknown(_) => Fill::Unknown,
    }
}

/// The verdict, or that there is none.
pub(super) fn verdict(status: Option<Appraisal>) -> Markup {
    match status {
        Some(Appraisal::Affirming) => Markup::new().state("affirming", "affirming"),
        Some(Appraisal::Warning) => Markup::new().state("warning", "warning"),
        Some(Appraisal::Contraindicated) => Markup::new().state("contraindicated", "contraindicated"),
        Some(Appraisal::None) => Markup::new().state("undetermined", "none possible"),
        None => Markup::new().element("span", "u", "not appraised"),
    }
}

/// Why a state is not known.
pub(super) const fn unknown(reason: UnknownReason) -> &'static str {
    match reason {
        UnknownReason::NothingSaid => "nobody said what it runs",
        UnknownReason::MeasuredLater => "it was first measured after this moment",
        UnknownReason::NothingMeasured => "its evidence measures nothing",
        UnknownReason::Disagreement => {
            "measurements around this moment differ: it changed, and nobody knows when"
        }
    }
}

/// Why evidence was appraised as it was.
pub(super) const fn reason(reason: AppraisalReason) -> &'static str {
    match reason {
        AppraisalReason::ReleaseKnown => "every measurement is a reference value of one release",
        AppraisalReason::MeasurementUnknown => "a measurement is a reference value of no release",
        AppraisalReason::MixedReleases => "measurements belong to different releases",
        AppraisalReason::ReleaseWithdrawn => "the release was withdrawn",
        AppraisalReason::DebugEnabled => "debugging was possible",
        AppraisalReason::BootCountBack => "the boot count went back",
        AppraisalReason::SequenceGap => "the sequence has a gap",
        AppraisalReason::Downgraded => "an older release than before",
        AppraisalReason::Late => "the evidence was too old to say anything about its present",
        AppraisalReason::IdentityDoubt => "its key may be held by two devices",
        AppraisalReason::ConfigurationUnknown => "a configuration that its owner did not list",
        AppraisalReason::NothingMeasured => "nothing was measured",
        AppraisalReason::NoBeacon => "it embeds no beacon, so nothing says when it was made",
    }
}

/// Where a device stands in its life.
pub(super) const fn custody(custody: Custody) -> &'static str {
    match custody {
        Custody::InUse => "in use",
        Custody::Stored => "stored",
        Custody::Loaned => "lent out",
        Custody::InTransit => "in transit",
        Custody::InService => "in service or repair",
        Custody::Retired => "retired",
        Custody::Missing => "missing",
    }
}

/// Where a device's key lives.
pub(super) const fn origin(origin: KeyOrigin) -> &'static str {
    match origin {
        KeyOrigin::Puf => "silicon (PUF), re-derived at each power-up",
        KeyOrigin::SecureElement => "a secure element",
        KeyOrigin::Tpm => "a TPM",
        KeyOrigin::File => "a file, which can be copied",
    }
}

/// Kinds of findings, worst first: word of the address, what it is called, what it means, what is done about it.
pub(super) const FINDINGS: [(&str, &str, &str, &str); 5] = [
    (
        "clone-suspected",
        "Cloned device",
        "one identity, two entries at one place of its stream",
        "Both entries are kept. Take the device out of use, and enrol it anew with another key.",
    ),
    (
        "duplicate-identity",
        "Identity held twice",
        "another enrolment holds its UEID, key or UDI instance",
        "Find out which of the two is the device; the later enrolment is quarantined and counts for nothing.",
    ),
    (
        "unknown-firmware",
        "Firmware of no release",
        "it measured what is a reference value of no release and on no list",
        "Enter the release or the site's reference list, if it is one; otherwise treat the device as altered.",
    ),
    (
        "gap",
        "Gap in a stream",
        "it counted entries that have not come",
        "They may still come; if the device reports them lost, it says why.",
    ),
    (
        "silence",
        "Silence past its deadline",
        "in use, and not heard within the time set for its model",
        "Ask the site; if it is not in use, enter its move, and it may be silent.",
    ),
];

/// Its place among the kinds, worst first.
pub(super) fn rank(kind: &FindingKind) -> usize {
    FINDINGS.iter().position(|(word, ..)| *word == kind.word()).unwrap_or(FINDINGS.len())
}

/// The state that a kind of finding is drawn as.
pub(super) const fn finding_state(kind: &FindingKind) -> &'static str {
    match kind {
        FindingKind::CloneSuspected { .. } => "alarm",
        FindingKind::DuplicateIdentity { .. } | FindingKind::UnknownFirmware { .. } => "warning",
        FindingKind::Gap { .. } => "gap",
        FindingKind::Silent { .. } => "overdue",
    }
}

/// What a finding says of its device.
pub(super) fn finding(kind: &FindingKind) -> String {
    match kind {
        FindingKind::DuplicateIdentity { on, .. } => {
            let what = match on {
                ClashOn::Ueid => "UEID",
                ClashOn::Key => "key",
                ClashOn::Udi => "UDI instance",
            };
            format!("A second enrolment states the same {what}.")
        }
        FindingKind::CloneSuspected { stream } => {
            format!("Two different entries claim one place of stream {}.", grouped(*stream))
        }
        FindingKind::UnknownFirmware { components } => {
            format!("No release accounts for what it measured: {}.", components.join(", "))
        }
        FindingKind::Gap { stream, first, count: n } => {
            let (places, have) = match n {
                1 => (format!("Place {}", grouped(*first)), "has"),
                n => (format!("Places {} to {}", grouped(*first), grouped(first + n - 1)), "have"),
            };
            format!("{places} of stream {} {have} not come.", grouped(*stream))
        }
        FindingKind::Silent { since } => format!("Silent since {} UTC.", moment(*since)),
    }
}

/// What a device is called: its serial number, else what the importing system calls it, else its UDI, else its identifier.
pub(super) fn name(state: &DeviceState<'_>) -> String {
    let said = state.serial.clone().or_else(|| state.asset.clone()).or_else(|| state.udi.clone());
    said.filter(|s| !s.trim().is_empty()).unwrap_or_else(|| state.subject().to_string())
}

/// What it runs, by item.
pub(super) fn runs(state: &DeviceState<'_>) -> String {
    let one = |r: &world::fleet::Running| match (&r.version, r.item.as_str()) {
        (Some(version), "") => version.clone(),
        (Some(version), item) => format!("{item} {version}"),
        (None, item) => format!("{item}, releases mixed"),
    };
    state.running.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Address of a device's page.
pub(super) fn device_path(subject: &Subject) -> String {
    // The colon after the kind may stand in a path as it is (RFC 3986, 3.3).
    format!("/fleet/{}", super::markup::percent(&subject.to_string()).replacen("%3A", ":", 1))
}

/// What an address calls a device.
pub(super) fn subject(text: &str) -> Option<Subject> {
    match text.strip_prefix("asset:") {
        Some(asset) => Some(Subject::Asset(asset.to_owned())),
        None => text.parse().ok().map(Subject::Device),
    }
}

/// `1 device`, `2 devices`.
pub(super) fn devices(n: u64) -> String {
    count(n, "device", "devices")
}

/// Small numbers in words, at the beginning of a sentence.
pub(super) fn number(n: u64) -> String {
    match n {
        2 => "Two".into(),
        3 => "Three".into(),
        n => grouped(n),
    }
}
