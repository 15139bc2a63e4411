//! What a package is about.

use std::fmt;
use std::str::FromStr;

use evidence::Time;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Longest version or device in a scope, in bytes.
const MAX_TEXT: usize = 200;

/// What a package is about; its text form is that of the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Scope {
    /// The whole log.
    All,
    /// The releases with this version, of items and of systems, and what they rest on.
    Release {
        /// The version, verbatim.
        version: String,
    },
    /// One device, by UEID, serial number, UDI or the identifier it was imported with.
    Device {
        /// As it was asked for.
        device: String,
    },
    /// The entries of a stretch of log time, both moments included.
    Period {
        /// First moment, RFC 3339.
        from: String,
        /// Last moment, RFC 3339.
        to: String,
    },
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::NotAScope(text.chars().filter(|c| !c.is_control()).take(120).collect());
        let good = |s: &str| !s.is_empty() && s.len() <= MAX_TEXT && !s.chars().any(char::is_control);
        match text.split_once(':') {
            None if text == "all" => Ok(Self::All),
            Some(("release", version)) if good(version) => Ok(Self::Release { version: version.into() }),
            Some(("device", device)) if good(device) => Ok(Self::Device { device: device.into() }),
            Some(("period", period)) => {
                let (from, to) = period.split_once("..").ok_or_else(bad)?;
                let moments = (from.parse::<Time>(), to.parse::<Time>());
                let (Ok(a), Ok(b)) = moments else { return Err(bad()) };
                if a > b { Err(bad()) } else { Ok(Self::Period { from: from.into(), to: to.into() }) }
            }
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Release { version } => write!(f, "release:{version}"),
            Self::Device { device } => write!(f, "device:{device}"),
            Self::Period { from, to } => write!(f, "period:{from}..{to}"),
        }
    }
}

impl Scope {
    /// What it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::All => "the whole log".into(),
            Self::Release { version } => format!("release {version}"),
            Self::Device { device } => format!("device {device}"),
            Self::Period { from, to } => format!("{from} to {to}"),
        }
    }

    /// First and last moment of a period.
    pub(crate) fn moments(&self) -> Option<(Time, Time)> {
        match self {
            Self::Period { from, to } => Some((from.parse().ok()?, to.parse().ok()?)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn scopes_read_and_print() {
        for text in
            ["all", "release:2.1.0", "device:dev:0123", "period:2026-01-01T00:00:00Z..2026-02-01T00:00:00Z"]
        {
            assert_eq!(text.parse::<Scope>().expect(text).to_string(), text);
        }
        for text in [
            "",
            "everything",
            "release:",
            "period:2026..2027",
            "device:a\nb",
            "period:2026-02-01T00:00:00Z..2026-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
