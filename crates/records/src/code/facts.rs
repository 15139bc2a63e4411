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
    /// What tools measured.
    pub measured: Vec<Measured>,
    /// The commit at hand; empty when not known.
    pub commit: String,
    /// Kinds whose records must be implemented by marked code.
    pub marked: Vec<String>,
    /// Number of the first file among the files of the record set.
    pub(crate) first_file: u32,
    by_id: BTreeMap<Box<str>, Vec<(usize, usize)>>,
}

impl CodeFacts {
    /// Joins a scan with the records. O(files × paths of units + names × log files).
    #[must_use]
    pub fn new(set: &RecordSet, scan: CodeScan) -> Self {
        let mut this = Self { files: scan.files, trouble: scan.trouble, ..Self::default() };
        for (at, file) in this.files.iter().enumerate() {
            for (number, mark) in file.marks.iter().enumerate() {
                this.by_id.entry(mark.id.clone()).or_default().push((at, number));
            }
        }
        this.assign(set);
        let resolver = Resolver::new(&this.files);
        let dependencies =
            this.files.iter().enumerate().flat_map(|(from, file)| {
                resolver.of(file).into_iter().map(move |(to, line)| (from, to, line))
            });
        this.dependencies = dependencies.collect();
        this
    }

    fn assign(&mut self, set: &RecordSet) {
        let mut paths: Vec<(Glob, usize)> = Vec::new();
        for (node, record) in set.records() {
            let Some(kind) = set.kind(node).and_then(|kind| set.schema().kind(kind)) else { continue };
            let named = kind.fields.iter().filter(|field| field.kind == FieldType::Paths);
            let globs: Vec<Glob> = named
                .filter_map(|field| record.field(&field.name))
                .flat_map(|field| field.values().map(Glob::new).collect::<Vec<_>>())
                .collect();
            if !globs.is_empty() {
                let unit = self.units.len();
                self.units.push(Unit { node, named: 0, files: Vec::new() });
                paths.extend(globs.into_iter().map(|glob| (glob, unit)));
            }
        }
        self.unit_of = vec![None; self.files.len()];
        for (at, file) in self.files.iter().enumerate() {
            let mut best: Option<((usize, usize), usize)> = None;
            let mut tie = None;
            let mut named: Vec<usize> = Vec::new();
            for (glob, unit) in paths.iter().filter(|(glob, _)| glob.matches(&file.path)) {
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

    /// The file that a tool means by a name: the same path, or one that is the end of the other.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<usize> {
        let name = name.replace('\\', "/");
        let at = |path: &str| self.files.binary_search_by(|file| (*file.path).cmp(path)).ok();
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
        let mut fits = self.files.iter().enumerate().filter(|(_, file)| file.path.ends_with(&tail));
        fits.next().filter(|_| fits.next().is_none()).map(|(at, _)| at)
    }
}
