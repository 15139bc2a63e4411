//! What a push has to say: the difference between the tree and what the log holds. Pure: says nothing yet.

use std::collections::{BTreeMap, BTreeSet};

use evidence::facts::design::{LinkAccepted, LinkWithdrawn, RecordRetired, RecordRevised};
use evidence::types::{BlobRef, EntryRef};
use records::digest::Digest;
use records::lock::{LockLine, parse_lock};
use records::record::Record;
use records::set::RecordSet;
use records::tree::Tree;
use tlog::Hash;

use super::there::{Of, There};
use crate::failure::Failure;

/// Media type of normal forms.
const NORMAL_FORM: &str = "text/x-vouchsafe-record";

/// A revision to be stated, with its content.
pub(super) struct Revise<'t> {
    pub(super) record: &'t Record,
    pub(super) fact: RecordRevised,
}

/// The facts of a push, in the order in which they are stated.
pub(super) struct Plan<'t> {
    pub(super) revised: Vec<Revise<'t>>,
    pub(super) retired: Vec<RecordRetired>,
    pub(super) accepted: Vec<LinkAccepted>,
    pub(super) withdrawn: Vec<LinkWithdrawn>,
    /// Records and links that stand as they are.
    pub(super) unchanged: usize,
    /// Ids of the tree that stand in the log from another repository, with its name.
    pub(super) claimed: Vec<(String, String)>,
}

fn hash(digest: Digest) -> Hash {
    Hash(digest.0)
}

/// Compares the tree with the log.
///
/// # Errors
/// Every record stands in the log from another repository.
pub(super) fn plan<'t>(
    tree: &'t Tree,
    there: &There,
    of: Of<'_>,
    editorial: &BTreeMap<(String, Digest, Digest), EntryRef>,
) -> Result<Plan<'t>, Failure> {
    let set = &tree.set;
    let mut plan = Plan {
        revised: Vec::new(),
        retired: Vec::new(),
        accepted: Vec::new(),
        withdrawn: Vec::new(),
        unchanged: 0,
        claimed: Vec::new(),
    };
    let own = |repository: &Option<String>| repository.as_deref().is_none_or(|r| r == of.repository);
    let at_home = set.records().filter(|(node, _)| set.is_checked(*node));
    let mut ids: Vec<(&str, &Record)> = at_home.map(|(_, record)| (record.id(), record)).collect();
    ids.sort_unstable_by_key(|(id, _)| *id);
    for (id, record) in &ids {
        let present = there.records.get(*id);
        if let Some(other) = present.filter(|present| !own(&present.repository)) {
            plan.claimed.push(((*id).to_owned(), other.repository.clone().unwrap_or_default()));
            continue;
        }
        if present.is_some_and(|present| present.revision == hash(record.revision())) {
            plan.unchanged += 1;
            continue;
        }
        let supersedes = present.map(|present| present.revision);
        let step = supersedes.map(|old| ((*id).to_owned(), Digest(old.0), record.revision()));
        plan.revised.push(Revise {
            record,
            fact: revised(set, record, supersedes, of, step.and_then(|s| editorial.get(&s).cloned())),
        });
    }
    if let Some((id, other)) = plan.claimed.first().filter(|_| plan.claimed.len() == ids.len()) {
        // Not one record of its own: a repository under another name, not a second one.
        return Err(Failure::input(
            "comparing with the log",
            format!(
                "{id} stands there from the repository `{other}`, this one is `{}`; so does every record",
                of.repository
            ),
        )
        .hint("if the repository was renamed, push with `--repository` and its former name"));
    }
    for (id, present) in there.records.iter().filter(|(_, present)| own(&present.repository)) {
        if ids.binary_search_by_key(&id.as_str(), |(id, _)| *id).is_err() {
            plan.retired.push(RecordRetired {
                record: id.clone(),
                product: of.product.to_owned(),
                line: of.line.to_owned(),
                revision: present.revision,
            });
        }
    }
    links(tree, there, of, &mut plan);
    Ok(plan)
}

fn revised(
    set: &RecordSet,
    record: &Record,
    supersedes: Option<Hash>,
    of: Of<'_>,
    editorial: Option<EntryRef>,
) -> RecordRevised {
    let revision = hash(record.revision());
    RecordRevised {
        record: record.id().to_owned(),
        kind: record.kind().to_owned(),
        product: of.product.to_owned(),
        line: of.line.to_owned(),
        item: set.node(record.id()).and_then(|node| set.item(node)).map(|item| item.name.clone()),
        revision,
        content: BlobRef {
            digest: revision,
            length: record.normal_form().len() as u64,
            media_type: NORMAL_FORM.to_owned(),
        },
        supersedes,
        commit: None,
        path: Some(set.file(record.place.file).to_owned()),
        editorial,
    }
}

/// Links of the lock file whose source is a record of the tree; and those in the log that it has no more.
fn links(tree: &Tree, there: &There, of: Of<'_>, plan: &mut Plan<'_>) {
    let set = &tree.set;
    let at_home = |id: &str| set.node(id).filter(|node| set.is_checked(*node));
    let record = |id: &str| at_home(id).and_then(|node| set.record(node));
    let lines = parse_lock(0, &tree.lock, &mut Vec::new());
    // A link that two branches accepted stands twice; the later note, which begins with the time, counts.
    let mut stamps: BTreeMap<(&str, &str, &str), (&str, Digest)> = BTreeMap::new();
    for line in &lines {
        if let LockLine::Link { from, link, to, revision, note } = *line {
            let stamp = stamps.entry((from, link, to)).or_insert((note, revision));
            *stamp = (*stamp).max((note, revision));
        }
    }
    let claimed: BTreeSet<String> = plan.claimed.iter().map(|(id, _)| id.clone()).collect();
    let mut kept: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for ((from, link, to), (_, revision)) in stamps {
        let Some(source) = record(from).filter(|_| !claimed.contains(from)) else { continue };
        kept.insert((from, link, to));
        let key = (from.to_owned(), link.to_owned(), to.to_owned());
        if there.links.get(&key) == Some(&hash(revision)) {
            plan.unchanged += 1;
            continue;
        }
        plan.accepted.push(LinkAccepted {
            from: key.0,
            from_revision: hash(source.revision()),
            link: key.1,
            to: key.2,
            to_revision: hash(revision),
            product: of.product.to_owned(),
            line: of.line.to_owned(),
        });
    }
    for (from, link, to) in there.links.keys() {
        let ours = there
            .records
            .get(from)
            .map_or(record(from).is_some(), |p| p.repository.as_deref().is_none_or(|r| r == of.repository));
        if ours && !kept.contains(&(from.as_str(), link.as_str(), to.as_str())) {
            plan.withdrawn.push(LinkWithdrawn {
                from: from.clone(),
                link: link.clone(),
                to: to.clone(),
                product: of.product.to_owned(),
                line: of.line.to_owned(),
            });
        }
    }
}
