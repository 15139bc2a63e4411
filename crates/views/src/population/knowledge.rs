//! What is known at a log size, taken from the world at once so that nobody holds it while documents are read and matched:
//! which states of documents count, which decisions and statements there are, which releases were made.

use std::collections::{BTreeMap, BTreeSet};

use evidence::Time;
use evidence::facts::release::ReleaseMade;
use evidence::facts::vulnerability::{VexTaken, VulnerabilityDecided};
use evidence::types::EntryRef;
use world::World;
use world::release::Known;
use world::vulnerability::Taken;

/// Setting (`Configured`) that says whose VEX statements count. Lines of `author NAME` (its documents count whoever signed
/// them) and `key DIGEST` (what that key signed counts). Where it is not set, no foreign statement counts.
pub const VEX_TRUST: &str = "vulnerabilities.vex-trust";

/// A release, as far as verdicts need it.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its entry.
    pub entry: EntryRef,
    /// Product.
    pub product: Box<str>,
    /// Item.
    pub item: Box<str>,
    /// Line.
    pub line: Box<str>,
    /// Version.
    pub version: Box<str>,
    /// Log time of its entry.
    pub made: Time,
    /// Entry that withdrew it.
    pub withdrawn: Option<u64>,
}

impl Release {
    fn of(entry: EntryRef, f: &ReleaseMade, made: Time, withdrawn: Option<u64>) -> Self {
        Self {
            entry,
            product: f.product.as_str().into(),
            item: f.item.as_str().into(),
            line: f.line.as_str().into(),
            version: f.version.as_str().into(),
            made,
            withdrawn,
        }
    }

    /// Item and version.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} {}", self.item, self.version)
    }
}

/// A state of an advisory's document.
#[derive(Clone, Copy, Debug)]
pub struct DocumentState {
    /// Entry that replaced it.
    pub replaced: Option<u64>,
    /// Log time of its entry.
    pub taken: Time,
}

/// A person's decision.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The decision.
    pub taken: Taken<VulnerabilityDecided>,
    /// Printed name of who decided.
    pub whose: String,
    /// Log time of its entry.
    pub made: Time,
}

/// A VEX document.
#[derive(Clone, Debug)]
pub struct Vex {
    /// Its entry.
    pub entry: u64,
    /// The fact.
    pub fact: VexTaken,
    /// On what ground it counts, or why it does not.
    pub trust: Result<String, String>,
}

/// What is known.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// Number of entries known.
    pub size: u64,
    /// Log time of the last of them.
    pub time: Option<Time>,
    /// Number of entries after which nothing below has changed.
    pub since: u64,
    /// Releases by entry.
    pub releases: BTreeMap<u64, Release>,
    /// Documents' states by entry.
    pub documents: BTreeMap<u64, DocumentState>,
    /// Decisions that no later one replaces, in the order of the log.
    pub decisions: Vec<Decision>,
    /// VEX documents in the order of the log.
    pub vex: Vec<Vex>,
}

impl Knowledge {
    /// What the first `size` entries say. O(n log n) in releases, documents and decisions; holds the world for that long.
    #[must_use]
    pub fn of(world: &World, size: u64) -> Self {
        let size = size.min(world.size());
        let known = Known::new(size, world.journal());
        let (clock, vulnerabilities) = (world.clock(), world.vulnerabilities());
        let releases = world.releases().iter(known).map(|r| {
            let withdrawn = world.releases().withdrawn(r.entry.index, known);
            (r.entry.index, Release::of(r.entry.clone(), &r.made, clock.time_of(r.entry.index), withdrawn))
        });
        let documents = vulnerabilities.advisories(known).map(|a| {
            let index = a.entry.index;
            let replaced = vulnerabilities.advisory_replaced(index, known);
            (index, DocumentState { replaced, taken: clock.time_of(index) })
        });
        let decisions = vulnerabilities.decisions(known);
        let decisions =
            decisions.filter(|d| vulnerabilities.decision_replaced(d.entry.index, known).is_none());
        let name = |taken: &Taken<VulnerabilityDecided>| {
            let whose = taken.whose();
            let name = world.sources().get(&whose).map(|s| s.name_at(size).to_owned());
            name.filter(|name| !name.is_empty()).unwrap_or_else(|| whose.to_string())
        };
        let decisions = decisions.map(|d| Decision {
            taken: d.clone(),
            whose: name(d),
            made: clock.time_of(d.entry.index),
        });
        let trusted = Trust::read(world.journal().setting(VEX_TRUST, size).unwrap_or_default());
        let vex = vulnerabilities.statements(known).map(|v| Vex {
            entry: v.entry.index,
            trust: trusted.judge(&v.fact),
            fact: v.fact.clone(),
        });
        Self {
            size,
            since: size,
            time: size.checked_sub(1).map(|last| clock.time_of(last)),
            releases: releases.collect(),
            documents: documents.collect(),
            decisions: decisions.collect(),
            vex: vex.collect(),
        }
    }

    /// Whether the document that an entry took is known and no later state replaces it.
    #[must_use]
    pub fn is_current(&self, entry: u64) -> bool {
        self.documents.get(&entry).is_some_and(|state| state.replaced.is_none())
    }

    /// The state that a later one replaced, of the documents that are known: those with nothing after them come out as
    /// themselves.
    #[must_use]
    pub fn newest(&self, entry: u64) -> u64 {
        let mut at = entry;
        // Each step goes to a later entry, so this ends.
        while let Some(next) = self.documents.get(&at).and_then(|s| s.replaced).filter(|next| *next > at) {
            at = next;
        }
        at
    }
}

/// Whose statements count.
struct Trust {
    authors: BTreeSet<String>,
    keys: BTreeSet<String>,
}

impl Trust {
    /// Lines that are neither trust nobody.
    fn read(setting: &str) -> Self {
        let mut trust = Self { authors: BTreeSet::new(), keys: BTreeSet::new() };
        for line in setting.lines().map(str::trim) {
            match line.split_once(' ') {
                Some(("author", name)) => {
                    trust.authors.insert(name.trim().to_owned());
                }
                Some(("key", digest)) => {
                    trust.keys.insert(digest.trim().to_ascii_lowercase());
                }
                _ => {}
            }
        }
        trust
    }

    fn judge(&self, vex: &VexTaken) -> Result<String, String> {
        if let Some(key) = vex.signed_by.filter(|key| self.keys.contains(&key.to_string())) {
            return Ok(format!("signed by the key {key}, which the setting {VEX_TRUST} trusts"));
        }
        if self.authors.contains(&vex.author) {
            let signed = if vex.signed_by.is_some() { "" } else { ", unsigned" };
            return Ok(format!("stated by {}{signed}, whom the setting {VEX_TRUST} trusts", vex.author));
        }
        let signed = vex.signed_by.map_or("nobody's key".to_owned(), |key| format!("the key {key}"));
        Err(format!(
            "stated by {} and signed by {signed}; the setting {VEX_TRUST} trusts neither",
            vex.author
        ))
    }
}
