//! `vouchsafe init`, `new` and `fmt`: writing single records.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use records::command::{self, Status};

use super::{failed, root};
use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Name of the product
    #[arg(long)]
    name: String,
    /// Profiles to begin with [default: all but part11]
    #[arg(long, value_name = "PROFILE", num_args = 1..)]
    profiles: Option<Vec<String>>,
    /// Folder to begin in
    #[arg(default_value = ".")]
    folder: PathBuf,
}

impl InitArgs {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Status, Failure> {
        let options = command::Init { root: self.folder, name: self.name, profiles: self.profiles };
        command::init(&options, out).map_err(failed("beginning a product file"))
    }
}

#[derive(Args, Debug)]
pub(crate) struct NewArgs {
    /// Kind of the record; `vouchsafe explain kinds` lists them
    kind: String,
    /// Its title
    title: String,
    /// Its id [default: the prefix of the kind and the next number]
    #[arg(long)]
    id: Option<String>,
    /// Folder it goes to
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl NewArgs {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Status, Failure> {
        let Self { kind, title, id, folder, root: given } = self;
        let options = command::New { root: root(given)?, kind, title, id, folder };
        command::new(&options, out).map_err(failed("writing the record"))
    }
}

#[derive(Args, Debug)]
pub(crate) struct FmtArgs {
    /// Only say which files would change
    #[arg(long)]
    check: bool,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl FmtArgs {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Status, Failure> {
        let options = command::Fmt { root: root(self.root)?, check: self.check };
        command::fmt(&options, out).map_err(failed("formatting the records"))
    }
}
