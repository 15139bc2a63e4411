//! What a question is about: an enrolled device, or one that is only declared.

use std::fmt;

use evidence::SourceId;

use crate::concern::BadState;

/// An enrolled device by its UEID, or a declared one by its identifier in the importing system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Enrolled.
    Device(SourceId),
    /// Declared.
    Asset(String),
}

impl Subject {
    /// Whom a fact names that may name either. Who is enrolled is named by the UEID.
    pub(super) fn named(device: Option<&SourceId>, asset: Option<&String>) -> Option<Self> {
        device.map(|d| Self::Device(*d)).or_else(|| asset.map(|a| Self::Asset(a.clone())))
    }

    /// Its bytes, whose order is that of the subjects.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Device(id) => [&[0], id.as_bytes()].concat(),
            Self::Asset(asset) => [&[1], asset.as_bytes()].concat(),
        }
    }

    pub(super) fn from_bytes(raw: &[u8]) -> Result<Self, BadState> {
        match raw.split_first() {
            Some((0, id)) => SourceId::from_bytes(id).map(Self::Device).map_err(|_| BadState::Key),
            Some((1, asset)) => {
                std::str::from_utf8(asset).map(|a| Self::Asset(a.into())).map_err(|_| BadState::Key)
            }
            _ => Err(BadState::Key),
        }
    }
}

impl fmt::Display for Subject {
    /// The UEID's text form, or `asset:` and the identifier.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(id) => id.fmt(f),
            Self::Asset(asset) => write!(f, "asset:{asset}"),
        }
    }
}
