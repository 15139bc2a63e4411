//! The set as a whole: its items, documents and links, what dangles, and the checks every reader ends with.
//! Not here: the parts it is made of.

use std::collections::BTreeMap;

use super::error::shorten;
use super::model::{
    Attachment, Attribute, Datatype, Finding, ForeignItem, Group, Kind, Link, Outline, Source, Stray, Tool,
};
use super::{Error, Limits};

/// A link whose target is not in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dangling<'a> {
    /// Foreign id of the item it starts from.
    pub from: &'a str,
    /// The link.
    pub link: &'a Link,
}

/// A requirement set of another tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignSet {
    /// The format it was read from.
    pub tool: Tool,
    /// The program that wrote it, where it says so.
    pub producer: String,
    /// Its title.
    pub title: String,
    /// What it says about itself.
    pub properties: Vec<Attribute>,
    /// Data types.
    pub datatypes: Vec<Datatype>,
    /// Kinds of items, links, documents and groups.
    pub kinds: Vec<Kind>,
    /// Its items, in its order.
    pub items: Vec<ForeignItem>,
    /// Links that start nowhere.
    pub strays: Vec<Stray>,
    /// Its documents.
    pub documents: Vec<Outline>,
    /// Groups of links.
    pub groups: Vec<Group>,
    /// Files that came with it.
    pub attachments: Vec<Attachment>,
    /// What is irregular.
    pub findings: Vec<Finding>,
}

impl ForeignSet {
    /// All links that start at an item, in order.
    pub fn links(&self) -> impl Iterator<Item = (&ForeignItem, &Link)> {
        self.items.iter().flat_map(|item| item.links.iter().map(move |link| (item, link)))
    }

    /// Where each id stands in `items`.
    pub fn index(&self) -> BTreeMap<&str, usize> {
        self.items.iter().enumerate().map(|(at, item)| (item.id.as_str(), at)).collect()
    }

    /// Links whose target is neither an item of the set nor external; those that start nowhere first.
    /// O(n log n) in items and links.
    pub fn dangling(&self) -> Vec<Dangling<'_>> {
        let known = self.index();
        let missing = |link: &Link| !link.external && !known.contains_key(link.target.as_str());
        let strays = self.strays.iter().map(|stray| Dangling { from: &stray.from, link: &stray.link });
        let links = self
            .links()
            .filter(|(_, link)| missing(link))
            .map(|(item, link)| Dangling { from: &item.id, link });
        strays.chain(links).collect()
    }

    /// The same set without places and findings, so that content alone can be compared.
    #[must_use]
    pub fn without_places(mut self) -> Self {
        for item in &mut self.items {
            item.source = Source::default();
            item.links.iter_mut().for_each(|link| link.source = Source::default());
            item.statements.iter_mut().for_each(|statement| statement.source = Source::default());
        }
        self.strays.iter_mut().for_each(|stray| stray.link.source = Source::default());
        self.documents.iter_mut().for_each(|document| document.source = Source::default());
        self.findings.clear();
        self
    }

    pub(super) fn find(&mut self, reason: impl Into<String>, source: &Source) {
        /// Findings beyond this are not kept; the last one says so.
        const MAX: usize = 1000;
        match self.findings.len() {
            n if n < MAX => {
                self.findings.push(Finding { reason: shorten(reason.into()), source: source.clone() });
            }
            MAX => self
                .findings
                .push(Finding { reason: "more findings are not listed".to_owned(), source: source.clone() }),
            _ => {}
        }
    }

    /// Checks ids and amounts, and fills in `parent` and `position` from the documents.
    pub(super) fn finish(mut self, limits: &Limits) -> Result<Self, Error> {
        if self.items.len() > limits.items {
            return Err(Error::limit("items", limits.items, Source::default()));
        }
        if self.links().count() + self.strays.len() > limits.items {
            return Err(Error::limit("links", limits.items, Source::default()));
        }
        let mut index: BTreeMap<String, usize> = BTreeMap::new();
        for (at, item) in self.items.iter().enumerate() {
            if item.id.is_empty() {
                return Err(Error::invalid("an item without an id", &item.source));
            }
            if let Some(first) = index.insert(item.id.clone(), at) {
                let first = self.items.get(first).map(|item| item.source.to_string()).unwrap_or_default();
                return Err(Error::invalid(
                    format!("the id {:?} is given twice, first {first}", item.id),
                    &item.source,
                ));
            }
        }
        let mut placed = vec![false; self.items.len()];
        for document in &self.documents {
            // The open item of each level, and how many siblings stand there so far.
            let mut open: Vec<(Option<usize>, u32)> = vec![(None, 0)];
            for placement in &document.placements {
                let depth = placement.depth as usize;
                open.truncate(depth + 1);
                let (parent, position) = match open.last_mut() {
                    Some((parent, next)) => {
                        *next += 1;
                        (*parent, *next - 1)
                    }
                    None => (None, 0),
                };
                let at = index.get(&placement.item).copied();
                open.push((at.or(parent), 0));
                let Some(at) = at.filter(|at| !placed.get(*at).copied().unwrap_or(true)) else { continue };
                let parent = parent.and_then(|parent| self.items.get(parent)).map(|item| item.id.clone());
                if let (Some(item), Some(placed)) = (self.items.get_mut(at), placed.get_mut(at)) {
                    item.parent = parent.filter(|parent| *parent != item.id);
                    item.position = position;
                    *placed = true;
                }
            }
        }
        Ok(self)
    }
}
