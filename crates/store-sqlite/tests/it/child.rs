//! This binary run again as another process, which the tests kill, starve and ask; and what they share.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use ledger::conformance::{Feeder, Random};
use ledger::ports::{Appended, Log};
use store_sqlite::SqliteLog;

/// Bytes of an entry that children append.
pub(crate) const BYTES: usize = 100;

const ROLE: &str = "VOUCHSAFE_TEST_ROLE";
const DIRECTORY: &str = "VOUCHSAFE_TEST_DIRECTORY";
const SEED: &str = "VOUCHSAFE_TEST_SEED";

/// The command that runs this binary as `role`, after the words of `before`.
pub(crate) fn command(before: &[&str], role: &str, directory: &Path, seed: u64) -> Command {
    let this = env::current_exe().unwrap();
    let mut words: Vec<&std::ffi::OsStr> = before.iter().map(std::ffi::OsStr::new).collect();
    words.push(this.as_os_str());
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["--exact", "child::plays_its_role", "--nocapture"]);
    command.env(ROLE, role).env(DIRECTORY, directory).env(SEED, seed.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts this binary in another role.
pub(crate) fn start(role: &str, directory: &Path, seed: u64) -> (Child, BufReader<ChildStdout>) {
    let mut child = command(&[], role, directory, seed).stdin(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

/// What a child says: lines of the form `> word number`.
pub(crate) fn said(line: &str) -> Option<(&str, u64)> {
    let (word, number) = line.trim_end().split_once("> ")?.1.split_once(' ')?;
    Some((word, number.parse().ok()?))
}

fn say(word: &str, number: u64) {
    // One write a line, so that a kill cannot cut one in two: shorter than a pipe's atomic size.
    let line = format!("> {word} {number}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

/// Does nothing unless it was started by [`command`].
#[test]
fn plays_its_role() {
    let Ok(role) = env::var(ROLE) else { return };
    let directory = env::var_os(DIRECTORY).unwrap();
    let seed = env::var(SEED).unwrap().parse().unwrap();
    match role.as_str() {
        "append" => append(Path::new(&directory), seed),
        "read" => read(Path::new(&directory)),
        "full" => super::full::on_a_small_disk(Path::new(&directory)),
        role => panic!("no role {role}"),
    }
}

/// Appends until it is killed or something fails, and says what it was acknowledged. After a failure it asks the log once
/// more where it stands, as a ledger would.
fn append(directory: &Path, seed: u64) {
    let mut random = Random::new(seed);
    let log = SqliteLog::open(directory).unwrap();
    let mut feeder = Feeder::new();
    let size = log.head().unwrap().map_or(0, |head| head.size);
    if size > 0 {
        feeder.committed(&feeder.uniform(size as usize, BYTES));
    }
    say("opened", size);
    for _ in 0..400 {
        let count = [1, 3, 40, 255, 300, 1_000][random.below(6) as usize];
        let batch = feeder.uniform(count, BYTES);
        match log.append(&batch) {
            Appended::Committed => {
                feeder.committed(&batch);
                say("committed", feeder.size());
            }
            failed => {
                say(
                    if matches!(failed, Appended::Unknown(_)) { "unknown" } else { "refused" },
                    feeder.size(),
                );
                let head = log.head().unwrap().map_or(0, |head| head.size);
                say("head", head);
                die();
            }
        }
        let pieces = &batch.entries[..1];
        match log.stage(pieces) {
            Ok(first) => say("staged", first + 1),
            Err(_) => {
                say("unstaged", 0);
                say("head", log.head().unwrap().map_or(0, |head| head.size));
                say("places", log.staged(0, usize::MAX).unwrap().len() as u64);
                die();
            }
        }
    }
}

/// Ends without closing anything: what a failed commit left in the WAL stays there for the next process to find.
fn die() -> ! {
    std::process::exit(0)
}

/// Tries to open the log for writing, then reads all of it for each line that comes in.
fn read(directory: &Path) {
    let Err(error) = SqliteLog::open(directory) else { panic!("two writers") };
    assert!(matches!(error.problem, ledger::ports::Problem::InUse(_)), "{error}");
    let parent = std::os::unix::process::parent_id();
    assert!(error.to_string().contains(&format!("process {parent} holds")), "{error}");
    let log = SqliteLog::open_reader(directory).unwrap();
    for line in std::io::stdin().lines() {
        line.unwrap();
        let size = log.head().unwrap().map_or(0, |head| head.size);
        let mut feeder = Feeder::new();
        if size > 0 {
            let due = feeder.uniform(size as usize, BYTES);
            assert!(log.read(0, size as usize, usize::MAX).unwrap() == due.entries, "at {size}");
            feeder.committed(&due);
        }
        assert!(matches!(log.append(&feeder.uniform(1, BYTES)), Appended::Refused(_)));
        say("read", size);
    }
}

/// The next thing a child says, or `None` when it has ended.
pub(crate) fn next(lines: &mut BufReader<ChildStdout>) -> Option<(String, u64)> {
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if let Some((word, number)) = said(&line) {
            return Some((word.to_owned(), number));
        }
    }
}
