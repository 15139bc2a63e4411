//! After the story: the audit package, offline verification as a separate process, one changed byte, and opening again.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use ledger::{Options, Standing};
use serde_json::Value;

use super::commands::shown;
use super::story::Told;
use super::{Stage, must};
use crate::clock::{Stopwatch, SystemClock};
use crate::data;
use crate::failure::Failure;
use crate::text::{self, count, took};

/// Runs this program as another process.
fn itself(arguments: &[&str], paths: &[&Path]) -> Result<Output, Failure> {
    let doing = "running this program again";
    let program = std::env::current_exe().map_err(|e| Failure::environment(doing, e))?;
    let mut command = Command::new(program);
    command.args(arguments).args(paths).env("NO_COLOR", "1");
    command.output().map_err(|e| Failure::environment(doing, e))
}

/// Runs the checks.
pub(super) fn check(stage: &mut Stage<'_>, told: &Told) -> Result<(), Failure> {
    stage.step("One file for the auditor, verified by another process")?;
    let (package, policy) = (stage.beside.join("evidence.zip"), stage.beside.join("trust.policy"));
    data::write_new(&policy, &told.policy.to_bytes(), false)?;
    let root = root_of(stage)?;
    let watch = Stopwatch::start();
    stage.say(&stage.ui.dim(&shown(&[
        "package",
        "--scope",
        "all",
        "--witnessed",
        "--out",
        "evidence.zip",
    ])))?;
    let data = stage.data.root().to_owned();
    let made = itself(
        &["package", "--scope", "all", "--witnessed", "--format", "json", "--data"],
        &[&data, Path::new("--out"), &package],
    )?;
    must(made.status.code() == Some(0), "the package is made")?;
    let made: Value =
        serde_json::from_slice(&made.stdout).map_err(|e| Failure::damaged("reading what was packaged", e))?;
    let number = |name: &str| made[name].as_u64().unwrap_or_default();
    let documents = made["documents"].as_array().map_or(0, Vec::len) as u64;
    must(documents >= 6 && number("figures") > 0, "the package has its documents and figures")?;
    stage.tell(&format!(
        "{} in {}: {}, {} figures that anyone can compute again, and the evidence behind them.",
        text::plural(number("bytes"), "byte", "bytes"),
        took(watch.elapsed()),
        text::plural(documents, "document", "documents"),
        count(number("figures"))
    ))?;
    let watch = Stopwatch::start();
    let output = itself(&["verify", "--policy"], &[&policy, &package])?;
    let spent = watch.elapsed();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    stage.say(&said.lines().map(|l| format!("    | {l}")).collect::<Vec<_>>().join("\n"))?;
    must(output.status.code() == Some(0), "the package holds under the witnesses' policy")?;
    stage.tell(&format!("Exit status 0, in {}.", took(spent)))?;
    stage.figure("package_bytes", number("bytes"));
    stage.figure("figures", number("figures"));
    stage.figure("verify_seconds", spent.as_secs_f64());

    stage.step("One changed byte")?;
    let altered = stage.beside.join("altered.zip");
    let mut bytes = fs::read(&package).map_err(|e| Failure::file("reading", &package, &e))?;
    let place = bytes.len() * 2 / 3;
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 1;
    }
    data::write_new(&altered, &bytes, false)?;
    let output = itself(&["verify", "--policy"], &[&policy, &altered])?;
    must(output.status.code() == Some(1), "the changed package does not hold")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    stage.tell(&format!("Changed one bit of byte {}. Verification: exit status 1.", count(place as u64)))?;
    stage.say(&said.lines().take(6).map(|l| format!("    | {l}")).collect::<Vec<_>>().join("\n"))?;
    fs::remove_file(&altered).map_err(|e| Failure::file("removing", &altered, &e))?;

    stage.step("Opened again")?;
    let watch = Stopwatch::start();
    let ledger = stage.data.ledger(Arc::new(SystemClock), Options::default())?;
    let spent = watch.elapsed();
    must(ledger.standing() == Standing::Writable, "the log opens for writing, its guard agrees")?;
    must(ledger.tree().root() == root, "the log has the root that was packaged")?;
    let attested = ledger.read().journal().counts().get(&103).copied().unwrap_or(0);
    must(attested == told.attested, "each piece of evidence is still there")?;
    let head = ledger.log().head()?.map_or(0, |h| h.size);
    ledger.stop();
    stage.tell(&format!(
        "The data directory opened in {}: {} entries, the same root, writable.",
        took(spent),
        count(head)
    ))?;
    stage.figure("open_seconds", spent.as_secs_f64());
    Ok(())
}

/// Root of the log as it lies in its directory.
fn root_of(stage: &Stage<'_>) -> Result<tlog::Hash, Failure> {
    let (_, loaded) = stage.data.load()?;
    Ok(loaded.edge.root())
}
