//! The ledger as its users see it: open it, submit entries, read at the durable head, stop it.

mod referred;

use std::collections::BTreeMap;
use std::sync::mpsc::{SyncSender, TrySendError, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use evidence::facts::log::Sealed;
use evidence::{Entry, Fact, SourceId, Time};
use tlog::{Hash, SigningKey, VerifierKey, leaf_hash};
use world::{Refusal, World};

use crate::authenticate::{Asked, Item, authenticate};
use crate::authorise::Authorise;
use crate::error::{LedgerError, Rejection};
use crate::guard::{Doubt, Standing, check, compare};
use crate::keys::LedgerKeys;
use crate::options::Options;
use crate::ports::{Blobs, Clock, Guard, Log, Vault};
use crate::receipt::{Level, Receipt, Taken};
use crate::recover::load;
use crate::seal::SealedTrees;
use crate::sequencer::Message;
use crate::sequencer::rolling::Rolling;
use crate::shared::{Durable, Outcome, Reply, Shared};
use crate::snapshot::Snapshots;
use crate::threads::{self, Stop};
use crate::tree::TreeView;

/// Submissions with at least this many entries are verified on several threads.
const PARALLEL: usize = 16;

/// The ports and keys a ledger is put together from.
pub struct Parts {
    /// Entries and tiles.
    pub log: Arc<dyn Log>,
    /// Evidence too large for entries.
    pub blobs: Arc<dyn Blobs>,
    /// Erasable values.
    pub vault: Arc<dyn Vault>,
    /// The newest head, kept elsewhere.
    pub guard: Arc<dyn Guard>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who may what.
    pub authorise: Arc<dyn Authorise>,
    /// The ledger's own keys.
    pub keys: LedgerKeys,
    /// Where snapshots are kept; without it every start replays the whole log.
    pub snapshots: Option<Snapshots>,
}

/// A running ledger. Dropping it stops it; what is in flight is finished first.
pub struct Ledger {
    shared: Arc<Shared>,
    inbox: SyncSender<Message>,
    options: Options,
    threads: Mutex<Vec<JoinHandle<()>>>,
    guard_stop: Arc<Stop>,
    beacons: Mutex<BTreeMap<u64, Hash>>,
}

/// The world, and the size up to which it may be spoken of. Held for a moment only.
pub struct Reading<'a> {
    world: RwLockReadGuard<'a, World>,
    /// Durable entries: answers must not depend on later ones.
    pub size: u64,
}

impl std::ops::Deref for Reading<'_> {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl Ledger {
    /// Opens a log: loads it, verifies it, compares it with the guard, and takes entries unless there is doubt.
    ///
    /// # Errors
    /// There is no log, the store fails, or what is stored is damaged.
    pub fn open(parts: Parts, options: Options) -> Result<Self, LedgerError> {
        let loaded = load(&*parts.log, parts.snapshots.as_ref())?;
        let edge = loaded.edge;
        let durable = Durable { edge: Arc::new(edge.clone()), checkpoint: loaded.head.checkpoint.clone() };
        let tree = TreeView::new(durable.edge.clone(), parts.log.clone());
        let standing = standing(&parts, &tree, &loaded.keys, loaded.world.journal().log_key());
        let rolling = match standing {
            Standing::Writable => Rolling::load(&*parts.log, &loaded.world)?,
            // Nothing is taken, so nothing waits to be rolled up.
            _ => Rolling::default(),
        };
        let shared = Arc::new(Shared::new(
            parts.log,
            parts.blobs,
            parts.vault,
            parts.guard,
            parts.clock,
            parts.authorise,
            loaded.world,
            durable,
            standing,
        ));
        let guard_stop = Arc::new(Stop::default());
        let (inbox, threads) =
            threads::start(&shared, parts.keys, parts.snapshots, &options, edge, rolling, &guard_stop)?;
        let threads = Mutex::new(threads);
        Ok(Self { shared, inbox, options, threads, guard_stop, beacons: Mutex::new(BTreeMap::new()) })
    }

    /// Submits entries and waits for what becomes of each.
    #[must_use]
    pub fn submit(&self, entries: Vec<Arc<[u8]>>) -> Vec<Outcome> {
        let n = entries.len();
        let (sender, receiver) = channel();
        self.submit_then(
            entries,
            Box::new(move |outcomes| {
                // Whoever asked may have gone; the entries are in the log all the same.
                let _ = sender.send(outcomes);
            }),
        );
        let gone = || vec![Err(Rejection::OutcomeUnknown("the ledger stopped".into())); n];
        receiver.recv().unwrap_or_else(|_| gone())
    }

    /// Submits entries and calls `reply` with what becomes of each, from a thread of the ledger: it must return at once. Verifies signatures on the
    /// calling thread (and helpers), so call it where that may take its time.
    pub fn submit_then(&self, entries: Vec<Arc<[u8]>>, reply: Box<dyn FnOnce(Vec<Outcome>) + Send>) {
        self.hand_in(entries, false, Box::new(|taken| reply(taken.into_iter().map(logged).collect())));
    }

    /// As [`Self::submit`], of what devices sent: evidence that changes nothing may be staged instead of logged.
    #[must_use]
    pub fn submit_evidence(&self, entries: Vec<Arc<[u8]>>) -> Vec<Result<Taken, Rejection>> {
        let n = entries.len();
        let (sender, receiver) = channel();
        let reply: Reply = Box::new(move |taken| {
            let _ = sender.send(taken);
        });
        self.submit_evidence_then(entries, reply);
        let gone = || vec![Err(Rejection::OutcomeUnknown("the ledger stopped".into())); n];
        receiver.recv().unwrap_or_else(|_| gone())
    }

    /// As [`Self::submit_then`], of what devices sent: evidence that changes nothing may be staged instead of logged.
    pub fn submit_evidence_then(&self, entries: Vec<Arc<[u8]>>, reply: Reply) {
        self.hand_in(entries, self.options.roll_every > 0, reply);
    }

    fn hand_in(&self, entries: Vec<Arc<[u8]>>, stage: bool, reply: Reply) {
        let n = entries.len();
        let bytes: usize = entries.iter().map(|e| e.len()).sum();
        if n > self.options.submission_entries || bytes > self.options.submission_bytes {
            let most = format!(
                "{n} entries of {bytes} bytes; at most {} and {} at once",
                self.options.submission_entries, self.options.submission_bytes
            );
            return reply(vec![Err(Rejection::TooMuch(most)); n]);
        }
        if let Standing::ReadOnly(_) | Standing::Rebuilding(_) = self.shared.standing() {
            let why = Rejection::Unavailable(self.shared.standing().to_string());
            return reply(vec![Err(why); n]);
        }
        let items = self.authenticate_all(entries);
        self.send(Message::Submit { items, stage, reply });
    }

    fn send(&self, message: Message) {
        let refuse = |message, why: &str| {
            let rejection = Err(Rejection::Unavailable(why.into()));
            match message {
                Message::Submit { items, reply, .. } => {
                    reply(items.iter().map(|_| rejection.clone()).collect());
                }
                Message::State { reply, .. }
                | Message::RotateLogKey { reply, .. }
                | Message::RollUp { reply }
                | Message::Seal { reply } => {
                    reply(vec![rejection]);
                }
                Message::SealBuilt { .. } | Message::Wake | Message::Stop => {}
            }
        };
        match self.inbox.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(m)) => refuse(m, "too many submissions are waiting"),
            Err(TrySendError::Disconnected(m)) => refuse(m, "the ledger has stopped"),
        }
    }

    fn authenticate_all(&self, entries: Vec<Arc<[u8]>>) -> Vec<Item> {
        if entries.len() < PARALLEL || self.options.verifiers < 2 {
            return entries.into_iter().map(|e| self.authenticate_one(e)).collect();
        }
        let share = entries.len().div_ceil(self.options.verifiers);
        let mut parts: Vec<Vec<_>> = Vec::new();
        let mut rest = entries;
        while rest.len() > share {
            let tail = rest.split_off(share);
            parts.push(std::mem::replace(&mut rest, tail));
        }
        parts.push(rest);
        std::thread::scope(|scope| {
            let work = |part: Vec<_>| part.into_iter().map(|e| self.authenticate_one(e)).collect::<Vec<_>>();
            let handles: Vec<_> =
                parts.into_iter().map(|part| (part.len(), scope.spawn(move || work(part)))).collect();
            let joined = handles.into_iter().flat_map(|(n, handle)| {
                let lost = |_| Item::Rejected(Rejection::Unavailable("a verifier failed".into()));
                handle.join().unwrap_or_else(|_| (0..n).map(lost).collect())
            });
            joined.collect()
        })
    }

    fn authenticate_one(&self, bytes: Arc<[u8]>) -> Item {
        let authentic = authenticate(bytes.clone(), |entry| Asked::of(&self.shared.world(), entry));
        let looked_at = match authentic {
            Ok(a) => self.check_body(a.entry.body()).map(|()| Item::Authentic(Box::new(a))),
            Err(Rejection::Refused(Refusal::UnknownKey(_))) => {
                let entry = Entry::decode(&bytes).map_err(Rejection::Malformed);
                entry.and_then(|e| self.check_body(e.body())).map(|()| Item::Unkeyed(bytes))
            }
            Err(rejection) => Err(rejection),
        };
        looked_at.unwrap_or_else(Item::Rejected)
    }

    /// The ledger states a fact itself, on somebody's behalf where that is so, and waits until it is durable.
    ///
    /// # Errors
    /// The ledger does not take entries, or the fact's preconditions do not hold.
    pub fn state(
        &self,
        fact: impl Into<Fact>,
        reason: Option<String>,
        on_behalf_of: Option<SourceId>,
    ) -> Result<Receipt, Rejection> {
        let fact = Box::new(fact.into());
        self.ask(|reply| Message::State { fact, reason, on_behalf_of, reply })
    }

    /// Signs checkpoints with another key from the next entry on.
    ///
    /// # Errors
    /// The key has another name than the origin, or the ledger does not take entries.
    pub fn rotate_log_key(&self, key: SigningKey) -> Result<Receipt, Rejection> {
        self.ask(|reply| Message::RotateLogKey { key: Box::new(key), reply })
    }

    /// Seals the present states and waits until the `Sealed` entry is durable. A snapshot is written where there is a
    /// place for it.
    ///
    /// # Errors
    /// The ledger does not take entries, or the states cannot be walked over.
    pub fn seal(&self) -> Result<Receipt, Rejection> {
        self.ask(|reply| Message::Seal { reply })
    }

    /// Rolls up the evidence that is staged, without waiting for its time, and says in which entries.
    ///
    /// # Errors
    /// The ledger does not take entries.
    pub fn roll_up(&self) -> Result<Vec<Receipt>, Rejection> {
        let (sender, receiver) = channel();
        self.send(Message::RollUp {
            reply: Box::new(move |taken| {
                let _ = sender.send(taken);
            }),
        });
        let gone = |_| Rejection::OutcomeUnknown("the ledger stopped".into());
        receiver.recv().map_err(gone)?.into_iter().map(logged).collect()
    }

    /// The newest sealed trees that are kept, or those of a size. Only what a durable entry states.
    #[must_use]
    pub fn sealed(&self, size: Option<u64>) -> Option<Arc<SealedTrees>> {
        let stated: Vec<Sealed> = {
            let reading = self.read();
            let durable = reading.journal().seals().iter().filter(|s| s.index < reading.size);
            durable.map(|s| s.sealed.clone()).collect()
        };
        self.shared.seals().newest_of(&stated, size)
    }

    fn ask(&self, message: impl FnOnce(Reply) -> Message) -> Result<Receipt, Rejection> {
        let (sender, receiver) = channel();
        self.send(message(Box::new(move |outcomes| {
            let _ = sender.send(outcomes);
        })));
        let outcome = receiver.recv().ok().and_then(|o| o.into_iter().next());
        outcome.map(logged).unwrap_or_else(|| Err(Rejection::OutcomeUnknown("the ledger stopped".into())))
    }

    /// The world at the durable head.
    #[must_use]
    pub fn read(&self) -> Reading<'_> {
        // First the size, then the world: the world is never behind the durable size it is read with.
        let size = self.shared.durable().edge.size();
        Reading { world: self.shared.world(), size }
    }

    /// The tree at the durable head.
    #[must_use]
    pub fn tree(&self) -> TreeView {
        self.shared.tree()
    }

    /// The durable checkpoint, a signed note.
    #[must_use]
    pub fn checkpoint(&self) -> Arc<str> {
        self.shared.durable().checkpoint
    }

    /// Whether entries are taken.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.shared.standing()
    }

    /// The log behind the ledger, to read from.
    #[must_use]
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.shared.log
    }

    /// The blobs.
    #[must_use]
    pub fn blobs(&self) -> &Arc<dyn Blobs> {
        &self.shared.blobs
    }

    /// The vault.
    #[must_use]
    pub fn vault(&self) -> &Arc<dyn Vault> {
        &self.shared.vault
    }

    /// The time by the ledger's clock.
    #[must_use]
    pub fn now(&self) -> Time {
        self.shared.clock.now()
    }

    /// A durable entry and its bytes.
    ///
    /// # Errors
    /// There is no such entry, or it is damaged.
    pub fn entry(&self, index: u64) -> Result<(Entry, Arc<[u8]>), LedgerError> {
        let size = self.shared.durable().edge.size();
        if index >= size {
            return Err(LedgerError::OutOfRange { what: "entry", got: index, size });
        }
        let bad = |reason: String| LedgerError::BadEntry { index, reason };
        let raw = self
            .shared
            .log
            .read(index, 1, 0)?
            .into_iter()
            .next()
            .ok_or_else(|| bad("it is missing".into()))?;
        if self.tree().leaf(index)? != leaf_hash(&raw) {
            return Err(bad("its bytes are not those that the tree was made of".into()));
        }
        let entry = Entry::decode(&raw).map_err(|e| bad(e.to_string()))?;
        Ok((entry, raw))
    }

    /// A receipt for a durable entry, at the durable head.
    ///
    /// # Errors
    /// There is no such entry, or it is damaged.
    pub fn receipt(&self, index: u64) -> Result<Receipt, LedgerError> {
        let durable = self.shared.durable();
        let tree = TreeView::new(durable.edge.clone(), self.shared.log.clone());
        let proof = tree.inclusion(index, tree.size())?;
        let (entry, raw) = self.entry(index)?;
        Ok(Receipt {
            index,
            entry: entry.hash(),
            leaf: leaf_hash(&raw),
            size: tree.size(),
            checkpoint: durable.checkpoint,
            proof,
            level: Level::Durable,
            repeated: false,
            appraised: None,
        })
    }

    /// Waits until the log is larger than `size`, at most `timeout`, and says its size.
    #[must_use]
    pub fn wait_beyond(&self, size: u64, timeout: Duration) -> u64 {
        self.shared.wait_beyond(size, timeout)
    }

    /// Calls `hook` with the new size after each commit. It must return at once.
    pub fn on_commit(&self, hook: Box<dyn Fn(u64) + Send + Sync>) {
        self.shared.add_hook(hook);
    }

    /// A witness or mirror showed a checkpoint of this log that was signed by its key. If the log cannot extend it, the
    /// log goes read-only.
    pub fn seen_elsewhere(&self, checkpoint: &tlog::Checkpoint, by: &str) {
        if let Some(doubt) = compare(checkpoint, &self.tree()) {
            let doubt = Doubt::Witness(format!("{by}: {doubt}"));
            tracing::error!(%doubt, "the log goes read-only");
            self.shared.set_standing(Standing::ReadOnly(doubt));
        }
    }

    /// Finishes what is in flight, writes the guard, and ends the threads.
    pub fn stop(&self) {
        // If the sequencer is gone already there is nobody to tell.
        let _ = self.inbox.send(Message::Stop);
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for (n, thread) in threads.into_iter().enumerate() {
            // The guard ends last, when nothing can grow any more.
            if n == threads::GUARD {
                self.guard_stop.set();
            }
            if thread.join().is_err() {
                tracing::error!("a thread of the ledger had panicked");
            }
        }
    }
}

/// Only what devices sent is ever staged.
fn logged(taken: Result<Taken, Rejection>) -> Outcome {
    match taken? {
        Taken::Logged(receipt) => Ok(receipt),
        Taken::Staged(_) => Err(Rejection::OutcomeUnknown("it was staged".into())),
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.stop();
    }
}

fn standing(parts: &Parts, tree: &TreeView, keys: &[VerifierKey], log_key: &str) -> Standing {
    if parts.keys.checkpoint.verifier().to_string() != log_key {
        return Standing::ReadOnly(Doubt::OtherKey);
    }
    check(&*parts.guard, tree, keys).map_or(Standing::Writable, Standing::ReadOnly)
}
