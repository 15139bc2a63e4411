//! `vouchsafe token …`: bearer tokens of a server. The log holds a token's hash; the token itself is printed once.

use base64ct::{Base64UrlUnpadded, Encoding};
use clap::{Args, Subcommand, ValueEnum};
use evidence::SourceId;
use evidence::facts::sources::{TokenIssued, TokenRevoked};
use tlog::Hash;
use zeroize::Zeroizing;

use super::Context;
use crate::author::AuthorArgs;
use crate::clock::{self, random};
use crate::failure::{Failure, Verdict};

/// Begins every token, so that scanners for leaked secrets find it.
const PREFIX: &str = "vouchsafe_";
/// Seconds of a day.
const DAY: u64 = 86_400;

#[derive(Subcommand, Debug)]
pub(crate) enum TokenCommand {
    /// Issue a token; it is printed once
    Issue(IssueArgs),
    /// Revoke a token
    Revoke(RevokeArgs),
}

/// What a token opens. A statement needs its author's signature besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// Asking
    Read,
    /// Sending documents and entries
    Write,
}

impl Scope {
    const fn word(self) -> &'static str {
        match self {
            Self::Read => server::api::token::READ,
            Self::Write => server::api::token::WRITE,
        }
    }
}

/// Issue a token; it is printed once
#[derive(Args, Debug)]
pub(crate) struct IssueArgs {
    /// On whose behalf it reads and sends: the identifier that `source enrol` and `source list` print
    source: SourceId,
    /// What it opens: `read` to ask, `write` to send documents and entries; give it once for each
    #[arg(long, value_enum, default_values_t = [Scope::Read])]
    scope: Vec<Scope>,
    /// Days until it expires
    #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=3660))]
    days: u64,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    label: String,
    #[command(flatten)]
    author: AuthorArgs,
}

/// Revoke a token
#[derive(Args, Debug)]
pub(crate) struct RevokeArgs {
    /// SHA-256 of the token, as `token issue` printed it
    token: String,
    #[command(flatten)]
    author: AuthorArgs,
}

impl TokenCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::Issue(args) => args.run(context),
            Self::Revoke(args) => args.run(context),
        }
    }
}

impl IssueArgs {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let secret = Zeroizing::new(random::<32>()?);
        let token = Zeroizing::new(format!("{PREFIX}{}", Base64UrlUnpadded::encode_string(&*secret)));
        let hash = Hash::of(token.as_bytes());
        let expires = clock::now().plus(self.days * DAY);
        let fact = TokenIssued {
            source: self.source,
            token: hash,
            scopes: self.scope.iter().map(|scope| scope.word().to_owned()).collect(),
            expires,
            label: self.label.clone(),
        };
        let stated = self.author.state(context, |_| Ok(fact.into()))?;
        let extra = [
            ("token", token.to_string()),
            ("sha256", hash.to_string()),
            ("source", self.source.to_string()),
            ("expires", expires.to_string()),
        ];
        stated.report(context, "Issued a token. It is shown this once and kept nowhere.", &extra)?;
        Ok(Verdict::Holds)
    }
}

impl RevokeArgs {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let token = Hash::from_hex(&self.token).map_err(|e| {
            Failure::input("reading the hash of the token", e).hint(
                "give the SHA-256 that `token issue` printed, not the token: arguments are visible to others",
            )
        })?;
        let stated = self.author.state(context, |_| Ok(TokenRevoked { token }.into()))?;
        stated.report(context, "Revoked the token.", &[("sha256", token.to_string())])?;
        Ok(Verdict::Holds)
    }
}
