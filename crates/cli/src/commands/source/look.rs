//! `vouchsafe source list` and `show`.

use clap::Args;
use evidence::{SourceId, SourceKind};
use ledger::Loaded;
use serde_json::{Value, json};
use world::sources::{KeyPeriod, Source};

use super::super::Context;
use crate::failure::{Failure, Verdict};
use crate::text;

/// List sources
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// List devices too
    #[arg(long)]
    devices: bool,
}

/// Show one source with its history
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Who
    source: SourceId,
}

fn known(loaded: &Loaded) -> Value {
    json!({ "size": loaded.head.size, "time": loaded.world.now().to_string() })
}

fn state(source: &Source, size: u64) -> &'static str {
    match (source.suspended_at(size), source.keys_at(size).next()) {
        (true, _) => "suspended",
        (false, None) => "no valid key",
        (false, Some(_)) => "active",
    }
}

impl ListArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (_, loaded) = context.data.load()?;
        let size = loaded.head.size;
        let shown = |id: &SourceId| self.devices || id.kind() != SourceKind::Device;
        let all = || loaded.world.sources().iter_from(None).filter(|(id, _)| shown(id));
        let ui = &context.ui;
        if ui.is_json() {
            let list: Vec<Value> = all()
                .map(|(id, source)| {
                    json!({
                        "source": id.to_string(), "name": source.name_at(size), "roles": source.roles_at(size),
                        "state": state(source, size), "enrolled": source.enrolled,
                    })
                })
                .collect();
            ui.json(&json!({ "known": known(&loaded), "count": list.len(), "sources": list }))?;
            return Ok(Verdict::Holds);
        }
        let rows: Vec<[String; 4]> = all()
            .map(|(id, source)| {
                let name = text::printable(source.name_at(size), 30);
                [id.to_string(), name, source.roles_at(size).join(", "), state(source, size).to_owned()]
            })
            .collect();
        let width = |column: usize, least: usize| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|c| c.chars().count())
                .max()
                .unwrap_or(0)
                .max(least)
        };
        let (id, name, roles) = (width(0, 6), width(1, 4), width(2, 5));
        ui.print(ui.dim(&format!("{:<id$}  {:<name$}  {:<roles$}  state", "source", "name", "roles")))?;
        for [a, b, c, d] in &rows {
            ui.print(format!("{a:<id$}  {b:<name$}  {c:<roles$}  {d}"))?;
        }
        let devices =
            loaded.world.sources().iter_from(None).filter(|(id, _)| id.kind() == SourceKind::Device).count();
        if devices > 0 && !self.devices {
            ui.note(format!("and {}: give --devices", text::plural(devices as u64, "device", "devices")));
        }
        Ok(Verdict::Holds)
    }
}

fn period(key: &KeyPeriod) -> String {
    let until = match (key.until, key.cause) {
        (None, _) => "now".to_owned(),
        (Some(until), None) => format!("{until}, rotated"),
        (Some(until), Some(cause)) => format!("{until}, {}", cause.word()),
    };
    format!(
        "{}\n  {} {}, entries {} to {until}",
        key.id,
        key.key.algorithm.word(),
        key.key.purpose.word(),
        key.from
    )
}

impl ShowArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (_, loaded) = context.data.load()?;
        let size = loaded.head.size;
        let source = loaded.world.sources().get(&self.source);
        let source = source
            .ok_or_else(|| Failure::input(format!("looking for {}", self.source), "it is not enrolled"))?;
        let streams: Vec<_> = loaded.world.streams().of_source(self.source).collect();
        let entries: u64 = streams.iter().map(|(_, s)| s.entries).sum();
        let gaps = streams.iter().filter(|(_, s)| !s.gaps.is_empty()).count();
        let forks = streams.iter().filter(|(_, s)| !s.forks.is_empty()).count();
        let ui = &context.ui;
        if ui.is_json() {
            let keys: Vec<Value> = source
                .keys
                .iter()
                .map(|k| {
                    json!({
                        "key": k.id.to_string(), "algorithm": k.key.algorithm.word(), "use": k.key.purpose.word(),
                        "from": k.from, "until": k.until, "cause": k.cause.map(evidence::facts::sources::RevocationCause::word),
                    })
                })
                .collect();
            ui.json(&json!({
                "known": known(&loaded), "source": self.source.to_string(), "name": source.name_at(size),
                "roles": source.roles_at(size), "state": state(source, size), "enrolled": source.enrolled,
                "keys": keys, "streams": streams.len(), "entries": entries, "gaps": gaps, "forks": forks,
                "quarantined": source.quarantined.len(),
            }))?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.bold(&self.source.to_string()))?;
        let keys: Vec<String> = source.keys.iter().map(period).collect();
        ui.pairs(&[
            ("name", text::printable(source.name_at(size), 200)),
            ("roles", source.roles_at(size).join(", ")),
            ("state", state(source, size).into()),
            ("enrolled by entry", text::count(source.enrolled)),
            ("keys", keys.join("\n")),
            (
                "said",
                format!(
                    "{} in {}",
                    text::plural(entries, "entry", "entries"),
                    text::plural(streams.len() as u64, "stream", "streams")
                ),
            ),
            (
                "findings",
                format!("{gaps} streams with gaps, {forks} forked, {} quarantined", source.quarantined.len()),
            ),
        ])?;
        Ok(Verdict::Holds)
    }
}
