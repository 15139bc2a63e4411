//! Writes CycloneDX 1.6 JSON. What 1.6 cannot say travels in the property `vouchsafe:extension` (see `extra.rs`).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::sbom::check::{Check, is_serial_number};
use crate::sbom::extra::{self, DocumentExtra, END_OF_SUPPORT, EXTENSION, SUPPORT};
use crate::sbom::model::{
    Class, Component, CreatorKind, Licence, LicenceForm, LicenceRole, Metadata, Parent, Party, PartyKind,
    Property, RelationKind, Sbom, Scope, Target,
};
use crate::sbom::{order, time};

use super::table_parts::{ALGORITHMS, REFERENCE_TYPES};

const VERSION: u8 = 16;

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

/// The SBOM as CycloneDX 1.6 JSON. Reading it back gives the same normalised SBOM. O(n) time and memory.
///
/// Relationships other than `DEPENDS_ON` and `PROVIDES`, second package URLs and CPEs, free-text licences beside
/// expressions and the like are kept for our reader only.
#[must_use]
pub fn write_json(sbom: &Sbom) -> Vec<u8> {
    let sbom = order::normalise(sbom.clone());
    let mut extra = DocumentExtra::default();
    let dependencies = dependencies(&sbom, &mut extra);
    let (metadata, said) = metadata(&sbom.metadata);
    extra.metadata = extra::difference(&sbom.metadata, &said).map(String::into_boxed_str);
    let mut properties: Vec<Value> = sbom.metadata.properties.iter().map(property).collect();
    if extra.metadata.is_some() || !extra.relationships.is_empty() {
        // Plain structs of strings always serialise.
        let value = serde_json::to_string(&extra).unwrap_or_default();
        properties.push(json!({"name": EXTENSION, "value": value}));
    }
    let (components, inside_subject) = tree(&sbom);
    let mut metadata = metadata;
    if let Some(subject) = sbom.subject.as_deref() {
        let mut subject = component(subject);
        if !inside_subject.is_empty() {
            subject.insert("components".to_owned(), Value::Array(inside_subject));
        }
        metadata.insert("component".to_owned(), Value::Object(subject));
    }
    let bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: said.id,
        version: said.version,
        metadata: Value::Object(metadata),
        components,
        dependencies,
        properties,
    };
    serde_json::to_vec_pretty(&bom).unwrap_or_default()
}

/// Components nested again: those at the top, and those inside the subject. From the last to the first, since a
/// component stands after the one that holds it; no recursion.
fn tree(sbom: &Sbom) -> (Vec<Value>, Vec<Value>) {
    let mut held: Vec<Vec<Value>> = vec![Vec::new(); sbom.components.len()];
    let (mut top, mut subject) = (Vec::new(), Vec::new());
    for (index, one) in sbom.components.iter().enumerate().rev() {
        let mut value = component(one);
        if let Some(mut inside) = held.get_mut(index).map(std::mem::take)
            && !inside.is_empty()
        {
            inside.reverse();
            value.insert("components".to_owned(), Value::Array(inside));
        }
        let list = match one.parent {
            Parent::Top => &mut top,
            Parent::Subject => &mut subject,
            Parent::Component(parent) => match held.get_mut(parent as usize) {
                Some(list) => list,
                None => &mut top,
            },
        };
        list.push(Value::Object(value));
    }
    top.reverse();
    subject.reverse();
    (top, subject)
}

fn property(property: &Property) -> Value {
    json!({"name": property.name, "value": property.value})
}

fn component(actual: &Component) -> Map<String, Value> {
    let said = said(actual);
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("type", json!(said.class));
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
    let stated = [(SUPPORT, &said.support), (END_OF_SUPPORT, &said.end_of_support)];
    let stated =
        stated.into_iter().filter_map(|(name, value)| Some(json!({"name": name, "value": value.as_ref()?})));
    let mut properties: Vec<Value> = stated.chain(said.properties.iter().map(property)).collect();
    if let Some(extension) = extra::difference(&Component { parent: said.parent, ..actual.clone() }, &said) {
        properties.push(json!({"name": EXTENSION, "value": extension}));
    }
    if !properties.is_empty() {
        put("properties", Value::Array(properties));
    }
    out
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Optional => "optional",
        Scope::Excluded => "excluded",
    }
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

/// What a reader of 1.6 would understand of the component; every difference goes into the extension.
fn said(actual: &Component) -> Component {
    let mut said = actual.clone();
    said.class = match actual.class {
        Class::Unstated | Class::Source | Class::Archive | Class::Install | Class::Other => Class::Library,
        class => class,
    };
    said.purls.truncate(1);
    said.cpes.truncate(1);
    said.external = false;
    said.version_range = None;
    for party in [&mut said.supplier, &mut said.manufacturer].into_iter().flatten() {
        party.kind = PartyKind::Organization;
    }
    said.hashes.retain(|h| {
        ALGORITHMS.test(&h.algorithm, VERSION).is_ok() && Check::HashValue.test(&h.value, VERSION).is_ok()
    });
    said.references.retain(|r| REFERENCE_TYPES.test(&r.kind, VERSION).is_ok());
    said.licences = licences(&actual.licences);
    said
}

/// Version 1.6 has either licences or one expression; a mixture is written as licences by name.
fn licences(actual: &[Licence]) -> Vec<Licence> {
    let expressions = actual.iter().filter(|l| l.form == LicenceForm::Expression).count();
    let name = |l: &Licence| match l.form {
        LicenceForm::Id if Check::LicenceId.test(&l.text, VERSION).is_ok() => l.clone(),
        _ => Licence { form: LicenceForm::Name, ..l.clone() },
    };
    if expressions == 1 && actual.len() == 1 { actual.to_vec() } else { actual.iter().map(name).collect() }
}

fn metadata(actual: &Metadata) -> (Map<String, Value>, Metadata) {
    let mut said = actual.clone();
    said.name = None;
    said.id = actual.id.clone().filter(|id| is_serial_number(id));
    said.version = actual.version.filter(|v| *v >= 1);
    said.timestamp = actual.timestamp.clone().filter(|t| time::normalise(t).as_deref() == Some(&**t));
    let of = |kind| actual.creators.iter().filter(move |c| c.kind == kind && !c.name.is_empty()).cloned();
    said.creators = of(CreatorKind::Person).chain(of(CreatorKind::Tool)).collect();
    for party in [&mut said.supplier, &mut said.manufacturer].into_iter().flatten() {
        party.kind = PartyKind::Organization;
    }
    let mut out = Map::new();
    if let Some(timestamp) = &said.timestamp {
        out.insert("timestamp".to_owned(), json!(timestamp));
    }
    let authors: Vec<Value> = of(CreatorKind::Person).map(|c| json!({"name": c.name})).collect();
    if !authors.is_empty() {
        out.insert("authors".to_owned(), Value::Array(authors));
    }
    let tools: Vec<Value> =
        of(CreatorKind::Tool).map(|c| json!({"type": "application", "name": c.name})).collect();
    if !tools.is_empty() {
        out.insert("tools".to_owned(), json!({"components": tools}));
    }
    let party = |p: &Party| json!({"name": p.name});
    if let Some(supplier) = &said.supplier {
        out.insert("supplier".to_owned(), party(supplier));
    }
    if let Some(manufacturer) = &said.manufacturer {
        out.insert("manufacturer".to_owned(), party(manufacturer));
    }
    (out, said)
}

fn dependencies(sbom: &Sbom, extra: &mut DocumentExtra) -> Vec<Value> {
    #[derive(Default)]
    struct Links<'a> {
        depends: Vec<&'a str>,
        provides: Vec<&'a str>,
        none: bool,
    }
    let mut by_ref: BTreeMap<&str, Links<'_>> = BTreeMap::new();
    let (mut nones, mut others) = (Vec::new(), Vec::new());
    for relationship in &sbom.relationships {
        let from = &*relationship.from;
        match (&relationship.to, relationship.kind) {
            _ if from.is_empty() => others.push(relationship),
            (Target::Ref(to), RelationKind::DEPENDS_ON) if !to.is_empty() => {
                by_ref.entry(from).or_default().depends.push(to);
            }
            (Target::Ref(to), RelationKind::PROVIDES) if !to.is_empty() => {
                by_ref.entry(from).or_default().provides.push(to);
            }
            (Target::None, RelationKind::DEPENDS_ON) => nones.push(relationship),
            _ => others.push(relationship),
        }
    }
    for relationship in nones {
        let links = by_ref.entry(&*relationship.from).or_default();
        if links.depends.is_empty() && links.provides.is_empty() {
            links.none = true;
        } else {
            others.push(relationship);
        }
    }
    extra.relationships = others.into_iter().cloned().collect();
    let entry = |(from, links): (&str, Links<'_>)| {
        let mut entry = Map::new();
        entry.insert("ref".to_owned(), json!(from));
        if links.none || !links.depends.is_empty() {
            entry.insert("dependsOn".to_owned(), json!(links.depends));
        }
        if !links.provides.is_empty() {
            entry.insert("provides".to_owned(), json!(links.provides));
        }
        Value::Object(entry)
    };
    by_ref.into_iter().map(entry).collect()
}
