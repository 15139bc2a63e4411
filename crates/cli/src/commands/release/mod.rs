//! `vouchsafe release …`: what was made, from which baseline, of which components, and what devices running it measure.

mod diff;
mod gather;
mod known;
mod lists;
mod look;
mod make;
pub(crate) mod moment;
mod notes;
mod project;
mod quality;
mod records;
mod system;

pub(crate) use known::{Found, Source, choose};
pub(crate) use look::{contents, table};
pub(crate) use project::Scope;

use clap::Subcommand;

use super::Context;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum ReleaseCommand {
    /// State a release of an item: what was built, of what, and what devices running it measure
    Make(make::MakeArgs),
    /// State which item releases were verified together
    System(system::SystemArgs),
    /// State that a release must not be installed any more
    Withdraw(notes::WithdrawArgs),
    /// State until when an item, or one version of it, is supported
    Support(notes::SupportArgs),
    /// Set the digests that a site or the maker accepts for configuration it owns, such as a drug library
    ReferenceList(lists::ReferenceListArgs),
    /// List releases
    List(look::ListArgs),
    /// Show a release: its files, components, measurements, results, and what it lacks
    Show(look::ShowArgs),
    /// Compare two releases of an item
    Diff(diff::DiffArgs),
}

impl ReleaseCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Make(args) => args.run(context),
            Self::System(args) => args.run(context),
            Self::Withdraw(args) => args.run(context),
            Self::Support(args) => args.run(context),
            Self::ReferenceList(args) => args.run(context),
            Self::List(args) => args.run(context),
            Self::Show(args) => args.run(context),
            Self::Diff(args) => args.run(context),
        }
    }
}
