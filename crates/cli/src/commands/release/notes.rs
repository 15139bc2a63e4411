//! `vouchsafe release withdraw` and `support`: what is said of a release after it was made.

use clap::Args;
use evidence::Time;
use evidence::facts::release::{ReleaseWithdrawn, SupportEndSet};

use super::super::Context;
use super::known::{Source, choose};
use super::project::Scope;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};

/// State that a release must not be installed any more
///
/// Devices that run it stay known to run it: a withdrawal says what may be installed, not what is.
#[derive(Args, Debug)]
pub(crate) struct WithdrawArgs {
    /// Its version, or ITEM@VERSION
    version: String,
    /// The item
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    author: AuthorArgs,
}

/// State until when an item, or one version of it, is supported
#[derive(Args, Debug)]
pub(crate) struct SupportArgs {
    /// The version [default: every version that nothing else is said of]
    version: Option<String>,
    /// The item [default: the only one in vouchsafe.toml]
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    /// Last moment of support, such as 2031-12-31T23:59:59Z
    #[arg(long, value_name = "TIME")]
    until: Time,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    author: AuthorArgs,
}

impl WithdrawArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let doing = format!("withdrawing {}", self.version);
        if !self.author.has_reason() {
            return Err(Failure::input(doing, "why it must not be installed is not said")
                .hint("give `--reason TEXT`"));
        }
        let product = self.scope.product_if_any()?;
        let mut session = self.author.open(context)?;
        let source = Source::Session(&session);
        let found = choose(&source, product.as_deref(), self.item.as_deref(), &self.version)?;
        if let Some(index) = found.withdrawn {
            return Err(Failure::input(doing, format!("it was withdrawn already, by entry {index}")));
        }
        let name = format!("{} {} of {}", found.made.item, found.made.version, found.made.product);
        let said = session.say(ReleaseWithdrawn { release: found.entry })?;
        said.report(context, &format!("Withdrew {name}"), &[])?;
        Ok(Verdict::Holds)
    }
}

impl SupportArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (product, item, _) = self.scope.resolve(self.item.as_deref())?;
        let mut session = self.author.open(context)?;
        if let Some(version) = &self.version {
            choose(&Source::Session(&session), Some(&product), Some(&item), version)?;
        }
        let name = match &self.version {
            Some(version) => format!("{item} {version} of {product}"),
            None => format!("{item} of {product}"),
        };
        let said = session.say(SupportEndSet { product, item, version: self.version, until: self.until })?;
        said.report(context, &format!("{name} is supported until {}", self.until), &[])?;
        Ok(Verdict::Holds)
    }
}
