//! `accept`: stamps links against the present revision of their targets, and says who did so when.

use super::{Beside, CommandError, Status, load, usage, want};
use crate::config::LOCK_FILE;
use crate::engine::RAN_AGAINST;
use crate::lock::{Lock, parse_lock};
use crate::render::counted;
use crate::set::{LinkState, Node, RecordSet};
use crate::tree::{self, Tree};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

/// Whose links to accept.
#[derive(Debug, Default)]
pub struct Accept {
    /// Folder of `vouchsafe.toml`.
    pub root: PathBuf,
    /// Records whose links (from them) are accepted; empty with `all`.
    pub ids: Vec<String>,
    /// Every link of every record.
    pub all: bool,
    /// Instead: the last change of these records was editorial, so that what was accepted before it still is.
    pub editorial: bool,
    /// Who accepts.
    pub by: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What is known beside.
    pub beside: Beside,
}

/// Writes the stamps into the lock file and says which.
///
/// # Errors
/// When an id is unknown, `by` or `at` are not usable, or the tree fails. A damaged lock file is left as it is.
pub fn accept(options: &Accept, out: &mut dyn Write) -> Result<Status, CommandError> {
    let by = options.by.trim();
    if by.is_empty() || by.contains(['\n', '\r']) {
        return Err(usage("acceptance needs who accepts", "pass `--by` a name or role on one line"));
    }
    if !crate::structure::is_date(&options.at) {
        return Err(usage(format!("`{}` is not a time", options.at), "write YYYY-MM-DDThh:mm:ssZ"));
    }
    let loaded = load(&options.root, &options.beside.signed_editorial, &options.beside.others)?;
    let Tree { root, set, lock, problems, .. } = loaded;
    let mut damage = Vec::new();
    let lines = parse_lock(0, &lock, &mut damage);
    if let Some(first) = damage.first() {
        let what = format!("{LOCK_FILE}:{}: {}", first.place.line, first.message);
        return Err(usage(what, first.fix.clone()));
    }
    let nodes: Vec<Node> = if options.all {
        set.records().map(|(node, _)| node).filter(|node| set.is_checked(*node)).collect()
    } else if options.ids.is_empty() {
        return Err(usage("nothing to accept", "name records, or pass `--all`"));
    } else {
        options.ids.iter().map(|id| want(&set, id)).collect::<Result<_, _>>()?
    };
    let mut lock = Lock::from_lines(&lines);
    let note = format!("{} {by}", options.at);
    let mut said = 0_usize;
    for node in nodes {
        let done = if options.editorial {
            editorial(&set, node, &note, &mut lock)
        } else {
            stamp_links(&set, node, &note, &mut lock)
        };
        for line in done {
            writeln!(out, "{line}").map_err(CommandError::Output)?;
            said += 1;
        }
    }
    let schema = set.schema();
    // A record that cannot be read seems to have no links: its acceptances must outlast that.
    if problems.is_empty() {
        lock.prune(|from, link, to| {
            let ends = (set.node(from), schema.link_id(link), set.node(to));
            let (Some(from), Some(link), Some(to)) = ends else { return false };
            schema.link_name(link) == RAN_AGAINST
                || set.out(from).iter().any(|edge| edge.link == link && edge.node == to)
        });
    }
    tree::write_text(&root.join(LOCK_FILE), &lock.to_text()).map_err(CommandError::Tree)?;
    let done = if options.editorial {
        format!("{} declared editorial", counted(said, "revision"))
    } else {
        format!("{} accepted", counted(said, "link"))
    };
    writeln!(out, "{done}").map_err(CommandError::Output)?;
    Ok(Status::Holds)
}

/// Stamps the links from a record that are not accepted at the present revision. A test run is stamped against
/// everything its case verifies as well.
fn stamp_links(set: &RecordSet, node: Node, note: &str, lock: &mut Lock) -> Vec<String> {
    let schema = set.schema();
    let mut done = Vec::new();
    let mut targets: Vec<(&str, Node, bool)> = Vec::new();
    for edge in set.out(node) {
        targets.push((
            schema.link_name(edge.link),
            edge.node,
            set.link_state(node, *edge) == LinkState::Accepted,
        ));
        if schema.link_name(edge.link) == "run-of" {
            targets.extend(set.verified_by(edge.node).map(|verified| (RAN_AGAINST, verified, false)));
        }
    }
    for (link, target, accepted) in targets {
        let Some(record) = set.record(target) else { continue };
        let stamped = lock.stamped(set.id(node), link, record.id()).map(|(revision, _)| revision);
        if stamped == Some(record.revision()) {
            continue;
        }
        lock.stamp(set.id(node), link, record.id(), record.revision(), note);
        describe(set, target, lock);
        // Brought up to date without a word when nothing that matters changed.
        if !accepted {
            done.push(format!("{} {link} {} at {}", set.id(node), record.id(), record.revision().short()));
        }
    }
    done
}

fn editorial(set: &RecordSet, node: Node, note: &str, lock: &mut Lock) -> Vec<String> {
    let Some(record) = set.record(node) else { return Vec::new() };
    let present = record.revision();
    let before: Vec<_> = lock.revisions_of(record.id()).filter(|revision| *revision != present).collect();
    if !before.is_empty() {
        describe(set, node, lock);
    }
    before
        .into_iter()
        .filter(|revision| !set.still(node, *revision) && !lock.is_editorial(record.id(), *revision, present))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|revision| {
            lock.editorial(record.id(), revision, present, note);
            format!("{}: {} to {} is editorial", record.id(), revision.short(), present.short())
        })
        .collect()
}

/// Adds the `revision` line of a record's present revision.
fn describe(set: &RecordSet, node: Node, lock: &mut Lock) {
    let kind = set.kind(node).and_then(|kind| set.schema().kind(kind));
    let (Some(record), Some(kind)) = (set.record(node), kind) else { return };
    let mut fields = String::new();
    for name in &kind.suspect_on {
        let space = if fields.is_empty() { "" } else { " " };
        let _ = write!(fields, "{space}{name}={}", record.digest_of_field(name).short());
    }
    lock.describe(record.id(), record.revision(), record.digest_of(&kind.suspect_on), fields);
}
