//! sphinx-needs `needs.json` in and out. The current version's needs are the items; all else of the file is kept among
//! the set's properties, so that a file read and written again says the same. Not here: how a Sphinx project is
//! configured; link fields are found by `needs_schema`, or by the `…_back` field beside them.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Attribute, ForeignItem, Link, Source, Tool, Value};
use super::set::ForeignSet;
use super::tree::{Node, json as parse};
use super::{Error, File, Limits, json, views};

/// Reads a `needs.json`.
///
/// # Errors
/// When it is not JSON, not an export of sphinx-needs, holds no needs, or leaves open which of its versions is current.
pub fn read(file: File<'_>, limits: &Limits) -> Result<ForeignSet, Error> {
    let root = parse(file, limits)?;
    let source = Source::at(file.name, root.at);
    let versions = root.get("versions").and_then(Node::map);
    let Some(versions) = versions else {
        return Err(Error::invalid("not a needs.json: it has no versions", &source));
    };
    let current = root.field("current_version");
    let Some((_, version)) = versions.iter().find(|(name, _)| *name == current) else {
        return Err(Error::invalid(
            format!("the current version {current:?} is not among the versions"),
            &source,
        ));
    };
    // Several versions can only be told apart by when they were made and for what.
    if versions.len() > 1
        && (root.get("project").is_none()
            || versions.iter().any(|(_, version)| version.get("created").is_none()))
    {
        let reason = "several versions, and the file does not say of which project and when each was created";
        return Err(Error::invalid(reason, &source));
    }
    let Some(needs) = version.get("needs").and_then(Node::map).filter(|needs| !needs.is_empty()) else {
        return Err(Error::invalid(
            format!("version {current:?} holds no needs"),
            &Source::at(file.name, version.at),
        ));
    };
    let mut set = ForeignSet {
        tool: Tool::SphinxNeeds,
        producer: "sphinx-needs".to_owned(),
        title: root.field("project"),
        properties: properties(&root, &current),
        ..ForeignSet::default()
    };
    let declared = declared_links(version);
    let ids: BTreeSet<&str> = needs.iter().map(|(id, _)| id.as_str()).collect();
    for (id, need) in needs {
        let source = Source::at(file.name, need.at);
        let Some(fields) = need.map() else {
            return Err(Error::invalid(format!("the need {id:?} is not an object"), &source));
        };
        if need.field("id") != *id {
            set.find(format!("the need {id:?} calls itself {:?}", need.field("id")), &source);
        }
        let mut item = ForeignItem {
            id: id.clone(),
            kind: need.field("type"),
            attributes: fields
                .iter()
                .map(|(name, node)| Attribute::new(name.clone(), node.value()))
                .collect(),
            source,
            ..ForeignItem::default()
        };
        let backs: BTreeSet<&str> =
            fields.iter().filter_map(|(name, _)| name.strip_suffix("_back")).collect();
        for (name, node) in fields.iter().filter(|(name, _)| is_link(name, &backs, declared.as_ref())) {
            for target in node.list().unwrap_or_default() {
                let Some(target_) = target.str() else { continue };
                let mut link = link(target_, &ids);
                link.kind.clone_from(name);
                link.source = Source::at(file.name, target.at);
                item.links.push(link);
            }
        }
        views::fill(&mut item);
        set.items.push(item);
    }
    set.finish(limits)
}

/// Everything of the file but the current needs, whose place holds null.
fn properties(root: &Node, current: &str) -> Vec<Attribute> {
    let mut properties = Vec::new();
    for (name, node) in root.map().unwrap_or_default() {
        let mut value = node.value();
        if name == "versions"
            && let Value::Map(versions) = &mut value
        {
            for (_, version) in versions.iter_mut().filter(|(version, _)| version == current) {
                let Value::Map(fields) = version else { continue };
                fields
                    .iter_mut()
                    .filter(|(name, _)| name == "needs")
                    .for_each(|(_, needs)| *needs = Value::Null);
            }
        }
        properties.push(Attribute::new(name.clone(), value));
    }
    properties
}

/// The link fields that `needs_schema` declares; `None` without one.
fn declared_links(version: &Node) -> Option<BTreeSet<String>> {
    let fields = version.get("needs_schema")?.get("properties")?.map()?;
    let links = fields.iter().filter(|(_, field)| field.field("field_type") == "links");
    Some(links.map(|(name, _)| name.clone()).collect())
}

fn is_link(name: &str, backs: &BTreeSet<&str>, declared: Option<&BTreeSet<String>>) -> bool {
    match declared {
        Some(declared) => declared.contains(name),
        None => name == "links" || backs.contains(name),
    }
}

/// A link as it is written: `ID`, `ID.part`, each with an optional `[condition]`.
fn link(text: &str, ids: &BTreeSet<&str>) -> Link {
    let mut link = Link::default();
    let (target, condition) = match text.split_once('[') {
        Some((target, rest)) => (target, rest.strip_suffix(']')),
        None => (text, None),
    };
    let (target, part) = match target.split_once('.') {
        Some((need, part)) if !ids.contains(target) && ids.contains(need) => (need, Some(part)),
        _ => (target, None),
    };
    link.target = target.to_owned();
    link.attributes.extend(part.map(|part| Attribute::text("part", part)));
    link.attributes.extend(condition.map(|condition| Attribute::text("condition", condition)));
    link
}

/// Writes a set as `needs.json`. A set read from sphinx-needs is written as it was; other sets become one version,
/// their links declared in `needs_schema`.
///
/// # Errors
/// None today; the signature leaves room for what JSON cannot hold.
pub fn write(set: &ForeignSet) -> Result<String, Error> {
    let needs = Value::Map(set.items.iter().map(|item| (item.id.clone(), need(item, set.tool))).collect());
    let current = set.properties.iter().find(|p| p.name == "current_version").map(|p| views::plain(&p.value));
    let root = match current {
        Some(current) if set.tool == Tool::SphinxNeeds => restored(set, &current, needs),
        _ => fresh(set, needs),
    };
    let mut out = String::new();
    json::value(&mut out, &root);
    out.push('\n');
    Ok(out)
}

fn restored(set: &ForeignSet, current: &str, needs: Value) -> Value {
    let mut needs = Some(needs);
    let mut entries = Vec::new();
    for property in &set.properties {
        let mut value = property.value.clone();
        if property.name == "versions"
            && let Value::Map(versions) = &mut value
            && let Some((_, Value::Map(fields))) = versions.iter_mut().find(|(name, _)| name == current)
            && let Some((_, place)) = fields.iter_mut().find(|(name, _)| name == "needs")
        {
            *place = needs.take().unwrap_or(Value::Null);
        }
        entries.push((property.name.clone(), value));
    }
    Value::Map(entries)
}

fn fresh(set: &ForeignSet, needs: Value) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut kinds = BTreeSet::from(["links".to_owned()]);
    for item in &set.items {
        kinds.extend(link_fields(item).into_keys());
    }
    let field = |kind: String| {
        let items = Value::Map(vec![("type".to_owned(), text("string"))]);
        let field = vec![
            ("field_type".to_owned(), text("links")),
            ("type".to_owned(), text("array")),
            ("items".to_owned(), items),
        ];
        (kind, Value::Map(field))
    };
    let schema = vec![("properties".to_owned(), Value::Map(kinds.into_iter().map(field).collect()))];
    let version = vec![
        ("needs".to_owned(), needs),
        ("needs_amount".to_owned(), Value::Integer(set.items.len().to_string())),
        ("needs_schema".to_owned(), Value::Map(schema)),
    ];
    Value::Map(vec![
        ("current_version".to_owned(), text("1")),
        ("project".to_owned(), text(&set.title)),
        ("versions".to_owned(), Value::Map(vec![("1".to_owned(), Value::Map(version))])),
    ])
}

/// Link fields to add, by name: those that no attribute of the item stands for.
fn link_fields(item: &ForeignItem) -> BTreeMap<String, Vec<Value>> {
    let mut fields: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let names: BTreeSet<&str> = item.attributes.iter().map(|a| a.name.as_str()).collect();
    for link in &item.links {
        let mut name = if link.kind.is_empty() { "links".to_owned() } else { link.kind.clone() };
        if link.external {
            name.push_str("_external");
        }
        // An attribute of that name keeps it: Doorstop's `links` with stamps, a Jira field.
        while names.contains(name.as_str()) {
            name.push_str("_to");
        }
        let mut target = link.target.clone();
        if let Some(condition) = link.attributes.iter().find(|a| a.name == "condition") {
            target = format!("{target}[{}]", views::plain(&condition.value));
        }
        fields.entry(name).or_default().push(Value::Text(target));
    }
    fields
}

fn need(item: &ForeignItem, tool: Tool) -> Value {
    let mut names = BTreeSet::new();
    let mut fields = Vec::new();
    for attribute in &item.attributes {
        let mut name = attribute.name.clone();
        while name.is_empty() || !names.insert(name.clone()) {
            name = format!("{name}({})", attribute.definition);
        }
        fields.push((name, attribute.value.clone()));
    }
    let has_links = fields.iter().any(|(name, value)| name == "links" && matches!(value, Value::List(_)));
    // What sphinx-needs wrote already holds its links, also when it came by way of ReqIF.
    let own = tool == Tool::SphinxNeeds || (names.contains("id") && names.contains("type") && has_links);
    let mut add = |name: &str, value: Value| {
        if names.insert(name.to_owned()) {
            fields.push((name.to_owned(), value));
        }
    };
    if !own {
        add("id", Value::Text(item.id.clone()));
        add("type", Value::Text(item.kind.clone()));
        add("title", Value::Text(item.title.clone()));
        add("description", Value::Text(item.text.clone()));
        for (name, targets) in link_fields(item) {
            add(&name, Value::List(targets));
        }
    }
    Value::Map(fields)
}
