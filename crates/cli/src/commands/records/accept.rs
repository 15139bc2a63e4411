//! `vouchsafe accept`: stamps links in `vouchsafe.lock` and says who did.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use records::command::{self, Status};

use super::others::OthersArgs;
use super::signatures::Signatures;
use super::{failed, root};
use crate::clock;
use crate::commands::Context;
use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct AcceptArgs {
    /// Records whose links are accepted
    #[arg(required_unless_present = "all")]
    ids: Vec<String>,
    /// Every link of every record
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Instead: the last change of these records was editorial
    #[arg(long)]
    editorial: bool,
    /// Who accepts: a name or role
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    others: OthersArgs,
}

impl AcceptArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let Self { ids, all, editorial, by, root: given, others } = self;
        let root = root(given)?;
        let beside = others.beside(context, &root, &Signatures::of(&root)?)?;
        let at = clock::claimed().to_string();
        let options = command::Accept { root, ids, all, editorial, by, at, beside };
        command::accept(&options, out).map_err(failed("accepting links"))
    }
}
