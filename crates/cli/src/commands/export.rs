//! `vouchsafe export`: what the log amounts to, for other people's tools. Records for tools of requirements: `records::export`.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use evidence::Time;
use records::command::Status;
use serde_json::json;

use super::Context;
use super::package::known_size;
use crate::failure::Failure;
use crate::text;

/// Write records for another tool, or everything into a SQLite database
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ExportChoice {
    #[command(subcommand)]
    to: Option<ExportCommand>,
    #[command(flatten)]
    records: super::records::ExportArgs,
}

#[derive(Subcommand, Debug)]
enum ExportCommand {
    /// Write a SQLite database with entries, sources, keys, releases, devices, findings and records
    Sqlite(SqliteArgs),
}

/// Write a SQLite database that anyone's SQL tool reads (docs/export.md)
///
/// A view, not the truth: the log is. Each row cites the entries it rests on.
#[derive(Args, Debug)]
struct SqliteArgs {
    /// The file to write
    file: PathBuf,
    /// When it was so, RFC 3339 in UTC [default: the log time of what was known]
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// What was known: a log size, or a time [default: everything]
    #[arg(long, value_name = "SIZE|TIME")]
    known: Option<String>,
}

impl ExportChoice {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        match self.to {
            Some(ExportCommand::Sqlite(args)) => args.run(context).map(|()| Status::Holds),
            None => self.records.run(context, out),
        }
    }
}

impl SqliteArgs {
    fn run(self, context: &Context) -> Result<(), Failure> {
        if self.file.exists() {
            let doing = format!("exporting to {}", self.file.display());
            return Err(Failure::input(doing, "the file exists").hint("name a file that does not exist yet"));
        }
        let (log, loaded) = context.data.load()?;
        let size = loaded.head.size;
        let known = self.known.as_deref().map(|k| known_size(k, &loaded.world, size)).transpose()?;
        let blobs = context.data.blobs()?;
        let bar = context.ui.progress("Writing entries", size);
        let written = report::sqlite::export(&*log, &blobs, &loaded.world, self.at, known, &self.file, |n| {
            bar.set_position(n);
        });
        bar.finish_and_clear();
        let written = match written {
            Ok(written) => written,
            Err(e) => {
                // Half an export is none.
                let _ = std::fs::remove_file(&self.file);
                return Err(e.into());
            }
        };
        let ui = &context.ui;
        if ui.is_json() {
            ui.json(&json!({
                "written": self.file.display().to_string(), "at": written.at.to_string(), "known": { "size": written.known },
                "rows": written.rows,
            }))?;
            return Ok(());
        }
        ui.print(ui.good(&format!("Wrote {}.", self.file.display())))?;
        let rows: Vec<(&str, String)> =
            written.rows.iter().map(|(table, n)| (table.as_str(), text::count(*n))).collect();
        ui.pairs(&rows)
    }
}
