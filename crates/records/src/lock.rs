//! `vouchsafe.lock`: accepted links, the revisions they were accepted against, and editorial changes. One line each,
//! sorted, so that branches merge line by line. Whether a link is suspect is computed in `set`.
//!
//! ```text
//! editorial SYS-004 OLD NEW 2026-03-01T09:00:00Z Name or role
//! link SWR-012 refines SYS-004 REVISION 2026-03-01T09:00:00Z Name or role
//! revision SYS-004 REVISION MATTER text=1f0c22aa title=90be3344
//! ```

use crate::digest::Digest;
use crate::problem::{Code, Problem};
use crate::record::Place;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// First line of the file.
pub const LOCK_HEADER: &str = "# vouchsafe.lock 1 - accepted links; written by `vouchsafe accept`; to merge, keep the lines of both sides\n";

/// One line, borrowed from the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockLine<'t> {
    /// `id` changed from one revision to another without changing its meaning.
    Editorial {
        /// The record.
        id: &'t str,
        /// Before.
        old: Digest,
        /// After.
        new: Digest,
        /// Time and who.
        note: &'t str,
    },
    /// A link was accepted.
    Link {
        /// Its source.
        from: &'t str,
        /// Its type.
        link: &'t str,
        /// Its target.
        to: &'t str,
        /// Revision of the target.
        revision: Digest,
        /// Time and who.
        note: &'t str,
    },
    /// What a revision named by a `link` line was made of.
    Revision {
        /// The record.
        id: &'t str,
        /// The revision.
        revision: Digest,
        /// Digest over the fields that matter for suspicion, as of then.
        matter: Digest,
        /// `field=xxxxxxxx` for each of them: to tell what changed, never to decide whether.
        fields: &'t str,
    },
}

/// Reads a lock file. Damaged lines and conflict markers are reported, the other lines still count.
pub fn parse_lock<'t>(file: u32, text: &'t str, problems: &mut Vec<Problem>) -> Vec<LockLine<'t>> {
    let mut lines = Vec::with_capacity(text.len() / 120);
    for (number, line) in (1_u32..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = Place { file, line: number };
        if line.starts_with("<<<<<<<")
            || line.starts_with("=======")
            || line.starts_with(">>>>>>>")
            || line.starts_with("|||||||")
        {
            if line.starts_with("<<<<<<<") {
                let fix = "delete the marker lines and keep the lines of both sides, then run `vouchsafe check` again";
                let problem = Problem::new(Code::Lock, place, "merge conflict in the lock file", fix);
                problems.push(Problem {
                    excerpt: Some(line.chars().take(80).collect::<String>().into()),
                    ..problem
                });
            }
            continue;
        }
        match parse_line(line) {
            Some(parsed) => lines.push(parsed),
            None => {
                let fix =
                    "restore the line from version control, or delete it and run `vouchsafe accept` again";
                let problem = Problem::new(Code::Lock, place, "not a line of a lock file", fix);
                problems.push(Problem {
                    excerpt: Some(line.chars().take(160).collect::<String>().into()),
                    ..problem
                });
            }
        }
    }
    lines
}

fn parse_line(line: &str) -> Option<LockLine<'_>> {
    let mut words = line.splitn(6, ' ');
    match words.next()? {
        "link" => {
            let (from, link, to) = (words.next()?, words.next()?, words.next()?);
            let revision = words.next()?.parse().ok()?;
            Some(LockLine::Link { from, link, to, revision, note: words.next().unwrap_or("") })
        }
        "revision" => {
            let id = words.next()?;
            let (revision, matter) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            let fields = tail(line, 4);
            Some(LockLine::Revision { id, revision, matter, fields })
        }
        "editorial" => {
            let id = words.next()?;
            let (old, new) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            Some(LockLine::Editorial { id, old, new, note: tail(line, 4) })
        }
        _ => None,
    }
}

/// Everything after the first `words` words.
fn tail(line: &str, words: usize) -> &str {
    line.splitn(words + 1, ' ').nth(words).unwrap_or("")
}

/// A lock file to be changed: keyed so that a link, a revision and an editorial step each occur once.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Lock {
    links: BTreeMap<(String, String, String), (Digest, String)>,
    revisions: BTreeMap<(String, Digest), (Digest, String)>,
    editorial: BTreeMap<(String, Digest), (Digest, String)>,
}

impl Lock {
    /// From parsed lines. When a link was accepted twice (two branches), the later note, which begins with the time,
    /// counts.
    #[must_use]
    pub fn from_lines(lines: &[LockLine<'_>]) -> Self {
        let mut lock = Self::default();
        for line in lines {
            match *line {
                LockLine::Link { from, link, to, revision, note } => {
                    let slot = lock.links.entry((from.into(), link.into(), to.into()));
                    let new = (revision, note.to_owned());
                    slot.and_modify(|old| {
                        if (&new.1, new.0) > (&old.1, old.0) {
                            old.clone_from(&new);
                        }
                    })
                    .or_insert(new);
                }
                LockLine::Revision { id, revision, matter, fields } => {
                    lock.revisions.insert((id.into(), revision), (matter, fields.into()));
                }
                LockLine::Editorial { id, old, new, note } => {
                    lock.editorial.insert((id.into(), old), (new, note.into()));
                }
            }
        }
        lock
    }

    /// Stamps a link.
    pub fn stamp(&mut self, from: &str, link: &str, to: &str, revision: Digest, note: &str) {
        self.links.insert((from.into(), link.into(), to.into()), (revision, note.into()));
    }

    /// Says what a revision is made of.
    pub fn describe(&mut self, id: &str, revision: Digest, matter: Digest, fields: String) {
        self.revisions.insert((id.into(), revision), (matter, fields));
    }

    /// Notes an editorial change.
    pub fn editorial(&mut self, id: &str, old: Digest, new: Digest, note: &str) {
        self.editorial.insert((id.into(), old), (new, note.into()));
    }

    /// Whether a change is noted as editorial.
    #[must_use]
    pub fn is_editorial(&self, id: &str, old: Digest, new: Digest) -> bool {
        self.editorial.get(&(id.to_owned(), old)).is_some_and(|(to, _)| *to == new)
    }

    /// The revision a link was accepted against, and who when.
    #[must_use]
    pub fn stamped(&self, from: &str, link: &str, to: &str) -> Option<(Digest, &str)> {
        let key = (from.to_owned(), link.to_owned(), to.to_owned());
        self.links.get(&key).map(|(revision, note)| (*revision, &**note))
    }

    /// Revisions of a record that links were accepted against.
    pub fn revisions_of(&self, id: &str) -> impl Iterator<Item = Digest> {
        let from = (id.to_owned(), Digest([0; 32]));
        let id = id.to_owned();
        self.revisions
            .range(from..)
            .take_while(move |((of, _), _)| *of == id)
            .map(|((_, revision), _)| *revision)
    }

    /// Drops stamps of links that `keep` does not know any more, and revisions nothing names.
    pub fn prune(&mut self, keep: impl Fn(&str, &str, &str) -> bool) {
        self.links.retain(|(from, link, to), _| keep(from, link, to));
        let mut named: Vec<(&str, Digest)> =
            self.links.iter().map(|((_, _, to), (r, _))| (&**to, *r)).collect();
        named.extend(self.editorial.iter().flat_map(|((id, old), (new, _))| [(&**id, *old), (&**id, *new)]));
        named.sort_unstable();
        self.revisions.retain(|(id, revision), _| named.binary_search(&(id, *revision)).is_ok());
    }

    /// The file: header, then all lines sorted.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::from(LOCK_HEADER);
        for ((id, old), (new, note)) in &self.editorial {
            let _ = writeln!(text, "editorial {id} {old} {new} {note}");
        }
        for ((from, link, to), (revision, note)) in &self.links {
            let _ = writeln!(text, "link {from} {link} {to} {revision} {note}");
        }
        for ((id, revision), (matter, fields)) in &self.revisions {
            let _ = writeln!(text, "revision {id} {revision} {matter} {fields}");
        }
        text
    }
}

#[cfg(test)]
mod tests;
