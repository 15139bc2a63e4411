//! What a template sees: the index, the figures by name, and the tables it lists, no longer than a document may be.

use serde_json::{Map, Value, json};
use tlog::Note;

use crate::evidence_set::EvidenceSet;
use crate::table::Table;

/// Most rows of one table in a document; the rest is in the table's member, and the document says so.
pub(super) const MAX_ROWS: usize = 1_000;

/// Most links that the matrices of a document are made from.
const MAX_LINKS: usize = 20_000;

/// The data of a document, JSON.
pub(super) fn of(evidence: &EvidenceSet, title: &str, tables: &[&str]) -> Vec<u8> {
    let index = &evidence.index;
    let figures: Map<String, Value> = index
        .figures
        .iter()
        .map(|f| {
            let shown = match &f.value {
                Value::Array(rows) => json!(rows.iter().take(MAX_ROWS).collect::<Vec<_>>()),
                other => other.clone(),
            };
            let total = f.value.as_array().map_or(1, Vec::len);
            (f.name.clone(), json!({ "title": f.title, "value": shown, "kind": f.kind, "total": total }))
        })
        .collect();
    let listed: Map<String, Value> = tables
        .iter()
        .filter_map(|name| evidence.tables.iter().find(|t| t.definition.name == *name))
        .map(|t| (t.definition.name.clone(), table(t)))
        .collect();
    let signatures: Vec<String> = Note::parse(evidence.checkpoint.as_bytes())
        .map(|note| note.signatures().iter().map(|s| format!("{}+{}", s.name(), s.key_id())).collect())
        .unwrap_or_default();
    let facts: Vec<Value> = evidence.facts.iter().map(|(fact, n)| json!([fact, n])).collect();
    let (onto, from) = ends(evidence);
    let data = json!({
        "links_onto": onto,
        "links_from": from,
        "title": title,
        "digest": evidence.digest.to_string(),
        "about": index.about,
        "scope": index.scope.to_string(),
        "device": index.device,
        "origin": index.origin,
        "simulated": index.simulated,
        "at": index.at,
        "known": index.known,
        "tree": index.tree,
        "entries": index.entries,
        "missing_blobs": index.missing_blobs,
        "blobs": index.members.iter().filter(|m| m.path.starts_with("blobs/")).count(),
        "generator": index.generator,
        "signatures": signatures,
        "checkpoint": evidence.checkpoint,
        "facts": facts,
        "figures": figures,
        "tables": listed,
        "all_tables": index.tables.iter().map(|t| json!({ "name": t.definition.name, "title": t.definition.title, "rows": t.rows, "kind": t.definition.kind })).collect::<Vec<_>>(),
    });
    data.to_string().into_bytes()
}

fn table(table: &Table) -> Value {
    let columns = &table.definition.columns;
    let row = |row: &Vec<Value>| -> Value {
        Value::Object(columns.iter().map(|c| c.name.clone()).zip(row.iter().cloned()).collect())
    };
    let rows: Vec<Value> = table.rows.iter().take(MAX_ROWS).map(row).collect();
    json!({ "title": table.definition.title, "total": table.rows.len(), "rows": rows, "member": table.definition.member() })
}

/// Links by the record they end at, and by the record they begin at: link, other record, its kind.
fn ends(evidence: &EvidenceSet) -> (Map<String, Value>, Map<String, Value>) {
    let (mut onto, mut from) = (Map::new(), Map::new());
    let Some(trace) = evidence.tables.iter().find(|t| t.definition.name == "trace") else {
        return (onto, from);
    };
    let columns = ["from", "from-kind", "link", "to", "to-kind"].map(|name| trace.column(name));
    for row in trace.rows.iter().take(MAX_LINKS) {
        let [a, a_kind, link, b, b_kind] =
            columns.map(|at| at.and_then(|at| row.get(at)).cloned().unwrap_or(Value::Null));
        let put = |map: &mut Map<String, Value>, at: &Value, other: &Value, kind: &Value| {
            let list = map.entry(at.as_str().unwrap_or_default()).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(json!([link, other, kind]));
            }
        };
        put(&mut onto, &b, &a, &a_kind);
        put(&mut from, &a, &b, &b_kind);
    }
    (onto, from)
}
