//! Snapshots: the sealed states of a log size in files, so that a start need not replay everything.
//!
//! A snapshot is a directory named after its size, with one file a concern: each state as key and value, each after its
//! length in four bytes, in order. Nothing in it is trusted: it counts only when the roots over its states are those of a
//! `Sealed` entry in the log (see `recover`). Losing it costs a replay.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use evidence::facts::log::SealedConcern;
use tlog::tree::CompactRange;
use world::{CONCERNS, State, World};

/// Snapshots kept; older ones are removed.
const KEPT: usize = 2;
/// How the names of snapshots end while they are being written.
const WRITING: &str = ".writing";
/// Longest key or value read back.
const MAX_PART: u32 = 1 << 28;

/// A directory of snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots {
    dir: PathBuf,
}

/// A snapshot that is being written. It appears under its name only when it is complete and durable.
pub(crate) struct Writing {
    temporary: PathBuf,
    target: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Snapshots {
    /// Snapshots in a directory, which is made when the first one is written.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Sizes of the snapshots that are there, largest first.
    pub(crate) fn sizes(&self) -> Vec<u64> {
        let Ok(entries) = fs::read_dir(&self.dir) else { return Vec::new() };
        let name = |e: io::Result<fs::DirEntry>| e.ok()?.file_name().to_str()?.parse().ok();
        let mut sizes: Vec<u64> = entries.filter_map(name).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }

    pub(crate) fn write(&self, size: u64) -> io::Result<Writing> {
        let (temporary, target) =
            (self.dir.join(format!("{size}{WRITING}")), self.dir.join(size.to_string()));
        if temporary.exists() {
            fs::remove_dir_all(&temporary)?;
        }
        fs::create_dir_all(&temporary)?;
        Ok(Writing { temporary, target, file: None })
    }

    /// Removes all but the newest ones, and what an interrupted writing left.
    pub(crate) fn prune(&self) {
        for size in self.sizes().into_iter().skip(KEPT) {
            // What cannot be removed now is removed next time; it does no harm.
            let _ = fs::remove_dir_all(self.dir.join(size.to_string()));
        }
        // One seal is built at a time, and this one is done: whatever else is being written was interrupted.
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.ends_with(WRITING)) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Reads the states of one concern, in order.
    pub(crate) fn states(&self, size: u64, concern: &str, mut take: impl FnMut(State)) -> io::Result<()> {
        let path = self.dir.join(size.to_string()).join(concern);
        let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
        let mut last = None::<Vec<u8>>;
        while let Some(key) = read_part(&mut file)? {
            let value = read_part(&mut file)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "states out of order"));
            }
            last = Some(key.clone());
            take(State { key, value });
        }
        Ok(())
    }

    /// Reads a snapshot into an empty world, and says the roots over what was read.
    pub(crate) fn read(&self, size: u64) -> io::Result<(World, Vec<SealedConcern>)> {
        let (mut world, mut roots) = (World::new(), Vec::new());
        for concern in CONCERNS {
            let (mut tree, mut bad) = (CompactRange::new(), None);
            self.states(size, concern, |state| {
                tree.append(state.leaf_hash());
                bad = bad.take().or(world.restore(concern, &state).err());
            })?;
            if let Some(e) = bad {
                return Err(io::Error::new(io::ErrorKind::InvalidData, e));
            }
            roots.push(SealedConcern { concern: concern.into(), root: tree.root(), count: tree.size() });
        }
        world.restored(size);
        Ok((world, roots))
    }
}

impl Writing {
    pub(crate) fn concern(&mut self, name: &str) -> io::Result<()> {
        self.finish_file()?;
        self.file = Some(BufWriter::with_capacity(1 << 20, File::create(self.temporary.join(name))?));
        Ok(())
    }

    pub(crate) fn state(&mut self, state: &State) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        for part in [&state.key, &state.value] {
            let len = u32::try_from(part.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
            file.write_all(&len.to_be_bytes())?;
            file.write_all(part)?;
        }
        Ok(())
    }

    fn finish_file(&mut self) -> io::Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    /// Makes the snapshot durable and gives it its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.finish_file()?;
        sync_dir(&self.temporary)?;
        if self.target.exists() {
            return fs::remove_dir_all(&self.temporary);
        }
        fs::rename(&self.temporary, &self.target)?;
        sync_dir(self.target.parent().unwrap_or(Path::new(".")))
    }
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The next part, or `None` at the end of the file.
fn read_part(file: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut len = [0; 4];
    match file.read(&mut len)? {
        0 => return Ok(None),
        n => file.read_exact(len.get_mut(n..).unwrap_or_default())?,
    }
    let len = u32::from_be_bytes(len);
    if len > MAX_PART {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a state larger than any"));
    }
    // Grown as bytes arrive: a damaged length allocates no more than the file holds.
    let mut part = Vec::new();
    if file.take(u64::from(len)).read_to_end(&mut part)? != len as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(part))
}
