//! Tests of the profiles: 6.1.26 (names kept for them) and 6.1.27 (what each asks for).

use std::collections::BTreeSet;

use serde_json::Value;

use super::check::{Report, list, text, texts};
use super::references::{group_members, members};

const INCIDENT: &str = "csaf_security_incident_response";
const INFORMATIONAL: &str = "csaf_informational_advisory";
const ADVISORY: &str = "csaf_security_advisory";
const VEX: &str = "csaf_vex";
const BASE: &str = "csaf_base";

pub(super) fn check(document: &Value, report: &mut Report) {
    let Some(head) = document.get("document") else { return };
    let Some(category) = text(head, "category") else { return };
    name(category, report);
    let vulnerabilities = list(document, "vulnerabilities");
    if matches!(category, INCIDENT | INFORMATIONAL) {
        let tells = |note: &Value| {
            matches!(text(note, "category"), Some("description" | "details" | "general" | "summary"))
        };
        if !list(head, "notes").iter().any(tells) {
            report.fail("6.1.27.1", "/document/notes", "no description, details, general or summary");
        }
        let external =
            |reference: &Value| text(reference, "category").is_none_or(|category| category == "external");
        if !list(head, "references").iter().any(external) {
            report.fail("6.1.27.2", "/document/references", "no external reference");
        }
    }
    if category == INFORMATIONAL && document.get("vulnerabilities").is_some() {
        report.fail("6.1.27.3", "/vulnerabilities", "an informational advisory has none");
    }
    if !matches!(category, ADVISORY | VEX) {
        return;
    }
    if document.get("product_tree").is_none() {
        report.fail("6.1.27.4", "/product_tree", "missing");
    }
    if vulnerabilities.is_empty() {
        report.fail("6.1.27.11", "/vulnerabilities", "missing");
    }
    for (index, vulnerability) in vulnerabilities.iter().enumerate() {
        let place = format!("/vulnerabilities/{index}");
        if list(vulnerability, "notes").is_empty() {
            report.fail("6.1.27.5", format!("{place}/notes"), "missing");
        }
        if category == ADVISORY && vulnerability.get("product_status").is_none() {
            report.fail("6.1.27.6", format!("{place}/product_status"), "missing");
        }
        if category == VEX {
            vex(document, vulnerability, &place, report);
        }
    }
}

/// A category that only looks like the name of a profile would be taken for it.
fn name(category: &str, report: &mut Report) {
    let profiles = [BASE, INCIDENT, INFORMATIONAL, ADVISORY, VEX];
    if profiles.contains(&category) {
        return;
    }
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_'));
        kept.flat_map(char::to_lowercase).collect()
    };
    let found = plain(category);
    for profile in profiles {
        let bare = profile.strip_prefix("csaf_").filter(|_| profile != BASE);
        if found == plain(profile) || bare.is_some_and(|bare| found == plain(bare)) {
            report.fail("6.1.26", "/document/category", format!("{category:?} is too like {profile:?}"));
        }
    }
}

fn vex(document: &Value, vulnerability: &Value, place: &str, report: &mut Report) {
    let status = vulnerability.get("product_status").unwrap_or(&Value::Null);
    let told = ["fixed", "known_affected", "known_not_affected", "under_investigation"];
    if told.iter().all(|group| list(status, group).is_empty()) {
        report.fail("6.1.27.7", format!("{place}/product_status"), format!("none of {}", told.join(", ")));
    }
    if vulnerability.get("cve").is_none() && list(vulnerability, "ids").is_empty() {
        report.fail("6.1.27.8", place, "neither cve nor ids");
    }
    let groups = group_members(document);
    let impact = |threat: &&Value| text(threat, "category") == Some("impact");
    let reasons =
        list(vulnerability, "flags").iter().chain(list(vulnerability, "threats").iter().filter(impact));
    let reasoned: BTreeSet<&str> = reasons.flat_map(|item| members(item, &groups)).collect();
    for id in texts(status, "known_not_affected").filter(|id| !reasoned.contains(id)) {
        report.fail(
            "6.1.27.9",
            format!("{place}/product_status/known_not_affected"),
            format!("no reason for {id}"),
        );
    }
    let remedied: BTreeSet<&str> =
        list(vulnerability, "remediations").iter().flat_map(|item| members(item, &groups)).collect();
    for id in texts(status, "known_affected").filter(|id| !remedied.contains(id)) {
        report.fail(
            "6.1.27.10",
            format!("{place}/product_status/known_affected"),
            format!("no action for {id}"),
        );
    }
}
