//! A [`Value`] as JSON text. Not here: reading, which is in `tree`.

use super::model::Value;

/// Appends a JSON string.
pub(super) fn string(out: &mut String, text: &str) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends a value. Dates, choices and XHTML become text; a number that JSON cannot write becomes text as well.
pub(super) fn value(out: &mut String, value_: &Value) {
    match value_ {
        Value::Null => out.push_str("null"),
        Value::Boolean(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Integer(text) | Value::Real(text) if is_number(text) => out.push_str(text),
        Value::Text(text) | Value::Date(text) | Value::Integer(text) | Value::Real(text) => string(out, text),
        Value::Xhtml(xhtml) => string(out, &xhtml.markup),
        Value::Choice(choices) => {
            let names: Vec<&str> = choices.iter().map(super::views::choice).collect();
            string(out, &names.join(", "));
        }
        Value::List(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                value(out, item);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (n, (name, item)) in entries.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                string(out, name);
                out.push_str(": ");
                value(out, item);
            }
            out.push('}');
        }
    }
}

fn is_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}
