//! `vouchsafe source rotate` and `revoke`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use evidence::facts::sources::{KeyRevoked, KeyRotated, RevocationCause};
use evidence::{KeyId, SourceId, SourceKind, Time};
use tlog::Hash;
use world::World;

use super::super::Context;
use super::enrol::{Use, public_key};
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};

/// Give a source another key
#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    /// Whose key
    source: SourceId,
    /// The new public key
    #[arg(value_name = "FILE.pub")]
    public_key: PathBuf,
    /// Id of the key it replaces [default: the only one that is valid]
    #[arg(long, value_name = "KEY")]
    old: Option<String>,
    /// How the key signs [default: ssh for people, cose for programs]
    #[arg(long = "use", value_enum)]
    purpose: Option<Use>,
    #[command(flatten)]
    author: AuthorArgs,
}

/// Why a key is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Cause {
    /// Someone else may have the key
    Compromised,
    /// The key cannot be used any more
    Lost,
    /// Another key took its place
    Superseded,
    /// The source no longer acts
    Ceased,
}

/// Revoke a key; what it signed before stays valid
#[derive(Args, Debug)]
pub(crate) struct RevokeArgs {
    /// Whose key
    source: SourceId,
    /// Id of the key [default: the only one that is valid]
    #[arg(long, value_name = "KEY")]
    key_id: Option<String>,
    /// Why
    #[arg(long, value_enum)]
    cause: Cause,
    /// Since when it is in doubt: what it signed since is flagged
    #[arg(long, value_name = "TIME")]
    doubtful_since: Option<Time>,
    #[command(flatten)]
    author: AuthorArgs,
}

/// The key meant: as told, or the only valid one of the source.
fn key_id(told: Option<&str>, source: &SourceId, world: Option<&World>) -> Result<KeyId, Failure> {
    let doing = format!("finding the key of {source}");
    if let Some(told) = told {
        return Hash::from_hex(told)
            .map_err(|e| Failure::input(doing, e).hint("`vouchsafe source show` lists key ids"));
    }
    let Some(world) = world else {
        return Err(
            Failure::input(doing, "there is no data directory at hand to look it up").hint("give its id")
        );
    };
    let known =
        world.sources().get(source).ok_or_else(|| Failure::input(&doing, "the source is not enrolled"))?;
    let mut valid = known.keys_at(world.size());
    match (valid.next(), valid.next()) {
        (Some(key), None) => Ok(key.id),
        (None, _) => Err(Failure::input(doing, "it has no valid key").hint("give the id of the key")),
        (Some(_), Some(_)) => {
            Err(Failure::input(doing, "it has several valid keys").hint("give the id of the key"))
        }
    }
}

impl RotateArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let person = self.source.kind() == SourceKind::Person;
        let purpose = self.purpose.unwrap_or(if person { Use::Ssh } else { Use::Cose });
        let new = public_key(&self.public_key, purpose)?;
        let id = new.id();
        let stated = self.author.state(context, |world| {
            let old = key_id(self.old.as_deref(), &self.source, world)?;
            Ok(KeyRotated { source: self.source, old, new, possession: None }.into())
        })?;
        let extra = [("source", self.source.to_string()), ("key", id.to_string())];
        stated.report(context, "Rotated the key. The old one signs no more.", &extra)?;
        Ok(Verdict::Holds)
    }
}

impl RevokeArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let cause = match self.cause {
            Cause::Compromised => RevocationCause::Compromised,
            Cause::Lost => RevocationCause::Lost,
            Cause::Superseded => RevocationCause::Superseded,
            Cause::Ceased => RevocationCause::Ceased,
        };
        let stated = self.author.state(context, |world| {
            let key = key_id(self.key_id.as_deref(), &self.source, world)?;
            Ok(KeyRevoked { source: self.source, key, cause, doubtful_since: self.doubtful_since }.into())
        })?;
        let done = "Revoked the key. What it signed before stays valid; what it signs later is quarantined.";
        stated.report(context, done, &[("source", self.source.to_string())])?;
        Ok(Verdict::Holds)
    }
}
