//! Tables: rows that cite entries. A table is either a projection of entries, which anyone recomputes with nothing but the
//! specification of entries, the records that count with their links, which blobs say, or a list of states, which the rules of
//! the world compute (docs/spec/package.md, 6).

mod catalogue;
mod components;
mod records;
mod state;
mod verdicts;

use std::collections::BTreeMap;

use evidence::{Entry, SourceKind, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use catalogue::{definitions, figures};
pub(crate) use records::Records;
pub(crate) use state::{Asked, rows as state_rows};

/// Name of the table that is not a member: the entries themselves.
pub(crate) const ENTRIES: &str = "entries";

/// Where the rows of a table come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One row for each entry that is selected, each column a place in the entry.
    Entries,
    /// What the rules make of the entries, at the moments of the package.
    State,
    /// One row for each record that counts at the moment, each column a place in its entry or a field of its normal form.
    Records,
    /// One row for each target of a link field of those records.
    Links,
    /// One row for each component in the bills of materials of each release.
    Components,
    /// One row for each test with results and each case that it carries out: what the results of its newest commit amount to.
    Verdicts,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in rows.
    pub name: String,
    /// What it says, for people.
    pub title: String,
    /// `@entry`, `@time`, a JSON pointer (RFC 6901) into the entry's JSON, or what else docs/spec/package.md, 6, says of the kind
    /// of table; none in tables of states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What a table is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name; its member is `tables/NAME.jsonl`.
    pub name: String,
    /// What it lists, for people.
    pub title: String,
    /// Where its rows come from.
    pub kind: Kind,
    /// Facts whose entries are rows; any, if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<String>,
    /// Kinds of sources whose entries are rows (the word before the colon of an identifier); any, if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Kinds of records that are rows, or whose links are; any, if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Its columns, in order. The first is `entry`.
    pub columns: Vec<Column>,
}

/// A table with its rows, in the order of the entries they cite or as its definition says.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What it is.
    pub definition: Definition,
    /// Values, in the order of the columns.
    pub rows: Vec<Vec<Value>>,
}

impl Definition {
    /// Name of the member.
    #[must_use]
    pub fn member(&self) -> String {
        format!("tables/{}.jsonl", self.name)
    }

    /// Whether an entry with this fact, of this kind of source, is a row.
    pub(crate) fn selects(&self, fact: &str, source: SourceKind) -> bool {
        self.kind == Kind::Entries
            && (self.facts.is_empty() || self.facts.iter().any(|f| f == fact))
            && (self.sources.is_empty() || self.sources.iter().any(|s| s == source.word()))
    }

    /// The row of an entry, whose JSON is `said`.
    pub(crate) fn row(&self, index: u64, time: Time, said: &Value) -> Vec<Value> {
        let value = |c: &Column| match c.from.as_deref() {
            Some("@entry") => index.into(),
            Some("@time") => time.to_string().into(),
            Some(pointer) => said.pointer(pointer).cloned().unwrap_or(Value::Null),
            None => Value::Null,
        };
        self.columns.iter().map(value).collect()
    }
}

impl Table {
    /// The place of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.definition.columns.iter().position(|c| c.name == name)
    }

    /// The rows as JSON lines: one object a row, its members in the order of the columns, no blank between tokens.
    #[must_use]
    pub fn lines(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for row in &self.rows {
            out.push(b'{');
            for (n, (column, value)) in self.definition.columns.iter().zip(row).enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write_value(&Value::String(column.name.clone()), &mut out);
                out.push(b':');
                write_value(value, &mut out);
            }
            out.extend(b"}\n");
        }
        out
    }
}

/// A value without blanks, the members of objects in the order of their names, whatever order the library keeps.
fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write_value(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            out.push(b'{');
            for (n, (name, item)) in sorted.into_iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write_value(&Value::String(name.clone()), out);
                out.push(b':');
                write_value(item, out);
            }
            out.push(b'}');
        }
        plain => out.extend(plain.to_string().bytes()),
    }
}

/// Collects the rows of projections, entry by entry, and counts the entries by their facts.
#[derive(Clone)]
pub(crate) struct Projector {
    tables: Vec<Table>,
    /// Entries by fact.
    pub(crate) facts: BTreeMap<&'static str, u64>,
}

impl Projector {
    pub(crate) fn new(definitions: &[Definition]) -> Self {
        let entries = definitions.iter().filter(|d| d.kind == Kind::Entries);
        let tables = entries.map(|d| Table { definition: d.clone(), rows: Vec::new() }).collect();
        Self { tables, facts: BTreeMap::new() }
    }

    pub(crate) fn take(&mut self, index: u64, time: Time, entry: &Entry) {
        let body = entry.body();
        let (fact, kind) = (body.fact.name(), body.source.kind());
        *self.facts.entry(fact).or_default() += 1;
        let mut said = None;
        for table in self.tables.iter_mut().filter(|t| t.definition.selects(fact, kind)) {
            let said = said.get_or_insert_with(|| evidence::json::entry_json(entry));
            table.rows.push(table.definition.row(index, time, said));
        }
    }

    pub(crate) fn finish(self) -> (Vec<Table>, BTreeMap<&'static str, u64>) {
        (self.tables, self.facts)
    }
}
