//! Tables with a column mapping: the rows that CSV and XLSX readers bring become items; CSV in and out.
//! Not here: unpacking spreadsheets.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Attribute, ForeignItem, Link, Outline, Placement, Source, Tool, Value};
use super::set::ForeignSet;
use super::{Error, File, Limits, decode, views};

/// Which columns mean what. Names compare exactly, without white space at their ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Column of the id; required in the table.
    pub id: String,
    /// Column of the kind; empty for none.
    pub kind: String,
    /// Kind of rows whose kind column is missing or blank.
    pub default_kind: String,
    /// Column of the title; empty for none.
    pub title: String,
    /// Column of the text; empty for none.
    pub text: String,
    /// Columns that hold ids of linked items, each with the links' type.
    pub links: Vec<(String, String)>,
    /// Columns that begin so hold links too, of the type that follows the prefix; empty for none.
    pub link_prefix: String,
    /// Characters between ids in one cell; white space around ids is dropped.
    pub separators: Vec<char>,
}

impl Default for Mapping {
    /// The columns that [`write_csv`] and [`write_xlsx`](super::write_xlsx) write.
    fn default() -> Self {
        Self {
            id: "id".to_owned(),
            kind: "kind".to_owned(),
            default_kind: String::new(),
            title: "title".to_owned(),
            text: "text".to_owned(),
            links: Vec::new(),
            link_prefix: "links:".to_owned(),
            separators: vec![',', ';', '\n', '\r'],
        }
    }
}

/// How a CSV file is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between cells: a comma, semicolon or tab.
    pub delimiter: u8,
    /// Whether a cell that a spreadsheet would take for a formula carries a leading apostrophe. Written so, and taken
    /// off again on reading.
    pub guard: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', guard: true }
    }
}

/// A row and where it begins.
pub(super) struct Row {
    pub(super) at: (u64, u64),
    pub(super) cells: Vec<String>,
}

/// Whether a spreadsheet would take the text for a formula.
fn formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Reads a CSV file (RFC 4180, UTF-8 or UTF-16) whose first row names the columns.
///
/// # Errors
/// When it is not CSV, a row has more or fewer cells than the first, the id column is missing or blank in a row, or two
/// rows have one id.
pub fn read_csv(
    file: File<'_>,
    dialect: Dialect,
    mapping: &Mapping,
    limits: &Limits,
) -> Result<ForeignSet, Error> {
    let rows = csv_rows(file, dialect, limits)?;
    items(file.name, rows, mapping, limits)
}

/// The rows of a CSV file; all have the first row's length.
pub(super) fn csv_rows(file: File<'_>, dialect: Dialect, limits: &Limits) -> Result<Vec<Row>, Error> {
    let text = decode(file, limits)?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(dialect.delimiter)
        .has_headers(false)
        .flexible(false)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            let reason = match error.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("a row of {len} cells, where the first row has {expected_len}")
                }
                _ => error.to_string(),
            };
            Error::Malformed { reason, source_at: Source::at(file.name, (line, 1)) }
        })?;
        // The reader counts blank lines before a record as part of it.
        let blank = |p: &csv::Position| {
            let rest =
                usize::try_from(p.byte()).ok().and_then(|at| text.as_bytes().get(at..)).unwrap_or_default();
            let blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
            p.line() + blank.filter(|&&b| b == b'\n').count() as u64
        };
        let at = (record.position().map_or(0, blank), 1);
        if record.len() > limits.columns {
            return Err(Error::limit("columns", limits.columns, Source::at(file.name, at)));
        }
        if rows.len() > limits.items {
            return Err(Error::limit("rows", limits.items, Source::at(file.name, at)));
        }
        let cell = |cell: &str| match cell.strip_prefix('\'') {
            Some(rest) if dialect.guard && (formula(rest) || rest.starts_with('\'')) => rest.to_owned(),
            _ => cell.to_owned(),
        };
        rows.push(Row { at, cells: record.iter().map(cell).collect() });
    }
    Ok(rows)
}

enum Column {
    Id,
    Link(String),
    Other,
}

/// Items from rows, the first of which names the columns.
pub(super) fn items(
    file: &str,
    rows: Vec<Row>,
    mapping: &Mapping,
    limits: &Limits,
) -> Result<ForeignSet, Error> {
    let mut rows = rows.into_iter();
    let Some(header) = rows.next() else {
        return Err(Error::invalid(
            "the table is empty; its first row names the columns",
            &Source::file(file),
        ));
    };
    let names: Vec<String> = header.cells.iter().map(|name| name.trim().to_owned()).collect();
    let place = Source::at(file, header.at);
    for wanted in [&mapping.id].into_iter().chain(mapping.links.iter().map(|(column, _)| column)) {
        if !names.contains(wanted) {
            let reason = format!("there is no column {wanted:?}; the columns are {}", names.join(", "));
            return Err(Error::invalid(reason, &place));
        }
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !name.is_empty() && !seen.insert(name.as_str())) {
        return Err(Error::invalid(format!("the column {twice:?} is given twice"), &place));
    }
    let columns: Vec<Column> = names.iter().map(|name| column(name, mapping)).collect();
    let mut set = ForeignSet { tool: Tool::Table, ..ForeignSet::default() };
    for row in rows.filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty())) {
        let mut item = ForeignItem { source: Source::at(file, row.at), ..ForeignItem::default() };
        for ((name, column), cell) in names.iter().zip(&columns).zip(row.cells) {
            if let Column::Id = column {
                cell.trim().clone_into(&mut item.id);
            }
            if let Column::Link(kind) = column {
                for target in
                    cell.split(mapping.separators.as_slice()).map(str::trim).filter(|t| !t.is_empty())
                {
                    let source = item.source.clone();
                    item.links.push(Link {
                        kind: kind.clone(),
                        target: target.to_owned(),
                        source,
                        ..Link::default()
                    });
                }
            }
            if *name == mapping.kind {
                cell.trim().clone_into(&mut item.kind);
            }
            if *name == mapping.title {
                cell.trim().clone_into(&mut item.title);
            }
            if *name == mapping.text {
                cell.trim().clone_into(&mut item.text);
            }
            item.attributes.push(Attribute::new(name.clone(), Value::Text(cell)));
        }
        if item.id.is_empty() {
            let reason = format!("a row without an id in the column {:?}", mapping.id);
            return Err(Error::invalid(reason, &item.source));
        }
        if item.kind.is_empty() {
            item.kind.clone_from(&mapping.default_kind);
        }
        set.items.push(item);
    }
    let placements = set.items.iter().map(|item| Placement { item: item.id.clone(), ..Placement::default() });
    set.documents.push(Outline { placements: placements.collect(), ..Outline::default() });
    set.finish(limits)
}

fn column(name: &str, mapping: &Mapping) -> Column {
    if name == mapping.id {
        return Column::Id;
    }
    if let Some((_, kind)) = mapping.links.iter().find(|(column, _)| column == name) {
        return Column::Link(kind.clone());
    }
    match name.strip_prefix(mapping.link_prefix.as_str()) {
        Some(kind) if !mapping.link_prefix.is_empty() => Column::Link(kind.to_owned()),
        _ => Column::Other,
    }
}

/// A set as rows: id, kind, title, text, a column for each type of links, and one for each attribute. Values become
/// text; positions, documents and attributes of links have no place in a table.
pub(super) fn rows(set: &ForeignSet) -> Result<Vec<Vec<String>>, Error> {
    /// Cells of a table, empty ones included: beyond this, the attributes differ too much for one.
    const MAX_CELLS: usize = 20_000_000;
    const OWN: [&str; 4] = ["id", "kind", "title", "text"];
    let mut columns: BTreeMap<String, usize> =
        OWN.iter().enumerate().map(|(n, c)| ((*c).to_owned(), n)).collect();
    let mut header: Vec<String> = OWN.iter().map(|name| (*name).to_owned()).collect();
    let mut rows = vec![Vec::new()];
    let mut cells = 0usize;
    let mut place = |header: &mut Vec<String>, name: String| {
        let next = header.len();
        *columns.entry(name).or_insert_with_key(|name| {
            header.push(name.clone());
            next
        })
    };
    for item in &set.items {
        for link in &item.links {
            place(&mut header, format!("links:{}", link.kind));
        }
    }
    for item in &set.items {
        let mut row = vec![item.id.clone(), item.kind.clone(), item.title.clone(), item.text.clone()];
        let mut put = |at: usize, text: &str| {
            if row.len() <= at {
                row.resize(at + 1, String::new());
            }
            if let Some(cell) = row.get_mut(at) {
                if !cell.is_empty() {
                    cell.push('\n');
                }
                cell.push_str(text);
            }
        };
        for link in &item.links {
            put(place(&mut header, format!("links:{}", link.kind)), &link.target);
        }
        for attribute in &item.attributes {
            // A column of ours that came back as an attribute is there already.
            let name = attribute.name.trim();
            if name.is_empty() || OWN.contains(&name) || name.starts_with("links:") {
                continue;
            }
            put(place(&mut header, name.to_owned()), &views::plain(&attribute.value));
        }
        cells = cells.saturating_add(row.len());
        rows.push(row);
        if cells.max(header.len().saturating_mul(rows.len())) > MAX_CELLS {
            let reason =
                format!("{} rows of {} columns are too many for one table", rows.len(), header.len());
            return Err(Error::Unwritable { item: item.id.clone(), reason });
        }
    }
    let width = header.len();
    if let Some(first) = rows.first_mut() {
        *first = header;
    }
    rows.iter_mut().for_each(|row| row.resize(width, String::new()));
    Ok(rows)
}

/// Writes a set as CSV with the columns of [`Mapping::default`].
///
/// # Errors
/// When the cells cannot be written, which bytes in memory do not do.
pub fn write_csv(set: &ForeignSet, dialect: Dialect) -> Result<String, Error> {
    let unwritable = |reason: String| Error::Unwritable { item: String::new(), reason };
    let mut writer = csv::WriterBuilder::new().delimiter(dialect.delimiter).from_writer(Vec::new());
    for mut row in rows(set)? {
        for cell in row.iter_mut().filter(|cell| dialect.guard && (formula(cell) || cell.starts_with('\''))) {
            let guarded = cell.strip_prefix('\'').is_none_or(|rest| formula(rest) || rest.starts_with('\''));
            if guarded {
                cell.insert(0, '\'');
            }
        }
        writer.write_record(&row).map_err(|e| unwritable(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| unwritable(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| unwritable(e.to_string()))
}
