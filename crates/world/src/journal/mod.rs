//! The log's own facts: how it began, what time it is, which epoch holds, what was sealed, corrected and configured.
//!
//! Not here: sealing itself (the ledger computes roots and writes them as `Sealed` entries).

mod states;

use std::collections::BTreeMap;

use evidence::facts::log::{Genesis, LogKeyRotated, PolicyKind, Recovered, Sealed};
use evidence::{Fact, Time};
use tlog::Hash;

use crate::concern::{BadState, Concern, State};
use crate::cow::CowMap;

/// Most recent seals whose contents are remembered; the ledger keeps as many sealed trees.
pub const SEALS_KEPT: usize = 48;

/// Why an entry counts no longer as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Corrected by the entry at this index, announced at that one.
    Corrected {
        /// Index of the entry that holds instead.
        by: u64,
        /// Index of the `Corrected` entry.
        at: u64,
    },
    /// Voided by the entry at this index.
    Voided {
        /// Index of the `Voided` entry.
        at: u64,
    },
}

/// A seal as the log states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Index of the `Sealed` entry.
    pub index: u64,
    /// What it states.
    pub sealed: Sealed,
}

/// The log's own state.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    states: CowMap<Vec<u8>, Vec<u8>>,
    genesis: Option<Genesis>,
    recoveries: Vec<(u64, Recovered)>,
    rotations: Vec<(u64, LogKeyRotated)>,
    epochs: Vec<(u64, u64)>,
    seals: Vec<Seal>,
    flags: BTreeMap<u64, Vec<Flag>>,
    settings: BTreeMap<String, Vec<(u64, Option<String>)>>,
    policies: BTreeMap<PolicyKind, Vec<(u64, Hash)>>,
    advanced_until: Option<Time>,
    /// Entries by the number of their fact.
    counts: BTreeMap<u64, u64>,
    frozen_counts: Option<BTreeMap<u64, u64>>,
}

impl Journal {
    /// What was fixed at the beginning.
    #[must_use]
    pub const fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_ref()
    }

    /// Recoveries, each with its index.
    #[must_use]
    pub fn recoveries(&self) -> &[(u64, Recovered)] {
        &self.recoveries
    }

    /// Rotations of the log key, each with its index.
    #[must_use]
    pub fn rotations(&self) -> &[(u64, LogKeyRotated)] {
        &self.rotations
    }

    /// Origin of the checkpoints now.
    #[must_use]
    pub fn origin(&self) -> &str {
        let first = self.genesis.as_ref().map_or("", |g| &g.origin);
        self.recoveries.last().map_or(first, |(_, r)| &r.origin)
    }

    /// Generation of the log: 0, and one more with each recovery.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.recoveries.last().map_or(0, |(_, r)| r.generation)
    }

    /// Verifier key of the checkpoints now.
    #[must_use]
    pub fn log_key(&self) -> &str {
        let first = self.genesis.as_ref().map(|g| (0, g.log_key.as_str()));
        let rotated = self.rotations.last().map(|(i, r)| (*i, r.new.as_str()));
        let recovered = self.recoveries.last().map(|(i, r)| (*i, r.log_key.as_str()));
        [first, rotated, recovered].into_iter().flatten().max_by_key(|(i, _)| *i).map_or("", |(_, key)| key)
    }

    /// Every verifier key the log ever had, each with the index it holds from.
    pub fn log_keys(&self) -> impl Iterator<Item = (u64, &str)> {
        let first = self.genesis.iter().map(|g| (0, g.log_key.as_str()));
        let rotated = self.rotations.iter().map(|(i, r)| (*i, r.new.as_str()));
        first.chain(rotated).chain(self.recoveries.iter().map(|(i, r)| (*i, r.log_key.as_str())))
    }

    /// Most seconds that a tick may jump ahead, and the moment an operator let it reach.
    #[must_use]
    pub fn tick_limit(&self) -> (u64, Option<Time>) {
        (self.genesis.as_ref().map_or(u64::MAX, |g| g.tick_bound), self.advanced_until)
    }

    /// Version of `apply` that holds for the entry at `index`.
    #[must_use]
    pub fn epoch_at(&self, index: u64) -> u64 {
        self.epochs.iter().rev().find(|(from, _)| *from < index).map_or(1, |(_, version)| *version)
    }

    /// The last seals, oldest first.
    #[must_use]
    pub fn seals(&self) -> &[Seal] {
        &self.seals
    }

    /// What was said later about the entry at `index`, as known after `known` entries.
    pub fn flags(&self, index: u64, known: u64) -> impl Iterator<Item = &Flag> {
        let said = move |f: &&Flag| match f {
            Flag::Corrected { at, .. } | Flag::Voided { at } => *at < known,
        };
        self.flags.get(&index).into_iter().flatten().filter(said)
    }

    /// How many corrections and voidings are known after `known` entries.
    #[must_use]
    pub fn flagged(&self, known: u64) -> usize {
        let at = |f: &&Flag| matches!(f, Flag::Corrected { at, .. } | Flag::Voided { at } if *at < known);
        self.flags.values().flatten().filter(at).count()
    }

    /// A setting's value after `size` entries.
    #[must_use]
    pub fn setting(&self, name: &str, size: u64) -> Option<&str> {
        self.settings.get(name)?.iter().rev().find(|(from, _)| *from < size)?.1.as_deref()
    }

    /// Digest of the policy document of a kind after `size` entries.
    #[must_use]
    pub fn policy(&self, kind: PolicyKind, size: u64) -> Option<Hash> {
        self.policies.get(&kind)?.iter().rev().find(|(from, _)| *from < size).map(|(_, digest)| *digest)
    }

    /// Entries by the number of their fact.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<u64, u64> {
        &self.counts
    }

    pub(crate) fn count(&mut self, tag: u64) {
        *self.counts.entry(tag).or_default() += 1;
    }

    /// Takes a fact about the log that is in it. Other facts change nothing here.
    pub(crate) fn take(&mut self, index: u64, fact: &Fact) {
        if let Some((key, value)) = states::of(index, fact) {
            self.states.insert(key, value);
        }
        match fact {
            Fact::Genesis(f) => {
                self.genesis.get_or_insert_with(|| f.clone());
            }
            Fact::Epoch(f) => self.epochs.push((index, f.apply_version)),
            Fact::Sealed(f) => {
                self.seals.push(Seal { index, sealed: f.clone() });
                let surplus = self.seals.len().saturating_sub(SEALS_KEPT);
                self.seals.drain(..surplus);
            }
            Fact::Recovered(f) => self.recoveries.push((index, f.clone())),
            Fact::LogKeyRotated(f) => self.rotations.push((index, f.clone())),
            Fact::Corrected(f) => {
                let flag = Flag::Corrected { by: f.by.index, at: index };
                self.flags.entry(f.entry.index).or_default().push(flag);
            }
            Fact::Voided(f) => self.flags.entry(f.entry.index).or_default().push(Flag::Voided { at: index }),
            Fact::Configured(f) => {
                self.settings.entry(f.setting.clone()).or_default().push((index, f.after.clone()));
            }
            Fact::PolicySet(f) => {
                self.policies.entry(f.kind).or_default().push((index, f.document.digest));
            }
            Fact::ClockAdvanced(f) => self.advanced_until = Some(f.until),
            _ => {}
        }
    }
}

impl Concern for Journal {
    fn freeze(&mut self) {
        self.states.freeze();
        self.frozen_counts = Some(self.counts.clone());
    }
    fn thaw(&mut self) {
        self.states.thaw();
        self.frozen_counts = None;
    }
    fn frozen(&self, after: Option<&[u8]>, limit: usize) -> Result<Vec<State>, BadState> {
        let after = after.map(<[u8]>::to_vec);
        let pairs = self.states.frozen_after(after.as_ref(), limit);
        let mut out: Vec<State> =
            pairs.into_iter().map(|(k, v)| State { key: k.clone(), value: v.clone() }).collect();
        // The counts come last: their key sorts after every other.
        if out.len() < limit && after.is_none_or(|a| a.as_slice() < states::COUNTS) {
            out.push(states::counts(self.frozen_counts.as_ref().unwrap_or(&self.counts)));
        }
        Ok(out)
    }
    fn restore(&mut self, state: &State) -> Result<(), BadState> {
        if state.key == states::COUNTS {
            self.counts = states::read_counts(&state.value).map_err(BadState::Value)?;
            return Ok(());
        }
        let (index, fact) = states::read(state)?;
        // The key repeats what the value says; another one would come back as another state.
        if states::of(index, &fact).is_none_or(|(key, _)| key != state.key) {
            return Err(BadState::Key);
        }
        self.take(index, &fact);
        Ok(())
    }
}
