//! The crate's errors: of the device as a whole ([`Error`]) and of a statement about freshness ([`NotFresh`]).

use evidence::EntryError;
use evidence::cbor::Malformed;
use evidence::proof::BadProof;

/// Why the device could not do what was asked. `E` is the flash driver's own error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E> {
    /// The flash driver failed. The store takes nothing more until the device starts again, because it is not known
    /// what the flash holds now.
    #[error("the flash failed: {0:?}; start the device again")]
    Flash(E),
    /// The flash failed before; see [`Error::Flash`].
    #[error("the flash failed before; start the device again")]
    Poisoned,
    /// The flash is too small or its pages are.
    #[error(
        "the store needs at least {min_pages} pages of {min_page} to {max_page} bytes, a multiple of {unit}"
    )]
    Geometry {
        /// Fewest pages.
        min_pages: u32,
        /// Smallest page in bytes.
        min_page: usize,
        /// Largest page in bytes.
        max_page: usize,
        /// Program unit in bytes.
        unit: usize,
    },
    /// One piece of evidence is larger than the store takes.
    #[error(
        "the entry has {size} bytes, the store takes {max}: measure fewer components or use larger pages"
    )]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// Most bytes.
        max: usize,
    },
    /// More gaps than the store or the stream can account for. Nothing was recorded; deliver, or start again.
    #[error("there are too many gaps to account for: deliver what is stored, or start the device again")]
    Full,
    /// The entry could not be read back.
    #[error("no entry can be made of this: {0}")]
    Entry(EntryError),
    /// The unique secret gives no key.
    #[error("no key can be derived from the unique secret")]
    NoKey,
    /// The log key that was pinned is no verifier key, or longer than the store takes.
    #[error("the pinned log key is no Ed25519 verifier key of at most {0} bytes")]
    BadAnchor(usize),
    /// The freshness statement was refused.
    #[error("the freshness statement is refused: {0}")]
    NotFresh(NotFresh),
}

/// Why a freshness statement is refused. The device keeps the beacon it has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFresh {
    /// It is not deterministic CBOR of the specified form, or larger than allowed.
    #[error("malformed {0}")]
    Malformed(Malformed),
    /// A generation before the one the device knows.
    #[error("generation {got} is older than {known}, which the device knows")]
    OldGeneration {
        /// The statement's.
        got: u64,
        /// The device's.
        known: u64,
    },
    /// No statement of the recovery key leads to this generation.
    #[error("nothing signed by the recovery key leads from generation {known} to {got}")]
    Unproven {
        /// The statement's.
        got: u64,
        /// As far as statements lead.
        known: u64,
    },
    /// A recovery or handover does not hold.
    #[error("the statement at place {at} does not hold: {why}")]
    BadStatement {
        /// Its place, from 0.
        at: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// The recovery key did not sign it.
    #[error("the recovery at place {at} does not hold: {why}")]
    BadRecovery {
        /// Its place, from 0.
        at: usize,
        /// What is wrong.
        why: BadProof,
    },
    /// The log's key did not sign the checkpoint, or it is of another log.
    #[error("the checkpoint is not one of this log: {0}")]
    BadCheckpoint(tlog::Error),
    /// The log would have become shorter.
    #[error("size {got} is smaller than {known}, which the log has signed before")]
    Shrunk {
        /// The checkpoint's.
        got: u64,
        /// The least it may be.
        known: u64,
    },
    /// The log signed two trees of one size.
    #[error("the log signed two different trees of size {0}: keep both checkpoints and report them")]
    Forked(u64),
}

impl NotFresh {
    /// A stable word for programs, as in `docs/spec/device-protocol.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::OldGeneration { .. } => "old-generation",
            Self::Unproven { .. } => "unproven-generation",
            Self::BadStatement { .. } | Self::BadRecovery { .. } => "bad-statement",
            Self::BadCheckpoint(_) => "bad-checkpoint",
            Self::Shrunk { .. } => "shrunk",
            Self::Forked(_) => "forked",
        }
    }
}
