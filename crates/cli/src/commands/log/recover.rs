//! `vouchsafe log recover`: a successor log, signed by the recovery key, when this one lost its tail or its trust.

use std::path::PathBuf;

use clap::Args;
use evidence::proof::attached::Attached;
use ledger::ports::{Guard, Log};
use ledger::{LedgerKeys, SIMULATED, Succession, succeed};
use serde_json::json;
use store_sqlite::{FileGuard, SqliteLog};

use super::super::Context;
use super::init::write_policy;
use crate::clock::{self, random};
use crate::data;
use crate::failure::{Failure, Verdict};
use crate::keys::{Passphrases, Signer};
use crate::text;

/// Namespace of the recovery key's signature (`evidence::proof::attached`).
const NAMESPACE: &str = "vouchsafe-recovery@v1";

/// Start a successor of a log that lost its tail or its trust
///
/// The successor keeps every entry at hand under its index, has another origin and new keys, and says in its first entry
/// what is missing. Look for the missing entries first: a successor cannot take them in later.
#[derive(Args, Debug)]
pub(crate) struct RecoverArgs {
    /// Name of the successor for ever; another one than this log's
    #[arg(long, value_name = "NAME")]
    origin: String,
    /// The recovery key: a private SSH key file, or the .pub file of a key in an agent or on a security key
    #[arg(long, value_name = "PATH")]
    key: PathBuf,
    /// File whose first line is the passphrase of the key, instead of asking on the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Why recovery is needed, and what was done to find what is missing
    #[arg(long, value_name = "TEXT")]
    account: String,
    /// Newest checkpoint known of this log, such as a witness's [default: the fork guard's, else the stored one]
    #[arg(long, value_name = "FILE")]
    last_seen: Option<PathBuf>,
}

impl RecoverArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let data = &context.data;
        let doing = "recovering the log";
        let config = data.config()?;
        let guard = FileGuard::new(&config.guard, data.root())?;
        let log = SqliteLog::open(data.root())?;
        let head = log.head()?.ok_or(ledger::LedgerError::NoLog)?;
        let seen = match &self.last_seen {
            Some(path) => std::fs::read_to_string(path).map_err(|e| Failure::file("reading", path, &e))?,
            // A guard that cannot be read is one of the reasons to be here.
            None => {
                guard.load().ok().flatten().map_or_else(|| head.checkpoint.to_string(), |c| c.to_string())
            }
        };
        let keys = LedgerKeys::from_seeds(&self.origin, &random()?, &random()?)?;
        let succession = Succession::prepare(&log, &keys, &seen, &self.account)?;
        let (_, loaded) = data.load()?;
        let old = loaded.world.journal().origin().to_owned();
        if old.starts_with(SIMULATED) != self.origin.starts_with(SIMULATED) {
            return Err(Failure::input(
                doing,
                "a simulated log stays simulated, and any other one does not become so",
            ));
        }
        let signer = Signer::open(&self.key, &Passphrases { file: self.passphrase_file.clone() })?;
        let signature = signer.sign(NAMESPACE, Attached::recovery(&succession.fact).message())?;
        let (held, missing) = (succession.fact.held, succession.fact.missing);
        // On disk before the log names it; `DataDir::ledger` finishes what is stopped in between.
        data::replace(&data.next_key_file(), keys.to_text().as_bytes(), true)?;
        succeed(&log, &guard, &keys, succession, signature, clock::now())?;
        std::fs::rename(data.next_key_file(), data.key_file())
            .map_err(|e| Failure::file("renaming", &data.next_key_file(), &e))?;
        let key = keys.checkpoint.verifier().to_string();
        write_policy(data, [key.as_str()].into_iter())?;
        let ui = &context.ui;
        if ui.is_json() {
            let report = json!({ "origin": self.origin, "log_key": key, "held": held, "missing": missing, "predecessor": old });
            ui.json(&report)?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.good(&format!("The log {} succeeds {old}.", self.origin)))?;
        ui.pairs(&[
            ("kept", text::plural(held, "entry", "entries")),
            ("missing", text::plural(missing, "entry", "entries")),
            ("log key", key),
            ("trust policy", format!("{}: give it to those who verify", data.policy_file().display())),
        ])?;
        Ok(Verdict::Holds)
    }
}
