//! CSAF 2.0, profile 5 (VEX). A component in a release is a product of its own (`default_component_of`), so that a release
//! can be affected by one of its components and not by another without contradicting itself (6.1.6).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Issue, Stated, Subject, Thing, span};
use crate::advisory::{Status, is_cve};

/// Identifiers of products within the document.
struct Tree<'a> {
    things: BTreeMap<&'a Thing, String>,
    pairs: BTreeMap<&'a Subject, String>,
}

/// Writes a document, pretty-printed, with a line end.
#[must_use]
pub fn write(issue: &Issue) -> Vec<u8> {
    let (first, last) = span(issue);
    let name = issue.id.rsplit('/').next().unwrap_or(&issue.id);
    let history: Vec<Value> = issue
        .revisions
        .iter()
        .enumerate()
        .map(
            |(at, (date, summary))| json!({"date": date, "number": (at + 1).to_string(), "summary": summary}),
        )
        .collect();
    let tree = Tree::of(issue);
    let mut head = Map::new();
    head.insert("category".to_owned(), json!("csaf_vex"));
    head.insert("csaf_version".to_owned(), json!("2.0"));
    if let Some(evidence) = &issue.evidence {
        let note = json!({"category": "other", "title": "Evidence", "text": evidence});
        head.insert("notes".to_owned(), json!([note]));
    }
    head.insert(
        "publisher".to_owned(),
        json!({"category": "vendor", "name": issue.author, "namespace": issue.namespace}),
    );
    head.insert("title".to_owned(), json!(issue.title));
    head.insert(
        "tracking".to_owned(),
        json!({
            "current_release_date": last,
            "generator": {"engine": {"name": issue.tool}},
            "id": name,
            "initial_release_date": first,
            "revision_history": history,
            "status": "final",
            "version": issue.revisions.len().max(1).to_string(),
        }),
    );
    let document = json!({
        "document": head,
        "product_tree": tree.json(),
        "vulnerabilities": vulnerabilities(issue, &tree),
    });
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

impl<'a> Tree<'a> {
    fn of(issue: &'a Issue) -> Self {
        let subjects: BTreeSet<&Subject> = issue.stated.iter().flat_map(|s| &s.subjects).collect();
        let things: BTreeSet<&Thing> =
            subjects.iter().flat_map(|s| [Some(&s.release), s.component.as_ref()]).flatten().collect();
        let numbered = |at: usize| format!("CSAFPID-{:04}", at + 1);
        let count = things.len();
        let things: BTreeMap<&Thing, String> =
            things.into_iter().enumerate().map(|(at, thing)| (thing, numbered(at))).collect();
        let pairs = subjects.into_iter().filter(|s| s.component.is_some()).enumerate();
        let pairs = pairs.map(|(at, subject)| (subject, numbered(count + at))).collect();
        Self { things, pairs }
    }

    fn id(&self, subject: &Subject) -> Option<&str> {
        let id = match subject.component {
            Some(_) => self.pairs.get(subject),
            None => self.things.get(&subject.release),
        };
        id.map(String::as_str)
    }

    fn json(&self) -> Value {
        let named: Vec<Value> = self
            .things
            .iter()
            .map(|(thing, id)| {
                let mut helper = Map::new();
                if let Some(cpe) = &thing.cpe {
                    helper.insert("cpe".to_owned(), json!(cpe));
                }
                if let Some(purl) = &thing.purl {
                    helper.insert("purl".to_owned(), json!(purl));
                }
                let mut out = Map::new();
                out.insert("name".to_owned(), json!(thing.name));
                out.insert("product_id".to_owned(), json!(id));
                if !helper.is_empty() {
                    out.insert("product_identification_helper".to_owned(), Value::Object(helper));
                }
                Value::Object(out)
            })
            .collect();
        let relationships: Vec<Value> = self
            .pairs
            .iter()
            .filter_map(|(subject, id)| {
                let component = subject.component.as_ref()?;
                Some(json!({
                    "category": "default_component_of",
                    "full_product_name": {
                        "name": format!("{} as part of {}", component.name, subject.release.name),
                        "product_id": id,
                    },
                    "product_reference": self.things.get(component)?,
                    "relates_to_product_reference": self.things.get(&subject.release)?,
                }))
            })
            .collect();
        let mut tree = Map::new();
        tree.insert("full_product_names".to_owned(), named.into());
        if !relationships.is_empty() {
            tree.insert("relationships".to_owned(), relationships.into());
        }
        Value::Object(tree)
    }
}

/// One object for each vulnerability (6.1.23), whatever is said about it.
fn vulnerabilities(issue: &Issue, tree: &Tree<'_>) -> Value {
    let mut by_name: BTreeMap<&str, Vec<&Stated>> = BTreeMap::new();
    for stated in &issue.stated {
        by_name.entry(&stated.vulnerability).or_default().push(stated);
    }
    by_name.into_iter().map(|(name, all)| vulnerability(name, &all, tree)).collect()
}

/// Product identifiers a statement is about.
fn ids<'a>(stated: &'a Stated, tree: &'a Tree<'_>) -> Vec<&'a str> {
    let mut ids: Vec<&str> = stated.subjects.iter().filter_map(|s| tree.id(s)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn vulnerability(name: &str, all: &[&Stated], tree: &Tree<'_>) -> Value {
    let mut out = Map::new();
    let aliases: BTreeSet<&str> = all.iter().flat_map(|s| &s.aliases).map(String::as_str).collect();
    let mut others: Vec<&str> = aliases.into_iter().filter(|alias| *alias != name).collect();
    // The object has room for one CVE; every other name is an identifier.
    let cve = if is_cve(name) { Some(name) } else { others.iter().copied().find(|alias| is_cve(alias)) };
    if let Some(cve) = cve {
        out.insert("cve".to_owned(), json!(cve));
        others.retain(|alias| *alias != cve);
    }
    if cve != Some(name) {
        others.insert(0, name);
    }
    if !others.is_empty() {
        let ids = others.iter().map(|text| json!({"system_name": system(text), "text": text}));
        out.insert("ids".to_owned(), ids.collect());
    }
    let mut status: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut flags, mut threats, mut remediations, mut notes) = (vec![], vec![], vec![], vec![]);
    for stated in all {
        let ids = ids(stated, tree);
        let group = match stated.status {
            Status::Affected => "known_affected",
            Status::NotAffected => "known_not_affected",
            Status::Fixed => "fixed",
            Status::UnderInvestigation | Status::Unknown => "under_investigation",
        };
        status.entry(group).or_default().extend(&ids);
        match stated.status {
            Status::NotAffected => {
                if let Some(label) = &stated.justification {
                    flags.push(json!({"date": stated.since, "label": label, "product_ids": ids}));
                }
                threats.push(json!({
                    "category": "impact", "date": stated.since, "details": stated.reasoning, "product_ids": ids,
                }));
            }
            Status::Affected => {
                // What is to be done, or that nothing can be done yet; both are remediations (3.2.3.12.1).
                let (category, details) = match &stated.action {
                    Some(action) => ("mitigation", action),
                    None => ("none_available", &stated.reasoning),
                };
                remediations.push(json!({
                    "category": category, "date": stated.since, "details": details, "product_ids": ids,
                }));
                notes.push(json!({"category": "description", "text": stated.reasoning}));
            }
            _ => notes.push(json!({"category": "description", "text": stated.reasoning})),
        }
    }
    notes.retain(|note| note.get("text").and_then(Value::as_str).is_some_and(|text| !text.is_empty()));
    notes.dedup();
    if notes.is_empty() {
        // The profile asks for a note on each vulnerability (6.1.27.5).
        let text = format!("Statements of the maker on {name}; the reasoning stands with each of them.");
        notes.push(json!({"category": "general", "text": text}));
    }
    out.insert("notes".to_owned(), notes.into());
    out.insert("product_status".to_owned(), json!(status));
    for (key, list) in [("flags", flags), ("remediations", remediations), ("threats", threats)] {
        if !list.is_empty() {
            out.insert(key.to_owned(), list.into());
        }
    }
    Value::Object(out)
}

/// Who gave an identifier, by its form.
fn system(id: &str) -> &'static str {
    let begins = |prefix: &str| id.starts_with(prefix);
    if begins("GHSA-") {
        "GitHub Security Advisories"
    } else if begins("RUSTSEC-") {
        "RustSec"
    } else if is_cve(id) {
        "CVE"
    } else if begins("OSV-") {
        "OSV"
    } else {
        "publisher"
    }
}
