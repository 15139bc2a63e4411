//! Commands on design records in a working tree. Thin: options in, one call of the `records` library, its status out.

mod accept;
mod at;
mod check;
mod edit;
mod explain;
mod export;
mod impact;
mod import;
mod measured;
mod others;
mod past;
mod push;
mod results;
mod risk;
mod show;
mod sign;
mod signature;
mod signatures;
mod trace;
mod watch;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use records::command::{CommandError, Status};

pub(super) use export::ExportArgs;

use super::Context;
use crate::failure::{self, Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum RecordsCommand {
    /// Begin a product file here: vouchsafe.toml and a first record
    Init(edit::InitArgs),
    /// Say what is missing in the records, where, and which clause asks for it
    Check(check::CheckArgs),
    /// Show what is connected with what: requirements, controls, tests, results
    Trace(trace::TraceArgs),
    /// Say what changed since a commit, and what that touches
    Impact(impact::ImpactArgs),
    /// Check again whenever a file changed
    Watch(watch::WatchArgs),
    /// Show the risks by the policy of the product, before and after control
    Risk(risk::RiskArgs),
    /// Show one record with its links, results and gaps
    Show(show::ShowArgs),
    /// Accept links against the present revision of what they point at
    Accept(accept::AcceptArgs),
    /// Write a new record of a kind
    New(edit::NewArgs),
    /// Put the front matter of records into form
    Fmt(edit::FmtArgs),
    /// Sign the present revision of records with your own key
    Sign(sign::SignArgs),
    /// Hand signatures to others
    #[command(subcommand)]
    Signature(signature::SignatureCommand),
    /// State what this commit holds: records, accepted links, signatures, results
    Push(Box<push::PushArgs>),
    /// Take in the requirement set of another tool, again and again
    Import(import::ImportArgs),
    /// Write records for another tool, or everything into a SQLite database
    Export(super::export::ExportChoice),
    /// Explain a rule, kind, link or profile; or list `rules`, `kinds`, `links`, `profiles`, `clauses`
    Explain(explain::ExplainArgs),
    /// Write a JSON Schema, so that editors help with vouchsafe.toml and front matter
    Schema(explain::SchemaArgs),
}

impl RecordsCommand {
    pub(crate) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let mut out = io::stdout().lock();
        let out: &mut dyn Write = &mut out;
        let done = match self {
            Self::Init(args) => args.run(out),
            Self::Check(args) => args.run(context, out),
            Self::Trace(args) => args.run(context, out),
            Self::Impact(args) => args.run(context, out),
            Self::Watch(args) => args.run(context, out),
            Self::Risk(args) => args.run(context, out),
            Self::Show(args) => args.run(context, out),
            Self::Accept(args) => args.run(context, out),
            Self::New(args) => args.run(out),
            Self::Fmt(args) => args.run(out),
            Self::Push(args) => args.run(context, out),
            Self::Import(args) => args.run(context, out),
            Self::Export(args) => args.run(context, out),
            Self::Sign(args) => args.run(context, out),
            Self::Signature(command) => command.run(context, out),
            Self::Explain(args) => args.run(out),
            Self::Schema(args) => args.run(out),
        }?;
        match done {
            Status::Holds => Ok(Verdict::Holds),
            Status::Gaps => Ok(Verdict::DoesNotHold),
            Status::BadInput => {
                Err(Failure::input("reading the records", "some could not be read; they are named above"))
            }
        }
    }
}

/// The folder of `vouchsafe.toml`: the one given, else the nearest one upwards.
fn root(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return Ok(given);
    }
    let here = std::env::current_dir().map_err(|e| Failure::environment("finding the product file", e))?;
    let found = here.ancestors().find(|dir| dir.join("vouchsafe.toml").is_file()).map(Path::to_path_buf);
    found.ok_or_else(|| {
        Failure::input("finding the product file", "there is no vouchsafe.toml here or in any folder above")
            .hint("begin one with `vouchsafe init`, or name its folder with `--root`")
    })
}

/// Errors of the library as failures of the command line.
fn failed(doing: &str) -> impl Fn(CommandError) -> Failure + '_ {
    move |error| match error {
        CommandError::Output(e) => failure::output(&e),
        CommandError::Usage { what, fix } => Failure::input(doing, what).hint(fix),
        other if other.exit_status() == 2 => Failure::input(doing, other),
        other => Failure::environment(doing, other),
    }
}

/// Text or JSON, as asked for all commands.
fn format(context: &Context) -> records::render::Format {
    if context.ui.is_json() { records::render::Format::Json } else { records::render::Format::Text }
}
