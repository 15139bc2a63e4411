//! `vouchsafe log export`: the log as one file, or as a static C2SP tree.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::Context;
use crate::archive::{Subject, write_file, write_tiles};
use crate::failure::{Failure, Verdict};
use crate::text;

/// Write the log as one file, or as a static tree of tiles
///
/// `vouchsafe verify` reads both. What is read from the store is re-hashed and compared with the checkpoint.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The file to write (docs/spec/log-export.md)
    #[arg(value_name = "FILE", required_unless_present = "tiles", conflicts_with = "tiles")]
    file: Option<PathBuf>,
    /// Write a static tree (C2SP tlog-tiles) into this directory instead
    #[arg(long, value_name = "DIR")]
    tiles: Option<PathBuf>,
    /// Export up to the newest checkpoint that witnesses have cosigned
    #[arg(long)]
    witnessed: bool,
}

impl ExportArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let log = context.data.reader()?;
        let subject = Subject::of(&log, self.witnessed)?;
        let bar = context.ui.progress("Writing entries", subject.checkpoint.size);
        let (target, bytes) = match (&self.file, &self.tiles) {
            (_, Some(dir)) => (dir, write_tiles(&log, &subject, dir, |n| bar.set_position(n))?),
            (Some(file), None) => (file, write_file(&log, &subject, file, |n| bar.set_position(n))?),
            (None, None) => {
                return Err(Failure::input("exporting", "neither a file nor `--tiles DIR` was given"));
            }
        };
        bar.finish_and_clear();
        let ui = &context.ui;
        let (size, root) = (subject.checkpoint.size, subject.checkpoint.root.to_string());
        let signatures = subject.note.signatures().len();
        if ui.is_json() {
            ui.json(&json!({
                "written": target.display().to_string(), "bytes": bytes, "origin": subject.checkpoint.origin,
                "size": size, "root": root, "signatures": signatures,
            }))?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.good(&format!("Wrote {}.", target.display())))?;
        ui.pairs(&[
            ("origin", subject.checkpoint.origin.clone()),
            ("entries", text::count(size)),
            ("root", root),
            (
                "signatures",
                format!("{} on the checkpoint, the log's among them", text::count(signatures as u64)),
            ),
            ("bytes", text::count(bytes)),
        ])?;
        ui.note(format!(
            "\nVerify it anywhere: vouchsafe verify {} --policy {}",
            target.display(),
            context.data.policy_file().display()
        ));
        Ok(Verdict::Holds)
    }
}
