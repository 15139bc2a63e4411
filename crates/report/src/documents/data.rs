//! What a template sees: the index, the figures by name, and the tables it lists, no longer than a document may be.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tlog::Note;

use crate::evidence_set::EvidenceSet;
use crate::table::Table;

/// Most rows of one table in a document; the rest is in the table's member, and the document says so.
pub(super) const MAX_ROWS: usize = 1_000;

/// Most links that the matrices of a document are made from.
const MAX_LINKS: usize = 20_000;

/// Kind of the records of products, and most of them that a title block names.
const PRODUCT: &str = "product";
const MAX_PRODUCTS: usize = 8;

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
    let all = |name: &str| evidence.tables.iter().find(|t| t.definition.name == name);
    let products: Vec<Value> = all("records").map_or_else(Vec::new, |t| {
        let is = |row: &Value| row.get("kind").is_some_and(|kind| kind == PRODUCT);
        t.rows.iter().map(|row| object(t, row)).filter(is).take(MAX_PRODUCTS).collect()
    });
    let names: Map<String, Value> = all("sources").map_or_else(Map::new, |t| {
        let rows = t.rows.iter().map(|row| object(t, row));
        rows.filter_map(|r| Some((r.get("source")?.as_str()?.to_owned(), r.get("name")?.clone()))).collect()
    });
    let flagged: Vec<Value> = all("corrections").map_or_else(Vec::new, |t| {
        t.rows.iter().filter_map(|row| object(t, row).get("corrected").cloned()).collect()
    });
    let data = json!({
        "products": products,
        "names": names,
        "design_empty": all("records").is_some_and(|t| t.rows.is_empty()),
        "flagged": flagged,
        "verdicts_of": grouped(all("verdicts"), "case"),
        "runs_of": grouped(all("runs"), "case"),
        "decided_of": grouped(all("vulnerabilities"), "vulnerability"),
        "signed_of": grouped(all("signatures"), "record"),
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

/// A row under the names of its columns.
fn object(table: &Table, row: &[Value]) -> Value {
    let columns = &table.definition.columns;
    Value::Object(columns.iter().map(|c| c.name.clone()).zip(row.iter().cloned()).collect())
}

/// All rows of a table by the text, or each of the texts, in a column.
fn grouped(table: Option<&Table>, by: &str) -> Map<String, Value> {
    let mut out: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (table, row) in table.into_iter().flat_map(|t| t.rows.iter().map(move |row| (t, row))) {
        let row = object(table, row);
        let of = row.get(by).cloned().unwrap_or_default();
        let of = match of {
            Value::Array(several) => several,
            one => vec![one],
        };
        for one in of.iter().filter_map(Value::as_str) {
            out.entry(one.to_owned()).or_default().push(row.clone());
        }
    }
    out.into_iter().map(|(of, rows)| (of, Value::Array(rows))).collect()
}

fn table(table: &Table) -> Value {
    let rows: Vec<Value> = table.rows.iter().take(MAX_ROWS).map(|row| object(table, row)).collect();
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
