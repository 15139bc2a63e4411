//! What tools measured of the code, as their readers hand it over: lines that ran, findings of static analysis. Bound to
//! a commit and an artefact, where those are known.

use std::collections::BTreeMap;

/// One measurement: a coverage file, or the report of an analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// Where it was read, for people.
    pub source: String,
    /// Commit it was made of; empty when not known.
    pub commit: String,
    /// Index of the repository whose code was measured.
    pub repository: u16,
    /// SHA-256 of the artefact that was run, in hexadecimal digits; empty when not known.
    pub artefact: String,
    /// How often each line ran, by file as the tool names it.
    pub lines: BTreeMap<String, BTreeMap<u32, u64>>,
    /// What an analysis found, suppressed findings left out.
    pub findings: Vec<AnalysisFinding>,
    /// The tool of these findings with its version; empty when this is not an analysis.
    pub tool: String,
}

/// One finding of an analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalysisFinding {
    /// Id of the tool's rule.
    pub rule: String,
    /// What it says.
    pub message: String,
    /// File as the tool names it.
    pub file: String,
    /// Line, from 1; 0 when not stated.
    pub line: u32,
    /// Whether the tool calls it an error, not less.
    pub error: bool,
}

impl Measured {
    /// Whether it was made of another commit than the one at hand. Unknown commits say nothing.
    #[must_use]
    pub fn is_of_other(&self, commit: &str) -> bool {
        let (a, b) = (&*self.commit, commit);
        !a.is_empty() && !b.is_empty() && !a.starts_with(b) && !b.starts_with(a)
    }
}
