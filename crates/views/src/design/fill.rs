//! The record set of a line at a moment: configuration, records, links, signatures, results, in this order.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::Time;
use evidence::statement::{Meaning, Statement};
use ledger::ports::Blobs;
use records::config::Setup;
use records::digest::Digest;
use records::facts::{self, Approval, Happening, Moment as Order};
use records::problem::{Code, Problem};
use records::record::{Place, Record};
use records::set::{Claim, RecordSet};
use tlog::Hash;
use world::World;
use world::design::{DesignView, Page, RecordEvent, Revision, Standing};

use super::rules::{self, InForce};
use super::{Ask, DesignError, Moment, code, lock, read_normal_form, results};

/// Things asked for at once.
const PAGE: usize = 500;

/// A record set, and what was learnt on the way.
pub(super) struct Filled {
    pub(super) set: RecordSet,
    pub(super) problems: Vec<Problem>,
    pub(super) unmatched: Vec<String>,
    pub(super) applied: u64,
    pub(super) commits: Vec<(String, String)>,
}

/// The world at a moment, asked piece by piece.
pub(super) struct Asking<'a, A> {
    pub(super) world: &'a A,
    pub(super) moment: &'a Moment,
    pub(super) blobs: &'a dyn Blobs,
}

impl<A: Ask> Asking<'_, A> {
    /// One question.
    pub(super) fn view<T>(&self, question: impl FnOnce(&DesignView<'_>, &str, &str) -> T) -> T {
        let Moment { product, line, at, known } = self.moment;
        self.world.ask(|world: &World| question(&world.design_at(*at, *known), product, line))
    }

    /// A whole list, page by page.
    pub(super) fn all<T>(
        &self,
        mut page: impl FnMut(&DesignView<'_>, &str, &str, Option<&[u8]>, usize) -> Page<T>,
    ) -> Vec<T> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let mut part = self.view(|view, p, l| page(view, p, l, after.as_deref(), PAGE));
            all.append(&mut part.items);
            match part.next {
                Some(next) => after = Some(next),
                None => return all,
            }
        }
    }

    /// A document of the log.
    pub(super) fn blob(&self, digest: &Hash) -> Result<Option<Vec<u8>>, DesignError> {
        self.blobs.get(digest).map_err(DesignError::Store)
    }

    /// The content of a revision, when it is held.
    pub(super) fn record(&self, revision: &Hash, place: Place) -> Result<Option<Record>, DesignError> {
        let bytes = self.blob(revision)?;
        Ok(bytes.and_then(|bytes| read_normal_form(&bytes, place)).filter(|r| r.revision().0 == revision.0))
    }

    /// Log time of an entry, on the scale of the rules.
    pub(super) fn order(&self, index: u64) -> (Order, Time) {
        let time = self.world.ask(|world: &World| world.clock().time_of(index));
        (Order { order: scale(time), claimed: false }, time)
    }
}

/// A moment on the scale of the rules, which manual runs share: `YYYYMMDDhhmmss`.
pub(super) fn scale(time: Time) -> u64 {
    let digits: String = time.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    digits.parse().unwrap_or(0)
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method has one lifetime, the closure any")]
pub(super) fn fill<A: Ask>(world: &A, blobs: &dyn Blobs, moment: &Moment) -> Result<Filled, DesignError> {
    let asking = Asking { world, moment, blobs };
    let (known, applied, heads, commits) = asking.view(|view, product, line| {
        let known = view.lines().any(|at| at == (product, line));
        (known, view.until(), view.heads(product, line), view.commits(product, line))
    });
    let Moment { product, line, at, .. } = moment;
    if !known {
        return Err(DesignError::Nothing { product: product.clone(), line: line.clone(), at: *at });
    }
    let InForce { setup: Setup { schema, items, stage }, home, must_sign, others, marked } =
        rules::in_force(&asking, &commits)?;
    let mut set = RecordSet::new(Arc::new(schema), items, stage);
    set.add_repository(&home);
    let mut problems = Vec::new();
    let revisions = asking.all(|view, p, l, after, limit| view.records(p, l, after, limit));
    set.reserve(revisions.len());
    let of_commit: BTreeMap<u64, &str> =
        commits.iter().map(|commit| (commit.index, commit.said.repository.as_str())).collect();
    for held in &revisions {
        let commit = held.said.commit.as_ref();
        let repository = commit.and_then(|at| of_commit.get(&at.index)).copied().unwrap_or(&home);
        problems.extend(insert(&asking, &mut set, held, repository, heads.len() > 1)?);
    }
    set.seal();
    specified(&asking, &revisions, &mut set);
    for commit in &commits {
        let (order, _) = asking.order(commit.index);
        for record in &commit.said.implements {
            set.add_happening(record, Happening::Implemented, order);
        }
    }
    code::add(&asking, &heads, marked, &mut set)?;
    lock::accept(&asking, &heads, must_sign, &mut set)?;
    approve(&asking, &mut set);
    let unmatched = results::add(&asking, &mut set)?;
    for head in &heads {
        let own = set.add_repository(&head.said.repository);
        for id in &head.said.claimed {
            if set.node(id).is_some_and(|node| set.record(node).is_some() && set.repository(node) != own) {
                let repository = head.said.repository.as_str().into();
                set.add_claim(Claim { id: id.as_str().into(), repository });
            }
        }
    }
    others.iter().for_each(|repository| set.add_differing(repository));
    let commits = heads.into_iter().map(|head| (head.said.repository, head.said.commit)).collect();
    Ok(Filled { set, problems, unmatched, applied, commits })
}

/// When each revision came to be: with the commit it was pushed in, so that what is pushed at once has no order within.
fn specified<A: Ask>(asking: &Asking<'_, A>, revisions: &[Revision], set: &mut RecordSet) {
    let mut add = |held: &Revision| {
        let (order, _) = asking.order(held.said.commit.as_ref().map_or(held.index, |commit| commit.index));
        set.add_happening(&held.said.record, Happening::Specified(Digest(held.said.revision.0)), order);
    };
    for held in revisions {
        if held.said.supersedes.is_none() {
            add(held);
            continue;
        }
        for event in asking.view(|view, p, l| view.history(p, l, &held.said.record)) {
            if let RecordEvent::Revised(held) = event {
                add(&held);
            }
        }
    }
}

/// Puts one record in; says what is wrong when its content cannot be had.
fn insert<A: Ask>(
    asking: &Asking<'_, A>,
    set: &mut RecordSet,
    held: &Revision,
    repository: &str,
    several: bool,
) -> Result<Option<Problem>, DesignError> {
    let said = &held.said;
    let path = said.path.as_deref().unwrap_or_default();
    let file = if several { set.add_file(&format!("{repository}:{path}")) } else { set.add_file(path) };
    let place = Place { file, line: 1 };
    let problem = |message: String, fix: &str| {
        Ok(Some(Problem::new(Code::Unreadable, place, message, fix).of(&said.record)))
    };
    let Some(record) = asking.record(&said.revision, place)? else {
        let message = format!("the content of {} at {} is not held", said.record, said.revision);
        return problem(message, "push it again, or see why it was lost or erased");
    };
    if record.id() != said.record {
        let message = format!("the content of {} is that of `{}`", said.record, record.id());
        return problem(message, "push the record again");
    }
    let node = match set.insert(record) {
        Ok(node) => node,
        Err(problem) => return Ok(Some(*problem)),
    };
    let repository = set.add_repository(repository);
    set.set_repository(node, repository);
    if several || said.item.is_some() {
        // Folders of items are those of its own repository, whose push said which item that is.
        set.set_item(node, said.item.as_deref());
    }
    Ok(None)
}

/// Signatures as approvals. Those of keys in doubt do not count; approvals of other tools are statements and never do.
fn approve<A: Ask>(asking: &Asking<'_, A>, set: &mut RecordSet) {
    for signature in asking.all(|view, _, _, after, limit| view.all_signatures(after, limit)) {
        let Ok(statement) = Statement::parse(&signature.said.statement) else { continue };
        let Some(meaning) = meaning(statement.meaning) else { continue };
        if signature.standing != Standing::Valid {
            continue;
        }
        let (at, _) = asking.order(signature.index);
        set.add_approval(Approval {
            record: statement.record.as_str().into(),
            revision: Digest(statement.revision.0),
            meaning,
            name: statement.name.as_str().into(),
            at,
        });
    }
}

/// A statement's meaning as rules know it; others are shown and decide nothing.
const fn meaning(meaning: Meaning) -> Option<facts::Meaning> {
    Some(match meaning {
        Meaning::Author => facts::Meaning::Author,
        Meaning::Review => facts::Meaning::Review,
        Meaning::Approve => facts::Meaning::Approve,
        Meaning::Reject => facts::Meaning::Reject,
        Meaning::Responsible | Meaning::Witness | Meaning::Release => return None,
    })
}

/// Records by revision, read once.
#[derive(Default)]
pub(super) struct Contents(BTreeMap<Hash, Option<Record>>);

impl Contents {
    pub(super) fn get<A: Ask>(
        &mut self,
        asking: &Asking<'_, A>,
        revision: &Hash,
    ) -> Result<Option<&Record>, DesignError> {
        if !self.0.contains_key(revision) {
            self.0.insert(*revision, asking.record(revision, Place::default())?);
        }
        Ok(self.0.get(revision).and_then(Option::as_ref))
    }
}
