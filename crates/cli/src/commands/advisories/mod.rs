//! `vouchsafe advisories …`: what publishers say about vulnerabilities, taken in, kept up to date, looked at.

mod add;
mod documents;
mod fetch;
mod look;
mod present;
mod report;
mod schedule;
mod take;
mod watch;

use clap::Subcommand;

use super::Context;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum AdvisoriesCommand {
    /// Take in advisories, VEX documents and the catalogue of exploited vulnerabilities
    Add(add::AddArgs),
    /// Take in addresses again and again
    Watch(watch::WatchArgs),
    /// List advisories
    List(look::ListArgs),
    /// Show an advisory: what it says about which versions
    Show(look::ShowArgs),
    /// List feeds: when each answered last, and which are stale
    Feeds(look::FeedsArgs),
}

impl AdvisoriesCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Add(args) => args.run(context),
            Self::Watch(args) => args.run(context),
            Self::List(args) => args.run(context),
            Self::Show(args) => args.run(context),
            Self::Feeds(args) => args.run(context),
        }
    }
}
