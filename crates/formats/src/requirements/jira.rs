//! Jira exports: the CSV export with its repeated columns, and the JSON of the search API (versions 2 and 3).
//! Not here: asking a server, and Jira's wiki markup, which stays text.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Attribute, ForeignItem, Link, Outline, Placement, Source, Tool, Value};
use super::set::ForeignSet;
use super::table::{Dialect, Row, csv_rows};
use super::tree::{Data, Node, json};
use super::{Error, File, Limits};

/// Type of the link to the epic.
const EPIC: &str = "Epic Link";

/// Reads a CSV export (all fields or current fields).
///
/// # Errors
/// When it is not CSV, has no `Issue key` column, or gives a key twice.
pub fn read_csv(file: File<'_>, limits: &Limits) -> Result<ForeignSet, Error> {
    // Jira writes cells as they are, so nothing is taken off.
    let dialect = Dialect { delimiter: b',', guard: false };
    let mut rows = csv_rows(file, dialect, limits)?.into_iter();
    let names = rows.next().map(|row| row.cells).unwrap_or_default();
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    if !names.iter().any(|name| name == "Issue key") {
        return Err(Error::invalid(
            "not a Jira export: there is no column \"Issue key\"",
            &Source::at(file.name, (1, 1)),
        ));
    }
    let mut draft = Draft::default();
    for row in rows.filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty())) {
        draft.row(file.name, &names, row)?;
    }
    draft.finish(limits)
}

/// Reads the JSON of a search: `{"issues": […]}`, or the list alone.
///
/// # Errors
/// When it is not JSON of that shape, or gives a key twice.
pub fn read_json(file: File<'_>, limits: &Limits) -> Result<ForeignSet, Error> {
    let root = json(file, limits)?;
    let source = Source::at(file.name, root.at);
    let Some(issues) = root.get("issues").unwrap_or(&root).list() else {
        return Err(Error::invalid("not a Jira export: there is no list of issues", &source));
    };
    let mut draft = Draft::default();
    for issue in issues {
        draft.issue(file.name, issue)?;
    }
    draft.finish(limits)
}

/// Issues while they are read: inward links and parents wait until all are known.
#[derive(Default)]
struct Draft {
    items: Vec<ForeignItem>,
    /// Issue id (a number) to key.
    keys: BTreeMap<String, String>,
    /// For each item, its parent's key or issue id.
    parents: Vec<String>,
    /// For each item, links that others own: type and source.
    inward: Vec<Vec<(String, String)>>,
}

/// `Outward issue link (Blocks)` into its direction and type.
fn issue_link(column: &str) -> Option<(bool, &str)> {
    let (outward, rest) = match column.strip_prefix("Outward issue link (") {
        Some(rest) => (true, rest),
        None => (false, column.strip_prefix("Inward issue link (")?),
    };
    Some((outward, rest.strip_suffix(')')?))
}

impl Draft {
    fn row(&mut self, file: &str, names: &[String], row: Row) -> Result<(), Error> {
        let source = Source::at(file, row.at);
        let mut item = ForeignItem { source: source.clone(), ..ForeignItem::default() };
        let (mut id, mut parent, mut inward) = (String::new(), String::new(), Vec::new());
        let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, cell) in names.iter().zip(row.cells) {
            let text = cell.trim();
            if text.is_empty() {
                continue;
            }
            match name.as_str() {
                "Issue key" => text.clone_into(&mut item.id),
                "Issue id" => text.clone_into(&mut id),
                "Summary" => text.clone_into(&mut item.title),
                "Description" => text.clone_into(&mut item.text),
                "Issue Type" => text.clone_into(&mut item.kind),
                "Parent key" => text.clone_into(&mut parent),
                "Parent id" | "Parent" if parent.is_empty() => text.clone_into(&mut parent),
                "Custom field (Epic Link)" => item.links.push(link(EPIC, text, &source)),
                name => match issue_link(name) {
                    Some((true, kind)) => item.links.push(link(kind, text, &source)),
                    Some((false, kind)) => inward.push((kind.to_owned(), text.to_owned())),
                    None => {}
                },
            }
            // A column given several times is one attribute with several values.
            let at = *columns.entry(name).or_insert(item.attributes.len());
            match item.attributes.get_mut(at) {
                None => item.attributes.push(Attribute::text(name.clone(), cell)),
                Some(attribute) => match &mut attribute.value {
                    Value::List(values) => values.push(Value::Text(cell)),
                    value => *value = Value::List(vec![value.clone(), Value::Text(cell)]),
                },
            }
        }
        self.push(item, id, parent, inward)
    }

    fn issue(&mut self, file: &str, issue: &Node) -> Result<(), Error> {
        let source = Source::at(file, issue.at);
        let nothing = Node { at: issue.at, data: Data::Null };
        let fields = issue.get("fields").unwrap_or(&nothing);
        let name = |field: &str| fields.get(field).map(|node| node.field("name")).unwrap_or_default();
        let mut item = ForeignItem {
            id: issue.field("key"),
            kind: name("issuetype"),
            title: fields.field("summary"),
            text: fields.get("description").map(description).unwrap_or_default().trim().to_owned(),
            source: source.clone(),
            ..ForeignItem::default()
        };
        item.attributes.push(Attribute::text("key", item.id.clone()));
        for (name, node) in fields.map().unwrap_or_default() {
            item.attributes.push(Attribute::new(name.clone(), node.value()));
        }
        let mut inward = Vec::new();
        for node in fields.get("issuelinks").and_then(Node::list).unwrap_or_default() {
            let kind = node.get("type").map(|kind| kind.field("name")).unwrap_or_default();
            if let Some(issue) = node.get("outwardIssue") {
                item.links.push(link(&kind, &issue.field("key"), &Source::at(file, node.at)));
            } else if let Some(issue) = node.get("inwardIssue") {
                inward.push((kind, issue.field("key")));
            }
        }
        let parent = fields.get("parent").map(|parent| parent.field("key")).unwrap_or_default();
        self.push(item, issue.field("id"), parent, inward)
    }

    fn push(
        &mut self,
        item: ForeignItem,
        id: String,
        parent: String,
        inward: Vec<(String, String)>,
    ) -> Result<(), Error> {
        if item.id.is_empty() {
            return Err(Error::invalid("an issue without a key", &item.source));
        }
        if !id.is_empty() {
            self.keys.insert(id, item.id.clone());
        }
        self.items.push(item);
        self.parents.push(parent);
        self.inward.push(inward);
        Ok(())
    }

    fn finish(mut self, limits: &Limits) -> Result<ForeignSet, Error> {
        let known: BTreeSet<String> = self.items.iter().map(|item| item.id.clone()).collect();
        for (item, inward) in self.items.iter_mut().zip(&self.inward) {
            for (kind, from) in inward {
                // The other end says it too when it is part of the export.
                if !known.contains(from) {
                    let source = item.source.clone();
                    item.links.push(link(&format!("{kind} (inward)"), from, &source));
                }
            }
        }
        let mut set = ForeignSet { tool: Tool::Jira, producer: "Jira".to_owned(), ..ForeignSet::default() };
        let parents: Vec<Option<String>> = self
            .parents
            .iter()
            .map(|parent| self.keys.get(parent).or_else(|| known.get(parent)).cloned())
            .collect();
        set.documents.push(Outline { placements: outline(&self.items, &parents), ..Outline::default() });
        set.items = self.items;
        set.finish(limits)
    }
}

/// Issues in their order, each below its parent. An issue whose parents run in a circle stands at the top.
fn outline(items: &[ForeignItem], parents: &[Option<String>]) -> Vec<Placement> {
    let mut children: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (at, parent) in parents.iter().enumerate() {
        children.entry(parent.as_deref()).or_default().push(at);
    }
    let mut placements = Vec::new();
    let mut done = vec![false; items.len()];
    let tops = children.get(&None).cloned().unwrap_or_default();
    for top in tops.into_iter().chain(0..items.len()) {
        let mut open = vec![(top, 0u32)];
        while let Some((at, depth)) = open.pop() {
            let (Some(item), Some(done)) = (items.get(at), done.get_mut(at)) else { continue };
            if std::mem::replace(done, true) {
                continue;
            }
            placements.push(Placement { item: item.id.clone(), depth, ..Placement::default() });
            let below = children.get(&Some(item.id.as_str())).map(Vec::as_slice).unwrap_or_default();
            open.extend(below.iter().rev().map(|&at| (at, depth.saturating_add(1))));
        }
    }
    placements
}

fn link(kind: &str, target: &str, source: &Source) -> Link {
    Link { kind: kind.to_owned(), target: target.to_owned(), source: source.clone(), ..Link::default() }
}

/// A description: text (API version 2) or an Atlassian document (version 3), whose blocks become lines. Recursion is
/// bounded by the depth of what was parsed.
fn description(node: &Node) -> String {
    if let Some(text) = node.str() {
        return text.to_owned();
    }
    let mut out = String::new();
    blocks(node, &mut out);
    out
}

fn blocks(node: &Node, out: &mut String) {
    match node.get("type").and_then(Node::str) {
        Some("text") => out.push_str(&node.field("text")),
        Some("hardBreak") => out.push('\n'),
        Some("listItem") => out.push_str("- "),
        _ => {}
    }
    for child in node.get("content").and_then(Node::list).unwrap_or_default() {
        blocks(child, out);
    }
    let block = matches!(
        node.get("type").and_then(Node::str),
        Some("paragraph" | "heading" | "codeBlock" | "tableRow")
    );
    if block && !out.ends_with('\n') {
        out.push('\n');
    }
}
