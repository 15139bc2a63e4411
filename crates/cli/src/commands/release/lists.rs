//! `vouchsafe release reference-list`: configuration that a site or the maker owns, and which of it is accepted.

use std::path::PathBuf;

use clap::Args;
use evidence::facts::release::ReferenceListSet;

use super::super::Context;
use super::gather::{hash_file, named_digests};
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};

/// Set the digests that a site or the maker accepts for configuration it owns
///
/// The list replaces the one of the same name and owner. A device that measures a listed component with another digest is a
/// finding, not another release.
#[derive(Args, Debug)]
pub(crate) struct ReferenceListArgs {
    /// Name of the list, such as `drug library`
    name: String,
    /// Accepted digests: COMPONENT=SHA256, or COMPONENT=@FILE for the digest of a file
    #[arg(long, value_name = "NAME=DIGEST", num_args = 1..)]
    accept: Vec<String>,
    /// Site that owns the configuration [default: the maker]
    #[arg(long)]
    site: Option<String>,
    /// Document behind the list, kept beside the log
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    #[command(flatten)]
    author: AuthorArgs,
}

impl ReferenceListArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let accepted = named_digests("reading `--accept`", &self.accept)?;
        let hashed = self.document.as_deref().map(hash_file).transpose()?;
        let mut session = self.author.open(context)?;
        if let Some(site) = &self.site {
            let there =
                session.ask(|world| world.is_none_or(|w| w.fleet_at(w.now(), w.size()).site(site).is_some()));
            if !there {
                context.ui.note(format!(
                    "note: no site {site} is defined yet; the list counts once devices are there"
                ));
            }
        }
        let document = match (&self.document, hashed) {
            (Some(path), Some((digest, length))) => {
                Some(session.put_file(path, digest, length, "application/octet-stream")?)
            }
            _ => None,
        };
        let count = accepted.len() as u64;
        let owner = self.site.clone().unwrap_or_else(|| "the maker".into());
        let said =
            session.say(ReferenceListSet { name: self.name.clone(), site: self.site, accepted, document })?;
        let extra = [("owner", owner), ("accepted", crate::text::plural(count, "digest", "digests"))];
        said.report(context, &format!("Set the reference list {}", self.name), &extra)?;
        Ok(Verdict::Holds)
    }
}
