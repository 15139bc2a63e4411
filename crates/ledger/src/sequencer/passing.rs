//! Verdicts: what a device's evidence amounts to is said by the ledger itself, in the entry behind the evidence, when it
//! differs from the last verdict on that device. Not here: what leads to a verdict (`world::fleet::appraise`).
//!
//! A verdict is a fact like any other: replaying the log reads it and computes none. Evidence and verdict are in one batch,
//! so that whoever is told the one is told what the log says of the other. A release that is made or withdrawn later
//! changes what the next evidence amounts to, and nothing that was said before.

use std::sync::Arc;

use evidence::facts::fleet::Appraised;
use evidence::{Entry, Fact};
use world::fleet;

use super::Sequencer;

/// A verdict, and whether it must be logged.
pub(super) struct Passing {
    verdict: Appraised,
    changed: bool,
}

impl Sequencer {
    /// The verdict on evidence that is about to be appended; nothing for other entries.
    pub(super) fn appraise(&self, entry: &Entry) -> Option<Passing> {
        if !matches!(entry.body().fact, Fact::Attested(_)) {
            return None;
        }
        let world = self.shared.world();
        let verdict = fleet::appraise(&world, entry)?;
        let changed = fleet::changes(&world, &verdict);
        Some(Passing { verdict, changed })
    }

    /// Logs a verdict where it must be. The evidence is taken whatever becomes of it: the next one will differ too.
    pub(super) fn pass(&mut self, passing: Passing) -> Arc<Appraised> {
        let Passing { verdict, changed } = passing;
        if changed && let Err(e) = self.say(verdict.clone(), None, None) {
            tracing::error!(device = %verdict.device, error = %e, "a verdict was not logged");
        }
        Arc::new(verdict)
    }
}
