//! What the threads of the witnesses share: the checkpoint they are all asked about, the cosignatures that came for it,
//! and what is known of each witness.
//!
//! A checkpoint stays the one asked about until it has its quorum, until every witness was asked once, or until its time
//! is over. A checkpoint an entry would never gather two cosignatures.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ledger::Ledger;
use ledger::ports::{Head, StoreError};
use tlog::note::Signature;
use tlog::policy::{Policy, PolicyWitness};
use tlog::{Checkpoint, Note, cosignature};
use tokio::sync::watch;

use super::{WitnessOptions, WitnessStatus};
use crate::metrics::Stopwatch;

/// How often a thread looks whether it should end.
const GLANCE: Duration = Duration::from_millis(200);

/// A durable checkpoint that witnesses are asked to cosign.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) size: u64,
    /// As the log signed it, without cosignatures.
    pub(super) note: Note,
}

struct Round {
    target: Target,
    /// The note with the cosignatures that came.
    cosigned: Note,
    /// Who cosigned, by place in the policy.
    by: Vec<usize>,
    /// Who was asked, with whatever result.
    asked: Vec<usize>,
    satisfied: bool,
    since: Stopwatch,
}

struct State {
    round: Option<Round>,
    status: Vec<WitnessStatus>,
    stopped: bool,
}

pub(super) struct Board {
    pub(super) ledger: Arc<Ledger>,
    policy: Policy,
    pub(super) options: WitnessOptions,
    state: Mutex<State>,
    changed: Condvar,
    /// Held while a cosigned checkpoint is being kept, so that a smaller one does not come in between.
    keeping: Mutex<()>,
    head: Mutex<Option<Head>>,
    size: watch::Sender<u64>,
}

impl Board {
    pub(super) fn new(
        ledger: Arc<Ledger>,
        policy: Policy,
        options: WitnessOptions,
    ) -> Result<Self, StoreError> {
        let kept = ledger.log().cosigned()?;
        // Under another policy than the present one it may not count.
        let head = kept.filter(|head| {
            Note::parse(head.checkpoint.as_bytes()).is_ok_and(|note| satisfies(&policy, &note))
        });
        let size = watch::Sender::new(head.as_ref().map_or(0, |h| h.size));
        let status = policy.witnesses().iter().map(|w| WitnessStatus {
            name: w.name.to_string(),
            url: url(w),
            ..WitnessStatus::default()
        });
        let state = Mutex::new(State { round: None, status: status.collect(), stopped: false });
        let (keeping, head) = (Mutex::new(()), Mutex::new(head));
        Ok(Self { ledger, policy, options, state, changed: Condvar::new(), keeping, head, size })
    }

    // A panic under this lock leaves whole values: each change is one assignment or push.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wanted(&self) -> bool {
        self.policy.quorum().is_some()
    }

    pub(super) fn cosigned(&self) -> Option<Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.size.subscribe()
    }

    pub(super) fn status(&self) -> Vec<WitnessStatus> {
        self.lock().status.clone()
    }

    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    pub(super) fn witness(&self, at: usize) -> Option<&PolicyWitness> {
        self.policy.witnesses().get(at)
    }

    /// The witnesses that can be asked: with a URL, and a key whose cosignatures can be verified.
    pub(super) fn reachable(&self) -> Vec<(usize, String)> {
        let all = self.policy.witnesses().iter().enumerate();
        all.filter(|(_, w)| w.key.is_verifiable()).filter_map(|(at, w)| Some((at, url(w)?))).collect()
    }

    /// What this witness is to be asked about next; waits for it. `None` once everything ends.
    pub(super) fn next(&self, at: usize) -> Option<Target> {
        loop {
            let mut state = self.lock();
            if state.stopped {
                return None;
            }
            let reached = state.round.as_ref().map_or(0, |r| r.target.size);
            let grown = self.ledger.tree().size() > reached;
            let over = state.round.as_ref().is_none_or(|round| self.is_over(round));
            if grown && over {
                state.round = self.begin();
                self.changed.notify_all();
            }
            match &state.round {
                Some(round) if !round.by.contains(&at) => return Some(round.target.clone()),
                Some(_) if grown => {
                    // The present checkpoint is still gathering cosignatures, or the next may not begin yet.
                    drop(self.changed.wait_timeout(state, self.options.interval.min(GLANCE)));
                }
                _ => {
                    drop(state);
                    let _ = self.ledger.wait_beyond(reached, GLANCE);
                }
            }
        }
    }

    fn is_over(&self, round: &Round) -> bool {
        let age = Duration::from_micros(round.since.micros());
        let asked = self.reachable().iter().all(|(at, _)| round.asked.contains(at));
        age >= self.options.interval && (round.satisfied || asked || age >= self.options.round)
    }

    fn begin(&self) -> Option<Round> {
        let checkpoint = self.ledger.checkpoint();
        let note = Note::parse(checkpoint.as_bytes());
        let read = note.and_then(|note| Ok((Checkpoint::parse(note.text())?.size, note)));
        match read {
            Ok((size, note)) => Some(Round {
                target: Target { size, note: note.clone() },
                cosigned: note,
                by: Vec::new(),
                asked: Vec::new(),
                satisfied: false,
                since: Stopwatch::start(),
            }),
            Err(e) => {
                tracing::error!(error = %e, "the log's own checkpoint cannot be read");
                None
            }
        }
    }

    /// A cosignature came, and verified. Keeps the checkpoint once it has its quorum.
    pub(super) fn came(&self, at: usize, target: &Target, line: Signature, time: Option<u64>) {
        let mut state = self.lock();
        if let Some(status) = state.status.get_mut(at) {
            status.size = status.size.max(target.size);
            status.time = time;
            status.error = None;
        }
        let Some(round) = state.round.as_mut().filter(|r| r.target.size == target.size) else { return };
        if round.by.contains(&at) || round.cosigned.push(line).is_err() {
            return;
        }
        round.by.push(at);
        round.asked.push(at);
        round.satisfied = self.policy.evaluate(&round.by).satisfied;
        let (satisfied, text) = (round.satisfied, round.cosigned.to_string());
        drop(state);
        self.changed.notify_all();
        if satisfied && self.wanted() {
            self.keep(Head { size: target.size, checkpoint: text.into() });
        }
    }

    /// Keeps a checkpoint that has its quorum: durable first, then told.
    fn keep(&self, head: Head) {
        let _one_at_a_time = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        if self.cosigned().is_some_and(|kept| kept.size > head.size) {
            return;
        }
        if let Err(e) = self.ledger.log().put_cosigned(head.size, &head.checkpoint) {
            tracing::error!(error = %e, "a cosigned checkpoint could not be kept");
            return;
        }
        let size = head.size;
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
        self.size.send_if_modified(|told| std::mem::replace(told, size) != size);
    }

    /// A request brought nothing.
    pub(super) fn failed(&self, at: usize, target: &Target, why: String) {
        let mut state = self.lock();
        if let Some(status) = state.status.get_mut(at) {
            if status.error.as_ref() != Some(&why) {
                tracing::warn!(witness = %status.name, reason = %why, "no cosignature");
            }
            status.failures += 1;
            status.error = Some(why);
        }
        if let Some(round) = state.round.as_mut().filter(|r| r.target.size == target.size) {
            round.asked.push(at);
            round.asked.dedup();
        }
        self.changed.notify_all();
    }

    /// Rests for a while, or until everything ends.
    pub(super) fn rest(&self, pause: Duration) {
        let since = Stopwatch::start();
        let mut state = self.lock();
        while !state.stopped {
            let left = pause.saturating_sub(Duration::from_micros(since.micros()));
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn url(witness: &PolicyWitness) -> Option<String> {
    let text = String::from_utf8(witness.url.as_ref()?.as_bytes().to_vec()).ok()?;
    Some(text.trim_end_matches('/').to_owned())
}

/// Whether a note has the cosignatures that the policy asks for. That it is this log's is known: it comes from its store.
fn satisfies(policy: &Policy, note: &Note) -> bool {
    let cosigned =
        |w: &PolicyWitness| note.signatures().iter().any(|s| cosignature::verify(note, s, &w.key).is_ok());
    let by: Vec<usize> =
        policy.witnesses().iter().enumerate().filter(|(_, w)| cosigned(w)).map(|(at, _)| at).collect();
    policy.evaluate(&by).satisfied
}
