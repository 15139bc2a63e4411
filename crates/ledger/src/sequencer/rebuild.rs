//! After a failure of the store: everything that ran ahead of it is forgotten and the log is read anew. Not here: what
//! reading verifies (`recover`), and what those who wait are told (`committer`).

use std::sync::Arc;
use std::time::Duration;

use tlog::tile::Edge;

use super::Sequencer;
use super::rolling::Rolling;
use crate::error::Rejection;
use crate::guard::{Doubt, Standing};
use crate::ports::Log;
use crate::recover::{Loaded, load};
use crate::shared::Durable;
use crate::tree::TreeView;

impl Sequencer {
    /// Forgets everything that is not durable and reads the log anew. Nothing is decided on a world that ran ahead of a
    /// store that failed.
    pub(super) fn rebuild(&mut self, why: &str) {
        self.entries.clear();
        self.bytes = 0;
        self.tiles.clear();
        self.in_flight.clear();
        self.rolling = Rolling::default();
        let unsealed = Rejection::Unavailable(why.into());
        for reply in self.sealing.take().unwrap_or_default() {
            reply(vec![Err(unsealed.clone())]);
        }
        // A walk that ended before this speaks of states that may be gone.
        self.seal_turn += 1;
        self.shared.set_standing(Standing::Rebuilding(why.into()));
        let acknowledged = self.shared.durable().edge;
        let mut pause = Duration::from_millis(50);
        // Ends when the store answers or the ledger is told to stop.
        loop {
            let loaded = load(&*self.shared.log, self.snapshots.as_ref()).and_then(|loaded| {
                let rolling = Rolling::load(&*self.shared.log, &loaded.world)?;
                Ok((loaded, rolling))
            });
            match loaded {
                Ok((loaded, rolling)) => return self.resume(loaded, rolling, &acknowledged),
                Err(e) => {
                    tracing::error!(error = %e, "the log cannot be read; trying again");
                    self.shared.set_standing(Standing::Rebuilding(e.to_string()));
                }
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(5));
            // Whoever asks meanwhile is answered; a stop ends the loop.
            while let Ok(message) = self.inbox.try_recv() {
                self.handle(message);
            }
            let rejection = Rejection::Unavailable(self.shared.standing().to_string());
            std::mem::take(&mut self.pending).into_iter().for_each(|p| p.fail(&rejection));
            if self.stopping {
                return;
            }
        }
    }

    /// Goes on from the log as it was read anew, unless it contradicts what was acknowledged.
    fn resume(&mut self, loaded: Loaded, rolling: Rolling, acknowledged: &Edge) {
        if let Some(doubt) = contradiction(&loaded, acknowledged, &self.shared.log) {
            tracing::error!(%doubt, "acknowledged entries are gone");
            return self.shared.set_standing(Standing::ReadOnly(doubt));
        }
        // A rotation that was on its way is in the log or is not; the key that the log names is the one to sign with.
        let named = loaded.world.journal().log_key().to_owned();
        let held = self.retired.iter().position(|key| key.verifier().to_string() == named);
        if let Some(place) = held {
            self.keys.checkpoint = self.retired.swap_remove(place);
        }
        self.retired.clear();
        let standing = if self.keys.checkpoint.verifier().to_string() == named {
            Standing::Writable
        } else {
            Standing::ReadOnly(Doubt::OtherKey)
        };
        self.shared.seals().keep(loaded.world.journal().seals());
        self.edge = loaded.edge.clone();
        self.rolling = rolling;
        *self.shared.world_mut() = loaded.world;
        self.shared.advance(Durable { edge: Arc::new(loaded.edge), checkpoint: loaded.head.checkpoint });
        self.shared.set_standing(standing);
    }
}

/// Whether the log as it was read anew goes on where what was acknowledged ends.
fn contradiction(loaded: &Loaded, acknowledged: &Edge, log: &Arc<dyn Log>) -> Option<Doubt> {
    let (stored, seen) = (loaded.head.size, acknowledged.size());
    if stored < seen {
        return Some(Doubt::TailLost { stored, seen });
    }
    match TreeView::new(Arc::new(loaded.edge.clone()), log.clone()).root_at(seen) {
        Ok(root) if root == acknowledged.root() => None,
        _ => Some(Doubt::Forked { size: seen }),
    }
}
