//! `vouchsafe log show`: the newest entries, a range of them, or one entry whole.

use std::sync::Arc;

use clap::Args;
use evidence::{Entry, json};
use ledger::Loaded;
use ledger::ports::Log;
use serde_json::{Value, json};

use super::super::Context;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Most entries shown at once.
const MAX_SHOWN: u64 = 10_000;

/// Show the log, or one entry
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Index of one entry to show whole
    index: Option<u64>,
    /// Index of the first entry to list [default: the newest]
    #[arg(long, value_name = "INDEX", conflicts_with = "index")]
    from: Option<u64>,
    /// Entries to list
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "index")]
    limit: u64,
}

impl ShowArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (log, loaded) = context.data.load()?;
        match self.index {
            Some(index) => one(context, &*log, &loaded, index)?,
            None => {
                let limit = self.limit.min(MAX_SHOWN);
                let from = self.from.unwrap_or(loaded.head.size.saturating_sub(limit));
                list(context, &*log, &loaded, from, limit)?;
            }
        }
        Ok(Verdict::Holds)
    }
}

fn decoded(index: u64, raw: &Arc<[u8]>) -> Result<Entry, Failure> {
    Entry::decode(raw).map_err(|e| Failure::damaged(format!("reading entry {index}"), e))
}

fn one(context: &Context, log: &dyn Log, loaded: &Loaded, index: u64) -> Result<(), Failure> {
    let size = loaded.head.size;
    let raw = if index < size { log.read(index, 1, 0)?.into_iter().next() } else { None };
    let raw = raw.ok_or(ledger::LedgerError::OutOfRange { what: "entry", got: index, size })?;
    let entry = decoded(index, &raw)?;
    let time = loaded.world.clock().time_of(index);
    let mut value = json::entry_json(&entry);
    if let Some(map) = value.as_object_mut() {
        map.insert("index".into(), index.into());
        map.insert("log_time".into(), time.to_string().into());
        map.insert("known".into(), known(loaded));
    }
    if context.ui.is_json() {
        return context.ui.json(&value);
    }
    let ui = &context.ui;
    let body = entry.body();
    let name = loaded.world.sources().get(&body.source).map_or("", |s| s.name_at(size));
    ui.print(format!("{} {}", ui.bold(&format!("Entry {}", text::count(index))), ui.bold(body.fact.name())))?;
    let mut pairs = vec![
        ("log time", time.to_string()),
        ("source", format!("{} {}", body.source, text::printable(name, 60))),
        ("stream", format!("{}, place {}", body.stream, body.sequence)),
        ("hash", entry.hash().to_string()),
        ("bytes", text::count(raw.len() as u64)),
    ];
    let content = text::body_json(body);
    let content = content.get("content").unwrap_or(&Value::Null);
    let content = format!("{content:#}");
    let content: String =
        content.chars().map(|c| if c.is_control() && c != '\n' { '·' } else { c }).collect();
    if let Some(reason) = &body.reason {
        pairs.push(("reason", text::printable(reason, 4_096)));
    }
    pairs.push(("content", content));
    for flag in loaded.world.journal().flags(index, size) {
        pairs.push(("later", format!("{flag:?}")));
    }
    ui.pairs(&pairs)
}

fn known(loaded: &Loaded) -> Value {
    json!({ "size": loaded.head.size, "time": loaded.world.now().to_string() })
}

fn list(context: &Context, log: &dyn Log, loaded: &Loaded, from: u64, limit: u64) -> Result<(), Failure> {
    let size = loaded.head.size;
    let end = size.min(from.saturating_add(limit));
    let mut rows = Vec::new();
    let mut at = from;
    while at < end {
        let want = usize::try_from(end - at).unwrap_or(usize::MAX);
        let entries = log.read(at, want, 8 << 20)?;
        if entries.is_empty() {
            return Err(Failure::damaged("reading the log", format!("entry {at} is missing")));
        }
        for raw in entries.iter().take(want) {
            rows.push((at, decoded(at, raw)?));
            at += 1;
        }
    }
    if context.ui.is_json() {
        let entries: Vec<Value> = rows
            .iter()
            .map(|(index, entry)| {
                json!({
                    "index": index,
                    "log_time": loaded.world.clock().time_of(*index).to_string(),
                    "entry": entry.hash().to_string(),
                    "body": text::body_json(entry.body()),
                })
            })
            .collect();
        return context.ui.json(&json!({ "known": known(loaded), "entries": entries }));
    }
    let ui = &context.ui;
    let width = terminal_width();
    let digits = text::count(end.saturating_sub(1)).len().max(5);
    ui.print(ui.dim(&format!("{:>digits$}  {:<20}  {:<17}  what", "index", "log time", "fact")))?;
    for (index, entry) in &rows {
        let body = entry.body();
        let time = loaded.world.clock().time_of(*index).to_string();
        let summary = text::summary(body, width.saturating_sub(digits + 43).max(20));
        let fact = body.fact.name();
        ui.print(format!("{:>digits$}  {time:<20}  {fact:<17}  {summary}", text::count(*index)))?;
    }
    let simulated = loaded.world.journal().origin().starts_with(ledger::SIMULATED);
    ui.note(format!(
        "{} of {} in {}{}",
        text::plural(rows.len() as u64, "entry", "entries"),
        text::count(size),
        loaded.world.journal().origin(),
        if simulated { " (simulated: no time in it is a real time)" } else { "" },
    ));
    Ok(())
}

/// Columns of the terminal, else 120.
fn terminal_width() -> usize {
    use std::io::IsTerminal;
    if !std::io::stdout().is_terminal() {
        return 120;
    }
    let (_, columns) = console::Term::stdout().size();
    usize::from(columns).clamp(60, 200)
}
