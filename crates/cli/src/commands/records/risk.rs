//! `vouchsafe risk`: the risks of the product by its policy, before and after control.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use records::command::{self, Status, TraceFormat};

use super::check::KnownArgs;
use super::{failed, root};
use crate::commands::Context;
use crate::failure::Failure;

/// Forms of the risks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// RFC 4180, one row a risk
    Csv,
    /// A page: matrices whose counts link to their lists, and every risk
    Html,
    /// Both matrices as a picture, with the lists
    Svg,
}

#[derive(Args, Debug)]
pub(crate) struct RiskArgs {
    /// Write in another form
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<As>,
    #[command(flatten)]
    known: KnownArgs,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl RiskArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let format = match self.form {
            Some(As::Csv) => TraceFormat::Csv,
            Some(As::Html) => TraceFormat::Html,
            Some(As::Svg) => TraceFormat::Svg,
            None if context.ui.is_json() => TraceFormat::Json,
            None => TraceFormat::Text,
        };
        let check = self.known.known(context, &root(self.root)?)?;
        command::risk(command::Risk { check, format }, out).map_err(failed("evaluating the risks"))
    }
}
