//! Data types and spec types of a ReqIF document. Not here: what uses them.

use super::super::model::{Datatype, Field, Kind, Target, ValueType};
use super::super::set::ForeignSet;
use super::element::Element;
use super::values::{Context, boolean, known, named, value};

/// The ending of an element's name after a prefix, as a type of values.
fn value_type(name: &str, prefix: &str) -> Option<ValueType> {
    Some(match name.strip_prefix(prefix)? {
        "STRING" => ValueType::Text,
        "XHTML" => ValueType::Xhtml,
        "INTEGER" => ValueType::Integer,
        "REAL" => ValueType::Real,
        "BOOLEAN" => ValueType::Boolean,
        "DATE" => ValueType::Date,
        "ENUMERATION" => ValueType::Choice,
        _ => return None,
    })
}

pub(super) fn datatypes(content: &Element, set: &mut ForeignSet, context: &mut Context<'_>) {
    for element in content.list("DATATYPES") {
        let Some(value) = value_type(&element.name, "DATATYPE-DEFINITION-") else {
            let reason = format!("{} is no data type of ReqIF; it is not kept", element.name);
            set.find(reason, &context.source(element));
            continue;
        };
        let named_ = named(element, set, context);
        let bounds = element.attributes.iter().filter(|(name, _)| {
            !matches!(name.as_str(), "IDENTIFIER" | "LONG-NAME" | "DESC" | "LAST-CHANGE")
        });
        let bounds = bounds.cloned().collect();
        let mut values = Vec::new();
        for entry in element.list("SPECIFIED-VALUES") {
            let named_ = named(entry, set, context);
            context.known.choices.insert(named_.id.clone(), named_.name.clone());
            let embedded = entry.list("PROPERTIES").next().map(|embedded| {
                let attr = |name| embedded.attr(name).unwrap_or_default().to_owned();
                (attr("KEY"), attr("OTHER-CONTENT"))
            });
            values.push((named_, embedded));
        }
        let datatype = Datatype { named: named_, value, bounds, values };
        // The documents of an archive repeat the types they share.
        let id = datatype.named.id.clone();
        let first = context.known.datatypes.get(&id).and_then(|at| set.datatypes.get(*at));
        if first != Some(&datatype) {
            context.known.datatypes.insert(id, set.datatypes.len());
            set.datatypes.push(datatype);
        }
    }
}

pub(super) fn kinds(content: &Element, set: &mut ForeignSet, context: &mut Context<'_>) {
    for element in content.list("SPEC-TYPES") {
        let of = match element.name.as_str() {
            "SPEC-OBJECT-TYPE" => Target::Item,
            "SPEC-RELATION-TYPE" => Target::Link,
            "SPECIFICATION-TYPE" => Target::Document,
            "RELATION-GROUP-TYPE" => Target::Group,
            other => {
                let reason = format!("{other} is no spec type of ReqIF; it is not kept");
                set.find(reason, &context.source(element));
                continue;
            }
        };
        known(element, &["SPEC-ATTRIBUTES", "ALTERNATIVE-ID"], set, context);
        let named_ = named(element, set, context);
        let mut fields = Vec::new();
        for definition in element.list("SPEC-ATTRIBUTES") {
            if let Some(field) = field(definition, set, context) {
                context.define(&field);
                fields.push(field);
            }
        }
        let kind = Kind { named: named_, of, fields };
        let id = kind.named.id.clone();
        let first = context.known.kinds.get(&id).and_then(|at| set.kinds.get(*at));
        if first != Some(&kind) {
            context.known.kinds.insert(id, set.kinds.len());
            set.kinds.push(kind);
        }
    }
}

fn field(element: &Element, set: &mut ForeignSet, context: &Context<'_>) -> Option<Field> {
    let Some(value_type) = value_type(&element.name, "ATTRIBUTE-DEFINITION-") else {
        let reason = format!("{} is no attribute definition of ReqIF; it is not kept", element.name);
        set.find(reason, &context.source(element));
        return None;
    };
    known(element, &["TYPE", "DEFAULT-VALUE", "ALTERNATIVE-ID"], set, context);
    let datatype = context.id(&element.reference("TYPE").unwrap_or_default());
    let default = element.list("DEFAULT-VALUE").next();
    Some(Field {
        named: named(element, set, context),
        value: value_type,
        datatype,
        editable: boolean(element, "IS-EDITABLE", set, context),
        multiple: boolean(element, "MULTI-VALUED", set, context),
        default: default.and_then(|default| value(default, set, context)),
    })
}
