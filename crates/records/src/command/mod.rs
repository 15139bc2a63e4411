//! The commands over a working tree, one function each: typed options in, output to a writer, an exit status out.
//! Parsing arguments, reading the clock and signing live in the binary.

mod accept;
mod check;
mod explain;
mod fmt;
mod history;
mod impact;
mod init;
mod new;
mod risk;
mod show;
mod trace;

pub use accept::{Accept, accept};
pub use check::{Check, check, evaluate};
pub use explain::{explain, json_schema};
pub use fmt::{Fmt, Formatted, fmt, format_record};
pub use history::{AskHistory, Claims};
pub use impact::{CommitLine, Impact, impact};
pub use init::{Init, init};
pub use new::{New, new};
pub use risk::{Risk, risk};
pub use show::{Show, show, show_set};
pub use trace::{Trace, TraceFormat, Traced, trace, trace_of, trace_set};

use crate::digest::Digest;
use crate::set::{EditorialStep, Node, RecordSet};
use crate::tree::{self, Foreign, Tree, TreeError};
use std::path::Path;

/// How a command ended, when it could do its work; the number is the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It holds.
    Holds = 0,
    /// There are gaps.
    Gaps = 1,
    /// There was bad input; the rest was done.
    BadInput = 2,
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The working tree could not be read or written.
    #[error("{0}")]
    Tree(TreeError),
    /// The output could not be written.
    #[error("writing the output: {0}")]
    Output(std::io::Error),
    /// The history of the repository could not be read.
    #[error("reading the history: {0}")]
    History(String),
    /// Something asked for does not make sense.
    #[error("{what}; {fix}")]
    Usage {
        /// What.
        what: String,
        /// What to do.
        fix: String,
    },
}

impl CommandError {
    /// 2 for bad usage or input, 3 when the environment failed.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Usage { .. }
            | Self::Tree(TreeError::NoConfig(_) | TreeError::Config(_) | TreeError::TooLarge { .. }) => 2,
            Self::Tree(TreeError::Io { .. }) | Self::Output(_) | Self::History(_) => 3,
        }
    }
}

/// What is known beside the files of a tree, for commands that only look.
#[derive(Debug, Default)]
pub struct Beside {
    /// Changes declared editorial that somebody signed: record, revision before, revision after.
    pub signed_editorial: Vec<(String, Digest, Digest)>,
    /// Records of the product's other repositories.
    pub others: Vec<Foreign>,
}

fn load(root: &Path, signed: &[(String, Digest, Digest)], others: &[Foreign]) -> Result<Tree, CommandError> {
    let counts = |step: &EditorialStep<'_>| {
        signed.iter().any(|(id, old, new)| (&**id, *old, *new) == (step.id, step.old, step.new))
    };
    tree::load_linked(root, Some(&counts), others).map_err(CommandError::Tree)
}

fn usage(what: impl Into<String>, fix: impl Into<String>) -> CommandError {
    CommandError::Usage { what: what.into(), fix: fix.into() }
}

/// The record of an id, or an error that names a near one.
fn want(set: &RecordSet, id: &str) -> Result<Node, CommandError> {
    set.node(id).filter(|node| set.record(*node).is_some()).ok_or_else(|| {
        let near = crate::problem::meant(id, set.records().map(|(_, record)| record.id()));
        usage(format!("there is no record `{id}`{near}"), "`vouchsafe check` lists what was read")
    })
}
