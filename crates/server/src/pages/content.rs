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
    ordered(map).into_iter().map(|(name, value)| (label(name), named(view, name, value))).collect()
}

/// Names that come first wherever they occur, in this order; the others follow alphabetically.
const FIRST: [&str; 22] = [
    "index",
    "entry",
    "body",
    "proof",
    "fact",
    "name",
    "version",
    "source",
    "stream",
    "sequence",
    "previous",
    "time",
    "beacon",
    "reason",
    "on_behalf_of",
    "content",
    "kind",
    "record",
    "product",
    "item",
    "line",
    "revision",
];

fn ordered(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut pairs: Vec<_> = map.iter().collect();
    // Stable: what has no place of its own keeps the alphabetical order of the map.
    pairs.sort_by_key(|(name, _)| FIRST.iter().position(|f| f == name).unwrap_or(FIRST.len()));
    pairs
}

/// A field whose name says more about its value than its type does.
fn named(view: &View<'_>, name: &str, value: &Value) -> Markup {
    match (name, value) {
        ("uptime", Value::Number(n)) => {
            field(view, value, 0).text(if n.as_u64() == Some(1) { " second" } else { " seconds" })
        }
        ("hwmodel", Value::String(hex)) => match ascii(hex) {
            Some(text) => Markup::new().text(&text),
            None => field(view, value, 0),
        },
        _ => field(view, value, 0),
    }
}

/// Bytes in hexadecimal, if all of them are printable ASCII.
fn ascii(hex: &str) -> Option<String> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let bytes: Vec<u8> = digits?.chunks_exact(2).map(|p| p.iter().fold(0, |n, d| n << 4 | d)).collect();
    let printable = !bytes.is_empty() && bytes.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
    if printable { String::from_utf8(bytes).ok() } else { None }
}

fn label(name: &str) -> String {
    // The claims of RFC 9711 go by abbreviations; their labels are the registry's descriptions, shortened.
    match name {
        "hwmodel" => return "Hardware model".into(),
        "hwversion" => return "Hardware version".into(),
        "dbgstat" => return "Debugging".into(),
        "bootcount" => return "Boot count".into(),
        "bootseed" => return "Boot seed".into(),
        "swname" => return "Software name".into(),
        "swversion" => return "Software version".into(),
        "udi" => return "UDI".into(),
        "sboms" => return "SBOMs".into(),
        _ => {}
    }
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
    // What was measured or built: its name and version, then its digest.
    if let (Some(Value::String(name)), Some(digest)) =
        (map.get("name"), map.get("sha256").or(map.get("digest")))
    {
        let mut m = Markup::new().text(name);
        if let Some(Value::String(version)) = map.get("version") {
            m = m.text(" ").text(version);
        }
        m = m.text(" ").then(&field(view, digest, depth + 1));
        if let Some(length) = map.get("length").and_then(Value::as_u64) {
            m = m.text(&format!(", {} bytes", grouped(length)));
        }
        return m;
    }
    if depth >= MAX_DEPTH {
        return Markup::new().text(&format!("{} fields", map.len()));
    }
    let mut m = Markup::new();
    for (n, (name, value)) in ordered(map).into_iter().enumerate() {
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
            for (n, (name, item)) in ordered(map).into_iter().enumerate() {
                m = indent(if n > 0 { m.text(",") } else { m }, depth + 1);
                m = write(m.element("span", "k", &quoted(name)).text(": "), item, depth + 1);
            }
            indent(m, depth).text("}")
        }
        other => m.text(&other.to_string()),
    }
}
