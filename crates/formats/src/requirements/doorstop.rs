//! Doorstop: YAML items in folders, each folder a document. Link and review stamps are computed again, so that a set
//! comes in with what was reviewed and what has changed since. Not here: Markdown items (`itemformat: markdown`) and
//! stamps over referenced files or extended attributes, which are kept and said to be unknown.

use std::collections::BTreeMap;

use super::model::{Attribute, ForeignItem, Link, Named, Outline, Placement, Source, Statement, Tool};
use super::set::ForeignSet;
use super::tree::{Data, Node, yaml};
use super::{Error, File, Limits, stamp, views};

/// Name of the file that makes a folder a document.
const CONFIG: &str = ".doorstop.yml";

/// Reads the files of one repository; names are paths with `/`. Files that are no items are left out with a finding.
///
/// # Errors
/// When no folder is a document, an item is not well-formed, or a bound is passed.
pub fn read(files: &[File<'_>], limits: &Limits) -> Result<ForeignSet, Error> {
    limits.check_files(files)?;
    let mut set =
        ForeignSet { tool: Tool::Doorstop, producer: "Doorstop".to_owned(), ..ForeignSet::default() };
    let mut folders: BTreeMap<&str, Folder> = BTreeMap::new();
    for file in files {
        if let Some(path) = file.name.strip_suffix(CONFIG).filter(|p| p.is_empty() || p.ends_with('/')) {
            folders.insert(path, folder(&yaml(*file, limits)?, file.name)?);
        }
    }
    if folders.is_empty() {
        return Err(Error::invalid("not Doorstop: no folder holds a .doorstop.yml", &Source::default()));
    }
    let mut reviewed = Vec::new();
    for file in files.iter().filter(|file| !file.name.ends_with(CONFIG)) {
        let Some((uid, folder)) = place(file.name, &mut folders) else {
            set.find("not an item of a Doorstop document; left out", &Source::file(file.name));
            continue;
        };
        let (item, level, own) = item(uid, *file, limits)?;
        folder.items.push((level, item.id.clone()));
        reviewed.push(own);
        set.items.push(item);
    }
    compare(&mut set, &reviewed);
    for folder in folders.into_values() {
        set.documents.push(outline(folder));
    }
    set.finish(limits)
}

#[derive(Default)]
struct Folder {
    prefix: String,
    separator: String,
    outline: Outline,
    items: Vec<(Vec<u64>, String)>,
}

fn folder(config: &Node, name: &str) -> Result<Folder, Error> {
    let source = Source::at(name, config.at);
    let Some(settings) = config.get("settings") else {
        return Err(Error::invalid("a Doorstop document without settings", &source));
    };
    let prefix = settings.field("prefix");
    if prefix.is_empty() {
        return Err(Error::invalid("a Doorstop document without a prefix", &source));
    }
    let attributes = config.map().unwrap_or_default();
    let attributes =
        attributes.iter().map(|(name, node)| Attribute::new(name.clone(), node.value())).collect();
    let named = Named { id: prefix.clone(), name: prefix.clone(), ..Named::default() };
    let outline = Outline { named, attributes, source, ..Outline::default() };
    Ok(Folder { prefix, separator: settings.field("sep"), outline, items: Vec::new() })
}

/// The item's id and the document it belongs to: the nearest folder above that is one.
fn place<'n, 'f>(
    name: &'n str,
    folders: &'f mut BTreeMap<&str, Folder>,
) -> Option<(&'n str, &'f mut Folder)> {
    let (path, last) = name.rsplit_once('/').map_or(("", name), |(path, last)| (path, last));
    let uid = last.strip_suffix(".yml")?;
    let mut path = if path.is_empty() { String::new() } else { format!("{path}/") };
    while !folders.contains_key(path.as_str()) {
        let parent = path.strip_suffix('/')?;
        path = parent.rsplit_once('/').map(|(parent, _)| format!("{parent}/")).unwrap_or_default();
    }
    let folder = folders.get_mut(path.as_str())?;
    let number = uid.strip_prefix(folder.prefix.as_str())?.strip_prefix(folder.separator.as_str())?;
    let numbered = number.starts_with(|c: char| c.is_ascii_digit());
    (numbered || (!number.is_empty() && !folder.separator.is_empty())).then_some((uid, folder))
}

/// What an item's stamp is computed over, and whether it can be.
struct Own {
    text: String,
    reference: String,
    computable: bool,
}

fn item(uid: &str, file: File<'_>, limits: &Limits) -> Result<(ForeignItem, Vec<u64>, Own), Error> {
    let node = yaml(file, limits)?;
    let source = Source::at(file.name, (1, 1));
    let Some(entries) = node.map() else {
        return Err(Error::invalid("a Doorstop item is a mapping", &source));
    };
    let mut item = ForeignItem {
        id: uid.to_owned(),
        kind: uid.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['-', '_', '.']).to_owned(),
        attributes: entries.iter().map(|(name, node)| Attribute::new(name.clone(), node.value())).collect(),
        source,
        ..ForeignItem::default()
    };
    for link in node.get("links").and_then(Node::list).unwrap_or_default() {
        let source = Source::at(file.name, link.at);
        let (target, stamp) = match &link.data {
            Data::Map(entries) => match entries.as_slice() {
                [(target, stamp)] => (target.clone(), stamp.scalar()),
                _ => return Err(Error::invalid("a link is an id, or an id with its stamp", &source)),
            },
            _ => match link.scalar() {
                Some(target) => (target, None),
                None => return Err(Error::invalid("a link is an id, or an id with its stamp", &source)),
            },
        };
        let attributes = stamp.into_iter().map(|stamp| Attribute::text("stamp", stamp)).collect();
        item.links.push(Link { kind: "links".to_owned(), target, attributes, source, ..Link::default() });
    }
    views::fill(&mut item);
    item.markdown = Some(item.text.clone()).filter(|text| !text.is_empty());
    if let Some(reviewed) = node.get("reviewed").and_then(Node::str).filter(|stamp| !stamp.is_empty()) {
        item.statements.push(Statement {
            meaning: "reviewed".to_owned(),
            by: String::new(),
            at: String::new(),
            evidence: reviewed.to_owned(),
            holds: None,
            source: Source::at(file.name, node.get("reviewed").map_or((1, 1), |node| node.at)),
        });
    }
    let listed = node.get("references").and_then(Node::list).is_some_and(|list| !list.is_empty());
    let own =
        Own { text: node.field("text").trim().to_owned(), reference: node.field("ref"), computable: !listed };
    // A trailing 0 marks a heading at the level above.
    let mut level: Vec<u64> = node.field("level").split('.').map(|part| part.parse().unwrap_or(0)).collect();
    while level.len() > 1 && level.last() == Some(&0) {
        level.pop();
    }
    Ok((item, level, own))
}

/// Computes every stamp again. O(n log n) in items and links.
fn compare(set: &mut ForeignSet, own: &[Own]) {
    let index: BTreeMap<String, usize> =
        set.items.iter().enumerate().map(|(at, item)| (item.id.clone(), at)).collect();
    let stamps: Vec<Option<String>> = set
        .items
        .iter()
        .zip(own)
        .map(|(item, own)| own.computable.then(|| stamp::doorstop([&*item.id, &*own.text, &*own.reference])))
        .collect();
    for (item, own) in set.items.iter_mut().zip(own) {
        for link in &mut item.links {
            let target = index.get(&link.target).and_then(|at| stamps.get(*at)).and_then(Option::as_ref);
            let stamp = link.attributes.iter().find(|a| a.name == "stamp").map(|a| views::plain(&a.value));
            link.holds = target.zip(stamp).map(|(target, stamp)| *target == stamp);
        }
        let targets = item.links.iter().map(|link| link.target.as_str());
        let parts = [&*item.id, &*own.text, &*own.reference].into_iter().chain(targets);
        let review = own.computable.then(|| stamp::doorstop(parts));
        for statement in &mut item.statements {
            statement.holds = review.as_ref().map(|review| *review == statement.evidence);
        }
    }
}

fn outline(folder: Folder) -> Outline {
    let Folder { mut outline, mut items, .. } = folder;
    items.sort();
    for (level, item) in items {
        let depth = u32::try_from(level.len().saturating_sub(1)).unwrap_or(u32::MAX);
        outline.placements.push(Placement { item, depth, ..Placement::default() });
    }
    outline
}
