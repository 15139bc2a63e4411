//! `vouchsafe impact`: what changed since a commit, and what that touches.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use records::command::{self, CommitLine, Status};

use super::signatures::Signatures;
use super::{failed, format, past, root};
use crate::commands::Context;
use crate::failure::Failure;
use crate::git::{Git, History, Signature, With};

#[derive(Args, Debug)]
pub(crate) struct ImpactArgs {
    /// Commit, tag or branch to compare with; what is not committed counts as changed
    #[arg(long, value_name = "REV")]
    since: String,
    /// Keys that may sign commits: an allowed-signers file of ssh-keygen(1) [default: as git is configured]
    #[arg(long, value_name = "FILE")]
    signers: Option<PathBuf>,
    /// End with status 1 when a commit since then is not signed by a trusted key
    #[arg(long)]
    require_signed: bool,
    /// Folder of vouchsafe.toml [default: the nearest one upwards]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl ImpactArgs {
    pub(super) fn run(self, context: &Context, out: &mut dyn Write) -> Result<Status, Failure> {
        let root = root(self.root)?;
        let git = Git::want(&root)?;
        let commit = git.resolve(&self.since)?;
        let signers = self.signers.as_deref().map(std::path::absolute).transpose();
        let signers = signers.map_err(|e| Failure::environment("finding the allowed signers", e))?;
        let commits: Vec<CommitLine> = git
            .commits(Some(&commit), With::Signatures(signers.as_deref()))?
            .into_iter()
            .map(|commit| CommitLine {
                records: past::named_in(&commit),
                signature: commit.signature.text(),
                signed: matches!(commit.signature, Signature::Good(_)),
                id: commit.id,
                subject: commit.subject,
            })
            .collect();
        let tag = git.tag(&self.since, signers.as_deref())?;
        let since = match &tag {
            Signature::None => self.since.clone(),
            tag => format!("{} ({})", self.since, tag.text()),
        };
        let before = past::tree_at(&root, &git, &commit)?;
        let after = records::tree::load(&root);
        let mut after = after.map_err(|e| failed("reading the records")(command::CommandError::Tree(e)))?;
        let signed = Signatures::of(&root)?.editorial();
        after.set.count_editorial(&|step| {
            signed.iter().any(|(id, old, new)| (&**id, *old, *new) == (step.id, step.old, step.new))
        });
        let options = command::Impact {
            before: &before.set,
            after: &after.set,
            since: &since,
            commits: &commits,
            require_signed: self.require_signed,
            format: format(context),
        };
        let done = command::impact(&options, out).map_err(failed("comparing the records"))?;
        Ok(if after.problems.is_empty() { done } else { Status::BadInput })
    }
}
