//! `vouchsafe trace`: a matrix or graph between kinds of records.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use records::command::{self, Status, TraceFormat};

use super::at::{self, AtArgs};
use super::others::OthersArgs;
use super::signatures::Signatures;
use super::{failed, root};
use crate::commands::Context;
use crate::failure::Failure;

/// Forms of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// RFC 4180
    Csv,
    /// A table
    Html,
    /// A graph, one column a kind
    Svg,
}

#[derive(Args, Debug)]
pub(crate) struct TraceArgs {
    /// Kind of the rows, then kinds of the columns
    #[arg(required = true, num_args = 2..)]
    kinds: Vec<String>,
    /// Write in another form instead
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<As>,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    others: OthersArgs,
    #[command(flatten)]
    at: AtArgs,
}

impl TraceArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let format = match self.form {
            Some(As::Csv) => TraceFormat::Csv,
            Some(As::Html) => TraceFormat::Html,
            Some(As::Svg) => TraceFormat::Svg,
            None if context.ui.is_json() => TraceFormat::Json,
            None => TraceFormat::Text,
        };
        if let Some(design) = self.at.design(context)? {
            context.ui.note(at::said(&design));
            let traced = command::trace_set(design.evaluator.set(), &self.kinds, format, out);
            return traced.map_err(failed("tracing"));
        }
        let root = root(self.root)?;
        let beside = self.others.beside(context, &root, &Signatures::of(&root)?)?;
        let options = command::Trace { root, kinds: self.kinds, format, beside };
        command::trace(&options, out).map_err(failed("tracing"))
    }
}
