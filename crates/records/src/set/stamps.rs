//! Accepted links: what the lock file says about a set, and whether a record still is what it was at a revision.

use super::{Edge, Node, RecordSet, StampKey};
use crate::digest::Digest;
use crate::facts::Bound;
use crate::limits::MAX_EDITORIAL_CHAIN;
use crate::lock::LockLine;
use crate::schema::LinkId;
use std::collections::BTreeMap;

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Accepted, and nothing that matters changed since.
    Accepted,
    /// Never accepted.
    Unaccepted,
    /// Accepted against this revision; the target is another now.
    Suspect(Digest),
}

/// A change that the lock file declares editorial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditorialStep<'t> {
    /// The record.
    pub id: &'t str,
    /// Its revision before.
    pub old: Digest,
    /// Its revision after.
    pub new: Digest,
    /// Time and who, as written.
    pub note: &'t str,
}

impl RecordSet {
    /// Takes over the lines of a lock file; lines about unknown records or link types say nothing. Later lines win
    /// only by their note (time).
    pub fn set_lock(&mut self, lines: &[LockLine<'_>]) {
        self.set_lock_where(lines, &|_| true);
    }

    /// As `set_lock`, with `counts` saying which changes declared editorial do. The others are kept apart and reported.
    pub fn set_lock_where(&mut self, lines: &[LockLine<'_>], counts: &dyn Fn(&EditorialStep<'_>) -> bool) {
        self.unsigned_editorial.clear();
        let mut stamps: Vec<(StampKey, &str, Digest)> = Vec::with_capacity(lines.len());
        self.matters.clear();
        self.editorial.clear();
        for line in lines {
            match *line {
                LockLine::Link { from, link, to, revision, note } => {
                    let ends = (self.node(from), self.schema.link_id(link), self.node(to));
                    if let (Some(from), Some(link), Some(to)) = ends {
                        stamps.push(((from, link, to), note, revision));
                    }
                }
                LockLine::Revision { id, revision, matter, fields } => {
                    // Only revisions that are not the present one are ever asked for.
                    let Some(node) = self.node(id) else { continue };
                    if self.record(node).is_none_or(|record| record.revision() != revision) {
                        self.matters.insert((node, revision), (matter, fields.into()));
                    }
                }
                LockLine::Editorial { id, old, new, note } => {
                    let Some(node) = self.node(id) else { continue };
                    if counts(&EditorialStep { id, old, new, note }) {
                        self.editorial.insert((node, old), new);
                    } else {
                        self.unsigned_editorial.push((node, old, new));
                    }
                }
            }
        }
        stamps.sort_unstable();
        self.stamps.clear();
        self.stamps.reserve(stamps.len());
        for (key, _, revision) in stamps {
            match self.stamps.last_mut() {
                Some(last) if last.0 == key => last.1 = revision,
                _ => self.stamps.push((key, revision)),
            }
        }
    }

    /// Lets those changes count that are declared editorial and somebody signed as such.
    pub fn count_editorial(&mut self, signed: &dyn Fn(&EditorialStep<'_>) -> bool) {
        let all = core::mem::take(&mut self.unsigned_editorial);
        for (node, old, new) in all {
            let step = EditorialStep { id: self.id(node), old, new, note: "" };
            if signed(&step) {
                self.editorial.insert((node, old), new);
            } else {
                self.unsigned_editorial.push((node, old, new));
            }
        }
    }

    /// The revision of the target against which a link was accepted.
    #[must_use]
    pub fn stamp(&self, from: Node, link: LinkId, to: Node) -> Option<Digest> {
        let at = self.stamps.binary_search_by(|(key, _)| key.cmp(&(from, link, to))).ok()?;
        self.stamps.get(at).map(|(_, revision)| *revision)
    }

    /// How a link stands. A target that does not exist is a problem of its own and not suspect.
    #[must_use]
    pub fn link_state(&self, from: Node, edge: Edge) -> LinkState {
        match self.stamp(from, edge.link, edge.node) {
            None => LinkState::Unaccepted,
            Some(revision) if self.still(edge.node, revision) => LinkState::Accepted,
            Some(revision) => LinkState::Suspect(revision),
        }
    }

    /// Whether a record is, in all that matters for suspicion, still what it was at a revision: the same revision, or
    /// the same matter as the lock describes, or only editorial changes since.
    #[must_use]
    pub fn still(&self, node: Node, revision: Digest) -> bool {
        let Some(record) = self.record(node) else { return false };
        if record.revision() == revision {
            return true;
        }
        let Some(kind) = self.kind(node).and_then(|kind| self.schema.kind(kind)) else { return false };
        let mut at = revision;
        let mut matter = None;
        for _ in 0..MAX_EDITORIAL_CHAIN {
            if at == record.revision() {
                return true;
            }
            if let Some((then, _)) = self.matters.get(&(node, at)) {
                let now = *matter.get_or_insert_with(|| record.digest_of(&kind.suspect_on));
                if *then == now {
                    return true;
                }
            }
            match self.editorial.get(&(node, at)) {
                Some(next) => at = *next,
                None => return false,
            }
        }
        false
    }

    /// The present revision of a record, to bind a result to.
    #[must_use]
    pub fn bound(&self, node: Node) -> Option<Bound> {
        let (record, kind) = (self.record(node)?, self.schema.kind(self.kind(node)?)?);
        Some(Bound { revision: record.revision(), matter: record.digest_of(&kind.suspect_on) })
    }

    /// As `still`, for a revision whose matter is known.
    #[must_use]
    pub fn still_bound(&self, node: Node, bound: &Bound) -> bool {
        self.still(node, bound.revision) || self.bound(node).is_some_and(|now| now.matter == bound.matter)
    }

    /// The fields that matter and differ from a stamped revision; `None` when the lock does not describe it.
    #[must_use]
    pub fn changed_fields(&self, node: Node, revision: Digest) -> Option<Vec<&str>> {
        let (record, kind) = (self.record(node)?, self.schema.kind(self.kind(node)?)?);
        let (_, then) = self.matters.get(&(node, revision))?;
        let then: BTreeMap<&str, &str> = then.split(' ').filter_map(|part| part.split_once('=')).collect();
        Some(
            kind.suspect_on
                .iter()
                .filter(|name| {
                    // A field that its kind did not list then had no say.
                    let was = then.get(&***name);
                    was.map_or(record.field(name).is_some(), |was| {
                        **was != *record.digest_of_field(name).short()
                    })
                })
                .map(|name| &**name)
                .collect(),
        )
    }
}
