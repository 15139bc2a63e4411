//! Audit packages of a whole log: how fast they are made and verified, without documents.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use ledger::TreeView;
use ledger::ports::MemoryBlobs;
use report::verify::{How, verify};
use report::{Origin, Request, Scope, build};
use store_sqlite::SqliteLog;
use tlog::Note;

use crate::load::{Place, accept, devices, presigned};
use crate::table::{Row, Table, count, median};
use crate::{Settings, machine};

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let place = Place::make(&settings.directory, "package");
    let ledger = place.open();
    let mut all = devices(&ledger, 400);
    let n = if settings.quick { 20_000 } else { 100_000 };
    presigned(&mut all, n).chunks(1_000).for_each(|batch| accept(&ledger, batch.to_vec()));
    drop(ledger);
    let log: Arc<SqliteLog> = Arc::new(SqliteLog::open_reader(&place.data()).unwrap());
    let loaded = ledger::load(&*log, None).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let path = settings.directory.join("package.zip");
    let checkpoint = Note::parse(loaded.head.checkpoint.as_bytes()).unwrap();
    let tree = TreeView::new(Arc::new(loaded.edge), log.clone());
    let blobs = MemoryBlobs::default();
    let origin = Origin { log: &*log, blobs: &blobs, world: &loaded.world, tree, checkpoint };
    let request = Request { scope: Scope::All, at: None, known: None, documents: false };
    let (mut made, mut verified, mut bytes) = (Vec::new(), Vec::new(), 0);
    for _ in 0..settings.runs {
        let out = File::create(&path).unwrap();
        let (built, spent, _) =
            machine::time(|| build(&origin, &request, std::io::BufWriter::new(out), |_, _| {}));
        let (_, built) = built.unwrap();
        let size = built.evidence.index.entries.held as f64;
        bytes = built.bytes;
        made.push(size / spent);
        let file = BufReader::new(File::open(&path).unwrap());
        let (found, spent, _) = machine::time(|| verify(file, How { policy: None, threads }, |_, _| {}));
        let found = found.unwrap();
        assert!(found.holds() && found.complete, "{:?}", found.problems);
        verified.push(size / spent);
    }
    let size = loaded.head.size as f64;
    drop(log);
    place.remove();
    let floor = threads as f64 * 1e6 / machine::verify_strict();
    table.add(Row {
        what: format!("package of a whole log made, {} entries, no documents", count(size)),
        measured: format!("{} entries/s, {:.0} B an entry", count(median(made)), bytes as f64 / size),
        floor: "-".into(),
        ratio: "-".into(),
        mark: "-".into(),
        holds: None,
    });
    let rate = median(verified);
    table.add(Row {
        what: format!("that package verified, {threads} threads"),
        measured: format!("{} entries/s", count(rate)),
        floor: format!("{} /s `verify_strict` alone on all cores", count(floor)),
        ratio: format!("{:.2}", rate / floor),
        mark: "-".into(),
        holds: None,
    });
}
