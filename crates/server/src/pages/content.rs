//! The content of a fact as a list of its fields, and the whole entry as JSON with its parts marked. Both are made from the
//! lossless JSON reading, so that no field of any fact is left out.

use evidence::json::{Map, Value};
use evidence::{Hash, SourceId, Time};
use ledger::properties::grouped;

use super::markup::Markup;
use super::moments::View;
use super::phrase::cut;

/// Longest text of a field; the JSON has the whole.
const MAX_TEXT: usize = 600;
/// Most items of a list in a field; the JSON has them all.
const MAX_ITEMS: usize = 24;
/// Structures within structures that are written out.
const MAX_DEPTH: usize = 4;

/// Label and value of each field.
pub(super) fn fields(view: &View<'_>, content: &Value) -> Vec<(String, Markup)> {
    let Some(map) = content.as_object() else { return Vec::new() };
    map.iter().map(|(name, value)| (label(name), field(view, value, 0))).collect()
}

fn label(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn field(view: &View<'_>, value: &Value, depth: usize) -> Markup {
    let m = Markup::new();
    match value {
        Value::Null => m.element("span", "u", "none"),
        Value::Bool(b) => m.text(if *b { "yes" } else { "no" }),
        Value::Number(n) => match n.as_u64() {
            Some(n) => m.text(&grouped(n)),
            None => m.text(&n.to_string()),
        },
        Value::String(text) => string(view, text),
        Value::Array(items) if items.is_empty() => m.element("span", "u", "none"),
        Value::Array(items) => list(view, items, depth),
        Value::Object(map) => object(view, map, depth),
    }
}

fn string(view: &View<'_>, text: &str) -> Markup {
    let m = Markup::new();
    if text.is_empty() {
        return m.element("span", "u", "empty");
    }
    if let Ok(id) = text.parse::<SourceId>() {
        return m.link(&view.to(&format!("/sources/{id}")), text);
    }
    if let Ok(time) = text.parse::<Time>() {
        return m.time(time).text(" UTC");
    }
    if let Ok(hash) = Hash::from_hex(text) {
        return m.digest(&hash);
    }
    if text.len() > 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        let bytes = grouped(text.len() as u64 / 2);
        return m.text(&format!("{bytes} bytes ")).element("code", "dg", &cut(text, 24));
    }
    if text.contains('\n') {
        return m.element("span", "lines", &cut(text, MAX_TEXT));
    }
    m.text(&cut(text, MAX_TEXT))
}

fn list(view: &View<'_>, items: &[Value], depth: usize) -> Markup {
    if depth >= MAX_DEPTH {
        return Markup::new().text(&format!("{} items", grouped(items.len() as u64)));
    }
    let mut m = Markup::new();
    m.open("ul", "plain");
    for item in items.iter().take(MAX_ITEMS) {
        m.open("li", "");
        m = m.then(&field(view, item, depth + 1)).close("li");
    }
    if let Some(more) = items.len().checked_sub(MAX_ITEMS).filter(|n| *n > 0) {
        m = m.element("li", "u", &format!("and {} more, see the JSON", grouped(more as u64)));
    }
    m.close("ul")
}

fn object(view: &View<'_>, map: &Map<String, Value>, depth: usize) -> Markup {
    // A reference to another entry: its index is a link, its hash stands beside it.
    if let (Some(index), Some(entry), 2) =
        (map.get("index").and_then(Value::as_u64), map.get("entry"), map.len())
    {
        let link = Markup::new().text("entry ").link(&view.to(&format!("/log/{index}")), &grouped(index));
        return link.text(" ").then(&field(view, entry, depth + 1));
    }
    if depth >= MAX_DEPTH {
        return Markup::new().text(&format!("{} fields", map.len()));
    }
    let mut m = Markup::new();
    for (n, (name, value)) in map.iter().enumerate() {
        if n > 0 {
            m = m.text(", ");
        }
        m = m.element("span", "u", &name.replace('_', " ")).text(" ").then(&field(view, value, depth + 1));
    }
    m
}

/// JSON, indented by two, keys and texts marked.
pub(super) fn json(value: &Value) -> Markup {
    write(Markup::new(), value, 0)
}

fn write(m: Markup, value: &Value, depth: usize) -> Markup {
    let quoted = |text: &str| Value::from(text).to_string();
    let indent = |m: Markup, depth: usize| m.text("\n").text(&"  ".repeat(depth));
    match value {
        Value::String(text) => m.element("span", "s", &quoted(text)),
        Value::Array(items) if !items.is_empty() => {
            let mut m = m.text("[");
            for (n, item) in items.iter().enumerate() {
                m = write(indent(if n > 0 { m.text(",") } else { m }, depth + 1), item, depth + 1);
            }
            indent(m, depth).text("]")
        }
        Value::Object(map) if !map.is_empty() => {
            let mut m = m.text("{");
            for (n, (name, item)) in map.iter().enumerate() {
                m = indent(if n > 0 { m.text(",") } else { m }, depth + 1);
                m = write(m.element("span", "k", &quoted(name)).text(": "), item, depth + 1);
            }
            indent(m, depth).text("}")
        }
        other => m.text(&other.to_string()),
    }
}
