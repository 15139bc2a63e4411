//! Where a witness keeps what it cosigned: a directory with one small file a log, replaced whole, and a lock that no second
//! process can take.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tlog::note::MAX_NOTE_BYTES;

/// A directory held by this process.
pub(super) struct Directory {
    path: PathBuf,
    /// Held as long as the process lives.
    _lock: File,
}

impl Directory {
    /// Takes the directory, making it if there is none.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(io::Error::new(io::ErrorKind::ResourceBusy, "another witness uses this directory"))
            }
            Err(TryLockError::Error(e)) => Err(e),
        }
    }

    /// The file of this name; `None` if there is none.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.path.join(name);
        match fs::metadata(&path) {
            Ok(about) if about.len() > MAX_NOTE_BYTES as u64 => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} is larger than any checkpoint", path.display()),
            )),
            Ok(_) => fs::read(&path).map(Some),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Replaces a file. Done means durable: the bytes, then the name.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (new, path) = (self.path.join(format!("{name}.new")), self.path.join(name));
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, &path)?;
        File::open(&self.path)?.sync_all()
    }
}
