//! The tree at a durable head: roots, inclusion and consistency proofs at any size up to it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use tlog::Hash;
use tlog::tile::{Edge, EdgeReader, TileCoord, TileError};
use tlog::tree::{HashReader, TreeError};

use crate::error::LedgerError;
use crate::ports::{Log, Problem, StoreError};

/// A tree that no longer changes: the edge at some size, and a log that stores the full tiles below it.
#[derive(Clone)]
pub struct TreeView {
    edge: Arc<Edge>,
    log: Arc<dyn Log>,
}

impl TreeView {
    /// The tree at an edge, whose full tiles the log stores; the edge of [`crate::Loaded`] for readers.
    #[must_use]
    pub fn new(edge: Arc<Edge>, log: Arc<dyn Log>) -> Self {
        Self { edge, log }
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Root at its own size.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.edge.root()
    }

    /// The right edge: the partial tiles.
    #[must_use]
    pub fn edge(&self) -> &Edge {
        &self.edge
    }

    fn reader(&self) -> EdgeReader<'_, impl Fn(TileCoord) -> Result<Arc<[u8]>, StoreError>> {
        self.edge.over(|coord: TileCoord| {
            let tile = self.log.tile(coord.level, coord.index)?;
            tile.ok_or(StoreError::new(
                format!("reading {coord}"),
                Problem::Damaged("the tile is missing".into()),
            ))
        })
    }

    /// Root of the first `size` entries.
    ///
    /// # Errors
    /// The size is beyond the tree, or a tile cannot be read.
    pub fn root_at(&self, size: u64) -> Result<Hash, LedgerError> {
        self.within("size", size, size <= self.size())?;
        if size == self.size() {
            return Ok(self.root());
        }
        tlog::tree::root(&self.reader(), size).map_err(tree_error)
    }

    /// Inclusion proof of the entry at `index` in the tree of `size` entries.
    ///
    /// # Errors
    /// Index or size are beyond the tree, or a tile cannot be read.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        self.within("size", size, size <= self.size())?;
        self.within("entry", index, index < size)?;
        tlog::tree::inclusion_proof(&self.reader(), index, size).map_err(tree_error)
    }

    /// Proof that the tree of `new` entries extends the tree of `old` entries.
    ///
    /// # Errors
    /// A size is beyond the tree or out of order, or a tile cannot be read.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, LedgerError> {
        self.within("size", new, new <= self.size())?;
        self.within("size", old, old <= new)?;
        tlog::tree::consistency_proof(&self.reader(), old, new).map_err(tree_error)
    }

    /// RFC 6962 leaf hash of the entry at `index`, from the tree.
    ///
    /// # Errors
    /// The index is beyond the tree, or a tile cannot be read.
    pub fn leaf(&self, index: u64) -> Result<Hash, LedgerError> {
        self.within("entry", index, index < self.size())?;
        self.reader().node(0, index).map_err(|e| tree_error(TreeError::Read(e)))
    }

    /// Hash of the complete subtree over the leaves `[index · 2^level, (index + 1) · 2^level)`.
    ///
    /// # Errors
    /// The subtree is beyond the tree, or a tile cannot be read.
    pub fn node(&self, level: u8, index: u64) -> Result<Hash, LedgerError> {
        self.reader().node(level, index).map_err(|e| tree_error(TreeError::Read(e)))
    }

    fn within(&self, what: &'static str, got: u64, fine: bool) -> Result<(), LedgerError> {
        if fine { Ok(()) } else { Err(LedgerError::OutOfRange { what, got, size: self.size() }) }
    }
}

fn tree_error(error: TreeError<TileError<StoreError>>) -> LedgerError {
    match error {
        TreeError::Read(TileError::Source { error, .. }) => LedgerError::Store(error),
        other => LedgerError::BadCheckpoint(other.to_string()),
    }
}

/// Proofs for entries of one batch: what became full in it is in memory, the rest at the edge or in the log.
pub(crate) fn batch_proof(
    edge: &Edge,
    tiles: &[tlog::tile::FullTile],
    log: &dyn Log,
    indices: &[u64],
) -> Vec<Result<Vec<Hash>, LedgerError>> {
    let reader = edge.over(|coord: TileCoord| -> Result<Arc<[u8]>, StoreError> {
        if let Some(tile) = tiles.iter().find(|t| (t.level, t.index) == (coord.level, coord.index)) {
            return Ok(tile.bytes.clone().into());
        }
        let tile = log.tile(coord.level, coord.index)?;
        tile.ok_or(StoreError::new(
            format!("reading {coord}"),
            Problem::Damaged("the tile is missing".into()),
        ))
    });
    let reader = Remembering { inner: reader, known: RefCell::default() };
    let proof = |index: &u64| tlog::tree::inclusion_proof(&reader, *index, edge.size()).map_err(tree_error);
    indices.iter().map(proof).collect()
}

/// Remembers the nodes that were read. Proofs of neighbours share most of theirs, and a node within a full tile costs up to
/// 127 hashes: without this, proofs cost more than half of what the signatures of their entries do.
struct Remembering<R> {
    inner: R,
    /// At most the nodes of one batch's proofs.
    known: RefCell<BTreeMap<(u8, u64), Hash>>,
}

impl<R: HashReader> HashReader for Remembering<R> {
    type Error = R::Error;

    fn node(&self, level: u8, index: u64) -> Result<Hash, R::Error> {
        if let Some(hash) = self.known.borrow().get(&(level, index)) {
            return Ok(*hash);
        }
        let hash = self.inner.node(level, index)?;
        self.known.borrow_mut().insert((level, index), hash);
        Ok(hash)
    }
}
