//! The schemas that the description names, by what they are of. Not here: how operations use them (`routes`).

mod design;
mod fleet;
mod log;
mod vulnerabilities;

use serde_json::{Map, Value, json};

use super::schema::{count, object, text_of, time, words};
use crate::api::problem::CODES;

/// A name and its schema.
type Named = (&'static str, Value);

/// Every schema by its name.
pub(super) fn all() -> Map<String, Value> {
    let groups = [
        vec![known(), problem()],
        log::schemas(),
        fleet::schemas(),
        vulnerabilities::schemas(),
        design::schemas(),
    ];
    groups.into_iter().flatten().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn known() -> Named {
    ("Known", object(&[("size", count()), ("time", time())]))
}

fn problem() -> Named {
    let codes: Vec<&str> = CODES.iter().map(|code| code.row().0).collect();
    let schema = object(&[
        ("type", json!({ "const": "about:blank" })),
        ("title", text_of("The status in words.")),
        ("status", json!({ "type": "integer", "minimum": 400, "maximum": 599 })),
        ("detail", text_of("What is wrong this time.")),
        ("code", words(&codes)),
        ("hint", text_of("What to do about it.")),
    ]);
    ("Problem", schema)
}
