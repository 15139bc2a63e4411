//! What the ledger answers when it does not do what was asked: for one entry ([`Rejection`]) and as a whole
//! ([`LedgerError`]).

use evidence::{EntryError, SourceId};
use tlog::Hash;
use world::Refusal;

use crate::ports::StoreError;

/// Why an entry was not appended. The rest of its batch is unaffected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The bytes are no entry.
    #[error("not an entry: {0}")]
    Malformed(EntryError),
    /// The signature does not verify.
    #[error("the proof of authorship does not hold: {0}")]
    BadProof(evidence::proof::BadProof),
    /// A signature inside the fact does not verify.
    #[error("a signature inside {0} does not hold: {1}")]
    BadAttached(&'static str, evidence::proof::BadProof),
    /// The world does not admit it.
    #[error("{0}")]
    Refused(Refusal),
    /// Nobody allowed this source to state this.
    #[error("{source_id} may not state {fact}: {why}")]
    Forbidden {
        /// Who.
        source_id: SourceId,
        /// What.
        fact: &'static str,
        /// Which rule is missing.
        why: String,
    },
    /// Another entry holds its place; both are kept in the log.
    #[error("another entry holds this place of the stream, at index {first}; both are kept, at index {kept}")]
    Equivocation {
        /// Index of the entry that holds the place.
        first: u64,
        /// Index of the `Equivocated` entry.
        kept: u64,
    },
    /// It verifies but is inadmissible; it is kept in quarantine.
    #[error("inadmissible ({cause}); kept in quarantine at index {kept}")]
    Quarantined {
        /// Why.
        cause: &'static str,
        /// Index of the `Quarantined` entry.
        kept: u64,
    },
    /// It embeds a checkpoint that this log did not sign.
    #[error("it embeds the root {root} at size {size}, but the log's root there is another one")]
    ForeignBeacon {
        /// Size of the beacon.
        size: u64,
        /// Root of the beacon.
        root: Hash,
    },
    /// A blob it names is not there.
    #[error("it names the blob {0}, which is not stored")]
    MissingBlob(Hash),
    /// Too much at once.
    #[error("too much at once: {0}")]
    TooMuch(String),
    /// The ledger does not take entries now.
    #[error("the ledger does not take entries now: {0}")]
    Unavailable(String),
    /// The store failed and nobody knows whether the entry is durable.
    #[error("the store failed while the entry was being committed: {0}")]
    OutcomeUnknown(String),
}

impl Rejection {
    /// Stable code for machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::BadProof(_) => "bad_proof",
            Self::BadAttached(..) => "bad_attached",
            Self::Refused(refusal) => refusal.code(),
            Self::Forbidden { .. } => "forbidden",
            Self::Equivocation { .. } => "equivocation",
            Self::Quarantined { .. } => "quarantined",
            Self::ForeignBeacon { .. } => "foreign_beacon",
            Self::MissingBlob(_) => "missing_blob",
            Self::TooMuch(_) => "too_much",
            Self::Unavailable(_) => "unavailable",
            Self::OutcomeUnknown(_) => "outcome_unknown",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Malformed(_) => {
                "write the entry as docs/spec/entry.md says; the place counts from its first byte"
            }
            Self::BadProof(_) => "sign the body, or its hash, with the enrolled key; see docs/spec/entry.md",
            Self::BadAttached(..) => {
                "sign what docs/spec/entry.md, sections 9 and 10, say, with the key named there"
            }
            Self::Refused(refusal) => refusal.hint(),
            Self::Forbidden { .. } => "ask an administrator for a role that permits it",
            Self::Equivocation { .. } => {
                "find out who else holds the key; then rotate it and start another stream"
            }
            Self::Quarantined { .. } => "sign with a valid key of an active source",
            Self::ForeignBeacon { .. } => {
                "embed a beacon of this log; if this one did sign it, the log has lost its tail"
            }
            Self::MissingBlob(_) => "upload the blob first",
            Self::TooMuch(_) => "send less at once",
            Self::Unavailable(_) => "try again later; the same bytes are safe to send again",
            Self::OutcomeUnknown(_) => {
                "send the same bytes again: if they are in the log, the answer says where"
            }
        }
    }

    /// Whether it depends on what the log says, and so must not be told before that is durable.
    pub(crate) const fn rests_on_the_log(&self) -> bool {
        match self {
            Self::Refused(_)
            | Self::Forbidden { .. }
            | Self::BadAttached(..)
            | Self::Equivocation { .. }
            | Self::Quarantined { .. } => true,
            Self::Malformed(_)
            | Self::BadProof(_)
            | Self::ForeignBeacon { .. }
            | Self::MissingBlob(_)
            | Self::TooMuch(_)
            | Self::Unavailable(_)
            | Self::OutcomeUnknown(_) => false,
        }
    }

    /// Whether the same bytes may succeed later.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::OutcomeUnknown(_) | Self::MissingBlob(_))
    }
}

/// Why the ledger cannot be opened, or cannot answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no log yet.
    #[error("there is no log here yet; make one with `vouchsafe log init`")]
    NoLog,
    /// There is a log already.
    #[error("there is a log here already, with {0} entries")]
    LogExists(u64),
    /// An entry of the log is not what it was.
    #[error("entry {index} of the log is damaged: {reason}")]
    BadEntry {
        /// Its index.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A staged piece of evidence is not what it was.
    #[error("the staged piece at {place} is damaged: {reason}")]
    BadPiece {
        /// Its place among the staged pieces.
        place: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The stored entries do not lead to the stored checkpoint.
    #[error("the stored entries do not lead to the stored checkpoint: {0}")]
    BadCheckpoint(String),
    /// The log was written by a newer version.
    #[error("the log is in epoch {log}, this program knows epoch {program}; use a newer version")]
    NewerEpoch {
        /// Epoch of the log.
        log: u64,
        /// Epoch of this program.
        program: u64,
    },
    /// An index or size outside the log.
    #[error("there is no {what} {got}; the log has {size} entries")]
    OutOfRange {
        /// What was asked for.
        what: &'static str,
        /// Which one.
        got: u64,
        /// Size of the log.
        size: u64,
    },
    /// A key cannot be used.
    #[error("{0}")]
    BadKey(String),
    /// A thread of the ledger could not be started.
    #[error("starting the thread `{name}`: {problem}")]
    Thread {
        /// Its name.
        name: String,
        /// What the system says.
        problem: String,
    },
    /// The ledger rejected an entry of its own making on behalf of the caller.
    #[error("{0}")]
    Rejected(Rejection),
    /// A seal or snapshot could not be made or used.
    #[error("{0}")]
    Seal(String),
}
