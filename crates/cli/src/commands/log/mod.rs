//! `vouchsafe log …`: one file a command.

mod advance_clock;
mod backup;
mod export;
pub(crate) mod init;
mod prove;
mod recover;
mod rotate_key;
mod seal;
mod show;
mod timestamp;
mod verify;

use clap::Subcommand;

use super::Context;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum LogCommand {
    /// Make a new log: its keys, its first administrator, its configuration
    Init(init::InitArgs),
    /// Show the log, or one entry
    Show(show::ShowArgs),
    /// Verify everything that is stored, and name the first entry that is wrong
    Verify(verify::LogVerifyArgs),
    /// Write the log as one file, or as a static tree of tiles
    Export(export::ExportArgs),
    /// Prove one entry
    Prove(prove::ProveArgs),
    /// Have the newest checkpoint time-stamped by an authority (RFC 3161)
    Timestamp(timestamp::TimestampArgs),
    /// Copy the data directory while it is in use
    Backup(backup::BackupArgs),
    /// Let log time jump further than the bound, once
    AdvanceClock(advance_clock::AdvanceClockArgs),
    /// Sign checkpoints with a new key from now on
    RotateKey(rotate_key::RotateKeyArgs),
    /// Start a successor of a log that lost its tail or its trust
    Recover(recover::RecoverArgs),
    /// Seal the present states
    Seal(seal::SealArgs),
}

impl LogCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Init(args) => args.run(context),
            Self::Show(args) => args.run(context),
            Self::Verify(args) => args.run(context),
            Self::Export(args) => args.run(context),
            Self::Prove(args) => args.run(context),
            Self::Timestamp(args) => args.run(context),
            Self::Backup(args) => args.run(context),
            Self::AdvanceClock(args) => args.run(context),
            Self::RotateKey(args) => args.run(context),
            Self::Recover(args) => args.run(context),
            Self::Seal(args) => args.run(context),
        }
    }
}
