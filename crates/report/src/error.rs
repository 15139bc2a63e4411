//! What goes wrong when packages are made or read.

use ledger::LedgerError;
use ledger::ports::StoreError;

use crate::zip::ZipError;

/// Why a package, a document or an export was not made, or a file could not be read as a package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The log, blobs or tree cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is not a ZIP of the shape that packages have.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The scope names nothing in this log.
    #[error("{0}")]
    Scope(String),
    /// A text that is no scope.
    #[error("`{0}` is no scope: release:VERSION, device:ID, period:FROM..TO or all")]
    NotAScope(String),
    /// A package of a later version of the format.
    #[error("it is a package of the later version `{0}`; this program reads `{ours}`", ours = crate::index::SCHEMA)]
    Future(String),
    /// Not a package.
    #[error("it is not a package: {0}")]
    NotAPackage(String),
    /// An entry of the log that cannot be read.
    #[error("entry {index}: {reason}")]
    BadEntry {
        /// Its index.
        index: u64,
        /// What is wrong.
        reason: String,
    },
    /// The chosen entries would not give the answer that the whole log gives: a defect of this program.
    #[error(
        "the entries chosen for this scope give another {0} than the whole log; the package was not made"
    )]
    Insufficient(&'static str),
    /// A document could not be typeset.
    #[error("typesetting {document}: {problem}")]
    Document {
        /// Its name.
        document: String,
        /// What the typesetter says.
        problem: String,
    },
    /// The database for an export cannot be written.
    #[error("writing the database: {0}")]
    Sqlite(String),
}
