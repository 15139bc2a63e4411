//! `vouchsafe check`: the rules of the product's profiles over the records at hand.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use records::command::{self, Status};
use records::render;
use views::design::Design;

use super::at::{self, AtArgs};
use super::signatures::Signatures;
use super::{failed, results, root};
use crate::commands::Context;
use crate::failure::{self, Failure};

/// Forms that other tools read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// SARIF 2.1.0
    Sarif,
    /// JUnit XML, one test case a rule
    Junit,
    /// Workflow annotations of GitHub Actions
    Github,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Write for another tool instead
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<As>,
    /// Show every gap, not the first of each rule
    #[arg(long)]
    all: bool,
    /// JUnit reports of the run at hand; their tests are bound to the present revisions
    #[arg(long, value_name = "FILE", num_args = 1..)]
    results: Vec<PathBuf>,
    /// Fail only on gaps that this file does not list
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "vouchsafe.known-gaps")]
    ratchet: Option<PathBuf>,
    /// Write the present gaps to the file of known gaps
    #[arg(long, requires = "ratchet")]
    write_ratchet: bool,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    at: AtArgs,
}

impl CheckArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let format = match self.form {
            Some(As::Sarif) => render::Format::Sarif,
            Some(As::Junit) => render::Format::Junit,
            Some(As::Github) => render::Format::Github,
            None => super::format(context),
        };
        if let Some(design) = self.at.design(context)? {
            if self.ratchet.is_some() || !self.results.is_empty() {
                let problem = "`--ratchet` and `--results` go with a working tree";
                return Err(Failure::input("checking the records of the log", problem)
                    .hint("the results of a log are those that were pushed"));
            }
            return from_log(context, &design, format, self.all, out);
        }
        let root = root(self.root)?;
        let mut results_at_hand = Vec::new();
        for path in &self.results {
            results_at_hand.extend(results::read(path)?);
        }
        let signatures = Signatures::of(&root)?;
        signatures.warnings().iter().for_each(|warning| context.ui.note(warning));
        let options = command::Check {
            ratchet: self.ratchet.map(|path| if path.is_absolute() { path } else { root.join(path) }),
            root,
            format,
            all: self.all,
            results_at_hand,
            results: Vec::new(),
            approvals: signatures.approvals(),
            happenings: Vec::new(),
            write_ratchet: self.write_ratchet,
        };
        command::check(options, out).map_err(failed("checking the records"))
    }
}

fn from_log(
    context: &Context,
    design: &Design,
    format: render::Format,
    all: bool,
    out: &mut dyn Write,
) -> Result<Status, Failure> {
    if format == render::Format::Text {
        context.ui.note(at::said(design));
    }
    let (report, set) = (&design.report, design.evaluator.set());
    let view = render::View { report, set, root: None, all, known: 0 };
    render::write(&view, format, out).map_err(|e| failure::output(&e))?;
    Ok(match report.exit_status() {
        0 => Status::Holds,
        1 => Status::Gaps,
        _ => Status::BadInput,
    })
}
