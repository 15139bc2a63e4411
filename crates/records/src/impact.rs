//! What a change touches: two states of one product compared, and what follows from the difference along links. Where
//! the states come from (commits, the log) is not decided here.

use crate::code::{CodeFacts, Verb};
use crate::digest::Digest;
use crate::schema::LinkId;
use crate::set::{LinkState, Node, RecordSet};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What happened to a record, a link or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// It came.
    Added,
    /// It is another.
    Changed,
    /// It went.
    Removed,
    /// Its target changed since it was accepted (links only).
    Suspect,
}

impl How {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Suspect => "suspect",
        }
    }
}

/// A record that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordChange {
    /// Its id.
    pub id: String,
    /// What happened.
    pub how: How,
    /// Fields that differ.
    pub fields: Vec<String>,
    /// Whether one of them matters to those that link to it.
    pub matters: bool,
}

/// A link that is not what it was: source, type, target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkChange {
    /// Id of its source.
    pub from: String,
    /// Its type.
    pub link: String,
    /// Id of its target.
    pub to: String,
    /// What happened.
    pub how: How,
}

/// A file of the code that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// What happened.
    pub how: How,
    /// Id of the unit it belongs to, now or before; empty for none.
    pub unit: String,
}

/// A record that a change reaches, with the path from the changed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// Its id.
    pub id: String,
    /// Ids from the changed record to it, both included.
    pub path: Vec<String>,
}

/// Everything that differs, and what that reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Records that differ, by id.
    pub records: Vec<RecordChange>,
    /// Links that came, went or became suspect.
    pub links: Vec<LinkChange>,
    /// Files of the code that differ, by path.
    pub files: Vec<FileChange>,
    /// Records whose marked code differs.
    pub marked: Vec<String>,
    /// Units with files that differ.
    pub units: Vec<String>,
    /// Records in question along links that carry suspicion.
    pub in_question: Vec<Reached>,
    /// Test cases and reviews of any of these: to be repeated.
    pub tests: Vec<Reached>,
    /// Risks and risk controls behind any of these: to be looked at.
    pub risks: Vec<Reached>,
}

/// Compares two states. O(records + links + files, of both).
#[must_use]
pub fn impact(before: &RecordSet, after: &RecordSet) -> Touched {
    let mut touched =
        Touched { records: records(before, after), links: links(before, after), ..Touched::default() };
    code(before, after, &mut touched);
    let changed = touched.records.iter().filter(|record| record.matters).map(|record| &*record.id);
    let seeds = changed.chain(touched.marked.iter().map(String::as_str));
    let seeds: BTreeSet<Node> = seeds
        .chain(touched.units.iter().map(String::as_str))
        .filter_map(|id| after.node(id).filter(|node| after.record(*node).is_some()))
        .collect();
    let mut from: BTreeMap<Node, Node> = BTreeMap::new();
    let schema = after.schema();
    let carries = |link| schema.link(link).is_some_and(|link| link.carries);
    let verifies = |link| schema.link(link).is_some_and(|link| link.verifies);
    let questioned = spread(after, &seeds, &mut from, &|_| false, &|link| carries(link) && !verifies(link));
    touched.in_question = reached(after, &questioned, &seeds, &from, &|_| true);
    let tests = spread_once(after, &questioned, &mut from, &verifies);
    touched.tests = reached(after, &tests, &BTreeSet::new(), &from, &|_| true);
    let named =
        |names: &[&str]| names.iter().filter_map(|name| schema.link_id(name)).collect::<BTreeSet<_>>();
    let out = named(&["implements-control", "controls"]);
    let back = named(&["caused-by", "arises-from", "situation"]);
    let behind =
        spread(after, &questioned, &mut from, &|link| out.contains(&link), &|link| back.contains(&link));
    let kinds = ["risk", "risk-control"].map(|name| schema.kind_id(name));
    let is_risk = |node| after.kind(node).is_some_and(|kind| kinds.contains(&Some(kind)));
    touched.risks = reached(after, &behind, &BTreeSet::new(), &from, &is_risk);
    touched
}

fn records(before: &RecordSet, after: &RecordSet) -> Vec<RecordChange> {
    let mut found = Vec::new();
    for (node, record) in after.records() {
        let old = before.node(record.id()).and_then(|node| before.record(node));
        let Some(old) = old else {
            let fields = Vec::new();
            found.push(RecordChange { id: record.id().to_owned(), how: How::Added, fields, matters: true });
            continue;
        };
        if old.revision() == record.revision() {
            continue;
        }
        let names: BTreeSet<&str> = old.fields().chain(record.fields()).map(|field| field.name()).collect();
        let differs = |name: &&str| old.digest_of_field(name) != record.digest_of_field(name);
        let fields: Vec<String> = names.into_iter().filter(differs).map(str::to_owned).collect();
        let kind = after.kind(node).and_then(|kind| after.schema().kind(kind));
        let matters = kind.is_none_or(|kind| {
            old.digest_of(&kind.suspect_on) != record.digest_of(&kind.suspect_on)
                && !after.still(node, old.revision())
        });
        found.push(RecordChange { id: record.id().to_owned(), how: How::Changed, fields, matters });
    }
    for (_, record) in before.records() {
        if after.node(record.id()).is_none_or(|node| after.record(node).is_none()) {
            let id = record.id().to_owned();
            found.push(RecordChange { id, how: How::Removed, fields: Vec::new(), matters: true });
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Every link by names, with whether it is suspect.
fn named_links(set: &RecordSet) -> BTreeMap<(&str, &str, &str), bool> {
    let mut links = BTreeMap::new();
    for (node, record) in set.records() {
        for edge in set.out(node) {
            let suspect = matches!(set.link_state(node, *edge), LinkState::Suspect(_));
            links.insert((record.id(), set.schema().link_name(edge.link), set.id(edge.node)), suspect);
        }
    }
    links
}

fn links(before: &RecordSet, after: &RecordSet) -> Vec<LinkChange> {
    let (old, new) = (named_links(before), named_links(after));
    let change = |(from, link, to): (&str, &str, &str), how| LinkChange {
        from: from.to_owned(),
        link: link.to_owned(),
        to: to.to_owned(),
        how,
    };
    let mut found: Vec<LinkChange> = Vec::new();
    for (key, suspect) in &new {
        match old.get(key) {
            None => found.push(change(*key, How::Added)),
            Some(was) if *suspect && !was => found.push(change(*key, How::Suspect)),
            Some(_) => {}
        }
    }
    found.extend(old.keys().filter(|key| !new.contains_key(*key)).map(|key| change(*key, How::Removed)));
    found.sort();
    found
}

fn code(before: &RecordSet, after: &RecordSet, touched: &mut Touched) {
    let none = CodeFacts::default();
    let (old, new) = (before.code().unwrap_or(&none), after.code().unwrap_or(&none));
    let files = |code: &'_ CodeFacts, set: &RecordSet| -> BTreeMap<String, (Digest, String)> {
        let unit = |at: usize| {
            let unit = code.unit_of.get(at).copied().flatten().and_then(|unit| code.units.get(unit));
            unit.map_or_else(String::new, |unit| set.id(unit.node).to_owned())
        };
        code.files.iter().enumerate().map(|(at, f)| (f.path.to_string(), (f.digest, unit(at)))).collect()
    };
    let (old_files, new_files) = (files(old, before), files(new, after));
    let mut units = BTreeSet::new();
    let paths: BTreeSet<&String> = old_files.keys().chain(new_files.keys()).collect();
    for path in paths {
        let (how, unit) = match (old_files.get(path), new_files.get(path)) {
            (None, Some((_, unit))) => (How::Added, unit),
            (Some((_, unit)), None) => (How::Removed, unit),
            (Some((was, _)), Some((is, unit))) if was != is => (How::Changed, unit),
            _ => continue,
        };
        units.insert(unit.clone());
        touched.files.push(FileChange { path: path.clone(), how, unit: unit.clone() });
    }
    units.remove("");
    touched.units = units.into_iter().collect();
    let ids: BTreeSet<&str> = old.ids().chain(new.ids()).collect();
    let differs = |id: &&str| {
        [Verb::Implements, Verb::Verifies]
            .into_iter()
            .any(|verb| old.digest(id, verb) != new.digest(id, verb))
    };
    touched.marked = ids.into_iter().filter(differs).map(str::to_owned).collect();
}

/// Everything reached from the seeds along links out of and back to records; the seeds are among it. Notes from where
/// each was reached first.
fn spread(
    set: &RecordSet,
    seeds: &BTreeSet<Node>,
    from: &mut BTreeMap<Node, Node>,
    out: &dyn Fn(LinkId) -> bool,
    back: &dyn Fn(LinkId) -> bool,
) -> BTreeSet<Node> {
    let mut seen = seeds.clone();
    let mut queue: VecDeque<Node> = seeds.iter().copied().collect();
    while let Some(node) = queue.pop_front() {
        let forth = set.out(node).iter().filter(|edge| out(edge.link));
        for edge in forth.chain(set.back(node).iter().filter(|edge| back(edge.link))) {
            if set.record(edge.node).is_some() && seen.insert(edge.node) {
                from.entry(edge.node).or_insert(node);
                queue.push_back(edge.node);
            }
        }
    }
    seen
}

/// What links back to the records, one step far.
fn spread_once(
    set: &RecordSet,
    records: &BTreeSet<Node>,
    from: &mut BTreeMap<Node, Node>,
    back: &dyn Fn(LinkId) -> bool,
) -> BTreeSet<Node> {
    let mut found = BTreeSet::new();
    for node in records {
        let is_case = set.out(*node).iter().any(|edge| back(edge.link));
        if is_case {
            found.insert(*node);
        }
        for edge in set.back(*node).iter().filter(|edge| back(edge.link)) {
            if set.record(edge.node).is_some() && found.insert(edge.node) && !records.contains(&edge.node) {
                from.entry(edge.node).or_insert(*node);
            }
        }
    }
    found
}

fn reached(
    set: &RecordSet,
    nodes: &BTreeSet<Node>,
    without: &BTreeSet<Node>,
    from: &BTreeMap<Node, Node>,
    wanted: &dyn Fn(Node) -> bool,
) -> Vec<Reached> {
    let mut found: Vec<Reached> = nodes
        .iter()
        .filter(|node| !without.contains(node) && wanted(**node))
        .map(|node| {
            let mut path = vec![set.id(*node).to_owned()];
            let mut at = *node;
            while let Some(before) = from.get(&at).filter(|_| path.len() <= from.len()) {
                path.push(set.id(*before).to_owned());
                at = *before;
            }
            path.reverse();
            Reached { id: set.id(*node).to_owned(), path }
        })
        .collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}
