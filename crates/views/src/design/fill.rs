//! The record set of a line at a moment: configuration, records, links, signatures, results, in this order.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::Time;
use evidence::statement::{Meaning, Statement};
use ledger::ports::Blobs;
use records::config::{Config, Setup};
use records::digest::Digest;
use records::facts::{self, Approval, Happening, Moment as Order};
use records::problem::{Code, Problem};
use records::record::{Place, Record};
use records::set::RecordSet;
use tlog::Hash;
use world::World;
use world::design::{Commit, DesignView, Page, Revision, Standing};

use super::{Ask, DesignError, Moment, lock, read_normal_form, results};

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
    let (known, applied, heads) = asking.view(|view, product, line| {
        (view.lines().any(|at| at == (product, line)), view.until(), view.heads(product, line))
    });
    let Moment { product, line, at, .. } = moment;
    if !known {
        return Err(DesignError::Nothing { product: product.clone(), line: line.clone(), at: *at });
    }
    let Setup { schema, items, stage } = configuration(&asking)?;
    let mut set = RecordSet::new(Arc::new(schema), items, stage);
    let mut problems = Vec::new();
    let revisions = asking.all(|view, p, l, after, limit| view.records(p, l, after, limit));
    set.reserve(revisions.len());
    for held in &revisions {
        match insert(&asking, &mut set, held)? {
            None => {}
            Some(problem) => problems.push(problem),
        }
    }
    set.seal();
    for held in &revisions {
        let specified = Happening::Specified(Digest(held.said.revision.0));
        let (order, _) = asking.order(held.index);
        set.add_happening(&held.said.record, specified, order);
    }
    lock::accept(&asking, &heads, &mut set)?;
    approve(&asking, &mut set);
    let unmatched = results::add(&asking, &mut set)?;
    let commits = heads.into_iter().map(|head| (head.said.repository, head.said.commit)).collect();
    Ok(Filled { set, problems, unmatched, applied, commits })
}

/// The rules in force: those of the commit pushed last that brought a configuration.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method has one lifetime, the closure any")]
fn configuration<A: Ask>(asking: &Asking<'_, A>) -> Result<Setup, DesignError> {
    let Moment { product, line, .. } = asking.moment;
    let none = || DesignError::NoConfiguration { product: product.clone(), line: line.clone() };
    let commits: Vec<Commit> = asking.view(|view, product, line| view.commits(product, line));
    let found = commits.iter().rev().find_map(|head| Some((head, head.said.configuration.as_ref()?)));
    let (head, blob) = found.ok_or_else(none)?;
    let missing = || DesignError::Missing { what: "vouchsafe.toml", digest: blob.digest };
    let text = asking.blob(&blob.digest)?.ok_or_else(missing)?;
    let text = String::from_utf8_lossy(&text);
    let setup = Config::parse(&text).and_then(|config| config.setup());
    setup.map_err(|source| DesignError::Configuration { commit: head.said.commit.clone(), source })
}

/// Puts one record in; says what is wrong when its content cannot be had.
fn insert<A: Ask>(
    asking: &Asking<'_, A>,
    set: &mut RecordSet,
    held: &Revision,
) -> Result<Option<Problem>, DesignError> {
    let file = set.add_file(held.said.path.as_deref().unwrap_or_default());
    let place = Place { file, line: 1 };
    let said = &held.said;
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
    Ok(set.insert(record).err().map(|problem| *problem))
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
