//! `RecordSet`: all records of one product at one moment, with links resolved to numbers both ways, stamps, results
//! and approvals. Filled from a working tree (`tree`) or from the world; never touches a file.

mod repositories;
mod stamps;

pub use repositories::Claim;
pub use stamps::{EditorialStep, LinkState};

use crate::code::{CodeFacts, CodePart, CodeScan};
use crate::digest::Digest;
use crate::facts::{Approval, Happening, Moment, TestResult};
use crate::limits::MAX_RECORDS;
use crate::problem::{Code, Problem};
use crate::record::{Place, Record};
use crate::schema::{KindId, LinkId, Schema};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Number of an id in its set: a record, or a target that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node(pub u32);

/// One end of a link, seen from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Its type.
    pub link: LinkId,
    /// The other end.
    pub node: Node,
}

/// A software, hardware or service item of the product, as configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its maintained branch.
    pub line: String,
    /// Its declared stage, when it differs from the product's.
    pub stage: Option<usize>,
    /// Folders whose records belong to it.
    pub paths: Vec<String>,
}

#[derive(Debug)]
struct Slot {
    id: Box<str>,
    record: Option<Record>,
    kind: Option<KindId>,
    item: Option<u16>,
    /// Index of its repository; 0 is the one at hand.
    repository: u16,
    out: Vec<Edge>,
    into: Vec<Edge>,
}

#[expect(
    clippy::disallowed_types,
    reason = "looked up by id only; iteration goes over the slots, in order of insertion"
)]
type Ids = std::collections::HashMap<Box<str>, Node>;

type StampKey = (Node, LinkId, Node);

/// See the module.
#[derive(Debug)]
pub struct RecordSet {
    schema: Arc<Schema>,
    files: Vec<Box<str>>,
    items: Vec<Item>,
    stage: usize,
    ids: Ids,
    slots: Vec<Slot>,
    sealed: bool,
    stamps: Vec<(StampKey, Digest)>,
    matters: BTreeMap<(Node, Digest), (Digest, Box<str>)>,
    editorial: BTreeMap<(Node, Digest), Digest>,
    results: BTreeMap<Node, Vec<TestResult>>,
    approvals: BTreeMap<Node, Vec<Approval>>,
    happenings: BTreeMap<Node, Vec<(Happening, Moment)>>,
    code: Option<Box<CodeFacts>>,
    unsigned_editorial: Vec<(Node, Digest, Digest)>,
    repositories: Vec<Box<str>>,
    claims: Vec<Claim>,
    differing: Vec<Box<str>>,
    /// Whether only records of the repository at hand are checked; the others are there to be linked to.
    own_only: bool,
}

/// The edges of one type in edges that are sorted by type.
fn range_of(edges: &[Edge], link: LinkId) -> &[Edge] {
    let from = edges.partition_point(|edge| edge.link < link);
    let rest = edges.get(from..).unwrap_or(&[]);
    rest.get(..rest.partition_point(|edge| edge.link == link)).unwrap_or(&[])
}

impl RecordSet {
    /// An empty set; `stage` is the product's, as an index into the schema's stages.
    #[must_use]
    pub fn new(schema: Arc<Schema>, items: Vec<Item>, stage: usize) -> Self {
        Self {
            schema,
            files: Vec::new(),
            items,
            stage,
            ids: Ids::default(),
            slots: Vec::new(),
            sealed: false,
            stamps: Vec::new(),
            matters: BTreeMap::new(),
            editorial: BTreeMap::new(),
            results: BTreeMap::new(),
            approvals: BTreeMap::new(),
            happenings: BTreeMap::new(),
            code: None,
            unsigned_editorial: Vec::new(),
            repositories: Vec::new(),
            claims: Vec::new(),
            differing: Vec::new(),
            own_only: false,
        }
    }

    /// Names the files that the records' places refer to.
    pub fn set_files(&mut self, files: Vec<Box<str>>) {
        self.files = files;
    }

    /// Makes room for a number of records.
    pub fn reserve(&mut self, records: usize) {
        self.slots.reserve(records);
        self.ids.reserve(records);
    }

    /// Adds a file name and returns its number.
    pub fn add_file(&mut self, name: &str) -> u32 {
        self.files.push(name.into());
        u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
    }

    /// Takes a scan of the code. `prefix` leads from the folder of the records to that of the code (`../`, or nothing).
    pub fn set_code(&mut self, scan: CodeScan, prefix: &str) -> &mut CodeFacts {
        let facts = CodeFacts::new(self, scan);
        self.take_code(facts, prefix)
    }

    /// As `set_code`, for the code of several repositories.
    pub fn join_code(&mut self, parts: Vec<CodePart>) -> &mut CodeFacts {
        let facts = CodeFacts::join(self, parts);
        self.take_code(facts, "")
    }

    fn take_code(&mut self, mut facts: CodeFacts, prefix: &str) -> &mut CodeFacts {
        facts.first_file = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.files.extend(facts.files.iter().map(|file| format!("{prefix}{}", file.path).into()));
        self.code.insert(Box::new(facts))
    }

    /// What is known of the code; none when the product does not say where it is.
    #[must_use]
    pub fn code(&self) -> Option<&CodeFacts> {
        self.code.as_deref()
    }

    /// The same, to be completed by what tools measured.
    pub fn code_mut(&mut self) -> Option<&mut CodeFacts> {
        self.code.as_deref_mut()
    }

    /// Changes that are declared editorial and do not count: record, and the revisions before and after.
    #[must_use]
    pub fn unsigned_editorial(&self) -> &[(Node, Digest, Digest)] {
        &self.unsigned_editorial
    }

    /// The schema its records follow.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The name of a file.
    #[must_use]
    pub fn file(&self, file: u32) -> &str {
        self.files.get(file as usize).map_or("", |name| name)
    }

    /// The number of an id, if it occurs.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<Node> {
        self.ids.get(id).copied()
    }

    fn slot(&self, node: Node) -> Option<&Slot> {
        self.slots.get(node.0 as usize)
    }

    /// The record of a number; none for a dangling target.
    #[must_use]
    pub fn record(&self, node: Node) -> Option<&Record> {
        self.slot(node)?.record.as_ref()
    }

    /// The id of a number.
    #[must_use]
    pub fn id(&self, node: Node) -> &str {
        self.slot(node).map_or("", |slot| &slot.id)
    }

    /// The kind of a record, when its kind is known.
    #[must_use]
    pub fn kind(&self, node: Node) -> Option<KindId> {
        self.slot(node)?.kind
    }

    /// The item of a record.
    #[must_use]
    pub fn item(&self, node: Node) -> Option<&Item> {
        self.items.get(usize::from(self.slot(node)?.item?))
    }

    /// All items.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The stage that counts for a record: its item's, else the product's.
    #[must_use]
    pub fn stage(&self, node: Option<Node>) -> usize {
        node.and_then(|node| self.item(node)).and_then(|item| item.stage).unwrap_or(self.stage)
    }

    /// How many numbers there are; all below are valid.
    #[must_use]
    pub fn node_count(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// All records with their numbers, in order of insertion.
    pub fn records(&self) -> impl Iterator<Item = (Node, &Record)> {
        (0_u32..).zip(&self.slots).filter_map(|(at, slot)| Some((Node(at), slot.record.as_ref()?)))
    }

    /// Links from a record (of known types), by type and target.
    #[must_use]
    pub fn out(&self, node: Node) -> &[Edge] {
        self.slot(node).map_or(&[], |slot| &slot.out)
    }

    /// Links to a record (of known types).
    #[must_use]
    pub fn back(&self, node: Node) -> &[Edge] {
        self.slot(node).map_or(&[], |slot| &slot.into)
    }

    /// The links of one type to a record. Needs a sealed set; O(log links + found), which matters where one record has
    /// tens of thousands.
    #[must_use]
    pub fn back_of(&self, node: Node, link: LinkId) -> &[Edge] {
        debug_assert!(self.sealed, "links are only in order once the set is sealed");
        range_of(self.back(node), link)
    }

    /// The links of one type from a record.
    #[must_use]
    pub fn out_of(&self, node: Node, link: LinkId) -> &[Edge] {
        range_of(self.out(node), link)
    }

    /// Puts the links in order after the first filling; later changes keep it. Does nothing the second time.
    pub fn seal(&mut self) {
        if !core::mem::replace(&mut self.sealed, true) {
            self.slots.iter_mut().for_each(|slot| slot.into.sort_unstable());
        }
    }

    /// Records that a test case or review verifies.
    pub fn verified_by(&self, case: Node) -> impl Iterator<Item = Node> {
        let verifies = |link| self.schema.link(link).is_some_and(|link| link.verifies);
        self.out(case).iter().filter(move |edge| verifies(edge.link)).map(|edge| edge.node)
    }

    fn intern(&mut self, id: &str) -> Node {
        if let Some(node) = self.ids.get(id) {
            return *node;
        }
        let node = Node(self.node_count());
        let id: Box<str> = id.into();
        self.slots.push(Slot {
            id: id.clone(),
            record: None,
            kind: None,
            item: None,
            repository: 0,
            out: Vec::new(),
            into: Vec::new(),
        });
        self.ids.insert(id, node);
        node
    }

    /// Adds a record that must not be there yet.
    ///
    /// # Errors
    /// With a problem, when the id is taken or the set is full; the record is left out.
    pub fn insert(&mut self, record: Record) -> Result<Node, Box<Problem>> {
        if self.slots.len() >= MAX_RECORDS {
            let message = format!("more than {MAX_RECORDS} records and link targets");
            return Err(Box::new(Problem::new(
                Code::RecordTooLarge,
                record.place,
                message,
                "split the product",
            )));
        }
        if let Some(before) = self.node(record.id()).and_then(|node| self.record(node)) {
            let other = format!("{}:{}", self.file(before.place.file), before.place.line);
            let message = format!("the id `{}` is taken by {other}", record.id());
            let problem =
                Problem::new(Code::DuplicateId, record.place, message, "give one of the two a new id");
            return Err(Box::new(problem.of(record.id())));
        }
        Ok(self.put(record))
    }

    /// Adds a record, or puts it in the place of the one with its id.
    pub fn put(&mut self, record: Record) -> Node {
        let node = self.intern(record.id());
        self.unlink(node);
        let kind = self.schema.kind_id(record.kind());
        let item = self.item_of(&record);
        let schema = Arc::clone(&self.schema);
        let mut out: Vec<Edge> = Vec::new();
        for (name, field) in record.links() {
            let Some(link) = schema.link_id(name) else { continue };
            out.extend(field.values().map(|target| Edge { link, node: self.intern(target) }));
        }
        for edge in &out {
            if let Some(target) = self.slots.get_mut(edge.node.0 as usize) {
                let back = Edge { link: edge.link, node };
                if self.sealed {
                    let at = target.into.partition_point(|other| *other < back);
                    target.into.insert(at, back);
                } else {
                    target.into.push(back);
                }
            }
        }
        if let Some(slot) = self.slots.get_mut(node.0 as usize) {
            slot.record = Some(record);
            (slot.kind, slot.item, slot.out) = (kind, item, out);
        }
        node
    }

    /// Takes a record out; links to it then dangle.
    pub fn remove(&mut self, node: Node) {
        self.unlink(node);
        if let Some(slot) = self.slots.get_mut(node.0 as usize) {
            (slot.record, slot.kind, slot.item, slot.repository) = (None, None, None, 0);
        }
    }

    fn unlink(&mut self, node: Node) {
        let out = self
            .slots
            .get_mut(node.0 as usize)
            .map(|slot| core::mem::take(&mut slot.out))
            .unwrap_or_default();
        for edge in out {
            if let Some(target) = self.slots.get_mut(edge.node.0 as usize) {
                target.into.retain(|back| back.node != node || back.link != edge.link);
            }
        }
    }

    fn item_of(&self, record: &Record) -> Option<u16> {
        if self.items.is_empty() {
            return None;
        }
        let named = record.text_of("item");
        let path = self.file(record.place.file);
        let at = self.items.iter().position(|item| {
            if named.is_empty() {
                item.paths.iter().any(|under| path.starts_with(&**under))
            } else {
                item.name == named
            }
        })?;
        u16::try_from(at).ok()
    }

    /// Adds a test result; results of unknown cases are kept out and named.
    ///
    /// # Errors
    /// The id of its case, when there is no record of it.
    pub fn add_result(&mut self, result: TestResult) -> Result<Node, Box<str>> {
        match self.node(&result.case).filter(|node| self.record(*node).is_some()) {
            Some(node) => {
                self.results.entry(node).or_default().push(result);
                Ok(node)
            }
            None => Err(result.case),
        }
    }

    /// Forgets the results of a case.
    pub fn remove_results(&mut self, node: Node) {
        self.results.remove(&node);
    }

    /// Results of a case, in order of arrival.
    #[must_use]
    pub fn results(&self, node: Node) -> &[TestResult] {
        self.results.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Says when results and approvals that are only claimed came into the history, where that is known.
    pub fn date(
        &mut self,
        result: impl Fn(&TestResult) -> Option<Moment>,
        approval: impl Fn(&Approval) -> Option<Moment>,
    ) {
        for held in self.results.values_mut().flatten().filter(|held| held.entered.is_none()) {
            held.entered = result(held);
        }
        for held in self.approvals.values_mut().flatten().filter(|held| held.at.claimed) {
            held.at = approval(held).unwrap_or(held.at);
        }
    }

    /// Adds an approval; of an unknown record it says nothing.
    pub fn add_approval(&mut self, approval: Approval) -> Option<Node> {
        let node = self.node(&approval.record)?;
        self.approvals.entry(node).or_default().push(approval);
        Some(node)
    }

    /// Statements signed about a record, of all revisions.
    #[must_use]
    pub fn approvals(&self, node: Node) -> &[Approval] {
        self.approvals.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Adds a moment in the life of a record.
    pub fn add_happening(&mut self, id: &str, happening: Happening, at: Moment) -> Option<Node> {
        let node = self.node(id)?;
        self.happenings.entry(node).or_default().push((happening, at));
        Some(node)
    }

    /// Moments in the life of a record.
    #[must_use]
    pub fn happenings(&self, node: Node) -> &[(Happening, Moment)] {
        self.happenings.get(&node).map_or(&[], Vec::as_slice)
    }

    /// Line of the link in the file of its source.
    #[must_use]
    pub fn link_place(&self, from: Node, edge: Edge) -> Place {
        let Some(record) = self.record(from) else { return Place::default() };
        let name = self.schema.link_name(edge.link);
        let line = record
            .links()
            .find(|(link, _)| *link == name)
            .map_or(record.place.line, |(_, field)| field.line());
        Place { file: record.place.file, line }
    }
}
