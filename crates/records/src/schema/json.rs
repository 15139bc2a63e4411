//! JSON Schemas (draft 2020-12) for front matter and `vouchsafe.toml`, generated from the schema in force, so that
//! editors complete and check what people write.

use super::{FieldDef, FieldType, Schema};
use serde_json::{Map, Value, json};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of front matter: one alternative a kind.
#[must_use]
pub fn front_matter_schema(schema: &Schema) -> Value {
    let mut definitions = Map::new();
    let ids = json!({
        "oneOf": [
            { "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$" },
            { "type": "array", "items": { "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$" }, "uniqueItems": true }
        ]
    });
    definitions.insert("targets".to_owned(), ids);
    let mut alternatives = Vec::new();
    for (number, kind) in (0_u16..).zip(&schema.kinds) {
        let mut fields: Map<String, Value> =
            kind.fields.iter().map(|field| (field.name.to_string(), field_schema(field))).collect();
        fields.insert("kind".to_owned(), json!({ "const": &*kind.name, "description": kind.doc }));
        let links: Map<String, Value> = schema
            .links
            .iter()
            .filter(|link| link.from.is_empty() || link.from.contains(&super::KindId(number)))
            .map(|link| {
                (link.name.to_string(), json!({ "$ref": "#/$defs/targets", "description": link.title }))
            })
            .collect();
        fields.insert(
            "links".to_owned(),
            json!({ "type": "object", "properties": links, "additionalProperties": false }),
        );
        let required: Vec<&str> = ["id", "kind"]
            .into_iter()
            .chain(kind.fields.iter().filter(|field| field.required).map(|field| &*field.name))
            .collect();
        definitions.insert(
            kind.name.to_string(),
            json!({ "type": "object", "title": kind.title, "properties": fields, "required": required, "additionalProperties": false }),
        );
        alternatives.push(json!({
            "if": { "properties": { "kind": { "const": &*kind.name } }, "required": ["kind"] },
            "then": { "$ref": format!("#/$defs/{}", kind.name) }
        }));
    }
    let kinds: Vec<&str> = schema.kinds.iter().map(|kind| &*kind.name).collect();
    json!({
        "$schema": DRAFT,
        "title": "Front matter of a Vouchsafe record",
        "type": "object",
        "required": ["id", "kind"],
        "properties": { "kind": { "enum": kinds } },
        "allOf": alternatives,
        "$defs": definitions,
    })
}

fn field_schema(field: &FieldDef) -> Value {
    let one = |of: Value| json!({ "oneOf": [of.clone(), { "type": "array", "items": of }] });
    let mut value = match field.kind {
        FieldType::Text => json!({ "type": ["string", "number", "boolean"] }),
        FieldType::Integer => json!({ "type": "integer" }),
        FieldType::Number => json!({ "type": "number" }),
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Date => {
            json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?$" })
        }
        FieldType::Enum => json!({ "enum": field.values }),
        FieldType::List | FieldType::Paths => one(json!({ "type": ["string", "number", "boolean"] })),
        FieldType::Set if field.values.is_empty() => one(json!({ "type": "string" })),
        FieldType::Set => one(json!({ "enum": field.values })),
    };
    if let Some(object) = value.as_object_mut() {
        object.insert("description".to_owned(), json!(field.doc));
    }
    value
}

/// The shape of `[risk]`.
fn risk() -> Value {
    let text = || json!({ "type": "string" });
    let region = json!({ "enum": crate::risk::Region::ALL.map(crate::risk::Region::name) });
    let rows = json!({ "type": "object", "additionalProperties": { "type": "array", "items": region } });
    let level = |bound: bool| {
        let mut fields = json!({ "name": text(), "doc": text() });
        if let (true, Some(fields)) = (bound, fields.as_object_mut()) {
            fields.insert("below".to_owned(), json!({ "type": "number", "exclusiveMinimum": 0 }));
        }
        json!({ "type": "array", "minItems": 1, "maxItems": 12, "items": {
            "type": "object", "properties": fields, "required": ["name"], "additionalProperties": false
        } })
    };
    json!({
        "type": "object",
        "description": "policy of acceptable risk: scales, least first, and regions",
        "properties": {
            "version": text(), "per": text(), "severity": level(false), "probability": level(true),
            "matrix": rows, "residual-matrix": rows,
            "not-estimable": { "type": "object", "additionalProperties": region },
            "overall": { "type": "object", "propertyNames": region, "additionalProperties": { "type": "integer", "minimum": 0 } }
        },
        "required": ["per", "severity", "probability", "matrix"],
        "additionalProperties": false
    })
}

/// The shape of an expression: exactly one head, with its options.
fn expression() -> Value {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let inner = || json!({ "$ref": "#/$defs/expression" });
    let list = || json!({ "type": "array", "items": { "$ref": "#/$defs/expression" } });
    let steps = || json!({ "oneOf": [text(), texts()] });
    let word = |words: &[&str]| json!({ "enum": words });
    let flag = || json!({ "const": true });
    let estimates = ["initial", "residual"];
    let events = ["specified", "approved", "implemented", "run"];
    let heads = [
        "any",
        "all",
        "not",
        "same",
        "risk",
        "risk-agrees",
        "risk-scale",
        "field",
        "each-of",
        "provided",
        "earlier",
        "result",
        "result-has",
        "class-below",
        "along",
        "approved",
        "accepted",
    ];
    json!({
        "type": "object",
        "properties": {
            "any": list(), "all": list(), "not": inner(), "field": text(), "is": texts(), "contains": texts(),
            "along": steps(), "to": texts(), "transitive": { "type": "boolean" }, "having": inner(), "every": { "type": "boolean" },
            "provided": text(), "each-of": text(), "values": texts(), "or-field": text(),
            "result": word(&["passed", "failed", "any"]),
            "result-has": { "type": "array", "items": word(&["commit", "version", "configuration", "tools", "date", "executor"]) },
            "same": text(), "equals": text(), "risk": word(&estimates), "risk-agrees": word(&estimates), "risk-scale": flag(),
            "approved": flag(), "accepted": flag(), "class-below": steps(), "earlier": word(&events), "later": word(&events)
        },
        "anyOf": heads.map(|head| json!({ "required": [head] })),
        "additionalProperties": false
    })
}

/// The schema of `vouchsafe.toml`, with the names in force where it refers to them.
#[must_use]
pub fn configuration_schema(schema: &Schema) -> Value {
    let profiles: Vec<&str> = crate::profiles::PROFILES.iter().map(|(name, _)| *name).collect();
    let rules: Map<String, Value> = schema
        .rules
        .iter()
        .map(|rule| (rule.id.to_string(), json!({ "$ref": "#/$defs/change", "description": rule.title })))
        .collect();
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let flag = json!({ "type": "boolean" });
    let stage = json!({ "enum": schema.stages });
    let object = |properties: Value, required: &[&str]| json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    let map =
        |of: &str| json!({ "type": "object", "additionalProperties": { "$ref": format!("#/$defs/{of}") } });
    let types = ["text", "integer", "number", "boolean", "date", "enum", "list", "set", "paths"];
    json!({
        "$schema": DRAFT,
        "title": "vouchsafe.toml",
        "type": "object",
        "required": ["product"],
        "additionalProperties": false,
        "properties": {
            "product": object(json!({
                "name": text, "basic-udi-di": text, "stage": stage, "line": text,
                "profiles": { "type": "array", "items": { "enum": profiles } },
                "records": texts, "exclude": texts, "editorial": { "enum": ["stated", "signed"] }, "home": text
            }), &["name", "stage"]),
            "items": { "type": "object", "additionalProperties": object(json!({ "kind": text, "line": text, "stage": stage, "paths": texts }), &[]) },
            "variants": { "type": "object", "additionalProperties": object(json!({ "udi-di": text, "items": texts }), &[]) },
            "signatures": object(json!({ "folder": text, "allowed-signers": text, "gpg-keyring": text }), &[]),
            "repositories": { "type": "object", "additionalProperties": object(json!({ "path": text }), &[]) },
            "risk": risk(),
            "code": object(json!({ "root": text, "files": texts, "exclude": texts, "dependencies": flag, "marked": texts }), &["files"]),
            "tables": { "type": "object", "additionalProperties": { "type": "string" } },
            "common-fields": map("field"),
            "kinds": { "type": "object", "additionalProperties": object(json!({ "title": text, "prefix": text, "doc": text, "suspect-on": texts, "fields": map("field") }), &[]) },
            "links": { "type": "object", "additionalProperties": object(json!({
                "title": text, "inverse": text, "doc": text, "from": texts, "to": texts, "acyclic": flag,
                "carries-suspicion": flag, "inherits-class": flag, "verifies": flag
            }), &[]) },
            "standards": { "type": "object", "additionalProperties": object(json!({ "title": text, "unconfirmed": text, "covers": text }), &["title"]) },
            "clause": { "type": "array", "items": object(json!({
                "standard": text, "number": text, "title": text, "class": text, "unconfirmed": text, "note": text,
                "topic": text, "covers": text, "from": stage, "hint": text
            }), &["standard", "number", "title"]) },
            "rule": { "type": "array", "items": object(json!({
                "id": text, "title": text, "clauses": texts, "kinds": texts, "class": text, "items": texts, "lines": texts,
                "when": { "$ref": "#/$defs/expression" }, "must": { "$ref": "#/$defs/expression" },
                "severity": { "enum": ["error", "warning", "note"] }, "from": stage, "fails-from": stage, "hint": text
            }), &["id", "title", "kinds", "must", "hint"]) },
            "rules": { "type": "object", "properties": rules, "additionalProperties": { "$ref": "#/$defs/change" } },
        },
        "$defs": {
            "field": object(json!({ "type": { "enum": types }, "values": texts, "required": flag, "doc": text }), &[]),
            "change": object(json!({ "severity": { "enum": ["error", "warning", "note", "off"] }, "from": stage, "fails-from": stage, "reason": text }), &["reason"]),
            "expression": expression(),
        },
    })
}
