//! What a start costs at a large log: from a snapshot, and as a full rebuild; the audit of hashes; disk and memory.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use ledger::audit::{Depth, audit};
use ledger::{Standing, load};
use store_sqlite::SqliteLog;

use crate::big::{self, Big};
use crate::table::{Row, Table, count, median};
use crate::{Settings, machine};

/// Word that makes this program weigh the world of a log.
pub(crate) const WORLD: &str = "--world";
/// Size of the log that the marks speak of.
const MARKED: u64 = 10_000_000;

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let start = Instant::now();
    let big = big::build(settings, (settings.entries / 1_000).clamp(100, 10_000));
    let name = count(big.size as f64);
    eprintln!("a log of {name} entries, {} bytes, built in {:.0} s", big.raw, start.elapsed().as_secs_f64());
    rebuild(settings, &big, &name, table);
    hashes(settings, &big, &name, table);
    disk(&big, &name, table);
    snapshot(settings, &big, &name, table);
    big.place.remove();
}

fn rebuild(settings: &Settings, big: &Big, name: &str, table: &mut Table) {
    let log = SqliteLog::open_reader(&big.place.data()).unwrap();
    let floor = machine::hash();
    let run = |_| {
        let (loaded, spent, used) = machine::time(|| load(&log, None).unwrap());
        assert_eq!(loaded.edge.size(), big.size);
        (big.size as f64 / spent, used * 1e6 / big.size as f64)
    };
    let (rates, used): (Vec<f64>, Vec<f64>) = (0..settings.runs).map(run).unzip();
    let (rate, used) = (median(rates), median(used));
    table.add(Row {
        what: format!("full rebuild, {name} small entries"),
        measured: format!("{} entries/s ({used:.2} µs processor each)", count(rate)),
        floor: format!("{:.2} µs for 6 hashes", floor * 6.0 / 1e3),
        ratio: format!("{:.1}", used * 1e3 / (floor * 6.0)),
        mark: ">= 500,000 /s".into(),
        holds: Some(rate >= 500_000.0),
    });
    drop(log);
    let held = world_of_its_own(big);
    let due = 400.0 * big.devices as f64 + 16.0 * big.size as f64;
    table.add(Row {
        what: format!("memory of the world, {name} entries, {} devices", count(big.devices as f64)),
        measured: format!("{:.1} MB ({:.1} B an entry)", held / 1e6, held / big.size as f64),
        floor: "-".into(),
        ratio: "-".into(),
        mark: format!("<= 400 B a device + 16 B an entry = {:.1} MB", due / 1e6),
        holds: Some(held <= due),
    });
}

/// Bytes that a process holds more after loading the log than before. A process of its own: here, what earlier
/// measurements gave back to the allocator would be used again and not be seen.
fn world_of_its_own(big: &Big) -> f64 {
    world_of(&big.place.data())
}

/// The same of any log.
pub(crate) fn world_of(data: &Path) -> f64 {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).arg(WORLD).arg(data).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap()
}

/// What that process does.
pub(crate) fn weigh(data: &Path) {
    let log = SqliteLog::open_reader(data).unwrap();
    let before = machine::resident();
    let loaded = load(&log, None).unwrap();
    println!("{}", machine::resident() - before);
    drop(loaded);
}

fn hashes(settings: &Settings, big: &Big, name: &str, table: &mut Table) {
    let log = SqliteLog::open_reader(&big.place.data()).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let floor = machine::hash();
    let run = |_| {
        let all = || audit(&log, Depth { signatures: false, threads }, None, |_, _| {});
        let (report, spent, used) = machine::time(all);
        let report = report.unwrap();
        assert!(report.holds(), "{report:?}");
        (report.good as f64 / spent, used * 1e6 / report.good as f64)
    };
    let (rates, used): (Vec<f64>, Vec<f64>) = (0..settings.runs).map(run).unzip();
    let (rate, used) = (median(rates), median(used));
    table.add(Row {
        what: format!("full audit, hashes only, {name} entries"),
        measured: format!("{} entries/s ({used:.2} µs processor each)", count(rate)),
        floor: format!("{:.2} µs for 5 hashes", floor * 5.0 / 1e3),
        ratio: format!("{:.1}", used * 1e3 / (floor * 5.0)),
        mark: ">= 1,000,000 /s".into(),
        holds: Some(rate >= 1e6),
    });
}

fn disk(big: &Big, name: &str, table: &mut Table) {
    // Opened and closed by a writer, so that the write-ahead log is written back.
    drop(SqliteLog::open(&big.place.data()).unwrap());
    let stored = std::fs::metadata(big.place.data().join("log.sqlite")).unwrap().len() as f64;
    let (stored, raw) = (stored / big.size as f64, big.raw as f64 / big.size as f64);
    let due = 1.1 * raw + 40.0;
    table.add(Row {
        what: format!("disk an entry, {name} entries"),
        measured: format!("{stored:.1} B"),
        floor: format!("{raw:.1} B raw"),
        ratio: format!("{:.2}", stored / raw),
        mark: format!("<= 1.1 raw + 40 B = {due:.1} B"),
        holds: Some(stored <= due),
    });
}

fn snapshot(settings: &Settings, big: &Big, name: &str, table: &mut Table) {
    let ledger = big.place.open();
    assert_eq!(ledger.standing(), Standing::Writable);
    let start = Instant::now();
    ledger.seal().unwrap();
    eprintln!("sealed, snapshot written in {:.1} s", start.elapsed().as_secs_f64());
    drop(ledger);
    let log = SqliteLog::open_reader(&big.place.data()).unwrap();
    let snapshots = big.place.snapshots();
    let run = |_| {
        let start = Instant::now();
        let loaded = load(&log, Some(&snapshots)).unwrap();
        assert!(loaded.from_snapshot > 0, "the snapshot was not used");
        start.elapsed().as_secs_f64()
    };
    let seconds = median((0..settings.runs).map(run).collect());
    let at_mark = seconds * MARKED as f64 / big.size as f64;
    let note = if big.size < MARKED { format!(" (in proportion {at_mark:.2} s)") } else { String::new() };
    table.add(Row {
        what: format!("start from a snapshot, {name} entries"),
        measured: format!("{seconds:.2} s{note}"),
        floor: "-".into(),
        ratio: "-".into(),
        mark: "< 5 s at 10,000,000".into(),
        holds: (big.size >= MARKED || at_mark >= 5.0).then_some(at_mark < 5.0),
    });
}
