//! `vouchsafe watch`: checks again whenever a file of the product changed. It polls: names, sizes and times of the files
//! are compared a few times a second, which works on every file system and needs no limit of the kernel raised.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use records::command::{self, Status};
use records::tree::{Print, print_of};

use super::check::KnownArgs;
use super::{failed, root};
use crate::commands::Context;
use crate::failure::{self, Failure};

#[derive(Args, Debug)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    known: KnownArgs,
    /// Milliseconds between two looks
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    every: u64,
    /// End after so many checks, with the status of the last
    #[arg(long, value_name = "N")]
    checks: Option<u64>,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl WatchArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let root = root(self.root)?;
        let mut seen: Option<Print> = None;
        let mut done = 0;
        loop {
            let now = print_of(&root);
            if seen.as_ref() != Some(&now) {
                let options =
                    command::Check { format: super::format(context), ..self.known.known(context, &root)? };
                // While somebody types, the configuration may be in pieces: that is said, and ends nothing.
                let status = match command::check(options, out).map_err(failed("checking the records")) {
                    Ok(status) => status,
                    Err(failure) if failure.kind == failure::Kind::Input => {
                        context.ui.failed(&failure);
                        Status::BadInput
                    }
                    Err(failure) => return Err(failure),
                };
                writeln!(out).and_then(|()| out.flush()).map_err(|e| failure::output(&e))?;
                seen = Some(now);
                done += 1;
                if self.checks.is_some_and(|checks| done >= checks) {
                    return Ok(status);
                }
            }
            std::thread::sleep(Duration::from_millis(self.every));
        }
    }
}
