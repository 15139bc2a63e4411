//! One Markdown file: front matter between `---` lines, then the body. A file without front matter is an ordinary
//! document and holds no record.

use super::front_matter::read_simple;
use super::yaml::read_strict;
use super::{Parsed, identity, text_of};
use crate::limits::MAX_FRONT_MATTER_BYTES;
use crate::problem::{Code, Problem};
use crate::record::{Builder, Place, TEXT};
use std::borrow::Cow;

/// A Markdown file, split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrontMatter<'s> {
    /// Does not begin with a `---` line.
    None,
    /// Begins with `---`, but no line `---` ends it.
    Unclosed,
    /// The lines between, and everything after.
    Split {
        /// From the second line of the file on.
        matter: &'s str,
        /// After the closing line.
        body: &'s str,
    },
}

/// Splits a text at its `---` lines; LF and CRLF alike.
#[must_use]
pub fn split_front_matter(text: &str) -> FrontMatter<'_> {
    let Some(inner) = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n")) else {
        return FrontMatter::None;
    };
    let mut at = 0;
    for line in inner.split_inclusive('\n') {
        if line.trim_end() == "---" {
            let matter = inner.get(..at).unwrap_or("");
            let body = inner.get(at + line.len()..).unwrap_or("");
            return FrontMatter::Split { matter, body };
        }
        at += line.len();
    }
    FrontMatter::Unclosed
}

/// Reads the record of a Markdown file, if it has one.
pub fn read_markdown(file: u32, bytes: &[u8], out: &mut Parsed) {
    let text = match text_of(file, bytes) {
        Ok(text) => text,
        Err(problem) => return out.problems.push(*problem),
    };
    let first = Place { file, line: 1 };
    let (matter, body) = match split_front_matter(text) {
        FrontMatter::None => return,
        FrontMatter::Unclosed => {
            let message = "the front matter has no end";
            let problem = Problem::new(Code::FrontMatter, first, message, "close it with a line `---`");
            return out.problems.push(problem.excerpt_from(text));
        }
        FrontMatter::Split { matter, body } => (matter, body),
    };
    if matter.len() > MAX_FRONT_MATTER_BYTES {
        let message =
            format!("the front matter has {} bytes; {MAX_FRONT_MATTER_BYTES} are allowed", matter.len());
        return out.problems.push(Problem::new(
            Code::RecordTooLarge,
            first,
            message,
            "move text into the body",
        ));
    }
    let mut builder = Builder::default();
    if read_simple(&mut builder, matter, 2).is_err() {
        builder.clear();
        if let Err(wrong) = read_strict(&mut builder, matter, 2) {
            let place = Place { file, line: 2 + wrong.line };
            let problem = Problem::new(Code::FrontMatter, place, wrong.message, wrong.fix);
            return out.problems.push(problem.excerpt_from(text));
        }
    }
    let body = body.trim();
    if !body.is_empty() {
        let line = body_line(text, body);
        if let Some(line) = builder.opened(TEXT, false) {
            let place = Place { file, line };
            let message = "the record has both a field `text` and a body";
            return out.problems.push(Problem::new(Code::FrontMatter, place, message, "keep one of the two"));
        }
        let added =
            builder.open(Cow::Borrowed(TEXT), false, line).and_then(|()| builder.value(Cow::Borrowed(body)));
        if let Err(error) = added {
            let problem = Problem::new(Code::RecordTooLarge, first, error.to_string(), "split the record");
            return out.problems.push(problem);
        }
    }
    let record = builder.finish(first);
    match identity(&record) {
        Some(problem) => out.report(problem, text),
        None => out.records.push(record),
    }
}

/// Line on which the body begins, counted from 1.
fn body_line(text: &str, body: &str) -> u32 {
    let before = text.len() - text.trim_end().len() + body.len();
    let head = text.get(..text.len().saturating_sub(before)).unwrap_or("");
    u32::try_from(head.bytes().filter(|byte| *byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}
