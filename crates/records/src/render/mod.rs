//! A report as text, JSON, SARIF, JUnit or annotations. What it says is decided in `engine`; here is only its form.

mod github;
mod json;
mod junit;
pub mod risk;
mod sarif;
mod text;

use crate::engine::Report;
use crate::limits::MAX_FILE_BYTES;
use crate::problem::line_of;
use crate::record::Place;
use crate::set::RecordSet;
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

/// How a report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people, with file, line and excerpt.
    #[default]
    Text,
    /// For programs; stable, version 1.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML: one test case a rule.
    Junit,
    /// Workflow annotations of GitHub Actions.
    Github,
}

/// A report with what is needed to show it.
#[derive(Debug)]
pub struct View<'a> {
    /// What was found.
    pub report: &'a Report,
    /// The records it is about.
    pub set: &'a RecordSet,
    /// Folder to read excerpts from; none when the records are not from files.
    pub root: Option<&'a Path>,
    /// Whether text shows every gap.
    pub all: bool,
    /// How many failing gaps were known before (ratchet).
    pub known: usize,
}

/// Writes a report in a format.
///
/// # Errors
/// When the output fails.
pub fn write(view: &View<'_>, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(view, out),
        Format::Json => json::write(view, out),
        Format::Sarif => sarif::write(view, out),
        Format::Junit => junit::write(view, out),
        Format::Github => github::write(view, out),
    }
}

pub(crate) use text::counted;

/// What is said of a gap of order, before its reason.
fn retrospective(gap: &crate::engine::Gap) -> &'static str {
    match (gap.retrospective, gap.claimed) {
        (true, true) => " (retrospective, claimed)",
        (true, false) => " (retrospective)",
        (false, _) => "",
    }
}

impl View<'_> {
    fn file(&self, place: Place) -> &str {
        self.set.file(place.file)
    }
}

/// Lines of files for excerpts; keeps the last file read, with where its lines begin, so that many excerpts of one large
/// table stay cheap.
#[derive(Default)]
struct Excerpts {
    file: Option<(u32, String, Vec<usize>)>,
}

impl Excerpts {
    fn line(&mut self, view: &View<'_>, place: Place) -> Option<&str> {
        let root = view.root.filter(|_| place.line > 0)?;
        if self.file.as_ref().is_none_or(|(file, ..)| *file != place.file) {
            let text = crate::tree::read_text(&root.join(view.file(place)), MAX_FILE_BYTES).ok()?;
            let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
            let starts = std::iter::once(0).chain(ends).collect();
            self.file = Some((place.file, text, starts));
        }
        let (_, text, starts) = self.file.as_ref()?;
        let start = *starts.get((place.line as usize).checked_sub(1)?)?;
        line_of(text.get(start..)?, 1)
    }
}

/// Text for XML and HTML content and attributes; characters XML 1.0 forbids become U+FFFD.
#[must_use]
pub fn xml_escaped(text: &str) -> Cow<'_, str> {
    let special = |c: char| {
        matches!(c, '&' | '<' | '>' | '"' | '\'')
            || (c < ' ' && !matches!(c, '\t' | '\n' | '\r'))
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other if special(other) => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests;
