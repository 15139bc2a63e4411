//! What the server says of a simulated fleet, beside what is true of it.

use std::collections::BTreeMap;

use evidence::body::Measured;
use serde_json::{Value, json};
use sim::{Fleet, Truth};

use super::super::place::each_device;
use crate::failure::Failure;
use crate::remote::Remote;

/// What a device is, as far as its word is worth something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// It alone speaks under its name and says what it measures.
    Honest,
    /// Its firmware was modified and says so.
    Modified,
    /// Its firmware was modified and says that it is not.
    Lying,
    /// There is a second device with its secret.
    Copied,
    /// Its store was set back.
    SetBack,
}

impl Sort {
    fn of(truth: &Truth) -> Self {
        match truth {
            t if t.copied => Self::Copied,
            t if t.set_back => Self::SetBack,
            t if t.lies => Self::Lying,
            t if t.now().is_some_and(|ran| ran.modified) => Self::Modified,
            _ => Self::Honest,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Modified => "modified",
            Self::Lying => "lying",
            Self::Copied => "copied",
            Self::SetBack => "set-back",
        }
    }
}

/// What the server says of devices of one sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// What it really runs.
    pub(super) true_: u64,
    /// Something else.
    pub(super) false_: u64,
    /// That it does not know.
    pub(super) unknown: u64,
    /// Nothing: the device is not there.
    pub(super) missing: u64,
    /// Of all, those whose verdict is affirming.
    pub(super) affirming: u64,
}

/// By sort.
pub(super) type Comparison = BTreeMap<Sort, Said>;

fn measured(device: &Value) -> Vec<(String, String)> {
    let text = |m: &Value, name: &str| m.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let all = device.get("measured").and_then(Value::as_array).into_iter().flatten();
    let mut all: Vec<_> = all.map(|m| (text(m, "name"), text(m, "digest"))).collect();
    all.sort();
    all
}

fn ran(all: &[Measured]) -> Vec<(String, String)> {
    let mut all: Vec<_> = all.iter().map(|m| (m.name.clone(), m.digest.to_string())).collect();
    all.sort();
    all
}

/// Asks the server for every device and compares.
pub(super) fn compare(remote: &Remote, fleet: &Fleet) -> Result<Comparison, Failure> {
    let mut known: BTreeMap<String, (Vec<(String, String)>, bool)> = BTreeMap::new();
    let serial = &fleet.plan().serial;
    each_device(remote, &format!("serial ~ \"{serial}\""), |device| {
        let verdict = device.get("verdict").and_then(|v| v.get("status")).and_then(Value::as_str);
        if let Some(id) = device.get("device").and_then(Value::as_str) {
            known.insert(id.to_owned(), (measured(device), verdict == Some("affirming")));
        }
    })?;
    let mut all = Comparison::new();
    for truth in fleet.truths() {
        let said = all.entry(Sort::of(truth)).or_default();
        let Some((measured, affirming)) = known.get(&truth.device.to_string()) else {
            said.missing += 1;
            continue;
        };
        said.affirming += u64::from(*affirming);
        let (what, lies) = truth.now().map_or((Vec::new(), false), |r| (ran(&r.says), truth.lies));
        *(if measured.is_empty() {
            &mut said.unknown
        } else if *measured == what && !lies {
            &mut said.true_
        } else {
            &mut said.false_
        }) += 1;
    }
    Ok(all)
}

/// Whether the server knows every honest device for what it is.
pub(super) fn holds(all: &Comparison) -> bool {
    let honest = |sort: &Sort| matches!(sort, Sort::Honest | Sort::Modified);
    let wrong = all.iter().filter(|(sort, _)| honest(sort)).map(|(_, s)| s.false_ + s.unknown + s.missing);
    wrong.sum::<u64>() == 0 && all.values().all(|s| s.missing == 0)
}

pub(super) fn json(all: &Comparison) -> Value {
    let one = |(sort, said): (&Sort, &Said)| {
        let members = json!({
            "devices": said.true_ + said.false_ + said.unknown + said.missing, "true": said.true_,
            "false": said.false_, "unknown": said.unknown, "missing": said.missing, "affirming": said.affirming,
        });
        (sort.word().to_owned(), members)
    };
    Value::Object(all.iter().map(one).collect())
}
