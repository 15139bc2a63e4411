//! The one thread that decides and applies, ahead of durability, and gathers while the previous commit runs. No timer makes
//! an entry wait: whatever has come when the committer is idle is the next batch.

mod keeping;
mod passing;
mod rebuild;
mod sealing;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use evidence::facts::log::{LogKeyRotated, Tick};
use evidence::{Entry, Fact, SourceId, Time};
use tlog::tile::{Edge, FullTile};
use tlog::{Checkpoint, Hash, Note, SigningKey, leaf_hash};
use world::Verdict;

use crate::authenticate::{Asked, Authenticated, Item, authenticate};
use crate::authorise::Act;
use crate::committer::{Group, Pending, Slot};
use crate::error::{LedgerError, Rejection};
use crate::guard::{Doubt, Standing};
use crate::keys::LedgerKeys;
use crate::options::Options;
use crate::ports::{Batch, StoreError};
use crate::seal::SealedTrees;
use crate::shared::{Reply, Shared};
use crate::snapshot::Snapshots;
use crate::voice;

/// The clock's own step.
const SECOND: Duration = Duration::from_secs(1);

/// What the sequencer is told.
pub(crate) enum Message {
    /// Entries whose authors are proven, and whatever was wrong with the others.
    Submit { items: Vec<Item>, reply: Reply },
    /// The ledger states something itself.
    State { fact: Box<Fact>, reason: Option<String>, on_behalf_of: Option<SourceId>, reply: Reply },
    /// Checkpoints are signed with another key from here on.
    RotateLogKey { key: Box<SigningKey>, reply: Reply },
    /// Seal the present states; answered with the `Sealed` entry.
    Seal { reply: Reply },
    /// The states are walked over.
    SealBuilt {
        /// Which of the seals that were begun.
        turn: u64,
        built: Result<SealedTrees, LedgerError>,
    },
    /// The committer is done; its result waits on the control channel.
    Wake,
    /// Finish what is in hand and end.
    Stop,
}

pub(crate) struct Sequencer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) inbox: Receiver<Message>,
    pub(crate) control: Receiver<Result<(), StoreError>>,
    pub(crate) committer: SyncSender<Group>,
    pub(crate) keys: LedgerKeys,
    pub(crate) options: Options,
    pub(crate) edge: Edge,
    snapshots: Option<Snapshots>,
    /// Its own inbox, for the thread that walks over states.
    wake: SyncSender<Message>,
    /// Entries decided and applied, and not handed over yet.
    entries: Vec<Arc<[u8]>>,
    bytes: usize,
    tiles: Vec<FullTile>,
    pending: Vec<Pending>,
    /// Entries handed over and not durable yet: a repeat may ask for them before the store can answer.
    in_flight: Vec<Arc<[u8]>>,
    busy: bool,
    stopping: bool,
    /// Those who wait for the seal that is being built.
    sealing: Option<Vec<Reply>>,
    /// Counts the seals that were begun. What was walked over before the log was read anew is another turn's.
    seal_turn: u64,
    /// Threads that walk over states. They hold the log: a ledger that has stopped has waited for them.
    walkers: Vec<JoinHandle<()>>,
    /// Log keys that were rotated away in entries that are not durable yet: without those entries they still hold.
    retired: Vec<SigningKey>,
    /// The clock says what no tick may say; asked again after a pause.
    clock_refused: bool,
    /// Log time at which the last seal was asked for.
    sealed_at: Time,
    /// Size of the last snapshot.
    snapshot_at: u64,
}

impl Sequencer {
    #[expect(clippy::too_many_arguments, reason = "called in one place, with everything the thread owns")]
    pub(crate) fn new(
        shared: Arc<Shared>,
        inbox: Receiver<Message>,
        control: Receiver<Result<(), StoreError>>,
        committer: SyncSender<Group>,
        keys: LedgerKeys,
        options: Options,
        edge: Edge,
        snapshots: Option<Snapshots>,
        wake: SyncSender<Message>,
    ) -> Self {
        Self {
            snapshots,
            wake,
            shared,
            inbox,
            control,
            committer,
            keys,
            options,
            edge,
            entries: Vec::new(),
            bytes: 0,
            tiles: Vec::new(),
            pending: Vec::new(),
            in_flight: Vec::new(),
            busy: false,
            stopping: false,
            sealing: None,
            seal_turn: 0,
            walkers: Vec::new(),
            retired: Vec::new(),
            clock_refused: false,
            sealed_at: Time::EPOCH,
            snapshot_at: 0,
        }
    }

    /// Runs until it is told to stop or nobody can tell it anything any more.
    pub(crate) fn run(mut self) {
        self.work();
        // Whoever still walks over the states is told nobody listens, and that there is nothing to walk over.
        self.shared.world_mut().thaw();
        drop(self.inbox);
        for walker in self.walkers {
            if walker.join().is_err() {
                tracing::error!("a thread that sealed had panicked");
            }
        }
    }

    fn work(&mut self) {
        loop {
            if self.is_full() && self.busy {
                match self.control.recv() {
                    Ok(result) => self.committed(result),
                    Err(_) => return,
                }
            } else if !self.stopping {
                match self.inbox.recv_timeout(self.until_tick()) {
                    Ok(message) => self.handle(message),
                    Err(RecvTimeoutError::Timeout) => self.idle(),
                    Err(RecvTimeoutError::Disconnected) => self.stopping = true,
                }
            }
            self.hear_committer();
            while !self.is_full() {
                match self.inbox.try_recv() {
                    Ok(message) => self.handle(message),
                    Err(_) => break,
                }
            }
            if !self.stopping && self.tick_is_due() {
                self.idle();
            }
            if !self.busy && !self.is_empty() {
                self.hand_over();
            }
            if !self.stopping {
                self.seal_when_due();
            }
            if self.stopping {
                if !self.busy && self.is_empty() {
                    return;
                }
                // Nothing new is taken; what is in flight is waited for.
                if self.busy {
                    match self.control.recv() {
                        Ok(result) => self.committed(result),
                        Err(_) => return,
                    }
                }
            }
        }
    }

    /// Takes what the committer has to say, if anything. A wake is never taken without: it would be lost, and those who
    /// wait for their answer would wait for the next message.
    fn hear_committer(&mut self) {
        while let Ok(result) = self.control.try_recv() {
            self.committed(result);
        }
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= self.options.batch_entries || self.bytes >= self.options.batch_bytes
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.pending.is_empty()
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Submit { items, reply } => {
                let slots = match self.refuse_all() {
                    Some(rejection) => {
                        let own = |item| match item {
                            Item::Rejected(own) => own,
                            Item::Authentic(_) | Item::Unkeyed(_) => rejection.clone(),
                        };
                        items.into_iter().map(|item| Slot::Done(own(item))).collect()
                    }
                    None => self.take_all(items),
                };
                self.pending.push(Pending { slots, reply });
            }
            Message::State { fact, reason, on_behalf_of, reply } => {
                let slot = match self.refuse_all() {
                    Some(rejection) => Slot::Done(rejection),
                    None => self
                        .tick()
                        .and_then(|()| self.say(*fact, reason, on_behalf_of))
                        .map_or_else(Slot::Done, waiting),
                };
                self.pending.push(Pending { slots: vec![slot], reply });
            }
            Message::RotateLogKey { key, reply } => {
                let slot = match self.refuse_all() {
                    Some(rejection) => Slot::Done(rejection),
                    None => self.rotate(*key).map_or_else(Slot::Done, waiting),
                };
                self.pending.push(Pending { slots: vec![slot], reply });
            }
            Message::Seal { reply } => self.seal(Some(reply)),
            Message::SealBuilt { turn, built } if turn == self.seal_turn => self.seal_built(built),
            Message::SealBuilt { .. } => {}
            Message::Wake => self.hear_committer(),
            Message::Stop => self.stopping = true,
        }
    }

    fn refuse_all(&self) -> Option<Rejection> {
        if self.stopping {
            return Some(Rejection::Unavailable("the server is stopping".into()));
        }
        match self.shared.standing() {
            Standing::Writable => None,
            other => Some(Rejection::Unavailable(other.to_string())),
        }
    }

    fn take_all(&mut self, items: Vec<Item>) -> Vec<Slot> {
        // Whoever sends nothing that verifies moves no clock.
        let any = items.iter().any(|item| !matches!(item, Item::Rejected(_)));
        let ticked = if any { self.tick() } else { Ok(()) };
        let mut slots = Vec::with_capacity(items.len());
        for item in items {
            let authentic = match item {
                Item::Authentic(a) => Ok(*a),
                Item::Unkeyed(bytes) => {
                    let world = self.shared.world();
                    authenticate(bytes, |entry| Asked::of(&world, entry))
                }
                Item::Rejected(rejection) => Err(rejection),
            };
            slots.push(match (authentic, &ticked) {
                (Err(rejection), _) => Slot::Done(rejection),
                (Ok(a), Err(_)) if matches!(a.entry.body().fact, Fact::ClockAdvanced(_)) => self.take(a),
                (Ok(_), Err(rejection)) => Slot::Done(rejection.clone()),
                (Ok(a), Ok(())) => self.take(a),
            });
        }
        slots
    }

    /// Decides on one entry and, if it is accepted, applies it.
    fn take(&mut self, a: Authenticated) -> Slot {
        let body = a.entry.body();
        let verdict = {
            let world = self.shared.world();
            let verdict = world.decide(&a.entry, &a.hash, &a.key);
            if verdict == Verdict::Accept {
                let roles = world.sources().get(&body.source).map_or(&[][..], |s| s.roles_at(world.size()));
                let act = Act { kind: body.source.kind(), roles, fact: &body.fact };
                if let Err(why) = self.shared.authorise.authorise(&act) {
                    let fact = body.fact.name();
                    return Slot::Done(Rejection::Forbidden { source_id: body.source, fact, why });
                }
            }
            if verdict == Verdict::Accept
                && let Err(rejection) = a.still_holds(&world)
            {
                return Slot::Done(rejection);
            }
            verdict
        };
        match verdict {
            Verdict::Accept => {
                let (entry, leaf) = (a.hash, a.leaf);
                // Against the world before it; logged behind it, in the same batch.
                let verdict = self.appraise(&a.entry);
                let index = self.push(&a.entry, a.bytes, a.hash, a.leaf);
                let appraised = verdict.map(|verdict| self.pass(verdict));
                Slot::Waiting { index, entry, leaf, repeated: false, appraised }
            }
            Verdict::Taken { index, .. } => match self.logged(index) {
                Ok((stored, leaf)) if stored.hash() == a.hash => {
                    Slot::Waiting { index, entry: a.hash, leaf, repeated: true, appraised: None }
                }
                Ok((stored, _)) => self.equivocation(index, &stored, &a),
                Err(e) => Slot::Done(Rejection::Unavailable(e.to_string())),
            },
            Verdict::Quarantine(cause) => self.quarantine(cause, &a),
            Verdict::Refuse(refusal) => Slot::Done(Rejection::Refused(refusal)),
        }
    }

    /// The entry at an index that may not be durable yet, and its leaf hash.
    fn logged(&self, index: u64) -> Result<(Entry, Hash), LedgerError> {
        let decided = self.edge.size() - self.entries.len() as u64;
        let flying = decided - self.in_flight.len() as u64;
        let at = |first: u64, list: &[Arc<[u8]>]| {
            list.get(usize::try_from(index.checked_sub(first)?).ok()?).cloned()
        };
        let held = at(decided, &self.entries).or_else(|| at(flying, &self.in_flight));
        let raw = match held {
            Some(raw) => raw,
            None => {
                let read = self.shared.log.read(index, 1, 0)?;
                read.into_iter()
                    .next()
                    .ok_or(LedgerError::BadEntry { index, reason: "it is missing".into() })?
            }
        };
        let entry =
            Entry::decode(&raw).map_err(|e| LedgerError::BadEntry { index, reason: e.to_string() })?;
        Ok((entry, leaf_hash(&raw)))
    }

    /// Log time follows the clock, but neither back nor further than the bound.
    fn tick(&mut self) -> Result<(), Rejection> {
        let now = self.shared.clock.now();
        let (last, bound, advanced) = {
            let world = self.shared.world();
            let (bound, advanced) = world.journal().tick_limit();
            (world.now(), bound, advanced)
        };
        if now <= last {
            return Ok(());
        }
        if now > last.plus(bound) && advanced.is_none_or(|until| now > until) {
            return Err(Rejection::Unavailable(format!(
                "the clock says {now}, more than {bound} seconds after log time {last}; if it is right, an administrator \
                 states ClockAdvanced: `vouchsafe log advance-clock`"
            )));
        }
        self.say(Tick { time: now }, None, None).map(drop)
    }

    /// Seconds that log time lies behind the clock.
    fn lag(&self) -> Duration {
        Duration::from_secs(self.shared.clock.now().since(self.shared.world().now()))
    }

    /// How long to wait for a message before log time must move on. What moves no clock does not put the tick off: deadlines
    /// fall due by log time, also while somebody sends what does not verify.
    fn until_tick(&self) -> Duration {
        let full = self.options.idle_tick;
        if self.clock_refused { full } else { full.saturating_sub(self.lag()).max(full.min(SECOND)) }
    }

    fn tick_is_due(&self) -> bool {
        !self.clock_refused && self.lag() >= self.options.idle_tick.max(SECOND)
    }

    fn idle(&mut self) {
        if self.refuse_all().is_some() {
            return;
        }
        let ticked = self.tick();
        self.clock_refused = ticked.is_err();
        if let Err(e) = ticked {
            tracing::warn!(error = %e, "no tick");
        }
    }

    /// Appends an entry of the ledger's own.
    fn say(
        &mut self,
        fact: impl Into<Fact>,
        reason: Option<String>,
        on_behalf_of: Option<SourceId>,
    ) -> Result<(u64, Hash, Hash), Rejection> {
        let said = {
            let world = self.shared.world();
            let time = world.now().max(self.shared.clock.now());
            voice::say(&world, &self.keys, time, fact, reason, on_behalf_of)
        };
        let (entry, hash) = said.map_err(|e| Rejection::Unavailable(e.to_string()))?;
        let verdict = self.shared.world().decide(&entry, &hash, &self.keys.source_key().id());
        match verdict {
            Verdict::Accept => {}
            Verdict::Refuse(refusal) => return Err(Rejection::Refused(refusal)),
            other => return Err(Rejection::Unavailable(format!("the ledger's own stream: {other:?}"))),
        }
        let bytes: Arc<[u8]> = entry.encode().into();
        let leaf = leaf_hash(&bytes);
        Ok((self.push(&entry, bytes, hash, leaf), hash, leaf))
    }

    /// Applies an accepted entry and gathers it.
    fn push(&mut self, entry: &Entry, bytes: Arc<[u8]>, hash: Hash, leaf: Hash) -> u64 {
        let index = self.edge.size();
        self.shared.world_mut().apply(entry, hash);
        self.edge.append(leaf, &mut self.tiles);
        self.bytes += bytes.len();
        self.entries.push(bytes);
        index
    }

    fn rotate(&mut self, key: SigningKey) -> Result<(u64, Hash, Hash), Rejection> {
        let refuse = |e: &dyn std::fmt::Display| Rejection::Unavailable(e.to_string());
        if key.name() != self.keys.checkpoint.name() {
            return Err(refuse(&"the new log key must have the log's origin as its name"));
        }
        self.tick()?;
        let (old, new) = (self.keys.checkpoint.verifier().to_string(), key.verifier().to_string());
        let text = format!("vouchsafe-log-key@v1\n{}\nfrom {old}\nto {new}\n", key.name());
        let handover = Note::sign(&text, &[&self.keys.checkpoint]).map_err(|e| refuse(&e))?;
        let said = self.say(LogKeyRotated { old, new, handover: handover.to_string() }, None, None)?;
        self.retired.push(std::mem::replace(&mut self.keys.checkpoint, key));
        Ok(said)
    }

    /// Signs the head of what was gathered and gives it to the committer.
    fn hand_over(&mut self) {
        let size = self.edge.size();
        let edge = Arc::new(self.edge.clone());
        let root = edge.root();
        let pending = std::mem::take(&mut self.pending);
        let batch = if self.entries.is_empty() {
            None
        } else {
            let signed = Checkpoint::new(self.keys.checkpoint.name(), size, root).sign(&self.keys.checkpoint);
            match signed {
                Ok(note) => {
                    let entries = std::mem::take(&mut self.entries);
                    self.in_flight.clone_from(&entries);
                    self.bytes = 0;
                    Some(Batch {
                        first: size - entries.len() as u64,
                        entries,
                        tiles: std::mem::take(&mut self.tiles),
                        checkpoint: note.to_string().into(),
                    })
                }
                Err(e) => {
                    // The origin was checked when the log was opened; if it cannot be signed, nothing may be said.
                    let rejection = Rejection::Unavailable(e.to_string());
                    pending.into_iter().for_each(|p| p.fail(&rejection));
                    self.shared.set_standing(Standing::ReadOnly(Doubt::OtherKey));
                    return self.rebuild(&e.to_string());
                }
            }
        };
        let checkpoint = match &batch {
            Some(batch) => batch.checkpoint.clone(),
            None => self.shared.durable().checkpoint,
        };
        self.busy = true;
        if let Err(e) = self.committer.send(Group { batch, edge, checkpoint, pending }) {
            let rejection = Rejection::OutcomeUnknown("the committer is gone".into());
            e.0.pending.into_iter().for_each(|p| p.fail(&rejection));
            self.stopping = true;
            self.busy = false;
        }
    }

    fn committed(&mut self, result: Result<(), StoreError>) {
        self.busy = false;
        self.in_flight.clear();
        if let Err(e) = result {
            let rejection = Rejection::Unavailable(e.to_string());
            std::mem::take(&mut self.pending).into_iter().for_each(|p| p.fail(&rejection));
            tracing::error!(error = %e, "the store failed; reading everything anew");
            self.rebuild(&e.to_string());
        } else if self.entries.is_empty() {
            self.retired.clear();
        }
    }
}

const fn waiting((index, entry, leaf): (u64, Hash, Hash)) -> Slot {
    Slot::Waiting { index, entry, leaf, repeated: false, appraised: None }
}
