//! What advisories and VEX documents say, as far as it must be at hand: names, keys and a few lines of each notice. Their
//! rules are read from the blobs when somebody asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use evidence::facts::vulnerability::{AdvisoryTaken, VexTaken};
use evidence::types::Interpreted;
use formats::advisory::vex::Statement;
use formats::advisory::{Advisory, Contents, SeverityKind, from_canonical};
use formats::kev;
use formats::matching::Keys;
use ledger::ports::Blobs;
use tlog::Hash;
use world::vulnerability::Taken;

/// Most documents whose rules are kept at hand, and most bytes of their canonical forms.
const KEPT: (usize, usize) = (512, 16 << 20);

/// One vulnerability as one state of one document tells it.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Entry that took the document.
    pub entry: u64,
    /// Its place among the document's advisories.
    pub place: usize,
    /// Identifier.
    pub id: Box<str>,
    /// The document's identifier, as the log has it.
    pub document: Box<str>,
    /// Other names of the same vulnerability.
    pub aliases: Vec<Box<str>>,
    /// One line.
    pub summary: Option<Box<str>>,
    /// When it was published, as written.
    pub published: Option<Box<str>>,
    /// When its publisher withdrew it, as written.
    pub withdrawn: Option<Box<str>>,
    /// Not a vulnerability but a notice of this kind.
    pub informational: Option<Box<str>>,
    /// Highest base score, its vector or word, and how it is measured.
    pub severity: Option<(Option<f64>, Box<str>, SeverityKind)>,
    /// It names a product that could be matched.
    pub usable: bool,
    keys: Vec<Keys>,
}

impl Notice {
    /// Its identifier and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.id).chain(self.aliases.iter().map(|alias| &**alias))
    }

    /// The keys of its products.
    #[must_use]
    pub fn keys(&self) -> &[Keys] {
        &self.keys
    }

    fn of(entry: u64, place: usize, document: &str, advisory: &Advisory) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(Box::from);
        let all = advisory.severities.iter().chain(advisory.affected.iter().flat_map(|a| &a.severities));
        let highest = all.max_by(|a, b| a.score.unwrap_or(-1.0).total_cmp(&b.score.unwrap_or(-1.0)));
        let mut aliases: Vec<Box<str>> = advisory.aliases.iter().map(|alias| alias.as_str().into()).collect();
        aliases.sort();
        aliases.dedup();
        Self {
            entry,
            place,
            id: advisory.id.as_str().into(),
            document: document.into(),
            aliases,
            summary: text(&advisory.summary),
            published: text(&advisory.published),
            withdrawn: text(&advisory.withdrawn),
            informational: text(&advisory.informational),
            severity: highest.map(|s| (s.score, s.text.as_str().into(), s.kind)),
            usable: advisory.affected.iter().any(|a| a.coordinates.usable().is_ok()),
            keys: advisory.affected.iter().map(|a| Keys::of_product(&a.coordinates)).collect(),
        }
    }
}

/// A document that is known to be there but cannot be read.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Entry that took it.
    pub entry: u64,
    /// Its identifier, as the log has it.
    pub document: Box<str>,
    /// Why.
    pub reason: String,
}

/// What the catalogue of exploited vulnerabilities says of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Day of its addition, as written.
    pub added: Box<str>,
    /// Day by which federal agencies must have acted, as written.
    pub due: Box<str>,
    /// It is known to be used for ransomware.
    pub ransomware: bool,
}

/// Every state of the catalogue, as changes from one to the next: it is published daily and changes little.
#[derive(Default)]
pub struct Listings {
    states: BTreeSet<u64>,
    /// By CVE: from which state on it says what; `None` where it is not in it.
    by_cve: BTreeMap<Box<str>, Vec<(u64, Option<Listing>)>>,
}

impl Listings {
    /// Entries that took a state, in the order of the log.
    pub fn states(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.states.iter().copied()
    }

    /// What the state that an entry took says of a CVE.
    #[must_use]
    pub fn get(&self, state: u64, cve: &str) -> Option<&Listing> {
        let changes = self.by_cve.get(cve)?;
        let upto = changes.partition_point(|(from, _)| *from <= state);
        changes.get(..upto)?.last()?.1.as_ref()
    }

    /// Takes in a state; states come in the order of their entries. Linear in it and in what was ever listed.
    fn add(&mut self, state: u64, catalogue: &kev::Catalogue) {
        self.states.insert(state);
        for (cve, changes) in &mut self.by_cve {
            let gone = !catalogue.entries.contains_key(&**cve);
            if gone && changes.last().is_some_and(|(_, last)| last.is_some()) {
                changes.push((state, None));
            }
        }
        for (cve, entry) in &catalogue.entries {
            let listing = Listing {
                added: entry.added.as_str().into(),
                due: entry.due.as_str().into(),
                ransomware: entry.ransomware,
            };
            let changes = self.by_cve.entry(cve.as_str().into()).or_default();
            if changes.last().is_none_or(|(_, last)| last.as_ref() != Some(&listing)) {
                changes.push((state, Some(listing)));
            }
        }
    }
}

/// Every advisory and statement. Grows only: which states count is for whoever asks to say.
#[derive(Default)]
pub struct Documents {
    notices: Vec<Notice>,
    by_name: BTreeMap<Box<str>, Vec<u32>>,
    by_key: BTreeMap<Box<str>, Vec<u32>>,
    everything: Vec<u32>,
    by_entry: BTreeMap<u64, (Interpreted, Vec<u32>)>,
    unreadable: Vec<Unreadable>,
    statements: BTreeMap<u64, Arc<Vec<Statement>>>,
    exploited: Listings,
    kept: Mutex<Kept>,
}

/// Documents at hand, oldest use first.
#[derive(Default)]
struct Kept {
    documents: BTreeMap<u64, (u64, usize, Arc<Contents>)>,
    uses: u64,
    bytes: usize,
}

/// Bytes of a normalised blob, or why there are none.
pub(super) fn blob(blobs: &dyn Blobs, digest: &Hash) -> Result<Vec<u8>, String> {
    match blobs.get(digest) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("its normalised form {digest} is not in the store")),
        Err(e) => Err(e.to_string()),
    }
}

pub(super) fn contents(blobs: &dyn Blobs, document: &Interpreted) -> Result<(Contents, usize), String> {
    let bytes = blob(blobs, &document.normalised.digest)?;
    let contents = from_canonical(&bytes).map_err(|e| e.to_string())?;
    Ok((contents, bytes.len()))
}

impl Documents {
    /// Number of notices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.notices.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notices.is_empty()
    }

    /// A notice.
    #[must_use]
    pub fn get(&self, notice: u32) -> Option<&Notice> {
        self.notices.get(notice as usize)
    }

    /// The notices of the document that an entry took.
    #[must_use]
    pub fn of_entry(&self, entry: u64) -> &[u32] {
        self.by_entry.get(&entry).map_or(&[], |(_, notices)| notices)
    }

    /// Documents that cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// Notices that go by a name, of any state of any document.
    #[must_use]
    pub fn named(&self, name: &str) -> &[u32] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Statements of the VEX document that an entry took.
    #[must_use]
    pub fn statements(&self, entry: u64) -> Option<&Arc<Vec<Statement>>> {
        self.statements.get(&entry)
    }

    /// States of the catalogue of exploited vulnerabilities.
    #[must_use]
    pub const fn exploited(&self) -> &Listings {
        &self.exploited
    }

    /// Notices that may meet a component with these keys.
    pub fn meeting(&self, keys: &Keys, into: &mut BTreeSet<u32>) {
        if keys.every {
            into.extend(0..u32::try_from(self.notices.len()).unwrap_or(u32::MAX));
            return;
        }
        into.extend(&self.everything);
        for key in &keys.keys {
            into.extend(self.by_key.get(key.as_str()).into_iter().flatten());
        }
    }

    /// What the document that an entry took says in full.
    ///
    /// # Errors
    /// Says why it cannot be read.
    pub fn contents(&self, blobs: &dyn Blobs, entry: u64) -> Result<Arc<Contents>, String> {
        let (document, _) = self.by_entry.get(&entry).ok_or("the entry took no advisory")?;
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.uses += 1;
            let uses = kept.uses;
            if let Some((used, _, contents)) = kept.documents.get_mut(&entry) {
                *used = uses;
                return Ok(contents.clone());
            }
        }
        let (contents, bytes) = contents(blobs, document)?;
        Ok(self.keep(entry, contents, bytes))
    }

    fn keep(&self, entry: u64, contents: Contents, bytes: usize) -> Arc<Contents> {
        let contents = Arc::new(contents);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let uses = kept.uses;
        if bytes <= KEPT.1 / 4 && kept.documents.insert(entry, (uses, bytes, contents.clone())).is_none() {
            kept.bytes += bytes;
        }
        while kept.documents.len() > KEPT.0 || kept.bytes > KEPT.1 {
            // Half of them at once, the longest unused first, so that keeping costs little however many there are.
            let mut uses: Vec<u64> = kept.documents.values().map(|(used, _, _)| *used).collect();
            uses.sort_unstable();
            let middle = uses.get(uses.len() / 2).copied().unwrap_or(u64::MAX);
            kept.documents.retain(|_, (used, _, _)| *used > middle);
            kept.bytes = kept.documents.values().map(|(_, bytes, _)| bytes).sum();
        }
        contents
    }

    /// Takes in a state of an advisory. Says which notices are new.
    pub(super) fn add_advisory(
        &mut self,
        taken: &Taken<AdvisoryTaken>,
        read: Result<(Contents, usize), String>,
    ) -> Vec<u32> {
        let (entry, document) = (taken.entry.index, taken.fact.document.clone());
        let mut numbers = Vec::new();
        match read {
            Ok((contents, bytes)) => {
                for (place, advisory) in contents.advisories.iter().enumerate() {
                    numbers.push(self.add_notice(Notice::of(entry, place, &taken.fact.advisory, advisory)));
                }
                if contents.advisories.is_empty() {
                    let reason = "it holds no advisory".to_owned();
                    self.unreadable.push(Unreadable {
                        entry,
                        document: taken.fact.advisory.as_str().into(),
                        reason,
                    });
                }
                self.by_entry.insert(entry, (document, numbers.clone()));
                self.keep(entry, contents, bytes);
            }
            Err(reason) => {
                self.by_entry.insert(entry, (document, Vec::new()));
                self.unreadable.push(Unreadable {
                    entry,
                    document: taken.fact.advisory.as_str().into(),
                    reason,
                });
            }
        }
        numbers
    }

    fn add_notice(&mut self, notice: Notice) -> u32 {
        let number = u32::try_from(self.notices.len()).unwrap_or(u32::MAX);
        let mut names: BTreeSet<&str> = notice.names().collect();
        names.insert(&notice.document);
        for name in names {
            self.by_name.entry(name.into()).or_default().push(number);
        }
        if notice.keys.is_empty() || notice.keys.iter().any(|keys| keys.every) {
            self.everything.push(number);
        }
        let keys: BTreeSet<&str> =
            notice.keys.iter().flat_map(|keys| &keys.keys).map(String::as_str).collect();
        for key in keys {
            self.by_key.entry(key.into()).or_default().push(number);
        }
        self.notices.push(notice);
        number
    }

    /// Takes in a state of the catalogue of exploited vulnerabilities.
    pub(super) fn add_exploited(
        &mut self,
        taken: &Taken<AdvisoryTaken>,
        read: Result<kev::Catalogue, String>,
    ) {
        let entry = taken.entry.index;
        match read {
            Ok(catalogue) => self.exploited.add(entry, &catalogue),
            Err(reason) => {
                let document = taken.fact.advisory.as_str().into();
                self.unreadable.push(Unreadable { entry, document, reason });
            }
        }
    }

    /// Takes in another party's VEX document.
    pub(super) fn add_statements(
        &mut self,
        taken: &Taken<VexTaken>,
        read: Result<(Contents, usize), String>,
    ) {
        let statements = match read {
            Ok((contents, _)) => contents.statements,
            Err(reason) => {
                let document = taken.fact.author.as_str().into();
                self.unreadable.push(Unreadable { entry: taken.entry.index, document, reason });
                return;
            }
        };
        self.statements.insert(taken.entry.index, Arc::new(statements));
    }
}
