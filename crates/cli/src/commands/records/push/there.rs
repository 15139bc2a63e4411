//! What the log holds of a line already: from the world at hand, or from a server's API.

use std::collections::{BTreeMap, BTreeSet};

use evidence::types::EntryRef;
use evidence::{PublicKey, SourceId, SourceKind};
use serde_json::Value;
use tlog::Hash;
use world::World;
use world::design::{DesignView, Page};

use crate::failure::Failure;
use crate::remote::Remote;

/// Most answers of one list; beyond it the server does not end.
const MAX_PAGES: usize = 100_000;
/// Things of a page of the world.
const PAGE: usize = 1_000;

/// A record as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Present {
    pub(super) revision: Hash,
    /// Repository it was pushed from.
    pub(super) repository: Option<String>,
}

/// The last commit of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) at: EntryRef,
    pub(super) commit: String,
    pub(super) lock: Option<Hash>,
    pub(super) configuration: Option<Hash>,
    pub(super) code: Option<Hash>,
}

/// What was stated of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Review {
    pub(super) revision: Hash,
    pub(super) outcome: String,
    pub(super) actions: Vec<String>,
    /// Entries of its signatures.
    pub(super) signatures: Vec<u64>,
}

/// A source with keys: a person who signs records, or whoever signs commits.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub(super) source: SourceId,
    pub(super) name: String,
    pub(super) keys: Vec<PublicKey>,
}

/// What is there.
#[derive(Debug, Default)]
pub(super) struct There {
    pub(super) size: u64,
    pub(super) records: BTreeMap<String, Present>,
    /// Source, type and target; the revision of the target it was accepted against.
    pub(super) links: BTreeMap<(String, String, String), Hash>,
    /// Results of the commit at hand: how many a report has of a test.
    pub(super) results: BTreeMap<(Hash, String), usize>,
    /// Signatures by their digest.
    pub(super) signatures: BTreeMap<Hash, EntryRef>,
    pub(super) head: Option<Head>,
    /// Commits of the repository.
    pub(super) commits: BTreeSet<String>,
    pub(super) signers: Vec<Signer>,
    /// Tags of the repository: name, and digest of the tag.
    pub(super) tags: BTreeMap<String, Hash>,
    /// Results of the review in each record, as stated last.
    pub(super) reviews: BTreeMap<String, Review>,
    /// Reports of coverage of the commit at hand: report, item.
    pub(super) coverage: BTreeSet<(Hash, String)>,
    /// Reports of analysis: report, item, tool.
    pub(super) analyses: BTreeSet<(Hash, String, String)>,
    /// Approvals of other tools: record, revision, file, statement.
    pub(super) imported: BTreeSet<(String, Hash, Hash, String)>,
    /// Baselines by name: root and records.
    pub(super) baselines: BTreeMap<String, (Hash, u64)>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    pub(super) product: &'a str,
    pub(super) line: &'a str,
    pub(super) repository: &'a str,
    pub(super) commit: &'a str,
}

fn all<T>(mut page: impl FnMut(Option<&[u8]>) -> Page<T>) -> Vec<T> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let mut part = page(after.as_deref());
        all.append(&mut part.items);
        match part.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

impl There {
    /// From the world.
    pub(super) fn here(world: &World, of: Of<'_>) -> Self {
        let size = world.size();
        let view: DesignView<'_> = world.design_at(evidence::Time::MAX, size);
        let (product, line) = (of.product, of.line);
        let commits = view.commits(product, line);
        let repositories: BTreeMap<u64, &str> =
            commits.iter().map(|c| (c.index, c.said.repository.as_str())).collect();
        let own = || commits.iter().filter(|c| c.said.repository == of.repository);
        let mut there = Self { size, ..Self::default() };
        for held in all(|after| view.records(product, line, after, PAGE)) {
            let at = held.said.commit.as_ref().map(|c| c.index);
            let repository = at.and_then(|at| repositories.get(&at)).map(|r| (*r).to_owned());
            there.records.insert(held.said.record, Present { revision: held.said.revision, repository });
        }
        for held in all(|after| view.links(product, line, after, PAGE)) {
            let said = held.said;
            there.links.insert((said.from, said.link, said.to), said.to_revision);
        }
        for held in all(|after| view.all_results(product, line, after, PAGE)) {
            if let (Some(report), true) = (&held.said.report, held.said.commit.as_deref() == Some(of.commit))
            {
                *there.results.entry((report.raw.digest, held.said.test)).or_default() += 1;
            }
        }
        for held in all(|after| view.all_signatures(after, PAGE)) {
            let at = EntryRef { index: held.index, entry: held.entry };
            there.signatures.insert(Hash::of(&held.said.signature.0), at);
        }
        there.head = own().next_back().map(|c| Head {
            at: c.at(),
            commit: c.said.commit.clone(),
            lock: c.said.lock.as_ref().map(|b| b.digest),
            configuration: c.said.configuration.as_ref().map(|b| b.digest),
            code: c.said.code.as_ref().map(|b| b.digest),
        });
        there.commits = own().map(|c| c.said.commit.clone()).collect();
        for held in all(|after| view.tags(product, line, after, PAGE)) {
            if held.said.repository == of.repository {
                there.tags.insert(held.said.tag, held.said.object.digest);
            }
        }
        for held in all(|after| view.all_reviews(product, line, after, PAGE)) {
            let said = held.said;
            let review = Review {
                revision: said.revision,
                outcome: said.outcome.word().to_owned(),
                actions: said.actions,
                signatures: said.signatures.iter().map(|at| at.index).collect(),
            };
            there.reviews.insert(said.record, review);
        }
        for held in all(|after| view.coverage(product, line, after, PAGE)) {
            if held.said.commit == of.commit {
                there.coverage.insert((held.said.report.raw.digest, held.said.item));
            }
        }
        for held in all(|after| view.analyses(product, line, after, PAGE)) {
            there.analyses.insert((held.said.report.raw.digest, held.said.item, held.said.tool));
        }
        for held in all(|after| view.all_imported(after, PAGE)) {
            let said = held.said;
            there.imported.insert((said.record, said.revision, said.document.digest, said.statement));
        }
        let persons = world.sources().iter_from(None).filter(|(id, _)| signs(id.kind()));
        there.signers = persons
            .map(|(id, source)| Signer {
                source: *id,
                name: source.name_at(size).to_owned(),
                keys: source.keys_at(size).map(|k| k.key.clone()).collect(),
            })
            .collect();
        let baselines = view.baselines(product, line).into_iter();
        there.baselines = baselines.map(|b| (b.said.name, (b.said.root, b.said.records))).collect();
        there
    }

    /// From a server.
    pub(super) fn at(remote: &Remote, of: Of<'_>) -> Result<Self, Failure> {
        let asking = Asking { remote, doing: format!("asking {} what it holds", remote.base()) };
        let mut there = Self::default();
        let lines = asking.remote.get("/api/v1/lines")?;
        there.size = lines.pointer("/known/size").and_then(Value::as_u64).unwrap_or_default();
        asking.each("/api/v1/sources?", "sources", "from", |item| there.signers.extend(signer(item)))?;
        asking.each("/api/v1/signatures?", "signatures", "after", |item| {
            if let (Some(digest), Some(at)) = (hash(item, "signature_sha256"), entry(item)) {
                there.signatures.insert(digest, at);
            }
        })?;
        asking.each("/api/v1/imported-approvals?", "imported_approvals", "after", |item| {
            if let (Some(revision), Some(document)) = (hash(item, "revision"), hash(item, "document")) {
                there.imported.insert((word(item, "record"), revision, document, word(item, "statement")));
            }
        })?;
        let is = |item: &Value| word(item, "product") == of.product && word(item, "line") == of.line;
        let known = lines.get("lines").and_then(Value::as_array).is_some_and(|all| all.iter().any(is));
        if !known {
            return Ok(there);
        }
        let place = format!("product={}&line={}&limit=1000&", encoded(of.product), encoded(of.line));
        let list = |name: &str| format!("/api/v1/{name}?{place}");
        asking.each(&list("records"), "records", "after", |item| {
            let repository = item.get("repository").and_then(Value::as_str).map(str::to_owned);
            if let Some(revision) = hash(item, "revision") {
                there.records.insert(word(item, "id"), Present { revision, repository });
            }
        })?;
        asking.each(&list("links"), "links", "after", |item| {
            if let Some(revision) = hash(item, "to_revision") {
                there.links.insert((word(item, "from"), word(item, "type"), word(item, "to")), revision);
            }
        })?;
        let results = format!("{}commit={}&", list("results"), encoded(of.commit));
        asking.each(&results, "results", "after", |item| {
            if let Some(report) = hash(item, "report") {
                *there.results.entry((report, word(item, "test"))).or_default() += 1;
            }
        })?;
        asking.each(&list("commits"), "commits", "after", |item| {
            if word(item, "repository") == of.repository {
                there.commits.insert(word(item, "commit"));
                there.head = entry(item).map(|at| Head {
                    at,
                    commit: word(item, "commit"),
                    lock: hash(item, "lock"),
                    configuration: hash(item, "configuration"),
                    code: hash(item, "code"),
                });
            }
        })?;
        asking.each(&list("tags"), "tags", "after", |item| {
            if let (true, Some(object)) = (word(item, "repository") == of.repository, hash(item, "object")) {
                there.tags.insert(word(item, "tag"), object);
            }
        })?;
        asking.each(&list("reviews"), "reviews", "after", |item| {
            if let Some(review) = review(item) {
                there.reviews.insert(word(item, "record"), review);
            }
        })?;
        let commit = format!("commit={}&", encoded(of.commit));
        asking.each(&format!("{}{commit}", list("coverage")), "coverage", "after", |item| {
            if let Some(report) = item.get("report").and_then(|report| hash(report, "document")) {
                there.coverage.insert((report, word(item, "item")));
            }
        })?;
        asking.each(&list("analyses"), "analyses", "after", |item| {
            if let Some(report) = item.get("report").and_then(|report| hash(report, "document")) {
                there.analyses.insert((report, word(item, "item"), word(item, "tool")));
            }
        })?;
        asking.each(&list("baselines"), "baselines", "after", |item| {
            let records = item.get("records").and_then(Value::as_u64).unwrap_or_default();
            if let Some(root) = hash(item, "root") {
                there.baselines.insert(word(item, "name"), (root, records));
            }
        })?;
        Ok(there)
    }
}

struct Asking<'a> {
    remote: &'a Remote,
    doing: String,
}

impl Asking<'_> {
    /// Every item of a list, page by page.
    fn each(
        &self,
        path: &str,
        name: &str,
        cursor: &str,
        mut take: impl FnMut(&Value),
    ) -> Result<(), Failure> {
        let mut next: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let more = next.as_ref().map(|n| format!("{cursor}={}", encoded(n))).unwrap_or_default();
            let answer = self.remote.get(format!("{path}{more}").trim_end_matches(['&', '?']))?;
            let items = answer.get(name).and_then(Value::as_array);
            let items = items.ok_or_else(|| {
                Failure::environment(&self.doing, format!("the answer has no `{name}`"))
                    .hint("the server may be older than this program")
            })?;
            items.iter().for_each(&mut take);
            next = answer.get("next").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() {
                return Ok(());
            }
        }
        Err(Failure::environment(&self.doing, format!("the list of {name} does not end")))
    }
}

/// Percent-encoding of what is neither letter, digit nor one of `-._~` (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn word(item: &Value, name: &str) -> String {
    item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn hash(item: &Value, name: &str) -> Option<Hash> {
    item.get(name).and_then(Value::as_str).and_then(|text| Hash::from_hex(text).ok())
}

fn entry(item: &Value) -> Option<EntryRef> {
    Some(EntryRef { index: item.get("index")?.as_u64()?, entry: hash(item, "entry")? })
}

/// Whether sources of a kind sign records or commits.
fn signs(kind: SourceKind) -> bool {
    matches!(kind, SourceKind::Person | SourceKind::Ci | SourceKind::Service)
}

fn review(item: &Value) -> Option<Review> {
    let list = |name: &str| item.get(name).and_then(Value::as_array).into_iter().flatten();
    Some(Review {
        revision: hash(item, "revision")?,
        outcome: word(item, "outcome"),
        actions: list("actions").filter_map(Value::as_str).map(str::to_owned).collect(),
        signatures: list("signatures").filter_map(|at| at.get("index")?.as_u64()).collect(),
    })
}

fn signer(item: &Value) -> Option<Signer> {
    use evidence::Field;
    let source: SourceId = item.get("source")?.as_str()?.parse().ok()?;
    let keys = item.get("keys")?.as_array()?.iter().filter(|key| key.get("until").is_none_or(Value::is_null));
    let keys = keys.filter_map(|key| PublicKey::from_json(key.get("key")?).ok()).collect();
    signs(source.kind()).then(|| Signer { source, name: word(item, "name"), keys })
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_stands_in_an_address_is_encoded() {
        assert_eq!(super::encoded("Pump 4/ü&a"), "Pump%204%2F%C3%BC%26a");
    }
}
