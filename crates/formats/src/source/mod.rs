//! What every reader of foreign text shares: bounded input with line and column, and pull readers for JSON, YAML and
//! XML that keep one token in memory. Not here: what any document means.

mod bounded;
mod json;
mod xml;
mod yaml;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;

pub(crate) use bounded::Bounded;
pub(crate) use json::JsonPull;
pub(crate) use xml::{XmlEvent, XmlPull};
pub(crate) use yaml::{YamlPull, text as yaml_text};

/// Where in a document something was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line, counted from 1.
    pub line: u64,
    /// Byte column in the line, counted from 1; the reader may already be past the token it complains about.
    pub column: u64,
    /// Path of names and indices from the root, as in a JSON pointer; empty at the root.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, ", at {}", self.path) }
    }
}

/// Bounds a pull reader keeps, whatever the document says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Open arrays, objects or elements at once.
    pub(crate) depth: usize,
    /// Bytes of one token: a string, a number, a tag with its attributes.
    pub(crate) token: usize,
}

/// Why reading stopped, before a format's own error gives it a place.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The underlying reader failed.
    Io(io::Error),
    /// A bound was passed: what, and how much is allowed.
    Limit(&'static str, u64),
    /// The bytes are not text we read.
    Encoding(&'static str),
    /// The text is not well-formed.
    Syntax(String),
}

impl Trouble {
    pub(crate) fn syntax(reason: impl Into<String>) -> Self {
        Self::Syntax(reason.into())
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.downcast::<bounded::Refusal>() {
            Ok(bounded::Refusal::Limit(what, max)) => Self::Limit(what, max),
            Ok(bounded::Refusal::Encoding(why)) => Self::Encoding(why),
            Err(error) => Self::Io(error),
        }
    }
}

/// One step of a JSON or YAML document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    ObjectStart,
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    Key(&'a str),
    Text(&'a str),
    /// An unquoted YAML scalar: text, number or boolean, as its reader wants it.
    Plain(&'a str),
    Number(&'a str),
    Bool(bool),
    Null,
    End,
}

/// A source of [`Event`]s: well-formed, bounded, one at a time.
pub(crate) trait Pull {
    fn next(&mut self) -> Result<Event<'_>, Trouble>;
    /// Line and column, both from 1.
    fn position(&self) -> (u64, u64);
}
