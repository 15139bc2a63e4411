//! CVSS vectors: version 2.0, 3.0 and 3.1 with their base scores; 4.0 vectors are kept without a computed score.
//!
//! Scores are computed in the standards' own arithmetic (CVSS v2 guide 3.2.1; CVSS v3.1 specification 7.1 and appendix
//! A for rounding) and given in tenths, so that equality is exact.

use super::model::{Severity, SeverityKind};

/// A severity as OSV and others name it: `CVSS_V3` with a vector, or a word of the publisher's own.
pub(super) fn severity(kind: &str, text: &str) -> Severity {
    let (kind, score) = match kind {
        "CVSS_V2" | "CVSSv2" => (SeverityKind::Cvss2, base_score_2(text)),
        "CVSS_V3" | "CVSSv3" | "CVSSv31" => (SeverityKind::Cvss3, base_score_3(text)),
        "CVSS_V4" | "CVSSv4" => (SeverityKind::Cvss4, None),
        _ => (SeverityKind::Other, None),
    };
    Severity {
        kind,
        text: text.to_owned(),
        score: score.map(|tenths| f64::from(tenths) / 10.0),
        products: Vec::new(),
    }
}

/// The metrics of a vector; `None` when one stands twice or has no value.
pub(super) fn metrics(vector: &str) -> Option<Vec<(&str, &str)>> {
    let mut metrics: Vec<(&str, &str)> = Vec::new();
    for part in vector.split('/') {
        let (name, value) = part.split_once(':')?;
        if value.is_empty() || metrics.iter().any(|(known, _)| *known == name) {
            return None;
        }
        metrics.push((name, value));
    }
    Some(metrics)
}

fn metric<'a>(metrics: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    metrics.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn weight(metrics: &[(&str, &str)], name: &str, table: &[(&str, f64)]) -> Option<f64> {
    let value = metric(metrics, name)?;
    table.iter().find(|(known, _)| *known == value).map(|(_, weight)| *weight)
}

/// Base score of a CVSS 3.0 or 3.1 vector in tenths; `None` when a base metric is missing or unknown.
pub fn base_score_3(vector: &str) -> Option<u8> {
    let body =
        vector.strip_prefix("CVSS:3.1/").or_else(|| vector.strip_prefix("CVSS:3.0/")).unwrap_or(vector);
    let all = metrics(body)?;
    let changed = match metric(&all, "S")? {
        "C" => true,
        "U" => false,
        _ => return None,
    };
    let attack_vector = weight(&all, "AV", &[("N", 0.85), ("A", 0.62), ("L", 0.55), ("P", 0.2)])?;
    let complexity = weight(&all, "AC", &[("L", 0.77), ("H", 0.44)])?;
    let privileges = if changed {
        weight(&all, "PR", &[("N", 0.85), ("L", 0.68), ("H", 0.5)])?
    } else {
        weight(&all, "PR", &[("N", 0.85), ("L", 0.62), ("H", 0.27)])?
    };
    let interaction = weight(&all, "UI", &[("N", 0.85), ("R", 0.62)])?;
    let loss = [("H", 0.56), ("L", 0.22), ("N", 0.0)];
    let (c, i, a) = (weight(&all, "C", &loss)?, weight(&all, "I", &loss)?, weight(&all, "A", &loss)?);
    let base = 1.0 - (1.0 - c) * (1.0 - i) * (1.0 - a);
    let impact = if changed { 7.52 * (base - 0.029) - 3.25 * (base - 0.02).powi(15) } else { 6.42 * base };
    if impact <= 0.0 {
        return Some(0);
    }
    let exploitability = 8.22 * attack_vector * complexity * privileges * interaction;
    let sum = if changed { 1.08 * (impact + exploitability) } else { impact + exploitability };
    tenths((round_up(sum.min(10.0))) * 10.0)
}

/// Base score of a CVSS 2.0 vector in tenths; `None` when a base metric is missing or unknown.
pub fn base_score_2(vector: &str) -> Option<u8> {
    let body = vector.trim_start_matches('(').trim_end_matches(')');
    let all = metrics(body)?;
    let loss = [("N", 0.0), ("P", 0.275), ("C", 0.66)];
    let (c, i, a) = (weight(&all, "C", &loss)?, weight(&all, "I", &loss)?, weight(&all, "A", &loss)?);
    let impact = 10.41 * (1.0 - (1.0 - c) * (1.0 - i) * (1.0 - a));
    let exploitability = 20.0
        * weight(&all, "AV", &[("L", 0.395), ("A", 0.646), ("N", 1.0)])?
        * weight(&all, "AC", &[("H", 0.35), ("M", 0.61), ("L", 0.71)])?
        * weight(&all, "Au", &[("M", 0.45), ("S", 0.56), ("N", 0.704)])?;
    let factor = if impact == 0.0 { 0.0 } else { 1.176 };
    let score = (0.6 * impact + 0.4 * exploitability - 1.5) * factor;
    tenths((score * 10.0).round())
}

/// The next tenth at or above, computed on integers as appendix A of CVSS 3.1 asks.
fn round_up(value: f64) -> f64 {
    let scaled = (value * 100_000.0).round();
    if scaled % 10_000.0 == 0.0 { scaled / 100_000.0 } else { ((scaled / 10_000.0).floor() + 1.0) / 10.0 }
}

/// A number from 0 to 100 as an integer, without a cast.
fn tenths(value: f64) -> Option<u8> {
    (0..=100_u8).find(|tenths| (f64::from(*tenths) - value).abs() < 0.5)
}

/// The qualitative rating of CVSS 3 for a score in tenths (specification 5).
pub fn rating(tenths: u8) -> &'static str {
    match tenths {
        0 => "NONE",
        1..=39 => "LOW",
        40..=69 => "MEDIUM",
        70..=89 => "HIGH",
        _ => "CRITICAL",
    }
}
