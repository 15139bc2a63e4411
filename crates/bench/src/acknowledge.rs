//! How long an acknowledgement with its proof takes at a steady rate, and the longest stall.
//!
//! The load is open: each entry has its moment, and its time runs from there, whether or not the ledger was ready for it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ledger::Ledger;

use crate::load::{Place, devices, presigned};
use crate::machine::{self, Probe};
use crate::table::{Row, Table, median, part};
use crate::{Settings, machine::syncs};

/// Entries a second.
const RATE: u32 = 2_000;

/// Moments, in milliseconds since the start: when each entry was due, and when it was acknowledged.
type Moments = Vec<(f64, f64)>;

fn drive(ledger: &Ledger, entries: Vec<Arc<[u8]>>) -> Moments {
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
    stall(settings, &ledger, &mut all, table);
    drop(ledger);
    place.remove();
}

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

fn stall(settings: &Settings, ledger: &Ledger, all: &mut [testkit::Author], table: &mut Table) {
    let seconds = if settings.quick { 20 } else { 120 };
    let entries = presigned(all, RATE as usize * seconds);
    let done = AtomicBool::new(false);
    let (moments, longest) = std::thread::scope(|scope| {
        let probing = scope.spawn(|| probe(&settings.directory, &done));
        // States are sealed and a snapshot written meanwhile, as it happens every hour.
        let sealing = scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(2));
            ledger.seal().map(drop)
        });
        let moments = drive(ledger, entries);
        done.store(true, Ordering::Relaxed);
        assert!(sealing.join().unwrap().is_ok());
        (moments, probing.join().unwrap())
    });
    let mut at: Vec<f64> = moments.iter().map(|(_, at)| *at).collect();
    at.sort_by(f64::total_cmp);
    let gap = at.windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max);
    table.add(Row {
        what: format!("longest gap between acknowledgements in {seconds} s at {RATE}/s, with a seal"),
        measured: format!("{gap:.1} ms"),
        floor: format!("{longest:.1} ms longest of a probe beside it"),
        ratio: format!("{:+.1} ms", gap - longest),
        mark: "< 100 ms over the probe (in 600 s)".into(),
        holds: Some(gap - longest < 100.0),
    });
    machine::describe_load("after the stall test");
}
