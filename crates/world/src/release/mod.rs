//! Releases: what was made, which measurements lead to it, what was withdrawn, which configuration its owner accepts, until
//! when an item is supported. Every answer takes what was known: a log size and the corrections said until then.
//!
//! Not here: which device runs what (`fleet`), versions of foreign components and their advisories.

mod lack;
mod resolve;
mod states;
pub mod version;

use std::collections::BTreeMap;

use evidence::facts::release::{ReferenceListSet, ReleaseMade, SystemReleaseMade};
use evidence::types::EntryRef;
use evidence::{Fact, Time};
use tlog::Hash;

use crate::concern::{BadState, Concern, State};
use crate::cow::CowMap;
use crate::journal::Journal;

pub use lack::{Lack, lacking};
pub use resolve::{ItemMatch, Resolution};

/// What was known: the first `size` entries, without those that were corrected or voided among them.
#[derive(Clone, Copy, Debug)]
pub struct Known<'w> {
    size: u64,
    journal: &'w Journal,
}

impl<'w> Known<'w> {
    /// What the first `size` entries say.
    #[must_use]
    pub const fn new(size: u64, journal: &'w Journal) -> Self {
        Self { size, journal }
    }

    /// Number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Whether the entry at `index` is known and neither corrected nor voided as far as is known.
    #[must_use]
    pub fn counts(&self, index: u64) -> bool {
        index < self.size && self.journal.flags(index, self.size).next().is_none()
    }
}

/// A release of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its entry.
    pub entry: EntryRef,
    /// What it says.
    pub made: ReleaseMade,
}

/// Item releases that were verified together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemRelease {
    /// Its entry.
    pub entry: EntryRef,
    /// What it says.
    pub made: SystemReleaseMade,
}

/// Name of a reference list and the site that owns it; the maker's if `None`.
type ListKey = (Option<String>, String);
/// Product, item and version; the whole item if the version is `None`.
type SupportKey = (String, String, Option<String>);

/// Every release.
#[derive(Debug, Clone, Default)]
pub struct Releases {
    states: CowMap<Vec<u8>, Vec<u8>>,
    made: BTreeMap<u64, Release>,
    systems: BTreeMap<u64, SystemRelease>,
    by_digest: BTreeMap<Hash, Vec<u64>>,
    by_version: BTreeMap<(String, String), Vec<u64>>,
    withdrawn: BTreeMap<u64, Vec<u64>>,
    lists: BTreeMap<ListKey, Vec<(u64, ReferenceListSet)>>,
    support: BTreeMap<SupportKey, Vec<(u64, Time)>>,
}

impl Releases {
    /// The release made by the entry at `index`.
    #[must_use]
    pub fn get(&self, index: u64, known: Known<'_>) -> Option<&Release> {
        self.made.get(&index).filter(|_| known.counts(index))
    }

    /// Every release, in the order in which they were made.
    pub fn iter<'a>(&'a self, known: Known<'a>) -> impl DoubleEndedIterator<Item = &'a Release> {
        self.made.range(..known.size()).filter(move |(i, _)| known.counts(**i)).map(|(_, r)| r)
    }

    /// Every release made by the entries of a range, corrected and void ones too.
    pub fn made(&self, entries: std::ops::Range<u64>) -> impl Iterator<Item = &Release> {
        self.made.range(entries).map(|(_, r)| r)
    }

    /// Releases of an item with this version, of this product or of any.
    pub fn find<'a>(
        &'a self,
        product: Option<&'a str>,
        item: &str,
        version: &str,
        known: Known<'a>,
    ) -> impl Iterator<Item = &'a Release> {
        let all = self.by_version.get(&(item.to_owned(), version.to_owned()));
        all.into_iter()
            .flatten()
            .filter_map(move |i| self.get(*i, known))
            .filter(move |r| product.is_none_or(|p| p == r.made.product))
    }

    /// Releases a device measures this digest under this component name with. O(log n) and one step a release.
    pub fn measuring<'a>(
        &'a self,
        component: &'a str,
        digest: &Hash,
        known: Known<'a>,
    ) -> impl Iterator<Item = &'a Release> {
        let all = self.by_digest.get(digest);
        let digest = *digest;
        all.into_iter()
            .flatten()
            .filter_map(move |i| self.get(*i, known))
            .filter(move |r| r.made.measurements.iter().any(|m| m.name == component && m.digest == digest))
    }

    /// System releases, in the order in which they were made.
    pub fn systems<'a>(&'a self, known: Known<'a>) -> impl DoubleEndedIterator<Item = &'a SystemRelease> {
        self.systems.range(..known.size()).filter(move |(i, _)| known.counts(**i)).map(|(_, r)| r)
    }

    /// Index of the entry that withdrew a release. A withdrawal is never taken back, but it can be voided.
    #[must_use]
    pub fn withdrawn(&self, release: u64, known: Known<'_>) -> Option<u64> {
        self.withdrawn.get(&release)?.iter().copied().find(|i| known.counts(*i))
    }

    /// A reference list as last set.
    #[must_use]
    pub fn list(&self, site: Option<&str>, name: &str, known: Known<'_>) -> Option<&ReferenceListSet> {
        let key = (site.map(str::to_owned), name.to_owned());
        let history = self.lists.get(&key)?;
        history.iter().rev().find(|(i, _)| known.counts(*i)).map(|(_, list)| list)
    }

    /// Whether a configuration is one that the device's site or the maker accepts: `None` where no list speaks of the
    /// component at all, so that it is not a configuration that anybody owns.
    #[must_use]
    pub fn accepted(
        &self,
        site: Option<&str>,
        component: &str,
        digest: &Hash,
        known: Known<'_>,
    ) -> Option<bool> {
        let mut spoken = None;
        let owners = [site.map(str::to_owned), None];
        for owner in owners.iter().take(if site.is_some() { 2 } else { 1 }) {
            let lists =
                self.lists.range((owner.clone(), String::new())..).take_while(|((o, _), _)| o == owner);
            for (_, history) in lists {
                let Some((_, list)) = history.iter().rev().find(|(i, _)| known.counts(*i)) else { continue };
                for named in list.accepted.iter().filter(|n| n.name == component) {
                    spoken = Some(spoken.unwrap_or(false) || named.digest == *digest);
                }
            }
        }
        spoken
    }

    /// Until when a version of an item is supported: what was last said of the version, else of the whole item.
    #[must_use]
    pub fn support_end(&self, product: &str, item: &str, version: &str, known: Known<'_>) -> Option<Time> {
        let said = |version: Option<&str>| {
            let key = (product.to_owned(), item.to_owned(), version.map(str::to_owned));
            self.support.get(&key)?.iter().rev().find(|(i, _)| known.counts(*i)).map(|(_, until)| *until)
        };
        said(Some(version)).or_else(|| said(None))
    }

    /// Takes a fact about releases. Other facts change nothing here.
    pub(crate) fn take(&mut self, index: u64, hash: Hash, fact: &Fact) {
        if let Some((key, value)) = states::of(index, &hash, fact) {
            self.states.insert(key, value);
        }
        let entry = EntryRef { index, entry: hash };
        match fact {
            Fact::ReleaseMade(f) => {
                for m in &f.measurements {
                    let releases = self.by_digest.entry(m.digest).or_default();
                    if releases.last() != Some(&index) {
                        releases.push(index);
                    }
                }
                self.by_version.entry((f.item.clone(), f.version.clone())).or_default().push(index);
                self.made.insert(index, Release { entry, made: f.clone() });
            }
            Fact::SystemReleaseMade(f) => {
                self.systems.insert(index, SystemRelease { entry, made: f.clone() });
            }
            // A reference whose hash is another entry's withdraws nothing.
            Fact::ReleaseWithdrawn(f)
                if self.made.get(&f.release.index).is_some_and(|r| r.entry == f.release) =>
            {
                self.withdrawn.entry(f.release.index).or_default().push(index);
            }
            Fact::ReferenceListSet(f) => {
                self.lists.entry((f.site.clone(), f.name.clone())).or_default().push((index, f.clone()));
            }
            Fact::SupportEndSet(f) => {
                let key = (f.product.clone(), f.item.clone(), f.version.clone());
                self.support.entry(key).or_default().push((index, f.until));
            }
            _ => {}
        }
    }
}

impl Concern for Releases {
    fn freeze(&mut self) {
        self.states.freeze();
    }
    fn thaw(&mut self) {
        self.states.thaw();
    }
    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        let after = after.map(<[u8]>::to_vec);
        let pairs = self.states.frozen_after(after.as_ref(), limit);
        Ok(pairs.into_iter().map(|(k, v)| State { key: k.clone(), value: v.clone() }).collect())
    }
    fn restore(&mut self, state: &State) -> Result<(), BadState> {
        let (index, hash, fact) = states::read(state)?;
        self.take(index, hash, &fact);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
