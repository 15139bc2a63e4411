//! Tests about product and group identifiers and what refers to them: 6.1.1 to 6.1.6, 6.1.13, 6.1.23 to 6.1.25,
//! 6.1.29, 6.1.31 to 6.1.33.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::check::{Report, list, text, texts};
use crate::purl::Purl;

/// What the product tree defines.
#[derive(Default)]
struct Defined<'a> {
    products: BTreeSet<&'a str>,
    groups: BTreeMap<&'a str, Vec<&'a str>>,
}

pub(super) fn check(document: &Value, report: &mut Report) {
    let mut defined = Defined::default();
    if let Some(tree) = document.get("product_tree") {
        for (index, branch) in list(tree, "branches").iter().enumerate() {
            walk(branch, &format!("/product_tree/branches/{index}"), &mut defined, report);
        }
        for (index, product) in list(tree, "full_product_names").iter().enumerate() {
            define(product, &format!("/product_tree/full_product_names/{index}"), &mut defined, report);
        }
        relationships(tree, &mut defined, report);
        groups(tree, &mut defined, report);
    }
    let mut cves = BTreeSet::new();
    for (index, vulnerability) in list(document, "vulnerabilities").iter().enumerate() {
        let place = format!("/vulnerabilities/{index}");
        if let Some(cve) = text(vulnerability, "cve")
            && !cves.insert(cve)
        {
            report.fail("6.1.23", format!("{place}/cve"), format!("{cve} stands in two vulnerabilities"));
        }
        check_vulnerability(vulnerability, &place, &defined, report);
    }
}

/// Recursion is bounded by the document's depth.
fn walk<'a>(branch: &'a Value, place: &str, defined: &mut Defined<'a>, report: &mut Report) {
    if text(branch, "category") == Some("product_version")
        && let Some(name) = text(branch, "name")
        && let Some(hint) = range_hint(name)
    {
        report.fail("6.1.31", format!("{place}/name"), format!("{name:?} is a range: {hint:?}"));
    }
    if let Some(product) = branch.get("product") {
        define(product, &format!("{place}/product"), defined, report);
    }
    for (index, inner) in list(branch, "branches").iter().enumerate() {
        walk(inner, &format!("{place}/branches/{index}"), defined, report);
    }
}

/// The sign or word in a version's name that makes it a range.
fn range_hint(name: &str) -> Option<&str> {
    const WORDS: [&str; 7] = ["after", "all", "before", "earlier", "later", "prior", "versions"];
    let sign = name.find(['<', '>']).and_then(|at| name.get(at..=at));
    let mut words = name.split(|c: char| c.is_whitespace() || c == ',');
    sign.or_else(|| words.find(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))))
}

fn define<'a>(product: &'a Value, place: &str, defined: &mut Defined<'a>, report: &mut Report) {
    if let Some(id) = text(product, "product_id")
        && !defined.products.insert(id)
    {
        report.fail("6.1.2", format!("{place}/product_id"), format!("{id} is defined twice"));
    }
    let Some(helper) = product.get("product_identification_helper") else { return };
    let place = format!("{place}/product_identification_helper");
    if let Some(purl) = text(helper, "purl")
        && let Err(error) = Purl::parse(purl)
    {
        report.fail("6.1.13", format!("{place}/purl"), error.to_string());
    }
    for (index, hashes) in list(helper, "hashes").iter().enumerate() {
        let mut algorithms = BTreeSet::new();
        for hash in list(hashes, "file_hashes") {
            if let Some(algorithm) = text(hash, "algorithm")
                && !algorithms.insert(algorithm)
            {
                report.fail("6.1.25", format!("{place}/hashes/{index}"), format!("{algorithm} stands twice"));
            }
        }
    }
}

fn relationships<'a>(tree: &'a Value, defined: &mut Defined<'a>, report: &mut Report) {
    const ENDS: [&str; 2] = ["product_reference", "relates_to_product_reference"];
    let relationships = list(tree, "relationships");
    let mut parts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (index, relationship) in relationships.iter().enumerate() {
        let place = format!("/product_tree/relationships/{index}/full_product_name");
        let Some(product) = relationship.get("full_product_name") else { continue };
        define(product, &place, defined, report);
        if let Some(id) = text(product, "product_id") {
            parts.entry(id).or_default().extend(ENDS.iter().filter_map(|end| text(relationship, end)));
        }
    }
    for (index, relationship) in relationships.iter().enumerate() {
        for end in ENDS {
            let Some(id) = text(relationship, end) else { continue };
            let place = || format!("/product_tree/relationships/{index}/{end}");
            if !defined.products.contains(id) {
                report.fail("6.1.1", place(), format!("{id} is not defined"));
            }
            let whole = relationship.get("full_product_name").and_then(|product| text(product, "product_id"));
            if whole.is_some_and(|whole| reaches(&parts, id, whole)) {
                report.fail("6.1.3", place(), format!("{id} is defined by itself"));
            }
        }
    }
}

/// Whether the definition of `from` leads to `to`. Each product is visited once.
fn reaches<'a>(parts: &BTreeMap<&'a str, Vec<&'a str>>, from: &'a str, to: &str) -> bool {
    let (mut open, mut seen) = (vec![from], BTreeSet::new());
    while let Some(id) = open.pop() {
        if id == to {
            return true;
        }
        if seen.insert(id) {
            open.extend(parts.get(id).into_iter().flatten());
        }
    }
    false
}

fn groups<'a>(tree: &'a Value, defined: &mut Defined<'a>, report: &mut Report) {
    for (index, group) in list(tree, "product_groups").iter().enumerate() {
        let place = format!("/product_tree/product_groups/{index}");
        for id in texts(group, "product_ids").filter(|id| !defined.products.contains(id)) {
            report.fail("6.1.1", format!("{place}/product_ids"), format!("{id} is not defined"));
        }
        let Some(id) = text(group, "group_id") else { continue };
        if defined.groups.insert(id, texts(group, "product_ids").collect()).is_some() {
            report.fail("6.1.5", format!("{place}/group_id"), format!("{id} is defined twice"));
        }
    }
}

/// Status groups that say the same about being affected; a product must not stand in two of these lists.
const CONTRADICTORY: [&[&str]; 4] = [
    &["first_affected", "known_affected", "last_affected"],
    &["known_not_affected"],
    &["first_fixed", "fixed"],
    &["under_investigation"],
];

fn check_vulnerability(vulnerability: &Value, place: &str, defined: &Defined<'_>, report: &mut Report) {
    let undefined = |ids: &mut dyn Iterator<Item = &str>, place: String, report: &mut Report| {
        for id in ids.filter(|id| !defined.products.contains(id)) {
            report.fail("6.1.1", place.clone(), format!("{id} is not defined"));
        }
    };
    if let Some(status) = vulnerability.get("product_status").and_then(Value::as_object) {
        for (group, ids) in status {
            let mut ids = ids.as_array().into_iter().flatten().filter_map(Value::as_str);
            undefined(&mut ids, format!("{place}/product_status/{group}"), report);
        }
    }
    if let Some(status) = vulnerability.get("product_status") {
        let mut said: BTreeMap<&str, usize> = BTreeMap::new();
        for (kind, group) in
            CONTRADICTORY.iter().enumerate().flat_map(|(kind, groups)| groups.iter().map(move |g| (kind, g)))
        {
            for id in texts(status, group) {
                if *said.entry(id).or_insert(kind) != kind {
                    report.fail(
                        "6.1.6",
                        format!("{place}/product_status/{group}"),
                        format!("{id} has two states"),
                    );
                }
            }
        }
    }
    for (index, score) in list(vulnerability, "scores").iter().enumerate() {
        undefined(&mut texts(score, "products"), format!("{place}/scores/{index}/products"), report);
    }
    for key in ["flags", "remediations", "threats"] {
        for (index, item) in list(vulnerability, key).iter().enumerate() {
            let place = format!("{place}/{key}/{index}");
            undefined(&mut texts(item, "product_ids"), format!("{place}/product_ids"), report);
            for id in texts(item, "group_ids").filter(|id| !defined.groups.contains_key(id)) {
                report.fail("6.1.4", format!("{place}/group_ids"), format!("{id} is not defined"));
            }
            let names_none = list(item, "product_ids").is_empty() && list(item, "group_ids").is_empty();
            let test = match key {
                "remediations" => "6.1.29",
                "flags" => "6.1.32",
                _ => continue,
            };
            if names_none {
                report.fail(test, place, "neither product_ids nor group_ids");
            }
        }
    }
    involvements(vulnerability, place, report);
    let mut flagged: BTreeSet<&str> = BTreeSet::new();
    for (index, flag) in list(vulnerability, "flags").iter().enumerate() {
        for id in members(flag, &defined.groups) {
            if !flagged.insert(id) {
                report.fail(
                    "6.1.33",
                    format!("{place}/flags/{index}"),
                    format!("{id} has two justifications"),
                );
            }
        }
    }
}

fn involvements(vulnerability: &Value, place: &str, report: &mut Report) {
    let mut seen = BTreeSet::new();
    for (index, involvement) in list(vulnerability, "involvements").iter().enumerate() {
        let (party, date) = (text(involvement, "party"), text(involvement, "date"));
        if !seen.insert((party, date)) {
            report.fail(
                "6.1.24",
                format!("{place}/involvements/{index}"),
                "the same party at the same date twice",
            );
        }
    }
}

/// The products that an item names itself or by group, each once.
pub(super) fn members<'a>(item: &'a Value, groups: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let by_group = texts(item, "group_ids").filter_map(|id| groups.get(id)).flatten().copied();
    texts(item, "product_ids").chain(by_group).collect()
}

/// The groups of a document by identifier.
pub(super) fn group_members(document: &Value) -> BTreeMap<&str, Vec<&str>> {
    let groups = document.get("product_tree").map_or(&[][..], |tree| list(tree, "product_groups"));
    groups
        .iter()
        .filter_map(|group| Some((text(group, "group_id")?, texts(group, "product_ids").collect())))
        .collect()
}
