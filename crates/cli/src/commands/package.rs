//! `vouchsafe package`: one file for an auditor, with entries, proofs, tables, figures and documents.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use evidence::Time;
use ledger::TreeView;
use ledger::ports::Log;
use report::{Built, Origin, Request, Scope, build};
use serde_json::json;

use super::Context;
use crate::archive::Subject;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Make an audit package: one file that anyone can verify offline
///
/// Holds the entries that the scope needs, under the log's checkpoint; all others are hashes. `vouchsafe verify` reads it
/// (docs/spec/package.md). The same scope, moments and checkpoint give the same bytes.
#[derive(Args, Debug)]
pub(crate) struct PackageArgs {
    /// What it is about: release:VERSION, device:ID, period:FROM..TO (RFC 3339) or all
    #[arg(long, value_name = "SCOPE")]
    scope: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// When it was so, RFC 3339 in UTC [default: the log time of what was known]
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// What was known: a log size, or a time [default: everything]
    #[arg(long, value_name = "SIZE|TIME")]
    known: Option<String>,
    /// Under the newest checkpoint that witnesses have cosigned
    #[arg(long)]
    witnessed: bool,
    /// Leave out the documents
    #[arg(long)]
    no_documents: bool,
}

/// A log size from a size or a time.
pub(super) fn known_size(text: &str, world: &world::World, size: u64) -> Result<u64, Failure> {
    if let Ok(size) = text.parse::<u64>() {
        return Ok(size);
    }
    let doing = format!("reading `--known {}`", text::printable(text, 60));
    let time: Time = text.parse().map_err(|_| {
        Failure::input(doing, "it is neither a log size nor a time such as 2026-11-20T12:00:00Z")
    })?;
    Ok(world.clock().size_at(time, size))
}

impl PackageArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let scope: Scope = self.scope.parse()?;
        if self.out.exists() {
            let doing = format!("writing the package {}", self.out.display());
            return Err(Failure::input(doing, "the file exists").hint("name a file that does not exist yet"));
        }
        // The checkpoint first: a log that is being written to is then loaded at least as far.
        let subject = Subject::of(&context.data.reader()?, self.witnessed)?;
        let (log, loaded) = context.data.load()?;
        let log: Arc<dyn Log> = log;
        let size = subject.checkpoint.size;
        let known = self.known.as_deref().map(|k| known_size(k, &loaded.world, size)).transpose()?;
        let tree = TreeView::new(Arc::new(loaded.edge), log.clone());
        let (blobs, at) = (context.data.blobs()?, self.at);
        let origin =
            Origin { log: &*log, blobs: &blobs, world: &loaded.world, tree, checkpoint: subject.note };
        let request = Request { scope, at, known, documents: !self.no_documents };
        let bar = context.ui.progress("Gathering entries", size);
        let built = write(&origin, &request, &self.out, |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        self.say(context, &built)?;
        Ok(Verdict::Holds)
    }

    fn say(&self, context: &Context, built: &Built) -> Result<(), Failure> {
        let (ui, index) = (&context.ui, &built.evidence.index);
        let digest = built.evidence.digest.to_string();
        if built.lacks_design() {
            ui.note(ui.warn(
                "No record of the design is in it: nothing was stated of the product and line of the release or its baseline.",
            ));
        }
        if ui.is_json() {
            return ui.json(&json!({
                "written": self.out.display().to_string(), "bytes": built.bytes, "scope": index.scope.to_string(),
                "digest": digest, "origin": index.origin, "at": index.at,
                "known": { "size": index.known.size, "time": index.known.time },
                "size": index.tree.size, "root": index.tree.root, "entries": index.entries.held,
                "left_out": index.entries.left_out, "tables": index.tables.len(), "figures": index.figures.len(),
                "documents": built.documents.iter().map(|d| &d.path).collect::<Vec<_>>(),
            }));
        }
        ui.print(ui.good(&format!("Wrote {}.", self.out.display())))?;
        let documents = built
            .documents
            .iter()
            .map(|d| format!("{} ({})", d.title, text::plural(d.pages, "page", "pages")));
        let documents = documents.collect::<Vec<_>>().join("\n");
        let mut pairs = vec![
            ("about", text::printable(&index.about, 200)),
            (
                "when",
                format!("as it was at {}, as known at size {}", index.at, text::count(index.known.size)),
            ),
            (
                "entries",
                format!(
                    "{}; {} more of the log are hashes",
                    text::count(index.entries.held),
                    text::count(index.entries.left_out)
                ),
            ),
            ("digest", digest),
            ("bytes", text::count(built.bytes)),
        ];
        if !documents.is_empty() {
            pairs.push(("documents", documents));
        }
        if !index.missing_blobs.is_empty() {
            pairs.push((
                "missing",
                format!(
                    "{}, listed in index.json",
                    text::plural(index.missing_blobs.len() as u64, "blob", "blobs")
                ),
            ));
        }
        ui.pairs(&pairs)?;
        ui.note(format!(
            "\nVerify it anywhere: vouchsafe verify {} --policy {}",
            self.out.display(),
            context.data.policy_file().display()
        ));
        Ok(())
    }
}

/// Writes beside the target first, so that there is a whole package under its name or none.
pub(crate) fn write(
    origin: &Origin<'_>,
    request: &Request,
    out: &Path,
    progress: impl FnMut(u64, u64),
) -> Result<Built, Failure> {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = out.with_file_name(name);
    let fail = |e: &std::io::Error| Failure::file("writing the package", &part, e);
    let file = File::create_new(&part).map_err(|e| fail(&e))?;
    let made = build(origin, request, BufWriter::with_capacity(1 << 20, file), progress)
        .map_err(Failure::from)
        .and_then(|(out, built)| {
            let file = out.into_inner().map_err(|e| fail(e.error()))?;
            file.sync_all().map_err(|e| fail(&e))?;
            Ok(built)
        });
    // A name that was taken meanwhile is not overwritten.
    let moved = made.and_then(|built| {
        fs::hard_link(&part, out).map_err(|e| Failure::file("writing the package", out, &e)).map(|()| built)
    });
    // Half a package is none; that it cannot be removed changes nothing about the outcome.
    let _ = fs::remove_file(&part);
    moved
}
