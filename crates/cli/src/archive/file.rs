//! The log export: a header line, the checkpoint, and the entries as they stand in entry bundles. Specified in
//! `docs/spec/log-export.md`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ledger::ports::{Head, Log, StoreError};
use tlog::note::MAX_NOTE_BYTES;
use tlog::tile::{Edge, EntryBundle};
use tlog::{Checkpoint, Note, leaf_hash};

use super::{Exported, Piece, Subject, damaged, failed, walk};
use crate::failure::Failure;

/// First word of the file.
pub(crate) const HEADER: &str = "vouchsafe-log-export@v1";
/// Longest header line.
const MAX_LINE: usize = 64;

/// Writes a log into a new file.
pub(crate) fn write_file(
    log: &dyn Log,
    subject: &Subject,
    path: &Path,
    progress: impl FnMut(u64),
) -> Result<u64, Failure> {
    let fail = |e: &std::io::Error| Failure::file("writing the export", path, e);
    let file = File::create_new(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => fail(&e).hint("name a file that does not exist yet"),
        _ => fail(&e),
    })?;
    let written = (|| {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let note = subject.note.to_bytes();
        let head = writeln!(out, "{HEADER} {}", note.len()).and_then(|()| out.write_all(&note));
        head.map_err(|e| fail(&e))?;
        walk(log, subject, progress, |piece| match piece {
            Piece::Bundle(index, entries) => {
                let bytes = EntryBundle::encode(entries)
                    .map_err(|e| Failure::damaged(format!("packing bundle {index}"), e))?;
                out.write_all(&bytes).map_err(|e| fail(&e))
            }
            Piece::Tile(_) => Ok(()),
        })?;
        let mut file = out.into_inner().map_err(|e| fail(e.error()))?;
        file.sync_all().and_then(|()| file.stream_position()).map_err(|e| fail(&e))
    })();
    if written.is_err() {
        // Half an export is none; that it cannot be removed changes nothing about the failure.
        let _ = fs::remove_file(path);
    }
    written
}

/// Where reading has come to, with the tiles of what was read: the file has none, the audit asks for those it computes.
struct Cursor {
    file: BufReader<File>,
    next: u64,
    edge: Edge,
    tiles: BTreeMap<(u8, u64), Arc<[u8]>>,
}

/// An exported log, read from its beginning to its end once.
pub(crate) struct LogFile {
    head: Head,
    size: u64,
    entries_at: u64,
    cursor: Mutex<Cursor>,
}

impl LogFile {
    /// Opens an export and reads its header and checkpoint.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let doing = format!("reading the export {}", path.display());
        let bad = |problem: &dyn std::fmt::Display| Failure::input(&doing, problem);
        let fail = |e: &std::io::Error| Failure::file("reading the export", path, e);
        let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(|e| fail(&e))?);
        let mut line = Vec::new();
        for byte in file.by_ref().bytes().take(MAX_LINE) {
            match byte.map_err(|e| fail(&e))? {
                b'\n' => break,
                byte => line.push(byte),
            }
        }
        let length = std::str::from_utf8(&line).ok().and_then(|l| l.strip_prefix(HEADER)?.strip_prefix(' '));
        let length: usize = length
            .filter(|l| !l.starts_with(['0', '+']))
            .and_then(|l| l.parse().ok())
            .ok_or_else(|| bad(&format!("its first line is not `{HEADER} LENGTH`")))?;
        if length > MAX_NOTE_BYTES {
            return Err(bad(&format!("a checkpoint of {length} bytes is longer than any")));
        }
        let mut note = vec![0; length];
        file.read_exact(&mut note).map_err(|e| bad(&format!("the checkpoint is cut off: {e}")))?;
        let damaged = |e: tlog::Error| Failure::damaged(&doing, format!("the checkpoint: {e}"));
        let parsed = Note::parse(&note).map_err(damaged)?;
        let checkpoint = Checkpoint::parse(parsed.text()).map_err(damaged)?;
        let text = String::from_utf8(note).map_err(|e| bad(&e))?;
        let entries_at = (line.len() + 1 + length) as u64;
        let cursor = Cursor { file, next: 0, edge: Edge::new(), tiles: BTreeMap::new() };
        Ok(Self {
            head: Head { size: checkpoint.size, checkpoint: text.into() },
            size: checkpoint.size,
            entries_at,
            cursor: Mutex::new(cursor),
        })
    }

    /// Whether bytes follow the last entry that was read.
    pub(crate) fn has_more(&self) -> Result<bool, Failure> {
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let mut byte = [0];
        cursor.file.read(&mut byte).map(|n| n > 0).map_err(|e| Failure::environment("reading the export", e))
    }
}

impl Cursor {
    /// The next entry; `None` at the end of the file.
    fn entry(&mut self) -> Result<Option<Arc<[u8]>>, StoreError> {
        let at = self.next;
        let doing = || format!("reading entry {at} of the export");
        let mut length = [0; 2];
        let mut have = 0;
        while let Some(room) = length.get_mut(have..).filter(|room| !room.is_empty()) {
            match self.file.read(room) {
                Ok(0) if have == 0 => return Ok(None),
                Ok(0) => return Err(damaged(doing(), "the file is cut off")),
                Ok(n) => have += n,
                Err(e) => return Err(failed(doing(), e)),
            }
        }
        let mut entry = vec![0; usize::from(u16::from_be_bytes(length))];
        self.file.read_exact(&mut entry).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => damaged(doing(), "the file is cut off"),
            _ => failed(doing(), e),
        })?;
        let mut filled = Vec::new();
        self.edge.append(leaf_hash(&entry), &mut filled);
        for tile in filled {
            self.tiles.insert((tile.level, tile.index), tile.bytes.into());
        }
        self.next += 1;
        Ok(Some(entry.into()))
    }
}

impl Exported for LogFile {
    fn checkpoint(&self) -> Head {
        self.head.clone()
    }

    fn entries(&self, from: u64, limit: usize, max_bytes: usize) -> Result<Vec<Arc<[u8]>>, StoreError> {
        let mut cursor = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        if from < cursor.next {
            let seek = cursor.file.seek(SeekFrom::Start(self.entries_at));
            seek.map_err(|e| failed("rewinding the export", e))?;
            (cursor.next, cursor.edge) = (0, Edge::new());
            cursor.tiles.clear();
        }
        while cursor.next < from {
            if cursor.entry()?.is_none() {
                return Ok(Vec::new());
            }
        }
        let (mut out, mut bytes) = (Vec::new(), 0);
        while out.len() < limit && bytes < max_bytes.max(1) && cursor.next < self.size {
            match cursor.entry() {
                Ok(Some(entry)) => {
                    bytes += entry.len();
                    out.push(entry);
                }
                Ok(None) => break,
                // What was read before it is looked at first, so that the first bad entry is the one named.
                Err(_) if !out.is_empty() => break,
                Err(e) => return Err(e),
            }
        }
        Ok(out)
    }

    fn full_tile(&self, level: u8, index: u64) -> Result<Option<Arc<[u8]>>, StoreError> {
        // Asked for once, right after the entries below it were read; kept no longer.
        Ok(self.cursor.lock().unwrap_or_else(PoisonError::into_inner).tiles.remove(&(level, index)))
    }
}
