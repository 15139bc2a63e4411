//! `vouchsafe evidence import`: entries of devices that a service laptop or a gateway collected, handed in as they are. They
//! prove themselves, so whoever brings them needs no key, and cannot change them.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use evidence::Entry;
use ledger::{Options, Outcome};
use serde_json::{Value, json};
use server::api::sequence;

use super::super::Context;
use crate::clock::SystemClock;
use crate::failure::{Failure, Verdict};
use crate::remote::{self, Remote};
use crate::text;

/// Most bytes of a file.
const MAX_FILE: u64 = 1 << 30;
/// Most entries of a file.
const MAX_ENTRIES: usize = 4_000_000;
/// Entries and bytes of one submission; what the ledger takes is more.
const BATCH: (usize, usize) = (500, 2 << 20);
/// Entries that were not taken, as shown to people.
const SHOWN: usize = 20;

/// Hand in what was collected from devices that have no connection
///
/// The file is a CBOR sequence of entries (RFC 8742), as a device's outbox or a gateway writes it. Each is answered by itself:
/// taken, known already, or why not; exit status 1 says that some were not taken. The same file is safe to import again.
/// Evidence that comes late counts in full for the time it was made in, and says nothing about now.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The entries
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Send them to a running server instead of writing to the data directory
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// File whose first line is a token of the server, if it asks for one [default: $VOUCHSAFE_TOKEN]
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
}

/// What became of one entry.
struct Item {
    index: Option<u64>,
    repeated: bool,
    code: Option<String>,
    message: Option<String>,
    /// The same bytes may be taken another time.
    temporary: bool,
    /// Who said it, and what.
    what: String,
}

impl Item {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Ok(receipt) => Self::taken(Some(receipt.index), receipt.repeated),
            Err(r) => Self {
                code: Some(r.code().to_owned()),
                message: Some(r.to_string()),
                temporary: r.is_temporary(),
                ..Self::taken(None, false)
            },
        }
    }

    fn taken(index: Option<u64>, repeated: bool) -> Self {
        Self { index, repeated, code: None, message: None, temporary: false, what: String::new() }
    }

    fn answered(item: &Value) -> Self {
        let text = |name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        let flag = |name: &str| item.get(name).and_then(Value::as_bool) == Some(true);
        let index = item.get("index").and_then(Value::as_u64);
        Self {
            code: text("code"),
            message: text("message"),
            temporary: flag("temporary"),
            ..Self::taken(index, flag("repeated"))
        }
    }

    fn json(&self, number: usize) -> Value {
        json!({
            "item": number, "what": self.what, "index": self.index, "repeated": self.repeated, "code": self.code,
            "message": self.message, "temporary": self.temporary,
        })
    }
}

impl ImportArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let bytes = self.read()?;
        let doing = format!("importing {}", self.file.display());
        let split = sequence::split(&bytes, MAX_ENTRIES);
        let split = split.ok_or_else(|| {
            Failure::input(&doing, format!("it has more than {MAX_ENTRIES} entries")).hint("split it")
        })?;
        if split.items.is_empty() {
            let problem = split.tail.map_or_else(|| "it is empty".to_owned(), |e| e.to_string());
            return Err(
                Failure::input(doing, problem).hint("a CBOR sequence of entries is expected (RFC 8742)")
            );
        }
        let bar = context.ui.progress("Handing in", split.items.len() as u64);
        let mut hand_in = self.taker(context)?;
        let mut all: Vec<Item> = Vec::with_capacity(split.items.len());
        let mut rest = split.items.as_slice();
        while !rest.is_empty() {
            let (most, mut room) = BATCH;
            let fits = rest.iter().take(most).take_while(|raw| {
                let fits = raw.len() <= room;
                room = room.saturating_sub(raw.len());
                fits
            });
            let (batch, left) = rest.split_at(fits.count().max(1));
            let outcomes = hand_in(batch)?;
            if outcomes.len() != batch.len() {
                return Err(Failure::environment(&doing, "the answer does not have an item for each entry"));
            }
            all.extend(outcomes.into_iter().zip(batch).map(|(item, raw)| Item { what: said(raw), ..item }));
            bar.inc(batch.len() as u64);
            rest = left;
        }
        bar.finish_and_clear();
        if let Some(tail) = split.tail {
            let message = format!("what follows is no entry: {tail}");
            all.push(Item {
                code: Some("malformed".into()),
                message: Some(message),
                ..Item::taken(None, false)
            });
        }
        self.report(context, &all)
    }

    fn read(&self) -> Result<Vec<u8>, Failure> {
        let fail = |e: &std::io::Error| Failure::file("reading", &self.file, e);
        if std::fs::metadata(&self.file).map_err(|e| fail(&e))?.len() > MAX_FILE {
            let problem = format!("it is larger than {} MiB", MAX_FILE >> 20);
            return Err(Failure::input(format!("reading {}", self.file.display()), problem).hint("split it"));
        }
        std::fs::read(&self.file).map_err(|e| fail(&e))
    }

    /// Whoever takes entries, a batch at a time.
    #[expect(clippy::type_complexity, reason = "said once")]
    fn taker(
        &self,
        context: &Context,
    ) -> Result<Box<dyn FnMut(&[&[u8]]) -> Result<Vec<Item>, Failure>>, Failure> {
        if let Some(url) = &self.server {
            let remote = Remote::new(url, remote::token(self.token_file.as_deref())?);
            return Ok(Box::new(move |batch| {
                let answer = remote.submit(&batch.concat())?;
                let items = answer.get("items").and_then(Value::as_array);
                Ok(items.into_iter().flatten().map(Item::answered).collect())
            }));
        }
        let ledger = context.data.ledger(Arc::new(SystemClock), Options::default())?;
        Ok(Box::new(move |batch| {
            let entries = batch.iter().map(|raw| Arc::from(*raw)).collect();
            Ok(ledger.submit(entries).iter().map(Item::of).collect())
        }))
    }

    fn report(&self, context: &Context, all: &[Item]) -> Result<Verdict, Failure> {
        let ui = &context.ui;
        let refused: Vec<(usize, &Item)> =
            all.iter().enumerate().filter(|(_, i)| i.index.is_none()).map(|(n, i)| (n + 1, i)).collect();
        let repeated = all.iter().filter(|i| i.repeated).count() as u64;
        let taken = all.iter().filter(|i| i.index.is_some()).count() as u64;
        let verdict = if refused.is_empty() { Verdict::Holds } else { Verdict::DoesNotHold };
        if ui.is_json() {
            let items: Vec<Value> = all.iter().enumerate().map(|(n, i)| i.json(n + 1)).collect();
            ui.json(&json!({
                "accepted": taken, "repeated": repeated, "rejected": refused.len(), "items": items,
            }))?;
            return Ok(verdict);
        }
        ui.print(ui.good(&format!("Handed in {}.", text::plural(all.len() as u64, "entry", "entries"))))?;
        ui.pairs(&[
            ("taken", text::count(taken - repeated)),
            ("known already", text::count(repeated)),
            ("not taken", text::count(refused.len() as u64)),
        ])?;
        for (number, item) in refused.iter().take(SHOWN) {
            let message = item.message.as_deref().unwrap_or_default();
            let later = if item.temporary { "; try again later" } else { "" };
            let code = item.code.as_deref().unwrap_or_default();
            let line = format!("{} [{code}]{later}", text::printable(message, 300));
            ui.note(format!("not taken: item {number} {}: {line}", item.what));
        }
        if refused.len() > SHOWN {
            ui.note(format!("and {} more: give --format json", text::count((refused.len() - SHOWN) as u64)));
        }
        Ok(verdict)
    }
}

/// Who says what, if it is an entry.
fn said(raw: &[u8]) -> String {
    Entry::decode(raw).map_or_else(
        |_| "no entry".to_owned(),
        |entry| {
            let body = entry.body();
            format!("{} of {}, place {}", body.fact.name(), body.source, body.sequence)
        },
    )
}
