//! Killed at any instant: nothing acknowledged is lost, and what is left is whole.

use std::thread::sleep;
use std::time::Duration;

use ledger::conformance::{Feeder, Random};
use ledger::ports::Log;
use store_sqlite::SqliteLog;
use tempfile::TempDir;

use super::child::{self, BYTES};

#[test]
fn nothing_acknowledged_is_lost() {
    let directory = TempDir::new().unwrap();
    let mut random = Random::new(42);
    let (mut acknowledged, mut staged, mut behind) = (0, 0, 0);
    for round in 0..15 {
        let (mut process, mut lines) = child::start("append", directory.path(), round);
        // Some are killed while they open the log, the others after some acknowledgements and a moment.
        let patience = random.below(12);
        let mut heard = 0;
        while heard < patience {
            match child::next(&mut lines).expect("it goes on until it is killed") {
                (word, size) if word == "committed" => acknowledged = size,
                (word, place) if word == "staged" => staged = place,
                (word, size) if word == "opened" => assert!(size >= acknowledged, "round {round}"),
                (word, _) => panic!("{word}"),
            }
            heard += 1;
        }
        sleep(Duration::from_micros(random.below(9_000)));
        process.kill().unwrap();
        process.wait().unwrap();
        // What it said before it died, and nobody had read yet, counts too.
        while let Some((word, number)) = child::next(&mut lines) {
            match word.as_str() {
                "committed" => acknowledged = number,
                "staged" => staged = number,
                _ => {}
            }
        }

        let log = SqliteLog::open(directory.path()).unwrap();
        let size = log.head().unwrap().map_or(0, |head| head.size);
        assert!(size >= acknowledged, "round {round}: {acknowledged} were acknowledged, {size} are there");
        assert!(log.staged(0, usize::MAX).unwrap().len() as u64 >= staged, "round {round}");
        behind += u64::from(size > acknowledged);
        let mut feeder = Feeder::new();
        if size > 0 {
            feeder.committed(&feeder.uniform(size as usize, BYTES));
        }
        feeder.check(&log);
        acknowledged = size;
    }
    assert!(acknowledged > 0 && staged > 0);
    println!("{acknowledged} entries, {staged} pieces; {behind} of 15 kills fell between commit and answer");
}
