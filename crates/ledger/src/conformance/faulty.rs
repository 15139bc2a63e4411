//! A log that fails on request, for the tests of whoever depends on one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ports::{Appended, Batch, Head, Log, Problem, Staged, StoreError};

/// The operations of [`Log`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the port's own names")]
pub enum Op {
    Head,
    Append,
    Read,
    Tile,
    Bundle,
    PutCosigned,
    Cosigned,
    Stage,
    Staged,
    Unstage,
}

/// What happens to one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: the call is passed on.
    None,
    /// The call fails before anything is done and says so: an append is refused.
    Before(Problem),
    /// The call fails and nothing is done, but nobody can tell: an append is unknown.
    Instead(Problem),
    /// The call is done, but fails afterwards: an append is unknown.
    After(Problem),
}

impl Fault {
    /// An I/O error, for tests that do not care which.
    #[must_use]
    pub fn io() -> Problem {
        Problem::Failed("disk I/O error (on request)".into())
    }
}

#[derive(Default)]
struct Script {
    /// What happens to the next calls of each operation, in their order; afterwards nothing does.
    next: BTreeMap<Op, VecDeque<Fault>>,
    calls: BTreeMap<Op, u64>,
}

/// A log that passes calls on to another one and fails as its script says.
pub struct FaultyLog {
    inner: Arc<dyn Log>,
    script: Mutex<Script>,
}

impl FaultyLog {
    /// Around a log, with an empty script.
    #[must_use]
    pub fn new(inner: Arc<dyn Log>) -> Self {
        Self { inner, script: Mutex::new(Script::default()) }
    }

    /// Adds what happens to the next calls of an operation, after what was added before.
    pub fn script(&self, op: Op, faults: impl IntoIterator<Item = Fault>) {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.next.entry(op).or_default().extend(faults);
    }

    /// Calls of an operation so far, failed ones included.
    #[must_use]
    pub fn calls(&self, op: Op) -> u64 {
        let script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.calls.get(&op).copied().unwrap_or(0)
    }

    /// The log inside, which never fails on request.
    #[must_use]
    pub fn inner(&self) -> &Arc<dyn Log> {
        &self.inner
    }

    fn fault(&self, op: Op) -> Fault {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        *script.calls.entry(op).or_default() += 1;
        script.next.get_mut(&op).and_then(VecDeque::pop_front).unwrap_or(Fault::None)
    }

    fn call<T>(&self, op: Op, call: impl FnOnce(&dyn Log) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let failed = |problem| StoreError::new(format!("{op:?}, failing on request"), problem);
        match self.fault(op) {
            Fault::None => call(&*self.inner),
            Fault::Before(problem) | Fault::Instead(problem) => Err(failed(problem)),
            Fault::After(problem) => {
                call(&*self.inner)?;
                Err(failed(problem))
            }
        }
    }
}

impl Log for FaultyLog {
    fn head(&self) -> Result<Option<Head>, StoreError> {
        self.call(Op::Head, |log| log.head())
    }

    fn append(&self, batch: &Batch) -> Appended {
        let failed = |problem| StoreError::new("Append, failing on request", problem);
        match self.fault(Op::Append) {
            Fault::None => self.inner.append(batch),
            Fault::Before(problem) => Appended::Refused(failed(problem)),
            Fault::Instead(problem) => Appended::Unknown(failed(problem)),
            Fault::After(problem) => match self.inner.append(batch) {
                Appended::Committed => Appended::Unknown(failed(problem)),
                other => other,
            },
        }
    }

    fn read(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError> {
        self.call(Op::Read, |log| log.read(from, limit, max_bytes))
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.call(Op::Tile, |log| log.tile(level, index))
    }

    fn bundle(&self, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.call(Op::Bundle, |log| log.bundle(index))
    }

    fn put_cosigned(&self, size: u64, note: &str) -> Result<(), StoreError> {
        self.call(Op::PutCosigned, |log| log.put_cosigned(size, note))
    }

    fn cosigned(&self) -> Result<Option<Head>, StoreError> {
        self.call(Op::Cosigned, |log| log.cosigned())
    }

    fn stage(&self, pieces: &[Arc<[u8]>]) -> Result<u64, StoreError> {
        self.call(Op::Stage, |log| log.stage(pieces))
    }

    fn staged(&self, from: u64, limit: usize) -> Result<Vec<Staged>, StoreError> {
        self.call(Op::Staged, |log| log.staged(from, limit))
    }

    fn unstage(&self, below: u64) -> Result<(), StoreError> {
        self.call(Op::Unstage, |log| log.unstage(below))
    }
}
