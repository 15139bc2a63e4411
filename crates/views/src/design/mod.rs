//! Records at a moment: the record set that the log amounts to, put through the rules of `records`. The same engine that checks
//! a working tree, so that trace and gaps at past moments are one question.
//!
//! What the log says of records are digests; what they say are blobs. The view joins the two and says which were not held. It
//! names the log size it was computed at. Losing it costs a reading of the blobs. Not here: pages and JSON (`server`), the
//! command line (`cli`).

mod cache;
mod code;
mod fill;
pub mod junit;
mod lock;
mod normal;
mod results;
mod rules;

use evidence::Time;
use ledger::ports::{Blobs, StoreError};
use records::engine::{Evaluator, Report};
use records::problem::Problem;
use records::schema::SchemaError;
use tlog::Hash;
use world::World;

pub use cache::{Designs, Version};
pub use normal::read_normal_form;

/// Something that has a world to be asked, and holds it no longer than the asking takes.
pub trait Ask {
    /// Asks the world.
    fn ask<T>(&self, question: impl FnOnce(&World) -> T) -> T;
}

impl Ask for World {
    fn ask<T>(&self, question: impl FnOnce(&World) -> T) -> T {
        question(self)
    }
}

impl Ask for ledger::Ledger {
    fn ask<T>(&self, question: impl FnOnce(&World) -> T) -> T {
        question(&self.read())
    }
}

/// Of what, and as of when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Product.
    pub product: String,
    /// Line.
    pub line: String,
    /// When it was so.
    pub at: Time,
    /// What was known: a log size.
    pub known: u64,
}

/// Why there is no view.
#[derive(Debug, thiserror::Error)]
pub enum DesignError {
    /// Nothing of this product and line was known.
    #[error("nothing of the product {product}, line {line}, was known at {at}")]
    Nothing {
        /// Product.
        product: String,
        /// Line.
        line: String,
        /// When.
        at: Time,
    },
    /// No commit brought a configuration, so that no rules are known.
    #[error(
        "no vouchsafe.toml of the product {product}, line {line}, is in the log; push from its repository"
    )]
    NoConfiguration {
        /// Product.
        product: String,
        /// Line.
        line: String,
    },
    /// A document that the log names is not held.
    #[error("the document {digest} ({what}) is not held here")]
    Missing {
        /// What it is.
        what: &'static str,
        /// Its digest.
        digest: Hash,
    },
    /// A configuration that this version cannot use.
    #[error("the configuration of the commit {commit} cannot be used: {source}")]
    Configuration {
        /// Which commit.
        commit: String,
        /// Why.
        source: SchemaError,
    },
    /// The blobs cannot be read.
    #[error("reading a document of the log: {0}")]
    Store(#[source] StoreError),
}

/// The records of a line at a moment with what the rules say of them.
#[derive(Debug)]
pub struct Design {
    /// Of what, and as of when.
    pub moment: Moment,
    /// Entries that count: what was said by the moment.
    pub applied: u64,
    /// The records and their open rules.
    pub evaluator: Evaluator,
    /// The outcome of the rules.
    pub report: Report,
    /// The commits it was made from: repository and commit.
    pub commits: Vec<(String, String)>,
}

/// Reads the records of a line at a moment and evaluates the rules. O(records + links + results) and a blob for each record;
/// the world is held for one page at a time.
///
/// # Errors
/// Nothing is known of the line, its configuration is missing or unusable, or the store fails. A record whose content is not
/// held is a problem of the report, not an error.
pub fn design(
    world: &impl Ask,
    blobs: &dyn Blobs,
    moment: &Moment,
    threads: usize,
) -> Result<Design, DesignError> {
    let mut filled = fill::fill(world, blobs, moment)?;
    let mut problems: Vec<Problem> = core::mem::take(&mut filled.problems);
    let commits = filled.commits;
    let evaluator = Evaluator::new(filled.set, threads);
    problems.append(&mut records::tree::check_structure(evaluator.set()));
    let mut report = evaluator.report();
    report.problems = problems;
    report.unmatched_results = filled.unmatched;
    Ok(Design { moment: moment.clone(), applied: filled.applied, evaluator, report, commits })
}

#[cfg(test)]
mod tests;
