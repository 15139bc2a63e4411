//! Sealing as the sequencer sees it: freeze, have the states walked over by another thread, state the roots. Not here: the
//! walk and what its trees prove (`seal`).

use std::sync::Arc;

use evidence::Time;

use super::{Message, Sequencer, waiting};
use crate::committer::{Pending, Slot};
use crate::error::{LedgerError, Rejection};
use crate::seal::{self, SealedTrees};
use crate::shared::Reply;

impl Sequencer {
    /// Freezes the world and has its states walked over beside the write path. One seal at a time: whoever asks
    /// meanwhile gets the one that is being built.
    pub(super) fn seal(&mut self, reply: Option<Reply>) {
        if let Some(rejection) = self.refuse_all() {
            if let Some(reply) = reply {
                reply(vec![Err(rejection)]);
            }
            return;
        }
        if let Some(waiting) = &mut self.sealing {
            waiting.extend(reply);
            return;
        }
        let size = {
            let mut world = self.shared.world_mut();
            self.sealed_at = world.now();
            world.freeze()
        };
        // A snapshot costs as much as the states are large: one when asked for, else when a start would gain from it.
        let worthwhile = size.saturating_sub(self.snapshot_at) >= (size / 20).max(10_000);
        let snapshots = self.snapshots.clone().filter(|_| reply.is_some() || worthwhile);
        if snapshots.is_some() {
            self.snapshot_at = size;
        }
        let shared = self.shared.clone();
        let (last, done) = (self.shared.seals().newest(), self.wake.clone());
        self.seal_turn += 1;
        let turn = self.seal_turn;
        let build = move || {
            let built = seal::build(&shared, size, snapshots.as_ref(), last.as_deref());
            // A ledger that has stopped needs no seal.
            let _ = done.send(Message::SealBuilt { turn, built });
        };
        match std::thread::Builder::new().name("ledger-seal".into()).spawn(build) {
            Ok(walker) => {
                self.sealing = Some(reply.into_iter().collect());
                self.walkers.retain(|w| !w.is_finished());
                self.walkers.push(walker);
            }
            Err(e) => {
                self.shared.world_mut().thaw();
                if let Some(reply) = reply {
                    reply(vec![Err(Rejection::Unavailable(e.to_string()))]);
                }
            }
        }
    }

    pub(super) fn seal_built(&mut self, built: Result<SealedTrees, LedgerError>) {
        self.shared.world_mut().thaw();
        let waiting_for_it = self.sealing.take().unwrap_or_default();
        let said = match (built, self.refuse_all()) {
            (_, Some(rejection)) => Err(rejection),
            (Err(e), None) => Err(Rejection::Unavailable(e.to_string())),
            (Ok(trees), None) => {
                let said = self.tick().and_then(|()| self.say(trees.sealed.clone(), None, None));
                if said.is_ok() {
                    self.shared.seals().push(Arc::new(trees));
                }
                said
            }
        };
        if let Err(e) = &said {
            tracing::warn!(error = %e, "nothing was sealed");
        }
        for reply in waiting_for_it {
            let slot = said.clone().map_or_else(Slot::Done, waiting);
            self.pending.push(Pending { slots: vec![slot], reply });
        }
    }

    /// Hourly by log time, when something but the last seal and ticks has happened.
    pub(super) fn seal_when_due(&mut self) {
        let due = {
            let world = self.shared.world();
            let last = world.journal().seals().last();
            let since = last.map_or(0, |s| s.index + 1);
            let begun = world.journal().genesis().map_or(Time::EPOCH, |g| g.created);
            let time = last.map_or(begun, |s| s.sealed.time).max(self.sealed_at);
            world.now().since(time) >= self.options.seal_every && world.size() > since + 1
        };
        if due && self.sealing.is_none() {
            self.seal(None);
        }
    }
}
