//! Reads SARIF 2.1.0. Everything that only displays results (code flows, fixes, graphs) is passed over.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Analysis, Error, Finding, Level, MAX_MESSAGE, MAX_RESULTS, Run};
use crate::advisory::Document;

// @implements SWR-19
/// Reads a document, whole or not at all; up to [`MAX_LEN`](crate::advisory::MAX_LEN) bytes.
///
/// # Errors
/// [`Error`] with place and reason.
pub fn read(bytes: &[u8]) -> Result<Analysis, Error> {
    let document = Document::parse(bytes).map_err(|reason| Error::Unreadable { reason })?;
    let top = document.value();
    if top.get("version").and_then(Value::as_str) != Some("2.1.0") {
        return Err(shape("/version", "`2.1.0` is wanted"));
    }
    let runs = list(top, "/runs", "runs")?.ok_or_else(|| shape("/runs", "a list is wanted"))?;
    let mut analysis = Analysis::default();
    let mut count = 0;
    for (at, run) in runs.iter().enumerate() {
        let run = one(run, &format!("/runs/{at}"))?;
        count += run.results.len();
        if count > MAX_RESULTS {
            return Err(Error::TooMany);
        }
        analysis.runs.push(run);
    }
    Ok(analysis)
}

fn shape(place: impl Into<String>, reason: &'static str) -> Error {
    Error::Shape { place: place.into(), reason }
}

fn list<'v>(of: &'v Value, place: &str, key: &str) -> Result<Option<&'v [Value]>, Error> {
    match of.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(shape(place, "a list is wanted")),
    }
}

fn text<'v>(of: &'v Value, pointer: &str) -> &'v str {
    of.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn one(run: &Value, place: &str) -> Result<Run, Error> {
    let driver = run.pointer("/tool/driver").filter(|driver| driver.is_object());
    let driver = driver.ok_or_else(|| shape(format!("{place}/tool/driver"), "an object is wanted"))?;
    let name = text(driver, "/name");
    if name.is_empty() {
        return Err(shape(format!("{place}/tool/driver/name"), "the name of the tool is wanted"));
    }
    let version = ["/semanticVersion", "/version"].map(|key| text(driver, key));
    let version = version.into_iter().find(|version| !version.is_empty()).unwrap_or("");
    let rules = list(driver, &format!("{place}/tool/driver/rules"), "rules")?.unwrap_or(&[]);
    let level_of = |rule: &Value| level(text(rule, "/defaultConfiguration/level"));
    let by_id: BTreeMap<&str, Option<Level>> =
        rules.iter().map(|rule| (text(rule, "/id"), level_of(rule))).collect();
    let artifacts = list(run, &format!("{place}/artifacts"), "artifacts")?.unwrap_or(&[]);
    let ended: Vec<bool> = list(run, &format!("{place}/invocations"), "invocations")?
        .unwrap_or(&[])
        .iter()
        .filter_map(|invocation| invocation.get("executionSuccessful").and_then(Value::as_bool))
        .collect();
    let mut results = Vec::new();
    for (at, result) in list(run, &format!("{place}/results"), "results")?.unwrap_or(&[]).iter().enumerate() {
        if results.len() >= MAX_RESULTS {
            return Err(Error::TooMany);
        }
        let place = format!("{place}/results/{at}");
        results.extend(finding(result, &place, rules, &by_id, artifacts)?);
    }
    Ok(Run {
        tool: name.into(),
        version: version.into(),
        commit: text(run, "/versionControlProvenance/0/revisionId").into(),
        successful: (!ended.is_empty()).then(|| ended.iter().all(|ended| *ended)),
        results,
    })
}

fn level(word: &str) -> Option<Level> {
    match word {
        "none" => Some(Level::None),
        "note" => Some(Level::Note),
        "warning" => Some(Level::Warning),
        "error" => Some(Level::Error),
        _ => None,
    }
}

/// A result as a finding; results that passed, do not apply or are only informational are none.
fn finding(
    result: &Value,
    place: &str,
    rules: &[Value],
    by_id: &BTreeMap<&str, Option<Level>>,
    artifacts: &[Value],
) -> Result<Option<Finding>, Error> {
    if !result.is_object() {
        return Err(shape(place, "an object is wanted"));
    }
    if !matches!(text(result, "/kind"), "" | "fail" | "open" | "review") {
        return Ok(None);
    }
    let indexed = result.get("ruleIndex").and_then(Value::as_u64);
    let indexed = indexed.and_then(|at| rules.get(usize::try_from(at).ok()?));
    let rule = [text(result, "/ruleId"), text(result, "/rule/id"), indexed.map_or("", |r| text(r, "/id"))];
    let rule = rule.into_iter().find(|id| !id.is_empty()).unwrap_or("");
    // A rule id may be a hierarchy: `CA2101/memory` belongs to `CA2101` (3.27.5).
    let default =
        || by_id.get(rule).or_else(|| by_id.get(rule.split('/').next().unwrap_or(""))).copied().flatten();
    let level = level(text(result, "/level")).or_else(default).unwrap_or(Level::Warning);
    let message = ["/message/text", "/message/markdown", "/message/id"].map(|key| text(result, key));
    let message: String =
        message.into_iter().find(|m| !m.is_empty()).unwrap_or("").chars().take(MAX_MESSAGE).collect();
    let physical = result.pointer("/locations/0/physicalLocation");
    let artifact = physical.and_then(|physical| physical.get("artifactLocation"));
    let uri = artifact.map_or("", |artifact| text(artifact, "/uri"));
    let uri = if uri.is_empty() {
        let index = artifact.and_then(|artifact| artifact.get("index")).and_then(Value::as_u64);
        let artifact = index.and_then(|at| artifacts.get(usize::try_from(at).ok()?));
        artifact.map_or("", |artifact| text(artifact, "/location/uri"))
    } else {
        uri
    };
    let line = physical.and_then(|physical| physical.pointer("/region/startLine")).and_then(Value::as_u64);
    let suppressions = list(result, &format!("{place}/suppressions"), "suppressions")?.unwrap_or(&[]);
    let accepted = |s: &Value| !matches!(text(s, "/status"), "rejected" | "underReview");
    Ok(Some(Finding {
        rule: rule.into(),
        level,
        message: message.into(),
        file: decoded(uri).into(),
        line: line.and_then(|line| u32::try_from(line).ok()).unwrap_or(0),
        suppressed: !suppressions.is_empty() && suppressions.iter().all(accepted),
    }))
}

/// A URI reference as a path: without `file://`, percent-encoding undone where it gives UTF-8.
fn decoded(uri: &str) -> String {
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|d| u8::try_from(d).ok());
        if byte == b'%' {
            let mut ahead = rest.clone();
            if let (Some(high), Some(low)) = (hex(ahead.next()), hex(ahead.next())) {
                bytes.push((high << 4) | low);
                rest = ahead;
                continue;
            }
        }
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}
