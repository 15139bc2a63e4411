//! What the ledger needs from outside, as few object-safe methods as possible, each saying what "done" means.
//!
//! | port | holds | embedded adapter |
//! |---|---|---|
//! | [`Log`] | entries, tiles, the last checkpoint, staged evidence | SQLite |
//! | [`Blobs`] | evidence too large for entries, by digest | a directory |
//! | [`Vault`] | personal and confidential values behind salted commitments, erasable | SQLite |
//! | [`Guard`] | the newest tree head seen, kept apart from the data | a file elsewhere |
//! | [`Clock`] | the time | the machine's |
//!
//! Each adapter passes the suite in `conformance`. Not here: what entries mean.

mod memory;

pub use memory::{FixedClock, MemoryBlobs, MemoryGuard, MemoryLog, MemoryVault};

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use evidence::Time;
use tlog::Hash;
use tlog::tile::FullTile;

/// What went wrong in a store: what was being done, and what the store says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{doing}: {problem}")]
pub struct StoreError {
    /// What was being done, such as "appending 17 entries at 4,096".
    pub doing: String,
    /// What the store says.
    pub problem: Problem,
}

/// Kinds of trouble that call for different answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// No room left. Nothing was changed.
    #[error("no space left: {0}; free some and start again")]
    Full(String),
    /// What is stored is not what was stored.
    #[error("the stored data is damaged: {0}")]
    Damaged(String),
    /// Another process holds it.
    #[error("in use by another process: {0}")]
    InUse(String),
    /// Whatever else the store says.
    #[error("{0}")]
    Failed(String),
}

impl StoreError {
    /// An error with what was being done.
    pub fn new(doing: impl fmt::Display, problem: Problem) -> Self {
        Self { doing: doing.to_string(), problem }
    }
}

/// A batch that becomes durable as a whole or not at all.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Index of the first entry: the size of the log before it.
    pub first: u64,
    /// The entries, in order; at least one.
    pub entries: Vec<Arc<[u8]>>,
    /// Tiles that became full with these entries, lower levels first.
    pub tiles: Vec<FullTile>,
    /// The signed checkpoint of the log with these entries, a note.
    pub checkpoint: Arc<str>,
}

impl Batch {
    /// Size of the log with this batch.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.first + self.entries.len() as u64
    }
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Durable: it survives the loss of power from now on.
    Committed,
    /// Nothing was changed: the log has another size or term, or there was no room.
    Refused(StoreError),
    /// Nobody knows. The caller must read the log anew before it says anything.
    Unknown(StoreError),
}

/// Where the log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// The signed checkpoint at that size, a note.
    pub checkpoint: Arc<str>,
}

/// A piece of evidence that is durable but not in the log yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Its place among the staged pieces; rises, is never used again.
    pub place: u64,
    /// The whole entry.
    pub bytes: Arc<[u8]>,
}

/// Entries, tiles, the last checkpoint and staged evidence.
///
/// One writer: an adapter holds a lock that no second process can take, for as long as it lives. Readers of the same
/// process may call from any thread.
pub trait Log: Send + Sync {
    /// Where the log stands; `None` if nothing was ever appended.
    ///
    /// # Errors
    /// The store cannot be read or is damaged.
    fn head(&self) -> Result<Option<Head>, StoreError>;

    /// Appends a batch if the log has exactly `batch.first` entries. Done means durable.
    fn append(&self, batch: &Batch) -> Appended;

    /// Entries from index `from` on, at most `limit` of them and about `max_bytes`, but at least one if there is one.
    ///
    /// # Errors
    /// The store cannot be read or is damaged.
    fn read(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError>;

    /// A full tile, if it is stored: 8,192 bytes.
    ///
    /// # Errors
    /// The store cannot be read or is damaged.
    fn tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError>;

    /// A full bundle as C2SP tlog-tiles lays it out: 256 entries, each after its length in two bytes.
    ///
    /// # Errors
    /// The store cannot be read or is damaged.
    fn bundle(&self, index: u64) -> Result<Option<Arc<[u8]>>, StoreError>;

    /// Keeps a cosigned checkpoint unless a larger one is kept; one of the same size, with more cosignatures, replaces it.
    /// Done means durable.
    ///
    /// # Errors
    /// The store cannot be written.
    fn put_cosigned(&self, size: u64, note: &str) -> Result<(), StoreError>;

    /// The largest cosigned checkpoint.
    ///
    /// # Errors
    /// The store cannot be read or is damaged.
    fn cosigned(&self) -> Result<Option<Head>, StoreError>;

    /// Keeps pieces of evidence aside, in order, and says the place of the first. Done means durable.
    ///
    /// # Errors
    /// The store cannot be written; nothing was kept.
    fn stage(&self, pieces: &[Arc<[u8]>]) -> Result<u64, StoreError>;

    /// Staged pieces from a place on, at most `limit`.
    ///
    /// # Errors
    /// The store cannot be read or is damaged.
    fn staged(&self, from: u64, limit: usize) -> Result<Vec<Staged>, StoreError>;

    /// Forgets staged pieces below a place, once an entry stands for them.
    ///
    /// # Errors
    /// The store cannot be written.
    fn unstage(&self, below: u64) -> Result<(), StoreError>;
}

/// Evidence too large for entries, under the SHA-256 of its bytes.
pub trait Blobs: Send + Sync {
    /// Keeps bytes and says their digest. Done means durable. Keeping the same bytes again changes nothing.
    ///
    /// # Errors
    /// The store cannot be written; nothing is kept by half.
    fn put(&self, bytes: &[u8]) -> Result<Hash, StoreError>;

    /// Keeps several. Done means that all are durable; a store may reach that for less than one after the other costs.
    ///
    /// # Errors
    /// The store cannot be written; some of them may be kept, each as a whole.
    fn put_all(&self, all: &[&[u8]]) -> Result<(), StoreError> {
        all.iter().try_for_each(|bytes| self.put(bytes).map(drop))
    }

    /// Keeps what a reader gives, if that is `length` bytes with this digest. Done means durable. A store that can does so
    /// without holding them in memory; unless it says otherwise, it holds them.
    ///
    /// # Errors
    /// The reader fails or gives other bytes, or the store cannot be written; nothing is kept by half.
    fn put_from(&self, digest: &Hash, length: u64, from: &mut dyn Read) -> Result<(), StoreError> {
        let doing = || format!("keeping blob {digest}");
        let mut bytes = Vec::new();
        let read = from.take(length.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|e| StoreError::new(doing(), Problem::Failed(format!("reading its bytes: {e}"))))?;
        if bytes.len() as u64 != length || Hash::of(&bytes) != *digest {
            return Err(StoreError::new(doing(), Problem::Failed("these are other bytes".into())));
        }
        self.put(&bytes).map(drop)
    }

    /// The bytes with this digest, checked against it; `None` if there are none.
    ///
    /// # Errors
    /// The store cannot be read, or the bytes differ from their digest.
    fn get(&self, digest: &Hash) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether there are bytes with this digest; says nothing about whether they are intact.
    ///
    /// # Errors
    /// The store cannot be read.
    fn has(&self, digest: &Hash) -> Result<bool, StoreError>;
}

/// A value of the vault with its salt.
pub type Salted = ([u8; 32], Vec<u8>);

/// Values behind salted commitments. The log holds the commitments, for ever; the vault holds the values until they are
/// erased.
pub trait Vault: Send + Sync {
    /// Keeps a value under its commitment (see [`commit`]). Done means durable.
    ///
    /// # Errors
    /// The store cannot be written.
    fn put(&self, salt: &[u8; 32], value: &[u8]) -> Result<Hash, StoreError>;

    /// Salt and value behind a commitment, checked against it; `None` if it was erased or never kept.
    ///
    /// # Errors
    /// The store cannot be read, or the value differs from its commitment.
    fn get(&self, commitment: &Hash) -> Result<Option<Salted>, StoreError>;

    /// Erases a value and its salt, and says whether there was one. Done means that the store's files hold neither.
    ///
    /// # Errors
    /// The store cannot be written.
    fn erase(&self, commitment: &Hash) -> Result<bool, StoreError>;
}

/// The commitment to a value: SHA-256 over `vouchsafe-commitment@v1`, the salt and the value. Without the salt nobody can
/// try values against it.
#[must_use]
pub fn commit(salt: &[u8; 32], value: &[u8]) -> Hash {
    let mut input = Vec::with_capacity(24 + 32 + value.len());
    input.extend_from_slice(b"vouchsafe-commitment@v1\0");
    input.extend_from_slice(salt);
    input.extend_from_slice(value);
    Hash::of(&input)
}

/// The newest tree head that this log is known to have had, kept where a restored backup of the data does not reach.
pub trait Guard: Send + Sync {
    /// The head that was kept, a signed checkpoint; `None` if nothing ever was.
    ///
    /// # Errors
    /// It cannot be read.
    fn load(&self) -> Result<Option<Arc<str>>, StoreError>;

    /// Keeps a head in place of the last one. Done means durable.
    ///
    /// # Errors
    /// It cannot be written.
    fn store(&self, checkpoint: &str) -> Result<(), StoreError>;
}

/// The time. The ledger writes it into the log as ticks; nothing else asks.
pub trait Clock: Send + Sync {
    /// Now, in whole seconds.
    fn now(&self) -> Time;
}
