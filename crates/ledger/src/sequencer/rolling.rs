//! Evidence that changes nothing: staged at once, rolled up every quarter of an hour, held for some hours, pruned. Not here:
//! what changes nothing (`world::fleet::unchanged`), and how a roll call is read (`world::fleet`).
//!
//! ```text
//! evidence ─▶ staged (durable, answered) ─▶ counted in an Attendance entry ─▶ pruned, said in a Pruned entry
//!                  │                            │
//!                  ▼ the device says something  ▼ the last one of the day, and the last one before a silence
//!                       logged singly                logged besides
//! ```
//!
//! So the chain of a stream can be followed in the log from one change to the next, and each device's last signed evidence
//! of each day is in it.

use std::collections::VecDeque;
use std::sync::Arc;

use evidence::facts::log::{Attendance, Pruned};
use evidence::types::Bytes;
use evidence::{Entry, Fact, SourceId, SourceKind, Time};
use tlog::tree::CompactRange;
use tlog::{Hash, leaf_hash};
use world::fleet::{self, MAX_ROLL};
use world::streams::StreamKey;
use world::{Refusal, Verdict, World};

use super::{Sequencer, waiting};
use crate::authenticate::Authenticated;
use crate::authorise::Act;
use crate::committer::Slot;
use crate::error::{LedgerError, Rejection};
use crate::guard::Standing;
use crate::ports::Log;
use crate::receipt::StagedReceipt;
use crate::staging::{Found, Fresh, Pieces, Staging};

/// Fresh pieces at which they are rolled up before their time.
const MOST_FRESH: usize = 100_000;
/// Streams looked at in one go when pruning.
const SWEEP: usize = 512;
/// Seconds of a day: each device's last evidence of each UTC day is logged.
const DAY: u64 = 86_400;

/// Everything between staged and pruned.
#[derive(Debug, Default)]
pub(crate) struct Rolling {
    staging: Staging,
    /// Pieces decided on and not handed over yet.
    gathered: Pieces,
    /// Pieces handed over and not durable yet.
    in_flight: Pieces,
    /// Log time of the last roll call, or of the start.
    rolled_at: Time,
    /// Roll calls whose pieces are held: when, up to which place, and the hash of the entry.
    calls: VecDeque<(Time, u64, Option<Hash>)>,
    sweep: Option<Sweep>,
    /// What the next group may forget, once its entries are durable.
    forget: Option<u64>,
}

/// Pruning that is under way.
#[derive(Debug)]
struct Sweep {
    before: Time,
    below: u64,
    rolls: Vec<Hash>,
    pieces: u64,
    after: Option<StreamKey>,
}

impl Rolling {
    /// What is held in the store, in the light of the log.
    pub(crate) fn load(log: &dyn Log, world: &World) -> Result<Self, LedgerError> {
        let staging = Staging::load(log, world)?;
        let (next, now) = (staging.next_place, world.now());
        let mut rolling = Self { staging, rolled_at: now, ..Self::default() };
        rolling.gathered.first = next;
        // When these were counted is not known any more: they are held as if it were now.
        rolling.calls.push_back((now, next, None));
        Ok(rolling)
    }

    pub(super) fn gathered(&self) -> usize {
        self.gathered.pieces.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gathered.pieces.is_empty() && self.forget.is_none()
    }

    pub(super) const fn is_sweeping(&self) -> bool {
        self.sweep.is_some()
    }

    /// What goes with the next group.
    pub(super) fn hand_over(&mut self) -> (Option<Pieces>, Option<u64>) {
        let next = Pieces { first: self.staging.next_place, pieces: Vec::new() };
        self.in_flight = std::mem::replace(&mut self.gathered, next);
        let pieces = (!self.in_flight.pieces.is_empty()).then(|| self.in_flight.clone());
        (pieces, self.forget.take())
    }

    pub(super) fn committed(&mut self) {
        let staged = self.in_flight.first + self.in_flight.pieces.len() as u64;
        self.staging.durable = self.staging.durable.max(staged);
        self.in_flight = Pieces::default();
    }
}

/// Whose staged evidence must be in the log before a fact about its keys or standing is.
pub(super) fn concerned(fact: &Fact) -> Option<SourceId> {
    match fact {
        Fact::KeyRotated(f) => Some(f.source),
        Fact::KeyRevoked(f) => Some(f.source),
        Fact::SourceSuspended(f) => Some(f.source),
        Fact::DeviceReenrolled(f) => Some(f.device),
        Fact::Equivocated(f) => Some(f.source),
        _ => None,
    }
}

impl Sequencer {
    /// Stages an entry if it may be staged, answers one that is, and otherwise sees to it that what comes before it is in
    /// the log. Nothing is returned for an entry that goes the usual way.
    pub(super) fn roll(&mut self, a: &Authenticated, stage: bool) -> Option<Slot> {
        let body = a.entry.body();
        let device = body.source.kind() == SourceKind::Device;
        if device {
            let key = StreamKey { source: body.source, stream: body.stream };
            match self.rolling.staging.find(&key, body.sequence) {
                Some(found) => match self.held(found) {
                    Ok(hash) if hash == a.hash && stage => {
                        let receipt = StagedReceipt { entry: hash, repeated: true, appraised: None };
                        return Some(Slot::Staged(receipt));
                    }
                    // Its place is asked for in the log, or somebody else's entry stands there: both need it to be there.
                    Ok(_) => {
                        if let Err(e) = self.bring(key, body.sequence) {
                            return Some(Slot::Done(e));
                        }
                    }
                    Err(e) => return Some(Slot::Done(e)),
                },
                None if self.shared.world().streams().is_rolled(&key, body.sequence) => {
                    return Some(Slot::Done(Rejection::Refused(Refusal::RolledUp(body.sequence))));
                }
                None => {}
            }
            if stage {
                match self.stage(a, key) {
                    Ok(None) => {}
                    Ok(slot) => return slot,
                    Err(e) => return Some(Slot::Done(e)),
                }
            }
        }
        let concerned = if device { Some(body.source) } else { concerned(&body.fact) };
        let flushed = concerned.map_or(Ok(()), |source| self.flush(source));
        flushed.err().map(Slot::Done)
    }

    /// Hash of a piece that is held.
    fn held(&self, found: Found) -> Result<Hash, Rejection> {
        match found {
            Found::Fresh { hash } => Ok(hash),
            Found::Counted { place } => self.piece(place).map(|(entry, _)| entry.hash()),
        }
    }

    /// A piece that is held, durable or not.
    fn piece(&self, place: u64) -> Result<(Entry, Arc<[u8]>), Rejection> {
        let rolling = &self.rolling;
        let bytes = match rolling.gathered.at(place).or_else(|| rolling.in_flight.at(place)) {
            Some(bytes) => bytes,
            None => {
                let read =
                    self.shared.log.staged(place, 1).map_err(|e| Rejection::Unavailable(e.to_string()))?;
                let piece = read.into_iter().next().filter(|p| p.place == place);
                let missing = || Rejection::Unavailable(format!("the staged piece at {place} is missing"));
                piece.ok_or_else(missing)?.bytes
            }
        };
        let entry = Entry::decode(&bytes)
            .map_err(|e| Rejection::Unavailable(format!("the staged piece at {place}: {e}")))?;
        Ok((entry, bytes))
    }

    /// Stages evidence that comes next and changes nothing.
    fn stage(&mut self, a: &Authenticated, key: StreamKey) -> Result<Option<Slot>, Rejection> {
        let body = a.entry.body();
        if !matches!(body.fact, Fact::Attested(_)) {
            return Ok(None);
        }
        let (verdict, not_before, now) = {
            let world = self.shared.world();
            let ahead = self.rolling.staging.ahead(&key, &world);
            // A gap, even one that would be accepted, is a change.
            let ends = ahead.map(|a| a.next).or_else(|| world.streams().get(&key).map(|s| s.next));
            if ends != Some(body.sequence)
                || world.decide_after(&a.entry, &a.hash, &a.key, ahead.as_ref()) != Verdict::Accept
            {
                return Ok(None);
            }
            let roles = world.sources().get(&body.source).map_or(&[][..], |s| s.roles_at(world.size()));
            let act = Act { kind: body.source.kind(), roles, fact: &body.fact };
            let Some(verdict) = fleet::appraise_after(&world, &a.entry, ahead.as_ref()) else {
                return Ok(None);
            };
            let fresh = self.rolling.staging.runs.get(&key).map_or(0, |run| run.fresh.len());
            let same = fleet::unchanged(&world, body, fresh as u64, &verdict, self.options.roll_every);
            if !same || self.shared.authorise.authorise(&act).is_err() {
                return Ok(None);
            }
            let Some(not_before) = world.not_before(body) else { return Ok(None) };
            (verdict, not_before, world.now())
        };
        // The last evidence of a day is logged when the next day's first comes.
        let day = |t: Time| t.seconds() / DAY;
        if self.rolling.staging.runs.get(&key).is_some_and(|run| day(run.arrived) != day(now)) {
            self.log_last(key)?;
        }
        let staging = &mut self.rolling.staging;
        let (sequence, place) = (body.sequence, staging.next_place);
        staging.next_place += 1;
        let (hash, leaf) = (a.hash, a.leaf);
        staging.push(key, Fresh { sequence, place, hash, leaf, not_before, arrived: now });
        self.rolling.gathered.pieces.push(a.bytes.clone());
        self.bytes += a.bytes.len();
        let receipt = StagedReceipt { entry: hash, repeated: false, appraised: Some(Arc::new(verdict)) };
        Ok(Some(Slot::Staged(receipt)))
    }

    /// Logs every fresh piece of a source, and before them the last one that was counted: from there on the chain can be
    /// followed in the log.
    pub(super) fn flush(&mut self, source: SourceId) -> Result<(), Rejection> {
        for key in self.rolling.staging.fresh_of(source) {
            self.log_last_counted(key)?;
            loop {
                let run = self.rolling.staging.runs.get(&key);
                let Some(first) = run.and_then(|run| run.fresh.front()) else { break };
                let (entry, bytes) = self.piece(first.place)?;
                let (hash, leaf) = (first.hash, first.leaf);
                self.push(&entry, bytes, hash, leaf);
                if let Some(run) = self.rolling.staging.runs.get_mut(&key) {
                    run.fresh.pop_front();
                    self.rolling.staging.fresh -= 1;
                }
            }
        }
        // Streams that go on behind what was counted.
        let from = StreamKey { source, stream: 0 };
        let own = self.rolling.staging.runs.range(from..).take_while(|(key, _)| key.source == source);
        let own: Vec<StreamKey> = own.map(|(key, _)| *key).collect();
        own.into_iter().try_for_each(|key| self.log_last_counted(key))
    }

    /// Logs the piece at a place of a stream that is held.
    fn bring(&mut self, key: StreamKey, sequence: u64) -> Result<(), Rejection> {
        match self.rolling.staging.find(&key, sequence) {
            Some(Found::Counted { place }) => self.log_counted(key, sequence, place),
            Some(Found::Fresh { .. }) => self.flush(key.source),
            None => Ok(()),
        }
    }

    /// Logs the last piece of a stream, if it is not logged.
    fn log_last(&mut self, key: StreamKey) -> Result<(), Rejection> {
        let fresh = self.rolling.staging.runs.get(&key).is_some_and(|run| !run.fresh.is_empty());
        if fresh { self.flush(key.source) } else { self.log_last_counted(key) }
    }

    /// Logs the last piece of a stream that a roll call counted, if it is not logged and nothing in the log follows it.
    fn log_last_counted(&mut self, key: StreamKey) -> Result<(), Rejection> {
        let last = self.rolling.staging.runs.get(&key).and_then(|run| run.counted.back().copied());
        let rolled = |w: &World| w.streams().get(&key).filter(|s| s.rolled > 0).map(|s| s.next);
        let next = rolled(&self.shared.world());
        match last {
            Some((sequence, place)) if next == Some(sequence + 1) => self.log_counted(key, sequence, place),
            _ => Ok(()),
        }
    }

    fn log_counted(&mut self, key: StreamKey, sequence: u64, place: u64) -> Result<(), Rejection> {
        let (entry, bytes) = self.piece(place)?;
        let (hash, leaf) = (entry.hash(), leaf_hash(&bytes));
        self.push(&entry, bytes, hash, leaf);
        if let Some(run) = self.rolling.staging.runs.get_mut(&key) {
            // The last one mostly; another one where somebody else's entry stands at its place.
            match run.counted.back() {
                Some((s, _)) if *s == sequence => drop(run.counted.pop_back()),
                _ => run.counted.retain(|(s, _)| *s != sequence),
            }
        }
        Ok(())
    }

    /// Rolls up every quarter of an hour of log time, prunes what was held long enough, a little at a time.
    pub(super) fn roll_when_due(&mut self) {
        if self.refuse_all().is_some() {
            return;
        }
        let every = self.options.roll_every.max(1);
        let now = self.shared.world().now();
        let due = now.seconds() / every > self.rolling.rolled_at.seconds() / every;
        if (due || self.rolling.staging.fresh >= MOST_FRESH) && self.rolling.staging.fresh > 0 {
            if let Err(e) = self.roll_up() {
                tracing::warn!(error = %e, "nothing was rolled up");
            }
        } else if due {
            self.rolling.rolled_at = now;
        }
        if due {
            self.begin_sweep(now);
        }
        self.sweep();
    }

    /// Rolls up what is durable by now, and says where.
    pub(super) fn roll_up_now(&mut self) -> Vec<Slot> {
        // What was answered is durable; whether its group is known to be is for the committer to say.
        while self.busy {
            match self.control.recv() {
                Ok(result) => self.committed(result),
                Err(_) => return vec![Slot::Done(Rejection::OutcomeUnknown("the committer is gone".into()))],
            }
        }
        match self.tick().and_then(|()| self.roll_up()) {
            Ok(said) => said.into_iter().map(waiting).collect(),
            Err(e) => vec![Slot::Done(e)],
        }
    }

    /// A ledger that stops leaves nothing to be rolled up; says whether there was something.
    pub(super) fn roll_up_at_the_end(&mut self) -> bool {
        if self.shared.standing() != Standing::Writable || self.rolling.staging.fresh == 0 {
            return false;
        }
        match self.roll_up() {
            Ok(said) => !said.is_empty(),
            Err(e) => {
                // It is durable, and rolled up after the next start.
                tracing::warn!(error = %e, "nothing was rolled up");
                false
            }
        }
    }

    /// States who was heard since the last roll call, in as many entries as it takes.
    fn roll_up(&mut self) -> Result<Vec<(u64, Hash, Hash)>, Rejection> {
        let (from, mut said) = (self.rolling.rolled_at, Vec::new());
        let durable = self.rolling.staging.durable;
        let mut after: Option<StreamKey> = None;
        loop {
            let (fact, counted) = {
                let world = self.shared.world();
                let to = world.now();
                let (keys, present) = self.rolling.staging.present(after.as_ref(), durable, MAX_ROLL);
                let Some((roll, n)) = world.fleet().roll(&present, to) else { break };
                let mut tree = CompactRange::new();
                let runs = &self.rolling.staging.runs;
                for (key, p) in keys.iter().zip(&present).take(n) {
                    let pieces = usize::try_from(p.pieces).unwrap_or(usize::MAX);
                    let fresh = runs.get(key).into_iter().flat_map(|run| &run.fresh);
                    fresh.take(pieces).for_each(|f| tree.append(f.leaf));
                }
                let pieces = present.iter().take(n).map(|p| p.pieces).sum();
                let roll = Bytes(roll.encode());
                let fact = Attendance { from, to, roll, root: tree.root(), devices: n as u64, pieces };
                (fact, keys.into_iter().zip(present).take(n).collect::<Vec<_>>())
            };
            let entry = self.say(fact, None, None)?;
            self.rolling.calls.push_back((self.shared.world().now(), durable, Some(entry.1)));
            said.push(entry);
            for (key, p) in counted {
                self.rolling.staging.count(&key, usize::try_from(p.pieces).unwrap_or(usize::MAX));
                after = Some(key);
            }
        }
        self.rolling.rolled_at = self.shared.world().now();
        Ok(said)
    }

    /// Begins to prune what was counted long enough ago.
    fn begin_sweep(&mut self, now: Time) {
        if self.rolling.sweep.is_some() {
            return;
        }
        let keep = self.options.roll_keep;
        let (mut sweep, mut rolls) = (None, Vec::new());
        while let Some((time, place, hash)) = self.rolling.calls.front().copied() {
            if now.since(time) < keep {
                break;
            }
            self.rolling.calls.pop_front();
            rolls.extend(hash);
            sweep = Some((time, place));
        }
        self.rolling.sweep =
            sweep.map(|(before, below)| Sweep { before, below, rolls, pieces: 0, after: None });
    }

    /// Looks at some more streams. The last piece of a device that has been silent since is logged; when all were looked at,
    /// what was pruned is said, and the store forgets it once that is durable.
    fn sweep(&mut self) {
        let Some(mut sweep) = self.rolling.sweep.take() else { return };
        let keys = self.rolling.staging.keys(sweep.after.as_ref(), SWEEP);
        for key in &keys {
            let last = self.rolling.staging.runs.get(key).and_then(|run| run.counted.back().copied());
            if last.is_some_and(|(_, place)| place < sweep.below)
                && let Err(e) = self.log_last_counted(*key)
            {
                tracing::warn!(error = %e, "pruning waits");
                self.rolling.sweep = Some(sweep);
                return;
            }
            sweep.pieces += self.rolling.staging.prune(key, sweep.below);
        }
        if let Some(last) = keys.last() {
            sweep.after = Some(*last);
            self.rolling.sweep = Some(sweep);
            return;
        }
        let fact =
            Pruned { before: sweep.before, rolls: std::mem::take(&mut sweep.rolls), pieces: sweep.pieces };
        if sweep.pieces > 0
            && let Err(e) = self.say(fact, None, None)
        {
            tracing::warn!(error = %e, "what was pruned was not said; it is kept until the next start");
            return;
        }
        self.rolling.forget = Some(sweep.below);
    }
}
