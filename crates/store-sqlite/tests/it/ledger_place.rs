//! A ledger on the embedded stores, as the program runs it: where its files lie, how it is opened, who writes to it; and
//! this binary run again as the process that does.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use evidence::facts::design::RecordRetired;
use evidence::facts::sources::SourceEnrolled;
use evidence::{SourceKind, Time};
use ledger::authorise::Roles;
use ledger::conformance::Random;
use ledger::ports::{FixedClock, Guard, Log};
use ledger::{Ledger, LedgerError, Options, Parts, Receipt, Snapshots};
use store_sqlite::{DirBlobs, FileGuard, SqliteLog, SqliteVault};
use testkit::Author;
use tlog::Hash;

/// Threads that write at once.
pub(crate) const WRITERS: u8 = 4;

pub(crate) const ROLE: &str = "VOUCHSAFE_TEST_LEDGER_ROLE";
pub(crate) const DIRECTORY: &str = "VOUCHSAFE_TEST_DIRECTORY";
pub(crate) const ROUND: &str = "VOUCHSAFE_TEST_ROUND";

/// A directory with the data and, beside it, the guard.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    pub(crate) fn guard(&self) -> FileGuard {
        FileGuard::new(&self.0.join("guard"), &self.data()).unwrap()
    }

    pub(crate) fn snapshots(&self) -> Snapshots {
        Snapshots::new(self.data().join("snapshots"))
    }

    /// Makes the log and enrols the authors.
    pub(crate) fn make(&self) {
        fs::create_dir_all(self.data()).unwrap();
        let log = SqliteLog::open(&self.data()).unwrap();
        testkit::init().run(&log, &self.guard(), &testkit::keys()).unwrap();
        drop(log);
        let ledger = self.open(0).unwrap();
        let mut admin = Author::person(10);
        for author in (0..WRITERS).map(|n| writer(n, 1)) {
            let fact = SourceEnrolled {
                source: author.id,
                key: author.key.clone(),
                name: "Pipeline".into(),
                roles: vec!["ci".into()],
                possession: None,
            };
            assert!(ledger.submit(vec![admin.state(fact)])[0].is_ok());
        }
    }

    /// Opens the ledger; its clock stands at so many seconds after the beginning.
    pub(crate) fn open(&self, seconds: u64) -> Result<Ledger, LedgerError> {
        self.open_with(Arc::new(clock(seconds)))
    }

    pub(crate) fn open_with(&self, clock: Arc<FixedClock>) -> Result<Ledger, LedgerError> {
        self.open_rolling(clock, 0)
    }

    /// As [`Self::open_with`]; evidence that changes nothing is rolled up after so many seconds and held for long.
    pub(crate) fn open_rolling(
        &self,
        clock: Arc<FixedClock>,
        roll_every: u64,
    ) -> Result<Ledger, LedgerError> {
        let data = self.data();
        let log: Arc<dyn Log> = Arc::new(SqliteLog::open(&data)?);
        let parts = Parts {
            log,
            blobs: Arc::new(DirBlobs::open(&data.join("blobs"))?),
            vault: Arc::new(SqliteVault::open(&data)?),
            guard: Arc::new(self.guard()),
            clock,
            authorise: Arc::new(Roles),
            keys: testkit::keys(),
            snapshots: Some(self.snapshots()),
        };
        // Sealed and guarded far more often than in life, so that a kill falls into it.
        let options = Options {
            seal_every: 10,
            guard_interval: Duration::from_millis(30),
            roll_every,
            roll_keep: 1 << 40,
            ..Options::default()
        };
        Ledger::open(parts, options)
    }
}

pub(crate) fn clock(seconds: u64) -> FixedClock {
    FixedClock::new(Time::from_seconds(testkit::START + seconds).unwrap())
}

/// The author that the `n`-th thread writes as, in a stream of its own.
pub(crate) fn writer(n: u8, stream: u64) -> Author {
    let mut author = Author::new(SourceKind::Ci, 20 + n);
    author.stream = stream;
    author
}

pub(crate) fn retired(n: u64) -> RecordRetired {
    RecordRetired {
        record: format!("SWR-{n}"),
        product: "pump".into(),
        line: "main".into(),
        revision: Hash([1; 32]),
    }
}

/// Submits `n` entries, all of which must be accepted.
pub(crate) fn fill(ledger: &Ledger, author: &mut Author, n: u64) {
    let mut left = n;
    while left > 0 {
        let count = left.min(100);
        let batch = (0..count).map(|i| author.state(retired(i))).collect();
        assert!(ledger.submit(batch).iter().all(Result::is_ok));
        left -= count;
    }
}

/// Copies a directory, by another process: closing a database's file here would let go of SQLite's locks on it.
pub(crate) fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}

/// One thing that a child said.
pub(crate) enum Said {
    Opened,
    Unsettled,
    /// Index, leaf hash, checkpoint.
    Acknowledged(u64, Hash, String),
    /// Anything else it may say, such as why it could not start.
    Other(String),
}

/// The command that runs this binary in a role, after the words of `before`.
pub(crate) fn command(before: &[&str], role: &str, place: &Place, round: u64) -> Command {
    command_of("ledger_place::plays_its_role", before, role, place, round)
}

/// As [`command`], by another test.
pub(crate) fn command_of(test: &str, before: &[&str], role: &str, place: &Place, round: u64) -> Command {
    let this = env::current_exe().unwrap();
    let mut words: Vec<&std::ffi::OsStr> = before.iter().map(std::ffi::OsStr::new).collect();
    words.push(this.as_os_str());
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(["--exact", test, "--nocapture"]);
    command.env(ROLE, role).env(DIRECTORY, &place.0).env(ROUND, round.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn start(role: &str, place: &Place, round: u64) -> (Child, BufReader<ChildStdout>) {
    let mut child = command(&[], role, place, round).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

/// The next thing a child says; a line that a kill cut short says nothing.
pub(crate) fn next(lines: &mut impl BufRead) -> Option<Said> {
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        let Some(said) = line.strip_suffix('\n').and_then(|l| l.split_once("> ")) else { continue };
        let words: Vec<&str> = said.1.splitn(4, ' ').collect();
        return Some(match words.as_slice() {
            ["opened"] => Said::Opened,
            ["unsettled"] => Said::Unsettled,
            ["ack", index, leaf, note] => Said::Acknowledged(
                index.parse().unwrap(),
                Hash::from_hex(leaf).unwrap(),
                note.replace('|', "\n"),
            ),
            _ => Said::Other(said.1.into()),
        });
    }
}

fn say(words: &str) {
    // One write a line, shorter than a pipe's atomic size.
    std::io::stdout().lock().write_all(format!("> {words}\n").as_bytes()).unwrap();
}

fn acknowledge(receipt: &Receipt) {
    say(&format!("ack {} {} {}", receipt.index, receipt.leaf, receipt.checkpoint.replace('\n', "|")));
}

/// Does nothing unless it was started by [`command`].
#[test]
fn plays_its_role() {
    let Ok(role) = env::var(ROLE) else { return };
    let place = Place(env::var_os(DIRECTORY).unwrap().into());
    let round = env::var(ROUND).unwrap().parse().unwrap();
    match role.as_str() {
        "submit" => submit(&place, round, 100_000),
        "submit-some" => submit(&place, round, 60),
        "open" => match place.open(0) {
            Ok(_) => say("opened"),
            Err(e) => say(&e.to_string()),
        },
        "full" => super::ledger_disk::on_a_small_disk(&place),
        role => panic!("no role {role}"),
    }
}

/// Several threads submit, each in a stream of its own, and say what they were acknowledged. What has no answer that stays
/// is sent again; now and then so is what was acknowledged long ago.
fn submit(place: &Place, round: u64, times: u64) {
    let clock = Arc::new(clock(round * 100_000));
    let ledger = &place.open_with(clock.clone()).unwrap();
    say("opened");
    let seconds = &AtomicU64::new(round * 100_000);
    std::thread::scope(|scope| {
        for n in 0..WRITERS {
            let clock = clock.clone();
            scope.spawn(move || {
                let mut random = Random::new(round * 8 + u64::from(n));
                let mut author = writer(n, round + 1);
                let mut old: Option<Arc<[u8]>> = None;
                for _ in 0..times {
                    let count = [1, 1, 2, 7, 40][usize::try_from(random.below(5)).unwrap()];
                    let mut batch: Vec<Arc<[u8]>> = (0..count).map(|i| author.state(retired(i))).collect();
                    batch.extend(old.clone().filter(|_| random.below(3) == 0));
                    let outcomes = ledger.submit(batch.clone());
                    for outcome in &outcomes {
                        match outcome {
                            Ok(receipt) => acknowledge(receipt),
                            Err(e) if e.is_temporary() => say("unsettled"),
                            Err(e) => say(&format!("refused {e}")),
                        }
                    }
                    if outcomes.iter().any(Result::is_err) {
                        settle(ledger, &batch);
                    }
                    if old.is_none() || random.below(10) == 0 {
                        old = batch.first().cloned();
                    }
                    let now = seconds.fetch_add(1, Ordering::Relaxed);
                    clock.set(Time::from_seconds(testkit::START + now).unwrap());
                }
            });
        }
    });
}

fn settle(ledger: &Ledger, batch: &[Arc<[u8]>]) {
    for _ in 0..100 {
        let outcomes = ledger.submit(batch.to_vec());
        if outcomes.iter().all(Result::is_ok) {
            return outcomes.iter().flatten().for_each(acknowledge);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    say("given-up");
}

/// The newest head that the guard holds: its size.
pub(crate) fn guarded(place: &Place) -> u64 {
    let note = place.guard().load().unwrap().unwrap();
    note.lines().nth(1).unwrap().parse().unwrap()
}
