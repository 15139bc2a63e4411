//! Every vulnerability and how the fleet stood, at two moments that need not be the present: one walk over the devices for
//! any number of vulnerabilities.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::Time;
use world::fleet::{Stand, Subject};

use super::findings::Findings;
use super::follow::Populations;
use super::knowledge::Knowledge;
use super::listing::concerned;
use super::outcome::{Exposure, Group, Tally};
use super::survey::Lender;
use super::timeline::{Timeline, samples};

/// Devices looked at while the world is held once.
const PIECE: usize = 256;

/// What concerned the releases, and the fleet in groups that stood alike.
#[derive(Debug)]
pub struct Past {
    /// When it was so.
    pub at: Time,
    /// What was known.
    pub known: Arc<Knowledge>,
    /// Every vulnerability that concerned a release, worst first.
    pub findings: Vec<Arc<Findings>>,
    groups: Vec<Group>,
}

impl Past {
    /// Counts for some of the vulnerabilities.
    #[must_use]
    pub fn tallies(&self, findings: &[Arc<Findings>]) -> Vec<Tally> {
        findings.iter().map(|f| Tally::of(f, &self.known, &self.groups)).collect()
    }

    /// How many devices any of the vulnerabilities concerns.
    #[must_use]
    pub fn exposure(&self, findings: &[Arc<Findings>]) -> Exposure {
        Exposure::of(findings, &self.known, &self.groups)
    }
}

/// Every device in groups that stand alike. Linear in the fleet and in what was said of it.
fn groups(lender: &dyn Lender, at: Time, known: &Knowledge) -> Vec<Group> {
    let mut groups: BTreeMap<Stand, Group> = BTreeMap::new();
    let mut after: Option<Subject> = None;
    loop {
        let mut more = false;
        lender.lend(&mut |world| {
            let view = world.fleet_at(at, known.size);
            let subjects = view.subjects(after.as_ref(), PIECE);
            more = subjects.len() == PIECE;
            for subject in &subjects {
                let Some(stand) = view.standing(subject) else { continue };
                let site = stand.site;
                let key = Stand { site: None, ..stand };
                let group = groups.entry(key).or_insert_with_key(|key| Group {
                    stand: key.clone(),
                    runs: view.runs(key),
                    sites: BTreeMap::new(),
                });
                *group.sites.entry(site).or_default() += 1;
            }
            after = subjects.last().cloned().or(after.take());
        });
        if !more {
            return groups.into_values().collect();
        }
    }
}

impl Populations {
    /// The list of vulnerabilities at two moments. Looks at every device: for threads that may take their time.
    #[must_use]
    pub fn past(&self, at: Time, known: u64) -> Past {
        let known = Arc::new(Knowledge::of(&self.ledger().read(), known));
        let findings = self.with_catalogue(|catalogue| {
            concerned(catalogue, &known, &**self.ledger().blobs()).into_iter().map(Arc::new).collect()
        });
        let groups = groups(&**self.ledger(), at, &known);
        Past { at, known, findings, groups }
    }

    /// The fleet over time up to a moment, as known at another. Looks at every device: for threads that may take their time.
    #[must_use]
    pub fn timeline_at(&self, from: Time, at: Time, known: u64) -> (Arc<Knowledge>, Arc<Timeline>) {
        let known = Arc::new(Knowledge::of(&self.ledger().read(), known));
        let timeline = Arc::new(Timeline::of(&**self.ledger(), &known, samples(from, at)));
        (known, timeline)
    }
}
