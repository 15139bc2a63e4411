//! A static C2SP tree (tlog-tiles) in a directory: `checkpoint`, `tile/…`, `tile/entries/…`. Any web server can serve it.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::ports::{Head, Log, StoreError};
use tlog::note::MAX_NOTE_BYTES;
use tlog::tile::{Edge, EntryBundle, TILE_BYTES, TileCoord, TilePath};
use tlog::{Checkpoint, Note};

use super::{Exported, Piece, Subject, damaged, entries_of, failed, walk};
use crate::failure::Failure;

/// Largest bundle: 256 entries with their lengths.
const MAX_BUNDLE: u64 = 256 * (65_535 + 2);

/// Writes a log into a new directory. The checkpoint comes last: without it, nobody takes the directory for a log.
pub(crate) fn write_tiles(
    log: &dyn Log,
    subject: &Subject,
    dir: &Path,
    progress: impl FnMut(u64),
) -> Result<u64, Failure> {
    let empty = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => true,
        Err(e) => return Err(Failure::file("writing the tiles to", dir, &e)),
    };
    if !empty {
        let doing = format!("writing the tiles to {}", dir.display());
        return Err(
            Failure::input(doing, "the directory is not empty").hint("name a directory that is empty or new")
        );
    }
    let mut bytes_written = 0;
    let mut write = |path: TilePath, bytes: &[u8]| {
        bytes_written += bytes.len() as u64;
        write_at(&dir.join(path.to_string()), bytes)
    };
    let edge = walk(log, subject, progress, |piece| match piece {
        Piece::Bundle(index, entries) => {
            let bytes = EntryBundle::encode(entries)
                .map_err(|e| Failure::damaged(format!("packing bundle {index}"), e))?;
            let width = u16::try_from(entries.len()).unwrap_or(256);
            write(TilePath::Entries { index, width }, &bytes)
        }
        Piece::Tile(tile) => write(TilePath::Hashes(tile.coord()), &tile.bytes),
    })?;
    for (coord, bytes) in edge.partial_tiles() {
        write(TilePath::Hashes(coord), &bytes)?;
    }
    write_at(&dir.join("checkpoint"), &subject.note.to_bytes())?;
    Ok(bytes_written)
}

fn write_at(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|e| Failure::file("making the directory", parent, &e))?;
    fs::write(path, bytes).map_err(|e| Failure::file("writing", path, &e))
}

/// A static tree.
pub(crate) struct TilesDir {
    root: PathBuf,
    head: Head,
    checkpoint: Checkpoint,
}

impl TilesDir {
    /// Opens a tree by its checkpoint.
    pub(crate) fn open(root: &Path) -> Result<Self, Failure> {
        let path = root.join("checkpoint");
        let doing = format!("reading the exported tree in {}", root.display());
        let bytes = read_at(&path, MAX_NOTE_BYTES as u64).map_err(|e| {
            Failure::file("reading", &path, &e)
                .hint("an exported tree has a file `checkpoint` beside its directory `tile`")
        })?;
        let note =
            Note::parse(&bytes).map_err(|e| Failure::damaged(&doing, format!("its checkpoint: {e}")))?;
        let checkpoint = Checkpoint::parse(note.text())
            .map_err(|e| Failure::damaged(&doing, format!("its checkpoint: {e}")))?;
        let text = String::from_utf8(bytes).map_err(|e| Failure::damaged(&doing, e))?;
        let head = Head { size: checkpoint.size, checkpoint: text.into() };
        Ok(Self { root: root.to_owned(), head, checkpoint })
    }

    /// Checks that the partial tiles lead to the checkpoint's root; the audit compares the full ones.
    pub(crate) fn check_partial_tiles(&self) -> Result<(), String> {
        let source = |coord: TileCoord| {
            let path = self.root.join(coord.to_string());
            read_at(&path, TILE_BYTES as u64).map_err(|e| format!("{}: {e}", path.display()))
        };
        Edge::restore(self.checkpoint.size, &source, &self.checkpoint.root)
            .map(drop)
            .map_err(|e| e.to_string())
    }

    fn bundle_at(&self, index: u64) -> Option<TilePath> {
        let TileCoord { width, .. } = TileCoord::in_tree(0, index, self.checkpoint.size)?;
        Some(TilePath::Entries { index, width })
    }
}

/// Reads a file that must not be longer than `most`.
fn read_at(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            format!("longer than {most} bytes"),
        ));
    }
    Ok(bytes)
}

impl Exported for TilesDir {
    fn checkpoint(&self) -> Head {
        self.head.clone()
    }

    fn entries(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let (mut out, mut bytes, mut at) = (Vec::new(), 0, from);
        while out.len() < limit && bytes < max_bytes.max(1) && at < self.checkpoint.size {
            let Some(path) = self.bundle_at(at / 256) else { break };
            let file = self.root.join(path.to_string());
            let read = match read_at(&file, MAX_BUNDLE) {
                Ok(read) => read,
                Err(_) if !out.is_empty() => break,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    return Err(damaged(format!("reading {path}"), "the file is missing"));
                }
                Err(e) => return Err(failed(format!("reading {}", file.display()), e)),
            };
            let TilePath::Entries { width, .. } = path else { break };
            let (mut entries, skip) = (Vec::new(), usize::try_from(at % 256).unwrap_or(0));
            let whole = entries_of(&read, usize::from(width) + 1, &mut entries)
                && entries.len() == usize::from(width);
            let found = entries.len().min(usize::from(width));
            let taken: Vec<_> = entries.into_iter().take(found).skip(skip).take(limit - out.len()).collect();
            if taken.is_empty() && !whole {
                let problem = format!("it does not hold {width} entries and nothing else");
                return if out.is_empty() {
                    Err(damaged(format!("reading {path}"), problem))
                } else {
                    Ok(out)
                };
            }
            at += taken.len() as u64;
            bytes += taken.iter().map(|e| e.len()).sum::<usize>();
            out.extend(taken);
            if !whole {
                break;
            }
        }
        Ok(out)
    }

    fn full_tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        let path = self.root.join(TileCoord::full(level, index).to_string());
        match read_at(&path, TILE_BYTES as u64) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed(format!("reading {}", path.display()), e)),
        }
    }
}
