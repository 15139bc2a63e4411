//! A [`ForeignSet`] as one ReqIF 1.0 document, in the order of the schema. What was read from ReqIF is written under the
//! ids it had; other tools' items get kinds and definitions of their own. Not here: which definitions those are.

use super::super::model::{Attribute, Link, Named, Outline, Target, Tool, Value, ValueType};
use super::super::set::ForeignSet;
use super::super::xhtml::markup;
use super::super::{Error, json, views};
use super::OWN_TOOL;
use super::element::parse_fragment;
use super::read::kind_element;
use super::write_types::{Class, Owner, Plan, element_of, missing_views, owner};
use super::write_xml::{Out, truth};

/// Writes a set as ReqIF. `written` is the time that things without a time of change are given (RFC 3339).
///
/// # Errors
/// When an XHTML value is not well-formed.
pub fn write(set: &ForeignSet, written: &str) -> Result<String, Error> {
    let own_tool = |a: &Attribute| a.name == "REQ-IF-TOOL-ID" && views::plain(&a.value) == OWN_TOOL;
    let verbatim = set.tool == Tool::ReqIf && !set.properties.iter().any(own_tool);
    let mut out = Out { text: String::new(), depth: 0, verbatim, written, plan: Plan::of(set), count: 0 };
    out.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.open(
        "REQ-IF",
        &[
            ("xmlns", "http://www.omg.org/spec/ReqIF/20110401/reqif.xsd"),
            ("xmlns:xhtml", "http://www.w3.org/1999/xhtml"),
        ],
    );
    out.header(set);
    out.open("CORE-CONTENT", &[]);
    out.open("REQ-IF-CONTENT", &[]);
    out.datatypes(set);
    out.kinds(set)?;
    out.objects(set)?;
    out.relations(set)?;
    out.specifications(set)?;
    out.groups(set);
    out.close("REQ-IF-CONTENT");
    out.close("CORE-CONTENT");
    out.close("REQ-IF");
    // XML 1.0 clause 2.2: such characters cannot be written at all, not even escaped.
    if let Some(at) = out
        .text
        .find(|c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}'))
    {
        let before: String = out.text.get(..at).unwrap_or_default().chars().rev().take(40).collect();
        let before: String = before.chars().rev().collect();
        let reason = format!("a character that XML does not allow, after {before:?}");
        return Err(Error::Unwritable { item: String::new(), reason });
    }
    Ok(out.text)
}

impl Out<'_> {
    fn header(&mut self, set: &ForeignSet) {
        let mut id = "vouchsafe-export".to_owned();
        let mut lines: Vec<(&str, String)> = Vec::new();
        if set.tool == Tool::ReqIf {
            if set.properties.is_empty() {
                return;
            }
            id.clear();
            for property in &set.properties {
                match property.name.as_str() {
                    "IDENTIFIER" => id = views::plain(&property.value),
                    name => lines.push((name, views::plain(&property.value))),
                }
            }
        } else {
            let producer = if set.producer.is_empty() { OWN_TOOL } else { &set.producer };
            lines.push(("CREATION-TIME", self.written.to_owned()));
            lines.push(("REQ-IF-TOOL-ID", OWN_TOOL.to_owned()));
            lines.push(("REQ-IF-VERSION", "1.0".to_owned()));
            lines.push(("SOURCE-TOOL-ID", producer.to_owned()));
            lines.push(("TITLE", set.title.clone()));
        }
        self.open("THE-HEADER", &[]);
        let identifier = [("IDENTIFIER", id.as_str())];
        self.open("REQ-IF-HEADER", if id.is_empty() { &[] } else { &identifier });
        for (name, text) in lines {
            self.leaf(name, &text);
        }
        self.close("REQ-IF-HEADER");
        self.close("THE-HEADER");
    }

    fn datatypes(&mut self, set: &ForeignSet) {
        self.open("DATATYPES", &[]);
        for datatype in &set.datatypes {
            let name = format!("DATATYPE-DEFINITION-{}", element_of(datatype.value));
            let bounds: Vec<(&str, &str)> =
                datatype.bounds.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            self.identified(&name, &datatype.named, &bounds);
            if datatype.value == ValueType::Choice && !datatype.values.is_empty() {
                self.open("SPECIFIED-VALUES", &[]);
                for (named, embedded) in &datatype.values {
                    self.identified("ENUM-VALUE", named, &[]);
                    if let Some((key, content)) = embedded {
                        self.open("PROPERTIES", &[]);
                        self.empty("EMBEDDED-VALUE", &[("KEY", key), ("OTHER-CONTENT", content)]);
                        self.close("PROPERTIES");
                    }
                    self.close("ENUM-VALUE");
                }
                self.close("SPECIFIED-VALUES");
            }
            self.close(&name);
        }
        for class in Class::ALL {
            let id = class.datatype();
            if self.plan.uses(class) && !set.datatypes.iter().any(|datatype| datatype.named.id == id) {
                let name = format!("DATATYPE-DEFINITION-{}", class.element());
                let limits: &[(&str, &str)] = match class {
                    Class::String | Class::Json => &[("MAX-LENGTH", "8388608")],
                    Class::Integer => &[("MIN", "-9223372036854775808"), ("MAX", "9223372036854775807")],
                    Class::Real => &[("MIN", "-1.0E308"), ("MAX", "1.0E308"), ("ACCURACY", "17")],
                    _ => &[],
                };
                let mut attributes =
                    vec![("IDENTIFIER", id), ("LAST-CHANGE", self.written), ("LONG-NAME", id)];
                attributes.extend_from_slice(limits);
                self.empty(&name, &attributes);
            }
        }
        self.close("DATATYPES");
    }

    fn kinds(&mut self, set: &ForeignSet) -> Result<(), Error> {
        self.open("SPEC-TYPES", &[]);
        let plan = std::mem::take(&mut self.plan);
        for kind in &set.kinds {
            let name = kind_element(kind.of);
            self.identified(name, &kind.named, &[]);
            let added = plan.owners.get(&Owner::Id(kind.of, kind.named.id.clone()));
            if !kind.fields.is_empty() || added.is_some_and(|added| !added.fields.is_empty()) {
                self.open("SPEC-ATTRIBUTES", &[]);
                for field in &kind.fields {
                    self.field(field)?;
                }
                added.into_iter().for_each(|added| self.added(&added.fields));
                self.close("SPEC-ATTRIBUTES");
            }
            self.close(name);
        }
        for (owner, added) in &plan.owners {
            let (of, name) = match owner {
                Owner::Id(of, id) if plan.defined(*of, id) => continue,
                Owner::Id(of, _) => (*of, ""),
                Owner::Name(of, name) => (*of, name.as_str()),
            };
            let named = Named { id: added.id.clone(), name: name.to_owned(), ..Named::default() };
            self.identified(kind_element(of), &named, &[]);
            if !added.fields.is_empty() {
                self.open("SPEC-ATTRIBUTES", &[]);
                self.added(&added.fields);
                self.close("SPEC-ATTRIBUTES");
            }
            self.close(kind_element(of));
        }
        self.plan = plan;
        self.close("SPEC-TYPES");
        Ok(())
    }

    fn field(&mut self, field: &super::super::model::Field) -> Result<(), Error> {
        let ending = element_of(field.value);
        let name = format!("ATTRIBUTE-DEFINITION-{ending}");
        let mut more = Vec::new();
        if let Some(editable) = field.editable {
            more.push(("IS-EDITABLE", truth(editable)));
        }
        if let Some(multiple) = field.multiple {
            more.push(("MULTI-VALUED", truth(multiple)));
        }
        self.identified(&name, &field.named, &more);
        self.reference("TYPE", &format!("DATATYPE-DEFINITION-{ending}-REF"), &field.datatype);
        if let Some(default) = &field.default {
            self.open("DEFAULT-VALUE", &[]);
            let id = self.id(&field.named.id);
            self.value(default, &id, &field.named.id)?;
            self.close("DEFAULT-VALUE");
        }
        self.close(&name);
        Ok(())
    }

    fn added(&mut self, fields: &std::collections::BTreeMap<(String, Class), String>) {
        for ((name, class), id) in fields {
            let element = format!("ATTRIBUTE-DEFINITION-{}", class.element());
            let named = Named { id: id.clone(), name: name.clone(), ..Named::default() };
            self.identified(&element, &named, &[]);
            let reference = format!("DATATYPE-DEFINITION-{}-REF", class.element());
            self.reference("TYPE", &reference, class.datatype());
            self.close(&element);
        }
    }

    /// The VALUES and TYPE of something, in that order.
    fn content(
        &mut self,
        owner: &Owner,
        attributes: &[Attribute],
        added: &[Attribute],
        id: &str,
    ) -> Result<(), Error> {
        if !attributes.is_empty() || !added.is_empty() {
            self.open("VALUES", &[]);
            for attribute in attributes.iter().chain(added) {
                let definition = if attribute.definition.is_empty() {
                    match self.plan.definition(owner, attribute) {
                        Some((id, true)) => self.id(id),
                        Some((id, false)) => id.to_owned(),
                        None => String::new(),
                    }
                } else {
                    self.id(&attribute.definition)
                };
                self.value(&attribute.value, &definition, id)?;
            }
            self.close("VALUES");
        }
        let (of, kind) = match owner {
            Owner::Id(of, id) => (*of, id.clone()),
            Owner::Name(of, _) => {
                (*of, self.plan.owners.get(owner).map(|a| a.id.clone()).unwrap_or_default())
            }
        };
        self.reference("TYPE", &format!("{}-REF", kind_element(of)), &kind);
        Ok(())
    }

    fn value(&mut self, value: &Value, definition: &str, item: &str) -> Result<(), Error> {
        let class = Class::of(value);
        let name = format!("ATTRIBUTE-VALUE-{}", class.element());
        let reference = format!("ATTRIBUTE-DEFINITION-{}-REF", class.element());
        let define = |out: &mut Self| {
            if !definition.is_empty() {
                out.open("DEFINITION", &[]);
                out.leaf(&reference, definition);
                out.close("DEFINITION");
            }
        };
        let text = match value {
            Value::Xhtml(xhtml) => {
                let mut attributes = Vec::new();
                if let Some(simplified) = xhtml.simplified {
                    attributes.push(("IS-SIMPLIFIED", truth(simplified)));
                }
                self.open(&name, &attributes);
                define(self);
                self.xhtml("THE-VALUE", &xhtml.markup, item)?;
                if let Some(original) = &xhtml.original {
                    self.xhtml("THE-ORIGINAL-VALUE", original, item)?;
                }
                self.close(&name);
                return Ok(());
            }
            Value::Choice(choices) if class == Class::Choice => {
                self.open(&name, &[]);
                self.open("VALUES", &[]);
                for choice in choices {
                    let id = self.id(&choice.id);
                    self.leaf("ENUM-VALUE-REF", &id);
                }
                self.close("VALUES");
                define(self);
                self.close(&name);
                return Ok(());
            }
            Value::Null | Value::List(_) | Value::Map(_) => {
                let mut text = String::new();
                json::value(&mut text, value);
                text
            }
            plain => views::plain(plain),
        };
        self.open(&name, &[("THE-VALUE", &text)]);
        define(self);
        self.close(&name);
        Ok(())
    }

    /// Markup is parsed before it is written, so that nothing can break out of its element.
    fn xhtml(&mut self, name: &str, text: &str, item: &str) -> Result<(), Error> {
        let root = parse_fragment(text).map_err(|trouble| Error::Unwritable {
            item: item.to_owned(),
            reason: format!("its XHTML is not well-formed: {trouble:?}"),
        })?;
        self.line(name, &[], ">");
        self.text.push_str(&markup(&root.children));
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
        Ok(())
    }

    fn objects(&mut self, set: &ForeignSet) -> Result<(), Error> {
        self.open("SPEC-OBJECTS", &[]);
        for item in &set.items {
            let named = Named { id: item.id.clone(), ..item.named.clone() };
            self.identified("SPEC-OBJECT", &named, &[]);
            let owner = owner(Target::Item, &item.kind_id, &item.kind);
            self.content(&owner, &item.attributes, &missing_views(item), &item.id)?;
            self.close("SPEC-OBJECT");
        }
        self.close("SPEC-OBJECTS");
        Ok(())
    }

    fn relations(&mut self, set: &ForeignSet) -> Result<(), Error> {
        self.open("SPEC-RELATIONS", &[]);
        for (item, link) in set.links().filter(|(_, link)| !link.external) {
            self.relation(&item.id, link)?;
        }
        for stray in &set.strays {
            self.relation(&stray.from, &stray.link)?;
        }
        self.close("SPEC-RELATIONS");
        Ok(())
    }

    fn relation(&mut self, from: &str, link: &Link) -> Result<(), Error> {
        self.identified("SPEC-RELATION", &link.named, &[]);
        let owner = owner(Target::Link, &link.kind_id, &link.kind);
        self.content(&owner, &link.attributes, &[], from)?;
        self.reference("SOURCE", "SPEC-OBJECT-REF", from);
        self.reference("TARGET", "SPEC-OBJECT-REF", &link.target);
        self.close("SPEC-RELATION");
        Ok(())
    }

    fn specifications(&mut self, set: &ForeignSet) -> Result<(), Error> {
        self.open("SPECIFICATIONS", &[]);
        for document in &set.documents {
            self.identified("SPECIFICATION", &document.named, &[]);
            let owner = owner(Target::Document, &document.kind_id, &document.kind);
            self.content(&owner, &document.attributes, &[], &document.named.id)?;
            self.hierarchy(document);
            self.close("SPECIFICATION");
        }
        self.close("SPECIFICATIONS");
        Ok(())
    }

    fn hierarchy(&mut self, document: &Outline) {
        if document.placements.is_empty() {
            return;
        }
        self.open("CHILDREN", &[]);
        // How many SPEC-HIERARCHY elements are open. Each element's CHILDREN is opened with its first child.
        let mut open = 0u32;
        let mut placements = document.placements.iter().peekable();
        while let Some(placement) = placements.next() {
            let mut more = Vec::new();
            if let Some(editable) = placement.editable {
                more.push(("IS-EDITABLE", truth(editable)));
            }
            if let Some(internal) = placement.table_internal {
                more.push(("IS-TABLE-INTERNAL", truth(internal)));
            }
            self.identified("SPEC-HIERARCHY", &placement.named, &more);
            self.reference("OBJECT", "SPEC-OBJECT-REF", &placement.item);
            open += 1;
            // A level cannot be skipped: what is deeper than the next level is written there.
            let next = placements.peek().map_or(0, |next| next.depth.min(open));
            if placements.peek().is_some() && next == open {
                self.open("CHILDREN", &[]);
                continue;
            }
            self.close("SPEC-HIERARCHY");
            open -= 1;
            while open > next {
                self.close("CHILDREN");
                self.close("SPEC-HIERARCHY");
                open -= 1;
            }
        }
        self.close("CHILDREN");
    }

    fn groups(&mut self, set: &ForeignSet) {
        if set.groups.is_empty() {
            return;
        }
        self.open("SPEC-RELATION-GROUPS", &[]);
        for group in &set.groups {
            self.identified("RELATION-GROUP", &group.named, &[]);
            if !group.links.is_empty() {
                self.open("SPEC-RELATIONS", &[]);
                for link in &group.links {
                    let id = self.id(link);
                    self.leaf("SPEC-RELATION-REF", &id);
                }
                self.close("SPEC-RELATIONS");
            }
            self.reference("TYPE", "RELATION-GROUP-TYPE-REF", &group.kind_id);
            self.reference("SOURCE-SPECIFICATION", "SPECIFICATION-REF", &group.from);
            self.reference("TARGET-SPECIFICATION", "SPECIFICATION-REF", &group.to);
            self.close("RELATION-GROUP");
        }
        self.close("SPEC-RELATION-GROUPS");
    }
}
