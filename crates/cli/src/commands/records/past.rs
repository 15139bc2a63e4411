//! The records of a commit, and what version control says of the order in which things came to be. Claims, all of it:
//! only the log proves when something was known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use records::code::Selection;
use records::command::Claims;
use records::config::{CONFIG_FILE, LOCK_FILE};
use records::facts::{Happening, Moment};
use records::set::RecordSet;
use records::tree::{self, Tree};

use super::failed;
use super::signatures::SignaturePlace;
use crate::failure::Failure;
use crate::git::{Commit, Git, History, With};

/// Tables of which each row's history is looked up; the rows of further ones have that of their file.
const MAX_BLAMED: usize = 256;
/// Trailers that say that a commit implements records.
const IMPLEMENTS: [&str; 2] = ["implements", "change"];

/// Folder of the product's code.
pub(super) fn code_root(tree: &Tree) -> Option<PathBuf> {
    tree.config.code.as_ref().map(|code| tree.root.join(&code.root))
}

/// The product as of a commit, with its code.
pub(super) fn tree_at(root: &Path, git: &dyn History, commit: &str) -> Result<Tree, Failure> {
    let wanted = |path: &str| {
        matches!(path, CONFIG_FILE | LOCK_FILE) || path.ends_with(".md") || path.ends_with(".csv")
    };
    let files = git.files(commit, &wanted)?;
    let tree = tree::load_given(root, &files);
    let mut tree = tree.map_err(|error| {
        let named = format!("reading the records of {commit}");
        failed(&named)(records::command::CommandError::Tree(error))
    })?;
    if let (Some(folder), Some(config)) = (code_root(&tree), tree.config.code.clone()) {
        let selection = Selection::new(&config);
        let code = Git::want(&folder)?.files(commit, &|path| selection.has(path))?;
        tree::scan_given_code(&mut tree, &code);
    }
    Ok(tree)
}

/// What the history of the present commit claims: when each record got its present content, which records commits say they
/// implement, and when signatures were added. Records that are changed and not committed have no moment. One `git log`, and
/// one `git blame` for each of the first `MAX_BLAMED` tables.
pub(super) fn claims(
    set: &RecordSet,
    signatures: &[SignaturePlace],
    git: &dyn History,
) -> Result<Claims, Failure> {
    let Ok(head) = git.resolve("HEAD") else { return Ok(Claims::default()) };
    let commits = git.commits(None, With::Files)?;
    let changed = git.changed()?;
    let orders: BTreeMap<&str, u64> = commits.iter().map(|c| (&*c.id, c.order)).collect();
    let mut newest: BTreeMap<&str, u64> = BTreeMap::new();
    for commit in &commits {
        for file in &commit.files {
            let known = newest.entry(file).or_default();
            *known = commit.order.max(*known);
        }
    }
    let mut tables: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let own = || set.records().filter(|(node, _)| set.is_checked(*node));
    for (_, record) in own() {
        let file = set.file(record.place.file);
        if file.ends_with(".csv") {
            tables.entry(file).or_default().push(record.place.line);
        }
    }
    let mut lines: BTreeMap<&str, Vec<Option<String>>> = BTreeMap::new();
    for file in tables.keys().take(MAX_BLAMED).filter(|file| newest.contains_key(**file)) {
        lines.insert(file, git.blame(file)?);
    }
    let claimed = |order| Moment { order, claimed: true };
    let mut found = implemented(&commits);
    for (_, record) in own() {
        let file = set.file(record.place.file);
        let order = match lines.get(file) {
            Some(lines) => {
                let first = record.place.line;
                let next = tables.get(file).into_iter().flatten().filter(|line| **line > first).min();
                let last = next.map_or(lines.len(), |next| *next as usize - 1);
                let own = lines.get((first as usize).saturating_sub(1)..last).unwrap_or(&[]);
                // One line that is not committed leaves the row without a moment.
                own.iter()
                    .map(|id| orders.get(id.as_deref()?).copied())
                    .collect::<Option<Vec<u64>>>()
                    .and_then(|orders| orders.into_iter().max())
            }
            None => newest.get(file).copied().filter(|_| !changed.contains(file)),
        };
        let specified = Happening::Specified(record.revision());
        found.extend(order.map(|order| (record.id().to_owned(), specified, claimed(order))));
    }
    // What is not committed comes after all that is.
    let last = orders.values().max().copied().unwrap_or(0);
    let came = |place: &SignaturePlace| {
        let committed = newest.get(&*place.path).copied().filter(|_| !changed.contains(&place.path));
        claimed(committed.unwrap_or(last + 1))
    };
    let signed = signatures
        .iter()
        .map(|place| (place.record.clone(), place.revision, place.name.clone(), came(place)));
    let signed = signed.collect();
    let mut dated: BTreeMap<String, Moment> =
        orders.iter().map(|(id, order)| ((*id).to_owned(), claimed(*order))).collect();
    dated.entry(head).or_insert(claimed(last));
    Ok(Claims { happenings: found, commits: dated, signed, by_report: false })
}

fn implemented(commits: &[Commit]) -> Vec<(String, Happening, Moment)> {
    let mut found = Vec::new();
    for commit in commits {
        let moment = Moment { order: commit.order, claimed: true };
        found.extend(named_in(commit).into_iter().map(|id| (id, Happening::Implemented, moment)));
    }
    found
}

/// Records that a commit's trailers say it implements.
pub(super) fn named_in(commit: &Commit) -> Vec<String> {
    let said = commit.trailers.iter().filter(|(key, _)| IMPLEMENTS.contains(&&*key.to_ascii_lowercase()));
    said.flat_map(|(_, value)| value.split([',', ' ']))
        .filter(|id| records::source::is_id(id))
        .map(str::to_owned)
        .collect()
}
