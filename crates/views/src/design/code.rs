//! What the code says of records, and what tools measured of it, as it was pushed: joined from the present commit of each
//! repository. For results, what the code said at the commit they ran on.

use std::collections::{BTreeMap, BTreeSet};

use records::code::{CodePart, CodeScan, Measured, Verb, measured_from_canonical, scan_from_canonical};
use records::digest::Digest;
use records::set::RecordSet;
use tlog::Hash;
use world::design::{Analysed, Commit, Covered};

use super::fill::Asking;
use super::{Ask, DesignError};

/// The scan that a commit brought; none when it brought none.
fn scan<A: Ask>(asking: &Asking<'_, A>, commit: &Commit) -> Result<Option<CodeScan>, DesignError> {
    let Some(blob) = &commit.said.code else { return Ok(None) };
    let missing = DesignError::Missing { what: "the scan of the code", digest: blob.digest };
    let read = asking.blob(&blob.digest)?.and_then(|bytes| scan_from_canonical(&bytes));
    read.map(Some).ok_or(missing)
}

/// Hands code and measurements to the set.
pub(super) fn add<A: Ask>(
    asking: &Asking<'_, A>,
    heads: &[Commit],
    marked: Vec<String>,
    set: &mut RecordSet,
) -> Result<(), DesignError> {
    let mut parts = Vec::new();
    for head in heads {
        if let Some(scan) = scan(asking, head)? {
            let repository = set.add_repository(&head.said.repository);
            let prefix = if repository == 0 { String::new() } else { format!("{}/", head.said.repository) };
            parts.push(CodePart { repository, prefix, scan });
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    let measured = measured(asking, heads, set)?;
    let facts = set.join_code(parts);
    facts.marked = marked;
    facts.commits = heads.iter().map(|head| head.said.commit.clone()).collect();
    facts.measured = measured;
    Ok(())
}

/// What was measured of the present commits; of a repository whose present commit was not measured, what was measured last,
/// which then does not count and is named.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method has one lifetime, the closure any")]
fn measured<A: Ask>(
    asking: &Asking<'_, A>,
    heads: &[Commit],
    set: &mut RecordSet,
) -> Result<Vec<Measured>, DesignError> {
    let of: BTreeMap<String, String> = asking.view(|view, p, l| {
        view.commits(p, l).into_iter().map(|c| (c.said.commit, c.said.repository)).collect()
    });
    let coverage: Vec<Covered> = asking.all(|view, p, l, after, limit| view.coverage(p, l, after, limit));
    let analyses: Vec<Analysed> = asking.all(|view, p, l, after, limit| view.analyses(p, l, after, limit));
    // Of an analysis the last run of a tool counts, of coverage all runs together.
    let mut found: BTreeMap<(String, String, String), (u64, Hash)> = BTreeMap::new();
    for held in coverage {
        let digest = held.said.report.normalised.digest;
        let key = (held.said.commit, String::new(), digest.to_string());
        found.insert(key, (held.index, digest));
    }
    for held in analyses {
        let digest = held.said.report.normalised.digest;
        let key = (held.said.commit, held.said.tool, String::new());
        let last = found.entry(key).or_insert((held.index, digest));
        *last = (*last).max((held.index, digest));
    }
    let mut all = Vec::new();
    for head in heads {
        let own = |commit: &str| of.get(commit) == Some(&head.said.repository);
        let present = found.keys().any(|(commit, ..)| *commit == head.said.commit);
        let newest =
            found.iter().filter(|((commit, ..), _)| own(commit)).max_by_key(|(_, (index, _))| *index);
        let wanted =
            if present { Some(head.said.commit.clone()) } else { newest.map(|(key, _)| key.0.clone()) };
        let digests: BTreeSet<Hash> = found
            .iter()
            .filter(|((commit, ..), _)| Some(commit) == wanted.as_ref())
            .map(|(_, (_, digest))| *digest)
            .collect();
        for digest in digests {
            let missing = DesignError::Missing { what: "a measurement", digest };
            let read = asking.blob(&digest)?.and_then(|bytes| measured_from_canonical(&bytes));
            let mut read = read.ok_or(missing)?;
            read.repository = set.add_repository(&head.said.repository);
            if read.commit.is_empty() {
                read.commit = wanted.clone().unwrap_or_default();
            }
            all.push(read);
        }
    }
    Ok(all)
}

/// Digests of marked code by record and verb.
pub(super) type Marked = BTreeMap<(Box<str>, Verb), Digest>;

/// What the code said at a log size, read once for each set of commits.
#[derive(Default)]
pub(super) struct Then(BTreeMap<Vec<Hash>, Option<Marked>>);

impl Then {
    /// At a log size; none when no repository had brought its code by then.
    pub(super) fn at<A: Ask>(
        &mut self,
        asking: &Asking<'_, A>,
        size: u64,
    ) -> Result<Option<&Marked>, DesignError> {
        let heads = asking.view(|view, p, l| view.at_size(size).heads(p, l));
        let key: Vec<Hash> = heads.iter().filter_map(|h| h.said.code.as_ref()).map(|b| b.digest).collect();
        if !self.0.contains_key(&key) {
            let mut marks: BTreeMap<(Box<str>, Verb), Vec<Digest>> = BTreeMap::new();
            for head in &heads {
                let files = scan(asking, head)?.into_iter().flat_map(|scan| scan.files);
                for mark in files.flat_map(|file| file.marks) {
                    marks.entry((mark.id, mark.verb)).or_default().push(mark.digest);
                }
            }
            let digest = |mut all: Vec<Digest>| {
                all.sort_unstable();
                Digest::of(&all.iter().flat_map(|digest| digest.0).collect::<Vec<u8>>())
            };
            let marked = marks.into_iter().map(|(of, all)| (of, digest(all))).collect();
            self.0.insert(key.clone(), (!key.is_empty()).then_some(marked));
        }
        Ok(self.0.get(&key).and_then(Option::as_ref))
    }
}
