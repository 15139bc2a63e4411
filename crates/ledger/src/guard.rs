//! Whether the log may be written: the comparison of what is stored with the newest head known elsewhere.
//!
//! A log never signs two inconsistent checkpoints (invariant 2). When the guard is missing, ahead of the data or on another
//! branch, the log comes up read-only and says why; the way out is a signed recovery.

use std::fmt;

use tlog::{Checkpoint, VerifierKey};

use crate::ports::Guard;
use crate::tree::TreeView;

/// Whether entries are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Entries are taken.
    Writable,
    /// Entries are not taken, because there is doubt.
    ReadOnly(Doubt),
    /// Entries are not taken until the store answers again.
    Rebuilding(String),
}

/// Why a log is read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// There is no guard, so nobody knows whether the data is the newest.
    GuardMissing,
    /// The guard cannot be read or is not signed by this log.
    GuardUnreadable(String),
    /// The guard has seen a larger log: the data lost its tail.
    TailLost {
        /// Entries stored.
        stored: u64,
        /// Entries that the guard has seen.
        seen: u64,
    },
    /// The guard has seen another log of this name.
    Forked {
        /// Size at which they differ.
        size: u64,
    },
    /// The key at hand is not the one that the log names.
    OtherKey,
    /// A witness has seen a larger or another log.
    Witness(String),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GuardMissing => f.write_str(
                "the fork guard is missing, so nothing shows that this data is the newest; if it is, put the guard back \
                 or run `vouchsafe log recover`",
            ),
            Self::GuardUnreadable(e) => write!(f, "the fork guard cannot be used: {e}"),
            Self::TailLost { stored, seen } => write!(
                f,
                "{} entries are missing: {stored} are stored, {seen} were seen; find them, or run `vouchsafe log recover`",
                seen - stored
            ),
            Self::Forked { size } => {
                write!(f, "the fork guard has seen another log of {size} entries under this name; one of them is wrong")
            }
            Self::OtherKey => f.write_str("the log key at hand is not the one that the log names"),
            Self::Witness(e) => write!(f, "a witness has seen another log: {e}"),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Writable => f.write_str("writable"),
            Self::ReadOnly(doubt) => write!(f, "read-only: {doubt}"),
            Self::Rebuilding(why) => write!(f, "rebuilding after a failure of the store: {why}"),
        }
    }
}

/// Compares the stored tree with the guard.
pub(crate) fn check(guard: &dyn Guard, tree: &TreeView, keys: &[VerifierKey]) -> Option<Doubt> {
    let seen = match guard.load() {
        Err(e) => return Some(Doubt::GuardUnreadable(e.to_string())),
        Ok(None) => return Some(Doubt::GuardMissing),
        Ok(Some(seen)) => seen,
    };
    let opened = keys.iter().rev().find_map(|key| Checkpoint::open(seen.as_bytes(), key).ok());
    let Some((seen, _)) = opened else {
        return Some(Doubt::GuardUnreadable("it holds no checkpoint signed by this log".into()));
    };
    compare(&seen, tree)
}

/// Compares the stored tree with a checkpoint that was seen elsewhere.
pub(crate) fn compare(seen: &Checkpoint, tree: &TreeView) -> Option<Doubt> {
    if seen.size > tree.size() {
        return Some(Doubt::TailLost { stored: tree.size(), seen: seen.size });
    }
    match tree.root_at(seen.size) {
        Ok(root) if root == seen.root => None,
        Ok(_) => Some(Doubt::Forked { size: seen.size }),
        Err(e) => Some(Doubt::GuardUnreadable(e.to_string())),
    }
}
