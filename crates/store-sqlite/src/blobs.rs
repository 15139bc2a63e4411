//! Blobs in a directory, one read-only file each, named by the SHA-256 of its bytes. Not here: which blobs are needed, and
//! what they mean.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ledger::ports::{Blobs, Problem, StoreError};
use sha2::{Digest, Sha256};
use tlog::Hash;

use crate::files;

/// Where files are written before they get their name.
const TEMPORARY: &str = "tmp";
/// Blobs from which on keeping them together pays.
#[cfg(target_os = "linux")]
const MANY: usize = 4;
/// Bytes read at once of what is kept a piece at a time.
const PIECE: usize = 64 << 10;

/// Blobs in `ROOT/ab/cd/abcd…`, the name being the digest in lowercase hex. Files are never overwritten with other bytes,
/// and are readable by standard tools: `sha256sum` checks them.
#[derive(Debug)]
pub struct DirBlobs {
    root: PathBuf,
    /// Tells temporary files of this process apart.
    count: AtomicU64,
}

impl DirBlobs {
    /// Blobs under a directory, which is made if it is not there.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let temporary = root.join(TEMPORARY);
        let make = || {
            fs::create_dir_all(&temporary).map_err(|e| files::problem(&e, &temporary))?;
            files::sync_upwards(&temporary, root)
        };
        make().map_err(|p| StoreError::new(format!("opening the blobs in {}", root.display()), p))?;
        Ok(Self { root: root.to_owned(), count: AtomicU64::new(0) })
    }

    /// Removes what interrupted writes left behind, and says how many files that were. Only whoever holds the log's lock
    /// may do so: to another process's blobs, a file being written looks the same.
    ///
    /// # Errors
    /// The directory cannot be read, or a file not be removed.
    pub fn sweep(&self) -> Result<usize, StoreError> {
        let temporary = self.root.join(TEMPORARY);
        let sweep = || -> std::io::Result<usize> {
            let mut swept = 0;
            for file in fs::read_dir(&temporary)? {
                fs::remove_file(file?.path())?;
                swept += 1;
            }
            Ok(swept)
        };
        sweep().map_err(|e| StoreError::new("sweeping unfinished blobs", files::problem(&e, &temporary)))
    }

    fn path(&self, digest: &Hash) -> PathBuf {
        let name = digest.to_string();
        let [first, second] = [name.get(..2), name.get(2..4)].map(Option::unwrap_or_default);
        self.root.join(first).join(second).join(&name)
    }

    fn read(&self, digest: &Hash) -> Result<Option<Vec<u8>>, Problem> {
        let path = self.path(digest);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(files::problem(&e, &path)),
        };
        if Hash::of(&bytes) == *digest {
            return Ok(Some(bytes));
        }
        Err(altered(&path))
    }

    /// Where a blob is written before it gets its name.
    fn temporary(&self, digest: &Hash) -> PathBuf {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        self.root.join(TEMPORARY).join(format!("{digest}.{}.{count}", std::process::id()))
    }

    /// As [`Self::write`], a piece at a time.
    fn write_from(&self, digest: &Hash, length: u64, from: &mut dyn Read) -> Result<(), Problem> {
        let path = self.path(digest);
        if path.try_exists().map_err(|e| files::problem(&e, &path))? {
            let kept =
                fs::File::open(&path).and_then(|mut file| copy_hashed(&mut file, u64::MAX, |_| Ok(())));
            let (kept, _) = kept.map_err(|e| files::problem(&e, &path))?;
            return if kept == *digest {
                files::sync_upwards(&path, &self.root)
            } else {
                Err(altered(&path))
            };
        }
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|e| files::problem(&e, directory))?;
        }
        let temporary = self.temporary(digest);
        let mut other = None;
        let written = files::write_synced(&temporary, true, |file| {
            let (found, total) = copy_hashed(from, length, |piece| file.write_all(piece))?;
            if (found, total) != (*digest, length) {
                other = Some(Problem::Failed("these are other bytes".into()));
            }
            Ok(())
        });
        let written = written.map_err(|e| files::problem(&e, &temporary)).and(other.map_or(Ok(()), Err));
        files::settle(written, &temporary, &path, &self.root)
    }

    /// Writes several under temporary names, makes all of them durable at once, names them, and makes the names durable: two
    /// waits for the disk, however many there are.
    #[cfg(target_os = "linux")]
    fn write_all(&self, all: &[&[u8]], waiting: &mut Vec<(PathBuf, PathBuf)>) -> Result<(), Problem> {
        for bytes in all {
            let digest = Hash::of(bytes);
            let path = self.path(&digest);
            if self.read(&digest)?.is_some() {
                continue;
            }
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory).map_err(|e| files::problem(&e, directory))?;
            }
            let temporary = self.temporary(&digest);
            waiting.push((temporary.clone(), path));
            files::write_unsynced(&temporary, bytes).map_err(|e| files::problem(&e, &temporary))?;
        }
        files::sync_everything(&self.root)?;
        for (temporary, path) in waiting.drain(..) {
            fs::rename(&temporary, &path).map_err(|e| files::problem(&e, &path))?;
        }
        files::sync_everything(&self.root)
    }

    fn write(&self, digest: &Hash, bytes: &[u8]) -> Result<(), Problem> {
        let path = self.path(digest);
        if self.read(digest)?.is_some() {
            // The same bytes are there already. Whoever put them may have been stopped before their name was durable.
            return files::sync_upwards(&path, &self.root);
        }
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|e| files::problem(&e, directory))?;
        }
        files::replace(&self.temporary(digest), &path, &self.root, bytes, true)
    }
}

fn altered(path: &Path) -> Problem {
    let path = path.display();
    Problem::Damaged(format!("the bytes of {path} do not have the digest it is named by; restore it"))
}

/// Hands on what a reader gives, piece by piece, until there is no more or more than `most` bytes; digest and length of it.
fn copy_hashed(
    from: &mut dyn Read,
    most: u64,
    mut to: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<(Hash, u64)> {
    let (mut hasher, mut total, mut piece) = (Sha256::new(), 0u64, vec![0; PIECE]);
    while total <= most {
        let n = match from.read(&mut piece) {
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        let Some(read) = piece.get(..n).filter(|read| !read.is_empty()) else { break };
        total = total.saturating_add(n as u64);
        hasher.update(read);
        to(read)?;
    }
    Ok((Hash(hasher.finalize().into()), total))
}

impl Blobs for DirBlobs {
    fn put(&self, bytes: &[u8]) -> Result<Hash, StoreError> {
        let digest = Hash::of(bytes);
        let written = self.write(&digest, bytes);
        written.map_err(|problem| StoreError::new(format!("keeping blob {digest}"), problem))?;
        Ok(digest)
    }

    #[cfg(target_os = "linux")]
    fn put_all(&self, all: &[&[u8]]) -> Result<(), StoreError> {
        // One by one is as fast for a few.
        if all.len() < MANY {
            return all.iter().try_for_each(|bytes| self.put(bytes).map(drop));
        }
        let mut waiting = Vec::new();
        let written = self.write_all(all, &mut waiting);
        for (temporary, _) in waiting {
            // It may have its name already, or never have been made.
            let _ = fs::remove_file(temporary);
        }
        written.map_err(|problem| StoreError::new(format!("keeping {} blobs", all.len()), problem))
    }

    fn put_from(&self, digest: &Hash, length: u64, from: &mut dyn Read) -> Result<(), StoreError> {
        let written = self.write_from(digest, length, from);
        written.map_err(|problem| StoreError::new(format!("keeping blob {digest}"), problem))
    }

    fn get(&self, digest: &Hash) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(digest).map_err(|problem| StoreError::new(format!("reading blob {digest}"), problem))
    }

    fn has(&self, digest: &Hash) -> Result<bool, StoreError> {
        let path = self.path(digest);
        path.try_exists()
            .map_err(|e| StoreError::new(format!("looking for blob {digest}"), files::problem(&e, &path)))
    }
}
