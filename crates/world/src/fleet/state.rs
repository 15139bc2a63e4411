//! The answer about one device: what it runs, where it is, how that is known and how certain it is.

use evidence::body::Measured;
use evidence::facts::fleet::Custody;
use evidence::{SourceId, Time};

use super::subject::Subject;
use super::table::Verdict;

/// How a device's state is known, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// By an import or its enrolment only.
    Declared,
    /// By its own or an update client's word.
    Reported,
    /// By evidence.
    Attested,
}

impl Grade {
    /// Every grade.
    pub const ALL: [Self; 3] = [Self::Declared, Self::Reported, Self::Attested];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Reported => "reported",
            Self::Attested => "attested",
        }
    }
}

/// Why a state is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnknownReason {
    /// Nobody said what it runs.
    NothingSaid,
    /// It was first measured later than this moment.
    MeasuredLater,
    /// Its evidence measures nothing.
    NothingMeasured,
    /// Evidence that may have been made at this moment disagrees: it changed, and nobody knows when.
    Disagreement,
}

impl UnknownReason {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NothingSaid => "nothing-said",
            Self::MeasuredLater => "measured-later",
            Self::NothingMeasured => "nothing-measured",
            Self::Disagreement => "disagreement",
        }
    }
}

/// How certain a state is. Indices are those of the entries it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Measured within the beacon and the arrival of one piece of evidence, or between two that agree.
    Proven {
        /// The evidence before the moment, or around it.
        from: u64,
        /// The evidence after it, or the same.
        until: u64,
    },
    /// Last said within the reporting interval before the moment.
    Fresh {
        /// The last evidence; `None` for a report.
        by: Option<u64>,
    },
    /// Last said longer ago, or nobody knows when.
    Assumed {
        /// The last evidence; `None` for a report or a declaration.
        by: Option<u64>,
    },
    /// Not known.
    Unknown(UnknownReason),
}

impl Certainty {
    /// Index of the evidence it rests on; the later of two.
    #[must_use]
    pub const fn evidence(&self) -> Option<u64> {
        match self {
            Self::Proven { until, .. } => Some(*until),
            Self::Fresh { by } | Self::Assumed { by } => *by,
            Self::Unknown(_) => None,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Proven { .. } => "proven",
            Self::Fresh { .. } => "fresh",
            Self::Assumed { .. } => "assumed",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// One item that a device runs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Running {
    /// The item.
    pub item: String,
    /// Its version; `None` where measurements of several releases are mixed.
    pub version: Option<String>,
    /// Index of the release, if it is one that the log knows.
    pub release: Option<u64>,
}

/// A device at two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceState<'w> {
    /// Its UEID, if it is enrolled as far as is known.
    pub device: Option<SourceId>,
    /// Its identifier in the importing system, if it was declared.
    pub asset: Option<String>,
    /// UDI as scanned: of the enrolment, else of the import.
    pub udi: Option<String>,
    /// Serial number: of the enrolment, else of the import.
    pub serial: Option<String>,
    /// Model.
    pub model: Option<&'w str>,
    /// Product; declared devices have none.
    pub product: Option<&'w str>,
    /// Hardware version.
    pub hardware_version: Option<&'w str>,
    /// Site.
    pub site: Option<&'w str>,
    /// Owner.
    pub owner: Option<&'w str>,
    /// Where it stands in its life; `None` where nobody said.
    pub custody: Option<Custody>,
    /// How its state is known.
    pub grade: Grade,
    /// How certain that is.
    pub certainty: Certainty,
    /// What it runs, by item. Empty where that is unknown or nothing measured is a reference value.
    pub running: Vec<Running>,
    /// What it measured, if the state rests on evidence.
    pub measured: &'w [Measured],
    /// What it measured that is a reference value of no release.
    pub unknown: Vec<&'w Measured>,
    /// What was said it runs, verbatim, if the state rests on words.
    pub software: Vec<&'w str>,
    /// The last verdict logged by then.
    pub verdict: Option<&'w Verdict>,
    /// Moment at or after which it is known to have spoken, of what had arrived by then.
    pub seen: Option<Time>,
}

impl DeviceState<'_> {
    /// What it is called.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match (self.device, &self.asset) {
            (Some(device), _) => Subject::Device(device),
            (None, asset) => Subject::Asset(asset.clone().unwrap_or_default()),
        }
    }
}
