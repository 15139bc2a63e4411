//! `vouchsafe source …`: who may speak. Each change is a fact, signed by an administrator's own key.

mod change;
mod enrol;
mod keys;
mod look;

use clap::Subcommand;

use super::Context;
use crate::failure::{Failure, Verdict};

#[derive(Subcommand, Debug)]
pub(crate) enum SourceCommand {
    /// Enrol a person, service, CI job, gateway or station
    Enrol(enrol::EnrolArgs),
    /// Give a source another key
    Rotate(keys::RotateArgs),
    /// Revoke a key; what it signed before stays valid
    Revoke(keys::RevokeArgs),
    /// Change the printed name of a source
    Rename(change::RenameArgs),
    /// Keep a source from speaking
    Suspend(change::SuspendArgs),
    /// Let a suspended source speak again
    Reinstate(change::ReinstateArgs),
    /// Give a source other roles
    Roles(change::RolesArgs),
    /// List sources
    List(look::ListArgs),
    /// Show one source with its history
    Show(look::ShowArgs),
}

impl SourceCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Enrol(args) => args.run(context),
            Self::Rotate(args) => args.run(context),
            Self::Revoke(args) => args.run(context),
            Self::Rename(args) => args.run(context),
            Self::Suspend(args) => args.run(context),
            Self::Reinstate(args) => args.run(context),
            Self::Roles(args) => args.run(context),
            Self::List(args) => args.run(context),
            Self::Show(args) => args.run(context),
        }
    }
}

/// A role that exists.
fn role(text: &str) -> Result<String, String> {
    let known = ledger::authorise::ROLES;
    if known.iter().any(|(name, _)| *name == text) {
        return Ok(text.to_owned());
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    Err(format!("there is no such role; there are {}", names.join(", ")))
}
