//! Designs that were asked for lately, so that a page and what it links to are computed once. A design is kept under what it
//! depends on, so that a log that grows by other things leaves it in place.

use std::sync::{Arc, Mutex, PoisonError};

use ledger::ports::Blobs;

use super::{Ask, Design, DesignError, Moment, design};

/// What a design depends on: product, line, and the version of the design history (see [`world::design::DesignView::version`]).
pub type Version = (String, String, (Option<u64>, usize, u64));

/// Designs kept at most.
const KEPT: usize = 6;

/// Designs asked for lately.
#[derive(Debug, Default)]
pub struct Designs {
    /// The one asked for last stands last.
    kept: Mutex<Vec<(Version, Arc<Design>)>>,
    /// Held while one is computed, so that many who ask for the same wait for one.
    computing: Mutex<()>,
}

impl Designs {
    /// The design at a moment: a kept one where nothing that it depends on changed, else a new one. Takes its time then; not
    /// for threads that must not wait.
    ///
    /// # Errors
    /// As [`design`].
    pub fn at(
        &self,
        world: &impl Ask,
        blobs: &dyn Blobs,
        moment: &Moment,
        threads: usize,
    ) -> Result<Arc<Design>, DesignError> {
        let version = world.ask(|world| world.design_at(moment.at, moment.known).version());
        let version = (moment.product.clone(), moment.line.clone(), version);
        if let Some(kept) = self.find(&version) {
            return Ok(kept);
        }
        let _one_at_a_time = self.computing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = self.find(&version) {
            return Ok(kept);
        }
        let made = Arc::new(design(world, blobs, moment, threads)?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((version, made.clone()));
        Ok(made)
    }

    fn find(&self, version: &Version) -> Option<Arc<Design>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(have, _)| have == version)?;
        let found = kept.remove(at);
        let design = found.1.clone();
        kept.push(found);
        Some(design)
    }
}
