//! One altered byte anywhere in the files: harmless to what is read, or reported as damage; never other bytes.

use std::fs;
use std::path::Path;
use std::process::Command;

use ledger::conformance::{Feeder, Random};
use ledger::ports::{Log, Problem, StoreError};
use store_sqlite::SqliteLog;
use tempfile::TempDir;

const ENTRIES: u64 = 700;

type Answer = Result<String, StoreError>;

/// Everything one can ask, with the answers.
fn answers(log: &dyn Log) -> Vec<Answer> {
    let mut answers = vec![
        log.head().map(|answer| format!("{answer:?}")),
        log.cosigned().map(|answer| format!("{answer:?}")),
        log.staged(0, 100).map(|answer| format!("{answer:?}")),
        log.read(0, 1_000, usize::MAX).map(|answer| format!("{answer:?}")),
    ];
    let borders = [0, 1, 100, 254, 255, 256, 257, 400, 510, 511, 512, 513, 540, 600, 650, 680, 699];
    answers.extend(borders.map(|from| log.read(from, 1, 0).map(|answer| format!("{answer:?}"))));
    answers.extend((0..4).map(|index| log.bundle(index).map(|answer| format!("{answer:?}"))));
    answers.extend((0..4).map(|index| log.tile(0, index).map(|answer| format!("{answer:?}"))));
    answers
}

/// Fills a log and gives the answers at each moment.
fn fill(log: &SqliteLog, sizes: &[usize]) -> Vec<Vec<Answer>> {
    let mut feeder = Feeder::new();
    let mut moments = vec![answers(log)];
    for (step, count) in sizes.iter().enumerate() {
        let batch = feeder.uniform(*count, 40);
        feeder.append(log, &batch);
        moments.push(answers(log));
        log.put_cosigned(feeder.size(), &format!("cosigned at {step}\n")).unwrap();
        moments.push(answers(log));
        log.stage(&batch.entries[..1]).unwrap();
        moments.push(answers(log));
    }
    assert_eq!(feeder.size(), ENTRIES);
    moments
}

/// Whether something was reported; fails where an answer is neither one of this moment nor a report.
fn judge(found: &[Answer], due: &[Answer]) -> Result<bool, String> {
    let mut reported = false;
    for (place, (found, due)) in found.iter().zip(due).enumerate() {
        match found {
            Err(error) if matches!(error.problem, Problem::Damaged(_)) => reported = true,
            Err(error) => return Err(format!("answer {place} is no report of damage: {error:?}")),
            found if found == due => {}
            Ok(_) => return Err(format!("answer {place} is another one than was stored")),
        }
    }
    Ok(reported)
}

fn open(directory: &Path, as_writer: bool) -> Result<SqliteLog, StoreError> {
    if as_writer { SqliteLog::open(directory) } else { SqliteLog::open_reader(directory) }
}

#[test]
fn in_the_database() {
    let directory = TempDir::new().unwrap();
    let log = SqliteLog::open(directory.path()).unwrap();
    let moments = fill(&log, &[3, 200, 57, 300, 100, 20, 20]);
    let due = moments.last().unwrap();
    // Closing writes the WAL back, so that all is in one file.
    drop(log);
    let good = fs::read(directory.path().join("log.sqlite")).unwrap();
    let checkpoint = b"log.example/conformance";
    let marks = good.windows(checkpoint.len()).rposition(|window| window == checkpoint).unwrap();
    let mut random = Random::new(7);
    let (mut harmless, mut reported, mut unopened) = (0, 0, 0);
    for round in 0..1_500 {
        let mut bytes = good.clone();
        // The first page, with header and table definitions, and the rows around the checkpoint get more than their share.
        let (from, below) = match round % 5 {
            0 => (0, 4_096),
            1 => (marks - 200, 600),
            _ => (0, good.len() as u64),
        };
        let (place, change) = (from + random.below(below) as usize, 1 + random.below(255) as u8);
        bytes[place] ^= change;
        let copy = TempDir::new().unwrap();
        fs::write(copy.path().join("log.sqlite"), &bytes).unwrap();
        match open(copy.path(), round % 20 == 0) {
            Ok(log) => match judge(&answers(&log), due) {
                Ok(true) => reported += 1,
                Ok(false) => harmless += 1,
                Err(why) => panic!("byte {place} changed by {change:#04x}: {why}"),
            },
            Err(error) => {
                let damaged = matches!(error.problem, Problem::Damaged(_));
                assert!(damaged, "byte {place} changed by {change:#04x}: {error:?}");
                unopened += 1;
            }
        }
    }
    println!(
        "{} bytes; of 1,500 flips {harmless} were harmless, {reported} reported, {unopened} at opening",
        good.len()
    );
    assert!(harmless > 0 && reported > 0 && unopened > 0);
}

/// SQLite's WAL ends where its checksums end, so a flip in it may cost the commits after it. Then the log is what it was at
/// an earlier moment, as a whole: that it is shorter is for the guard and the witnesses to notice.
#[test]
fn in_the_write_ahead_log() {
    let directory = TempDir::new().unwrap();
    let image = TempDir::new().unwrap();
    let log = SqliteLog::open(directory.path()).unwrap();
    let moments = fill(&log, &[3, 200, 57, 300, 100, 20, 20]);
    // What a crash would leave. Another process copies: closing a file here would let go of SQLite's locks on it.
    for name in ["log.sqlite", "log.sqlite-wal"] {
        let status = Command::new("cp").arg(directory.path().join(name)).arg(image.path()).status();
        assert!(status.unwrap().success());
    }
    drop(log);
    let database = fs::read(image.path().join("log.sqlite")).unwrap();
    let wal = fs::read(image.path().join("log.sqlite-wal")).unwrap();
    assert!(wal.len() > 200_000, "the WAL holds the log: {}", wal.len());
    let mut random = Random::new(8);
    let (mut whole, mut earlier) = (0, 0);
    for round in 0..150 {
        let mut bytes = wal.clone();
        let place = random.below(if round % 5 == 0 { 60_000 } else { wal.len() as u64 }) as usize;
        bytes[place] ^= 1 + random.below(255) as u8;
        let copy = TempDir::new().unwrap();
        fs::write(copy.path().join("log.sqlite"), &database).unwrap();
        fs::write(copy.path().join("log.sqlite-wal"), &bytes).unwrap();
        let log = match open(copy.path(), round % 3 == 0) {
            Ok(log) => log,
            Err(error) => {
                assert!(matches!(error.problem, Problem::Damaged(_)), "byte {place}: {error:?}");
                continue;
            }
        };
        let found = answers(&log);
        match moments.iter().rposition(|due| judge(&found, due).is_ok()) {
            Some(moment) if moment + 1 == moments.len() => whole += 1,
            Some(_) => earlier += 1,
            None => panic!("byte {place}: the log at no moment was like this"),
        }
    }
    println!("{} bytes of WAL; of 150 flips {whole} left all, {earlier} an earlier moment", wal.len());
    assert!(earlier > 0);
}
