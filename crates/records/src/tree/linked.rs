//! Records of the product's other repositories: read from a folder beside this one, or handed over from a log. They can be
//! linked to and from; they are checked where they are at home.

use super::{LockLine, Parsed, TreeError, parse_lock, read_parts};
use crate::config::{CONFIG_FILE, RepositoryConfig};
use crate::facts::{Approval, TestResult};
use crate::problem::Problem;
use crate::record::{Place, Record};
use crate::set::RecordSet;
use std::path::Path;

/// Another repository of the product.
#[derive(Debug, Clone, Default)]
pub struct Foreign {
    /// Its name.
    pub name: String,
    /// Its records, each with its path as shown.
    pub records: Vec<(String, Record)>,
    /// Lines of a lock file about links from its records.
    pub lock: String,
    /// What is known of the results of its test cases.
    pub results: Vec<TestResult>,
    /// What is known to be signed of its records.
    pub approvals: Vec<Approval>,
}

/// Reads the repository that lies in a folder beside this one; none when it has no path or is not there. Its own links to
/// further repositories are not followed.
pub(super) fn beside(
    root: &Path,
    name: &str,
    repository: &RepositoryConfig,
) -> Result<Option<Foreign>, TreeError> {
    let folder = root.join(&repository.path);
    if repository.path.is_empty() || !folder.join(CONFIG_FILE).is_file() {
        return Ok(None);
    }
    let (_, parts) = read_parts(&folder)?;
    let path = |place: Place| {
        let file = parts.names.get(place.file as usize).map_or("", |name| name);
        format!("{}/{file}", repository.path.trim_end_matches('/'))
    };
    let records = parts.shares.into_iter().flat_map(|Parsed { records, .. }| records);
    let records = records.map(|record| (path(record.place), record)).collect();
    Ok(Some(Foreign { name: name.to_owned(), records, lock: parts.lock, ..Foreign::default() }))
}

/// Puts the records of other repositories into a set that has those at hand.
pub(super) fn insert(set: &mut RecordSet, others: &[Foreign], problems: &mut Vec<Problem>) {
    if others.is_empty() {
        return;
    }
    set.add_repository("");
    set.check_own_only();
    for other in others {
        let repository = set.add_repository(&other.name);
        let mut last: Option<(&str, u32)> = None;
        for (path, record) in &other.records {
            let file = match last {
                Some((known, file)) if known == path => file,
                _ => set.add_file(path),
            };
            last = Some((path, file));
            let mut record = record.clone();
            record.place.file = file;
            if let Err(problem) = set.insert_of(record, repository) {
                problems.push(*problem);
            }
        }
    }
}

/// What the lock files of other repositories say of their own links. What is wrong with them is said there.
pub(super) fn lines<'o>(set: &RecordSet, others: &'o [Foreign]) -> Vec<LockLine<'o>> {
    let mut found = Vec::new();
    for other in others {
        let own = |id: &str| {
            let node = set.node(id);
            node.is_some_and(|node| set.repository_name(set.repository(node)) == other.name)
        };
        let lines = parse_lock(0, &other.lock, &mut Vec::new());
        found.extend(lines.into_iter().filter(|line| match line {
            LockLine::Link { from: id, .. } | LockLine::Editorial { id, .. } => own(id),
            LockLine::Revision { .. } => true,
        }));
    }
    found
}

/// Results and signatures of the records of other repositories.
pub(super) fn facts(set: &mut RecordSet, others: &[Foreign]) {
    for other in others {
        for result in &other.results {
            // A case whose id is claimed is not that of the result.
            let _ = set.add_result(result.clone());
        }
        for approval in &other.approvals {
            set.add_approval(approval.clone());
        }
    }
}
