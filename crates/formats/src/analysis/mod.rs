//! Findings of static analysis in SARIF 2.1.0 (OASIS), read into one form. Not here: which findings matter, and to which
//! unit a file belongs.

mod read;

#[cfg(test)]
mod tests;

pub use read::read;

/// Most results of one document.
pub const MAX_RESULTS: usize = 500_000;
/// Longest message kept, in characters; the rest is cut.
pub const MAX_MESSAGE: usize = 4_096;

/// The runs of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// In document order.
    pub runs: Vec<Run>,
}

/// One run of one tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Name of the tool.
    pub tool: Box<str>,
    /// Its version; empty when not stated.
    pub version: Box<str>,
    /// Commit that was looked at (`versionControlProvenance.revisionId`); empty when not stated.
    pub commit: Box<str>,
    /// Whether the tool says that it came to its end; `None` when it says nothing.
    pub successful: Option<bool>,
    /// Findings, in document order.
    pub results: Vec<Finding>,
}

/// How much a finding weighs (SARIF 3.27.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Says nothing of weight.
    None,
    /// Worth knowing.
    Note,
    /// Should be looked at.
    Warning,
    /// Is wrong.
    Error,
}

/// What a result says beside its level (SARIF 3.27.9): only these are findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule; empty when not stated.
    pub rule: Box<str>,
    /// Its weight, its own or that of its rule.
    pub level: Level,
    /// What is said.
    pub message: Box<str>,
    /// File, as written, decoded from its URI; empty when it has no place.
    pub file: Box<str>,
    /// Line, from 1; 0 when not stated.
    pub line: u32,
    /// Whether somebody accepted it in the tool or in the source (SARIF 3.35: a suppression that is not rejected or under
    /// review).
    pub suppressed: bool,
}

/// Why a document was refused. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too large, wrongly encoded, or not JSON.
    #[error("cannot read the analysis: {reason}")]
    Unreadable {
        /// Why, with the place.
        #[source]
        reason: crate::advisory::Error,
    },
    /// JSON, but not SARIF 2.1.0.
    #[error("not SARIF 2.1.0: {place}: {reason}")]
    Shape {
        /// Where: a JSON pointer.
        place: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// More results than are read.
    #[error("more than {MAX_RESULTS} results; split the document")]
    TooMany,
}
