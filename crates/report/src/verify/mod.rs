//! Verifying a package with nothing but its file: from bytes to members, from members to entries under the checkpoint's root,
//! from entries to tables, figures and documents. What is wrong is collected and named by member; nothing is written anywhere.

mod again;
mod entries;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use evidence::facts::log::Clock;
use tlog::policy::Policy;
use tlog::{Checkpoint, Hash, Note};

use crate::contents;
use crate::error::Error;
use crate::index::{DOCUMENTS_SCHEMA, Documents, Generator, Index, MAX_INDEX, MIMETYPE};
use crate::pruned;
use crate::zip::{Archive, ZipError};

pub use report::{DocumentsAgain, Problem, Report, Trust};

/// Members that the index does not list, because they come before or after it.
const UNLISTED: [&str; 3] = ["mimetype", "index.json", "documents.json"];

/// What a first look says about a file.
#[must_use]
pub fn is_package(start: &[u8]) -> bool {
    // The first member is stored, so its content stands at a fixed place (docs/spec/package.md, 2).
    start.starts_with(b"PK\x03\x04")
        && start.get(30..38) == Some(b"mimetype")
        && start.get(38..).is_some_and(|m| m.starts_with(MIMETYPE.as_bytes()))
}

/// How a package is verified.
#[derive(Clone, Copy, Debug)]
pub struct How<'p> {
    /// The policy that came another way than the file.
    pub policy: Option<&'p Policy>,
    /// Threads to verify signatures with.
    pub threads: usize,
}

/// Verifies a package. `progress` is told how many entries were verified and of how many.
///
/// # Errors
/// The file cannot be read, is no package, or one of a later version. Whatever is wrong within it is in the report.
pub fn verify<R: Read + Seek>(
    file: R,
    how: How<'_>,
    progress: impl FnMut(u64, u64),
) -> Result<Report, Error> {
    let mut archive = Archive::open(file)?;
    let bytes = archive.read("index.json").map_err(|e| match e {
        ZipError::Shape { .. } => Error::NotAPackage("it has no index.json".into()),
        other => other.into(),
    })?;
    if bytes.len() > MAX_INDEX {
        return Err(Error::NotAPackage("its index is longer than any".into()));
    }
    let index = Index::parse(&bytes)?;
    let mut run = Run {
        archive,
        how,
        digest: Hash::of(&bytes),
        index,
        problems: Vec::new(),
        unchecked: Vec::new(),
        bad: BTreeSet::new(),
    };
    run.members(&bytes);
    run.finish(progress)
}

struct Run<'p, R> {
    archive: Archive<R>,
    how: How<'p>,
    digest: Hash,
    index: Index,
    problems: Vec<Problem>,
    unchecked: Vec<String>,
    /// Members with a problem: what rests on them is not judged again.
    bad: BTreeSet<String>,
}

impl<R: Read + Seek> Run<'_, R> {
    fn problem(&mut self, member: &str, what: impl Into<String>) {
        self.bad.insert(member.to_owned());
        self.problems.push(Problem { member: member.to_owned(), what: what.into() });
    }

    /// Each member that the index lists is there with its digest, and no other.
    fn members(&mut self, bytes: &[u8]) {
        if self.index.bytes() != bytes {
            self.problem("index.json", "it is not written the one way an index is written");
        }
        match self.archive.read("mimetype") {
            Ok(found) if found == MIMETYPE.as_bytes() => {}
            _ => self.problem("mimetype", "it does not say that this is a package"),
        }
        if self.archive.names().next() != Some("mimetype") {
            self.problem("mimetype", "it is not the first member");
        }
        let listed: BTreeMap<String, (String, u64)> =
            self.index.members.iter().map(|m| (m.path.clone(), (m.sha256.clone(), m.bytes))).collect();
        if listed.len() != self.index.members.len() {
            self.problem("index.json", "it lists a member twice");
        }
        for (path, (sha256, length)) in &listed {
            match self.archive.read(path) {
                Ok(found) if found.len() as u64 == *length && Hash::of(&found).to_string() == *sha256 => {}
                Ok(_) => self.problem(path, "its bytes are not those that index.json states"),
                Err(ZipError::Shape { .. }) => self.problem(path, "index.json states it, and it is missing"),
                Err(e) => self.problem(path, e.to_string()),
            }
        }
        let names: Vec<String> = self.archive.names().map(str::to_owned).collect();
        for name in names {
            let known = listed.contains_key(&name)
                || UNLISTED.contains(&name.as_str())
                || name.starts_with("documents/");
            if !known {
                self.problem(&name, "index.json does not state it");
            }
        }
    }

    /// Reads a member that index.json states; `None` once its trouble was noted.
    fn read(&mut self, name: &str) -> Option<Vec<u8>> {
        if self.bad.contains(name) {
            return None;
        }
        match self.archive.read(name) {
            Ok(bytes) => Some(bytes),
            Err(ZipError::Shape { .. }) => {
                self.problem(name, "it is missing");
                None
            }
            Err(e) => {
                self.problem(name, e.to_string());
                None
            }
        }
    }

    /// Reads a member that is there and good; what is wrong with it was or will be noted elsewhere.
    fn read_held(&mut self, name: &str) -> Option<Vec<u8>> {
        if self.bad.contains(name) || !self.archive.has(name) {
            return None;
        }
        self.archive.read(name).ok()
    }

    fn finish(mut self, progress: impl FnMut(u64, u64)) -> Result<Report, Error> {
        let (trust, note) = self.checkpoint();
        let found = self.entries(progress);
        self.tree(&found);
        self.beginning(&found, &trust);
        let blobs = self.blobs(&found);
        let again = self.tables_again(&found);
        let (documents, documents_good) = self.documents(&again, note);
        self.say_what_was_not(&trust, &found, &documents);
        let not_made = cfg!(feature = "pdf") && matches!(documents, DocumentsAgain::NotMade(_));
        let foreign = self.index.generator != Generator::ours() || not_made;
        let world = &found.sparse.world;
        let complete = found.complete && self.problems.is_empty();
        let whole_streams = found.streams.values().filter(|s| s.whole()).count() as u64;
        Ok(Report {
            digest: self.digest.to_string(),
            trust,
            entries: found.leaves.len() as u64,
            signatures: found.signatures,
            inner: found.inner,
            statements: world.journal().counts().get(&40).copied().unwrap_or(0),
            streams: found.streams.len() as u64,
            whole_streams,
            complete,
            blobs,
            tables: again.tables,
            figures: again.figures,
            documents,
            documents_good,
            problems: self.problems,
            unchecked: self.unchecked,
            foreign,
            index: self.index,
        })
    }

    /// The checkpoint under the policy from outside, else under the keys that the package carries.
    fn checkpoint(&mut self) -> (Trust, Option<String>) {
        let mut trust = Trust { outside: self.how.policy.is_some(), ..Trust::default() };
        let carried = self.read("trust.policy").and_then(|bytes| match Policy::parse(&bytes) {
            Ok(policy) => Some(policy),
            Err(e) => {
                self.problem("trust.policy", e.to_string());
                None
            }
        });
        trust.carried = carried.iter().flat_map(Policy::logs).map(|l| l.key.to_string()).collect();
        let Some(bytes) = self.read("checkpoint") else { return (trust, None) };
        let parsed = Note::parse(&bytes).and_then(|note| Checkpoint::parse(note.text()).map(|c| (note, c)));
        let (note, checkpoint) = match parsed {
            Ok(parsed) => parsed,
            Err(e) => {
                self.problem("checkpoint", e.to_string());
                return (trust, None);
            }
        };
        let stated = (&checkpoint.origin, checkpoint.size, checkpoint.root.to_string());
        if stated != (&self.index.origin, self.index.tree.size, self.index.tree.root.clone()) {
            self.problem("checkpoint", "it states another log, size or root than index.json");
        }
        if let Some(policy) = self.how.policy {
            match policy.verify(&note) {
                Ok(verdict) => {
                    trust.signed_by = Some(verdict.log.key.to_string());
                    trust.witnesses = named(&verdict);
                }
                Err(tlog::Error::UnknownLog { origin }) => {
                    self.problem("checkpoint", format!("it is of another log than the trust policy: no key of the policy signed for {origin}"));
                }
                Err(tlog::Error::QuorumNotMet { counted }) => {
                    self.problem(
                        "checkpoint",
                        format!(
                            "too few witnesses of the trust policy have cosigned it: {counted} that count"
                        ),
                    );
                }
                Err(e) => self.problem("checkpoint", e.to_string()),
            }
        } else if let Some(policy) = &carried {
            let signed = policy.logs().iter().find(|log| Checkpoint::of(&note, &log.key).is_ok());
            match signed {
                Some(log) => {
                    trust.signed_by = Some(log.key.to_string());
                    match policy.verify(&note) {
                        Ok(verdict) => trust.witnesses = named(&verdict),
                        Err(_) => self.unchecked.push(
                            "witnesses: too few of those that the package's own policy names have cosigned"
                                .into(),
                        ),
                    }
                }
                None => self.problem("checkpoint", "no key that the package carries has signed it"),
            }
        }
        (trust, String::from_utf8(bytes).ok())
    }

    /// The entries and the hashes of what is left out lead to the checkpoint's root.
    fn tree(&mut self, found: &entries::Found) {
        let Some(bytes) = self.read("hashes") else { return };
        let (chunks, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() {
            return self.problem("hashes", "it is not a list of hashes of 32 bytes");
        }
        if self.bad.iter().any(|m| contents::is_member(m) || m == "checkpoint") {
            return; // What is wrong was named; the root cannot come out.
        }
        let hashes: Vec<Hash> = chunks.iter().map(|h| Hash(*h)).collect();
        let entries = &self.index.entries;
        let counted = (
            found.leaves.len() as u64,
            hashes.len() as u64,
            self.index.tree.size.checked_sub(found.leaves.len() as u64),
        );
        if counted != (entries.held, entries.hashes, Some(entries.left_out)) {
            self.problem("index.json", "it states another number of entries or hashes than there are");
        }
        match pruned::root(self.index.tree.size, &found.leaves, &hashes) {
            Ok(root) if root.to_string() == self.index.tree.root => {}
            Ok(root) => self.problem(
                "entries",
                format!("entries and hashes lead to the root {root}, not to that of the checkpoint"),
            ),
            Err(e) => self.problem("hashes", e.to_string()),
        }
    }

    /// What the index says of the log is what its first entries say.
    fn beginning(&mut self, found: &entries::Found, trust: &Trust) {
        let journal = found.sparse.world.journal();
        let Some(genesis) = journal.genesis() else {
            if !self.bad.iter().any(|m| contents::is_member(m)) {
                self.problem("entries", "the first entry of the log is not among them");
            }
            return;
        };
        let simulated = genesis.clock == Clock::Simulated;
        if simulated != self.index.simulated {
            self.problem("index.json", "it is silent or wrong about the log's time being simulated");
        }
        let known = self.index.known.size;
        if known == self.index.tree.size {
            if journal.origin() != self.index.origin {
                self.problem("index.json", "it states another origin than the entries of the log");
            }
            if trust.signed_by.as_deref().is_some_and(|key| key != journal.log_key()) {
                self.problem(
                    "checkpoint",
                    "the key that signed it is not the one that the log's entries name",
                );
            }
        }
        let last = known.checked_sub(1).map(|last| found.sparse.world.clock().time_of(last).to_string());
        if last.as_ref() != Some(&self.index.known.time)
            && found.leaves.last().is_some_and(|(i, _)| i + 1 == known)
        {
            self.problem("index.json", "it states another time for what was known than the log's ticks");
        }
    }

    /// Each blob has the digest that is its name; each that an entry names is there or said to be missing.
    fn blobs(&mut self, found: &entries::Found) -> u64 {
        let names: Vec<String> =
            self.archive.names().filter(|n| n.starts_with("blobs/")).map(str::to_owned).collect();
        let mut good = BTreeSet::new();
        for name in names {
            let Some(bytes) = self.read(&name) else { continue };
            let digest = Hash::of(&bytes).to_string();
            if name.strip_prefix("blobs/") == Some(digest.as_str()) {
                good.insert(digest);
            } else {
                self.problem(&name, "its digest is not its name");
            }
        }
        let missing: BTreeSet<String> = self.index.missing_blobs.iter().map(|m| m.sha256.clone()).collect();
        for digest in &found.blobs {
            let digest = digest.to_string();
            let name = format!("blobs/{digest}");
            if !good.contains(&digest) && !missing.contains(&digest) && !self.bad.contains(&name) {
                self.problem(&name, "an entry names it, and it is neither there nor said to be missing");
            }
        }
        good.len() as u64
    }

    fn documents(&mut self, again: &again::Again, note: Option<String>) -> (DocumentsAgain, u64) {
        if !self.archive.has("documents.json") {
            let stray: Vec<String> =
                self.archive.names().filter(|n| n.starts_with("documents/")).map(str::to_owned).collect();
            stray.iter().for_each(|name| self.problem(name, "documents.json does not state it"));
            return (DocumentsAgain::None, 0);
        }
        let Some(bytes) = self.read("documents.json") else { return (DocumentsAgain::None, 0) };
        let list: Documents = match serde_json::from_slice(&bytes) {
            Ok(list) => list,
            Err(e) => {
                self.problem("documents.json", e.to_string());
                return (DocumentsAgain::None, 0);
            }
        };
        if list.schema != DOCUMENTS_SCHEMA {
            self.problem("documents.json", "its schema is another one");
        }
        if list.evidence != self.digest.to_string() {
            self.problem("documents.json", "the documents were made from other evidence: it names another digest than that of index.json");
        }
        let mut held = BTreeMap::new();
        for listed in &list.documents {
            let Some(pdf) = self.read(&listed.path) else { continue };
            if Hash::of(&pdf).to_string() == listed.sha256 && pdf.len() as u64 == listed.bytes {
                held.insert(listed.path.clone(), pdf);
            } else {
                self.problem(&listed.path, "its bytes are not those that documents.json states");
            }
        }
        let stated: BTreeSet<&str> = list.documents.iter().map(|d| d.path.as_str()).collect();
        let stray: Vec<String> = self
            .archive
            .names()
            .filter(|n| n.starts_with("documents/") && !stated.contains(n))
            .map(str::to_owned)
            .collect();
        stray.iter().for_each(|name| self.problem(name, "documents.json does not state it"));
        let good = held.len() as u64;
        let made = self.make_again(again, &list, &held, note);
        (made, good)
    }

    fn say_what_was_not(&mut self, trust: &Trust, found: &entries::Found, documents: &DocumentsAgain) {
        let mut say = |text: String| self.unchecked.push(text);
        if !trust.outside {
            say("whether the keys are the right ones: give a trust policy that came to you another way, with --policy".into());
        } else if trust.witnesses.is_empty() {
            say("whether others were shown the same log: the policy asks for no witness".into());
        }
        if !found.complete {
            say(format!(
                "completeness: of {} entries {} are only hashes here, so whether others concern the same matter, correct or \
                 supersede what is here, or fill its streams, needs the log or a package of scope `all`",
                self.index.tree.size, self.index.entries.left_out
            ));
        }
        if let DocumentsAgain::NotMade(why) = documents {
            say(format!("whether the documents say what the tables say: {why}"));
        }
        if !self.index.missing_blobs.is_empty() {
            say(format!(
                "{} blobs that entries name and the package does not hold; index.json lists them",
                self.index.missing_blobs.len()
            ));
        }
        say("confidential values behind commitments: they are not in any package".into());
        say("whether there are later entries: ask the log or a witness for its newest checkpoint".into());
        say("whether what the entries say is true: who said it and when is shown, not that it is so".into());
    }
}

fn named(verdict: &tlog::policy::Verdict<'_>) -> Vec<String> {
    let named = |w: &tlog::policy::CountedWitness<'_>| match w.time.and_then(evidence::Time::from_seconds) {
        Some(time) => format!("{} at {time}", w.witness.name),
        None => format!("{}, which states no time", w.witness.name),
    };
    verdict.witnesses.iter().map(named).collect()
}
