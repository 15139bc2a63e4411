//! `vouchsafe fleet …`: many devices at once.

pub(super) mod ask;
mod attach;
mod count;
mod import;
mod known;
mod list;
pub(super) mod place;
mod simulate;

use clap::Subcommand;

use super::Context;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum FleetCommand {
    /// List the devices a condition holds for
    List(list::ListArgs),
    /// Count the devices a condition holds for, by how their state is known
    Count(count::CountArgs),
    /// Import devices from a list of another system
    Import(import::ImportArgs),
    /// Attach enrolled devices to the declared devices that they are
    Attach(attach::AttachArgs),
    /// Let a simulated fleet report to a running server
    Simulate(Box<simulate::SimulateArgs>),
}

impl FleetCommand {
    /// Whether the results can be a table.
    pub(crate) const fn has_csv(&self) -> bool {
        matches!(self, Self::List(_))
    }

    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::List(args) => args.run(context),
            Self::Count(args) => args.run(context),
            Self::Import(args) => args.run(context),
            Self::Attach(args) => args.run(context),
            Self::Simulate(args) => args.run(context),
        }
    }
}
