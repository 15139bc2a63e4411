//! FHIR `Device` resources (R4 and R5), in JSON, alone or in a bundle, and in XML: the personal health and point-of-care
//! devices that a hospital's integration engine exports.

use serde_json::Value;

use super::{Inventory, InventoryError, Listed, MAX_CELL, MAX_FILE, MAX_ROWS, Remark};
use crate::source::{Bounded, Bounds, Trouble, XmlEvent, XmlPull};

/// Deepest nesting of a document.
const MAX_DEPTH: usize = 64;

/// Reads every device of a document.
///
/// # Errors
/// It is neither JSON nor XML, or holds no resource.
pub fn read(bytes: &[u8]) -> Result<Inventory, InventoryError> {
    if bytes.len() > MAX_FILE {
        return Err(InventoryError::TooLarge);
    }
    let text = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let document = if text.trim_ascii_start().starts_with(b"<") {
        xml(text)?
    } else {
        serde_json::from_slice(text).map_err(|e| InventoryError::Malformed(e.to_string()))?
    };
    let mut out = Inventory::default();
    let mut number = 0;
    let mut resource = |value: &Value| {
        number += 1;
        if kind(value) == Some("Device") {
            match device(number, value) {
                Ok(device) => out.devices.push(device),
                Err(remark) => out.refused.push(remark),
            }
        }
    };
    match kind(&document) {
        Some("Bundle") => {
            let entries = document.get("entry").map(all).unwrap_or_default();
            if entries.len() > MAX_ROWS {
                return Err(InventoryError::TooManyRows);
            }
            entries
                .iter()
                .filter_map(|e| e.get("resource"))
                .map(|r| r.get("Device").unwrap_or(r))
                .for_each(&mut resource);
        }
        Some(_) => resource(&document),
        None => {
            return Err(InventoryError::Malformed(
                "it is no FHIR resource: `resourceType` is missing".into(),
            ));
        }
    }
    Ok(out.finish())
}

fn kind(resource: &Value) -> Option<&str> {
    resource.get("resourceType").and_then(Value::as_str)
}

/// The members of a list; XML has one where there is one.
fn all(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(all) => all.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn device(number: u64, resource: &Value) -> Result<Listed, Remark> {
    let refused = |column: &str, reason: &str, remedy: &str| Remark {
        line: number,
        column: column.into(),
        reason: reason.into(),
        remedy: remedy.into(),
    };
    let asset = text(resource, "id");
    let asset = asset.ok_or_else(|| refused("id", "the resource has no id", "export it with its id"))?;
    let carriers = resource.get("udiCarrier").map(all).unwrap_or_default();
    let carrier = carriers.iter().find_map(|c| text(c, "carrierHRF").or_else(|| text(c, "deviceIdentifier")));
    let models = ["modelNumber", "model", "partNumber"];
    let versions = resource.get("version").map(all).unwrap_or_default();
    let software = versions.iter().filter_map(|v| {
        let version = text(v, "value").or_else(|| v.as_str().map(str::to_owned))?;
        let kind = v.get("type").and_then(|t| text(t, "text")).or_else(|| coded(v.get("type")?));
        Some(match kind {
            Some(kind) => {
                format!("{} {version}", kind.to_lowercase().replace(" revision", "").replace(' ', "-"))
            }
            None => version,
        })
    });
    let custody = match resource.get("status").and_then(Value::as_str) {
        Some("active") => Some("in-use"),
        Some("inactive") => Some("stored"),
        _ => None,
    };
    let reference = |name: &str| resource.get(name).and_then(|r| text(r, "reference"));
    let listed = Listed {
        line: number,
        asset,
        udi: carrier,
        serial: text(resource, "serialNumber"),
        model: models.iter().find_map(|name| text(resource, name)),
        software: software.collect(),
        site: reference("location"),
        owner: reference("owner"),
        custody,
        since: None,
    };
    let texts = [&listed.udi, &listed.serial, &listed.model, &listed.site, &listed.owner];
    let long = |t: &str| t.len() > MAX_CELL;
    if long(&listed.asset)
        || texts.into_iter().flatten().any(|t| long(t))
        || listed.software.iter().any(|t| long(t))
    {
        return Err(refused("", "a text that is too long", "look at the resource"));
    }
    Ok(listed)
}

fn coded(concept: &Value) -> Option<String> {
    concept.get("coding").map(all)?.iter().find_map(|c| text(c, "display").or_else(|| text(c, "code")))
}

/// FHIR's XML as its JSON: an element with a `value` is that text, one with children an object, repeated ones a list.
fn xml(bytes: &[u8]) -> Result<Value, InventoryError> {
    let bad = |reason: String| InventoryError::Malformed(reason);
    let bounds = Bounds { depth: MAX_DEPTH, token: 1 << 20 };
    let trouble = |t: Trouble| {
        InventoryError::Malformed(match t {
            Trouble::Io(e) => e.to_string(),
            Trouble::Limit(what, most) => format!("more than {most} {what}"),
            Trouble::Encoding(why) => why.to_owned(),
            Trouble::Syntax(why) => why,
        })
    };
    let source = Bounded::open(bytes, MAX_FILE as u64).map_err(|e| bad(e.to_string()))?;
    let mut pull = XmlPull::new(source, bounds);
    let mut open: Vec<(String, serde_json::Map<String, Value>)> = Vec::new();
    loop {
        match pull.next().map_err(trouble)? {
            XmlEvent::Start => {
                let mut map = serde_json::Map::new();
                if let Some(value) = pull.attribute("value") {
                    map.insert(String::new(), value.into());
                }
                open.push((pull.name().to_owned(), map));
            }
            XmlEvent::End => {
                let Some((name, mut map)) = open.pop() else {
                    return Err(bad("an end without a beginning".into()));
                };
                let Some((parent_name, parent)) = open.last_mut() else {
                    map.insert("resourceType".into(), name.into());
                    return Ok(Value::Object(map));
                };
                let whole = match map.remove("") {
                    Some(value) if map.is_empty() => value,
                    _ => {
                        if parent_name == "resource" {
                            map.insert("resourceType".into(), name.clone().into());
                        }
                        Value::Object(map)
                    }
                };
                match parent.get_mut(&name) {
                    None => {
                        parent.insert(name, whole);
                    }
                    Some(Value::Array(all)) => all.push(whole),
                    Some(one) => *one = Value::Array(vec![one.take(), whole]),
                }
            }
            XmlEvent::Text => {}
            XmlEvent::Finish => return Err(bad("it ends within an element".into())),
        }
    }
}
