//! `vouchsafe fleet import`: devices of an ERP or service system, as grade *declared*. Repeatable: rows that say nothing new
//! state nothing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use evidence::Fact;
use evidence::facts::fleet::FleetImported;
use formats::inventory::{self, Encoding, Field, Inventory, Mapping, Remark};
use serde_json::{Value, json};
use tlog::Hash;

use super::super::Context;
use super::known::{self, AllKnown, Change};
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};
use crate::session::Session;
use crate::text;

/// Remarks of a kind shown to people.
const SHOWN: usize = 20;
/// How the owner of a device is written where the value is in the vault.
const COMMITMENT: &str = "commitment:";

/// How the bytes of a table are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum TableEncoding {
    /// UTF-8, with or without a byte order mark
    #[default]
    #[value(name = "utf-8")]
    Utf8,
    /// Windows-1252, which covers Latin-1
    #[value(name = "windows-1252")]
    Windows1252,
}

/// What may stand as a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Confidential {
    /// The owner
    Owner,
}

/// Import devices from a list of another system
///
/// Takes a table in CSV, or FHIR `Device` resources in JSON or XML. Its devices are of grade declared: known from the import,
/// not by their own word. Rows that say nothing new state nothing, so the same list can be imported again and again; devices
/// that are in it no more are reported and stay. A bad row is named with line, column, reason and remedy, and the rest goes
/// in: exit status 1 says that there were some. The file is kept as a document of the log. Takes the role `field`.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The list
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Which column holds what: asset, udi, serial, model, software, software:ITEM, site, owner, custody or since; give it
    /// once for each [default: columns of these names]
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// What a word of the list means for custody: in-use, stored, loaned, in-transit, in-service, retired or missing
    #[arg(long, value_name = "THEIRS=OURS")]
    custody: Vec<String>,
    /// How dates are written, such as DD.MM.YYYY; ISO 8601 is always read
    #[arg(long, value_name = "FORM")]
    dates: Option<String>,
    /// How the bytes of a table are meant
    #[arg(long, value_enum, default_value_t)]
    encoding: TableEncoding,
    /// Keep these values in the vault and only a salted commitment to them in the log
    #[arg(long, value_enum)]
    confidential: Option<Confidential>,
    /// Say what would be stated, and state nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    author: AuthorArgs,
}

/// What an import comes to.
#[derive(Default)]
struct Outcome {
    facts: Vec<Fact>,
    new: u64,
    changed: u64,
    moved: u64,
    unchanged: u64,
    missing: Vec<String>,
}

impl ImportArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let doing = format!("importing {}", self.file.display());
        let mapping = self.mapping().map_err(|e| Failure::input("reading the options", e))?;
        let bytes = self.read()?;
        let table = !is_resource(&bytes);
        let list = self.list(&doing, &bytes, &mapping, table)?;
        let mut session = self.author.open(context)?;
        let known = match session.ask(|world| world.map(known::here)) {
            Some(known) => known,
            None => session.remote().map_or_else(|| Ok(AllKnown::new()), known::there)?,
        };
        let kept = match self.confidential {
            Some(Confidential::Owner) if table => {
                inventory::without(&bytes, &mapping, self.encoding.into(), &Field::Owner)
                    .map_err(|e| Failure::input(&doing, e))?
            }
            Some(_) => return Err(Failure::input(doing, "only tables have confidential columns")),
            None => bytes,
        };
        let media = if table { "text/csv" } else { "application/fhir" };
        let document = evidence::types::BlobRef {
            digest: Hash::of(&kept),
            length: kept.len() as u64,
            media_type: media.into(),
        };
        let mut outcome = Outcome::default();
        let bar = context.ui.progress("Comparing", list.devices.len() as u64);
        for row in &list.devices {
            let known = known.get(&row.asset);
            let owner = self.owner(&session, row.owner.as_deref(), known)?;
            match known::change(row, owner, known, &document) {
                Change::New(fact) => outcome.add(fact, |o| &mut o.new),
                Change::Changed(fact) => outcome.add(fact, |o| &mut o.changed),
                Change::Moved(fact) => outcome.add(fact, |o| &mut o.moved),
                Change::Nothing => outcome.unchanged += 1,
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let listed: std::collections::BTreeSet<&str> =
            list.devices.iter().map(|d| d.asset.as_str()).collect();
        let gone = known.iter().filter(|(asset, k)| !listed.contains(asset.as_str()) && !k.retired());
        outcome.missing = gone.map(|(asset, _)| asset.clone()).collect();
        let stated = outcome.facts.len() as u64;
        if !self.dry_run && stated > 0 {
            session.put_blob(&kept, media)?;
            let mut facts = std::mem::take(&mut outcome.facts);
            let (taken, refused) = (list.devices.len() as u64, list.refused.len() as u64);
            facts.push(
                FleetImported { document: document.clone(), taken, refused, mapping: mapping.to_line() }
                    .into(),
            );
            let bar = context.ui.progress("Stating", facts.len() as u64);
            session.say_all(facts, |n| bar.inc(n))?;
            bar.finish_and_clear();
        }
        self.report(context, &list, &outcome, &document.digest)?;
        Ok(if list.refused.is_empty() { Verdict::Holds } else { Verdict::DoesNotHold })
    }

    fn mapping(&self) -> Result<Mapping, inventory::MappingError> {
        let mut mapping = Mapping::default();
        self.map.iter().try_for_each(|m| mapping.map(m))?;
        self.custody.iter().try_for_each(|c| mapping.custody(c))?;
        self.dates.iter().try_for_each(|d| mapping.dates(d))?;
        Ok(mapping)
    }

    fn read(&self) -> Result<Vec<u8>, Failure> {
        let fail = |e: &std::io::Error| Failure::file("reading", &self.file, e);
        let length = std::fs::metadata(&self.file).map_err(|e| fail(&e))?.len();
        if length > inventory::MAX_FILE as u64 {
            let problem = format!("it is larger than {} MiB", inventory::MAX_FILE >> 20);
            return Err(Failure::input(format!("reading {}", self.file.display()), problem).hint("split it"));
        }
        std::fs::read(&self.file).map_err(|e| fail(&e))
    }

    fn list(&self, doing: &str, bytes: &[u8], mapping: &Mapping, table: bool) -> Result<Inventory, Failure> {
        let read = if table {
            inventory::read_table(bytes, mapping, self.encoding.into())
        } else {
            inventory::read_fhir(bytes)
        };
        read.map_err(|e| {
            let failure = Failure::input(doing, &e);
            match e {
                inventory::InventoryError::NoAsset(_) => {
                    failure.hint("say which one does: `--map asset=COLUMN`")
                }
                _ => failure,
            }
        })
    }

    /// The owner as the log has it.
    fn owner(
        &self,
        session: &Session,
        said: Option<&str>,
        known: Option<&known::Known>,
    ) -> Result<Option<String>, Failure> {
        let (Some(said), Some(Confidential::Owner)) = (said, self.confidential) else {
            return Ok(said.map(str::to_owned));
        };
        // The same value keeps its commitment: another salt would look like another owner.
        if let Some(known) = known.and_then(|k| k.owner.as_deref())
            && let Some(hash) = known.strip_prefix(COMMITMENT).and_then(|h| Hash::from_hex(h).ok())
            && session.secret(&hash)?.as_deref() == Some(said)
        {
            return Ok(Some(known.to_owned()));
        }
        if self.dry_run {
            return Ok(Some(format!("{COMMITMENT}…")));
        }
        Ok(Some(format!("{COMMITMENT}{}", session.keep_secret(said)?)))
    }

    fn report(
        &self,
        context: &Context,
        list: &Inventory,
        outcome: &Outcome,
        digest: &Hash,
    ) -> Result<(), Failure> {
        let ui = &context.ui;
        let rows = (list.devices.len() + list.refused.len()) as u64;
        let stated = outcome.new + outcome.changed + outcome.moved;
        if ui.is_json() {
            return ui.json(&json!({
                "rows": rows, "new": outcome.new, "changed": outcome.changed, "moved": outcome.moved,
                "unchanged": outcome.unchanged, "refused": remarks(&list.refused), "findings": remarks(&list.findings),
                "missing": { "count": outcome.missing.len(), "assets": outcome.missing },
                "stated": if self.dry_run { 0 } else { stated }, "document": digest.to_string(), "dry_run": self.dry_run,
            }));
        }
        let done = match (self.dry_run, stated) {
            (true, _) => "Would state".to_owned(),
            (false, 0) => "Nothing is new".to_owned(),
            (false, _) => "Imported".to_owned(),
        };
        let rows = text::plural(rows, "row", "rows");
        ui.print(ui.good(&format!("{done}: {rows} of {}.", self.file.display())))?;
        ui.pairs(&[
            ("new", text::count(outcome.new)),
            ("changed", text::count(outcome.changed)),
            ("moved", text::count(outcome.moved)),
            ("unchanged", text::count(outcome.unchanged)),
            ("refused", text::count(list.refused.len() as u64)),
            ("findings", text::count(list.findings.len() as u64)),
            ("known but not listed", text::count(outcome.missing.len() as u64)),
        ])?;
        for (what, all) in [("refused", &list.refused), ("finding", &list.findings)] {
            for remark in all.iter().take(SHOWN) {
                ui.note(format!("{what}: {}", line(remark)));
            }
            if all.len() > SHOWN {
                ui.note(format!("and {} more: give --format json", text::count((all.len() - SHOWN) as u64)));
            }
        }
        for asset in outcome.missing.iter().take(SHOWN) {
            ui.note(format!("not listed any more, and kept: {}", text::printable(asset, 100)));
        }
        Ok(())
    }
}

impl Outcome {
    fn add(&mut self, fact: impl Into<Fact>, counter: impl FnOnce(&mut Self) -> &mut u64) {
        self.facts.push(fact.into());
        *counter(self) += 1;
    }
}

impl From<TableEncoding> for Encoding {
    fn from(encoding: TableEncoding) -> Self {
        match encoding {
            TableEncoding::Utf8 => Self::Utf8,
            TableEncoding::Windows1252 => Self::Windows1252,
        }
    }
}

/// A document of resources begins with a bracket of JSON or XML; a heading does not.
fn is_resource(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes).trim_ascii_start();
    text.starts_with(b"{") || text.starts_with(b"<")
}

fn remarks(all: &[Remark]) -> Vec<Value> {
    let one =
        |r: &Remark| json!({ "line": r.line, "column": r.column, "reason": r.reason, "remedy": r.remedy });
    all.iter().map(one).collect()
}

fn line(remark: &Remark) -> String {
    let text = format!("line {}, {}: {}; {}", remark.line, remark.column, remark.reason, remark.remedy);
    text::printable(&text, 300)
}
