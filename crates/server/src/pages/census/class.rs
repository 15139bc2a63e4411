//! What devices have in common: kind, place and state, without who they are. A maker has as many classes as sites times
//! states, however many devices; a condition that is not about single devices is decided once a class.

use evidence::body::Measured;
use evidence::facts::fleet::{Appraisal, Custody};
use tlog::Hash;
use world::fleet::{Certainty, DeviceState, Grade, Running, UnknownReason, Verdict};

/// Stands for a measurement in a class, which keeps only whether there was one that no release accounts for.
static MEASURED: Measured = Measured { name: String::new(), version: None, digest: Hash([0; 32]) };

/// Devices that differ in nothing that is counted.
#[derive(Clone, Debug)]
pub(in super::super) struct Class {
    pub(in super::super) model: Option<String>,
    product: Option<String>,
    hardware: Option<String>,
    pub(in super::super) site: Option<String>,
    custody: Option<Custody>,
    pub(in super::super) grade: Grade,
    /// The word and, of an unknown state, the reason; the entries are those of no device.
    pub(in super::super) certainty: Certainty,
    pub(in super::super) running: Vec<Running>,
    software: Vec<String>,
    /// Whether every measurement belongs to a release or a list; `None` where nothing was measured.
    accounted: Option<bool>,
    verdict: Option<Verdict>,
    pub(in super::super) silent: bool,
    /// Number of devices.
    pub(in super::super) count: u64,
}

impl Class {
    pub(super) fn of(state: &DeviceState<'_>, silent: bool) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            model: own(state.model),
            product: own(state.product),
            hardware: own(state.hardware_version),
            site: own(state.site),
            custody: state.custody,
            grade: state.grade,
            certainty: match state.certainty {
                Certainty::Proven { .. } => Certainty::Proven { from: 0, until: 0 },
                Certainty::Fresh { .. } => Certainty::Fresh { by: None },
                Certainty::Assumed { .. } => Certainty::Assumed { by: None },
                unknown @ Certainty::Unknown(_) => unknown,
            },
            running: state.running.clone(),
            software: state.software.iter().map(|s| (*s).to_owned()).collect(),
            accounted: accounted(state),
            verdict: state.verdict.map(|v| Verdict {
                status: v.status,
                vector: [0; 8],
                reasons: Vec::new(),
                release: None,
                policy: 0,
            }),
            silent,
            count: 0,
        }
    }

    /// Whether it measured what belongs to no release and to no list.
    pub(in super::super) fn altered(&self) -> bool {
        self.accounted == Some(false)
    }

    /// The status of the last verdict.
    pub(in super::super) fn verdict(&self) -> Option<Appraisal> {
        self.verdict.as_ref().map(|v| v.status)
    }

    /// A device of the class, as far as conditions over classes ask.
    pub(super) fn state(&self) -> DeviceState<'_> {
        let measured = if self.accounted.is_some() { std::slice::from_ref(&MEASURED) } else { &[] };
        DeviceState {
            device: None,
            asset: None,
            udi: None,
            serial: None,
            model: self.model.as_deref(),
            product: self.product.as_deref(),
            hardware_version: self.hardware.as_deref(),
            site: self.site.as_deref(),
            owner: None,
            custody: self.custody,
            grade: self.grade,
            certainty: self.certainty,
            running: self.running.clone(),
            measured,
            unknown: if self.accounted == Some(false) { vec![&MEASURED] } else { Vec::new() },
            software: self.software.iter().map(String::as_str).collect(),
            verdict: self.verdict.as_ref(),
            seen: None,
        }
    }
}

fn accounted(state: &DeviceState<'_>) -> Option<bool> {
    (!state.measured.is_empty()).then_some(state.unknown.is_empty())
}

/// Bytes that are the same for devices of one class, and for no others.
pub(super) fn key(state: &DeviceState<'_>, silent: bool, out: &mut Vec<u8>) {
    let mut text = |text: Option<&str>| match text {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            out.extend_from_slice(&(text.len() as u64).to_be_bytes());
            out.extend_from_slice(text.as_bytes());
        }
    };
    [state.model, state.product, state.hardware_version, state.site].into_iter().for_each(&mut text);
    text(state.custody.map(Custody::word));
    text(state.verdict.map(|v| v.status.word()));
    for run in &state.running {
        text(Some(&run.item));
        text(run.version.as_deref());
        text(run.release.map(|r| r.to_string()).as_deref());
    }
    text(None);
    state.software.iter().for_each(|s| text(Some(s)));
    text(None);
    let reason = match state.certainty {
        Certainty::Proven { .. } => 0,
        Certainty::Fresh { .. } => 1,
        Certainty::Assumed { .. } => 2,
        Certainty::Unknown(UnknownReason::NothingSaid) => 3,
        Certainty::Unknown(UnknownReason::MeasuredLater) => 4,
        Certainty::Unknown(UnknownReason::NothingMeasured) => 5,
        Certainty::Unknown(UnknownReason::Disagreement) => 6,
    };
    let known = match accounted(state) {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    };
    out.extend([state.grade as u8, reason, known, u8::from(silent)]);
}
