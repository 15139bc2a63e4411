//! SARIF 2.1.0 (OASIS): one result a gap or problem; justified gaps are suppressed results.

use super::View;
use crate::engine::GapState;
use crate::record::Place;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = view.report;
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    let mut results = Vec::new();
    for problem in &report.problems {
        let code = problem.code.name();
        rules.entry(code).or_insert_with(|| json!({ "id": code, "shortDescription": { "text": code } }));
        results.push(json!({
            "ruleId": code, "level": "error", "kind": "fail",
            "message": { "text": format!("{} ({})", problem.message, problem.fix) },
            "locations": locations(view, problem.place),
        }));
    }
    for gap in &report.gaps {
        rules.entry(&gap.rule.id).or_insert_with(|| {
            json!({
                "id": gap.rule.id, "shortDescription": { "text": gap.rule.title }, "help": { "text": gap.rule.hint },
                "properties": { "clauses": gap.rule.clauses },
            })
        });
        let mut result = json!({
            "ruleId": gap.rule.id, "level": gap.severity.name(), "kind": "fail",
            "message": { "text": gap.why },
            "locations": locations(view, gap.place),
            "partialFingerprints": { "vouchsafe/v1": gap.key() },
        });
        if let (GapState::Justified(by), Some(object)) = (&gap.state, result.as_object_mut()) {
            object.insert("suppressions".to_owned(), json!([{ "kind": "external", "justification": by }]));
        }
        results.push(result);
    }
    let value = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "vouchsafe", "version": env!("CARGO_PKG_VERSION"), "rules": rules.into_values().collect::<Vec<_>>(),
            } },
            "results": results,
        }],
    });
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

fn locations(view: &View<'_>, place: Place) -> Value {
    let file = view.file(place);
    if file.is_empty() {
        return json!([]);
    }
    let artifact = json!({ "uri": uri(file) });
    if place.line == 0 {
        return json!([{ "physicalLocation": { "artifactLocation": artifact } }]);
    }
    json!([{ "physicalLocation": { "artifactLocation": artifact, "region": { "startLine": place.line } } }])
}

/// A relative path as a URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
