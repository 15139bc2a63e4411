//! `vouchsafe evidence …`: what devices said, brought by somebody else.

mod import;

use clap::Subcommand;

use super::Context;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum EvidenceCommand {
    /// Hand in what was collected from devices that have no connection
    Import(import::ImportArgs),
}

impl EvidenceCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Import(args) => args.run(context),
        }
    }
}
