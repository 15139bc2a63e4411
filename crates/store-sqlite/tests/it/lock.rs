//! One writer at a time, and readers beside it.

use std::io::Write;

use ledger::conformance::Feeder;
use ledger::ports::{Appended, Log, Problem};
use store_sqlite::{SqliteLog, SqliteVault};
use tempfile::TempDir;

use super::child::{self, BYTES};

#[test]
fn a_second_writer_is_refused() {
    let directory = TempDir::new().unwrap();
    let log = SqliteLog::open(directory.path()).unwrap();
    let error = SqliteLog::open(directory.path()).unwrap_err();
    assert!(matches!(error.problem, Problem::InUse(_)), "{error}");
    assert!(error.to_string().contains(&std::process::id().to_string()), "it says who: {error}");
    drop(log);
    drop(SqliteLog::open(directory.path()).unwrap());

    let vault = SqliteVault::open(directory.path()).unwrap();
    let error = SqliteVault::open(directory.path()).unwrap_err();
    assert!(matches!(error.problem, Problem::InUse(_)), "{error}");
    drop(vault);
    drop(SqliteVault::open(directory.path()).unwrap());
}

#[test]
fn other_processes_read_while_one_writes() {
    let directory = TempDir::new().unwrap();
    let log = SqliteLog::open(directory.path()).unwrap();
    let mut feeder = Feeder::new();
    feeder.append(&log, &feeder.clone().uniform(10, BYTES));
    let (mut process, mut lines) = child::start("read", directory.path(), 0);
    let mut ask = process.stdin.take().unwrap();
    while feeder.size() < 3_000 {
        feeder.append(&log, &feeder.clone().uniform(70, BYTES));
        ask.write_all(b"\n").unwrap();
        let answer = child::next(&mut lines).expect("the reader goes on");
        assert_eq!(answer, ("read".into(), feeder.size()), "what is acknowledged can be read");
    }
    process.kill().unwrap();
    process.wait().unwrap();
    feeder.check(&log);
}

#[test]
fn a_reader_needs_a_log_and_never_makes_one() {
    let directory = TempDir::new().unwrap();
    assert!(SqliteLog::open_reader(directory.path()).is_err());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);

    drop(SqliteLog::open(directory.path()).unwrap());
    let log = SqliteLog::open_reader(directory.path()).unwrap();
    let feeder = Feeder::new();
    feeder.check(&log);
    assert!(matches!(log.append(&feeder.uniform(1, 10)), Appended::Refused(_)));
    assert!(log.stage(&[]).is_err());
    assert!(log.unstage(1).is_err());
    assert!(log.put_cosigned(1, "x").is_err());
    feeder.check(&log);
}

#[test]
fn tiles_that_do_not_fit_are_refused() {
    let directory = TempDir::new().unwrap();
    let log = SqliteLog::open(directory.path()).unwrap();
    let mut feeder = Feeder::new();
    feeder.append(&log, &feeder.clone().uniform(200, 20));
    let good = feeder.uniform(100, 20);
    let refused = |change: &dyn Fn(&mut ledger::ports::Batch)| {
        let mut batch = good.clone();
        change(&mut batch);
        assert!(matches!(log.append(&batch), Appended::Refused(_)));
        feeder.check(&log);
    };
    refused(&|batch| batch.tiles.clear());
    refused(&|batch| batch.tiles[0].index = 1);
    refused(&|batch| batch.tiles[0].bytes[77] ^= 1);
    refused(&|batch| batch.tiles[0].bytes.truncate(8_191));
    refused(&|batch| batch.tiles.push(batch.tiles[0].clone()));
    refused(&|batch| batch.entries[3] = vec![0; 65_536].into());
    refused(&|batch| batch.first = u64::MAX - 50);
    feeder.append(&log, &good);
    feeder.check(&log);
}
