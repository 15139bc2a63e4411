//! Making a package. The same scope, moments and checkpoint (its cosignatures included) give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use evidence::Time;
use evidence::facts::log::{Clock, PolicyKind};
use ledger::TreeView;
use ledger::ports::{Blobs, Log};
use tlog::policy::Policy;
use tlog::tree::HashReader;
use tlog::{Checkpoint, Hash, Note, VerifierKey, leaf_hash};
use world::World;
use world::fleet::Subject;

use crate::contents;
use crate::error::Error;
use crate::evidence_set::EvidenceSet;
use crate::figure::Tables;
use crate::index::{
    Entries, Generator, Index, IndexedTable, Known, ListedDocument, MIMETYPE, Member, MissingBlob, SCHEMA,
    Tree,
};
use crate::pruned;
use crate::scope::Scope;
use crate::select::{Selection, decode, select};
use crate::sparse::Sparse;
use crate::table::{Asked, Projector, Records, Table, definitions, figures, state_rows};
use crate::zip::{MAX_MEMBER, Method, Writer};

/// Entries read at once.
const CHUNK: u64 = 4_096;
/// Bytes read at once.
const CHUNK_BYTES: usize = 8 << 20;

/// Where a package comes from.
pub struct Origin<'a> {
    /// The log.
    pub log: &'a dyn Log,
    /// The blobs.
    pub blobs: &'a dyn Blobs,
    /// What the whole log amounts to.
    pub world: &'a World,
    /// The tree at the checkpoint.
    pub tree: TreeView,
    /// The signed checkpoint of that tree, with its cosignatures.
    pub checkpoint: Note,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the package is about.
    pub scope: Scope,
    /// When it was so; the log time of the last entry known, if not said.
    pub at: Option<Time>,
    /// What was known: a size; that of the checkpoint, if not said.
    pub known: Option<u64>,
    /// Whether documents are made too.
    pub documents: bool,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Built {
    /// Index, tables, checkpoint.
    pub evidence: EvidenceSet,
    /// The documents.
    pub documents: Vec<ListedDocument>,
    /// Length of the file.
    pub bytes: u64,
}

impl Built {
    /// Whether it is about a release behind which no record of the design was found: whoever asked should be told.
    #[must_use]
    pub fn lacks_design(&self) -> bool {
        let mut tables = self.evidence.tables.iter();
        matches!(self.evidence.index.scope, Scope::Release { .. })
            && tables.any(|t| t.definition.name == "records" && t.rows.is_empty())
    }
}

/// Builds a package into `out`. `progress` is told how many entries were taken and of how many.
///
/// # Errors
/// The scope names nothing, the log or a blob is damaged, the package would be too large, or writing fails.
pub fn build<W: Write>(
    origin: &Origin<'_>,
    request: &Request,
    out: W,
    mut progress: impl FnMut(u64, u64),
) -> Result<(W, Built), Error> {
    let checkpoint = Checkpoint::parse(origin.checkpoint.text()).map_err(|e| ledger_error(&e))?;
    let size = checkpoint.size;
    let known = request.known.unwrap_or(size).min(size);
    if known == 0 {
        return Err(Error::Scope("nothing was known at that moment: the log was empty".into()));
    }
    let clock = origin.world.clock();
    let known_time = clock.time_of(known - 1);
    let at = request.at.unwrap_or(known_time);
    let selection = select(origin.log, origin.world, &request.scope, known)?;

    // First pass: what the entries say.
    let definitions = definitions(&request.scope);
    let mut taken = Taken::new(&definitions);
    let total = selection.entries.len() as u64;
    taken.all(origin.log, &selection, |n| progress(n, total))?;
    let Taken { mut sparse, projector, leaves, blobs, records } = taken;
    sparse.stand_at(known);
    let (mut tables, facts) = projector.finish();
    let device = selection.device.as_ref();
    let asked = Asked { world: &sparse.world, at, known, device, named: &sparse.named };
    tables.extend(state_rows(&definitions, &asked));
    enough(origin.world, &asked, &tables)?;
    tables.extend(records.tables(&definitions, at, |digest| origin.blobs.get(digest).ok().flatten()));
    tables.sort_by(|a, b| a.definition.name.cmp(&b.definition.name));

    // The tree.
    let shown: Vec<u64> = leaves.iter().map(|(i, _)| *i).collect();
    let hashes = pruned::hashes(&Nodes(&origin.tree), size, &shown)?;
    let root = pruned::root(size, &leaves, &hashes);
    if root.as_ref() != Ok(&checkpoint.root) {
        let reason = "the entries read do not lead to the root of the checkpoint".to_owned();
        return Err(Error::BadEntry { index: shown.first().copied().unwrap_or(0), reason });
    }

    // The members, in the order of their names.
    let mut writing = Writing { zip: Writer::new(out), members: Vec::new() };
    writing.zip.member("mimetype", MIMETYPE.as_bytes(), Method::Stored)?;
    let missing_blobs = writing.blobs(origin.blobs, &blobs)?;
    let note = origin.checkpoint.to_bytes();
    writing.member("checkpoint", &note, Method::Deflated)?;
    writing.entries(origin.log, &selection)?;
    writing.member("hashes", &hashes.iter().flat_map(|h| h.0).collect::<Vec<u8>>(), Method::Stored)?;
    for table in &tables {
        writing.member(&table.definition.member(), &table.lines(), Method::Deflated)?;
    }
    writing.member("trust.policy", &policy(origin, known)?, Method::Deflated)?;

    let genesis = sparse.world.journal().genesis();
    let indexed = |t: &Table| IndexedTable { definition: t.definition.clone(), rows: t.rows.len() as u64 };
    let mut figures = figures(&request.scope);
    for figure in &mut figures {
        let computed = figure.compute(&Tables::new(&tables, &facts));
        figure.value = computed.map_err(|e| Error::Document { document: figure.name.clone(), problem: e })?;
    }
    let index = Index {
        schema: SCHEMA.into(),
        generator: Generator::ours(),
        scope: request.scope.clone(),
        about: request.scope.words(),
        device: device.map(ToString::to_string),
        origin: checkpoint.origin.clone(),
        simulated: genesis.is_some_and(|g| g.clock == Clock::Simulated),
        at: at.to_string(),
        known: Known { size: known, time: known_time.to_string() },
        tree: Tree { size, root: checkpoint.root.to_string() },
        entries: Entries { held: total, left_out: size - total, hashes: hashes.len() as u64 },
        missing_blobs,
        tables: tables.iter().map(indexed).collect(),
        figures,
        members: writing.members,
    };
    let bytes = index.bytes();
    let mut zip = writing.zip;
    zip.member("index.json", &bytes, Method::Deflated)?;
    let checkpoint = String::from_utf8_lossy(&note).into_owned();
    let evidence = EvidenceSet { digest: Hash::of(&bytes), index, tables, facts, checkpoint };
    let documents = if request.documents { documents(&mut zip, &evidence)? } else { Vec::new() };
    let (out, bytes) = zip.finish()?;
    Ok((out, Built { evidence, documents, bytes }))
}

fn ledger_error(e: &tlog::Error) -> Error {
    Error::Ledger(ledger::LedgerError::BadCheckpoint(e.to_string()))
}

/// The answers about a device must be those that the whole log gives.
fn enough(world: &World, asked: &Asked<'_>, tables: &[Table]) -> Result<(), Error> {
    let Some(history) = tables.iter().find(|t| t.definition.name == "history") else { return Ok(()) };
    let whole = Asked { world, ..*asked };
    let again = state_rows(std::slice::from_ref(&history.definition), &whole);
    if again.first() == Some(history) { Ok(()) } else { Err(Error::Insufficient("history of the device")) }
}

/// The entries of a selection, in order: index and bytes of each.
fn each(
    log: &dyn Log,
    selection: &Selection,
    mut take: impl FnMut(u64, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut wanted = selection.entries.iter().copied().peekable();
    while let Some(first) = wanted.next() {
        let mut next = first + 1;
        while next - first < CHUNK && wanted.next_if_eq(&next).is_some() {
            next += 1;
        }
        let mut at = first;
        while at < next {
            let entries = log.read(at, usize::try_from(next - at).unwrap_or(usize::MAX), CHUNK_BYTES)?;
            if entries.is_empty() {
                return Err(Error::BadEntry { index: at, reason: "it is missing".into() });
            }
            for raw in entries.iter().take(usize::try_from(next - at).unwrap_or(usize::MAX)) {
                take(at, raw)?;
                at += 1;
            }
        }
    }
    Ok(())
}

/// What the entries of a selection amount to.
struct Taken {
    sparse: Sparse,
    projector: Projector,
    leaves: Vec<(u64, Hash)>,
    /// Digest and length of the blobs they name.
    blobs: BTreeMap<Hash, u64>,
    records: Records,
}

impl Taken {
    fn new(definitions: &[crate::table::Definition]) -> Self {
        let projector = Projector::new(definitions);
        Self {
            sparse: Sparse::default(),
            projector,
            leaves: Vec::new(),
            blobs: BTreeMap::new(),
            records: Records::default(),
        }
    }

    fn all(
        &mut self,
        log: &dyn Log,
        selection: &Selection,
        mut progress: impl FnMut(u64),
    ) -> Result<(), Error> {
        each(log, selection, |index, raw| {
            let entry = decode(index, raw)?;
            self.sparse.stand_at(index);
            self.sparse.apply(&entry, entry.hash());
            let time = self.sparse.world.clock().time_of(index);
            self.projector.take(index, time, &entry);
            self.records.take(index, time, &entry);
            self.leaves.push((index, leaf_hash(raw)));
            entry.body().fact.blobs(&mut |b| {
                self.blobs.insert(b.digest, b.length);
            });
            if self.leaves.len().is_multiple_of(1_024) {
                progress(self.leaves.len() as u64);
            }
            Ok(())
        })
    }
}

/// A package that is being written, and the digests of what was.
struct Writing<W> {
    zip: Writer<W>,
    members: Vec<Member>,
}

impl<W: Write> Writing<W> {
    fn member(&mut self, path: &str, bytes: &[u8], method: Method) -> Result<(), Error> {
        self.zip.member(path, bytes, method)?;
        let sha256 = Hash::of(bytes).to_string();
        self.members.push(Member { path: path.to_owned(), sha256, bytes: bytes.len() as u64 });
        Ok(())
    }

    fn blobs(&mut self, blobs: &dyn Blobs, named: &BTreeMap<Hash, u64>) -> Result<Vec<MissingBlob>, Error> {
        let mut missing = BTreeSet::new();
        for (digest, length) in named {
            let lost =
                |why: &str| MissingBlob { sha256: digest.to_string(), bytes: *length, why: why.into() };
            if *length > MAX_MEMBER {
                missing.insert(lost("it is larger than a member may be"));
                continue;
            }
            match blobs.get(digest) {
                Ok(Some(bytes)) => self.member(&format!("blobs/{digest}"), &bytes, Method::Deflated)?,
                Ok(None) => drop(missing.insert(lost("it is not in the store"))),
                Err(e) if matches!(e.problem, ledger::ports::Problem::Damaged(_)) => {
                    missing.insert(lost("it is damaged in the store"));
                }
                Err(e) => return Err(e.into()),
            }
        }
        Ok(missing.into_iter().collect())
    }

    fn entries(&mut self, log: &dyn Log, selection: &Selection) -> Result<(), Error> {
        let (mut piece, mut held, mut n) = (Vec::new(), 0, 0);
        let mut full = Vec::new();
        each(log, selection, |index, raw| {
            contents::push(&mut piece, index, raw);
            held += 1;
            if held == contents::PIECE || piece.len() >= contents::PIECE_BYTES {
                full = std::mem::take(&mut piece);
                held = 0;
                self.member(&contents::member(n), &full, Method::Deflated)?;
                n += 1;
            }
            Ok(())
        })?;
        if !piece.is_empty() {
            self.member(&contents::member(n), &piece, Method::Deflated)?;
        }
        Ok(())
    }
}

/// The policy that the log's keeper suggests: the document that was set as policy for witnesses, else the log's keys without a
/// witness. Whoever verifies should have one from elsewhere.
fn policy(origin: &Origin<'_>, known: u64) -> Result<Vec<u8>, Error> {
    let journal = origin.world.journal();
    if let Some(digest) = journal.policy(PolicyKind::Witnesses, known)
        && let Some(bytes) = origin.blobs.get(&digest)?
        && Policy::parse(&bytes).is_ok()
    {
        return Ok(bytes);
    }
    let mut policy = Policy::new();
    for (_, key) in journal.log_keys() {
        let key = VerifierKey::parse(key).map_err(|e| ledger_error(&e))?;
        // A key that stands twice is a key that stands.
        let _ = policy.add_log(key, None);
    }
    Ok(policy.to_bytes())
}

/// The nodes of the tree.
struct Nodes<'a>(&'a TreeView);

impl HashReader for Nodes<'_> {
    type Error = ledger::LedgerError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        self.0.node(level, index)
    }
}

#[cfg(feature = "pdf")]
fn documents<W: Write>(zip: &mut Writer<W>, evidence: &EvidenceSet) -> Result<Vec<ListedDocument>, Error> {
    let mut listed = Vec::new();
    for document in crate::documents::render(evidence)? {
        zip.member(&document.path, &document.pdf, Method::Stored)?;
        listed.push(document.listed());
    }
    let list = crate::index::Documents {
        schema: crate::index::DOCUMENTS_SCHEMA.into(),
        generator: Generator::ours(),
        evidence: evidence.digest.to_string(),
        documents: listed.clone(),
    };
    zip.member("documents.json", &list.bytes(), Method::Deflated)?;
    Ok(listed)
}

#[cfg(not(feature = "pdf"))]
fn documents<W: Write>(_: &mut Writer<W>, _: &EvidenceSet) -> Result<Vec<ListedDocument>, Error> {
    Ok(Vec::new())
}

/// The device of a package, read back from its index.
pub(crate) fn subject(text: &str) -> Option<Subject> {
    match text.strip_prefix("asset:") {
        Some(asset) => Some(Subject::Asset(asset.into())),
        None => text.parse().ok().map(Subject::Device),
    }
}
