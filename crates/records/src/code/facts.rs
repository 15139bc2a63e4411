//! What a scan means to a record set: which marks speak of which record, which unit has which files, and what depends on
//! what. What is wrong with it is said in `findings`.

use super::depends::Resolver;
use super::{CodeFile, CodeScan, Glob, Mark, Measured, Verb};
use crate::digest::Digest;
use crate::schema::FieldType;
use crate::set::{Node, RecordSet};
use std::collections::BTreeMap;

/// A record that names paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The record.
    pub node: Node,
    /// Files its paths name, whether or not a more exact record has them.
    pub named: usize,
    /// Indices of the files that belong to it: no other record names them more exactly.
    pub files: Vec<usize>,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct CodeFacts {
    /// Sorted by path.
    pub files: Vec<CodeFile>,
    /// What could not be listed.
    pub trouble: Vec<String>,
    /// Records that name paths.
    pub units: Vec<Unit>,
    /// For each file, the unit it belongs to.
    pub unit_of: Vec<Option<usize>>,
    /// Files that two records name equally exactly: file, both units.
    pub shared: Vec<(usize, usize, usize)>,
    /// Detected dependencies: from file, to file, line.
    pub dependencies: Vec<(usize, usize, u32)>,
    /// Repository of each file; 0 is the one at hand.
    pub repositories: Vec<u16>,
    /// What tools measured.
    pub measured: Vec<Measured>,
    /// The commit at hand; empty when not known.
    pub commit: String,
    /// Commits that measurements may be of where there are several repositories: the present one of each.
    pub commits: Vec<String>,
    /// Kinds whose records must be implemented by marked code.
    pub marked: Vec<String>,
    /// Number of the first file among the files of the record set.
    pub(crate) first_file: u32,
    by_id: BTreeMap<Box<str>, Vec<(usize, usize)>>,
    /// What the paths of a repository begin with, and which were looked at.
    scanned: BTreeMap<u16, String>,
}

/// The code of one repository.
#[derive(Debug)]
pub struct CodePart {
    /// Index of the repository in the set.
    pub repository: u16,
    /// What its paths begin with among those of others: nothing, or its name and `/`.
    pub prefix: String,
    /// Its files.
    pub scan: CodeScan,
}

impl CodeFacts {
    /// Joins a scan with the records. O(files × paths of units + names × log files).
    #[must_use]
    pub fn new(set: &RecordSet, scan: CodeScan) -> Self {
        Self::join(set, vec![CodePart { repository: 0, prefix: String::new(), scan }])
    }

    /// As `new`, for the code of several repositories: units have files of their own repository only, and dependencies stay
    /// within one.
    #[must_use]
    pub fn join(set: &RecordSet, parts: Vec<CodePart>) -> Self {
        let mut this = Self::default();
        let mut all: Vec<(u16, CodeFile)> = Vec::new();
        let mut depends: Vec<(Box<str>, Box<str>, u32)> = Vec::new();
        for CodePart { repository, prefix, scan } in parts {
            this.trouble.extend(scan.trouble);
            let named = |at: usize| -> Box<str> {
                format!("{prefix}{}", scan.files.get(at).map_or("", |file| &file.path)).into()
            };
            let resolver = Resolver::new(&scan.files);
            for (from, file) in scan.files.iter().enumerate() {
                let found = resolver.of(file).into_iter();
                depends.extend(found.map(|(to, line)| (named(from), named(to), line)));
            }
            let names: Vec<Box<str>> = (0..scan.files.len()).map(named).collect();
            let files = scan.files.into_iter().zip(names);
            all.extend(files.map(|(file, path)| (repository, CodeFile { path, ..file })));
            this.scanned.insert(repository, prefix);
        }
        all.sort_by(|a, b| a.1.path.cmp(&b.1.path));
        (this.repositories, this.files) = all.into_iter().unzip();
        for (at, file) in this.files.iter().enumerate() {
            for (number, mark) in file.marks.iter().enumerate() {
                this.by_id.entry(mark.id.clone()).or_default().push((at, number));
            }
        }
        this.assign(set);
        let index = |path: &str| this.files.binary_search_by(|file| (*file.path).cmp(path)).ok();
        let dependencies =
            depends.iter().filter_map(|(from, to, line)| Some((index(from)?, index(to)?, *line)));
        this.dependencies = dependencies.collect();
        this
    }

    /// A file's path in its own repository.
    fn own_path(&self, at: usize) -> &str {
        let path = self.files.get(at).map_or("", |file| &*file.path);
        let prefix = self.repositories.get(at).and_then(|repository| self.scanned.get(repository));
        prefix.and_then(|prefix| path.strip_prefix(prefix.as_str())).unwrap_or(path)
    }

    fn assign(&mut self, set: &RecordSet) {
        let mut paths: Vec<(Glob, usize, u16)> = Vec::new();
        let own = |node: &Node| set.is_checked(*node) && self.scanned.contains_key(&set.repository(*node));
        let records: Vec<_> = set.records().filter(|(node, _)| own(node)).collect();
        for (node, record) in records {
            let Some(kind) = set.kind(node).and_then(|kind| set.schema().kind(kind)) else { continue };
            let named = kind.fields.iter().filter(|field| field.kind == FieldType::Paths);
            let globs: Vec<Glob> = named
                .filter_map(|field| record.field(&field.name))
                .flat_map(|field| field.values().map(Glob::new).collect::<Vec<_>>())
                .collect();
            if !globs.is_empty() {
                let unit = self.units.len();
                self.units.push(Unit { node, named: 0, files: Vec::new() });
                let repository = set.repository(node);
                paths.extend(globs.into_iter().map(|glob| (glob, unit, repository)));
            }
        }
        self.unit_of = vec![None; self.files.len()];
        for at in 0..self.files.len() {
            let (path, repository) = (self.own_path(at), self.repositories.get(at).copied().unwrap_or(0));
            let mut best: Option<((usize, usize), usize)> = None;
            let mut tie = None;
            let mut named: Vec<usize> = Vec::new();
            let fits = |(glob, _, of): &&(Glob, usize, u16)| *of == repository && glob.matches(path);
            for (glob, unit, _) in paths.iter().filter(fits) {
                named.push(*unit);
                let weight = glob.weight();
                match best {
                    Some((known, other)) if weight < known || (weight == known && other == *unit) => {}
                    Some((known, other)) if weight == known => tie = Some((other, *unit)),
                    _ => (best, tie) = (Some((weight, *unit)), None),
                }
            }
            named.sort_unstable();
            named.dedup();
            for unit in named {
                if let Some(unit) = self.units.get_mut(unit) {
                    unit.named += 1;
                }
            }
            self.shared.extend(tie.map(|(one, two)| (at, one, two)));
            if let Some((_, unit)) = best {
                if let Some(slot) = self.unit_of.get_mut(at) {
                    *slot = Some(unit);
                }
                if let Some(unit) = self.units.get_mut(unit) {
                    unit.files.push(at);
                }
            }
        }
    }

    /// Ids that marks name, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(|id| &**id)
    }

    /// The marks that name a record, with their files.
    pub fn marks(&self, id: &str) -> impl Iterator<Item = (&CodeFile, &Mark)> {
        self.places(id).filter_map(|(at, number)| {
            let file = self.files.get(at)?;
            Some((file, file.marks.get(number)?))
        })
    }

    /// File and number of each mark that names a record.
    pub(crate) fn places(&self, id: &str) -> impl Iterator<Item = (usize, usize)> {
        self.by_id.get(id).map_or(&[][..], Vec::as_slice).iter().copied()
    }

    /// Digest over the marked code of a record, wherever it lies; none when there is none. Moving it to another file does
    /// not change it.
    #[must_use]
    pub fn digest(&self, id: &str, verb: Verb) -> Option<Digest> {
        let mut digests: Vec<Digest> =
            self.marks(id).filter(|(_, mark)| mark.verb == verb).map(|(_, mark)| mark.digest).collect();
        digests.sort_unstable();
        let bytes: Vec<u8> = digests.iter().flat_map(|digest| digest.0).collect();
        (!digests.is_empty()).then(|| Digest::of(&bytes))
    }

    /// The file of a repository that a tool means by a name: the same path, or one that is the end of the other.
    #[must_use]
    pub fn file(&self, name: &str, repository: u16) -> Option<usize> {
        let name = name.replace('\\', "/");
        let prefix = self.scanned.get(&repository)?;
        let at = |path: &str| {
            let path = format!("{prefix}{path}");
            self.files.binary_search_by(|file| (*file.path).cmp(&path)).ok()
        };
        let mut rest = name.trim_start_matches("./");
        loop {
            if let Some(found) = at(rest) {
                return Some(found);
            }
            match rest.split_once('/') {
                Some((_, tail)) => rest = tail,
                None => break,
            }
        }
        let tail = format!("/{}", name.trim_start_matches("./").trim_start_matches('/'));
        let own = |at: usize| self.repositories.get(at) == Some(&repository);
        let mut fits =
            self.files.iter().enumerate().filter(|(at, file)| own(*at) && file.path.ends_with(&tail));
        fits.next().filter(|_| fits.next().is_none()).map(|(at, _)| at)
    }
}
