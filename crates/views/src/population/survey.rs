//! The fleet at any two moments, device by device: slower than the present, which is kept, but for every past.

use std::collections::BTreeMap;

use evidence::Time;
use formats::matching::Verdict;
use world::World;
use world::fleet::{Stand, Subject};

use super::findings::Findings;
use super::knowledge::Knowledge;
use super::outcome::{Group, Outcome, Tally};

/// Devices looked at while the world is held once.
const PIECE: usize = 256;

/// Lends the world for a moment.
pub trait Lender {
    /// Calls `look` with the world.
    fn lend(&self, look: &mut dyn FnMut(&World));
}

impl Lender for World {
    fn lend(&self, look: &mut dyn FnMut(&World)) {
        look(self);
    }
}

impl Lender for ledger::Ledger {
    fn lend(&self, look: &mut dyn FnMut(&World)) {
        look(&self.read());
    }
}

/// Which devices to hand over.
pub struct Wanted<'a> {
    /// With these verdicts.
    pub verdicts: &'a [Verdict],
    /// After this one.
    pub after: Option<&'a Subject>,
    /// At most so many.
    pub limit: usize,
}

/// Counts every device at two moments and hands over those that are wanted, in the order of their identifiers. Linear in the
/// fleet and in what was said of it; holds the world for [`PIECE`] devices at a time.
pub fn survey(
    lender: &dyn Lender,
    at: Time,
    findings: &Findings,
    known: &Knowledge,
    wanted: &Wanted<'_>,
    found: &mut dyn FnMut(&Subject, &Stand, Outcome, &Group),
) -> Tally {
    let mut groups: BTreeMap<Stand, (Group, Outcome)> = BTreeMap::new();
    let mut after: Option<Subject> = None;
    let mut left = wanted.limit;
    loop {
        let mut more = false;
        lender.lend(&mut |world| {
            let view = world.fleet_at(at, known.size);
            let subjects = view.subjects(after.as_ref(), PIECE);
            more = subjects.len() == PIECE;
            for subject in &subjects {
                let Some(stand) = view.standing(subject) else { continue };
                let site = stand.site;
                let key = Stand { site: None, ..stand.clone() };
                let (group, outcome) = groups.entry(key).or_insert_with_key(|key| {
                    let runs = view.runs(key);
                    let outcome = Outcome::of(findings, known, key, &runs);
                    (Group { stand: key.clone(), runs, sites: BTreeMap::new() }, outcome)
                });
                *group.sites.entry(site).or_default() += 1;
                let listed =
                    wanted.verdicts.contains(&outcome.verdict) && wanted.after.is_none_or(|a| subject > a);
                if listed && left > 0 {
                    left -= 1;
                    found(subject, &stand, *outcome, group);
                }
            }
            after = subjects.last().cloned().or(after.take());
        });
        if !more {
            break;
        }
    }
    Tally::of(findings, known, groups.values().map(|(group, _)| group))
}
