//! `vouchsafe device …`: one device.

mod history;
mod moved;
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
    /// State where a device is, whose it is, or in whose hands
    Move(moved::MoveArgs),
}

impl DeviceCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Show(args) => args.run(context),
            Self::History(args) => args.run(context),
            Self::Move(args) => args.run(context),
        }
    }
}
