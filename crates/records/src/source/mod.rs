//! From the bytes of one file to records in normal form. Knows no folders and no schema; what a field means is
//! checked by `check::fields`.

mod csv;
mod front_matter;
mod markdown;
mod yaml;

pub use csv::{Table, read_csv};
pub use markdown::{FrontMatter, read_markdown, split_front_matter};

use crate::limits::MAX_NAME_BYTES;
use crate::problem::{Code, Problem};
use crate::record::{Place, Record};

/// What one or several files gave.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The records, in the order of the file.
    pub records: Vec<Record>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Parsed {
    /// Adds a problem; only the first of a file carry their excerpt, since finding a line costs a pass over the text.
    fn report(&mut self, problem: Problem, text: &str) {
        const WITH_EXCERPT: usize = 50;
        let near = self.problems.len() < WITH_EXCERPT;
        self.problems.push(if near { problem.excerpt_from(text) } else { problem });
    }
}

/// The text of a file, without a byte order mark; says where UTF-8 ends otherwise.
fn text_of(file: u32, bytes: &[u8]) -> Result<&str, Box<Problem>> {
    match core::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let sound = bytes.get(..error.valid_up_to()).unwrap_or(&[]);
            let line = 1 + sound.iter().filter(|byte| **byte == b'\n').count();
            let place = Place { file, line: u32::try_from(line).unwrap_or(u32::MAX) };
            let shown = String::from_utf8_lossy(bytes);
            let problem = Problem::new(
                Code::NotUtf8,
                place,
                format!("byte {} is not UTF-8", error.valid_up_to()),
                "save the file as UTF-8",
            );
            Err(Box::new(problem.excerpt_from(&shown)))
        }
    }
}

/// Whether a text may be an id: a letter or digit, then letters, digits, `.`, `_`, `-`; at most `MAX_NAME_BYTES`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Whether a text may name a field or link type.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NAME_BYTES
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Refuses a record without a usable id or kind; the schema is not asked yet.
fn identity(record: &Record) -> Option<Problem> {
    let at = |name: &str| {
        let line = record.field(name).map_or(record.place.line, |field| field.line());
        Place { file: record.place.file, line }
    };
    let single = |name: &str| record.field(name).is_none_or(|field| field.values().len() == 1);
    let problem = if record.id().is_empty() {
        Problem::new(
            Code::Identity,
            at("id"),
            "the record has no id",
            "add `id: PREFIX-NUMBER`, or exclude this file from the record roots",
        )
    } else if !is_id(record.id()) || !single("id") {
        Problem::new(
            Code::Identity,
            at("id"),
            format!("`{}` cannot be an id", record.id().escape_debug()),
            "use letters, digits, `.`, `_` and `-`, beginning with a letter or digit",
        )
    } else if record.kind().is_empty() || !single("kind") {
        Problem::new(
            Code::Identity,
            at("kind"),
            "the record does not name one kind",
            "add `kind: …`; `vouchsafe explain kinds` lists them",
        )
        .of(record.id())
    } else {
        return None;
    };
    Some(problem)
}

#[cfg(test)]
mod tests;
