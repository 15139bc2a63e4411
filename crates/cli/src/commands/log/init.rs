//! `vouchsafe log init`: a new log with its keys, its first administrator, its guard and its configuration.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use evidence::facts::log::Clock as ClockKind;
use evidence::{PublicKey, SourceId, Time};
use ledger::ports::{Guard, Log};
use ledger::{Init, LedgerKeys, SIMULATED};
use serde_json::json;
use store_sqlite::{FileGuard, SqliteLog};
use tlog::{Hash, VerifierKey};

use super::super::Context;
use crate::clock::{self, random};
use crate::config::Config;
use crate::data::{self, DataDir, close_to_others, default_guard, private_directory};
use crate::failure::{Failure, Verdict};
use crate::keys::{self, Passphrases};

/// Most seconds that log time may jump ahead by itself: 31 days, so that a machine can stand still for a month.
const TICK_BOUND: u64 = 31 * 86_400;

/// Make a new log: its keys, its first administrator, its configuration
#[derive(Args, Debug)]
pub(crate) struct InitArgs {
    /// Name of the log for ever, such as log.example.com/pumps: a schema-less URL that is yours
    #[arg(long, value_name = "NAME")]
    origin: String,
    /// Public SSH key of the first administrator
    #[arg(long, value_name = "FILE.pub", required_unless_present = "new_administrator_key")]
    administrator_key: Option<PathBuf>,
    /// Write a new key for the first administrator, encrypted, outside the data directory
    #[arg(long, value_name = "PATH", conflicts_with = "administrator_key")]
    new_administrator_key: Option<PathBuf>,
    /// Printed name of the first administrator
    #[arg(long, value_name = "NAME", default_value = "Administrator")]
    name: String,
    /// Public SSH key that can start a successor when this log is lost; keep its private half offline
    #[arg(long, value_name = "FILE.pub", required_unless_present = "new_recovery_key")]
    recovery_key: Option<PathBuf>,
    /// Write a new recovery key, encrypted, outside the data directory
    #[arg(long, value_name = "PATH", conflicts_with = "recovery_key")]
    new_recovery_key: Option<PathBuf>,
    /// Where to keep the fork guard, outside the data directory [default: below $XDG_STATE_HOME or ~/.local/state]
    #[arg(long, value_name = "PATH")]
    guard: Option<PathBuf>,
    /// File whose first line is the passphrase of the new keys, instead of asking on the terminal
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// A log of a story, not of the real world; its origin must begin with `simulated.`
    #[arg(long)]
    simulated: bool,
}

/// Keeps the data directory out of a repository that it lies in.
const IGNORE: &str =
    "# Keys and personal data are in here: back this directory up, and never commit it.\n*\n";

/// What a log is made from, whoever asks for it.
pub(crate) struct Making<'a> {
    pub(crate) origin: &'a str,
    pub(crate) administrator_name: String,
    pub(crate) administrator_key: PublicKey,
    pub(crate) recovery_key: PublicKey,
    pub(crate) guard: PathBuf,
    pub(crate) created: Time,
}

/// A log that was made.
pub(crate) struct Made {
    pub(crate) administrator: SourceId,
    pub(crate) log_key: VerifierKey,
    pub(crate) guard: PathBuf,
}

impl InitArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let doing = format!("making a log in {}", context.data.root().display());
        if context.data.exists() {
            let problem = "there is one in it already";
            return Err(Failure::input(doing, problem).hint("name another directory with `--data`"));
        }
        if self.simulated != self.origin.starts_with(SIMULATED) {
            let problem = format!("an origin begins with `{SIMULATED}` exactly when the log is simulated");
            return Err(
                Failure::input(doing, problem).hint("change `--origin`, or give or leave out `--simulated`")
            );
        }
        let guard = self.guard.clone().map_or_else(|| default_guard(&self.origin), Ok)?;
        let passphrases = Passphrases { file: self.passphrase_file.clone() };
        let key = |given: &Option<PathBuf>, new: &Option<PathBuf>, what: &str| match (given, new) {
            (_, Some(path)) => {
                outside(path, &context.data)?;
                let comment = format!("{what} of {}", self.origin);
                keys::write_new(path, &comment, &passphrases)
            }
            (Some(path), None) => keys::read_public(path),
            (None, None) => Err(Failure::input(&doing, format!("no {what} key was given"))),
        };
        let administrator_key = key(&self.administrator_key, &self.new_administrator_key, "administrator")?;
        let recovery_key = key(&self.recovery_key, &self.new_recovery_key, "recovery")?;
        let making = Making {
            origin: &self.origin,
            administrator_name: self.name.clone(),
            administrator_key,
            recovery_key,
            guard,
            created: clock::now(),
        };
        let made = make(&context.data, making)?;
        report(context, &self.origin, &made)?;
        Ok(Verdict::Holds)
    }
}

/// Refuses to put a person's key into the data directory: whoever backs that up must not back up the key.
fn outside(path: &Path, data: &DataDir) -> Result<(), Failure> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let resolve =
        |path: &Path| path.canonicalize().unwrap_or_else(|_| std::path::absolute(path).unwrap_or_default());
    if resolve(parent).starts_with(resolve(data.root())) {
        return Err(Failure::input(format!("writing the key {}", path.display()), "it would lie in the data directory")
            .hint("a person's key belongs to the person: choose a place outside, such as ~/.ssh or a removable disk"));
    }
    Ok(())
}

/// Whether a guard is that of an attempt to make this very log that did not come to its first entry: it names one entry, is
/// signed by the key in the data directory, and no entry is there.
fn interrupted(data: &DataDir, note: &str) -> bool {
    let Ok(keys) = data.keys() else { return false };
    let first = tlog::Checkpoint::open(note.as_bytes(), keys.checkpoint.verifier());
    let empty = SqliteLog::open(data.root()).is_ok_and(|log| log.head() == Ok(None));
    empty && first.is_ok_and(|(checkpoint, _)| checkpoint.size == 1)
}

/// Makes the log. Whatever an interrupted attempt left behind is taken over: before the first entry nothing depends on it.
pub(crate) fn make(data: &DataDir, making: Making<'_>) -> Result<Made, Failure> {
    private_directory(data.root())?;
    close_to_others(data.root())?;
    let guard_dir = making.guard.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_directory(guard_dir)?;
    let guard = FileGuard::new(&making.guard, data.root())?;
    let left_behind = |note: &str| interrupted(data, note);
    if guard.load()?.is_some_and(|note| !left_behind(&note)) {
        let doing = format!("making the log {}", making.origin);
        return Err(Failure::input(
            doing,
            format!("{} guards another log of this name", making.guard.display()),
        )
        .hint(
            "two logs of one name could contradict each other: choose another origin, or another `--guard`",
        ));
    }
    private_directory(&data.root().join("keys"))?;
    // Before the first key: whoever begins a log in a repository must not commit what signs as it.
    data::replace(&data.root().join(".gitignore"), IGNORE.as_bytes(), false)?;
    let log = SqliteLog::open(data.root())?;
    if let Some(head) = log.head()? {
        return Err(ledger::LedgerError::LogExists(head.size).into());
    }
    let keys = LedgerKeys::from_seeds(making.origin, &random()?, &random()?)?;
    let log_key = keys.checkpoint.verifier().clone();
    data::replace(&data.key_file(), keys.to_text().as_bytes(), true)?;
    let guard_path =
        std::path::absolute(&making.guard).map_err(|e| Failure::file("finding", &making.guard, &e))?;
    data::replace(&data.config_file(), Config::template(making.origin, &guard_path).as_bytes(), false)?;
    write_policy(data, [log_key.to_string().as_str()].into_iter())?;
    drop(data.blobs()?);
    let clock = if making.origin.starts_with(SIMULATED) { ClockKind::Simulated } else { ClockKind::System };
    let init = Init {
        administrator_name: making.administrator_name,
        administrator_key: making.administrator_key,
        recovery_key: making.recovery_key,
        clock,
        created: making.created,
        tick_bound: TICK_BOUND,
        salt: Hash(random()?),
    };
    let new = init.run(&log, &guard, &keys)?;
    Ok(Made { administrator: new.administrator, log_key, guard: guard_path })
}

/// Writes the trust policy to hand to those who verify: every key the log has had, no witness.
pub(crate) fn write_policy<'a>(data: &DataDir, keys: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let mut text = String::from(
        "# Trust policy (C2SP tlog-policy): the keys of this log. Give it to those who verify, another way than the files.\n",
    );
    for key in keys {
        text.push_str(&format!("log {key}\n"));
    }
    text.push_str("quorum none\n");
    data::replace(&data.policy_file(), text.as_bytes(), false)
}

fn report(context: &Context, origin: &str, made: &Made) -> Result<(), Failure> {
    let ui = &context.ui;
    let root = fs::canonicalize(context.data.root()).unwrap_or_else(|_| context.data.root().to_owned());
    if ui.is_json() {
        return ui.json(&json!({
            "origin": origin,
            "data": root.display().to_string(),
            "log_key": made.log_key.to_string(),
            "administrator": made.administrator.to_string(),
            "guard": made.guard.display().to_string(),
            "policy": context.data.policy_file().display().to_string(),
        }));
    }
    ui.print(ui.good(&format!("The log {origin} has begun.")))?;
    ui.pairs(&[
        ("data directory", root.display().to_string()),
        ("log key", made.log_key.to_string()),
        ("administrator", made.administrator.to_string()),
        ("fork guard", made.guard.display().to_string()),
        ("trust policy", format!("{}, for those who verify", context.data.policy_file().display())),
    ])?;
    ui.note(format!(
        "\nBack up the data directory, and {} with it: whoever has that file can sign as this log.\n\
         Keep the recovery key offline. Next: `vouchsafe source enrol`.",
        context.data.key_file().display()
    ));
    Ok(())
}
