//! `index.json`: what a package is about, what it holds, how each table and figure is computed. The SHA-256 of its bytes is the
//! digest of the machine evidence, which each page of each document names.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::figure::Figure;
use crate::scope::Scope;
use crate::table::Definition;

/// The version of the format.
pub const SCHEMA: &str = "vouchsafe-package@v1";
/// What every version of it begins with.
const FAMILY: &str = "vouchsafe-package@";
/// The version of the list of documents.
pub const DOCUMENTS_SCHEMA: &str = "vouchsafe-documents@v1";
/// The content of the first member, by which the file is known.
pub const MIMETYPE: &str = "application/vnd.vouchsafe.package+zip";
/// Longest index, in bytes.
pub const MAX_INDEX: usize = 64 << 20;

/// What wrote a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// Name of the program.
    pub program: String,
    /// Its version.
    pub version: String,
    /// Version of the rules that the tables of states follow.
    pub rules: u64,
}

impl Generator {
    /// This program.
    #[must_use]
    pub fn ours() -> Self {
        Self {
            program: "vouchsafe".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            rules: world::APPLY_VERSION,
        }
    }
}

/// A size of the log and its log time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Number of entries.
    pub size: u64,
    /// Log time of the last of them.
    pub time: String,
}

/// A tree head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// Number of entries.
    pub size: u64,
    /// Root, hexadecimal.
    pub root: String,
}

/// How many entries there are and how many are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entries {
    /// Entries in the package.
    pub held: u64,
    /// Entries of the tree that are hashes here.
    pub left_out: u64,
    /// Hashes that stand for them.
    pub hashes: u64,
}

/// A blob that an entry of the package names and that the package does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingBlob {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Length, as the entry says.
    pub bytes: u64,
    /// Why it is not there.
    pub why: String,
}

/// A member and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Name in the ZIP.
    pub path: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Length, uncompressed.
    pub bytes: u64,
}

/// A table as the index has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexedTable {
    /// What it is.
    pub definition: Definition,
    /// Its rows.
    pub rows: u64,
}

/// The index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// [`SCHEMA`].
    pub schema: String,
    /// What wrote it.
    pub generator: Generator,
    /// What it is about.
    pub scope: Scope,
    /// What it is about, in words.
    pub about: String,
    /// The device it is about: its UEID, or `asset:` and the identifier of the import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Origin of the log.
    pub origin: String,
    /// Whether the log's time is a story's.
    pub simulated: bool,
    /// When it was so.
    pub at: String,
    /// What was known.
    pub known: Known,
    /// The tree that the checkpoint states.
    pub tree: Tree,
    /// Entries held and left out.
    pub entries: Entries,
    /// Blobs that are named and not held.
    pub missing_blobs: Vec<MissingBlob>,
    /// Tables, by name.
    pub tables: Vec<IndexedTable>,
    /// Figures.
    pub figures: Vec<Figure>,
    /// Every member but the first, this one and the documents, by name.
    pub members: Vec<Member>,
}

impl Index {
    /// Reads an index.
    ///
    /// # Errors
    /// [`Error::Future`] for a later version, [`Error::NotAPackage`] for what is no index.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let bad = |e: &dyn std::fmt::Display| Error::NotAPackage(format!("its index.json: {e}"));
        if bytes.len() > MAX_INDEX {
            return Err(bad(&"it is longer than any"));
        }
        #[derive(Deserialize)]
        struct Version {
            schema: String,
        }
        let version: Version = serde_json::from_slice(bytes).map_err(|e| bad(&e))?;
        if version.schema != SCHEMA {
            let shown: String = version.schema.chars().filter(|c| !c.is_control()).take(60).collect();
            return Err(if shown.starts_with(FAMILY) {
                Error::Future(shown)
            } else {
                bad(&"its schema is another one")
            });
        }
        serde_json::from_slice(bytes).map_err(|e| bad(&e))
    }

    /// Its bytes: indented, members in the order above, a line feed at the end.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        json_lines(self)
    }
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedDocument {
    /// Name in the ZIP.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Pages.
    pub pages: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Length.
    pub bytes: u64,
}

/// `documents.json`: the documents, and the digest of the evidence they were made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// [`DOCUMENTS_SCHEMA`].
    pub schema: String,
    /// What wrote them.
    pub generator: Generator,
    /// SHA-256 of `index.json`, hexadecimal.
    pub evidence: String,
    /// The documents, by name.
    pub documents: Vec<ListedDocument>,
}

impl Documents {
    /// Its bytes, as those of the index.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        json_lines(self)
    }
}

fn json_lines(value: &impl Serialize) -> Vec<u8> {
    // Structures of strings, numbers and lists: they have a JSON form.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
