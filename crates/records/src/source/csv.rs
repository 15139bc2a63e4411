//! One CSV table (RFC 4180): a record a row. The first row names the fields; `links.TYPE` is a link column and
//! `FIELD[]` a list column, both with values separated by `;`. Nothing else is split, so a table reads the same
//! under every profile.

use super::{Parsed, identity, is_name, text_of};
use crate::limits::MAX_FIELDS;
use crate::problem::{Code, Problem};
use crate::record::{Builder, LINKS, Place};
use std::borrow::Cow;

/// Cells of a CSV text, row by row.
#[derive(Debug)]
pub struct Table<'s> {
    text: &'s str,
    at: usize,
    line: u32,
}

/// Why a table cannot be read on: line and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Broken {
    /// Counted from 1.
    pub line: u32,
    /// What is wrong.
    pub reason: &'static str,
}

impl<'s> Table<'s> {
    /// Begins at the first row.
    #[must_use]
    pub fn new(text: &'s str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// Reads the next row into `cells` and returns its first line; `None` at the end. Empty lines are passed over.
    ///
    /// # Errors
    /// When a quote is not closed, text follows a closing quote, or a row has more than `MAX_FIELDS` cells.
    pub fn row(&mut self, cells: &mut Vec<Cow<'s, str>>) -> Result<Option<u32>, Broken> {
        cells.clear();
        let bytes = self.text.as_bytes();
        while let Some(b'\r' | b'\n') = bytes.get(self.at) {
            self.line += u32::from(bytes.get(self.at) == Some(&b'\n'));
            self.at += 1;
        }
        if self.at >= bytes.len() {
            return Ok(None);
        }
        let first = self.line;
        loop {
            if cells.len() >= MAX_FIELDS {
                return Err(Broken { line: first, reason: "too many cells in one row" });
            }
            let cell = if bytes.get(self.at) == Some(&b'"') { self.quoted()? } else { self.plain() };
            cells.push(cell);
            match bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b'\r') if bytes.get(self.at + 1) == Some(&b'\n') => {
                    self.at += 2;
                    break;
                }
                Some(b'\n' | b'\r') => {
                    self.at += 1;
                    break;
                }
                None => break,
                Some(_) => return Err(Broken { line: self.line, reason: "text after a closing quote" }),
            }
        }
        self.line += 1;
        Ok(Some(first))
    }

    fn plain(&mut self) -> Cow<'s, str> {
        let rest = self.text.get(self.at..).unwrap_or("");
        let end = rest.bytes().position(|b| matches!(b, b',' | b'\n' | b'\r')).unwrap_or(rest.len());
        self.at += end;
        Cow::Borrowed(rest.get(..end).unwrap_or(""))
    }

    fn quoted(&mut self) -> Result<Cow<'s, str>, Broken> {
        let opened = self.line;
        self.at += 1;
        let mut whole: Option<String> = None;
        loop {
            let rest = self.text.get(self.at..).unwrap_or("");
            let Some(end) = rest.bytes().position(|b| b == b'"') else {
                return Err(Broken { line: opened, reason: "a quote that is not closed" });
            };
            let part = rest.get(..end).unwrap_or("");
            self.line += u32::try_from(part.bytes().filter(|b| *b == b'\n').count()).unwrap_or(0);
            self.at += end + 1;
            if self.text.as_bytes().get(self.at) == Some(&b'"') {
                let whole = whole.get_or_insert_default();
                whole.push_str(part);
                whole.push('"');
                self.at += 1;
            } else {
                return Ok(match whole {
                    None => Cow::Borrowed(part),
                    Some(whole) => Cow::Owned(whole + part),
                });
            }
        }
    }
}

struct Column<'s> {
    name: Cow<'s, str>,
    link: bool,
    list: bool,
}

/// Reads all records of a table. `kind` stands in where the table has no column `kind`.
pub fn read_csv(file: u32, bytes: &[u8], kind: Option<&str>, out: &mut Parsed) {
    let text = match text_of(file, bytes) {
        Ok(text) => text,
        Err(problem) => return out.problems.push(*problem),
    };
    if let Err(problem) = rows(file, text, kind, out) {
        out.problems.push(problem.excerpt_from(text));
    }
}

fn rows(file: u32, text: &str, kind: Option<&str>, out: &mut Parsed) -> Result<(), Problem> {
    let broken = |error: Broken| {
        let place = Place { file, line: error.line };
        Problem::new(
            Code::Table,
            place,
            error.reason,
            "quote cells that hold `,`, `\"` or line ends, and double inner quotes",
        )
    };
    let mut table = Table::new(text);
    let mut cells = Vec::new();
    let Some(line) = table.row(&mut cells).map_err(broken)? else { return Ok(()) };
    let columns = header(Place { file, line }, &cells)?;
    let default = kind.filter(|_| !columns.iter().any(|c| c.name == "kind" && !c.link));
    let mut builder = Builder::default();
    while let Some(line) = table.row(&mut cells).map_err(broken)? {
        builder.clear();
        let place = Place { file, line };
        if cells.len() != columns.len() {
            let message = format!("the row has {} cells, the header {}", cells.len(), columns.len());
            let problem = Problem::new(Code::Table, place, message, "quote cells that hold a comma");
            out.report(problem, text);
            continue;
        }
        let filled = columns.iter().zip(cells.drain(..)).try_for_each(|(column, cell)| {
            builder.open(Cow::Borrowed(&*column.name), column.link, line)?;
            if !column.list {
                return builder.value(cell);
            }
            match cell {
                Cow::Borrowed(cell) => {
                    cell.split(';').try_for_each(|part| builder.value(Cow::Borrowed(part)))
                }
                Cow::Owned(cell) => {
                    cell.split(';').try_for_each(|part| builder.value(Cow::Owned(part.to_owned())))
                }
            }
        });
        let filled = filled.and_then(|()| match default {
            Some(kind) => {
                builder.open(Cow::Borrowed("kind"), false, line)?;
                builder.value(Cow::Borrowed(kind))
            }
            None => Ok(()),
        });
        if let Err(error) = filled {
            out.problems.push(Problem::new(
                Code::RecordTooLarge,
                place,
                error.to_string(),
                "split the record",
            ));
            continue;
        }
        let record = builder.finish(place);
        match identity(&record) {
            Some(problem) => out.report(problem, text),
            None => out.records.push(record),
        }
    }
    Ok(())
}

fn header<'s>(place: Place, cells: &[Cow<'s, str>]) -> Result<Vec<Column<'s>>, Problem> {
    let wrong = |message: String| {
        Problem::new(
            Code::Table,
            place,
            message,
            "name fields as in front matter: `id`, `kind`, `title`, `links.TYPE`, `FIELD[]`",
        )
    };
    let mut columns: Vec<Column<'s>> = Vec::with_capacity(cells.len());
    for cell in cells {
        let cell = cell.trim();
        let (name, link) = cell.strip_prefix(LINKS).map_or((cell, false), |name| (name, true));
        let (name, list) = name.strip_suffix("[]").map_or((name, link), |name| (name, true));
        if !is_name(name) {
            return Err(wrong(format!("`{}` cannot name a column", cell.escape_debug())));
        }
        if columns.iter().any(|c| c.name == name && c.link == link) {
            return Err(wrong(format!("column `{cell}` stands twice")));
        }
        columns.push(Column { name: Cow::Owned(name.to_owned()), link, list });
    }
    if columns.iter().any(|c| c.name == "id" && !c.link) {
        Ok(columns)
    } else {
        Err(wrong("the table has no column `id`".to_owned()))
    }
}
