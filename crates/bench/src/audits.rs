//! The full audit with signatures, over attestations that devices signed.

use ledger::audit::{Depth, audit};
use store_sqlite::SqliteLog;

use crate::load::{Place, accept, devices, presigned};
use crate::table::{Row, Table, count, median};
use crate::{Settings, machine};

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let place = Place::make(&settings.directory, "audit");
    let ledger = place.open();
    let mut all = devices(&ledger, 400);
    let n = if settings.quick { 60_000 } else { 200_000 };
    presigned(&mut all, n).chunks(1_000).for_each(|batch| accept(&ledger, batch.to_vec()));
    drop(ledger);
    let log = SqliteLog::open_reader(&place.data()).unwrap();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let floor = machine::verify_strict();
    let run = |_| {
        let all = || audit(&log, Depth { signatures: true, threads }, None, |_, _| {});
        let (report, spent, used) = machine::time(all);
        let report = report.unwrap();
        assert!(report.holds(), "{report:?}");
        (report.good as f64 / spent, used * 1e6 / report.good as f64)
    };
    let (rates, used): (Vec<f64>, Vec<f64>) = (0..settings.runs).map(run).unzip();
    let (rate, used) = (median(rates), median(used));
    drop(log);
    place.remove();
    let most = threads as f64 * 1e6 / floor;
    table.add(Row {
        what: format!("full audit with signatures, {} entries, {threads} threads", count(n as f64)),
        measured: format!("{} entries/s ({used:.1} µs processor each)", count(rate)),
        floor: format!("{} /s `verify_strict` alone on all cores", count(most)),
        ratio: format!("{:.2}", rate / most),
        mark: ">= 40,000 /s".into(),
        holds: Some(rate >= 40_000.0),
    });
}
