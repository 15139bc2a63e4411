//! One device as a row of a table (quoting is the writer's business; here are the cells).

use serde_json::Value;

/// Heads of the columns.
pub const COLUMNS: [&str; 18] = [
    "id",
    "asset",
    "udi",
    "serial",
    "model",
    "product",
    "hardware",
    "site",
    "owner",
    "custody",
    "grade",
    "freshness",
    "reason",
    "running",
    "unknown",
    "software",
    "verdict",
    "seen",
];

/// The cells of a device as [`super::device_json`] has it, in the order of [`COLUMNS`]. What nobody said is empty; several
/// values are separated by `; `.
#[must_use]
pub fn row(device: &Value) -> [String; COLUMNS.len()] {
    COLUMNS.map(|column| match device.get(column) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => all.iter().map(part).collect::<Vec<_>>().join("; "),
        Some(Value::Object(verdict)) => {
            verdict.get("status").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    })
}

/// An item and its version, a measurement's name, or a text.
fn part(value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match (text("item"), text("name")) {
        (Some(item), _) => format!("{item} {}", text("version").unwrap_or("mixed")),
        (None, Some(name)) => name.to_owned(),
        (None, None) => value.as_str().unwrap_or_default().to_owned(),
    }
}
