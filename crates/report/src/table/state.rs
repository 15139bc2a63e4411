//! The rows of the tables of states: what the rules make of the entries that a package holds, at its two moments.

use std::collections::BTreeMap;

use evidence::{Field, SourceKind, Time};
use serde_json::{Value, json};
use world::World;
use world::fleet::{Certainty, DeviceState, FindingKind, FleetView, Running, Subject};

use super::{Definition, Kind, Table};

/// Place of the serial number among the columns of devices.
const SERIAL: usize = 3;

/// What the rows are computed from.
pub(crate) struct Asked<'w> {
    pub(crate) world: &'w World,
    pub(crate) at: Time,
    pub(crate) known: u64,
    /// The device that the package is about.
    pub(crate) device: Option<&'w Subject>,
    /// The first entry that names each device.
    pub(crate) named: &'w BTreeMap<Subject, u64>,
}

/// The tables of states among `definitions`.
pub(crate) fn rows(definitions: &[Definition], asked: &Asked<'_>) -> Vec<Table> {
    let view = asked.world.fleet_at(asked.at, asked.known);
    let states = definitions.iter().filter(|d| d.kind == Kind::State);
    states.map(|d| Table { definition: d.clone(), rows: asked.rows(&d.name, &view) }).collect()
}

impl Asked<'_> {
    fn rows(&self, table: &str, view: &FleetView<'_>) -> Vec<Vec<Value>> {
        match table {
            "log-keys" => {
                let keys = self.world.journal().log_keys().filter(|(from, _)| *from < self.known);
                keys.map(|(from, key)| vec![from.into(), key.into(), (from + 1).into()]).collect()
            }
            "sources" => self.sources(),
            "keys" => self.keys(),
            "history" => self.history(view),
            "devices" => self.devices(view),
            "findings" => self.findings(view),
            _ => Vec::new(),
        }
    }

    fn sources(&self) -> Vec<Vec<Value>> {
        let sources = self.world.sources().iter_from(None);
        let sources = sources.filter(|(id, s)| id.kind() != SourceKind::Device && s.enrolled < self.known);
        let mut out: Vec<_> = sources
            .map(|(id, s)| {
                let (name, roles) = (s.name_at(self.known), s.roles_at(self.known));
                vec![
                    s.enrolled.into(),
                    id.to_string().into(),
                    id.kind().word().into(),
                    name.into(),
                    json!(roles),
                    s.suspended_at(self.known).into(),
                ]
            })
            .collect();
        in_order(&mut out);
        out
    }

    /// Keys of persons and programs, and of the device that the package is about.
    fn keys(&self) -> Vec<Vec<Value>> {
        let mut out = Vec::new();
        for (id, source) in self.world.sources().iter_from(None) {
            let wanted = id.kind() != SourceKind::Device || self.device == Some(&Subject::Device(*id));
            if !wanted {
                continue;
            }
            for key in source.keys.iter().filter(|k| k.from <= self.known) {
                let public = key.key.to_json();
                let part = |name: &str| public.get(name).cloned().unwrap_or(Value::Null);
                let by = if key.from == source.enrolled { key.from } else { key.from.saturating_sub(1) };
                let until = key.until.filter(|until| *until < self.known);
                let cause = key.cause.filter(|_| until.is_some()).map(|c| c.to_json());
                out.push(vec![
                    by.into(),
                    id.to_string().into(),
                    key.id.to_json(),
                    part("algorithm"),
                    part("purpose"),
                    part("point"),
                    key.from.into(),
                    json!(until),
                    json!(cause),
                ]);
            }
        }
        in_order(&mut out);
        out
    }

    fn history(&self, view: &FleetView<'_>) -> Vec<Vec<Value>> {
        let Some(device) = self.device else { return Vec::new() };
        let row = |i: world::fleet::Interval<'_>| {
            vec![
                self.cited(&i.state),
                i.from.to_string().into(),
                json!(i.until.map(|t| t.to_string())),
                i.state.grade.word().into(),
                i.state.certainty.word().into(),
                running(&i.state),
                json!(i.state.site),
                json!(i.state.custody.map(|c| c.to_json())),
                json!(i.state.verdict.map(|v| v.status.to_json())),
            ]
        };
        view.history(device).into_iter().map(row).collect()
    }

    fn devices(&self, view: &FleetView<'_>) -> Vec<Vec<Value>> {
        let mut out = Vec::new();
        for subject in self.named.keys() {
            // A declared device that is an enrolled one is answered as that.
            let Some(state) = view.state(subject).filter(|s| s.subject() == *subject) else { continue };
            out.push(vec![
                self.cited(&state),
                json!(state.device.map(|d| d.to_string())),
                json!(state.asset),
                json!(state.serial),
                json!(state.udi),
                json!(state.model),
                json!(state.product),
                json!(state.site),
                json!(state.custody.map(|c| c.to_json())),
                state.grade.word().into(),
                state.certainty.word().into(),
                running(&state),
                json!(state.verdict.map(|v| v.status.to_json())),
                json!(state.seen.map(|t| t.to_string())),
            ]);
        }
        // People look for serial numbers; those without one come last, in the order of their identifiers.
        out.sort_by_cached_key(|row: &Vec<Value>| {
            let serial = row.get(SERIAL).and_then(Value::as_str).map(str::to_owned);
            (serial.is_none(), serial)
        });
        out
    }

    fn findings(&self, view: &FleetView<'_>) -> Vec<Vec<Value>> {
        let row = |f: world::fleet::Finding<'_>| {
            let about = match &f.kind {
                FindingKind::DuplicateIdentity { holder, on } => format!("{} with {holder}", on.word()),
                FindingKind::CloneSuspected { stream } => format!("stream {stream}"),
                FindingKind::UnknownFirmware { components } => components.join(", "),
                FindingKind::Gap { stream, first, count } => {
                    format!("stream {stream}, {count} from place {first}")
                }
                FindingKind::Silent { since } => format!("since {since}"),
            };
            vec![
                json!(self.named.get(&Subject::Device(f.device))),
                f.id.to_string().into(),
                f.device.to_string().into(),
                json!(f.site),
                f.kind.word().into(),
                about.into(),
                json!(view.state(&Subject::Device(f.device)).and_then(|s| s.serial)),
                json!(f.evidence),
                json!(f.closed.map(|c| c.index)),
            ]
        };
        view.findings().into_iter().map(row).collect()
    }

    /// The entry that a state rests on: the evidence, else the first that names the device.
    fn cited(&self, state: &DeviceState<'_>) -> Value {
        let by = match state.certainty {
            Certainty::Proven { from, .. } => Some(from),
            Certainty::Fresh { by } | Certainty::Assumed { by } => by,
            Certainty::Unknown(_) => None,
        };
        json!(by.or_else(|| self.named.get(&state.subject()).copied()))
    }
}

/// What a device runs, as `item version`; an item without one version is mixed.
fn running(state: &DeviceState<'_>) -> Value {
    let one =
        |r: &Running| format!("{} {}", r.item, r.version.as_deref().unwrap_or("(mixed)")).trim().to_owned();
    state.running.iter().map(|r| Value::String(one(r))).collect()
}

/// By the entries they cite.
fn in_order(rows: &mut [Vec<Value>]) {
    rows.sort_by_key(|row| row.first().and_then(Value::as_u64));
}
