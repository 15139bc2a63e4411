//! `vouchsafe source enrol`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use evidence::facts::sources::SourceEnrolled;
use evidence::keys::KeyUse;
use evidence::{PublicKey, SourceId, SourceKind};

use super::super::Context;
use super::role;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};
use crate::keys::read_public;

/// Kinds of source that are enrolled this way; devices are enrolled by stations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// An individual, who signs with a key nobody else holds
    Person,
    /// A service that acts for others, visibly
    Service,
    /// A continuous-integration job
    Ci,
    /// A gateway that relays devices' evidence
    Gateway,
    /// A station that enrols devices
    Station,
}

/// How a key signs entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Use {
    /// SSH signatures: people
    Ssh,
    /// COSE_Sign1: programs
    Cose,
}

/// Enrol a person, service, CI job, gateway or station
#[derive(Args, Debug)]
pub(crate) struct EnrolArgs {
    /// Public key of the new source: an OpenSSH .pub file (Ed25519, ECDSA P-256, security key)
    #[arg(value_name = "FILE.pub")]
    public_key: PathBuf,
    /// What it is
    #[arg(long, value_enum, default_value_t = Kind::Person)]
    kind: Kind,
    /// Printed name of a person, or what the program is called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A role it has; give it once for each role
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Vec<String>,
    /// How the key signs [default: ssh for people, cose for programs]
    #[arg(long = "use", value_enum)]
    purpose: Option<Use>,
    #[command(flatten)]
    author: AuthorArgs,
}

/// The key in a file, for the use it is enrolled with.
pub(super) fn public_key(path: &std::path::Path, purpose: Use) -> Result<PublicKey, Failure> {
    let key = read_public(path)?;
    match (purpose, key.purpose) {
        (Use::Ssh, _) => Ok(key),
        (Use::Cose, KeyUse::Ssh) => Ok(PublicKey { purpose: KeyUse::Cose, scope: None, ..key }),
        (Use::Cose, _) => Err(Failure::input(
            format!("enrolling {}", path.display()),
            "a security key makes SSH signatures only, no COSE",
        )
        .hint("give `--use ssh`")),
    }
}

impl EnrolArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let kind = match self.kind {
            Kind::Person => SourceKind::Person,
            Kind::Service => SourceKind::Service,
            Kind::Ci => SourceKind::Ci,
            Kind::Gateway => SourceKind::Gateway,
            Kind::Station => SourceKind::Station,
        };
        let purpose = self.purpose.unwrap_or(if kind == SourceKind::Person { Use::Ssh } else { Use::Cose });
        let key = public_key(&self.public_key, purpose)?;
        let source = SourceId::derive(kind, &key)
            .ok_or_else(|| Failure::input("enrolling", "devices are enrolled by stations"))?;
        let extra = [
            ("source", source.to_string()),
            ("name", self.name.clone()),
            ("roles", self.role.join(", ")),
            ("key", key.id().to_string()),
        ];
        let fact = SourceEnrolled {
            source,
            key,
            name: self.name.clone(),
            roles: self.role.clone(),
            // Only the holder of the key can make it; the statement stands without it.
            possession: None,
        };
        let stated = self.author.state(context, |_| Ok(fact.into()))?;
        stated.report(context, &format!("Enrolled {source}."), &extra)?;
        Ok(Verdict::Holds)
    }
}
