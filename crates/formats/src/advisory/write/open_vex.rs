//! OpenVEX 0.2.0 (JSON-LD).

use serde_json::{Map, Value, json};

use super::{Issue, Stated, Subject, Thing, span};
use crate::advisory::Status;

/// Writes a document, pretty-printed, with a line end.
#[must_use]
pub fn write(issue: &Issue) -> Vec<u8> {
    let (first, last) = span(issue);
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    put("@context", json!("https://openvex.dev/ns/v0.2.0"));
    put("@id", json!(issue.id));
    put("author", json!(issue.author));
    put("role", json!("Document Creator"));
    put("timestamp", json!(first));
    if last != first {
        put("last_updated", json!(last));
    }
    put("version", json!(issue.revisions.len().max(1)));
    put("tooling", json!(issue.tool));
    put("statements", issue.stated.iter().map(|stated| statement(issue, stated)).collect());
    let mut bytes = serde_json::to_vec_pretty(&Value::Object(document)).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn statement(issue: &Issue, stated: &Stated) -> Value {
    let mut out = Map::new();
    let mut vulnerability = Map::new();
    vulnerability.insert("name".to_owned(), json!(stated.vulnerability));
    if !stated.aliases.is_empty() {
        vulnerability.insert("aliases".to_owned(), json!(stated.aliases));
    }
    out.insert("vulnerability".to_owned(), Value::Object(vulnerability));
    out.insert("timestamp".to_owned(), json!(stated.since));
    out.insert("products".to_owned(), products(&stated.subjects));
    let status = match stated.status {
        Status::Affected => "affected",
        Status::NotAffected => "not_affected",
        Status::Fixed => "fixed",
        Status::UnderInvestigation | Status::Unknown => "under_investigation",
    };
    out.insert("status".to_owned(), json!(status));
    let mut notes = Vec::new();
    match stated.status {
        Status::NotAffected => {
            if let Some(justification) = &stated.justification {
                out.insert("justification".to_owned(), json!(justification));
            }
            out.insert("impact_statement".to_owned(), json!(stated.reasoning));
        }
        Status::Affected => {
            let action = stated.action.as_deref().unwrap_or(&stated.reasoning);
            out.insert("action_statement".to_owned(), json!(action));
            notes.push(stated.reasoning.as_str());
        }
        _ => notes.push(stated.reasoning.as_str()),
    }
    notes.extend(issue.evidence.as_deref());
    notes.retain(|note| !note.is_empty());
    if !notes.is_empty() {
        out.insert("status_notes".to_owned(), json!(notes.join("\n")));
    }
    Value::Object(out)
}

/// Products with the components in them that are meant; a product named as a whole has none.
fn products(subjects: &[Subject]) -> Value {
    let mut subjects: Vec<&Subject> = subjects.iter().collect();
    subjects.sort();
    subjects.dedup();
    let mut products: Vec<Value> = Vec::new();
    for group in subjects.chunk_by(|a, b| a.release.id == b.release.id) {
        let Some(first) = group.first() else { continue };
        let mut product = thing(&first.release);
        let whole = group.iter().any(|subject| subject.component.is_none());
        let parts: Vec<Value> =
            group.iter().filter_map(|s| s.component.as_ref()).map(|c| thing(c).into()).collect();
        if !whole && !parts.is_empty() {
            product.insert("subcomponents".to_owned(), parts.into());
        }
        products.push(product.into());
    }
    products.into()
}

fn thing(thing: &Thing) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("@id".to_owned(), json!(thing.id));
    let mut identifiers = Map::new();
    if let Some(purl) = &thing.purl {
        identifiers.insert("purl".to_owned(), json!(purl));
    }
    if let Some(cpe) = &thing.cpe {
        let key = if cpe.starts_with("cpe:2.3:") { "cpe23" } else { "cpe22" };
        identifiers.insert(key.to_owned(), json!(cpe));
    }
    if !identifiers.is_empty() {
        out.insert("identifiers".to_owned(), Value::Object(identifiers));
    }
    out
}
