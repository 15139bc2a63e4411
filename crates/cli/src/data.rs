//! The data directory: where its parts are, and how they are opened for reading or writing.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::authorise::Roles;
use ledger::ports::Clock;
use ledger::{Doubt, Ledger, LedgerKeys, Loaded, Options, Parts, Snapshots, Standing};
use server::timestamp::Stamps;
use store_sqlite::{DirBlobs, FileGuard, SqliteLog, SqliteVault};
use tlog::Hash;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::failure::Failure;

/// A data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
}

impl DataDir {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The ledger's own secret keys.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.root.join("keys").join("ledger.key")
    }

    /// The key that is about to replace the log's.
    pub(crate) fn next_key_file(&self) -> PathBuf {
        self.root.join("keys").join("ledger.key.next")
    }

    /// A tlog-policy that trusts this log's keys and asks for no witness: what to hand to those who verify.
    pub(crate) fn policy_file(&self) -> PathBuf {
        self.root.join("log.policy")
    }

    /// Time stamps over checkpoints.
    pub(crate) fn stamps(&self) -> Stamps {
        Stamps::new(self.root.join("stamps"))
    }

    pub(crate) fn snapshots(&self) -> Snapshots {
        Snapshots::new(self.root.join("snapshots"))
    }

    /// Whether a log was ever made here.
    pub(crate) fn exists(&self) -> bool {
        self.root.join("log.sqlite").exists()
    }

    fn must_exist(&self) -> Result<(), Failure> {
        if self.exists() {
            return Ok(());
        }
        let doing = format!("opening the data directory {}", self.root.display());
        Err(Failure::input(doing, "there is no log in it")
            .hint("make one with `vouchsafe log init`, or name another directory with `--data`"))
    }

    pub(crate) fn config(&self) -> Result<Config, Failure> {
        self.must_exist()?;
        Config::read(&self.config_file())
    }

    pub(crate) fn keys(&self) -> Result<LedgerKeys, Failure> {
        let path = self.key_file();
        let text = fs::read_to_string(&path)
            .map_err(|e| Failure::file("reading the key of the log in", &path, &e))?;
        Ok(LedgerKeys::from_text(&Zeroizing::new(text))?)
    }

    /// The log for reading, beside whoever writes it.
    pub(crate) fn reader(&self) -> Result<SqliteLog, Failure> {
        self.must_exist()?;
        Ok(SqliteLog::open_reader(&self.root)?)
    }

    /// The log for reading and what it amounts to.
    pub(crate) fn load(&self) -> Result<(Arc<SqliteLog>, Loaded), Failure> {
        let log = Arc::new(self.reader()?);
        let loaded = ledger::load(&*log, Some(&self.snapshots()))?;
        Ok((log, loaded))
    }

    /// The blobs for reading.
    pub(crate) fn blobs(&self) -> Result<DirBlobs, Failure> {
        Ok(DirBlobs::open(&self.root.join("blobs"))?)
    }

    /// The ledger for writing. Takes the lock of the directory. Finishes a rotation of the log key that was stopped after
    /// the log had named the new key.
    pub(crate) fn ledger(&self, clock: Arc<dyn Clock>, options: Options) -> Result<Ledger, Failure> {
        let ledger = self.open(clock.clone(), options.clone())?;
        let next = self.next_key_file();
        if ledger.standing() != Standing::ReadOnly(Doubt::OtherKey) || !next.exists() {
            return Ok(ledger);
        }
        drop(ledger);
        fs::rename(&next, self.key_file()).map_err(|e| Failure::file("renaming", &next, &e))?;
        self.open(clock, options)
    }

    fn open(&self, clock: Arc<dyn Clock>, options: Options) -> Result<Ledger, Failure> {
        let config = self.config()?;
        let log = Arc::new(SqliteLog::open(&self.root)?);
        let blobs = self.blobs()?;
        blobs.sweep()?;
        let parts = Parts {
            log,
            blobs: Arc::new(blobs),
            vault: Arc::new(SqliteVault::open(&self.root)?),
            guard: Arc::new(FileGuard::new(&config.guard, &self.root)?),
            clock,
            authorise: Arc::new(Roles),
            keys: self.keys()?,
            snapshots: Some(self.snapshots()),
        };
        Ok(Ledger::open(parts, options)?)
    }
}

/// Where the guard of a log is kept unless told otherwise: `$XDG_STATE_HOME` or `~/.local/state`, then
/// `vouchsafe/<first 16 digits of SHA-256(origin)>.guard`.
pub(crate) fn default_guard(origin: &str) -> Result<PathBuf, Failure> {
    let state = std::env::var_os("XDG_STATE_HOME").filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".local").join("state"));
    let state = state.or_else(home).ok_or_else(|| {
        Failure::input("choosing a place for the fork guard", "neither XDG_STATE_HOME nor HOME is set")
            .hint("name one with `--guard PATH`")
    })?;
    let digest = Hash::of(origin.as_bytes()).to_string();
    Ok(state.join("vouchsafe").join(format!("{}.guard", digest.get(..16).unwrap_or_default())))
}

/// Makes a directory that only its owner can enter.
pub(crate) fn private_directory(path: &Path) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|e| Failure::file("making the directory", path, &e))
}

/// Writes a new file, durably; refuses to overwrite one. `private` files are readable by their owner alone.
pub(crate) fn write_new(path: &Path, bytes: &[u8], private: bool) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if private { 0o600 } else { 0o644 });
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|e| Failure::file("writing", path, &e))
}

/// Puts a file in the place of another one: whoever looks sees the old bytes or the new ones.
pub(crate) fn replace(path: &Path, bytes: &[u8], private: bool) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::file("removing", &temporary, &e));
        }
        _ => {}
    }
    write_new(&temporary, bytes, private)?;
    let moved = fs::rename(&temporary, path).and_then(|()| {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::File::open(parent)?.sync_all()
    });
    moved.map_err(|e| Failure::file("replacing", path, &e))
}
