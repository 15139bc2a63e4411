//! Requirement sets of other tools, read into one form, [`ForeignSet`], and written from it: ReqIF, StrictDoc, Doorstop,
//! sphinx-needs, RDM, tables (CSV, XLSX) and Jira exports. Not here: how a foreign item becomes a record of ours, which
//! kinds and link types correspond, and files on disk: readers take bytes with their names.
//!
//! Nothing is fetched, no entity is expanded, and what a document holds is bounded by [`Limits`] before anything is built
//! from it. A refused document leaves nothing; a document that can be read but breaks its own standard is read with
//! [`Finding`]s.

mod archive;
mod doorstop;
mod error;
mod jira;
mod json;
mod model;
mod needs;
mod rdm;
mod reqif;
mod sdoc;
mod set;
mod spreadsheet;
mod stamp;
mod table;
mod tree;
mod views;
mod xhtml;

#[cfg(test)]
mod tests;

pub use doorstop::read as read_doorstop;
pub use error::Error;
pub use jira::{read_csv as read_jira_csv, read_json as read_jira_json};
pub use model::{
    Attachment, Attribute, Choice, Datatype, Field, Finding, ForeignItem, Group, Kind, Link, Named, Outline,
    Placement, Source, Statement, Stray, Target, Tool, Value, ValueType, Xhtml,
};
pub use needs::{read as read_needs, write as write_needs};
pub use rdm::read as read_rdm;
pub use reqif::{read as read_reqif, read_archive as read_reqifz, write as write_reqif};
pub use sdoc::read as read_sdoc;
pub use set::{Dangling, ForeignSet};
pub use spreadsheet::{read as read_xlsx, write as write_xlsx};
pub use table::{Dialect, Mapping, read_csv, write_csv};

pub use crate::source::Place;

use crate::source::Bounds;

/// One file handed to a reader: its name, relative and with `/`, and its bytes.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Name as the set's other files refer to it.
    pub name: &'a str,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// Bounds of one set; the defaults hold the largest exports seen in practice many times over.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one document, packed or unpacked.
    pub bytes: usize,
    /// Documents in one set, and entries of one archive.
    pub files: usize,
    /// Items, links, kinds, and rows each.
    pub items: usize,
    /// Values or elements in one document.
    pub nodes: usize,
    /// Levels of nesting.
    pub depth: usize,
    /// Bytes of one text, tag or number.
    pub token: usize,
    /// Unpacked bytes for each packed byte of an archive.
    pub ratio: usize,
    /// Columns of a table.
    pub columns: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            files: 20_000,
            items: 200_000,
            nodes: 2_000_000,
            depth: 100,
            token: 8 << 20,
            ratio: 200,
            columns: 1_000,
        }
    }
}

impl Limits {
    fn bounds(&self) -> Bounds {
        Bounds { depth: self.depth, token: self.token }
    }

    fn check_file(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() > self.bytes {
            return Err(Error::limit("bytes", self.bytes, Source::file(name)));
        }
        Ok(())
    }

    fn check_files(&self, files: &[File<'_>]) -> Result<(), Error> {
        if files.len() > self.files {
            return Err(Error::limit("files", self.files, Source::default()));
        }
        let mut total = 0usize;
        for file in files {
            total = total.saturating_add(file.bytes.len());
            if total > self.bytes {
                return Err(Error::limit("bytes", self.bytes, Source::file(file.name)));
            }
        }
        Ok(())
    }
}

/// Reads a stream into memory, never more than [`Limits::bytes`] and one byte.
///
/// # Errors
/// When the stream fails or holds more.
pub fn read_bounded(reader: impl std::io::Read, limits: &Limits) -> Result<Vec<u8>, Error> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    reader.take(limits.bytes as u64 + 1).read_to_end(&mut bytes).map_err(|source| Error::Io { source })?;
    limits.check_file("", &bytes)?;
    Ok(bytes)
}

/// A whole text document as UTF-8, from UTF-8 or UTF-16.
fn decode(file: File<'_>, limits: &Limits) -> Result<String, Error> {
    use std::io::Read as _;
    limits.check_file(file.name, file.bytes)?;
    let mut bytes = Vec::new();
    // UTF-16 can grow by half when it becomes UTF-8.
    crate::source::Bounded::open(file.bytes, limits.bytes as u64 * 3 / 2)
        .and_then(|mut src| src.read_to_end(&mut bytes))
        .map_err(|e| Error::trouble(e.into(), file.name, (1, 1)))?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|&&b| b == b'\n').count() as u64 + 1;
        Error::Encoding { reason: "the text is not UTF-8", source_at: Source::at(file.name, (line, 1)) }
    })
}
