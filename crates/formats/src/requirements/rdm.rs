//! innolitics RDM data files: requirements, risks, SOUP, test records, changes with their approvals. Ids that RDM does
//! not give are made up from file and place. Not here: its documents and checklists, which are text and templates.

use super::model::{Attribute, ForeignItem, Link, Outline, Placement, Source, Statement, Tool};
use super::set::ForeignSet;
use super::tree::{Node, yaml};
use super::{Error, File, Limits, views};

/// Reads the files of an RDM `data` folder; files that hold no items are left out with a finding.
///
/// # Errors
/// When a file is not YAML, passes a bound, or two items have one id.
pub fn read(files: &[File<'_>], limits: &Limits) -> Result<ForeignSet, Error> {
    limits.check_files(files)?;
    let mut set =
        ForeignSet { tool: Tool::Rdm, producer: "innolitics RDM".to_owned(), ..ForeignSet::default() };
    for file in files {
        let root = yaml(*file, limits)?;
        let stem = file.name.rsplit('/').next().unwrap_or_default();
        let stem = stem.strip_suffix(".yml").or_else(|| stem.strip_suffix(".yaml")).unwrap_or(stem);
        let mut reader = Reader { file: file.name, items: Vec::new() };
        match stem {
            "requirements" => {
                reader.list(Some(&root), "requirement", &[("system_requirements", "system_requirements")]);
            }
            "risk" => reader.list(root.get("risks"), "risk", &[]),
            "soup" => reader.list(Some(&root), "soup", &[]),
            "manual_tests" => reader.list(Some(&root), "manual test", &[]),
            "history" => {
                reader.list(root.get("change_requests"), "change request", &[("change_ids", "change")]);
                reader.list(root.get("changes"), "change", &[]);
            }
            stem if stem.ends_with("test_record") => {
                for (name, node) in root.map().unwrap_or_default() {
                    reader.item(node, "test result", Some(name.clone()), &[("req_ids", "verifies")]);
                }
            }
            _ => {
                set.find("holds no items; left out", &Source::file(file.name));
                continue;
            }
        }
        let placements =
            reader.items.iter().map(|i| Placement { item: i.id.clone(), ..Placement::default() });
        let mut outline = Outline { placements: placements.collect(), ..Outline::default() };
        stem.clone_into(&mut outline.named.id);
        stem.clone_into(&mut outline.named.name);
        set.documents.push(outline);
        set.items.append(&mut reader.items);
    }
    set.finish(limits)
}

struct Reader<'a> {
    file: &'a str,
    items: Vec<ForeignItem>,
}

impl Reader<'_> {
    fn list(&mut self, list: Option<&Node>, kind: &str, links: &[(&str, &str)]) {
        for node in list.and_then(Node::list).unwrap_or_default() {
            self.item(node, kind, None, links);
        }
    }

    fn item(&mut self, node: &Node, kind: &str, id: Option<String>, links: &[(&str, &str)]) {
        let given = id.or_else(|| node.get("id").and_then(Node::scalar));
        let made_up = given.is_none();
        let id = match given {
            // Change requests and changes are numbered alike.
            Some(id) if kind.starts_with("change") => format!("{kind} {id}"),
            Some(id) => id,
            None => {
                let name =
                    [node.field("title"), node.field("name")].into_iter().find(|name| !name.is_empty());
                name.unwrap_or_else(|| format!("{}#{}", self.file, self.items.len() + 1))
            }
        };
        let mut item = ForeignItem {
            id,
            made_up,
            kind: kind.to_owned(),
            source: Source::at(self.file, node.at),
            ..ForeignItem::default()
        };
        let fields = node.map().unwrap_or_default();
        item.attributes.extend(fields.iter().map(|(name, node)| Attribute::new(name.clone(), node.value())));
        for (field, kind) in links {
            self.links(&mut item, node.get(field), kind, if *kind == "change" { "change " } else { "" });
        }
        for step in node.get("steps").and_then(Node::list).unwrap_or_default() {
            self.links(&mut item, step.get("req_ids"), "verifies", "");
        }
        for approval in node.get("approvals").and_then(Node::list).unwrap_or_default() {
            item.statements.push(Statement {
                meaning: "approved".to_owned(),
                by: approval.get("reviewer").map(|reviewer| reviewer.field("name")).unwrap_or_default(),
                at: approval.field("timestamp"),
                evidence: approval.field("content"),
                holds: None,
                source: Source::at(self.file, approval.at),
            });
        }
        views::fill(&mut item);
        self.items.push(item);
    }

    fn links(&self, item: &mut ForeignItem, list: Option<&Node>, kind: &str, prefix: &str) {
        for target in list.and_then(Node::list).unwrap_or_default() {
            if let Some(id) = target.scalar() {
                item.links.push(Link {
                    kind: kind.to_owned(),
                    target: format!("{prefix}{id}"),
                    source: Source::at(self.file, target.at),
                    ..Link::default()
                });
            }
        }
    }
}
