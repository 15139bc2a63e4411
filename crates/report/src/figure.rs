//! Figures: named counts, lists and joins over tables, so that whoever has the tables computes them again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::table::{ENTRIES, Table};

/// Most pairs of rows that a join compares: it is linear in the rows of both tables and in what it gives.
const MAX_PAIRS: usize = 10_000_000;

/// What a figure is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The number of rows.
    Count,
    /// Columns of the rows, in order.
    List,
    /// Columns of the pairs of rows of two tables that agree.
    Join,
    /// Each different choice of values of the columns, in the order in which they first occur, and the number of its rows.
    Tally,
}

/// A named number or list with the way to compute it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// What it says, for people.
    pub title: String,
    /// What it is made of.
    pub kind: Kind,
    /// The table.
    pub table: String,
    /// Rows that count: each column here has this value.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<String, Value>,
    /// Rows that do not count: a column here has this value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unless: BTreeMap<String, Value>,
    /// Columns that are listed. Those of the other table of a join have its name and a dot before them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The other table of a join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Columns that must agree in a join: of the table, of the other table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<[String; 2]>,
    /// A number, or rows of values.
    pub value: Value,
}

/// What figures are computed over.
pub(crate) struct Tables<'a> {
    tables: BTreeMap<&'a str, &'a Table>,
    facts: &'a BTreeMap<&'static str, u64>,
}

impl<'a> Tables<'a> {
    pub(crate) fn new(tables: &'a [Table], facts: &'a BTreeMap<&'static str, u64>) -> Self {
        Self { tables: tables.iter().map(|t| (t.definition.name.as_str(), t)).collect(), facts }
    }

    fn table(&self, name: &str) -> Result<&'a Table, String> {
        self.tables.get(name).copied().ok_or_else(|| format!("there is no table `{name}`"))
    }
}

impl Figure {
    /// Computes the value again.
    pub(crate) fn compute(&self, tables: &Tables<'_>) -> Result<Value, String> {
        if self.table == ENTRIES {
            return self.count_entries(tables);
        }
        let table = tables.table(&self.table)?;
        let rows = self.rows(table)?;
        match (self.kind, &self.with, &self.on) {
            (Kind::Count, None, None) => Ok(rows.len().into()),
            (Kind::List, None, None) => {
                let places = places(table, self.columns.iter().map(String::as_str))?;
                Ok(rows.iter().map(|row| pick(row, &places).collect::<Value>()).collect())
            }
            (Kind::Tally, None, None) => {
                let places = places(table, self.columns.iter().map(String::as_str))?;
                Ok(tally(&rows, &places))
            }
            (Kind::Join, Some(with), Some([left, right])) => {
                self.join(table, &rows, tables.table(with)?, left, right)
            }
            _ => Err("a join has `with` and `on`, and nothing else has".into()),
        }
    }

    /// Entries are counted, all or those with one fact.
    fn count_entries(&self, tables: &Tables<'_>) -> Result<Value, String> {
        let fact = self.conditions.get("fact").and_then(Value::as_str);
        match (self.kind, self.conditions.len(), fact) {
            _ if !self.unless.is_empty() => Err("entries are counted, all or by their fact".into()),
            (Kind::Count, 0, _) => Ok(tables.facts.values().sum::<u64>().into()),
            (Kind::Count, 1, Some(fact)) => Ok(tables.facts.get(fact).copied().unwrap_or(0).into()),
            _ => Err("entries are counted, all or by their fact".into()),
        }
    }

    fn rows<'t>(&self, table: &'t Table) -> Result<Vec<&'t Vec<Value>>, String> {
        let wanted = places(table, self.conditions.keys().map(String::as_str))?;
        let wanted: Vec<(usize, &Value)> = wanted.into_iter().zip(self.conditions.values()).collect();
        let barred = places(table, self.unless.keys().map(String::as_str))?;
        let barred: Vec<(usize, &Value)> = barred.into_iter().zip(self.unless.values()).collect();
        let has = |row: &[Value], (at, v): &(usize, &Value)| row.get(*at) == Some(v);
        let counts =
            |row: &&Vec<Value>| wanted.iter().all(|w| has(row, w)) && !barred.iter().any(|b| has(row, b));
        Ok(table.rows.iter().filter(counts).collect())
    }

    fn join(
        &self,
        table: &Table,
        rows: &[&Vec<Value>],
        other: &Table,
        left: &str,
        right: &str,
    ) -> Result<Value, String> {
        let (left, right) = (places(table, [left])?, places(other, [right])?);
        let mut by_key: BTreeMap<String, Vec<&Vec<Value>>> = BTreeMap::new();
        for row in &other.rows {
            let key: String = pick(row, &right).map(|v| v.to_string()).collect();
            by_key.entry(key).or_default().push(row);
        }
        let prefix = format!("{}.", other.definition.name);
        // Each column: whether it is the other table's, and its place there.
        let mut columns = Vec::new();
        for name in &self.columns {
            match name.strip_prefix(&prefix) {
                Some(theirs) => columns.push((true, place(other, theirs)?)),
                None => columns.push((false, place(table, name)?)),
            }
        }
        let mut out = Vec::new();
        for row in rows {
            let key: String = pick(row, &left).map(|v| v.to_string()).collect();
            for theirs in by_key.get(&key).into_iter().flatten() {
                if out.len() >= MAX_PAIRS {
                    return Err("a join of more pairs than are computed".into());
                }
                let value = |(other, at): &(bool, usize)| {
                    if *other { theirs.get(*at) } else { row.get(*at) }.cloned().unwrap_or(Value::Null)
                };
                out.push(columns.iter().map(value).collect::<Value>());
            }
        }
        Ok(Value::Array(out))
    }
}

fn tally(rows: &[&Vec<Value>], places: &[usize]) -> Value {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut out: Vec<(Vec<Value>, u64)> = Vec::new();
    for row in rows {
        let values: Vec<Value> = pick(row, places).collect();
        let at = *known.entry(Value::from(values.clone()).to_string()).or_insert(out.len());
        match out.get_mut(at) {
            Some((_, n)) => *n += 1,
            None => out.push((values, 1)),
        }
    }
    out.into_iter().map(|(values, n)| values.into_iter().chain([n.into()]).collect::<Value>()).collect()
}

fn pick<'r>(row: &'r [Value], places: &'r [usize]) -> impl Iterator<Item = Value> + 'r {
    places.iter().map(|at| row.get(*at).cloned().unwrap_or(Value::Null))
}

fn place(table: &Table, name: &str) -> Result<usize, String> {
    table.column(name).ok_or_else(|| format!("the table `{}` has no column `{name}`", table.definition.name))
}

fn places<'n>(table: &Table, names: impl IntoIterator<Item = &'n str>) -> Result<Vec<usize>, String> {
    names.into_iter().map(|name| place(table, name)).collect()
}
