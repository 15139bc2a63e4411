//! `vouchsafe check`: the rules of the product's profiles over the records at hand.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use records::command::{self, AskHistory, Check, Claims, Status};
use records::named::{results_of_names, worst_of_each};
use records::render;
use views::design::Design;

use super::at::{self, AtArgs};
use super::others::OthersArgs;
use super::results::{About, Results};
use super::signatures::Signatures;
use super::{failed, measured, past, results, root};
use crate::commands::Context;
use crate::failure::{self, Failure};
use crate::git::{Git, History};

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

/// What is known beside the records: results, coverage, analyses, history.
#[derive(Args, Debug, Default)]
pub(super) struct KnownArgs {
    /// JUnit reports of the run at hand; their tests are bound to the present revisions
    #[arg(long, value_name = "FILE", num_args = 1..)]
    results: Vec<PathBuf>,
    /// The reports are of this commit: bind them to the records and the code of then
    #[arg(long, value_name = "REV", requires = "results")]
    results_of: Option<String>,
    /// Coverage of the run at hand: lcov tracefiles or Cobertura XML
    #[arg(long, value_name = "FILE", num_args = 1..)]
    coverage: Vec<PathBuf>,
    /// Reports of static analysis of the code at hand: SARIF 2.1.0
    #[arg(long, value_name = "FILE", num_args = 1..)]
    analysis: Vec<PathBuf>,
    /// Commit that was tested and measured, where reports do not say [default: the present one, when nothing is changed]
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// Artefact that was tested: a file, of which the SHA-256 is taken
    #[arg(long, value_name = "FILE")]
    artefact: Option<PathBuf>,
    /// Demand a history of the repository, and believe the times of reports whose commit is not in it; without this it is
    /// read where there is one and a rule of order depends on it
    #[arg(long)]
    history: bool,
    /// Do not look into the history of the repository
    #[arg(long, conflicts_with = "history")]
    no_history: bool,
    #[command(flatten)]
    others: OthersArgs,
}

impl KnownArgs {
    /// Whether anything was given.
    const fn any(&self) -> bool {
        let given = !(self.results.is_empty() && self.coverage.is_empty() && self.analysis.is_empty());
        let asked = self.history || self.no_history || self.others.any();
        given || self.commit.is_some() || self.artefact.is_some() || asked
    }

    /// Everything `check` takes, for the product in a folder.
    pub(super) fn known(&self, context: &Context, root: &Path) -> Result<Check, Failure> {
        let signatures = Signatures::of(root)?;
        signatures.warnings().iter().for_each(|warning| context.ui.note(warning));
        let mut check = Check {
            root: root.to_path_buf(),
            approvals: signatures.approvals(),
            signed_editorial: signatures.editorial(),
            ..Check::default()
        };
        let given = !(self.results.is_empty() && self.coverage.is_empty() && self.analysis.is_empty());
        let git = (given || self.history).then(|| Git::find(root)).flatten();
        let mut commit = String::new();
        if let Some(git) = &git {
            check.commit = git.resolve("HEAD").unwrap_or_default();
            commit = match &self.commit {
                Some(name) => git.resolve(name)?,
                // What is not committed is of no commit.
                None if git.changed()?.is_empty() => check.commit.clone(),
                None => String::new(),
            };
        } else if let Some(name) = &self.commit {
            commit.clone_from(name);
        }
        let about =
            About { commit, artefact: self.artefact.as_deref().map(digest).transpose()?.unwrap_or_default() };
        let Results { mut of_cases, of_names } = results::read(&self.results, &about)?;
        check.measured = measured::all(&self.coverage, &self.analysis, &about)?;
        if let Some(name) = &self.results_of {
            let git = Git::want(root)?;
            let commit = git.resolve(name)?;
            let then = past::tree_at(root, &git, &commit)?;
            of_cases = worst_of_each(of_cases, results_of_names(&then.set, &of_names));
            for result in &mut of_cases {
                result.bind(&then.set);
                if result.commit.is_empty() {
                    result.commit = (&*commit).into();
                }
            }
            check.results = of_cases;
        } else {
            (check.results_at_hand, check.tests_at_hand) = (of_cases, of_names);
        }
        check.others = self.others.others(context, root)?;
        if self.history {
            Git::want(root)?;
        }
        if !self.no_history {
            let (root, files) = (root.to_path_buf(), signatures.places());
            let by_report = self.history;
            let mut history = AskHistory::new(move |set| {
                // No repository, no claims.
                let Some(git) = Git::find(&root) else { return Ok(Claims::default()) };
                let claims = past::claims(set, &files, &git).map_err(|failure| failure.message)?;
                Ok(Claims { by_report, ..claims })
            });
            history.always = by_report;
            check.history = Some(history);
        }
        Ok(check)
    }
}

/// SHA-256 of a file.
pub(super) fn digest(path: &Path) -> Result<String, Failure> {
    let mut file = std::fs::File::open(path).map_err(|e| Failure::file("reading the artefact", path, &e))?;
    records::digest::Digest::of_reader(&mut file)
        .map(|digest| digest.to_string())
        .map_err(|e| Failure::file("reading the artefact", path, &e))
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Write for another tool instead
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<As>,
    /// Show every gap, not the first of each rule
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    known: KnownArgs,
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
            if self.ratchet.is_some() || self.known.any() {
                let problem = "`--ratchet` and what is known beside the records go with a working tree";
                return Err(Failure::input("checking the records of the log", problem)
                    .hint("the results of a log are those that were pushed"));
            }
            return from_log(context, &design, format, self.all, out);
        }
        let root = root(self.root)?;
        let options = Check {
            ratchet: self.ratchet.map(|path| if path.is_absolute() { path } else { root.join(path) }),
            format,
            all: self.all,
            write_ratchet: self.write_ratchet,
            ..self.known.known(context, &root)?
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
