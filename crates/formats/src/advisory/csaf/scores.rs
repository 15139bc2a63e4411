//! Tests about scores and weaknesses: 6.1.7 to 6.1.11.

use std::collections::BTreeSet;

use serde_json::Value;

use super::check::{Report, list, text, texts};
use super::cwe;
use crate::advisory::cvss;

pub(super) fn check(document: &Value, report: &mut Report) {
    for (index, vulnerability) in list(document, "vulnerabilities").iter().enumerate() {
        let place = format!("/vulnerabilities/{index}");
        let mut scored = BTreeSet::new();
        for (index, score) in list(vulnerability, "scores").iter().enumerate() {
            for key in ["cvss_v2", "cvss_v3"] {
                let Some(cvss) = score.get(key) else { continue };
                let place = format!("{place}/scores/{index}/{key}");
                let version = text(cvss, "version").unwrap_or(key);
                for product in texts(score, "products") {
                    if !scored.insert((product, version)) {
                        report.fail(
                            "6.1.7",
                            place.clone(),
                            format!("{product} has two scores of CVSS {version}"),
                        );
                    }
                }
                check_score(cvss, key, &place, report);
            }
        }
        if let Some(weakness) = vulnerability.get("cwe")
            && let (Some(id), Some(name)) = (text(weakness, "id"), text(weakness, "name"))
            && let Some(known) = cwe::name(id)
            && known != name
        {
            report.fail("6.1.11", format!("{place}/cwe"), format!("{id} is named {known:?}, not {name:?}"));
        }
    }
}

/// Fields of the JSON form of CVSS and the metric of the vector that each repeats.
const METRICS_3: [(&str, &str); 22] = [
    ("attackVector", "AV"),
    ("attackComplexity", "AC"),
    ("privilegesRequired", "PR"),
    ("userInteraction", "UI"),
    ("scope", "S"),
    ("confidentialityImpact", "C"),
    ("integrityImpact", "I"),
    ("availabilityImpact", "A"),
    ("exploitCodeMaturity", "E"),
    ("remediationLevel", "RL"),
    ("reportConfidence", "RC"),
    ("confidentialityRequirement", "CR"),
    ("integrityRequirement", "IR"),
    ("availabilityRequirement", "AR"),
    ("modifiedAttackVector", "MAV"),
    ("modifiedAttackComplexity", "MAC"),
    ("modifiedPrivilegesRequired", "MPR"),
    ("modifiedUserInteraction", "MUI"),
    ("modifiedScope", "MS"),
    ("modifiedConfidentialityImpact", "MC"),
    ("modifiedIntegrityImpact", "MI"),
    ("modifiedAvailabilityImpact", "MA"),
];
const METRICS_2: [(&str, &str); 6] = [
    ("accessVector", "AV"),
    ("accessComplexity", "AC"),
    ("authentication", "Au"),
    ("confidentialityImpact", "C"),
    ("integrityImpact", "I"),
    ("availabilityImpact", "A"),
];

fn check_score(cvss: &Value, key: &str, place: &str, report: &mut Report) {
    let third = key == "cvss_v3";
    let required: &[&str] = if third {
        &["version", "vectorString", "baseScore", "baseSeverity"]
    } else {
        &["version", "vectorString", "baseScore"]
    };
    for field in required.iter().filter(|field| cvss.get(**field).is_none()) {
        report.fail("6.1.8", format!("{place}/{field}"), "missing");
    }
    let version = text(cvss, "version");
    if version.is_some_and(|version| if third { !matches!(version, "3.0" | "3.1") } else { version != "2.0" })
    {
        report.fail("6.1.8", format!("{place}/version"), "not a version of this kind of score");
    }
    let Some(vector) = text(cvss, "vectorString") else { return };
    let prefix = version.map(|version| format!("CVSS:{version}/"));
    let body = match &prefix {
        Some(prefix) if third => vector.strip_prefix(prefix.as_str()),
        _ => Some(vector),
    };
    let computed = if third { cvss::base_score_3(vector) } else { cvss::base_score_2(vector) };
    let (Some(metrics), Some(computed)) = (body.and_then(cvss::metrics), computed) else {
        report.fail("6.1.8", format!("{place}/vectorString"), "not a vector of this version");
        return;
    };
    let given = cvss.get("baseScore").and_then(Value::as_f64);
    if given.is_some_and(|given| (given * 10.0 - f64::from(computed)).abs() > 0.01) {
        let exact = f64::from(computed) / 10.0;
        report.fail("6.1.9", format!("{place}/baseScore"), format!("the vector gives {exact}"));
    }
    if third && text(cvss, "baseSeverity").is_some_and(|given| given != cvss::rating(computed)) {
        report.fail(
            "6.1.9",
            format!("{place}/baseSeverity"),
            format!("the vector gives {}", cvss::rating(computed)),
        );
    }
    let table: &[(&str, &str)] = if third { &METRICS_3 } else { &METRICS_2 };
    for (field, metric) in table {
        let Some(value) = text(cvss, field) else { continue };
        // Every value is abbreviated to its first letter, and what is not defined to X or to nothing.
        let code = if value == "NOT_DEFINED" { "X" } else { value.get(..1).unwrap_or("") };
        // What the vector leaves out it does not contradict.
        let Some((_, in_vector)) = metrics.iter().find(|(name, _)| name == metric) else { continue };
        if code != *in_vector {
            report.fail(
                "6.1.10",
                format!("{place}/{field}"),
                format!("{value}, but the vector has {metric}:{in_vector}"),
            );
        }
    }
}
