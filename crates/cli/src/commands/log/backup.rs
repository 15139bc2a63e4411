//! `vouchsafe log backup`: a copy of the data directory, beside a running server.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use server::timestamp::Stamps;

use super::super::Context;
use crate::data::{self, DataDir, private_directory};
use crate::failure::{Failure, Verdict};
use crate::text;

/// Copy the data directory while it is in use
///
/// Copies log, vault, blobs, configuration and trust policy into a new directory, loads the copy and holds it against its
/// signed checkpoint. The fork guard is never copied. To restore, put the copy in the place of the data directory: if the
/// log has gone on since, the guard says so and the log comes up read-only (`vouchsafe log recover`).
#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    /// Directory to write, which must not exist
    #[arg(value_name = "DIR")]
    to: PathBuf,
    /// Copy the keys of the log too: whoever reads the copy can then sign as this log
    #[arg(long)]
    with_keys: bool,
}

impl BackupArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let from = &context.data;
        let doing = format!("backing up {}", from.root().display());
        from.config()?;
        if self.to.exists() {
            return Err(Failure::input(doing, format!("{} exists already", self.to.display()))
                .hint("name a directory that is not there: an earlier copy is never written over"));
        }
        // Under another name until it is whole.
        let partial = partial(&self.to);
        if partial.exists() {
            return Err(Failure::input(
                doing,
                format!("{} is left of a backup that was stopped", partial.display()),
            )
            .hint("look whether another backup is running; if not, remove it"));
        }
        private_directory(&partial)?;
        let copied = store_sqlite::copy_stores(from.root(), &partial)?;
        let to = DataDir::new(&partial);
        copy_file(&from.config_file(), &to.config_file(), false)?;
        copy_file(&from.policy_file(), &to.policy_file(), false)?;
        copy_stamps(&from.stamps(), &to.stamps())?;
        if self.with_keys {
            private_directory(&partial.join("keys"))?;
            copy_file(&from.key_file(), &to.key_file(), true)?;
        }
        let (_, loaded) = to.load()?;
        let (size, root) = (loaded.edge.size(), loaded.edge.root());
        drop(loaded);
        fs::rename(&partial, &self.to).map_err(|e| Failure::file("naming", &self.to, &e))?;
        let ui = &context.ui;
        if ui.is_json() {
            ui.json(&json!({
                "directory": self.to.display().to_string(),
                "size": size,
                "root": root.to_string(),
                "blobs": copied.blobs,
                "blob_bytes": copied.blob_bytes,
                "vault": copied.vault,
                "keys": self.with_keys,
            }))?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.good(&format!("Copied to {}; the copy leads to its checkpoint.", self.to.display())))?;
        let keys =
            if self.with_keys { "copied: guard this copy as you guard the server" } else { "not copied" };
        ui.pairs(&[
            ("entries", text::count(size)),
            ("root", root.to_string()),
            ("blobs", format!("{}, {} bytes", text::count(copied.blobs), text::count(copied.blob_bytes))),
            ("vault", if copied.vault { "copied" } else { "none" }.to_owned()),
            ("keys of the log", keys.to_owned()),
        ])?;
        Ok(Verdict::Holds)
    }
}

fn partial(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// Time stamps and what they are over; a backup without any has no such directory.
fn copy_stamps(from: &Stamps, to: &Stamps) -> Result<(), Failure> {
    let files = match fs::read_dir(from.directory()) {
        Ok(files) => files,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Failure::file("reading", from.directory(), &e)),
    };
    private_directory(to.directory())?;
    for file in files {
        let file = file.map_err(|e| Failure::file("reading", from.directory(), &e))?;
        // One that is just being written has no name yet.
        if file.path().extension().is_none_or(|ending| ending != "new") {
            copy_file(&file.path(), &to.directory().join(file.file_name()), false)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path, private: bool) -> Result<(), Failure> {
    let bytes = zeroize::Zeroizing::new(fs::read(from).map_err(|e| Failure::file("reading", from, &e))?);
    data::write_new(to, &bytes, private)
}
