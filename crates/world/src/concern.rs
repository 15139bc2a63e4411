//! What every concern can do: be sealed, kept in a snapshot, and restored from one.
//!
//! A concern is a sorted set of states, each a key and a value in bytes. Their order is the bytewise order of the keys, so
//! that neighbours in a sealed tree show that nothing lies between them. Not here: the tree over them (the ledger).

use tlog::{Hash, leaf_hash};

use evidence::cbor::{Malformed, Writer};

/// One state of a concern: where it stands and what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    /// Key, unique within the concern.
    pub key: Vec<u8>,
    /// Value, deterministic CBOR.
    pub value: Vec<u8>,
}

impl State {
    /// The leaf of this state in a sealed tree: `[key, value]` in deterministic CBOR.
    #[must_use]
    pub fn leaf(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.key.len() + self.value.len() + 8);
        w.array(2);
        w.bytes(&self.key);
        w.bytes(&self.value);
        w.into_bytes()
    }

    /// RFC 6962 leaf hash of [`Self::leaf`].
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.leaf())
    }
}

/// A state that cannot be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadState {
    /// The key is not one of this concern.
    #[error("a key that the concern does not have")]
    Key,
    /// The value is malformed.
    #[error("a malformed value: {0}")]
    Value(#[source] Malformed),
    /// No concern has this name.
    #[error("no concern is named `{0}`")]
    Concern(String),
}

/// A part of the world that is sealed and restored on its own.
pub(crate) trait Concern {
    /// Keeps the present states readable while the concern goes on changing.
    fn freeze(&mut self);
    /// Forgets the frozen states.
    fn thaw(&mut self);
    /// Up to `limit` frozen states after the key `after`, in order.
    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState>;
    /// Puts back one state; states come in order into an empty concern.
    fn restore(&mut self, state: &State) -> Result<(), BadState>;
}
