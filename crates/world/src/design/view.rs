//! The design history at two moments: when it was so, and what was known. Lists come in pages, so that no question holds the
//! world for long; a list at fixed moments is the same however many pages it takes.

use evidence::facts::design::{
    AnalysisReported, BaselineMade, CommitPushed, CoverageReported, LinkAccepted, RecordRetired,
    RecordRevised, ResultReported, ReviewHeld, TagPushed,
};
use evidence::facts::statements::{ApprovalImported, Signed};
use evidence::proof::ssh;
use evidence::types::EntryRef;
use evidence::{Fact, Time};
use tlog::Hash;

use super::key::{self, Family};
use super::{Design, states};
use crate::release::Known;
use crate::world::World;

/// Most states that one page looks at, whatever it finds: well below a millisecond's work.
const VISITED: usize = 2_048;

/// Something said, with the entry that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<T> {
    /// Index of the entry.
    pub index: u64,
    /// Its hash.
    pub entry: Hash,
    /// What it says.
    pub said: T,
}

impl<T> Held<T> {
    /// The entry, to be named.
    #[must_use]
    pub const fn at(&self) -> EntryRef {
        EntryRef { index: self.index, entry: self.entry }
    }
}

/// A revision of a record.
pub type Revision = Held<RecordRevised>;
/// A link that is accepted.
pub type LinkState = Held<LinkAccepted>;
/// A result.
pub type Reported = Held<ResultReported>;
/// A commit.
pub type Commit = Held<CommitPushed>;
/// A baseline.
pub type Baseline = Held<BaselineMade>;
/// An approval made in another tool.
pub type Imported = Held<ApprovalImported>;

/// What happened to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordEvent {
    /// It was revised.
    Revised(Box<Revision>),
    /// It counts no longer.
    Retired(Held<RecordRetired>),
}

/// How a signature stands. That it verified when it was taken is a matter of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing speaks against it.
    Valid,
    /// The signer's key is in doubt since before the log took the signature.
    KeyInDoubt {
        /// Since when.
        since: Time,
    },
}

/// A person's signature, with how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Index of the entry.
    pub index: u64,
    /// Its hash.
    pub entry: Hash,
    /// Statement and signature, verbatim.
    pub said: Signed,
    /// How it stands.
    pub standing: Standing,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is listed.
    pub items: Vec<T>,
    /// Where the next part begins; none at the end. Opaque.
    pub next: Option<Vec<u8>>,
}

/// The design history as it was at one moment, as known at another.
#[derive(Clone, Copy, Debug)]
pub struct DesignView<'w> {
    pub(super) world: &'w World,
    design: &'w Design,
    /// What was not yet said at the moment does not count, whatever is known.
    until: u64,
    pub(super) known: Known<'w>,
}

/// Key and value of a state.
pub(super) type Raw<'w> = (&'w [u8], &'w [u8]);

/// One fact of one kind.
pub(super) trait Said: Sized {
    fn take(fact: Fact) -> Option<Self>;
}

macro_rules! said {
    ($($name:ident),*) => {$(
        impl Said for $name {
            fn take(fact: Fact) -> Option<Self> {
                if let Fact::$name(f) = fact { Some(f) } else { None }
            }
        }
    )*};
}

said!(
    AnalysisReported,
    ApprovalImported,
    BaselineMade,
    CommitPushed,
    CoverageReported,
    LinkAccepted,
    RecordRetired,
    RecordRevised,
    ResultReported,
    ReviewHeld,
    Signed,
    TagPushed
);

pub(super) fn held<T: Said>((key, value): Raw<'_>) -> Option<Held<T>> {
    // Only what `take` and `restore` wrote is here: it reads back.
    let (entry, fact) = states::read(value).ok()?;
    Some(Held { index: key::index(key)?, entry, said: T::take(fact)? })
}

impl<'w> DesignView<'w> {
    pub(crate) fn new(world: &'w World, at: Time, known: u64) -> Self {
        let size = known.min(world.size());
        let until = world.clock().size_at(at, size);
        Self { world, design: world.design(), until, known: Known::new(size, world.journal()) }
    }

    /// As of what is known.
    pub(crate) const fn known(world: &'w World, known: Known<'w>) -> Self {
        Self { world, design: world.design(), until: known.size(), known }
    }

    /// Log size at the moment: entries from here on were not said yet.
    #[must_use]
    pub const fn until(&self) -> u64 {
        self.until
    }

    /// The same with another moment: as after the first `size` entries.
    #[must_use]
    pub fn at_size(&self, size: u64) -> Self {
        Self { until: size.min(self.until), ..*self }
    }

    /// Changes when, and only when, an answer at these moments can be another one: the last entry of the design history
    /// that was said by then, how many corrections are known, and how many keys were ever revoked.
    #[must_use]
    pub fn version(&self) -> (Option<u64>, usize, u64) {
        const KEY_REVOKED: u64 = 22;
        let last = self.design.changes.range(..self.until).next_back().copied();
        let journal = self.world.journal();
        let revoked = journal.counts().get(&KEY_REVOKED).copied().unwrap_or_default();
        (last, journal.flagged(self.known.size()), revoked)
    }

    fn counts(&self, index: u64) -> bool {
        index < self.until && self.known.counts(index)
    }

    /// Every product and line of which something was said.
    pub fn lines(&self) -> impl Iterator<Item = (&'w str, &'w str)> + use<'w> {
        let until = self.until;
        let lines = self.design.lines.iter();
        lines.filter(move |(_, first)| **first < until).map(|((product, line), _)| (&**product, &**line))
    }

    /// The states of a subject or family that count, in the order of their keys.
    pub(super) fn all(&self, prefix: &[u8]) -> impl DoubleEndedIterator<Item = Raw<'w>> + use<'w, '_> {
        let range = self.design.states.between(prefix.into(), key::after(prefix).into());
        range.map(|(k, v)| (&**k, &**v)).filter(|(k, _)| key::index(k).is_some_and(|i| self.counts(i)))
    }

    /// The states after a cursor that count, each or the last of each subject; and where the next page begins.
    pub(super) fn page<T>(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
        last_only: bool,
        mut read: impl FnMut(Raw<'w>) -> Option<T>,
    ) -> Page<T> {
        let end = key::after(prefix);
        let from: Box<[u8]> = match after.filter(|after| after.starts_with(prefix)) {
            // The next subject, or the next state.
            Some(after) if last_only => key::after(after).into(),
            Some(after) => [after, &[0]].concat().into(),
            None => prefix.into(),
        };
        let mut items = Vec::with_capacity(limit.min(256));
        let mut open: Option<Raw<'w>> = None;
        let mut before: Option<&'w [u8]> = None;
        for (visited, (k, v)) in self.design.states.between(from, end.into()).enumerate() {
            let (k, v): Raw<'w> = (k, v);
            let ended = before.filter(|before| !last_only || key::subject(before) != key::subject(k));
            if let Some(ended) = ended {
                items.extend(open.take().and_then(&mut read));
                if items.len() >= limit || visited >= VISITED {
                    let cursor = if last_only { key::subject(ended) } else { ended };
                    return Page { items, next: Some(cursor.to_vec()) };
                }
            }
            if key::index(k).is_some_and(|i| self.counts(i)) {
                open = Some((k, v));
            }
            before = Some(k);
        }
        items.extend(open.and_then(read));
        Page { items, next: None }
    }

    /// The revision of a record that counts in a line.
    #[must_use]
    pub fn record(&self, product: &str, line: &str, record: &str) -> Option<Revision> {
        let prefix = key::prefix(Family::Record, &[product, line, record]);
        // The last state decides; a retirement is no revision.
        self.all(&prefix).next_back().and_then(held)
    }

    /// Whatever happened to a record in a line, oldest first.
    #[must_use]
    pub fn history(&self, product: &str, line: &str, record: &str) -> Vec<RecordEvent> {
        let prefix = key::prefix(Family::Record, &[product, line, record]);
        let event = |state| {
            let retired = || held(state).map(RecordEvent::Retired);
            held(state).map(Box::new).map(RecordEvent::Revised).or_else(retired)
        };
        self.all(&prefix).filter_map(event).collect()
    }

    /// The present revisions of a line's records, in the order of their identifiers. O(revisions of these records).
    #[must_use]
    pub fn records(&self, product: &str, line: &str, after: Option<&[u8]>, limit: usize) -> Page<Revision> {
        self.page(&key::prefix(Family::Record, &[product, line]), after, limit, true, held)
    }

    /// A link, if it is accepted.
    #[must_use]
    pub fn link(&self, product: &str, line: &str, from: &str, link: &str, to: &str) -> Option<LinkState> {
        let prefix = key::prefix(Family::Link, &[product, line, from, link, to]);
        self.all(&prefix).next_back().and_then(held)
    }

    /// The accepted links of a line, by source, type and target.
    #[must_use]
    pub fn links(&self, product: &str, line: &str, after: Option<&[u8]>, limit: usize) -> Page<LinkState> {
        self.page(&key::prefix(Family::Link, &[product, line]), after, limit, true, held)
    }

    /// The accepted links from one record.
    #[must_use]
    pub fn links_from(&self, product: &str, line: &str, from: &str) -> Vec<LinkState> {
        let prefix = key::prefix(Family::Link, &[product, line, from]);
        let mut page = self.page(&prefix, None, VISITED, true, held);
        let mut links = page.items;
        while let Some(next) = page.next {
            page = self.page(&prefix, Some(&next), VISITED, true, held);
            links.append(&mut page.items);
        }
        links
    }

    /// The results of a test in a line, oldest first.
    pub fn results(&self, product: &str, line: &str, test: &str) -> Vec<Reported> {
        self.all(&key::prefix(Family::Result, &[product, line, test])).filter_map(held).collect()
    }

    /// All results of a line, by test.
    #[must_use]
    pub fn all_results(
        &self,
        product: &str,
        line: &str,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Page<Reported> {
        self.page(&key::prefix(Family::Result, &[product, line]), after, limit, false, held)
    }

    /// The last result of each test of a line.
    #[must_use]
    pub fn last_results(
        &self,
        product: &str,
        line: &str,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Page<Reported> {
        self.page(&key::prefix(Family::Result, &[product, line]), after, limit, true, held)
    }

    /// The commits of a line, in the order in which they were pushed.
    #[must_use]
    pub fn commits(&self, product: &str, line: &str) -> Vec<Commit> {
        self.all(&key::prefix(Family::Commit, &[product, line])).filter_map(held).collect()
    }

    /// The commit that an entry states, if it is one of this line.
    #[must_use]
    pub fn commit(&self, product: &str, line: &str, index: u64) -> Option<Commit> {
        let key = key::at(key::prefix(Family::Commit, &[product, line]), index);
        let value = self.design.states.get(&key).filter(|_| self.counts(index))?;
        held((&key, value))
    }

    /// The commits of a line in pages.
    #[must_use]
    pub fn commits_after(
        &self,
        product: &str,
        line: &str,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Page<Commit> {
        self.page(&key::prefix(Family::Commit, &[product, line]), after, limit, false, held)
    }

    /// The last commit of each repository that feeds a line, in the order in which they were pushed. O(commits) looked at
    /// from the end.
    #[must_use]
    pub fn heads(&self, product: &str, line: &str) -> Vec<Commit> {
        let mut heads: Vec<Commit> = Vec::new();
        for commit in self.all(&key::prefix(Family::Commit, &[product, line])).rev().filter_map(held) {
            let commit: Commit = commit;
            if !heads.iter().any(|head| head.said.repository == commit.said.repository) {
                heads.push(commit);
            }
        }
        heads.reverse();
        heads
    }

    /// A baseline of a line by its name.
    #[must_use]
    pub fn baseline(&self, product: &str, line: &str, name: &str) -> Option<Baseline> {
        self.all(&key::prefix(Family::Baseline, &[product, line, name])).next_back().and_then(held)
    }

    /// The baselines of a line, by name.
    #[must_use]
    pub fn baselines(&self, product: &str, line: &str) -> Vec<Baseline> {
        self.all(&key::prefix(Family::Baseline, &[product, line])).filter_map(held).collect()
    }

    fn signature(&self, state: Raw<'_>) -> Option<Signature> {
        let Held { index, entry, said } = held::<Signed>(state)?;
        let then = self.world.clock().time_of(index);
        let keys = self.world.sources().get(&said.signer).map_or(&[][..], |s| &s.keys);
        let mut doubts = keys.iter().filter(|k| k.until.is_some_and(|until| until < self.known.size()));
        let since = doubts.find_map(|k| {
            let since = k.doubtful_since?;
            let own = ssh::names_key(&said.signature.0, &k.key) || keys.len() == 1;
            (own && since <= then).then_some(since)
        });
        let standing = since.map_or(Standing::Valid, |since| Standing::KeyInDoubt { since });
        Some(Signature { index, entry, said, standing })
    }

    /// The signatures over a record, of all its revisions, oldest first.
    #[must_use]
    pub fn signatures(&self, record: &str) -> Vec<Signature> {
        let prefix = key::prefix(Family::Signature, &[record]);
        self.all(&prefix).filter_map(|state| self.signature(state)).collect()
    }

    /// All signatures, by record.
    #[must_use]
    pub fn all_signatures(&self, after: Option<&[u8]>, limit: usize) -> Page<Signature> {
        self.page(&key::prefix(Family::Signature, &[]), after, limit, false, |state| self.signature(state))
    }
}
