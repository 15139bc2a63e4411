//! Writes SPDX 2.3 JSON, and prepares what both writers of SPDX share. What 2.3 cannot say travels in annotations
//! that begin with `vouchsafe:extension` (see `extra.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::names::{self, DOCUMENT};
use super::table::relation;
use crate::sbom::extra::{self, DocumentExtra, EXTENSION, NO_CREATOR, NO_NAME, NO_NAMESPACE, NO_TIME};
use crate::sbom::model::{
    Class, Component, Licence, LicenceForm, LicenceRole, Metadata, Parent, Reference, RelationKind,
    Relationship, Sbom, Target,
};
use crate::sbom::{order, time};

/// Who annotates.
const TOOL: &str = "Tool: vouchsafe";

/// What an annotation of ours says of a package.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PackageExtra {
    /// Fields SPDX cannot say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) component: Option<Box<str>>,
    /// It is the subject of the document.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) subject: bool,
    /// SPDX identifier of what holds it; empty for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) within: Option<Box<str>>,
}

/// A document in SPDX's terms, for both writers.
pub(super) struct Outline {
    pub(super) metadata: Metadata,
    pub(super) creators: Vec<String>,
    pub(super) extension: Option<String>,
    pub(super) packages: Vec<Package>,
    pub(super) relationships: Vec<Relationship>,
}

pub(super) struct Package {
    pub(super) id: Arc<str>,
    pub(super) said: Component,
    pub(super) extension: Option<String>,
}

impl Outline {
    pub(super) fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or(NO_NAME)
    }

    pub(super) fn namespace(&self) -> &str {
        self.metadata.id.as_deref().unwrap_or(NO_NAMESPACE)
    }

    /// The licences that expressions refer to and the document has to list; their texts are not kept.
    pub(super) fn licence_refs(&self) -> BTreeSet<&str> {
        let texts = self.packages.iter().flat_map(|p| &p.said.licences).map(|l| &*l.text);
        let words = texts.flat_map(|text| text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')')));
        words.filter(|word| word.starts_with("LicenseRef-")).collect()
    }

    pub(super) fn created(&self) -> &str {
        self.metadata.timestamp.as_deref().unwrap_or(NO_TIME)
    }
}

/// Puts an SBOM in SPDX's terms.
pub(super) fn outline(sbom: &Sbom) -> Outline {
    let sbom = order::normalise(sbom.clone());
    let all: Vec<&Component> = sbom.components.iter().chain(sbom.subject.as_deref()).collect();
    let ids = identifiers(&all);
    let id_of = |index: usize| ids.get(index).cloned().unwrap_or_default();
    let mut by_reference: BTreeMap<&str, Arc<str>> = BTreeMap::new();
    for (component, id) in all.iter().zip(&ids) {
        if !component.reference.is_empty() {
            by_reference.entry(&component.reference).or_insert_with(|| Arc::clone(id));
        }
    }
    let taken: BTreeSet<&str> = ids.iter().map(|id| &**id).collect();
    let mut extra = DocumentExtra::default();
    let mut relationships = Vec::new();
    let endpoint = |reference: &str| {
        let known = by_reference.get(reference).cloned();
        // What points into another document would need that document declared, which is not kept.
        let free = |text: &str| (names::is_spdx_id(text) && !taken.contains(text)).then(|| Arc::from(text));
        known.or_else(|| free(reference))
    };
    for relationship in &sbom.relationships {
        let to = match &relationship.to {
            Target::Ref(to) => endpoint(to).map(Target::Ref),
            other => Some(other.clone()),
        };
        match (endpoint(&relationship.from), to, relation(relationship.kind.name())) {
            (Some(from), Some(to), Some(kind)) => relationships.push(Relationship { from, kind, to }),
            _ => extra.relationships.push(relationship.clone()),
        }
    }
    let mut implied = Vec::new();
    let mut packages = Vec::new();
    let subject_at = sbom.components.len();
    for (index, component) in all.iter().enumerate() {
        let subject = index == subject_at;
        let within = match component.parent {
            Parent::Component(holder) => Some(id_of(holder as usize)),
            Parent::Subject => Some(id_of(subject_at)),
            Parent::Top => None,
        };
        if let Some(holder) = &within {
            let (from, to) = (Arc::clone(holder), Target::Ref(id_of(index)));
            implied.push(Relationship { from, kind: RelationKind::CONTAINS, to });
        } else if subject || sbom.subject.is_none() {
            let to = Target::Ref(id_of(index));
            implied.push(Relationship { from: Arc::from(DOCUMENT), kind: RelationKind::DESCRIBES, to });
        }
        let said = said(component, id_of(index));
        let package = PackageExtra {
            component: extra::difference(&Component { parent: Parent::Top, ..(*component).clone() }, &said)
                .map(String::into_boxed_str),
            subject,
            within: match component.parent {
                Parent::Subject => Some("".into()),
                _ => within.map(|id| Box::from(&*id)),
            },
        };
        let needed = package.component.is_some() || package.subject || package.within.is_some();
        // Plain structs of strings always serialise.
        let extension =
            needed.then(|| format!("{EXTENSION} {}", serde_json::to_string(&package).unwrap_or_default()));
        packages.push(Package { id: id_of(index), said, extension });
    }
    // A document that already says what it describes needs no help.
    if relationships.iter().any(|r| r.kind == RelationKind::DESCRIBES) {
        implied.retain(|r| r.kind != RelationKind::DESCRIBES);
    }
    let stated: BTreeSet<&Relationship> = relationships.iter().collect();
    implied.retain(|r| !stated.contains(r));
    relationships.extend(implied.iter().cloned());
    extra.implied = implied;
    let metadata = said_metadata(&sbom.metadata);
    let mut creators: Vec<String> = metadata.creators.iter().map(names::creator_text).collect();
    if creators.is_empty() {
        creators.push(format!("Tool: {NO_CREATOR}"));
    }
    let read_back = Metadata {
        name: metadata.name.clone().or(Some(NO_NAME.into())),
        id: metadata.id.clone().or(Some(NO_NAMESPACE.into())),
        timestamp: metadata.timestamp.clone().or(Some(NO_TIME.into())),
        creators: creators.iter().filter_map(|text| names::creator(text)).collect(),
        ..metadata.clone()
    };
    extra.metadata = extra::difference(&sbom.metadata, &read_back).map(String::into_boxed_str);
    let needed = extra.metadata.is_some() || !extra.relationships.is_empty() || !extra.implied.is_empty();
    let extension =
        needed.then(|| format!("{EXTENSION} {}", serde_json::to_string(&extra).unwrap_or_default()));
    Outline { metadata, creators, extension, packages, relationships }
}

/// An SPDX identifier for each component: its own where it is one and unique, else a numbered one.
fn identifiers(all: &[&Component]) -> Vec<Arc<str>> {
    let mut taken: BTreeSet<Arc<str>> = BTreeSet::from([Arc::from(DOCUMENT)]);
    let own: Vec<bool> = all
        .iter()
        .map(|c| names::is_spdx_id(&c.reference) && taken.insert(Arc::clone(&c.reference)))
        .collect();
    let mut next = 0usize;
    let mut fresh = || {
        loop {
            next += 1;
            let id: Arc<str> = Arc::from(format!("SPDXRef-{next}"));
            if taken.insert(Arc::clone(&id)) {
                return id;
            }
        }
    };
    all.iter().zip(own).map(|(c, own)| if own { Arc::clone(&c.reference) } else { fresh() }).collect()
}

/// What a reader of SPDX 2.3 would understand of the component.
fn said(actual: &Component, id: Arc<str>) -> Component {
    let class = match actual.class {
        Class::Unstated => Class::Unstated,
        class if names::purpose(class).is_some() => class,
        _ => Class::Other,
    };
    let mut references: Vec<Reference> =
        actual.references.iter().filter(|r| expressible(&r.kind) && !r.url.is_empty()).cloned().collect();
    for once in ["website", "distribution"] {
        let usable = |r: &Reference| !matches!(&*r.url, "" | "NONE" | "NOASSERTION");
        references.extend(actual.references.iter().find(|r| &*r.kind == once && usable(r)).cloned());
    }
    references.sort_by(|a, b| a.kind.cmp(&b.kind));
    let one_line = |text: &str| text.trim() == text && !text.is_empty();
    let party = |p: &Option<_>| p.clone().filter(|p| names::party(&names::party_text(p)).as_ref() == Some(p));
    Component {
        class,
        cpes: actual.cpes.iter().filter(|c| one_line(c)).cloned().collect(),
        end_of_support: actual.end_of_support.clone().filter(|t| time::normalise(t).as_deref() == Some(&**t)),
        hashes: actual
            .hashes
            .iter()
            .filter(|h| names::algorithm_to(&h.algorithm).is_some() && one_line(&h.value))
            .cloned()
            .collect(),
        licences: licences(&actual.licences),
        manufacturer: party(&actual.manufacturer),
        name: actual.name.clone(),
        purls: actual.purls.iter().filter(|p| one_line(p)).cloned().collect(),
        reference: id,
        references,
        supplier: party(&actual.supplier),
        version: actual.version.clone().filter(|v| !matches!(&**v, "" | "NOASSERTION")),
        ..Component::default()
    }
}

/// Whether a kind of link is `CATEGORY TYPE` as read from SPDX.
fn expressible(kind: &str) -> bool {
    let Some((category, rest)) = kind.split_once(' ') else { return false };
    let known = matches!(category, "SECURITY" | "PACKAGE-MANAGER" | "PERSISTENT-ID" | "OTHER");
    let ours =
        matches!((category, rest), ("PACKAGE-MANAGER", "purl") | ("SECURITY", "cpe22Type" | "cpe23Type"));
    known && !ours && !rest.is_empty() && !rest.contains(char::is_whitespace)
}

/// SPDX has one declared and one concluded expression. Several identifiers are joined; free names are left out.
fn licences(actual: &[Licence]) -> Vec<Licence> {
    let plain = |text: &str| !matches!(text, "" | "NOASSERTION") && text.trim() == text;
    let as_is = match actual {
        [one] => one.role != LicenceRole::Unstated,
        [one, two] => one.role == LicenceRole::Declared && two.role == LicenceRole::Concluded,
        _ => false,
    };
    if as_is && actual.iter().all(|l| l.form == LicenceForm::Expression && plain(&l.text)) {
        return actual.to_vec();
    }
    if actual.is_empty() || actual.iter().any(|l| l.form == LicenceForm::Name || !plain(&l.text)) {
        return Vec::new();
    }
    let text = actual.iter().map(|l| &*l.text).collect::<Vec<_>>().join(" AND ").into();
    vec![Licence { form: LicenceForm::Expression, role: LicenceRole::Declared, text }]
}

fn said_metadata(actual: &Metadata) -> Metadata {
    let creators =
        actual.creators.iter().filter(|c| names::creator(&names::creator_text(c)).as_ref() == Some(c));
    Metadata {
        creators: creators.cloned().collect(),
        id: actual.id.clone().filter(|id| !id.is_empty()),
        name: actual.name.clone().filter(|name| !name.is_empty()),
        timestamp: actual.timestamp.clone().filter(|t| time::normalise(t).as_deref() == Some(&**t)),
        ..Metadata::default()
    }
}

/// Field order is reading order: a reader learns the version first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'a str,
    document_namespace: &'a str,
    creation_info: Value,
    packages: Vec<Value>,
    relationships: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<Value>,
}

/// The SBOM as SPDX 2.3 JSON. Reading it back gives the same normalised SBOM. O(n log n) time, O(n) memory.
#[must_use]
pub fn write_json(sbom: &Sbom) -> Vec<u8> {
    let outline = outline(sbom);
    let annotation = |comment: &String| {
        json!({
            "annotationDate": outline.created(),
            "annotationType": "OTHER",
            "annotator": TOOL,
            "comment": comment,
        })
    };
    let relationship = |r: &Relationship| {
        json!({
            "spdxElementId": r.from,
            "relationshipType": r.kind.name(),
            "relatedSpdxElement": target(&r.to),
        })
    };
    let document = Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: outline.name(),
        document_namespace: outline.namespace(),
        creation_info: json!({"created": outline.created(), "creators": outline.creators}),
        packages: outline.packages.iter().map(|p| package(p, p.extension.as_ref().map(annotation))).collect(),
        relationships: outline.relationships.iter().map(relationship).collect(),
        has_extracted_licensing_infos: outline
            .licence_refs()
            .into_iter()
            .map(|id| json!({"licenseId": id, "extractedText": "NOASSERTION"}))
            .collect(),
        annotations: outline.extension.iter().map(annotation).collect(),
    };
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}

pub(super) fn target(target: &Target) -> &str {
    match target {
        Target::None => "NONE",
        Target::NoAssertion => "NOASSERTION",
        Target::Ref(to) => to,
    }
}

/// The two licence fields, declared first.
pub(super) fn licence_fields(said: &Component) -> [(&'static str, &str); 2] {
    let of = |role| said.licences.iter().find(|l| l.role == role).map_or("NOASSERTION", |l| &*l.text);
    [("licenseDeclared", of(LicenceRole::Declared)), ("licenseConcluded", of(LicenceRole::Concluded))]
}

/// The external references: category, type, locator.
pub(super) fn external_refs(said: &Component) -> Vec<(&str, &str, &str)> {
    let purls = said.purls.iter().map(|purl| ("PACKAGE-MANAGER", "purl", &**purl));
    let cpes = said.cpes.iter().map(|cpe| {
        let kind = if cpe.starts_with("cpe:2.3:") { "cpe23Type" } else { "cpe22Type" };
        ("SECURITY", kind, &**cpe)
    });
    let others = said.references.iter().filter_map(|r| {
        let (category, kind) = r.kind.split_once(' ')?;
        Some((category, kind, &*r.url))
    });
    purls.chain(cpes).chain(others).collect()
}

pub(super) fn link<'a>(said: &'a Component, kind: &str) -> Option<&'a str> {
    said.references.iter().find(|r| &*r.kind == kind).map(|r| &*r.url)
}

fn package(package: &Package, annotation: Option<Value>) -> Value {
    let said = &package.said;
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("SPDXID", json!(package.id));
    put("name", json!(said.name));
    put("downloadLocation", json!(link(said, "distribution").unwrap_or("NOASSERTION")));
    put("filesAnalyzed", json!(false));
    put("copyrightText", json!("NOASSERTION"));
    if let Some(version) = &said.version {
        put("versionInfo", json!(version));
    }
    put("supplier", json!(said.supplier.as_ref().map_or("NOASSERTION".to_owned(), names::party_text)));
    if let Some(manufacturer) = &said.manufacturer {
        put("originator", json!(names::party_text(manufacturer)));
    }
    for (name, text) in licence_fields(said) {
        put(name, json!(text));
    }
    if let Some(url) = link(said, "website") {
        put("homepage", json!(url));
    }
    if let Some(purpose) = names::purpose(said.class) {
        put("primaryPackagePurpose", json!(purpose));
    }
    if let Some(end) = &said.end_of_support {
        put("validUntilDate", json!(end));
    }
    if !said.hashes.is_empty() {
        let hash = |h: &crate::sbom::model::Hash| json!({"algorithm": names::algorithm_to(&h.algorithm), "checksumValue": h.value});
        put("checksums", said.hashes.iter().map(hash).collect());
    }
    let refs = external_refs(said);
    if !refs.is_empty() {
        let one = |(category, kind, locator)| json!({"referenceCategory": category, "referenceType": kind, "referenceLocator": locator});
        put("externalRefs", refs.into_iter().map(one).collect());
    }
    if let Some(annotation) = annotation {
        put("annotations", json!([annotation]));
    }
    Value::Object(out)
}
