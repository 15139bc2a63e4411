//! The built-in profiles against the fact base: every sub-clause of IEC 62304 clauses 5 to 9 at its letters, each
//! behind a rule of exactly these letters; the chains of ISO 14971 and ISO 13485; marks of what is unconfirmed.

use super::*;
use crate::schema::{ClassSet, Schema};
use std::collections::{BTreeMap, BTreeSet};

/// Transcribed from the fact base apart from the profile. A trailing range stands for consecutive numbers.
const LETTERS: &str = "
5.1.1 ABC|5.1.2 ABC|5.1.3 ABC|5.1.4 C|5.1.5 BC|5.1.6 ABC|5.1.7 ABC|5.1.8 ABC|5.1.9 ABC|5.1.10 BC|5.1.11 BC|5.1.12 BC
5.2.1 ABC|5.2.2 ABC|5.2.3 BC|5.2.4 ABC|5.2.5 ABC|5.2.6 ABC
5.3.1 BC|5.3.2 BC|5.3.3 BC|5.3.4 BC|5.3.5 C|5.3.6 BC
5.4.1 BC|5.4.2 C|5.4.3 C|5.4.4 C
5.5.1 ABC|5.5.2 BC|5.5.3 BC|5.5.4 C|5.5.5 BC
5.6.1 BC|5.6.2 BC|5.6.3 BC|5.6.4 BC|5.6.5 BC|5.6.6 BC|5.6.7 BC|5.6.8 BC
5.7.1 ABC|5.7.2 ABC|5.7.3 ABC|5.7.4 ABC|5.7.5 ABC
5.8.1 ABC|5.8.2 ABC|5.8.3 BC|5.8.4 ABC|5.8.5 BC|5.8.6 BC|5.8.7 ABC|5.8.8 ABC
6.1 ABC|6.2.1.1 ABC|6.2.1.2 ABC|6.2.1.3 ABC|6.2.2 ABC|6.2.3 ABC|6.2.4 ABC|6.2.5 ABC|6.3.1 ABC|6.3.2 ABC
7.1.1 BC|7.1.2 BC|7.1.3 BC|7.1.4 BC|7.2.1 BC|7.2.2 BC|7.3.1 BC|7.3.3 BC|7.4.1 ABC|7.4.2 BC|7.4.3 BC
8.1.1 ABC|8.1.2 ABC|8.1.3 ABC|8.2.1 ABC|8.2.2 ABC|8.2.3 ABC|8.2.4 ABC|8.3 ABC
9.1 ABC|9.2 ABC|9.3 ABC|9.4 ABC|9.5 ABC|9.6 ABC|9.7 ABC|9.8 ABC";

fn all() -> Schema {
    let names: Vec<String> = PROFILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    Schema::compile(&load(&names).unwrap(), &BTreeMap::new()).unwrap()
}

#[test]
fn iec_62304_has_its_91_sub_clauses_at_their_letters() {
    let table: BTreeMap<&str, &str> = LETTERS
        .split(['|', '\n'])
        .filter(|cell| !cell.is_empty())
        .map(|cell| cell.split_once(' ').unwrap())
        .collect();
    let schema = all();
    let profile: BTreeMap<&str, String> = schema
        .clauses
        .iter()
        .filter(|clause| clause.standard == "62304" && !clause.number.starts_with('4'))
        .map(|clause| (&*clause.number, clause.classes.unwrap().letters()))
        .collect();
    assert_eq!(profile.len(), 91);
    let count = |letter: char| profile.values().filter(|letters| letters.contains(letter)).count();
    assert_eq!((count('A'), count('B'), count('C')), (50, 85, 91));
    let expected: BTreeMap<&str, String> =
        table.iter().map(|(number, letters)| (*number, (*letters).to_owned())).collect();
    assert_eq!(profile, expected);
}

#[test]
fn each_sub_clause_is_behind_rules_of_exactly_its_letters() {
    let schema = all();
    for (at, clause) in (0_u32..).zip(&schema.clauses).filter(|(_, clause)| clause.standard == "62304") {
        let rules: Vec<_> = schema.rules.iter().filter(|rule| rule.clauses.contains(&at)).collect();
        assert!(!rules.is_empty(), "no rule behind {}", clause.number);
        let letters = rules.iter().fold(0, |letters, rule| letters | rule.classes.0);
        assert_eq!(
            ClassSet(letters),
            clause.classes.unwrap(),
            "letters of the rules behind {}",
            clause.number
        );
    }
}

#[test]
fn the_clauses_named_by_the_issue_are_behind_rules() {
    let schema = all();
    let ruled: BTreeSet<String> = schema
        .rules
        .iter()
        .flat_map(|rule| rule.clauses.iter().map(|at| &schema.clauses[*at as usize]))
        .map(|clause| format!("{}:{}", clause.standard, clause.number))
        .collect();
    for number in 2..=10 {
        assert!(ruled.contains(&format!("13485:7.3.{number}")), "7.3.{number}");
    }
    for number in ["4.4", "5.4", "5.5", "6", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "8", "9", "10.1"] {
        assert!(ruled.contains(&format!("14971:{number}")), "{number}");
    }
    for rule in ["14971-7.2-implementation", "14971-7.2-effectiveness"] {
        assert!(schema.rule(rule).is_some());
    }
}

#[test]
fn what_is_unconfirmed_says_so_wherever_it_is_shown() {
    let schema = all();
    let text = |standard: &str, number: &str| {
        let at = schema.clauses.iter().position(|c| c.standard == standard && c.number == number).unwrap();
        schema.clause_text(u32::try_from(at).unwrap())
    };
    assert_eq!(text("62304", "5.1.1"), "IEC 62304:2006+A1:2015 5.1.1");
    assert_eq!(text("13485", "7.3.2"), "ISO 13485:2016 7.3.2 (unconfirmed)");
    assert_eq!(text("14971", "7.2"), "ISO 14971:2019 7.2 (unconfirmed)");
    assert_eq!(text("81001-5-1", "5.1.2"), "IEC 81001-5-1:2021 5.1.2 (unconfirmed)");
    let disputed: Vec<&str> = schema
        .clauses
        .iter()
        .filter(|c| c.standard == "62304" && !c.note.is_empty())
        .map(|c| &*c.number)
        .collect();
    assert_eq!(
        disputed,
        ["5.7.1", "5.7.2", "5.7.3", "5.7.4", "5.7.5", "5.8.1", "5.8.2", "5.8.7", "5.8.8", "6.2.3"]
    );
}

#[test]
fn every_profile_stands_alone_with_what_it_uses() {
    for (name, _) in PROFILES {
        let schema = Schema::compile(&load(&[name.to_owned()]).unwrap(), &BTreeMap::new()).unwrap();
        assert!(!schema.rules.is_empty(), "{name}");
    }
    let error = load(&["iec62305".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("did you mean `iec62304`?"), "{error}");
}

#[test]
fn fields_that_rules_and_kinds_name_exist_on_their_kinds() {
    use crate::schema::Expr;
    let schema = all();
    // Conditions and direct demands speak of the rule's own kinds: a slip of a name would never hold, or always.
    fn own_fields<'e>(expr: &'e Expr, to: &mut Vec<&'e str>) {
        match expr {
            Expr::Any(parts) | Expr::All(parts) => parts.iter().for_each(|part| own_fields(part, to)),
            Expr::Not(part) => own_fields(part, to),
            Expr::Field { name, .. } => to.push(name),
            Expr::Equal { field, other } => to.extend([&**field, &**other]),
            Expr::EachOf { or_field, .. } => to.extend(or_field.as_deref()),
            _ => {}
        }
    }
    for rule in &schema.rules {
        let mut names = Vec::new();
        rule.when.iter().chain([&rule.must]).for_each(|expr| own_fields(expr, &mut names));
        for (kind, name) in rule.kinds.iter().flat_map(|kind| names.iter().map(move |name| (kind, name))) {
            assert!(schema.kind(*kind).unwrap().field(name).is_some(), "{}: no field {name}", rule.id);
        }
    }
    for kind in &schema.kinds {
        for name in &kind.suspect_on {
            assert!(kind.field(name).is_some(), "{}: suspect-on {name}", kind.name);
        }
    }
}
