//! `fmt`: writes front matter in one style, without changing a single hash. The body stays as it is.

use super::{CommandError, Status};
use crate::limits::MAX_FILE_BYTES;
use crate::record::{LINKS, Record, TEXT};
use crate::source::{FrontMatter, Parsed, read_markdown, split_front_matter};
use crate::tree;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

/// What to format.
#[derive(Debug, Default)]
pub struct Fmt {
    /// Folder of `vouchsafe.toml`.
    pub root: PathBuf,
    /// Only say which files would change.
    pub check: bool,
}

/// Formats the front matter of every Markdown record. Files with comments in their front matter are left alone and
/// named, because a comment would be lost. With `check`, files that would change are gaps.
///
/// # Errors
/// When the tree cannot be read or a file not be written.
pub fn fmt(options: &Fmt, out: &mut dyn Write) -> Result<Status, CommandError> {
    let tree = tree::load(&options.root).map_err(CommandError::Tree)?;
    let files: BTreeSet<u32> = tree.set.records().map(|(_, record)| record.place.file).collect();
    let mut changed = 0_usize;
    for file in files {
        let name = tree.set.file(file);
        if !name.ends_with(".md") {
            continue;
        }
        let path = tree.root.join(name);
        let text = tree::read_text(&path, MAX_FILE_BYTES).map_err(CommandError::Tree)?;
        match format_record(&text) {
            Formatted::Same | Formatted::NoRecord => {}
            Formatted::Comments => {
                writeln!(out, "{name}: left alone, its front matter has comments")
                    .map_err(CommandError::Output)?;
            }
            Formatted::New(new) => {
                changed += 1;
                writeln!(out, "{name}").map_err(CommandError::Output)?;
                if !options.check {
                    tree::write_text(&path, &new).map_err(CommandError::Tree)?;
                }
            }
        }
    }
    Ok(if options.check && changed > 0 { Status::Gaps } else { Status::Holds })
}

/// What formatting one file gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formatted {
    /// It is in form already.
    Same,
    /// Not a record, or a malformed one.
    NoRecord,
    /// Has comments that would be lost.
    Comments,
    /// The new text, of the same revision.
    New(String),
}

/// Formats one Markdown record: `id`, `kind`, `title`, the other fields by name, then `links`.
#[must_use]
pub fn format_record(text: &str) -> Formatted {
    let one = |text: &str| {
        let mut parsed = Parsed::default();
        read_markdown(0, text.as_bytes(), &mut parsed);
        if parsed.problems.is_empty() { parsed.records.pop() } else { None }
    };
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (Some(record), FrontMatter::Split { matter, body }) = (one(text), split_front_matter(bare)) else {
        return Formatted::NoRecord;
    };
    // Errs on the side of leaving a file alone: a `#` inside quotes counts as a comment too.
    if matter.lines().any(|line| line.trim_start().starts_with('#') || line.contains(" #")) {
        return Formatted::Comments;
    }
    let mut new = String::from("---\n");
    let in_body = !body.trim().is_empty();
    for name in ["id", "kind", "title"] {
        write_field(&mut new, &record, name, "");
    }
    for field in record.fields() {
        let name = field.name();
        let body = name == TEXT && in_body;
        if !(matches!(name, "id" | "kind" | "title") || name.starts_with(LINKS) || body) {
            write_field(&mut new, &record, name, "");
        }
    }
    if record.links().next().is_some() {
        new.push_str("links:\n");
        for (_, field) in record.links() {
            write_field(&mut new, &record, field.name(), "  ");
        }
    }
    new.push_str("---\n");
    if in_body {
        new.push('\n');
        new.push_str(&body.trim().replace("\r\n", "\n").replace('\r', "\n"));
        new.push('\n');
    }
    // Never trade a hash for style.
    match one(&new) {
        Some(again) if again.revision() == record.revision() && new == text => Formatted::Same,
        Some(again) if again.revision() == record.revision() => Formatted::New(new),
        _ => Formatted::Same,
    }
}

fn write_field(to: &mut String, record: &Record, name: &str, indent: &str) {
    let Some(field) = record.field(name) else { return };
    let shown = name.strip_prefix(LINKS).unwrap_or(name);
    let list = name.starts_with(LINKS) || field.values().len() > 1;
    if !list {
        let value = field.values().next().unwrap_or("");
        let _ = writeln!(to, "{indent}{shown}: {}", scalar(value, false));
        return;
    }
    let values: Vec<String> = field.values().map(|value| scalar(value, true)).collect();
    let line = format!("{indent}{shown}: [{}]", values.join(", "));
    if line.chars().count() <= 110 {
        to.push_str(&line);
        to.push('\n');
    } else {
        let _ = writeln!(to, "{indent}{shown}:");
        for value in field.values() {
            let _ = writeln!(to, "{indent}  - {}", scalar(value, false));
        }
    }
}

/// A YAML scalar of this text: plain where that is safe, else double-quoted.
pub(super) fn scalar(text: &str, in_list: bool) -> String {
    let first = text.as_bytes().first().is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    let risky = text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.chars().any(char::is_control);
    let breaks_list = in_list && text.contains([',', '[', ']', '{', '}', ':']);
    let plain = first && !risky && !breaks_list && !matches!(text, "null" | "Null" | "NULL");
    if plain {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            other if other.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(other));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
