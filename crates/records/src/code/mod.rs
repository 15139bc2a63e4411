//! The code of the product as far as records speak of it: which files there are, which records they are marked with,
//! which unit each belongs to, what depends on what, and what coverage and static analysis said of it.
//!
//! Nothing here runs unless `vouchsafe.toml` has `[code]`. No language is parsed: marks and dependencies are found by
//! their lines, and what that cannot see is said in `docs/records.md`.

mod canonical;
mod depends;
mod facts;
mod findings;
mod glob;
mod marks;
mod measured;
mod scan;

pub use canonical::{
    FORM, measured_from_canonical, measured_to_canonical, scan_from_canonical, scan_to_canonical,
};
pub use facts::{CodeFacts, CodePart, Unit};
pub use findings::{Finding, findings};
pub use glob::Glob;
pub use marks::{Mark, Verb, marks_in};
pub use measured::{AnalysisFinding, Measured};
pub use scan::{CodeFile, CodeScan, Selection, list_code, scan_given, scan_tree};

use serde::Deserialize;

/// `[code]` of `vouchsafe.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CodeConfig {
    /// Folder that all paths of code are relative to, relative to `vouchsafe.toml`; default: its own folder.
    #[serde(default)]
    pub root: String,
    /// The product's code, as globs.
    pub files: Vec<String>,
    /// What of it to leave out, as globs.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether dependencies are detected in C, C++ and Rust; default: yes.
    #[serde(default)]
    pub dependencies: Option<bool>,
    /// Kinds of which each record must be implemented by marked code.
    #[serde(default)]
    pub marked: Vec<String>,
}
