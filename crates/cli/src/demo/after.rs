//! After the story: export, offline verification as a separate process, one changed byte, and opening again.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use ledger::ports::Log;
use ledger::{Options, Standing};
use serde_json::Value;

use super::story::Told;
use super::{Stage, must};
use crate::archive::{Subject, write_file};
use crate::clock::{Stopwatch, SystemClock};
use crate::data;
use crate::failure::Failure;
use crate::text::{count, took};

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
    stage.step("One file, verified by another process")?;
    let (export, policy) = (stage.beside.join("log.vouchsafe"), stage.beside.join("trust.policy"));
    data::write_new(&policy, &told.policy.to_bytes(), false)?;
    let log = stage.data.reader()?;
    let subject = Subject::of(&log, true)?;
    let bytes = write_file(&log, &subject, &export, |_| {})?;
    stage.tell(&format!("Exported {} entries, {} bytes.", count(subject.checkpoint.size), count(bytes)))?;
    let watch = Stopwatch::start();
    let output = itself(&["verify", "--policy"], &[&policy, &export])?;
    let spent = watch.elapsed();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    stage.say(&said.lines().map(|l| format!("    | {l}")).collect::<Vec<_>>().join("\n"))?;
    must(output.status.code() == Some(0), "the exported log holds")?;
    stage.tell(&format!("Exit status 0, in {}.", took(spent)))?;
    stage.figure("export_bytes", bytes);
    stage.figure("verify_seconds", spent.as_secs_f64());

    stage.step("One changed byte")?;
    let index = subject.checkpoint.size * 2 / 3;
    let altered = stage.beside.join("altered.vouchsafe");
    alter(&log, &subject, &export, &altered, index)?;
    let output = itself(&["verify", "--format", "json", "--policy"], &[&policy, &altered])?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|e| Failure::damaged("reading the report about the changed file", e))?;
    let named = report.pointer("/problem/index").and_then(Value::as_u64);
    let reason = report.pointer("/problem/reason").and_then(Value::as_str).unwrap_or_default().to_owned();
    must(output.status.code() == Some(1), "the changed file does not hold")?;
    must(named == Some(index), "the report names the changed entry")?;
    stage.tell(&format!(
        "Changed one byte of entry {}. Verification: exit status 1, “{reason}”, entry {}.",
        count(index),
        count(index)
    ))?;
    fs::remove_file(&altered).map_err(|e| Failure::file("removing", &altered, &e))?;
    drop(log);

    stage.step("Opened again")?;
    let watch = Stopwatch::start();
    let ledger = stage.data.ledger(Arc::new(SystemClock), Options::default())?;
    let spent = watch.elapsed();
    must(ledger.standing() == Standing::Writable, "the log opens for writing, its guard agrees")?;
    must(ledger.tree().root() == subject.checkpoint.root, "the log has the root that was exported")?;
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

/// Copies an export with one byte changed in the middle of an entry.
fn alter(log: &dyn Log, subject: &Subject, from: &Path, to: &Path, index: u64) -> Result<(), Failure> {
    let mut bytes = fs::read(from).map_err(|e| Failure::file("reading", from, &e))?;
    // From the end: the entries after it and their lengths.
    let (mut after, mut at, mut own) = (0, index, 0);
    while at < subject.checkpoint.size {
        let entries = log.read(at, 4_096, 8 << 20)?;
        if entries.is_empty() {
            return Err(Failure::damaged("reading the log", format!("entry {at} is missing")));
        }
        for entry in entries.iter().take(usize::try_from(subject.checkpoint.size - at).unwrap_or(usize::MAX))
        {
            after += entry.len() + 2;
            if at == index {
                own = entry.len();
            }
            at += 1;
        }
    }
    let place = bytes.len().checked_sub(after).map(|start| start + 2 + own / 2);
    let byte = place.and_then(|place| bytes.get_mut(place));
    let byte =
        byte.ok_or_else(|| Failure::damaged("changing a byte", "the export is shorter than the log"))?;
    *byte ^= 1;
    data::write_new(to, &bytes, false)
}
