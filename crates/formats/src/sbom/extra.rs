//! What a foreign format cannot say of our form travels in it as an extension: one property (CycloneDX) or annotation
//! (SPDX) per element that holds, as JSON, the fields that would otherwise read back differently. So what we write
//! reads back equal, and other tools ignore it. Also here: where support level and end of support are found.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::model::{Component, Metadata, Property, RelationKind, Relationship, Sbom};

/// Name of the property, and prefix of the annotation.
pub(crate) const EXTENSION: &str = "vouchsafe:extension";
/// Property names under which we write the two FDA elements.
pub(crate) const SUPPORT: &str = "Level of Support";
pub(crate) const END_OF_SUPPORT: &str = "End-of-Support";

/// Which of the two FDA elements a property states, by the names in use for them.
enum Fda {
    Support,
    End,
}

fn fda(name: &str) -> Option<Fda> {
    let last = name.rsplit(':').next().unwrap_or(name);
    let plain: String = last.chars().filter(|c| c.is_alphanumeric()).collect();
    match plain.to_ascii_lowercase().as_str() {
        "levelofsupport" | "supportlevel" | "supportstatus" => Some(Fda::Support),
        "endofsupport" | "endofsupportdate" | "supportenddate" | "endofsupportdatetime" => Some(Fda::End),
        _ => None,
    }
}

/// Moves the first property that states each FDA element to its field.
pub(crate) fn lift_support(component: &mut Component) {
    let mut kept = Vec::with_capacity(component.properties.len());
    for property in component.properties.drain(..) {
        match fda(&property.name) {
            Some(Fda::Support) if component.support.is_none() => component.support = Some(property.value),
            Some(Fda::End) if component.end_of_support.is_none() => {
                component.end_of_support = Some(property.value);
            }
            _ => kept.push(property),
        }
    }
    component.properties = kept;
}

fn fields(of: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(of) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// The fields in which `actual` differs from what a format says, as JSON; null for a field that is absent.
pub(crate) fn difference<T: serde::Serialize>(actual: &T, said: &T) -> Option<String> {
    let (mut actual, said) = (fields(actual), fields(said));
    let absent: Vec<String> = said.keys().filter(|k| !actual.contains_key(*k)).cloned().collect();
    actual.retain(|key, value| said.get(key) != Some(value));
    actual.extend(absent.into_iter().map(|key| (key, Value::Null)));
    (!actual.is_empty()).then(|| Value::Object(actual).to_string())
}

/// Applies a [`difference`] where `admissible` lets it. What cannot be applied is ignored: an extension is never a
/// reason to refuse a document.
fn apply<T: serde::Serialize + serde::de::DeserializeOwned>(
    value: &mut T,
    extension: &str,
    admissible: fn(&str, Option<&Value>, &Value) -> bool,
) {
    let Ok(Value::Object(extension)) = serde_json::from_str(extension) else { return };
    let mut merged = fields(value);
    for (key, field) in extension {
        if !admissible(&key, merged.get(&key), &field) {
            continue;
        }
        if field.is_null() {
            merged.remove(&key);
        } else {
            merged.insert(key, field);
        }
    }
    if let Ok(changed) = serde_json::from_value(Value::Object(merged)) {
        *value = changed;
    }
}

/// An extension adds what the format cannot say; it never contradicts what the document shows to other tools.
fn adds_to_component(key: &str, shown: Option<&Value>, field: &Value) -> bool {
    let Some(shown) = shown else { return key != "parent" && !field.is_null() };
    match key {
        // Our identifier and kind, where the format has a narrower set.
        "ref" | "class" => true,
        "supplier" | "manufacturer" => shown.get("name") == field.get("name"),
        "cpes" | "creators" | "hashes" | "properties" | "purls" | "references" => match (shown, field) {
            (Value::Array(shown), Value::Array(field)) => shown.iter().all(|item| field.contains(item)),
            _ => false,
        },
        // Forms and roles may become known, texts may not change.
        "licences" => joined(shown) == joined(field),
        _ => false,
    }
}

/// What SPDX demands and our form may lack; these stand there instead.
pub(crate) const NO_TIME: &str = "1970-01-01T00:00:00Z";
pub(crate) const NO_NAME: &str = "unnamed";
pub(crate) const NO_NAMESPACE: &str = "urn:vouchsafe:no-namespace";
pub(crate) const NO_CREATOR: &str = "vouchsafe";

fn adds_to_metadata(key: &str, shown: Option<&Value>, field: &Value) -> bool {
    let Some(shown) = shown else { return !field.is_null() };
    let placeholder = match key {
        "timestamp" => shown == NO_TIME,
        "name" => shown == NO_NAME,
        "id" => shown == NO_NAMESPACE,
        "creators" => *shown == serde_json::json!([{"kind": "tool", "name": NO_CREATOR}]),
        _ => false,
    };
    placeholder || (key != "name" && !field.is_null() && adds_to_component(key, Some(shown), field))
}

fn joined(licences: &Value) -> String {
    let texts = licences.as_array().into_iter().flatten().filter_map(|l| l.get("text")?.as_str());
    texts.collect::<Vec<_>>().join(" AND ")
}

fn take(properties: &mut Vec<Property>) -> Option<Box<str>> {
    let at = properties.iter().rposition(|p| &*p.name == EXTENSION)?;
    Some(properties.remove(at).value)
}

/// Applies the extension a component carries. Where it stands in the tree is the document's to say.
pub(crate) fn restore_component(component: &mut Component) {
    if let Some(extension) = take(&mut component.properties) {
        extend(component, &extension);
    }
}

pub(crate) fn extend(component: &mut Component, extension: &str) {
    let parent = component.parent;
    apply(component, extension, adds_to_component);
    component.parent = parent;
}

/// What a document carries besides its metadata.
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct DocumentExtra {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Box<str>>,
    /// Relationships the format cannot state.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) relationships: Vec<Relationship>,
    /// Relationships stated for other readers only, because our form says them otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) implied: Vec<Relationship>,
}

/// Applies the extension a document carries.
pub(crate) fn restore_document(sbom: &mut Sbom) {
    if let Some(extension) = take(&mut sbom.metadata.properties) {
        restore(sbom, &extension);
    }
}

pub(crate) fn restore(sbom: &mut Sbom, extension: &str) {
    let Ok(extra) = serde_json::from_str::<DocumentExtra>(extension) else { return };
    if let Some(metadata) = extra.metadata {
        apply::<Metadata>(&mut sbom.metadata, &metadata, adds_to_metadata);
    }
    if !extra.implied.is_empty() {
        // Only what we imply ourselves can be taken back: a dependency that is shown stays.
        let ours = |r: &Relationship| matches!(r.kind, RelationKind::CONTAINS | RelationKind::DESCRIBES);
        let implied: BTreeSet<Relationship> = extra.implied.into_iter().filter(ours).collect();
        sbom.relationships.retain(|r| !implied.contains(r));
    }
    sbom.relationships.extend(extra.relationships);
}
