//! Short ways to write JSON Schema (2020-12, as OpenAPI 3.1 takes it). All members of an object are there unless their
//! name ends in `?`; what nobody said is `null`.

use serde_json::{Map, Value, json};

/// The schema of this name.
pub(in crate::api) fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object with these members. Others may be added by a later version of the server.
pub(in crate::api) fn object(members: &[(&str, Value)]) -> Value {
    let bare = |name: &str| name.trim_end_matches('?').to_owned();
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).filter(|n| !n.ends_with('?')).collect();
    let properties: Map<String, Value> = members.iter().map(|(n, s)| (bare(n), s.clone())).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

/// An object whose answer says its two moments.
pub(in crate::api) fn answer(members: &[(&str, Value)]) -> Value {
    let moments = [("at", time()), ("known", named("Known"))];
    object(&[&moments, members].concat())
}

fn with(of: &str, keyword: &str, schema: Value) -> Value {
    Map::from_iter([("type".to_owned(), of.into()), (keyword.to_owned(), schema)]).into()
}

/// An object whose names are not fixed.
pub(in crate::api) fn by_name(values: Value) -> Value {
    with("object", "additionalProperties", values)
}

/// Something that is described elsewhere.
pub(in crate::api) fn free(says: &str) -> Value {
    json!({ "type": "object", "description": says })
}

/// A list.
pub(in crate::api) fn list(items: Value) -> Value {
    with("array", "items", items)
}

/// A text.
pub(in crate::api) fn text() -> Value {
    json!({ "type": "string" })
}

/// A text that says what it is.
pub(in crate::api) fn text_of(says: &str) -> Value {
    json!({ "type": "string", "description": says })
}

/// One of some words.
pub(in crate::api) fn words(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// A whole number that is not negative.
pub(in crate::api) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// The index of an entry.
pub(in crate::api) fn index() -> Value {
    json!({ "type": "integer", "minimum": 0, "description": "Index of an entry, from 0." })
}

/// Any number.
pub(in crate::api) fn number() -> Value {
    json!({ "type": "number" })
}

/// Yes or no.
pub(in crate::api) fn flag() -> Value {
    json!({ "type": "boolean" })
}

/// A SHA-256 in hexadecimal.
pub(in crate::api) fn hash() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

/// A time in UTC (RFC 3339).
pub(in crate::api) fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// Something, or `null`.
pub(in crate::api) fn maybe(mut schema: Value) -> Value {
    match schema.get_mut("type") {
        Some(of) if of.is_string() => {
            *of = json!([of.as_str(), "null"]);
            if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                words.push(Value::Null);
            }
            schema
        }
        _ => json!({ "anyOf": [schema, { "type": "null" }] }),
    }
}

/// Bytes that are no JSON.
pub(in crate::api) fn bytes() -> Value {
    json!({})
}

/// A log size or a time.
pub(in crate::api) fn known_parameter() -> Value {
    json!({ "type": "string", "examples": ["4711", "2026-11-20T12:00:00Z"] })
}

/// From one to the most of a page.
pub(in crate::api) fn limit(most: usize, usual: usize) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": most, "default": usual })
}
