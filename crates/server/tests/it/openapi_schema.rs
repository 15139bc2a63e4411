//! As much of JSON Schema (2020-12) as the description uses, and nothing else: a keyword that is not known here fails. Members
//! that are not described fail too, although clients pass over them. Public packages check the same answers again
//! (tests/openapi).

use serde_json::Value;

/// Whether a value is as a schema says; else where it is not and why.
pub(crate) fn fits(doc: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let Some(keywords) = schema.as_object() else { return Err(format!("{place}: {schema} is no schema")) };
    for (keyword, said) in keywords {
        let wrong = |why: &str| Err(format!("{place}: {why} ({keyword}: {said}), not {value}"));
        match keyword.as_str() {
            "description" | "examples" | "default" => {}
            "$ref" => {
                let pointer = said.as_str().and_then(|s| s.strip_prefix('#')).unwrap_or_default();
                let Some(of) = doc.pointer(pointer) else { return wrong("leads nowhere") };
                fits(doc, of, value, place)?;
            }
            "allOf" => {
                for one in list(said) {
                    // What an extension says of single members does not close the object.
                    let mut one = one.clone();
                    if one.get("required").is_none() && one.get("properties").is_some() {
                        one["additionalProperties"] = Value::Bool(true);
                    }
                    fits(doc, &one, value, place)?;
                }
            }
            "anyOf" => {
                let all: Vec<_> = list(said).iter().map(|s| fits(doc, s, value, place)).collect();
                if all.iter().all(Result::is_err) {
                    let why: Vec<String> = all.into_iter().filter_map(Result::err).collect();
                    return Err(why.join(" | "));
                }
            }
            "const" if said == value => {}
            "const" => return wrong("is something else"),
            "enum" if list(said).contains(value) => {}
            "enum" => return wrong("is none of them"),
            "type" => {
                let one = std::slice::from_ref(said);
                let types = said.as_array().map_or(one, Vec::as_slice);
                if !types.iter().filter_map(Value::as_str).any(|t| is(t, value)) {
                    return wrong("is of another type");
                }
            }
            "minimum" if value.as_f64() < said.as_f64() && value.is_number() => return wrong("is less"),
            "maximum" if value.as_f64() > said.as_f64() && value.is_number() => return wrong("is more"),
            "minimum" | "maximum" => {}
            "pattern" => {
                assert_eq!(said, "^[0-9a-f]{64}$", "the one pattern that is known here");
                let hash = |text: &str| tlog::Hash::from_hex(text).is_ok();
                if !value.as_str().is_none_or(hash) {
                    return wrong("does not match");
                }
            }
            "format" => {
                assert_eq!(said, "date-time", "the one format that is known here");
                if value.as_str().is_some_and(|text| text.parse::<evidence::Time>().is_err()) {
                    return wrong("is no time");
                }
            }
            "required" => {
                if let Some(object) = value.as_object() {
                    let missing =
                        list(said).iter().find(|n| !object.contains_key(n.as_str().unwrap_or_default()));
                    if let Some(missing) = missing {
                        return Err(format!("{place}: {missing} is missing"));
                    }
                }
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    fits(doc, said, item, &format!("{place}[{n}]"))?;
                }
            }
            "properties" | "additionalProperties" => members(doc, schema, value, place)?,
            other => return Err(format!("{place}: the keyword `{other}` is not known here")),
        }
    }
    Ok(())
}

fn members(doc: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    for (name, member) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        let said = schema.get("properties").and_then(|p| p.get(name));
        match said.or_else(|| schema.get("additionalProperties")) {
            Some(Value::Bool(true)) => {}
            Some(of) => fits(doc, of, member, &place)?,
            None => return Err(format!("{place} is not described")),
        }
    }
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("`{other}` is no type"),
    }
}

#[test]
fn a_value_that_does_not_fit_is_told() {
    use serde_json::json;
    let doc = json!({ "components": { "schemas": { "A": { "type": "object", "required": ["n"], "properties": {
        "n": { "type": "integer", "minimum": 0 }, "t": { "type": ["string", "null"], "enum": ["x", null] },
        "l": { "type": "array", "items": { "pattern": "^[0-9a-f]{64}$", "type": "string" } },
    } } } } });
    let schema = json!({ "$ref": "#/components/schemas/A" });
    let check = |value: Value| fits(&doc, &schema, &value, "$");
    assert_eq!(check(json!({ "n": 1, "t": null, "l": [] })), Ok(()));
    for wrong in [
        json!([]),
        json!({ "t": "x" }),
        json!({ "n": -1 }),
        json!({ "n": 1.5 }),
        json!({ "n": 1, "t": "y" }),
        json!({ "n": 1, "l": ["0"] }),
        json!({ "n": 1, "more": 1 }),
    ] {
        assert!(check(wrong.clone()).is_err(), "{wrong}");
    }
}
