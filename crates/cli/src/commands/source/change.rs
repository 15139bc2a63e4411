//! `vouchsafe source rename`, `suspend`, `reinstate` and `roles`.

use clap::Args;
use evidence::facts::sources::{RolesChanged, SourceReinstated, SourceRenamed, SourceSuspended};
use evidence::{Fact, SourceId};

use super::super::Context;
use super::role;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};

/// Change the printed name of a source
#[derive(Args, Debug)]
pub(crate) struct RenameArgs {
    /// Whose name
    source: SourceId,
    /// The name from now on
    name: String,
    #[command(flatten)]
    author: AuthorArgs,
}

/// Keep a source from speaking
#[derive(Args, Debug)]
pub(crate) struct SuspendArgs {
    /// Who
    source: SourceId,
    #[command(flatten)]
    author: AuthorArgs,
}

/// Let a suspended source speak again
#[derive(Args, Debug)]
pub(crate) struct ReinstateArgs {
    /// Who
    source: SourceId,
    #[command(flatten)]
    author: AuthorArgs,
}

/// Give a source other roles
#[derive(Args, Debug)]
pub(crate) struct RolesArgs {
    /// Whose roles
    source: SourceId,
    /// All roles it has from now on; none takes all away
    #[arg(value_parser = role)]
    roles: Vec<String>,
    #[command(flatten)]
    author: AuthorArgs,
}

fn state(
    context: &Context,
    author: &AuthorArgs,
    source: SourceId,
    fact: impl Into<Fact>,
    done: &str,
) -> Result<Verdict, Failure> {
    let stated = author.state(context, |_| Ok(fact.into()))?;
    stated.report(context, done, &[("source", source.to_string())])?;
    Ok(Verdict::Holds)
}

impl RenameArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let fact = SourceRenamed { source: self.source, name: self.name };
        state(
            context,
            &self.author,
            self.source,
            fact,
            "Renamed the source. Earlier entries keep the earlier name.",
        )
    }
}

impl SuspendArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let fact = SourceSuspended { source: self.source };
        state(
            context,
            &self.author,
            self.source,
            fact,
            "Suspended the source. What it says now is quarantined.",
        )
    }
}

impl ReinstateArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let fact = SourceReinstated { source: self.source };
        state(context, &self.author, self.source, fact, "Reinstated the source.")
    }
}

impl RolesArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let fact = RolesChanged { source: self.source, roles: self.roles };
        state(context, &self.author, self.source, fact, "Changed the roles.")
    }
}
