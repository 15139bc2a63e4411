//! `vouchsafe device …`: one device.

mod history;
mod show;

use clap::Subcommand;

use super::Context;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum DeviceCommand {
    /// Show what is known of a device, and how well
    Show(show::ShowArgs),
    /// Show a device over time
    History(history::HistoryArgs),
}

impl DeviceCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Show(args) => args.run(context),
            Self::History(args) => args.run(context),
        }
    }
}
