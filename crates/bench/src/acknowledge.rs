//! How long an acknowledgement with its proof takes at a steady rate. Not here: the longest stall (`stall`).
//!
//! The load is open: each entry has its moment, and its time runs from there, whether or not the ledger was ready for it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ledger::Ledger;

use crate::Settings;
use crate::load::{Place, devices, presigned};
use crate::machine::syncs;
use crate::table::{Row, Table, median, part};

/// Entries a second.
pub(crate) const RATE: u32 = 2_000;

/// Moments, in milliseconds since the start: when each entry was due, and when it was acknowledged.
pub(crate) type Moments = Vec<(f64, f64)>;

/// Submits entries at the rate and waits until all are acknowledged.
pub(crate) fn drive(ledger: &Ledger, entries: Vec<Arc<[u8]>>) -> Moments {
    let moments = Arc::new(Mutex::new(Vec::with_capacity(entries.len())));
    let n = entries.len();
    let start = Instant::now();
    for (place, entry) in (0u32..).zip(entries) {
        let due = Duration::from_secs(1) * place / RATE;
        if let Some(early) = due.checked_sub(start.elapsed()) {
            std::thread::sleep(early);
        }
        let moments = moments.clone();
        let reply = move |outcomes: Vec<ledger::Outcome>| {
            for outcome in outcomes {
                if let Err(e) = outcome {
                    panic!("{e}");
                }
            }
            moments.lock().unwrap().push((due.as_secs_f64() * 1e3, start.elapsed().as_secs_f64() * 1e3));
        };
        ledger.submit_then(vec![entry], Box::new(reply));
    }
    loop {
        let moments = moments.lock().unwrap();
        if moments.len() == n {
            return moments.clone();
        }
        drop(moments);
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let place = Place::make(&settings.directory, "acknowledge");
    let ledger = place.open();
    let mut all = devices(&ledger, 500);
    let seconds = if settings.quick { 5 } else { 20 };
    let (mut p50, mut p99, mut floors) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.runs {
        let entries = presigned(&mut all, RATE as usize * seconds);
        floors.extend(syncs(&settings.directory, 150));
        let moments = drive(&ledger, entries);
        floors.extend(syncs(&settings.directory, 150));
        let mut times: Vec<f64> = moments.iter().map(|(due, at)| at - due).collect();
        p50.push(part(&mut times, 0.5));
        p99.push(part(&mut times, 0.99));
    }
    let (p50, p99, f) = (median(p50), median(p99), median(floors));
    let row = |what: &str, measured: f64, limit: f64, mark: &str| Row {
        what: format!("acknowledgement with proof at {RATE}/s, {what}"),
        measured: format!("{measured:.2} ms"),
        floor: format!("f = {f:.2} ms fdatasync"),
        ratio: format!("{:.2}", measured / f),
        mark: format!("{mark} = {limit:.2} ms"),
        holds: Some(measured <= limit),
    };
    table.add(row("p50", p50, 1.6 * f + 2.0, "<= 1.6 f + 2 ms"));
    table.add(row("p99", p99, 3.5 * f, "<= 3.5 f"));
    drop(ledger);
    place.remove();
}
