//! Processor time of an individually signed attestation, from bytes to receipt, against one `verify_strict`.
//!
//! At the ledger itself, in this process; over plain HTTP, which is what the mark asks for, in `http`.

use std::sync::Arc;
use std::time::Instant;

use ledger::Ledger;

use crate::load::{Place, accept, devices, presigned};
use crate::table::{Row, Table, count, median};
use crate::{Settings, machine};

/// Entries of a batch.
const BATCH: usize = 100;
/// Clients that submit at once.
const CLIENTS: usize = 4;

/// Microseconds of processor time and of time for each of the entries.
fn drive(ledger: &Ledger, clients: Vec<Vec<Arc<[u8]>>>) -> (f64, f64) {
    let n: usize = clients.iter().map(Vec::len).sum();
    let (processor, start) = (machine::processor(), Instant::now());
    std::thread::scope(|scope| {
        for entries in clients {
            scope.spawn(move || entries.chunks(BATCH).for_each(|batch| accept(ledger, batch.to_vec())));
        }
    });
    let used = machine::processor() - processor;
    (used * 1e6 / n as f64, start.elapsed().as_secs_f64() * 1e6 / n as f64)
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let place = Place::make(&settings.directory, "ingest");
    let ledger = place.open();
    let mut all = devices(&ledger, 400);
    let share = all.len() / CLIENTS;
    let each = if settings.quick { 4_000 } else { 10_000 };
    let (mut used, mut spent, mut floors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.runs {
        let clients = all.chunks_mut(share).map(|own| presigned(own, each)).collect();
        floors.push(machine::verify_strict());
        let (processor, time) = drive(&ledger, clients);
        used.push(processor);
        spent.push(time);
        floors.push(machine::verify_strict());
    }
    let (used, spent, floor) = (median(used), median(spent), median(floors));
    drop(ledger);
    place.remove();
    table.add(Row {
        what: format!(
            "ingest at the ledger, batches of {BATCH}, {CLIENTS} clients: processor an attestation"
        ),
        measured: format!("{used:.1} µs ({} /s)", count(1e6 / spent)),
        floor: format!("{floor:.1} µs `verify_strict`"),
        ratio: format!("{:.2}", used / floor),
        mark: "-".into(),
        holds: None,
    });
}
