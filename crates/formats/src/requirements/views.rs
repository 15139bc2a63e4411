//! Our reading of foreign attributes: title and text by the names tools use, and values as plain text.
//! Not here: the attributes themselves, which stay as they came.

use super::model::{Attribute, Choice, ForeignItem, Value};
use super::xhtml;

/// Names under which a title is found, best first; compared without case.
const TITLES: &[&str] =
    &["reqif.name", "reqif.chaptername", "title", "header", "summary", "object heading", "name"];
/// Names under which the text is found, best first; compared without case.
const TEXTS: &[&str] =
    &["reqif.text", "statement", "text", "description", "content", "object text", "reqif.description"];
/// Names under which the id that people use is found.
const LABELS: &[&str] = &["reqif.foreignid", "uid"];

pub(super) fn choice(choice: &Choice) -> &str {
    if choice.name.is_empty() { &choice.id } else { &choice.name }
}

/// A value as plain text.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) | Value::Integer(text) | Value::Real(text) | Value::Date(text) => text.clone(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Xhtml(markup) => xhtml::plain(&markup.markup),
        Value::Choice(choices) => choices.iter().map(choice).collect::<Vec<_>>().join(", "),
        Value::List(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Map(_) => {
            let mut out = String::new();
            super::json::value(&mut out, value);
            out
        }
    }
}

/// The first attribute under one of the names that is not blank.
fn first<'a>(attributes: &'a [Attribute], names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| {
        let found = attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name));
        found.map(|a| &a.value).filter(|value| !plain(value).trim().is_empty())
    })
}

pub(super) fn title(attributes: &[Attribute]) -> String {
    first(attributes, TITLES).map(|value| plain(value).trim().to_owned()).unwrap_or_default()
}

pub(super) fn text(attributes: &[Attribute]) -> (String, Option<String>) {
    match first(attributes, TEXTS) {
        None => (String::new(), None),
        Some(Value::Xhtml(markup)) => (xhtml::plain(&markup.markup), Some(xhtml::markdown(&markup.markup))),
        Some(value) => (plain(value).trim().to_owned(), None),
    }
}

pub(super) fn label(attributes: &[Attribute]) -> String {
    first(attributes, LABELS).map(plain).unwrap_or_default()
}

/// Fills in what an item's attributes say in our words.
pub(super) fn fill(item: &mut ForeignItem) {
    item.title = title(&item.attributes);
    if item.title.is_empty() {
        item.title.clone_from(&item.named.name);
    }
    (item.text, item.markdown) = text(&item.attributes);
    item.label = label(&item.attributes);
    if item.label == item.id {
        item.label.clear();
    }
}
