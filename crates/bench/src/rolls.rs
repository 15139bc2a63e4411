//! What the log grows by when nothing changes: 96 unchanged attestations a device and day, rolled up, over a simulated
//! day; and the processor time of one, staged. The clock is set by hand; signatures are real.

use std::sync::Arc;

use evidence::Time;
use evidence::types::Beacon;
use ledger::ports::FixedClock;
use ledger::{Ledger, Options, ROLL_EVERY, Taken};
use testkit::Author;

use crate::load::{self, Place, attestation, devices};
use crate::table::{Row, Table};
use crate::{Settings, machine};

/// Attestations of a device and day: one a roll call.
const A_DAY: u64 = 86_400 / ROLL_EVERY;

/// Rounds before the day that is measured.
const WARM: u64 = 4;

/// Lets every device attest once, in batches of 100, and says the processor time it took and how many were staged.
fn round(ledger: &Ledger, fleet: &mut [Author]) -> (f64, usize) {
    let tree = ledger.tree();
    let beacon = Beacon { generation: 0, size: tree.size(), root: tree.root() };
    let entries: Vec<Arc<[u8]>> = fleet
        .iter_mut()
        .map(|device| {
            device.beacon = Some(beacon.clone());
            device.state(attestation())
        })
        .collect();
    let (processor, mut staged) = (machine::processor(), 0);
    for batch in entries.chunks(100) {
        let taken = ledger.submit_evidence(batch.to_vec());
        staged += taken.iter().filter(|t| matches!(t.as_ref().unwrap(), Taken::Staged(_))).count();
    }
    (machine::processor() - processor, staged)
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let n = if settings.quick { 1_000 } else { 4_000 };
    let place = Place::make(&settings.directory, "rolls");
    let begun = load::now();
    let clock = Arc::new(FixedClock::new(begun));
    let options = Options { roll_every: ROLL_EVERY, ..Options::default() };
    let ledger = place.open_with(clock.clone(), options);
    let mut fleet = devices(&ledger, n);
    let (mut now, mut before, mut used, mut staged) = (begun, 0, 0.0, 0);
    // Some rounds until everything goes its way, then a day, in which one midnight falls.
    for turn in 0..WARM + A_DAY {
        if turn == WARM {
            ledger.roll_up().unwrap();
            (before, used, staged) = (ledger.read().size, 0.0, 0);
        }
        now = Time::from_seconds(now.seconds() + ROLL_EVERY).unwrap();
        clock.set(now);
        let (processor, held) = round(&ledger, &mut fleet);
        used += processor;
        staged += held;
    }
    ledger.roll_up().unwrap();
    let sent = A_DAY * n;
    let size = ledger.read().size;
    let raw = ledger.log().read(before, usize::MAX, usize::MAX).unwrap();
    let bytes: usize = raw.iter().map(|entry| entry.len()).sum();
    let held: usize = ledger.log().staged(0, usize::MAX).unwrap().iter().map(|s| s.bytes.len()).sum();
    let a_day = bytes as f64 / n as f64;
    // What the store adds to an entry once it is bundled.
    let stored = a_day + 40.0 * (size - before) as f64 / n as f64;
    drop(ledger);
    place.remove();
    table.add(Row {
        what: format!("log a device-day, {A_DAY} unchanged attestations, {n} devices, rolled up"),
        measured: format!(
            "{a_day:.0} B in entries, {stored:.0} B stored ({:.1} kB held besides)",
            held as f64 / n as f64 / 1e3
        ),
        floor: "-".into(),
        ratio: "-".into(),
        mark: "<= 1 KB".into(),
        holds: Some(stored <= 1_024.0),
    });
    table.add(Row {
        what: format!("unchanged attestation, staged and rolled up ({staged} of {sent}): processor"),
        measured: format!("{:.1} µs", used * 1e6 / sent as f64),
        floor: format!("{:.1} µs `verify_strict`", machine::verify_strict()),
        ratio: "-".into(),
        mark: "-".into(),
        holds: None,
    });
}
