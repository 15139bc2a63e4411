//! Bad input: what is wrong, where, and what to do. Gaps in sound input live in `engine`.

use crate::limits::MAX_EXCERPT_CHARS;
use crate::record::Place;

/// One thing wrong with the input. A record with a problem in its form is left out; the rest is still checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem; stable, for machines.
    pub code: Code,
    /// Where; line 0 stands for the whole file.
    pub place: Place,
    /// The record concerned, when its id could be read.
    pub record: Option<Box<str>>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// The line in question, when it was at hand; renderers read it from the file otherwise.
    pub excerpt: Option<Box<str>>,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// Kinds of bad input.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// The name machines see.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

codes! {
    /// Bytes that are not UTF-8.
    NotUtf8 = "not-utf8",
    /// A file above `MAX_FILE_BYTES`.
    FileTooLarge = "file-too-large",
    /// A file or folder that could not be read.
    Unreadable = "unreadable",
    /// Front matter that is not in the YAML subset of records.
    FrontMatter = "malformed-front-matter",
    /// A table that is not RFC 4180 CSV or lacks a column.
    Table = "malformed-table",
    /// A record over the bounds of `limits`.
    RecordTooLarge = "record-too-large",
    /// A record without id or kind, or an id of other characters.
    Identity = "bad-identity",
    /// Two records with one id.
    DuplicateId = "duplicate-id",
    /// A kind no profile defines.
    UnknownKind = "unknown-kind",
    /// A field its kind does not define.
    UnknownField = "unknown-field",
    /// A link type no profile defines.
    UnknownLink = "unknown-link",
    /// A value that does not fit its field's type.
    WrongType = "wrong-type",
    /// A link from or to a kind it is not made for.
    WrongEnd = "wrong-link-end",
    /// A link to a record that does not exist.
    Dangling = "dangling-link",
    /// A circle of links of a type that forbids it.
    Cycle = "forbidden-cycle",
    /// A lock file with merge conflicts or damaged lines.
    Lock = "malformed-lock",
    /// Something wrong in `vouchsafe.toml`.
    Configuration = "malformed-configuration",
    /// An item that is not declared.
    UnknownItem = "unknown-item",
    /// A justification that names a rule which does not exist.
    UnknownRule = "unknown-rule",
}

impl Problem {
    /// A problem at a place.
    pub fn new(code: Code, place: Place, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code, place, record: None, message: message.into(), fix: fix.into(), excerpt: None }
    }

    /// Names the record concerned.
    #[must_use]
    pub fn of(mut self, id: &str) -> Self {
        self.record = Some(id.into());
        self
    }

    /// Takes the excerpt from the text of the file.
    #[must_use]
    pub fn excerpt_from(mut self, text: &str) -> Self {
        self.excerpt = line_of(text, self.place.line).map(Into::into);
        self
    }
}

/// The line of a text (counted from 1), cut to a length that can be shown.
#[must_use]
pub fn line_of(text: &str, line: u32) -> Option<&str> {
    let line = text.lines().nth((line as usize).checked_sub(1)?)?;
    Some(line.char_indices().nth(MAX_EXCERPT_CHARS).map_or(line, |(at, _)| line.get(..at).unwrap_or(line)))
}

/// The known name nearest to an unknown one, when it is near enough to be a slip: at most a third of its letters
/// differ (Damerau-Levenshtein with adjacent swaps). O(names × length²).
#[must_use]
pub fn did_you_mean<'n>(unknown: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let unknown: Vec<u8> = unknown.bytes().take(64).map(|b| b.to_ascii_lowercase()).collect();
    let bound = (unknown.len() / 3).max(1).min(unknown.len().saturating_sub(1));
    names
        .filter(|name| name.len().abs_diff(unknown.len()) <= bound)
        .map(|name| (distance(&unknown, name.to_ascii_lowercase().as_bytes()), name))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, name)| name)
}

/// `"; did you mean `x`?"`, or nothing.
#[must_use]
pub fn meant<'n>(unknown: &str, names: impl Iterator<Item = &'n str>) -> String {
    did_you_mean(unknown, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = core::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}
