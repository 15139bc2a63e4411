//! Why a command did not do what was asked, and the exit status that says so. The one place where errors become codes.
//!
//! | status | means |
//! |---|---|
//! | 0 | it holds, or it is done |
//! | 1 | it does not hold: a proof is wrong, data is damaged |
//! | 2 | bad usage or bad input |
//! | 3 | the environment failed: disk, network, another process |
//! | 130 | interrupted |

use std::fmt::Display;
use std::io;
use std::path::Path;

use ledger::ports::{Problem, StoreError};
use ledger::{LedgerError, Rejection};

/// What a command that ran to its end found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It holds, or it is done.
    Holds,
    /// It does not hold; what and where was printed.
    DoesNotHold,
}

/// Kinds of failure, by what the user does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was looked at is not what it must be.
    Damaged,
    /// The user gave something wrong.
    Input,
    /// Something outside failed.
    Environment,
    /// The user stopped it.
    Interrupted,
    /// Whoever read the output has gone: no failure at all.
    OutputClosed,
}

/// A failure with what was being done, what went wrong, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// Its kind.
    pub(crate) kind: Kind,
    /// What was being done and what went wrong, where.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl Failure {
    fn new(kind: Kind, doing: impl Display, problem: impl Display) -> Self {
        Self { kind, message: format!("{doing}: {problem}"), hint: None }
    }

    /// The user gave something wrong.
    pub(crate) fn input(doing: impl Display, problem: impl Display) -> Self {
        Self::new(Kind::Input, doing, problem)
    }

    /// Something outside failed.
    pub(crate) fn environment(doing: impl Display, problem: impl Display) -> Self {
        Self::new(Kind::Environment, doing, problem)
    }

    /// What was looked at is not what it must be.
    pub(crate) fn damaged(doing: impl Display, problem: impl Display) -> Self {
        Self::new(Kind::Damaged, doing, problem)
    }

    /// The user stopped it.
    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self { kind: Kind::Interrupted, message: message.into(), hint: None }
    }

    /// A file could not be read or written.
    pub(crate) fn file(doing: &str, path: &Path, error: &io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists => Kind::Input,
            _ => Kind::Environment,
        };
        Self::new(kind, format!("{doing} {}", path.display()), error)
    }

    /// The same failure with what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The exit status.
    pub(crate) const fn status(&self) -> u8 {
        match self.kind {
            Kind::OutputClosed => 0,
            Kind::Damaged => 1,
            Kind::Input => 2,
            Kind::Environment => 3,
            Kind::Interrupted => 130,
        }
    }
}

impl Verdict {
    /// The exit status.
    pub(crate) const fn status(self) -> u8 {
        match self {
            Self::Holds => 0,
            Self::DoesNotHold => 1,
        }
    }
}

/// Writing to standard output failed.
pub(crate) fn output(error: &io::Error) -> Failure {
    let kind = if error.kind() == io::ErrorKind::BrokenPipe { Kind::OutputClosed } else { Kind::Environment };
    Failure::new(kind, "writing to standard output", error)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (kind, hint) = match &error.problem {
            Problem::Damaged(_) => (
                Kind::Damaged,
                Some("`vouchsafe log verify` says how far the log is good; restore the rest from a copy"),
            ),
            Problem::InUse(_) => (
                Kind::Environment,
                Some("reading works beside a running server; to write, give the command `--server URL`"),
            ),
            _ => (Kind::Environment, None),
        };
        Self { kind, message: error.to_string(), hint: hint.map(Into::into) }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let kind = match error {
            LedgerError::Store(e) => return e.into(),
            LedgerError::Rejected(r) => return r.into(),
            LedgerError::BadEntry { .. } | LedgerError::BadCheckpoint(_) => Kind::Damaged,
            LedgerError::NoLog
            | LedgerError::LogExists(_)
            | LedgerError::OutOfRange { .. }
            | LedgerError::BadKey(_) => Kind::Input,
            _ => Kind::Environment,
        };
        Self { kind, message: error.to_string(), hint: None }
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let kind = if rejection.is_temporary() { Kind::Environment } else { Kind::Input };
        let message = format!("the log did not take the entry: {rejection} [{}]", rejection.code());
        Self { kind, message, hint: Some(rejection.hint().into()) }
    }
}

impl From<report::Error> for Failure {
    fn from(error: report::Error) -> Self {
        use report::Error;
        let (kind, hint) = match error {
            Error::Ledger(e) => return e.into(),
            Error::Store(e) => return e.into(),
            Error::BadEntry { .. } => {
                (Kind::Damaged, Some("`vouchsafe log verify` says how far the log is good"))
            }
            Error::Zip(report::zip::ZipError::Io(_)) | Error::Sqlite(_) => (Kind::Environment, None),
            Error::Document { .. } | Error::Insufficient(_) => {
                (Kind::Environment, Some("this is a defect of the program; the log is not touched by it"))
            }
            _ => (Kind::Input, None),
        };
        Self { kind, message: error.to_string(), hint: hint.map(Into::into) }
    }
}
