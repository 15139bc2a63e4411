//! `vouchsafe log verify`: the full audit of the stored log.

use std::path::PathBuf;

use clap::Args;

use super::super::Context;
use super::super::verify::{Audit, read_policy};
use crate::failure::{Failure, Verdict};

/// Verify everything that is stored, and name the first entry that is wrong
#[derive(Args, Debug)]
pub(crate) struct LogVerifyArgs {
    /// Re-hash only; leave signatures and streams out
    #[arg(long)]
    hashes_only: bool,
    /// Trust policy (C2SP tlog-policy) from outside: which log key, which witnesses
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl LogVerifyArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let policy = self.policy.as_deref().map(read_policy).transpose()?;
        let log = context.data.reader()?;
        let subject = format!("The log in {}", context.data.root().display());
        let audit = Audit { log: &log, policy: policy.as_ref(), signatures: !self.hashes_only };
        let unchecked = [
            "blobs and the vault beside the log",
            "whether the newest entries are missing: compare with a witness or with the fork guard",
        ];
        audit.run(context, &subject, &unchecked, || Ok(()))
    }
}
