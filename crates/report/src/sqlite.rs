//! The log and what it amounts to as a SQLite database, for anyone's SQL tool (docs/export.md): the tables of a package of scope
//! `all`, every entry, and every piece of evidence. A view; the log is the truth.

use std::collections::BTreeMap;
use std::path::Path;

use evidence::{Entry, Fact, Time};
use ledger::ports::{Blobs, Log};
use rusqlite::{Connection, ToSql, params_from_iter};
use serde_json::Value;
use world::World;
use world::fleet::Subject;

use crate::error::Error;
use crate::scope::Scope;
use crate::select::{decode, each};
use crate::table::{Asked, Definition, Kind, Records, definitions, state_rows};

/// Version of the database's tables, in `PRAGMA user_version`.
pub const VERSION: i32 = 1;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// When it was so.
    pub at: Time,
    /// Number of entries that were known.
    pub known: u64,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
}

fn sql(e: impl std::fmt::Display) -> Error {
    Error::Sqlite(e.to_string())
}

/// Writes a new database. `world` is that of the whole log; `progress` is told how many entries were written.
///
/// # Errors
/// The file exists or cannot be written, or an entry is damaged.
pub fn export(
    log: &dyn Log,
    blobs: &dyn Blobs,
    world: &World,
    at: Option<Time>,
    known: Option<u64>,
    path: &Path,
    mut progress: impl FnMut(u64),
) -> Result<Exported, Error> {
    let known = known.unwrap_or(world.size()).min(world.size());
    let at = at.unwrap_or_else(|| world.clock().time_of(known.saturating_sub(1)));
    std::fs::File::create_new(path).map_err(sql)?;
    let mut db = Connection::open(path).map_err(sql)?;
    // Nobody reads it before it is whole, and whoever finds half of it deletes it: no journal.
    db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;").map_err(sql)?;
    db.pragma_update(None, "user_version", VERSION).map_err(sql)?;
    let definitions = tables();
    let tx = db.transaction().map_err(sql)?;
    let mut out = Writing { db: &tx, rows: BTreeMap::new() };
    out.create(&definitions)?;
    let mut named: BTreeMap<Subject, u64> = BTreeMap::new();
    let projections: Vec<(&Definition, String)> =
        definitions.iter().filter(|d| d.kind == Kind::Entries).map(|d| (d, insert(d))).collect();
    let mut records = Records::default();
    each(log, known, |index, raw| {
        let entry = decode(index, raw)?;
        records.take(index, world.clock().time_of(index), &entry);
        name(&mut named, index, &entry);
        out.entry(index, world.clock().time_of(index), &entry, raw.len(), &projections)?;
        if index % 1_024 == 0 {
            progress(index);
        }
        Ok(())
    })?;
    let asked = Asked { world, at, known, device: None, named: &named };
    let from_blobs = records.tables(&definitions, at, |digest| blobs.get(digest).ok().flatten());
    for table in state_rows(&definitions, &asked).into_iter().chain(from_blobs) {
        let statement = insert(&table.definition);
        for row in &table.rows {
            out.row(&table.definition.name, &statement, row)?;
        }
    }
    out.about(world, at, known)?;
    let rows = out.rows;
    tx.commit().map_err(sql)?;
    db.close().map_err(|(_, e)| sql(e))?;
    Ok(Exported { at, known, rows })
}

/// The tables of scope `all`, and the evidence and reports of every device.
fn tables() -> Vec<Definition> {
    let mut out = definitions(&Scope::All);
    let device = definitions(&Scope::Device { device: String::new() });
    out.extend(device.into_iter().filter(|d| ["evidence", "reports"].contains(&d.name.as_str())));
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

fn name(named: &mut BTreeMap<Subject, u64>, index: u64, entry: &Entry) {
    let subject = match &entry.body().fact {
        Fact::DeviceEnrolled(f) => Subject::Device(f.device),
        Fact::DeviceDeclared(f) => Subject::Asset(f.asset.clone()),
        _ => return,
    };
    named.entry(subject).or_insert(index);
}

/// The name of a table in SQL: no dashes.
fn table_name(d: &Definition) -> String {
    d.name.replace('-', "_")
}

fn insert(d: &Definition) -> String {
    let marks = vec!["?"; d.columns.len()].join(", ");
    format!("INSERT INTO \"{}\" VALUES ({marks})", table_name(d))
}

struct Writing<'a> {
    db: &'a Connection,
    rows: BTreeMap<String, u64>,
}

impl Writing<'_> {
    fn create(&mut self, definitions: &[Definition]) -> Result<(), Error> {
        let mut batch = String::from(
            "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
             CREATE TABLE entries (entry INTEGER PRIMARY KEY, time TEXT, fact TEXT, source TEXT, stream INTEGER,
               sequence INTEGER, hash TEXT, bytes INTEGER, body TEXT);",
        );
        for d in definitions {
            let columns = d.columns.iter().map(|c| {
                let kind = if c.name == "entry" { " INTEGER" } else { "" };
                format!("\"{}\"{kind}", c.name)
            });
            let columns: Vec<String> = columns.collect();
            batch.push_str(&format!("CREATE TABLE \"{}\" ({});", table_name(d), columns.join(", ")));
            self.rows.insert(d.name.clone(), 0);
        }
        self.db.execute_batch(&batch).map_err(sql)
    }

    fn row(&mut self, table: &str, statement: &str, row: &[Value]) -> Result<(), Error> {
        let values: Vec<Box<dyn ToSql>> = row.iter().map(value).collect();
        let mut statement = self.db.prepare_cached(statement).map_err(sql)?;
        statement.execute(params_from_iter(values)).map_err(sql)?;
        *self.rows.entry(table.to_owned()).or_default() += 1;
        Ok(())
    }

    fn entry(
        &mut self,
        index: u64,
        time: Time,
        entry: &Entry,
        bytes: usize,
        tables: &[(&Definition, String)],
    ) -> Result<(), Error> {
        let body = entry.body();
        let said = evidence::json::entry_json(entry);
        let json = said.get("body").map(ToString::to_string).unwrap_or_default();
        let row = [
            index.into(),
            time.to_string().into(),
            body.fact.name().into(),
            body.source.to_string().into(),
            body.stream.into(),
            body.sequence.into(),
            entry.hash().to_string().into(),
            bytes.into(),
            json.into(),
        ];
        self.row("entries", "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", &row)?;
        for (definition, statement) in
            tables.iter().filter(|(d, _)| d.selects(body.fact.name(), body.source.kind()))
        {
            self.row(&definition.name, statement, &definition.row(index, time, &said))?;
        }
        Ok(())
    }

    fn about(&mut self, world: &World, at: Time, known: u64) -> Result<(), Error> {
        let journal = world.journal();
        let simulated = journal.origin().starts_with(ledger::SIMULATED);
        let known_time = world.clock().time_of(known.saturating_sub(1));
        let rows = [
            ("origin", journal.origin().to_owned()),
            ("simulated", if simulated { "yes" } else { "no" }.to_owned()),
            ("at", at.to_string()),
            ("known_size", known.to_string()),
            ("known_time", known_time.to_string()),
            ("made_by", format!("vouchsafe {}", env!("CARGO_PKG_VERSION"))),
        ];
        for (name, value) in rows {
            self.row("about", "INSERT INTO about VALUES (?, ?)", &[name.into(), value.into()])?;
        }
        Ok(())
    }
}

/// Numbers and texts as they are, truth as 0 and 1, lists and objects as JSON.
fn value(value: &Value) -> Box<dyn ToSql> {
    match value {
        Value::Null => Box::new(rusqlite::types::Null),
        Value::Bool(b) => Box::new(*b),
        Value::String(s) => Box::new(s.clone()),
        // Larger numbers than SQLite has stay what they are, as text.
        Value::Number(n) => {
            n.as_i64().map_or_else(|| Box::new(n.to_string()) as Box<dyn ToSql>, |n| Box::new(n))
        }
        other => Box::new(other.to_string()),
    }
}
