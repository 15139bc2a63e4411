//! The specification against the code: the committed CDDL is the generated one, the tables name what the code has.

use std::collections::BTreeSet;

use evidence::Fact;

use crate::data::{compare, repository};

#[test]
fn the_committed_cddl_is_the_generated_one() {
    compare("docs/spec/entry.cddl", &evidence::spec::cddl());
}

#[test]
fn every_rule_is_defined_once_and_used() {
    let cddl = evidence::spec::cddl();
    let code: String =
        cddl.lines().map(|l| l.split(';').next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let names: Vec<&str> = code
        .lines()
        .filter(|l| !l.starts_with([' ', '}', ')', ']']))
        .filter_map(|l| l.split_once(" = ").map(|(name, _)| name))
        .collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(unique.len(), names.len(), "a rule is defined twice");
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let words: Vec<&str> = code.split(|c| !is_word(c)).collect();
    for name in &unique {
        let used = words.iter().filter(|w| *w == name).count() > 1;
        assert!(used || ["entry", "webauthn-assertion"].contains(name), "{name} is used nowhere");
    }
}

#[test]
fn the_specification_lists_every_fact_with_its_number() {
    let text = std::fs::read_to_string(repository("docs/spec/entry.md")).expect("the specification");
    let mut rows: Vec<(u64, String)> = text
        .lines()
        .filter_map(|l| l.strip_prefix("| "))
        .filter_map(|l| {
            let mut cells = l.split(" | ");
            let number = cells.next()?.parse().ok()?;
            Some((number, cells.next()?.strip_prefix('`')?.strip_suffix('`')?.to_owned()))
        })
        .filter(|(_, name)| name.starts_with(|c: char| c.is_ascii_uppercase()))
        .collect();
    rows.sort();
    let mut facts: Vec<(u64, String)> =
        Fact::CATALOGUE.iter().map(|(n, name)| (*n, (*name).to_owned())).collect();
    facts.push((evidence::body::ATTESTED, "Attested".to_owned()));
    facts.sort();
    assert_eq!(rows, facts);
}
