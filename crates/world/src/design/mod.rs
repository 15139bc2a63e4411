//! The design history: records, accepted links, results, commits, baselines, signatures, each with its interval in its line.
//! Every answer takes two moments: when it was so, and what was known.
//!
//! What a record says is a blob: here are digests. Memory: one state an entry, in its bytes, and its index beside it. Not here:
//! rules and gaps (`records`, over what `views` joins), whether a signature verifies (the ledger saw to that before the entry
//! was taken).

mod beside;
mod key;
mod states;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use evidence::Fact;
use evidence::cbor::Writer;
use evidence::facts::design::{BaselineMade, LinkAccepted, LinkWithdrawn, RecordRevised};
use evidence::facts::statements::Signed;
use tlog::tree::CompactRange;
use tlog::{Hash, leaf_hash};

use crate::concern::{BadState, Concern, State};
use crate::cow::CowMap;
use crate::decide::Refusal;
use crate::release::Known;
use crate::world::World;
pub use beside::{Analysed, Covered, GitStanding, Review, Tag};
pub use view::{
    Baseline, Commit, DesignView, Held, Imported, LinkState, Page, RecordEvent, Reported, Revision,
    Signature, Standing,
};

/// The design history.
#[derive(Debug, Clone, Default)]
pub struct Design {
    states: CowMap<Box<[u8]>, Box<[u8]>>,
    /// Product and line, each with the index of the first entry that names it.
    lines: BTreeMap<(Box<str>, Box<str>), u64>,
    /// Indices of the entries behind the states.
    changes: BTreeSet<u64>,
}

impl Design {
    /// Number of states: one for each fact of the design history.
    #[must_use]
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether nothing was said yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes a fact of the design history. Other facts change nothing here.
    pub(crate) fn take(&mut self, index: u64, hash: Hash, fact: &Fact) {
        let (Some(key), Some(value)) = (key::of(index, fact), states::write(&hash, fact)) else { return };
        self.states.insert(key, value);
        self.changes.insert(index);
        let line = match fact {
            Fact::RecordRevised(f) => (&f.product, &f.line),
            Fact::LinkAccepted(f) => (&f.product, &f.line),
            Fact::ResultReported(f) => (&f.product, &f.line),
            Fact::CommitPushed(f) => (&f.product, &f.line),
            Fact::TagPushed(f) => (&f.product, &f.line),
            _ => return,
        };
        let first = self.lines.entry((line.0.as_str().into(), line.1.as_str().into())).or_insert(index);
        // States come back by key and not by index.
        *first = index.min(*first);
    }
}

impl Concern for Design {
    fn freeze(&mut self) {
        self.states.freeze();
    }
    fn thaw(&mut self) {
        self.states.thaw();
    }
    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        let after = after.map(Box::from);
        let pairs = self.states.frozen_after(after.as_ref(), limit);
        Ok(pairs.into_iter().map(|(k, v)| State { key: k.to_vec(), value: v.to_vec() }).collect())
    }
    fn restore(&mut self, state: &State) -> Result<(), BadState> {
        let index = key::index(&state.key).ok_or(BadState::Key)?;
        let (hash, fact) = states::read(&state.value).map_err(BadState::Value)?;
        // The key repeats what the value says; another one would come back as another state.
        if key::of(index, &fact).is_none_or(|key| *key != *state.key) {
            return Err(BadState::Key);
        }
        self.take(index, hash, &fact);
        Ok(())
    }
}

/// The root of a baseline: the RFC 9162 tree hash over `[record, revision]` in deterministic CBOR, of records in the order
/// of their identifiers.
#[must_use]
pub fn baseline_root<'a>(records: impl IntoIterator<Item = (&'a str, Hash)>) -> Hash {
    let mut tree = CompactRange::default();
    for (record, revision) in records {
        let mut w = Writer::with_capacity(record.len() + 40);
        w.array(2);
        w.text(record);
        w.bytes(&revision.0);
        tree.append(leaf_hash(&w.into_bytes()));
    }
    tree.root()
}

/// What the facts of the design history presuppose.
pub(crate) fn decide(world: &World, fact: &Fact) -> Option<Refusal> {
    match fact {
        Fact::RecordRevised(f) => revised(world, f),
        Fact::LinkAccepted(f) => accepted(world, f),
        Fact::LinkWithdrawn(f) => withdrawn(world, f),
        Fact::BaselineMade(f) => baseline(world, f),
        Fact::Signed(f) => signed(world, f),
        _ => None,
    }
}

fn refuse(what: String) -> Option<Refusal> {
    Some(Refusal::Precondition(what))
}

fn view(world: &World) -> DesignView<'_> {
    DesignView::known(world, Known::new(world.size(), world.journal()))
}

/// A revision follows the one that counts. So two who push at once cannot both be right, and a repeated push adds nothing.
fn revised(world: &World, fact: &RecordRevised) -> Option<Refusal> {
    if fact.content.digest != fact.revision {
        return refuse(format!("the content of {} is not the one that its revision names", fact.record));
    }
    let now = view(world).record(&fact.product, &fact.line, &fact.record);
    if let Some(other) = now.as_ref().and_then(|now| other_repository(world, fact, &now.said)) {
        return refuse(format!("{} stands in this line from the repository `{other}`", fact.record));
    }
    let present = now.map(|r| r.said.revision);
    if present == Some(fact.revision) {
        return refuse(format!("{} is at this revision already", fact.record));
    }
    let said = |revision: Option<Hash>| revision.map_or_else(|| "none".to_owned(), |r| r.to_string());
    (present != fact.supersedes)
        .then(|| {
            let (now, named) = (said(present), said(fact.supersedes));
            format!("the present revision of {} is {now}; the fact supersedes {named}", fact.record)
        })
        .and_then(refuse)
}

/// The repository a record stands from, when the fact comes from another: each revises its own records, and only these.
fn other_repository(world: &World, fact: &RecordRevised, now: &RecordRevised) -> Option<String> {
    let of = |said: &RecordRevised| {
        let commit = view(world).commit(&said.product, &said.line, said.commit.as_ref()?.index)?;
        Some(commit.said.repository)
    };
    let theirs = of(now)?;
    (of(fact)? != theirs).then_some(theirs)
}

fn accepted(world: &World, fact: &LinkAccepted) -> Option<Refusal> {
    let now = view(world).link(&fact.product, &fact.line, &fact.from, &fact.link, &fact.to);
    let same = now.is_some_and(|now| {
        (now.said.from_revision, now.said.to_revision) == (fact.from_revision, fact.to_revision)
    });
    if same { refuse(format!("{} {} {} is accepted already", fact.from, fact.link, fact.to)) } else { None }
}

fn withdrawn(world: &World, fact: &LinkWithdrawn) -> Option<Refusal> {
    let now = view(world).link(&fact.product, &fact.line, &fact.from, &fact.link, &fact.to);
    if now.is_some() {
        return None;
    }
    refuse(format!("{} {} {} is not accepted", fact.from, fact.link, fact.to))
}

fn baseline(world: &World, fact: &BaselineMade) -> Option<Refusal> {
    if fact.size > world.size() {
        return refuse(format!("the log has {} entries, not yet {}", world.size(), fact.size));
    }
    let taken = view(world).baseline(&fact.product, &fact.line, &fact.name).is_some();
    if taken { refuse(format!("the line has a baseline {} already", fact.name)) } else { None }
}

/// The same signature says the same thing once.
fn signed(world: &World, fact: &Signed) -> Option<Refusal> {
    let mut known = view(world).signatures(&fact.record).into_iter();
    let twice = known
        .find(|held| (&held.said.statement, &held.said.signature) == (&fact.statement, &fact.signature))?;
    refuse(format!("this signature stands in entry {} already", twice.index))
}

#[cfg(test)]
mod tests;
