//! The full audit of a log: every byte re-hashed, every signature verified again, every stream followed, every stored tile
//! compared. It trusts nothing but the checkpoint's key, and names the first bad index.

use std::collections::BTreeMap;
use std::sync::Arc;

use evidence::types::Beacon;
use evidence::{Entry, KeyId, PublicKey};
use tlog::tile::{Edge, FullTile, TileCoord};
use tlog::tree::CompactRange;
use tlog::{Checkpoint, Hash, VerifierKey, leaf_hash};
use world::{Verdict, World};

use crate::attached::{Check, checks};
use crate::authenticate::key_for;
use crate::error::LedgerError;
use crate::ports::{Head, Log, Problem, StoreError};

/// Entries verified in one piece.
const CHUNK: usize = 4_096;
/// Bytes read at once.
const CHUNK_BYTES: usize = 8 << 20;

/// What an audit found.
#[derive(Clone, Debug)]
pub struct Report {
    /// Entries that the checkpoint speaks of.
    pub size: u64,
    /// Entries that were read and found good.
    pub good: u64,
    /// Root over the good entries.
    pub root: Hash,
    /// Whether signatures were verified too, or hashes only.
    pub signatures: bool,
    /// The first thing that is wrong: the index, if it is an entry, and what.
    pub problem: Option<(Option<u64>, String)>,
    /// Streams followed.
    pub streams: usize,
    /// Streams with gaps that are open.
    pub gaps: usize,
    /// Streams with a fork.
    pub forks: usize,
    /// Full tiles compared.
    pub tiles: u64,
}

impl Report {
    /// Whether everything that was looked at holds.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.problem.is_none()
    }
}

/// How much an audit looks at.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Verify each entry's proof of authorship, stream and preconditions, not only hashes.
    pub signatures: bool,
    /// Threads to verify with.
    pub threads: usize,
}

/// Audits a log. `trusted` is the key from outside that the audit rests on; without it the log's own first key counts, and
/// the log is shown to be consistent only.
///
/// # Errors
/// The store cannot be read at all. Whatever is wrong with the contents is in the report.
pub fn audit(
    log: &dyn Log,
    depth: Depth,
    trusted: Option<&VerifierKey>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Report, LedgerError> {
    let head = log.head()?.ok_or(LedgerError::NoLog)?;
    let (world, edge, ahead) = (World::new(), Edge::new(), CompactRange::new());
    let beacons = BTreeMap::new();
    let mut run = Run { world, edge, ahead, depth, tiles: 0, beacons, problem: None };
    while run.problem.is_none() && run.edge.size() < head.size {
        let from = run.edge.size();
        match log.read(from, CHUNK, CHUNK_BYTES) {
            Ok(entries) if entries.is_empty() => run.problem = Some((Some(from), "it is missing".into())),
            Ok(entries) => {
                let left = usize::try_from(head.size - from).unwrap_or(usize::MAX);
                run.chunk(log, entries.get(..entries.len().min(left)).unwrap_or_default());
            }
            Err(e) => run.problem = Some((Some(from), e.to_string())),
        }
        progress(run.edge.size(), head.size);
    }
    if run.problem.is_none() {
        run.problem = run.check_beacons(log);
    }
    if run.problem.is_none() {
        run.problem = check_head(&run, &head, trusted).err().map(|e| (None, e));
    }
    let streams = run.world.streams();
    Ok(Report {
        size: head.size,
        good: run.edge.size(),
        root: run.edge.root(),
        signatures: depth.signatures,
        streams: streams.len(),
        gaps: streams.iter().filter(|(_, s)| !s.gaps.is_empty()).count(),
        forks: streams.iter().filter(|(_, s)| !s.forks.is_empty()).count(),
        tiles: run.tiles,
        problem: run.problem,
    })
}

/// An entry with the key it must verify under, and the signatures inside its fact.
struct Claim {
    entry: Entry,
    key: PublicKey,
    checks: Vec<Check>,
}

struct Run {
    world: World,
    edge: Edge,
    /// The tree of the entries replayed, which runs ahead of `edge` within a chunk.
    ahead: CompactRange,
    depth: Depth,
    tiles: u64,
    /// Roots that entries embed, by size, with the first entry that does: held against the tree at the end.
    beacons: BTreeMap<u64, (Hash, u64)>,
    problem: Option<(Option<u64>, String)>,
}

impl Run {
    /// Takes entries up to the first bad one.
    fn chunk(&mut self, log: &dyn Log, entries: &[Arc<[u8]>]) {
        let first = self.edge.size();
        let mut to_verify: Vec<Claim> = Vec::with_capacity(entries.len());
        let mut bad: Option<(u64, String)> = None;
        if self.depth.signatures {
            for (index, raw) in (first..).zip(entries) {
                match self.replay(raw) {
                    Ok(claim) => {
                        self.ahead.append(leaf_hash(raw));
                        to_verify.push(claim);
                    }
                    Err(reason) => {
                        bad = Some((index, reason));
                        break;
                    }
                }
            }
            if let Some(at) = verify(&to_verify, self.depth.threads) {
                // A wrong signature earlier in the chunk comes before whatever stopped the replay.
                bad = Some((first + at as u64, "the proof of authorship does not hold".into()));
            }
        }
        let good =
            bad.as_ref().map_or(entries.len(), |(index, _)| usize::try_from(index - first).unwrap_or(0));
        let mut filled = Vec::new();
        for raw in entries.iter().take(good) {
            self.edge.append(leaf_hash(raw), &mut filled);
        }
        self.problem = bad.map(|(index, reason)| (Some(index), reason));
        for tile in &filled {
            self.tiles += 1;
            if let Err(reason) = same_tile(log, tile) {
                self.problem
                    .get_or_insert((Some(tile.index << (8 * (u32::from(tile.level) + 1)).min(63)), reason));
                break;
            }
        }
    }

    /// Decides and applies, as the log did when it took the entry, and says which key must have signed it.
    fn replay(&mut self, raw: &[u8]) -> Result<Claim, String> {
        let entry = Entry::decode(raw).map_err(|e| e.to_string())?;
        let hash = entry.hash();
        let (id, key) = self.key(&entry)?;
        match self.world.decide(&entry, &hash, &id) {
            Verdict::Accept => {}
            Verdict::Refuse(refusal) => return Err(format!("the log should not have taken it: {refusal}")),
            Verdict::Taken { index, .. } => {
                return Err(format!("its place in the stream is taken by entry {index}"));
            }
            Verdict::Quarantine(cause) => return Err(format!("the log should not have taken it: {cause}")),
        }
        let checks = checks(&self.world, &entry).map_err(|e| e.to_string())?;
        if let evidence::Fact::Recovered(f) = &entry.body().fact
            && f.held_root != self.edge_root(f.held)
        {
            return Err("the recovery states another root over the kept entries".into());
        }
        if let Some(beacon) = &entry.body().beacon {
            self.beacon(beacon)?;
        }
        self.world.apply(&entry, hash);
        Ok(Claim { entry, key, checks })
    }

    /// Takes note of the root that an entry embeds, where this log has that tree: a predecessor's as far as it was kept. One
    /// number and one root for each tree that was ever embedded: as many as there are commits at most.
    fn beacon(&mut self, beacon: &Beacon) -> Result<(), String> {
        let recoveries = self.world.journal().recoveries();
        let kept = recoveries.iter().find(|(_, r)| r.generation > beacon.generation);
        if beacon.size > kept.map_or(u64::MAX, |(_, r)| r.held) {
            return Ok(());
        }
        let (root, _) = *self.beacons.entry(beacon.size).or_insert((beacon.root, self.world.size()));
        if root == beacon.root {
            return Ok(());
        }
        Err(format!("it embeds another root of {} entries than an entry before it", beacon.size))
    }

    /// The first entry that embeds a root which is not the tree's.
    fn check_beacons(&self, log: &dyn Log) -> Option<(Option<u64>, String)> {
        let reader = self.edge.over(|coord: TileCoord| -> Result<Arc<[u8]>, StoreError> {
            let missing =
                || StoreError::new(format!("reading {coord}"), Problem::Damaged("it is missing".into()));
            log.tile(coord.level, coord.index)?.ok_or_else(missing)
        });
        let wrong =
            self.beacons.iter().filter_map(|(size, (root, index))| match tlog::tree::root(&reader, *size) {
                Ok(own) if own == *root => None,
                Ok(own) => {
                    Some((*index, format!("it embeds the root {root} of {size} entries, which have {own}")))
                }
                Err(e) => Some((*index, format!("the root of {size} entries, which it embeds: {e}"))),
            });
        wrong.min().map(|(index, reason)| (Some(index), reason))
    }

    /// Root over the entries before this one, if `held` says as many.
    fn edge_root(&self, held: u64) -> Hash {
        if held == self.ahead.size() { self.ahead.root() } else { Hash([0; 32]) }
    }

    fn key(&self, entry: &Entry) -> Result<(KeyId, PublicKey), String> {
        // The first entry, and the first of a successor's ledger, bring the key they are signed with.
        match &entry.body().fact {
            evidence::Fact::Genesis(f) if self.world.size() == 0 => {
                Ok((f.ledger_key.id(), f.ledger_key.clone()))
            }
            evidence::Fact::Recovered(f) => Ok((f.ledger_key.id(), f.ledger_key.clone())),
            _ => key_for(&self.world, entry).map_err(|e| e.to_string()),
        }
    }
}

fn same_tile(log: &dyn Log, tile: &FullTile) -> Result<(), String> {
    match log.tile(tile.level, tile.index) {
        Ok(Some(stored)) if stored[..] == tile.bytes[..] => Ok(()),
        Ok(Some(_)) => Err(format!("the stored tile {} differs from its entries", tile.coord())),
        Ok(None) => Err(format!("the tile {} is not stored", tile.coord())),
        Err(e) => Err(e.to_string()),
    }
}

/// Place of the first entry whose proof does not hold.
fn verify(pairs: &[Claim], threads: usize) -> Option<usize> {
    let share = pairs.len().div_ceil(threads.max(1)).max(64);
    let one =
        |c: &Claim| c.entry.verify(&c.key).is_err() || c.checks.iter().any(|check| check.run().is_err());
    std::thread::scope(|scope| {
        let handles: Vec<_> =
            pairs.chunks(share).map(|part| scope.spawn(move || part.iter().position(one))).collect();
        let places = handles.into_iter().enumerate().filter_map(|(n, handle)| match handle.join() {
            Ok(place) => place.map(|p| n * share + p),
            // A verifier that failed has verified nothing.
            Err(_) => Some(n * share),
        });
        places.min()
    })
}

fn check_head(run: &Run, head: &Head, trusted: Option<&VerifierKey>) -> Result<(), String> {
    let own = run.world.journal().log_key().to_owned();
    let key = match trusted {
        Some(key) => key.clone(),
        None if run.depth.signatures => VerifierKey::parse(&own).map_err(|e| e.to_string())?,
        None => return root_only(run, head),
    };
    let (checkpoint, _) = Checkpoint::open(head.checkpoint.as_bytes(), &key).map_err(|e| e.to_string())?;
    compare(run, &checkpoint)
}

/// With hashes only, nothing says which key the log has; the root is still compared.
fn root_only(run: &Run, head: &Head) -> Result<(), String> {
    let note = tlog::Note::parse(head.checkpoint.as_bytes()).map_err(|e| e.to_string())?;
    compare(run, &Checkpoint::parse(note.text()).map_err(|e| e.to_string())?)
}

fn compare(run: &Run, checkpoint: &Checkpoint) -> Result<(), String> {
    if (checkpoint.size, checkpoint.root) == (run.edge.size(), run.edge.root()) {
        return Ok(());
    }
    Err(format!(
        "the checkpoint says {} entries with root {}, the entries give {} with root {}",
        checkpoint.size,
        checkpoint.root,
        run.edge.size(),
        run.edge.root()
    ))
}
