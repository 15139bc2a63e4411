//! `check` over generated records, each time in a new process with a warm page cache, and StrictDoc over the same records
//! in the same run. Not here: what a check does.

mod generated;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use records::command::{Check, check};

use crate::Settings;
use crate::table::{Row, Table, median};

/// First argument of a process that checks one product and says its largest resident size in kilobytes.
pub(crate) const CHECK: &str = "--check-records";
/// What is installed from PyPI.
const STRICTDOC: &str = "strictdoc==0.30.4";

/// How records lie in files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One Markdown file a record.
    Files,
    /// Tables of 199 rows and Markdown files, half and half.
    Mixed,
}

/// Checks one product, in a process of its own.
pub(crate) fn check_once(root: &Path) {
    let options = Check { root: root.to_path_buf(), ..Check::default() };
    check(options, &mut std::io::sink()).unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", peak.and_then(|peak| peak.split_whitespace().next()).unwrap_or("0"));
}

/// Median seconds and megabytes.
fn timed(root: &Path, runs: usize) -> (f64, f64) {
    let own = std::env::current_exe().unwrap();
    let once = || {
        let begin = Instant::now();
        let done = Command::new(&own).arg(CHECK).arg(root).output().unwrap();
        let spent = begin.elapsed().as_secs_f64();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let peak: f64 = String::from_utf8_lossy(&done.stdout).trim().parse().unwrap();
        (spent, peak * 1024.0 / 1e6)
    };
    once();
    let (times, sizes): (Vec<f64>, Vec<f64>) = (0..runs).map(|_| once()).unzip();
    (median(times), median(sizes))
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let place = |name: &str| settings.directory.join(name);
    let runs = settings.runs.max(5);
    generated::product(&place("records-files"), 10_000, Layout::Files);
    let (files, size) = timed(&place("records-files"), runs);
    table.add(Row {
        what: "`check`, new process, 10,000 records in 10,000 files".into(),
        measured: format!("{:.0} ms, {size:.0} MB", files * 1e3),
        floor: "-".into(),
        ratio: "-".into(),
        mark: "< 120 ms".into(),
        holds: Some(files < 0.12),
    });
    generated::product(&place("records-small"), 10_000, Layout::Mixed);
    let (small, _) = timed(&place("records-small"), runs);
    generated::product(&place("records-large"), 100_000, Layout::Mixed);
    let (large, size) = timed(&place("records-large"), runs);
    table.add(Row {
        what: "`check`, 100,000 records in 1,000 files".into(),
        measured: format!("{large:.2} s, {size:.0} MB"),
        floor: format!("{:.0} ms for 10,000 in 100", small * 1e3),
        ratio: format!("{:.1} for 10 times the records", large / small),
        mark: "< 0.8 s, < 300 MB".into(),
        holds: Some(large < 0.8 && size < 300.0),
    });
    match strictdoc(settings) {
        Ok(other) => table.add(Row {
            what: format!("{STRICTDOC} on the same 10,000 records (export to JSON)"),
            measured: format!("{other:.1} s"),
            floor: format!("{:.0} ms `check`", files * 1e3),
            ratio: format!("{:.0}", other / files),
            mark: ">= 70 times `check`".into(),
            holds: Some(other / files >= 70.0),
        }),
        Err(why) => eprintln!("SKIPPED: StrictDoc on the same records: {why}"),
    }
}

/// Seconds of StrictDoc over the same records: its cheapest command that reads all documents and resolves all relations.
/// Nothing is cached from an earlier run.
fn strictdoc(settings: &Settings) -> Result<f64, String> {
    let program = installed(settings)?;
    let documents = settings.directory.join("strictdoc");
    generated::strictdoc(&documents, 10_000);
    let once = |number: usize| {
        let to = settings.directory.join(format!("strictdoc-out-{number}"));
        let temporary = settings.directory.join(format!("strictdoc-tmp-{number}"));
        std::fs::create_dir_all(&temporary).map_err(|error| error.to_string())?;
        let begin = Instant::now();
        let done = Command::new(&program)
            .arg("export")
            .arg(&documents)
            .args(["--formats=json", "--output-dir"])
            .arg(&to)
            .env("TMPDIR", &temporary)
            .current_dir(&settings.directory)
            .output()
            .map_err(|error| error.to_string())?;
        let spent = begin.elapsed().as_secs_f64();
        if !done.status.success() {
            let said = [done.stdout, done.stderr].concat();
            return Err(String::from_utf8_lossy(&said).lines().last().unwrap_or("it failed").to_owned());
        }
        Ok(spent)
    };
    let runs = if settings.quick { 1 } else { 3 };
    Ok(median((0..runs).map(once).collect::<Result<Vec<f64>, String>>()?))
}

/// StrictDoc in a virtual environment of its own, kept beside the measurements; `VOUCHSAFE_STRICTDOC` names another program.
fn installed(settings: &Settings) -> Result<PathBuf, String> {
    if let Some(program) = std::env::var_os("VOUCHSAFE_STRICTDOC") {
        return Ok(PathBuf::from(program));
    }
    let home = settings.directory.parent().unwrap_or(&settings.directory).join(STRICTDOC.replace("==", "-"));
    let home = std::path::absolute(home).map_err(|error| error.to_string())?;
    let program = home.join("bin/strictdoc");
    if program.is_file() {
        return Ok(program);
    }
    eprintln!("installing {STRICTDOC} into {}", home.display());
    let quiet = |command: &mut Command| {
        let done = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        if done.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(said.lines().last().unwrap_or("it failed").to_owned())
    };
    quiet(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
    let pip = home.join("bin/pip");
    quiet(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", STRICTDOC]))?;
    Ok(program)
}
