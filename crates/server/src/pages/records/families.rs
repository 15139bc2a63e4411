//! Clause families: which standards belong together on pages, and which rules ask for what in them. Not here: what the rules
//! say of records (`records::engine`).

use std::collections::BTreeSet;

use records::engine::RuleSummary;
use records::schema::{BUILT_IN, Schema, built_in};
use views::design::Design;

/// A family: word of the address, name, what it is about, keys of its standards.
pub(in super::super) struct Family {
    pub(in super::super) word: &'static str,
    pub(in super::super) name: &'static str,
    pub(in super::super) about: &'static str,
    standards: &'static [&'static str],
}

/// Family of whatever no other family asks for.
pub(in super::super) const OWN: &str = "own";

/// The families, in the order in which they are shown.
pub(in super::super) const FAMILIES: [Family; 6] = [
    Family { word: "iso13485", name: "ISO 13485", about: "design and development", standards: &["13485"] },
    Family { word: "iec62304", name: "IEC 62304", about: "software life cycle", standards: &["62304"] },
    Family { word: "iso14971", name: "ISO 14971", about: "risk management", standards: &["14971"] },
    Family {
        word: "cybersecurity",
        name: "Cybersecurity",
        about: "FDA guidance, FD&C 524B, IEC 81001-5-1",
        standards: &["fda-cyber", "524B", "81001-5-1"],
    },
    Family {
        word: "part11",
        name: "21 CFR Part 11",
        about: "electronic records and signatures",
        standards: &["part11"],
    },
    Family {
        word: OWN,
        name: "Links and own rules",
        about: "asked for by no clause of these",
        standards: &[],
    },
];

/// The family of a word.
pub(in super::super) fn family(word: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.word == word)
}

/// Keys of the standards that ask for a rule, a need or a check of the engine.
fn standards<'s>(schema: &'s Schema, rule: &str) -> BTreeSet<&'s str> {
    let of = |clauses: &[u32]| -> BTreeSet<&'s str> {
        let clauses = clauses.iter().filter_map(|at| schema.clauses.get(*at as usize));
        clauses.map(|clause| &*clause.standard).collect()
    };
    if let Some(rule) = schema.rule(rule) {
        return of(&rule.clauses);
    }
    if let Some(need) = schema.needs.iter().find(|need| &*need.id == rule) {
        return of(&need.clauses);
    }
    let named = built_in(rule).into_iter().flat_map(|check| check.clauses);
    named.filter_map(|name| name.split_once(':')).map(|(standard, _)| standard).collect()
}

/// The families that ask for a rule: at least one.
pub(in super::super) fn families(schema: &Schema, rule: &str) -> Vec<&'static Family> {
    let standards = standards(schema, rule);
    let asks = |family: &&Family| family.standards.iter().any(|key| standards.contains(key));
    let mut found: Vec<&Family> = FAMILIES.iter().filter(asks).collect();
    if found.is_empty() {
        found.extend(family(OWN));
    }
    found
}

/// A rule in force with how it fared.
pub(in super::super) struct Ruling {
    pub(in super::super) id: String,
    pub(in super::super) title: String,
    pub(in super::super) clauses: Vec<String>,
    pub(in super::super) families: Vec<&'static Family>,
    pub(in super::super) fared: RuleSummary,
}

/// The rules that are in force at the product's stage, in the order of their ids: those of the profiles and the product, kinds
/// of which a record must exist, and the checks of the engine itself as far as there is what they look at.
pub(in super::super) fn in_force(design: &Design) -> Vec<Ruling> {
    let (set, report) = (design.evaluator.set(), &design.report);
    let (schema, line) = (set.schema(), &design.moment.line);
    let stage = set.stage(None);
    let fared = |id: &str| report.rules.get(id).copied();
    let ruling = |id: &str, title: &str, clauses: Vec<String>| Ruling {
        id: id.to_owned(),
        title: title.to_owned(),
        clauses,
        families: families(schema, id),
        fared: fared(id).unwrap_or_default(),
    };
    let texts = |clauses: &[u32]| clauses.iter().map(|clause| schema.clause_text(*clause)).collect();
    let counts = |rule: &&records::schema::Rule| {
        let here = rule.lines.is_empty() || rule.lines.contains(line);
        (rule.off.is_none() && rule.from <= stage && here) || fared(&rule.id).is_some()
    };
    let rules = schema.rules.iter().filter(counts);
    let mut all: Vec<Ruling> =
        rules.map(|rule| ruling(&rule.id, &rule.title, texts(&rule.clauses))).collect();
    for need in &schema.needs {
        let kind = schema.kind(need.kind).map_or("?", |kind| &kind.name);
        all.push(ruling(&need.id, &format!("There is a record of kind {kind}"), texts(&need.clauses)));
    }
    let looked = |id: &str| id.starts_with("link.") || set.code().is_some() || fared(id).is_some();
    for check in BUILT_IN.iter().filter(|check| looked(check.id)) {
        let clause = |name: &&str| {
            let (standard, number) = name.split_once(':')?;
            let at = schema.clauses.iter().position(|c| c.standard == standard && c.number == number)?;
            Some(schema.clause_text(u32::try_from(at).ok()?))
        };
        all.push(ruling(check.id, check.title, check.clauses.iter().filter_map(clause).collect()));
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}
