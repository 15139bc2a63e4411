//! The optional (6.2) and informative (6.3) tests of CSAF 2.0: what a good document has besides.
//!
//! Not here: the order of keys (6.2.13) and additional properties (6.2.20), which are lost or need the whole schema;
//! addresses that must resolve (6.3.6, 6.3.7), which need a network; spelling (6.3.8).

use std::collections::BTreeSet;

use serde_json::Value;

use super::check::{Failure, Report, list, text, texts};
use super::references::{group_members, members};
use crate::advisory::is_cve;
use crate::version::{Scheme, compare};

/// Status groups that say "affected", and those for which a remediation is wanted.
const AFFECTED: [&str; 3] = ["first_affected", "known_affected", "last_affected"];
const TO_REMEDY: [&str; 4] = ["first_affected", "known_affected", "last_affected", "under_investigation"];

/// Runs the optional and informative tests that need nothing but the document.
pub fn advisable(document: &Value) -> Vec<Failure> {
    let mut report = Report::default();
    let head = document.get("document").unwrap_or(&Value::Null);
    self::document(head, &mut report);
    languages(head, &mut report);
    let mut products = Vec::new();
    if let Some(tree) = document.get("product_tree") {
        for (index, branch) in list(tree, "branches").iter().enumerate() {
            walk(
                branch,
                &format!("/product_tree/branches/{index}"),
                &mut Vec::new(),
                &mut products,
                &mut report,
            );
        }
        for (index, product) in list(tree, "full_product_names").iter().enumerate() {
            self::product(
                product,
                &format!("/product_tree/full_product_names/{index}"),
                &mut products,
                &mut report,
            );
        }
        for relationship in list(tree, "relationships") {
            products.extend(
                relationship.get("full_product_name").and_then(|product| text(product, "product_id")),
            );
        }
    }
    if text(head, "category") != Some("csaf_informational_advisory") {
        let mut used = BTreeSet::new();
        references(document, &mut used);
        for id in products.iter().filter(|id| !used.contains(**id)) {
            report.fail("6.2.1", "/product_tree", format!("{id} is defined and not used"));
        }
    }
    let groups = group_members(document);
    for (index, vulnerability) in list(document, "vulnerabilities").iter().enumerate() {
        let place = format!("/vulnerabilities/{index}");
        let remedied: BTreeSet<&str> =
            list(vulnerability, "remediations").iter().flat_map(|item| members(item, &groups)).collect();
        let scored: BTreeSet<&str> =
            list(vulnerability, "scores").iter().flat_map(|score| texts(score, "products")).collect();
        for (test, states, told) in [("6.2.2", &TO_REMEDY[..], &remedied), ("6.2.3", &AFFECTED[..], &scored)]
        {
            for id in in_states(vulnerability, states).filter(|id| !told.contains(id)) {
                let reason = format!("nothing of this kind for {id}");
                report.fail(
                    test,
                    format!("{place}/{}", if test == "6.2.2" { "remediations" } else { "scores" }),
                    reason,
                );
            }
        }
        self::vulnerability(vulnerability, &place, &mut report);
    }
    report.sorted()
}

fn in_states<'a>(vulnerability: &'a Value, states: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let status = vulnerability.get("product_status").unwrap_or(&Value::Null);
    states.iter().flat_map(move |state| texts(status, state))
}

fn document(head: &Value, report: &mut Report) {
    if head.pointer("/distribution/tlp/label").is_none() {
        report.fail("6.2.10", "/document/distribution", "no TLP label");
    }
    let Some(tracking) = head.get("tracking") else { return };
    let place = "/document/tracking";
    let history = list(tracking, "revision_history");
    for (index, revision) in history.iter().enumerate() {
        if text(revision, "number").is_some_and(|number| number.contains('+')) {
            report.fail("6.2.4", format!("{place}/revision_history/{index}/number"), "build metadata");
        }
    }
    let before = |a: &str, b: &str| compare(Scheme::Datetime, a, b).is_ok_and(std::cmp::Ordering::is_lt);
    let dates = || history.iter().filter_map(|revision| text(revision, "date"));
    if let Some(initial) = text(tracking, "initial_release_date")
        && !history.is_empty()
        && dates().all(|date| before(initial, date))
    {
        report.fail("6.2.5", format!("{place}/initial_release_date"), "before every revision");
    }
    let released = matches!(text(tracking, "status"), Some("final" | "interim"));
    if let Some(current) = text(tracking, "current_release_date")
        && released
        && dates().any(|date| before(current, date))
    {
        report.fail("6.2.6", format!("{place}/current_release_date"), "before the latest revision");
    }
    let file = format!("/{}.json", file_name(text(tracking, "id").unwrap_or("")));
    let canonical = |reference: &Value| {
        let url = text(reference, "url").unwrap_or("");
        text(reference, "category") == Some("self") && url.starts_with("https://") && url.ends_with(&file)
    };
    if !list(head, "references").iter().any(canonical) {
        report.fail("6.2.11", "/document/references", format!("no self reference ends with {file:?}"));
    }
}

/// The file name that clause 5.1 makes of a tracking identifier.
fn file_name(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for c in id.chars().flat_map(char::to_lowercase) {
        let kept =
            if c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '+' | '-') { c } else { '_' };
        if kept != '_' || !name.ends_with('_') {
            name.push(kept);
        }
    }
    name
}

fn languages(head: &Value, report: &mut Report) {
    if text(head, "lang").is_none() {
        report.fail("6.2.12", "/document/lang", "missing");
    }
    for key in ["lang", "source_lang"] {
        let Some(tag) = text(head, key) else { continue };
        if tag.eq_ignore_ascii_case("i-default") {
            report.fail("6.2.15", format!("/document/{key}"), "the default language");
        }
        if is_private(&tag.to_ascii_lowercase()) {
            report.fail("6.2.14", format!("/document/{key}"), format!("{tag} is for private use"));
        }
    }
}

/// Private-use languages, scripts and regions of RFC 5646, in lower case.
fn is_private(tag: &str) -> bool {
    tag.split('-').enumerate().any(|(index, subtag)| match (index, subtag.len()) {
        (0, 3) => ("qaa"..="qtz").contains(&subtag),
        (0, _) => subtag == "x",
        (_, 4) => ("qaaa"..="qabx").contains(&subtag),
        (_, 2) => {
            matches!(subtag, "aa" | "zz")
                || ("qm"..="qz").contains(&subtag)
                || ("xa"..="xz").contains(&subtag)
        }
        _ => subtag == "x",
    })
}

/// Recursion is bounded by the document's depth.
fn walk<'a>(
    branch: &'a Value,
    place: &str,
    path: &mut Vec<&'a str>,
    products: &mut Vec<&'a str>,
    report: &mut Report,
) {
    let (category, name) = (text(branch, "category").unwrap_or(""), text(branch, "name").unwrap_or(""));
    let place_of_name = format!("{place}/name");
    if category == "product_version_range" {
        if !name.starts_with("vers:") {
            report.fail("6.2.18", place_of_name.clone(), format!("{name:?} is not a vers"));
        }
        report.fail("6.3.10", place_of_name.clone(), "a range in place of versions");
    }
    let v_in_front =
        name.strip_prefix(['v', 'V']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if category == "product_version" && v_in_front {
        report.fail("6.3.11", place_of_name, format!("{name:?} has a v in front"));
    }
    path.push(category);
    if let Some(product) = branch.get("product") {
        let mut wanted = ["vendor", "product_name", "product_version"].into_iter().peekable();
        for category in path.iter() {
            wanted.next_if(|next| next == category);
        }
        if let Some(missing) = wanted.next() {
            report.fail("6.3.9", place, format!("no {missing} in its place on the way here"));
        }
        self::product(product, &format!("{place}/product"), products, report);
    }
    for (index, inner) in list(branch, "branches").iter().enumerate() {
        walk(inner, &format!("{place}/branches/{index}"), path, products, report);
    }
    path.pop();
}

fn product<'a>(product: &'a Value, place: &str, products: &mut Vec<&'a str>, report: &mut Report) {
    products.extend(text(product, "product_id"));
    let Some(helper) = product.get("product_identification_helper") else {
        report.fail("6.2.16", place, "no product identification helper");
        return;
    };
    for (index, hashes) in list(helper, "hashes").iter().enumerate() {
        let place = format!("{place}/product_identification_helper/hashes/{index}");
        let algorithms: BTreeSet<&str> =
            list(hashes, "file_hashes").iter().filter_map(|hash| text(hash, "algorithm")).collect();
        for (test, weak) in [("6.2.8", "md5"), ("6.2.9", "sha1")] {
            if algorithms.len() == 1 && algorithms.contains(weak) {
                report.fail(test, place.clone(), format!("{weak} is the only hash"));
            }
        }
        for hash in list(hashes, "file_hashes") {
            if text(hash, "value").is_some_and(|value| value.len() < 64) {
                report.fail("6.3.5", place.clone(), "a hash of fewer than 64 digits");
            }
        }
    }
}

/// Everything that refers to a product, anywhere. Recursion is bounded by the document's depth.
fn references<'a>(value: &'a Value, used: &mut BTreeSet<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, used)),
        Value::Object(fields) => {
            for (key, field) in fields {
                match key.as_str() {
                    "product_ids" | "products" => used.extend(texts(value, key)),
                    "product_reference" | "relates_to_product_reference" => used.extend(field.as_str()),
                    "product_status" => {
                        let ids = field.as_object().into_iter().flat_map(|status| status.keys());
                        ids.for_each(|group| used.extend(texts(field, group)));
                    }
                    _ => references(field, used),
                }
            }
        }
        _ => {}
    }
}

fn vulnerability(vulnerability: &Value, place: &str, report: &mut Report) {
    for (index, involvement) in list(vulnerability, "involvements").iter().enumerate() {
        if involvement.get("date").is_none() {
            report.fail("6.2.7", format!("{place}/involvements/{index}"), "no date");
        }
    }
    for (index, id) in list(vulnerability, "ids").iter().enumerate() {
        if text(id, "text").is_some_and(is_cve) {
            report.fail("6.2.17", format!("{place}/ids/{index}"), "a CVE belongs into the field cve");
        }
    }
    for (test, key) in [("6.3.3", "cve"), ("6.3.4", "cwe")] {
        if vulnerability.get(key).is_none() {
            report.fail(test, format!("{place}/{key}"), "missing");
        }
    }
    let fixed: BTreeSet<&str> = in_states(vulnerability, &["first_fixed", "fixed"]).collect();
    for (index, score) in list(vulnerability, "scores").iter().enumerate() {
        let place = format!("{place}/scores/{index}");
        if score.get("cvss_v2").is_some() && score.get("cvss_v3").is_none() {
            report.fail("6.3.1", place.clone(), "scored by CVSS 2.0 alone");
        }
        let third = score.get("cvss_v3");
        if third.is_some_and(|cvss| text(cvss, "version") == Some("3.0")) {
            report.fail("6.3.2", place.clone(), "scored by CVSS 3.0 where 3.1 would do");
        }
        let impact = |cvss: &Value, fields: &[(&str, &str)]| {
            let vector = text(cvss, "vectorString").unwrap_or("");
            let none = |(field, metric): &(&str, &str)| {
                text(cvss, field) == Some("NONE") || vector.split('/').any(|part| part == *metric)
            };
            !fields.iter().all(none)
        };
        let third = third.is_some_and(|cvss| {
            let fields = [
                ("modifiedConfidentialityImpact", "MC:N"),
                ("modifiedIntegrityImpact", "MI:N"),
                ("modifiedAvailabilityImpact", "MA:N"),
            ];
            impact(cvss, &fields)
        });
        let second = score.get("cvss_v2").is_some_and(|cvss| impact(cvss, &[("targetDistribution", "TD:N")]));
        if (third || second) && texts(score, "products").any(|id| fixed.contains(id)) {
            report.fail("6.2.19", place, "a fixed product has a score that is not brought to zero");
        }
    }
}
