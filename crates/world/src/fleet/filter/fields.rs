//! The fields of a condition and their values. A field can have several values (a device runs several items) or none
//! (nobody said).

use super::super::state::{Certainty, DeviceState, Running};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Device,
    Asset,
    Udi,
    Serial,
    Model,
    Product,
    Hardware,
    Site,
    Owner,
    Custody,
    Grade,
    Freshness,
    Reason,
    Verdict,
    Item,
    Version,
    /// Version of one item.
    VersionOf(String),
    Release,
    Component,
    Digest,
    Software,
    Firmware,
    Seen,
    Silent,
}

/// Every field but `version:ITEM`, by its name.
pub(super) const NAMES: [(&str, Field); 23] = [
    ("asset", Field::Asset),
    ("component", Field::Component),
    ("custody", Field::Custody),
    ("device", Field::Device),
    ("digest", Field::Digest),
    ("firmware", Field::Firmware),
    ("freshness", Field::Freshness),
    ("grade", Field::Grade),
    ("hardware", Field::Hardware),
    ("item", Field::Item),
    ("model", Field::Model),
    ("owner", Field::Owner),
    ("product", Field::Product),
    ("reason", Field::Reason),
    ("release", Field::Release),
    ("seen", Field::Seen),
    ("serial", Field::Serial),
    ("silent", Field::Silent),
    ("site", Field::Site),
    ("software", Field::Software),
    ("udi", Field::Udi),
    ("verdict", Field::Verdict),
    ("version", Field::Version),
];

impl Field {
    pub(super) fn named(name: &str) -> Option<Self> {
        if let Some(item) = name.strip_prefix("version:").filter(|item| !item.is_empty()) {
            return Some(Self::VersionOf(item.to_owned()));
        }
        NAMES.iter().find(|(n, _)| *n == name).map(|(_, field)| field.clone())
    }

    /// The words that a field of few values can have, so that a misspelt one is refused instead of never holding.
    pub(super) fn words(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Grade => Some(&["declared", "reported", "attested"]),
            Self::Freshness => Some(&["proven", "fresh", "assumed", "unknown"]),
            Self::Verdict => Some(&["none", "affirming", "warning", "contraindicated"]),
            Self::Custody => {
                Some(&["in-use", "stored", "loaned", "in-transit", "in-service", "retired", "missing"])
            }
            Self::Reason => Some(&["nothing-said", "measured-later", "nothing-measured", "disagreement"]),
            Self::Firmware => Some(&["known", "unknown"]),
            Self::Silent => Some(&["yes", "no"]),
            _ => None,
        }
    }

    pub(super) const fn individual(&self) -> bool {
        match self {
            Self::Device | Self::Asset | Self::Udi | Self::Serial | Self::Owner => true,
            Self::Component | Self::Digest | Self::Seen => true,
            Self::Model | Self::Product | Self::Hardware | Self::Site | Self::Custody => false,
            Self::Grade | Self::Freshness | Self::Reason | Self::Verdict | Self::Silent => false,
            Self::Item | Self::Version | Self::VersionOf(_) | Self::Release => false,
            Self::Software | Self::Firmware => false,
        }
    }

    /// Shows each of its values for a device.
    pub(super) fn each(&self, state: &DeviceState<'_>, silent: &dyn Fn() -> bool, see: &mut dyn FnMut(&str)) {
        let mut one = |value: Option<&str>| {
            if let Some(value) = value {
                see(value);
            }
        };
        match self {
            Self::Device => one(state.device.map(|d| d.to_string()).as_deref()),
            Self::Asset => one(state.asset.as_deref()),
            Self::Udi => one(state.udi.as_deref()),
            Self::Serial => one(state.serial.as_deref()),
            Self::Model => one(state.model),
            Self::Product => one(state.product),
            Self::Hardware => one(state.hardware_version),
            Self::Site => one(state.site),
            Self::Owner => one(state.owner),
            Self::Custody => one(state.custody.map(evidence::facts::fleet::Custody::word)),
            Self::Grade => one(Some(state.grade.word())),
            Self::Freshness => one(Some(state.certainty.word())),
            Self::Reason => {
                if let Certainty::Unknown(reason) = state.certainty {
                    see(reason.word());
                }
            }
            Self::Verdict => one(state.verdict.map(|v| v.status.word())),
            Self::Item => state.running.iter().for_each(|r| see(&r.item)),
            Self::Version => state.running.iter().filter_map(|r| r.version.as_deref()).for_each(see),
            Self::VersionOf(item) => {
                let of = |r: &&Running| r.item == *item;
                state.running.iter().filter(of).filter_map(|r| r.version.as_deref()).for_each(see);
            }
            Self::Release => {
                for (item, version) in
                    state.running.iter().filter_map(|r| Some((&r.item, r.version.as_ref()?)))
                {
                    see(version);
                    see(&format!("{item} {version}"));
                }
            }
            Self::Component => state.measured.iter().for_each(|m| see(&m.name)),
            Self::Digest => state.measured.iter().for_each(|m| see(&m.digest.to_string())),
            Self::Software => state.software.iter().for_each(|s| see(s)),
            Self::Firmware => {
                if !state.measured.is_empty() {
                    see(if state.unknown.is_empty() { "known" } else { "unknown" });
                }
            }
            Self::Seen => one(state.seen.map(|t| t.to_string()).as_deref()),
            Self::Silent => see(if silent() { "yes" } else { "no" }),
        }
    }
}
