//! Files that are there as a whole or not at all, and stay there after the power fails. Not here: what is in them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use ledger::ports::Problem;

/// Writes a file through a temporary one in such a way that after success it survives the loss of power, and before,
/// `path` names what it named until now. `temporary` must lie in the same file system.
///
/// The directories that hold `path` are synced from `path`'s parent up to and including `top`: a directory that an
/// earlier, interrupted call made may not be durable yet.
pub(crate) fn replace(
    temporary: &Path,
    path: &Path,
    top: &Path,
    bytes: &[u8],
    read_only: bool,
) -> Result<(), Problem> {
    let written = write_synced(temporary, read_only, |file| file.write_all(bytes));
    settle(written.map_err(|e| problem(&e, temporary)), temporary, path, top)
}

/// Gives a file that was written under a temporary name the name it is for, durably; removes it when it was not written.
pub(crate) fn settle(
    written: Result<(), Problem>,
    temporary: &Path,
    path: &Path,
    top: &Path,
) -> Result<(), Problem> {
    let moved = written.and_then(|()| fs::rename(temporary, path).map_err(|e| problem(&e, path)));
    if moved.is_err() {
        // It may not exist; then there is nothing to remove.
        let _ = fs::remove_file(temporary);
    }
    moved?;
    sync_upwards(path, top)
}

/// Writes a new file and makes its bytes durable, though not yet its name.
pub(crate) fn write_synced(
    path: &Path,
    read_only: bool,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    write(&mut file)?;
    if read_only {
        set_read_only(&file)?;
    }
    file.sync_all()
}

/// Writes a new, read-only file without waiting until it is durable.
#[cfg(target_os = "linux")]
pub(crate) fn write_unsynced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    set_read_only(&file)
}

/// Makes everything in the file system of `path` durable, files and names (syncfs(2): it waits, and tells of errors).
#[cfg(target_os = "linux")]
pub(crate) fn sync_everything(path: &Path) -> Result<(), Problem> {
    let directory = File::open(path).map_err(|e| problem(&e, path))?;
    rustix::fs::syncfs(&directory).map_err(|e| problem(&e.into(), path))
}

#[cfg(unix)]
fn set_read_only(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o444))
}

#[cfg(not(unix))]
fn set_read_only(file: &File) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

/// Syncs the directories above `path`, lowest first, up to and including `top`.
pub(crate) fn sync_upwards(path: &Path, top: &Path) -> Result<(), Problem> {
    for directory in path.ancestors().skip(1) {
        sync_directory(directory)?;
        if directory == top {
            break;
        }
    }
    Ok(())
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), Problem> {
    // The parent of a bare file name is the empty path.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|directory| directory.sync_all()).map_err(|e| problem(&e, path))
}

/// What a trouble of the file system means for the caller.
pub(crate) fn problem(error: &io::Error, path: &Path) -> Problem {
    let text = format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Problem::Full(text),
        _ => Problem::Failed(text),
    }
}
