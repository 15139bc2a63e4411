//! Attribute values and what identifies things, from their elements. Not here: types and structure.

use super::super::model::{Attribute, Choice, Field, Named, Source, Value, Xhtml};
use super::super::set::ForeignSet;
use super::super::{File, Limits, tree, xhtml};
use super::element::Element;
use super::{JSON_TYPE, decode};
use std::collections::BTreeMap;

/// What reading one document needs to know throughout.
pub(super) struct Context<'a> {
    pub(super) file: &'a str,
    pub(super) limits: &'a Limits,
    /// Whether the document was written by us, so that ids and JSON values are decoded.
    pub(super) own: bool,
    pub(super) known: Known,
}

/// What has been defined so far, by id.
#[derive(Default)]
pub(super) struct Known {
    /// Attribute definitions: name and data type.
    pub(super) fields: BTreeMap<String, (String, String)>,
    /// Enumeration values: name.
    pub(super) choices: BTreeMap<String, String>,
    /// Data types and kinds: where they stand in the set.
    pub(super) datatypes: BTreeMap<String, usize>,
    pub(super) kinds: BTreeMap<String, usize>,
}

impl Context<'_> {
    pub(super) fn source(&self, element: &Element) -> Source {
        Source::at(self.file, element.at)
    }

    pub(super) fn id(&self, id: &str) -> String {
        if self.own { decode(id) } else { id.to_owned() }
    }

    pub(super) fn define(&mut self, field: &Field) {
        self.known.fields.insert(field.named.id.clone(), (field.named.name.clone(), field.datatype.clone()));
    }
}

pub(super) fn named(element: &Element, set: &mut ForeignSet, context: &Context<'_>) -> Named {
    let attr = |name| element.attr(name).unwrap_or_default().to_owned();
    let id = context.id(element.attr("IDENTIFIER").unwrap_or_default());
    if id.is_empty() {
        set.find(format!("{} has no IDENTIFIER", element.name), &context.source(element));
    }
    let alternative = element.list("ALTERNATIVE-ID").next().and_then(|a| a.attr("IDENTIFIER"));
    Named {
        id,
        name: attr("LONG-NAME"),
        description: attr("DESC"),
        changed: attr("LAST-CHANGE"),
        alternative: alternative.unwrap_or_default().to_owned(),
    }
}

/// Adds a finding for each element below that ReqIF does not know there.
pub(super) fn known(element: &Element, names: &[&str], set: &mut ForeignSet, context: &Context<'_>) {
    for child in element.elements() {
        if !names.contains(&child.name.as_str()) {
            let reason = format!("{} may not stand in {}; it is not kept", child.name, element.name);
            set.find(reason, &context.source(child));
        }
    }
}

/// An `xsd:boolean` attribute; one that is not is read by its first letter, with a finding.
pub(super) fn boolean(
    element: &Element,
    name: &str,
    set: &mut ForeignSet,
    context: &Context<'_>,
) -> Option<bool> {
    let text = element.attr(name)?;
    Some(match text.trim() {
        "true" | "1" => true,
        "false" | "0" => false,
        other => {
            set.find(format!("{name} is {other:?}, not true or false"), &context.source(element));
            other.starts_with(['t', 'T'])
        }
    })
}

/// The values in a VALUES element.
pub(super) fn attributes(element: &Element, set: &mut ForeignSet, context: &Context<'_>) -> Vec<Attribute> {
    let mut found = Vec::new();
    for value in element.list("VALUES") {
        if let Some(attribute) = attribute(value, set, context) {
            found.push(attribute);
        }
    }
    found
}

fn attribute(element: &Element, set: &mut ForeignSet, context: &Context<'_>) -> Option<Attribute> {
    let definition = context.id(&element.reference("DEFINITION").unwrap_or_default());
    if definition.is_empty() {
        set.find(format!("{} names no definition", element.name), &context.source(element));
    }
    let (name, datatype) = context.known.fields.get(&definition).cloned().unwrap_or_default();
    let mut value = value(element, set, context)?;
    if context.own
        && datatype == JSON_TYPE
        && let Value::Text(text) = &value
        && let Ok(node) = tree::json(File { name: context.file, bytes: text.as_bytes() }, context.limits)
    {
        value = node.value();
    }
    Some(Attribute { name, definition, value })
}

/// The value of an ATTRIBUTE-VALUE-… element; `None`, with a finding, for one that ReqIF does not know.
pub(super) fn value(element: &Element, set: &mut ForeignSet, context: &Context<'_>) -> Option<Value> {
    let source = context.source(element);
    let text = || element.attr("THE-VALUE").unwrap_or_default().to_owned();
    let simple = element.name != "ATTRIBUTE-VALUE-XHTML" && element.name != "ATTRIBUTE-VALUE-ENUMERATION";
    if simple && element.attr("THE-VALUE").is_none() {
        set.find(format!("{} has no THE-VALUE", element.name), &source);
    }
    Some(match element.name.as_str() {
        "ATTRIBUTE-VALUE-STRING" => Value::Text(text()),
        "ATTRIBUTE-VALUE-INTEGER" => Value::Integer(text()),
        "ATTRIBUTE-VALUE-REAL" => Value::Real(text()),
        "ATTRIBUTE-VALUE-DATE" => Value::Date(text()),
        "ATTRIBUTE-VALUE-BOOLEAN" => {
            Value::Boolean(boolean(element, "THE-VALUE", set, context).unwrap_or_default())
        }
        "ATTRIBUTE-VALUE-ENUMERATION" => Value::Choice(
            element
                .list("VALUES")
                .map(|reference| {
                    let id = context.id(&reference.text());
                    let name = context.known.choices.get(&id).cloned().unwrap_or_default();
                    Choice { id, name }
                })
                .collect(),
        ),
        "ATTRIBUTE-VALUE-XHTML" => {
            let markup = |name| element.child(name).map(|v| xhtml::markup(&v.children));
            let the_value = element.child("THE-VALUE");
            if the_value.is_none() {
                set.find("ATTRIBUTE-VALUE-XHTML has no THE-VALUE", &source);
            } else if the_value.is_some_and(dropped) {
                set.find("attributes with a prefix in XHTML are not kept", &source);
            }
            Value::Xhtml(Xhtml {
                markup: markup("THE-VALUE").unwrap_or_default(),
                original: markup("THE-ORIGINAL-VALUE"),
                simplified: boolean(element, "IS-SIMPLIFIED", set, context),
            })
        }
        other => {
            set.find(format!("{other} is no attribute value of ReqIF; it is not kept"), &source);
            return None;
        }
    })
}

fn dropped(element: &Element) -> bool {
    element.dropped || element.elements().any(dropped)
}
