//! The guard: the newest tree head seen, in a small file that a backup of the data directory does not hold. Not here: what
//! its being ahead or missing means.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ledger::ports::{Guard, Problem, StoreError};

use crate::files;

/// Longest checkpoint the guard reads back, in bytes: a note with many more cosignatures than any policy asks for.
const MAX_CHECKPOINT_BYTES: u64 = 65_536;

/// A guard in a file outside the data directory. The file is replaced as a whole: it holds the old head or the new one.
#[derive(Debug)]
pub struct FileGuard {
    path: PathBuf,
    directory: PathBuf,
    temporary: PathBuf,
    /// One writer at a time, for there is one temporary file.
    writing: Mutex<()>,
}

impl FileGuard {
    /// A guard at `path` for the log in `data`. The directories of both must exist.
    ///
    /// # Errors
    /// `path` lies inside `data`, names no file, or its directory does not exist.
    pub fn new(path: &Path, data: &Path) -> Result<Self, StoreError> {
        let open = || {
            let refuse = |why: &str| Problem::Failed(format!("{}: {why}", path.display()));
            let name = path.file_name().ok_or_else(|| refuse("names no file"))?;
            let parent = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            // Resolved, so that neither `..` nor a link hides where the file is.
            let resolve = |path: &Path| path.canonicalize().map_err(|e| files::problem(&e, path));
            let directory = resolve(parent)?;
            let path = directory.join(name);
            // The file itself may be a link into the data.
            let target = path.canonicalize().unwrap_or_else(|_| path.clone());
            let data = resolve(data)?;
            if directory.starts_with(&data) || target.starts_with(&data) {
                return Err(refuse(
                    "lies inside the data directory, so a restored backup would bring back an old guard with the old \
                     log and hide that entries are missing; choose a place that is not part of that backup",
                ));
            }
            let mut temporary = name.to_owned();
            temporary.push(".new");
            Ok(Self { temporary: directory.join(temporary), path, directory, writing: Mutex::new(()) })
        };
        open().map_err(|problem| StoreError::new("opening the guard", problem))
    }
}

impl Guard for FileGuard {
    fn load(&self) -> Result<Option<Arc<str>>, StoreError> {
        let load = || {
            let file = match File::open(&self.path) {
                Ok(file) => file,
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(files::problem(&e, &self.path)),
            };
            let mut bytes = Vec::new();
            let read = file.take(MAX_CHECKPOINT_BYTES + 1).read_to_end(&mut bytes);
            read.map_err(|e| files::problem(&e, &self.path))?;
            if bytes.is_empty() || bytes.len() as u64 > MAX_CHECKPOINT_BYTES {
                let (path, length) = (self.path.display(), bytes.len());
                return Err(Problem::Damaged(format!("{path}: {length} bytes are no checkpoint")));
            }
            let text = String::from_utf8(bytes);
            text.map(|text| Some(text.into()))
                .map_err(|e| Problem::Damaged(format!("{}: {e}", self.path.display())))
        };
        load().map_err(|problem| StoreError::new("reading the guard", problem))
    }

    fn store(&self, checkpoint: &str) -> Result<(), StoreError> {
        let store = || {
            if checkpoint.is_empty() || checkpoint.len() as u64 > MAX_CHECKPOINT_BYTES {
                return Err(Problem::Failed(format!("{} bytes are no checkpoint", checkpoint.len())));
            }
            let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            // Left behind by a process that was stopped while it wrote.
            match fs::remove_file(&self.temporary) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(files::problem(&e, &self.temporary)),
                _ => {}
            }
            files::replace(&self.temporary, &self.path, &self.directory, checkpoint.as_bytes(), false)
        };
        store().map_err(|problem| StoreError::new("keeping the newest head in the guard", problem))
    }
}
