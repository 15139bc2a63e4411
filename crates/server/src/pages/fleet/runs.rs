//! What devices run, as the name under which they are counted together, and the condition that finds them again.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use world::release::version;

use super::super::census::Class;
use super::breakdown::Cells;
use super::query::{Query, equals};

/// What a release is called in a breakdown. Sorts by item, newest version first, then what has none.
#[derive(PartialEq, Eq)]
pub(super) enum Runs<'a> {
    Version { item: &'a str, version: &'a str },
    Mixed { item: &'a str },
    Nothing,
}

impl Ord for Runs<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Version { item: a, version: v }, Self::Version { item: b, version: w }) => {
                // What names no item comes after what does.
                (a.is_empty(), a).cmp(&(b.is_empty(), b)).then_with(|| version::compare(w, v))
            }
            (Self::Mixed { item: a }, Self::Mixed { item: b }) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Runs<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Runs<'_> {
    const fn rank(&self) -> u8 {
        match self {
            Self::Version { .. } => 0,
            Self::Mixed { .. } => 1,
            Self::Nothing => 2,
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Version { item: "", version } => (*version).to_owned(),
            Self::Version { item, version } => format!("{item} {version}"),
            Self::Mixed { item } => format!("{item}, releases mixed"),
            Self::Nothing => "No release known".into(),
        }
    }

    /// The condition that holds for exactly the devices counted here.
    fn condition(&self) -> String {
        match self {
            Self::Version { item, version } => equals("release", &format!("{item} {version}")),
            // A name with blanks cannot stand in a field's name.
            Self::Mixed { item } if item.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) => {
                format!("({} and version:{item} is unknown)", equals("item", item))
            }
            Self::Mixed { item } => {
                let versions = equals("release", &format!("{item} ")).replacen('=', "~", 1);
                format!("({} and not {versions})", equals("item", item))
            }
            Self::Nothing => "item is unknown".into(),
        }
    }

    pub(super) fn address(&self, query: &Query, more: &[(&'static str, &str)]) -> String {
        // A parameter loses the blank that stands for a missing item.
        if let Self::Version { item, .. } = self
            && !item.is_empty()
        {
            let release = self.release();
            let choices: Vec<(&'static str, &str)> =
                more.iter().copied().chain([("release", release.as_str())]).collect();
            return query.with(&choices);
        }
        let parts: Vec<String> = more.iter().map(|(n, v)| equals(n, v)).collect();
        query.and(&[vec![self.condition()], parts].concat().join(" and "))
    }

    /// The value of the field `release`.
    fn release(&self) -> String {
        match self {
            Self::Version { item, version } => format!("{item} {version}"),
            _ => String::new(),
        }
    }
}

/// What is counted under one name: devices, and the releases the log knows by it.
#[derive(Default)]
pub(super) struct Group {
    pub(super) cells: Cells,
    pub(super) releases: Vec<Option<u64>>,
}

pub(super) fn groups<'a>(classes: impl Iterator<Item = &'a Class>) -> BTreeMap<Runs<'a>, Group> {
    let mut out: BTreeMap<Runs<'a>, Group> = BTreeMap::new();
    for class in classes {
        if class.running.is_empty() {
            out.entry(Runs::Nothing).or_default().cells.add(class);
        }
        for (n, run) in class.running.iter().enumerate() {
            let item = run.item.as_str();
            let runs = match run.version.as_deref() {
                Some(version) => Runs::Version { item, version },
                None => Runs::Mixed { item },
            };
            let group = out.entry(runs).or_default();
            // A device that says the same twice is one device.
            if class.running.iter().take(n).any(|r| r.item == run.item && r.version == run.version) {
                continue;
            }
            group.cells.add(class);
            if !group.releases.contains(&run.release) {
                group.releases.push(run.release);
            }
        }
    }
    out
}
