//! A copy of the stores while they are in use: for backups. Not here: configuration and keys, and whether the copy leads to
//! its checkpoint (whoever asked for it loads it).

use std::fs::{self, DirEntry};
use std::path::Path;

use ledger::ports::{Blobs, Problem, StoreError};
use tlog::Hash;

use crate::blobs::DirBlobs;
use crate::db::{self, Access, problem};
use crate::files;

/// Page cache of the reading connection, in KiB.
const CACHE_KIB: u32 = 2_048;

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// Whether there was a vault.
    pub vault: bool,
}

/// Copies log, vault and blobs of a data directory into an empty one, beside whoever writes them.
///
/// The log goes first and the blobs after it: a blob is durable before the entry that names it, so the copy has every blob
/// that its entries name, and perhaps some that they do not name yet. Each file is read in one transaction and written
/// anew, so nothing of an erased value comes along; each blob is held against its digest.
///
/// # Errors
/// A file cannot be read or written, exists already at the target, or a blob is damaged.
pub fn copy_stores(from: &Path, to: &Path) -> Result<Copied, StoreError> {
    let doing = |what: &str| format!("copying {what} from {} to {}", from.display(), to.display());
    let mut copied = Copied::default();
    database(&from.join("log.sqlite"), &to.join("log.sqlite"))
        .map_err(|p| StoreError::new(doing("the log"), p))?;
    if from.join("vault.sqlite").exists() {
        database(&from.join("vault.sqlite"), &to.join("vault.sqlite"))
            .map_err(|p| StoreError::new(doing("the vault"), p))?;
        copied.vault = true;
    }
    let source = DirBlobs::open(&from.join("blobs"))?;
    let target = DirBlobs::open(&to.join("blobs"))?;
    let root = from.join("blobs");
    for digest in names(&root).map_err(|p| StoreError::new(doing("blobs"), p))? {
        // It was there a moment ago: only an erasure removes one, and then it is not to be copied.
        let Some(bytes) = source.get(&digest)? else { continue };
        target.put(&bytes)?;
        copied.blobs += 1;
        copied.blob_bytes += bytes.len() as u64;
    }
    files::sync_directory(to).map_err(|p| StoreError::new(doing("the stores"), p))?;
    Ok(copied)
}

fn database(from: &Path, to: &Path) -> Result<(), Problem> {
    if to.exists() {
        return Err(Problem::Failed(format!("{} exists already", to.display())));
    }
    let connection = db::connect(from, Access::Read, CACHE_KIB)?;
    let name = to
        .to_str()
        .ok_or_else(|| Problem::Failed(format!("{} is not UTF-8, which SQLite needs here", to.display())))?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(problem)?;
    private(to)?;
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(|e| files::problem(&e, to))
}

#[cfg(unix)]
fn private(path: &Path) -> Result<(), Problem> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(|e| files::problem(&e, path))
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), Problem> {
    Ok(())
}

/// Digests that blobs under a directory are named by, sorted. What has no such name is not one of ours.
fn names(root: &Path) -> Result<Vec<Hash>, Problem> {
    let mut found = Vec::new();
    for first in two_digits(root)? {
        for second in two_digits(&first.path())? {
            for file in entries(&second.path())? {
                let name = file.file_name();
                found.extend(name.to_str().and_then(|name| Hash::from_hex(name).ok()));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn entries(directory: &Path) -> Result<Vec<DirEntry>, Problem> {
    let read = || fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>();
    read().map_err(|e| files::problem(&e, directory))
}

fn two_digits(directory: &Path) -> Result<Vec<DirEntry>, Problem> {
    let mut found = entries(directory)?;
    found.retain(|entry| entry.file_name().len() == 2 && entry.path().is_dir());
    Ok(found)
}
