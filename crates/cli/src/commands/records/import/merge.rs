//! Foreign items beside the records that are there: which are new, changed, gone; what was changed here although the other tool
//! is master. Pure: writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use formats::requirements::{ForeignItem, ForeignSet, Value};
use records::record::{Record, TEXT};
use records::schema::Schema;
use records::source::is_id;
use records::tree::Tree;

use super::draft::Draft;
use super::mapping::{LinkTo, Mapping};

/// Bytes of kept attributes; more would not fit beside the rest of a front matter.
const MAX_ATTRIBUTES: usize = 40 << 10;
/// Fields that every import brings.
const BROUGHT: [&str; 5] = ["kind", "title", TEXT, "foreign-attributes", "foreign-statements"];

/// A file to be written.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub(super) path: String,
    pub(super) id: String,
    pub(super) text: String,
    pub(super) new: bool,
}

/// What an import amounts to.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) writes: Vec<Write>,
    pub(super) unchanged: usize,
    /// Items left out as the mapping says.
    pub(super) left_out: usize,
    /// Records whose item is gone.
    pub(super) gone: Vec<String>,
    /// Records that were changed here in what the other tool brings; its values were taken again.
    pub(super) changed_here: Vec<String>,
    /// What could not be taken, with its reason.
    pub(super) refused: Vec<String>,
    /// Links whose target is nowhere.
    pub(super) dangling: Vec<String>,
    /// Approvals that came along, as statements.
    pub(super) statements: usize,
    /// Links written.
    pub(super) links: usize,
}

/// Who an import is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    pub(super) tool: &'a str,
    pub(super) set: &'a str,
    pub(super) folder: &'a str,
}

impl Origin<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.tool, self.set)
    }
}

/// The records of the same set that are there, by foreign id.
fn known<'t>(tree: &'t Tree, origin: Origin<'_>) -> BTreeMap<&'t str, &'t Record> {
    let name = origin.name();
    let own = tree.set.records().filter(|(_, record)| record.text_of("foreign-set") == name);
    own.map(|(_, record)| (record.text_of("foreign-id"), record)).collect()
}

pub(super) fn merge(set: &ForeignSet, tree: &Tree, mapping: &Mapping, origin: Origin<'_>) -> Merged {
    let known = known(tree, origin);
    let mut merged = Merged::default();
    let mut taken: Vec<(&ForeignItem, &str)> = Vec::new();
    let mut unmapped: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &set.items {
        match mapping.kind(&item.kind) {
            None => *unmapped.entry(&item.kind).or_default() += 1,
            Some("") => merged.left_out += 1,
            Some(_) if item.made_up => merged.refused.push(format!(
                "{}: the other tool gives it no id, so that it could not be found again",
                item.source
            )),
            Some(kind) => taken.push((item, kind)),
        }
    }
    for (kind, count) in unmapped {
        merged.refused.push(format!("{count} items of the kind `{kind}`: the mapping does not name it"));
    }
    let ids = identify(&taken, &known, tree);
    let links = link(set, &taken, &ids, &known, mapping, &mut merged);
    let imported: BTreeSet<&str> =
        ids.values().map(String::as_str).chain(known.values().map(|r| r.id())).collect();
    let nothing = BTreeMap::new();
    for (item, kind) in taken {
        let Some(id) = ids.get(item.id.as_str()) else { continue };
        let brought = links.get(id.as_str()).unwrap_or(&nothing);
        let present = known.get(item.id.as_str()).copied();
        one(item, kind, id, brought, present, &imported, tree, mapping, origin, &mut merged);
    }
    let held: BTreeSet<&str> = set.items.iter().map(|item| item.id.as_str()).collect();
    merged.gone = known
        .iter()
        .filter(|(foreign, _)| !held.contains(**foreign))
        .map(|(_, r)| r.id().to_owned())
        .collect();
    merged
}

/// Our id of each item: the one it has, else the other tool's where it can be ours and is free, else the next of its kind.
fn identify<'s>(
    taken: &[(&'s ForeignItem, &str)],
    known: &BTreeMap<&str, &Record>,
    tree: &Tree,
) -> BTreeMap<&'s str, String> {
    let schema: &Schema = tree.set.schema();
    let mut used: BTreeSet<String> = tree.set.records().map(|(_, record)| record.id().to_owned()).collect();
    let mut ids = BTreeMap::new();
    for (item, _) in taken {
        if let Some(record) = known.get(item.id.as_str()) {
            ids.insert(item.id.as_str(), record.id().to_owned());
        }
    }
    let mut next: BTreeMap<&str, u64> = BTreeMap::new();
    for (item, kind) in taken {
        if ids.contains_key(item.id.as_str()) {
            continue;
        }
        let own = [item.label.as_str(), item.id.as_str()];
        let own = own.into_iter().find(|id| is_id(id) && !used.contains(*id)).map(str::to_owned);
        let prefix = schema.kind_id(kind).and_then(|k| schema.kind(k)).map_or("REC", |k| &*k.prefix);
        let id = own.unwrap_or_else(|| {
            let number = next.entry(prefix).or_insert(1);
            loop {
                let id = format!("{prefix}-{number:03}");
                *number += 1;
                if !used.contains(&id) {
                    return id;
                }
            }
        });
        used.insert(id.clone());
        ids.insert(item.id.as_str(), id);
    }
    ids
}

/// Links by the id of the record they stand in and type.
type Links = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

fn link(
    set: &ForeignSet,
    taken: &[(&ForeignItem, &str)],
    ids: &BTreeMap<&str, String>,
    known: &BTreeMap<&str, &Record>,
    mapping: &Mapping,
    merged: &mut Merged,
) -> Links {
    let ours = |foreign: &str| {
        let known = || known.get(foreign).map(|record| record.id().to_owned());
        ids.get(foreign).cloned().or_else(known)
    };
    let mut links: Links = BTreeMap::new();
    let mut put = |from: String, link: &str, to: String| {
        links.entry(from).or_default().entry(link.to_owned()).or_default().insert(to);
    };
    let mut unmapped: BTreeMap<&str, usize> = BTreeMap::new();
    let held: BTreeSet<&str> = set.items.iter().map(|item| item.id.as_str()).collect();
    for (item, _) in taken {
        let Some(from) = ids.get(item.id.as_str()) else { continue };
        for link in item.links.iter().filter(|link| !link.external) {
            let (name, reversed) = match mapping.link(&link.kind) {
                LinkTo::Link { link, reversed } => (link, reversed),
                LinkTo::Out => continue,
                LinkTo::Unmapped => {
                    *unmapped.entry(&link.kind).or_default() += 1;
                    continue;
                }
            };
            match ours(&link.target) {
                Some(to) if reversed => put(to, name, from.clone()),
                Some(to) => put(from.clone(), name, to),
                // An item that the mapping leaves out takes its links with it.
                None if held.contains(link.target.as_str()) => {}
                None => merged
                    .dangling
                    .push(format!("{}: {} {} {}", link.source, item.id, link.kind, link.target)),
            }
        }
        if let (Some(name), Some(parent)) = (&mapping.parent, item.parent.as_deref().and_then(&ours)) {
            put(from.clone(), name, parent);
        }
    }
    for stray in &set.strays {
        merged.dangling.push(format!("{}: {} from `{}`", stray.link.source, stray.link.kind, stray.from));
    }
    for (kind, count) in unmapped {
        merged.refused.push(format!("{count} links of the type `{kind}`: the mapping does not name it"));
    }
    links
}

#[expect(clippy::too_many_arguments, reason = "one item with all that it is compared with")]
fn one(
    item: &ForeignItem,
    kind: &str,
    id: &str,
    links: &BTreeMap<String, BTreeSet<String>>,
    present: Option<&Record>,
    imported: &BTreeSet<&str>,
    tree: &Tree,
    mapping: &Mapping,
    origin: Origin<'_>,
    merged: &mut Merged,
) {
    let fields: BTreeSet<&str> =
        BROUGHT.into_iter().chain(mapping.fields.values().map(String::as_str)).collect();
    let mut draft = present.map(Draft::of).unwrap_or_default();
    if let Some(present) = present {
        // Targets that came from the other tool; links to others were made here and stay.
        let mut theirs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for link in mapping.brought_links() {
            let targets = draft.links.get(link).into_iter().flatten();
            let own = targets.filter(|target| imported.contains(target.as_str())).cloned();
            theirs.insert(link.to_owned(), own.collect());
        }
        let digest = draft.digest(&fields, &theirs).to_string();
        if present.text_of("foreign-digest") != digest {
            merged.changed_here.push(id.to_owned());
        }
        for (link, targets) in &theirs {
            if let Some(all) = draft.links.get_mut(link) {
                all.retain(|target| !targets.contains(target));
            }
        }
    }
    for name in &fields {
        draft.fields.remove(*name);
    }
    let set = |draft: &mut Draft, name: &str, value: &str| draft.set(name, vec![value.to_owned()]);
    set(&mut draft, "id", id);
    set(&mut draft, "kind", kind);
    set(&mut draft, "title", &item.title.split_whitespace().collect::<Vec<_>>().join(" "));
    set(&mut draft, TEXT, item.markdown.as_deref().unwrap_or(&item.text));
    set(&mut draft, "foreign-id", &item.id);
    set(&mut draft, "foreign-set", &origin.name());
    for (foreign, field) in &mapping.fields {
        let values = item.attributes.iter().filter(|a| a.name == *foreign);
        draft.set(field, values.flat_map(|a| values_of(&a.value)).collect());
    }
    draft.set("foreign-attributes", attributes(item, mapping));
    draft.set("foreign-statements", statements(item));
    merged.statements += item.statements.len();
    let digest = draft.digest(&fields, links).to_string();
    set(&mut draft, "foreign-digest", &digest);
    for (link, targets) in links {
        merged.links += targets.len();
        draft.links.entry(link.clone()).or_default().extend(targets.iter().cloned());
    }
    draft.links.retain(|_, targets| !targets.is_empty());
    let text = draft.text();
    let record = match draft.record(&text) {
        Ok(record) => record,
        Err(why) => return merged.refused.push(format!("{} ({}): {why}", item.id, item.source)),
    };
    match present {
        Some(present) if present.revision() == record.revision() => merged.unchanged += 1,
        Some(present) => {
            let path = tree.set.file(present.place.file).to_owned();
            if path.ends_with(".md") {
                merged.writes.push(Write { path, id: id.to_owned(), text, new: false });
            } else {
                merged.refused.push(format!("{id} stands in the table {path}; move it to a file of its own"));
            }
        }
        None => {
            let path = format!("{}/{id}.md", origin.folder);
            merged.writes.push(Write { path, id: id.to_owned(), text, new: true });
        }
    }
}

/// The values of a field, each as text.
fn values_of(value: &Value) -> Vec<String> {
    match value {
        Value::List(all) => all.iter().map(plain).collect(),
        Value::Choice(all) => {
            all.iter().map(|c| if c.name.is_empty() { &c.id } else { &c.name }.clone()).collect()
        }
        other => vec![plain(other)],
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) | Value::Integer(text) | Value::Real(text) | Value::Date(text) => text.clone(),
        Value::Xhtml(xhtml) => xhtml.markup.clone(),
        Value::Boolean(is) => is.to_string(),
        Value::Choice(_) | Value::List(_) => values_of(value).join("; "),
        Value::Map(all) => {
            all.iter().map(|(k, v)| format!("{k}={}", plain(v))).collect::<Vec<_>>().join("; ")
        }
    }
}

/// What the other tool holds beside what became fields, so that nothing of it is lost.
fn attributes(item: &ForeignItem, mapping: &Mapping) -> Vec<String> {
    let shown = [item.title.trim(), item.text.trim()];
    let mut room = MAX_ATTRIBUTES;
    let mut kept = Vec::new();
    let external = item.links.iter().filter(|link| link.external);
    let named = item.attributes.iter().filter(|a| !mapping.fields.contains_key(&a.name));
    let all = named
        .map(|a| (a.name.clone(), plain(&a.value)))
        .chain(external.map(|l| (l.kind.clone(), l.target.clone())));
    for (name, value) in all {
        let value = value.trim();
        // Title and text are ours already; what is empty says nothing.
        if value.is_empty() || value == item.id || (shown.contains(&value) && !value.is_empty()) {
            continue;
        }
        let line = format!("{name}: {value}");
        // Escapes can double a text.
        let Some(left) = room.checked_sub(line.len() * 2) else {
            kept.push(format!("{name}: (too long to be kept here: {} bytes)", value.len()));
            continue;
        };
        room = left;
        kept.push(line);
    }
    kept
}

/// Approvals that the other tool claims, with their place.
fn statements(item: &ForeignItem) -> Vec<String> {
    let say = |s: &formats::requirements::Statement| {
        let by = if s.by.is_empty() { String::new() } else { format!(" by {}", s.by) };
        let at = if s.at.is_empty() { String::new() } else { format!(" on {}", s.at) };
        let evidence =
            if s.evidence.is_empty() { String::new() } else { format!(", evidence {}", s.evidence) };
        let holds = match s.holds {
            Some(true) => ", which matches",
            Some(false) => ", which does not match",
            None => "",
        };
        format!("{}{by}{at} (claimed), {}{evidence}{holds}", s.meaning, s.source)
    };
    item.statements.iter().map(say).collect()
}
