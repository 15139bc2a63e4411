//! The longest stall under a steady load, while states are sealed, snapshots written and packages of the whole log built
//! beside it. Not here: the load (`acknowledge`).

use std::io::{BufWriter, sink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::ports::MemoryBlobs;
use ledger::{Ledger, TreeView};
use report::{Origin, Request, Scope, build};
use store_sqlite::SqliteLog;
use tlog::Note;

use crate::acknowledge::{RATE, drive};
use crate::load::{Place, devices, presigned};
use crate::machine::Probe;
use crate::table::{Row, Table, count};
use crate::{Settings, machine};

/// Between two seals. The program seals once an hour.
const SEAL_EVERY: Duration = Duration::from_secs(60);

/// Syncs every few milliseconds until told to stop, and gives the longest.
fn probe(directory: &Path, done: &AtomicBool) -> f64 {
    let mut probe = Probe::new(directory, "stall-probe");
    let mut longest = 0.0f64;
    while !done.load(Ordering::Relaxed) {
        longest = longest.max(probe.sync());
        std::thread::sleep(Duration::from_millis(5));
    }
    longest
}

/// Seals now and then until told to stop, and says how often.
fn seal(ledger: &Ledger, done: &AtomicBool) -> usize {
    let mut seals = 0;
    let pause = Duration::from_millis(100);
    std::thread::sleep(Duration::from_secs(2));
    while !done.load(Ordering::Relaxed) {
        ledger.seal().unwrap();
        seals += 1;
        let mut waited = Duration::ZERO;
        while waited < SEAL_EVERY && !done.load(Ordering::Relaxed) {
            std::thread::sleep(pause);
            waited += pause;
        }
    }
    seals
}

/// Builds one package of the log as it is after the other until told to stop, as a reader beside the ledger, and says how
/// many entries they held in all.
fn packages(data: &Path, done: &AtomicBool) -> u64 {
    let mut held = 0;
    while !done.load(Ordering::Relaxed) {
        let log: Arc<SqliteLog> = Arc::new(SqliteLog::open_reader(data).unwrap());
        let loaded = ledger::load(&*log, None).unwrap();
        let checkpoint = Note::parse(loaded.head.checkpoint.as_bytes()).unwrap();
        let tree = TreeView::new(Arc::new(loaded.edge), log.clone());
        let blobs = MemoryBlobs::default();
        let origin = Origin { log: &*log, blobs: &blobs, world: &loaded.world, tree, checkpoint };
        let request = Request { scope: Scope::All, at: None, known: None, documents: false };
        let (_, built) = build(&origin, &request, BufWriter::new(sink()), |_, _| {}).unwrap();
        held += built.evidence.index.entries.held;
    }
    held
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let seconds = if settings.quick { 20 } else { 600 };
    let place = Place::make(&settings.directory, "stall");
    let ledger = place.open();
    let mut all = devices(&ledger, 500);
    let entries = presigned(&mut all, RATE as usize * seconds);
    let (done, data) = (AtomicBool::new(false), place.data());
    let (moments, longest, seals, held) = std::thread::scope(|scope| {
        let probing = scope.spawn(|| probe(&settings.directory, &done));
        let sealing = scope.spawn(|| seal(&ledger, &done));
        let building = scope.spawn(|| packages(&data, &done));
        let moments = drive(&ledger, entries);
        done.store(true, Ordering::Relaxed);
        (moments, probing.join().unwrap(), sealing.join().unwrap(), building.join().unwrap())
    });
    let mut at: Vec<f64> = moments.iter().map(|(_, at)| *at).collect();
    at.sort_by(f64::total_cmp);
    let gap = at.windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max);
    table.add(Row {
        what: format!(
            "longest gap between acknowledgements in {seconds} s at {RATE}/s, with {seals} seals and packages of {} entries",
            count(held as f64)
        ),
        measured: format!("{gap:.1} ms"),
        floor: format!("{longest:.1} ms longest of a probe beside it"),
        ratio: format!("{:+.1} ms", gap - longest),
        mark: "< 100 ms over the probe (in 600 s)".into(),
        holds: Some(gap - longest < 100.0),
    });
    machine::describe_load("after the stall test");
    drop(ledger);
    place.remove();
}
