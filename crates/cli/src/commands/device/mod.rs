//! `vouchsafe device …`: one device.

mod anchor;
mod enrol;
mod history;
mod moved;
mod show;

use clap::Subcommand;

use super::Context;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum DeviceCommand {
    /// State devices that a station has at hand
    Enrol(Box<enrol::EnrolArgs>),
    /// Print what a station pins into each device
    Anchor(anchor::AnchorArgs),
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
            Self::Enrol(args) => args.run(context),
            Self::Anchor(args) => args.run(context),
            Self::Show(args) => args.run(context),
            Self::History(args) => args.run(context),
            Self::Move(args) => args.run(context),
        }
    }
}
