//! `vouchsafe verify FILE`: offline, with nothing but the file and, where there is one, a trust policy from outside.

mod answer;
mod audit;
mod package;
mod proof;
mod receipt;

pub(crate) use audit::Audit;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use tlog::policy::{MAX_POLICY_BYTES, Policy};

use super::Context;
use crate::archive::{HEADER, LogFile, TilesDir};
use crate::failure::{Failure, Verdict};

/// First line of a C2SP tlog-proof.
const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";

/// First bytes of a ZIP file.
const ZIP: [u8; 4] = *b"PK\x03\x04";
/// First bytes of a COSE receipt: tag 18, an array of four.
const RECEIPT: [u8; 2] = [0xd2, 0x84];

/// Verify a proof, a receipt, an audit package or an exported log, offline
///
/// Takes a `.tlog-proof` file, a COSE receipt, a package written by `package`, an answer about devices with its proof, a file
/// written by `log export`, or a directory written by `log export --tiles`. Without `--policy` the file is only shown to be
/// consistent under the keys it carries itself; a receipt carries none, so it needs one.
/// Anybody's file is consistent under its own keys: without a policy, exit status 0 says no more, and the report begins with it.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// The proof, the receipt, the package, the exported file, or the directory of an exported tree
    file: PathBuf,
    /// Trust policy (C2SP tlog-policy) that came to you another way than the file
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The entry that a proof or a receipt is about, when it does not carry it
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    /// The older checkpoint that a receipt of consistency begins at
    #[arg(long, value_name = "FILE", conflicts_with = "entry")]
    earlier: Option<PathBuf>,
}

/// What the file alone cannot show.
const UNCHECKED: [&str; 3] = [
    "whether there are later entries: ask the log or a witness for its newest checkpoint",
    "blobs that entries name by digest, and confidential values: they are not in the file",
    "whether what the entries say is true: who said it and when is shown, not that it is so",
];

impl VerifyArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let policy = self.policy.as_deref().map(read_policy).transpose()?;
        let path = &self.file;
        if fs::metadata(path).map_err(|e| Failure::file("reading", path, &e))?.is_dir() {
            self.without_entry()?;
            let log = TilesDir::open(path)?;
            let audit = Audit { log: &log, policy: policy.as_ref(), signatures: true };
            let subject = format!("The exported tree {}", path.display());
            return audit.run(context, &subject, &UNCHECKED, || log.check_partial_tiles());
        }
        let start = start(path, 4)?;
        if start == ZIP {
            self.without_entry()?;
            return package::run(context, path, policy.as_ref());
        }
        if start.starts_with(&RECEIPT) {
            let (entry, earlier) = (self.entry.as_deref(), self.earlier.as_deref());
            let against = receipt::Against { entry, earlier, policy: policy.as_ref() };
            return receipt::verify(context, path, &against);
        }
        self.without_earlier()?;
        match first_line(path)?.as_str() {
            line if line == PROOF_HEADER => {
                proof::verify(context, path, self.entry.as_deref(), policy.as_ref())
            }
            line if line.starts_with(HEADER) => {
                self.without_entry()?;
                let log = LogFile::open(path)?;
                let audit = Audit { log: &log, policy: policy.as_ref(), signatures: true };
                let subject = format!("The exported log {}", path.display());
                audit.run(context, &subject, &UNCHECKED, || match log.has_more() {
                    Ok(false) => Ok(()),
                    Ok(true) => Err("bytes follow the last entry".into()),
                    Err(e) => Err(e.to_string()),
                })
            }
            line if line.trim_start().starts_with('{') => {
                self.without_entry()?;
                answer::verify(context, path, policy.as_ref())
            }
            _ => Err(Failure::input(
                format!("verifying {}", path.display()),
                "it is neither a proof, nor a receipt, nor a package, nor an answer with a proof, nor an exported log",
            )
            .hint(format!(
                "a proof begins with `{PROOF_HEADER}`, an export with `{HEADER}`; a receipt is a COSE_Sign1; a package is a ZIP \
                 file; an answer is JSON with a member `proof`"
            ))),
        }
    }

    fn without_entry(&self) -> Result<(), Failure> {
        match &self.entry {
            None => self.without_earlier(),
            Some(_) => Err(Failure::input(
                "verifying",
                "`--entry` belongs to a proof or a receipt, and this is none",
            )),
        }
    }

    fn without_earlier(&self) -> Result<(), Failure> {
        match &self.earlier {
            None => Ok(()),
            Some(_) => Err(Failure::input("verifying", "`--earlier` belongs to a receipt, and this is none")),
        }
    }
}

/// The first bytes of a file: a ZIP's tell a package, or what shall pass for one.
fn start(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let mut start = Vec::new();
    let file = fs::File::open(path).map_err(|e| Failure::file("reading", path, &e))?;
    file.take(most).read_to_end(&mut start).map_err(|e| Failure::file("reading", path, &e))?;
    Ok(start)
}

fn first_line(path: &Path) -> Result<String, Failure> {
    let start = start(path, 128)?;
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).into_owned())
}

/// Reads a trust policy.
pub(crate) fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let fail = |e: &std::io::Error| Failure::file("reading the policy", path, e);
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|e| fail(&e))?;
    file.take(MAX_POLICY_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| fail(&e))?;
    Policy::parse(&bytes).map_err(|e| {
        Failure::input(format!("reading the policy {}", path.display()), e)
            .hint("c2sp.org/tlog-policy describes the form; `log init` writes one to start from, log.policy")
    })
}
