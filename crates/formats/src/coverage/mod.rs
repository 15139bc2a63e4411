//! Coverage of code by tests, as lcov tracefiles (`geninfo`) and Cobertura XML write it, read into one form: how often
//! each line ran. Not here: which unit a file belongs to, and what coverage is enough.
//!
//! A document that is not well-formed to its end is refused whole: half a measurement is not evidence.

mod cobertura;
mod lcov;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::BufRead;

use crate::source::{Bounded, Trouble};

pub use crate::source::Place;

/// What a file may hold.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the file. Default 256 MiB.
    pub bytes: u64,
    /// Bytes of one line or tag. Default 64 KiB.
    pub token: usize,
    /// Open elements at once. Default 32.
    pub depth: usize,
    /// Source files. Default 100,000.
    pub files: usize,
    /// Lines of source measured, all files together. Default 10,000,000.
    pub lines: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, token: 64 << 10, depth: 32, files: 100_000, lines: 10_000_000 }
    }
}

/// Coverage of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Folders that file names are relative to, as Cobertura lists them; lcov has none.
    pub sources: Vec<Box<str>>,
    /// When it was measured, verbatim.
    pub timestamp: Option<Box<str>>,
    /// By name of the source file, verbatim.
    pub files: BTreeMap<Box<str>, FileCoverage>,
}

/// Coverage of one source file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileCoverage {
    /// How often each line ran that holds code.
    pub lines: BTreeMap<u32, u64>,
    /// Branches taken and branches there are.
    pub branches: (u64, u64),
}

impl FileCoverage {
    /// Lines that ran at least once, and lines that hold code.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.lines.values().filter(|hits| **hits > 0).count(), self.lines.len())
    }
}

/// Why a file was refused. Nothing of a refused file is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The underlying reader failed.
    #[error("cannot read the coverage: {source}")]
    Io {
        /// What the reader said.
        #[source]
        source: std::io::Error,
    },
    /// A bound of [`Limits`] was passed.
    #[error("the coverage holds more than {max} {what} ({place}); split it, or raise the limit")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        max: u64,
        /// Where.
        place: Place,
    },
    /// Not the text of its format.
    #[error("not well-formed: {reason} ({place})")]
    Malformed {
        /// What is wrong.
        reason: String,
        /// Where.
        place: Place,
    },
    /// Neither format.
    #[error("neither an lcov tracefile nor Cobertura XML: {reason}")]
    Unknown {
        /// What was found.
        reason: String,
    },
}

impl Error {
    fn of(trouble: Trouble, (line, column): (u64, u64)) -> Self {
        let place = Place { line, column, path: String::new() };
        match trouble {
            Trouble::Io(source) => Self::Io { source },
            Trouble::Limit(what, max) => Self::TooLarge { what, max, place },
            Trouble::Encoding(reason) => Self::Malformed { reason: reason.to_owned(), place },
            Trouble::Syntax(reason) => Self::Malformed { reason, place },
        }
    }
}

// @implements SWR-19
/// Reads coverage; XML by its first character, else lcov. One pass.
///
/// # Errors
/// [`Error`] with place and reason.
pub fn read<R: BufRead>(reader: R, limits: &Limits) -> Result<Coverage, Error> {
    let mut src = Bounded::open(reader, limits.bytes).map_err(|error| Error::of(error.into(), (1, 1)))?;
    let first = loop {
        let chunk = src.fill_buf().map_err(|error| Error::of(error.into(), (1, 1)))?;
        let Some(byte) = chunk.first().copied() else {
            return Err(Error::Unknown { reason: "the file is empty".to_owned() });
        };
        if !byte.is_ascii_whitespace() {
            break byte;
        }
        src.consume(1);
    };
    let found = Found { limits: *limits, coverage: Coverage::default(), lines: 0 };
    if first == b'<' { cobertura::read(src, found) } else { lcov::read(src, found) }
}

/// What was found so far, within the limits.
struct Found {
    limits: Limits,
    coverage: Coverage,
    lines: usize,
}

impl Found {
    /// The file of this name.
    fn file(&mut self, name: &str) -> Result<&mut FileCoverage, Trouble> {
        if !self.coverage.files.contains_key(name) {
            if self.coverage.files.len() >= self.limits.files {
                return Err(Trouble::Limit("source files", self.limits.files as u64));
            }
            self.coverage.files.insert(name.into(), FileCoverage::default());
        }
        self.coverage.files.get_mut(name).ok_or_else(|| Trouble::syntax("no file"))
    }

    /// Notes the hits of a line; `merge` joins them with what other records say of the same line.
    fn line(&mut self, file: &str, line: u32, hits: u64, merge: fn(u64, u64) -> u64) -> Result<(), Trouble> {
        let (limit, count) = (self.limits.lines, self.lines);
        let lines = &mut self.file(file)?.lines;
        let before = lines.len();
        lines.entry(line).and_modify(|known| *known = merge(*known, hits)).or_insert(hits);
        let added = lines.len() - before;
        if count + added > limit {
            return Err(Trouble::Limit("measured lines", limit as u64));
        }
        self.lines += added;
        Ok(())
    }
}
