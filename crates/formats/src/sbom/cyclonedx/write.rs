//! Writes CycloneDX 1.6 JSON. Not here: what is said of an SBOM (see `terms.rs`).

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::terms::{Links, held, scope_name, tell, terms, type_name};
use crate::sbom::model::{
    Component, CreatorKind, Licence, LicenceForm, LicenceRole, Metadata, Property, Sbom,
};

/// Field order is reading order: a reader learns format and version first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    metadata: Value,
    components: Vec<Value>,
    dependencies: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Value>,
}

/// The SBOM as CycloneDX 1.6 JSON. Reading it back gives the same normalised SBOM. O(n log n) time, O(n) memory.
///
/// Relationships other than `DEPENDS_ON` and `PROVIDES`, second package URLs and CPEs, free-text licences beside
/// expressions and the like are kept for our reader only.
#[must_use]
pub fn write_json(sbom: &Sbom) -> Vec<u8> {
    let terms = terms(sbom);
    let (components, in_subject) = held(&terms.sbom, component);
    let mut metadata = metadata(&terms.metadata);
    if let Some(subject) = terms.sbom.subject.as_deref() {
        metadata.insert("component".to_owned(), component(subject, in_subject));
    }
    let bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: terms.metadata.id,
        version: terms.metadata.version,
        metadata: Value::Object(metadata),
        components,
        dependencies: terms.dependencies.iter().map(dependency).collect(),
        properties: terms.properties.iter().map(property).collect(),
    };
    serde_json::to_vec_pretty(&bom).unwrap_or_default()
}

fn property(property: &Property) -> Value {
    json!({"name": property.name, "value": property.value})
}

fn component(actual: &Component, inside: Vec<Value>) -> Value {
    let told = tell(actual);
    let said = told.said;
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("type", json!(type_name(said.class)));
    put("name", json!(said.name));
    if !said.reference.is_empty() {
        put("bom-ref", json!(said.reference));
    }
    let texts = [
        ("author", &said.author),
        ("publisher", &said.publisher),
        ("group", &said.group),
        ("version", &said.version),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            put(name, json!(text));
        }
    }
    for (name, party) in [("supplier", &said.supplier), ("manufacturer", &said.manufacturer)] {
        if let Some(party) = party {
            put(name, json!({"name": party.name}));
        }
    }
    if let Some(scope) = said.scope {
        put("scope", json!(scope_name(scope)));
    }
    if let Some(purl) = said.purls.first() {
        put("purl", json!(purl));
    }
    if let Some(cpe) = said.cpes.first() {
        put("cpe", json!(cpe));
    }
    if let Some(swid) = &said.swid {
        put("swid", json!({"tagId": swid, "name": said.name}));
    }
    if !said.hashes.is_empty() {
        let hashes = said.hashes.iter().map(|h| json!({"alg": h.algorithm, "content": h.value}));
        put("hashes", hashes.collect());
    }
    if !said.licences.is_empty() {
        put("licenses", said.licences.iter().map(licence).collect());
    }
    if !said.references.is_empty() {
        let references = said.references.iter().map(|r| json!({"type": r.kind, "url": r.url}));
        put("externalReferences", references.collect());
    }
    if !told.properties.is_empty() {
        put("properties", told.properties.iter().map(property).collect());
    }
    if !inside.is_empty() {
        put("components", Value::Array(inside));
    }
    Value::Object(out)
}

fn licence(licence: &Licence) -> Value {
    let mut inner = Map::new();
    let name = match licence.form {
        LicenceForm::Id => "id",
        LicenceForm::Name => "name",
        LicenceForm::Expression => "expression",
    };
    inner.insert(name.to_owned(), json!(licence.text));
    match licence.role {
        LicenceRole::Unstated => {}
        LicenceRole::Declared => {
            inner.insert("acknowledgement".to_owned(), json!("declared"));
        }
        LicenceRole::Concluded => {
            inner.insert("acknowledgement".to_owned(), json!("concluded"));
        }
    }
    match licence.form {
        LicenceForm::Expression => Value::Object(inner),
        _ => json!({"license": inner}),
    }
}

fn metadata(said: &Metadata) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(timestamp) = &said.timestamp {
        out.insert("timestamp".to_owned(), json!(timestamp));
    }
    let of = |kind| said.creators.iter().filter(move |c| c.kind == kind);
    let authors: Vec<Value> = of(CreatorKind::Person).map(|c| json!({"name": c.name})).collect();
    if !authors.is_empty() {
        out.insert("authors".to_owned(), Value::Array(authors));
    }
    let tools: Vec<Value> =
        of(CreatorKind::Tool).map(|c| json!({"type": "application", "name": c.name})).collect();
    if !tools.is_empty() {
        out.insert("tools".to_owned(), json!({"components": tools}));
    }
    for (name, party) in [("supplier", &said.supplier), ("manufacturer", &said.manufacturer)] {
        if let Some(party) = party {
            out.insert(name.to_owned(), json!({"name": party.name}));
        }
    }
    out
}

fn dependency(links: &Links) -> Value {
    let mut entry = Map::new();
    entry.insert("ref".to_owned(), json!(links.of));
    if links.none || !links.depends.is_empty() {
        entry.insert("dependsOn".to_owned(), json!(links.depends));
    }
    if !links.provides.is_empty() {
        entry.insert("provides".to_owned(), json!(links.provides));
    }
    Value::Object(entry)
}
