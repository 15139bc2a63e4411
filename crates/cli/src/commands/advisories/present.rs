//! What the log has already: the present state of each document, by format and identifier.

use std::collections::BTreeMap;

use evidence::Time;
use evidence::types::EntryRef;
use tlog::Hash;
use world::World;
use world::release::Known;

/// A state that the log has.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) entry: EntryRef,
    pub(super) digest: Hash,
    pub(super) modified: Option<Time>,
}

/// The present state of each document.
#[derive(Debug, Default)]
pub(super) struct Present {
    /// By format and identifier.
    advisories: BTreeMap<(String, String), State>,
    /// Digests of VEX documents.
    statements: BTreeMap<Hash, u64>,
}

/// What becomes of a document.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// The log has not heard of it.
    New,
    /// It takes the place of a state that the log has.
    Changed(EntryRef),
    /// The log has it as it is.
    Unchanged,
    /// The log has a later state.
    Older {
        /// When that was changed.
        than: Time,
    },
}

impl Present {
    /// Of a world. O(n log n) for n states.
    pub(super) fn of(world: &World) -> Self {
        let known = Known::new(world.size(), world.journal());
        let vulnerabilities = world.vulnerabilities();
        let mut present = Self::default();
        for taken in vulnerabilities.current(known) {
            let fact = &taken.fact;
            let key = (fact.document.parser.clone(), fact.advisory.clone());
            let state = State {
                entry: taken.entry.clone(),
                digest: fact.document.raw.digest,
                modified: fact.modified,
            };
            // Of two that nothing replaces, the later one counts.
            present.advisories.insert(key, state);
        }
        for taken in vulnerabilities.statements(known) {
            present.statements.insert(taken.fact.document.raw.digest, taken.entry.index);
        }
        present
    }

    /// What becomes of a document of this format and identifier.
    pub(super) fn fate(
        &self,
        parser: &str,
        id: &str,
        states: bool,
        digest: &Hash,
        modified: Option<Time>,
    ) -> Fate {
        if states {
            return if self.statements.contains_key(digest) { Fate::Unchanged } else { Fate::New };
        }
        match self.advisories.get(&(parser.to_owned(), id.to_owned())) {
            None => Fate::New,
            Some(state) if state.digest == *digest => Fate::Unchanged,
            Some(State { modified: Some(than), .. }) if modified.is_some_and(|m| m < *than) => {
                Fate::Older { than: *than }
            }
            Some(state) => Fate::Changed(state.entry.clone()),
        }
    }
}
