//! Evidence that is staged and rolled up, by a process that is killed at any instant: what it answered for is in the log, or
//! held beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use evidence::body::Measured;
use evidence::facts::fleet::{DeviceEnrolled, KeyOrigin};
use evidence::facts::sources::SourceEnrolled;
use evidence::types::Beacon;
use evidence::{Entry, Evidence, Fact, SourceKind, Time};
use ledger::audit::{Depth, audit};
use ledger::conformance::Random;
use ledger::ports::Log;
use ledger::{Ledger, Taken, load};
use store_sqlite::SqliteLog;
use tempfile::TempDir;
use testkit::{Author, ORIGIN};
use tlog::Hash;
use world::streams::StreamKey;

use super::ledger_place::{DIRECTORY, Place, ROLE, ROUND, clock, command_of};

const DEVICES: u64 = 5;
const QUARTER: u64 = 900;
/// Log time that a round takes at most.
const ROUND_TIME: u64 = 80_000;

fn enrol(ledger: &Ledger) {
    let (mut admin, mut station) = (Author::person(10), Author::new(SourceKind::Station, 60));
    // The administrator enrolled the writers before.
    admin.sequence = super::ledger_place::WRITERS.into();
    let stream = StreamKey { source: admin.id, stream: 1 };
    admin.previous = ledger.read().streams().get(&stream).map(|s| s.last);
    let enrol = SourceEnrolled {
        source: station.id,
        key: station.key.clone(),
        name: "Station".into(),
        roles: vec!["station".into()],
        possession: None,
    };
    assert!(ledger.submit(vec![admin.state(enrol)])[0].is_ok());
    for device in (0..DEVICES).map(Author::device) {
        let fact = DeviceEnrolled {
            device: device.id,
            key: device.key.clone(),
            possession: device.possession(ORIGIN, None),
            udi: None,
            serial: None,
            model: "IP-400".into(),
            hardware_version: None,
            key_origin: KeyOrigin::Puf,
            helper: None,
            report: None,
            product: "pump".into(),
        };
        assert!(ledger.submit(vec![station.state(fact)])[0].is_ok());
    }
}

/// Does nothing unless it was started by the test below: devices attest, mostly what they did before, and log time goes on.
#[test]
fn plays_its_role() {
    if env::var(ROLE).ok().as_deref() != Some("attest") {
        return;
    }
    let place = Place(env::var_os(DIRECTORY).unwrap().into());
    let round: u64 = env::var(ROUND).unwrap().parse().unwrap();
    let mut now = round * ROUND_TIME;
    let clock = Arc::new(clock(now));
    let ledger = place.open_rolling(clock.clone(), QUARTER).unwrap();
    let mut random = Random::new(round);
    let mut devices: Vec<Author> = (0..DEVICES).map(Author::device).collect();
    devices.iter_mut().for_each(|d| d.stream = round);
    let mut digests = vec![1u8; devices.len()];
    let end = now + ROUND_TIME - QUARTER;
    while now < end {
        let tree = ledger.tree();
        let beacon = Beacon { generation: 0, size: tree.size(), root: tree.root() };
        let mut batch: Vec<Arc<[u8]>> = Vec::new();
        for (device, digest) in devices.iter_mut().zip(&mut digests) {
            if random.below(30) == 0 {
                *digest = 3 - *digest;
            }
            device.beacon = Some(beacon.clone());
            let digest = Hash([*digest; 32]);
            let measurements = vec![Measured { name: "main".into(), version: None, digest }];
            batch.push(device.state(Fact::Attested(Evidence { measurements, ..Evidence::default() })));
        }
        for taken in ledger.submit_evidence(batch) {
            let (kind, entry) = match taken.unwrap() {
                Taken::Logged(receipt) => ("logged", receipt.entry),
                Taken::Staged(receipt) => ("staged", receipt.entry),
            };
            std::io::stdout().lock().write_all(format!("> {kind} {entry}\n").as_bytes()).unwrap();
        }
        now += random.below(300);
        clock.set(Time::from_seconds(testkit::START + now).unwrap());
    }
}

/// Every entry that was answered for is in the log or held; what is counted by the log and not in it is held too.
fn check(place: &Place, answered: &BTreeSet<Hash>) -> usize {
    let log = SqliteLog::open(&place.data()).unwrap();
    let entries = log.read(0, usize::MAX, usize::MAX).unwrap();
    let held = log.staged(0, usize::MAX).unwrap();
    let hash = |raw: &[u8]| Entry::decode(raw).unwrap().hash();
    let there: BTreeSet<Hash> =
        entries.iter().map(|raw| hash(raw)).chain(held.iter().map(|s| hash(&s.bytes))).collect();
    let lost = answered.iter().filter(|entry| !there.contains(entry)).count();
    assert_eq!(lost, 0, "of {} that were answered for", answered.len());
    let world = load(&log, None).unwrap().world;
    let mut places: BTreeMap<StreamKey, BTreeSet<u64>> = BTreeMap::new();
    for raw in entries.iter().map(|e| &e[..]).chain(held.iter().map(|s| &s.bytes[..])) {
        let entry = Entry::decode(raw).unwrap();
        let body = entry.body();
        places
            .entry(StreamKey { source: body.source, stream: body.stream })
            .or_default()
            .insert(body.sequence);
    }
    for (key, stream) in world.streams().iter() {
        let own = places.get(key).unwrap();
        assert!(stream.gaps.is_empty() && (0..stream.next).all(|at| own.contains(&at)), "{key:?}");
    }
    held.len()
}

#[test]
fn nothing_staged_is_lost_whenever_it_is_killed() {
    let directory = TempDir::new().unwrap();
    let place = Place(directory.path().into());
    place.make();
    enrol(&place.open(1).unwrap());
    let (mut answered, mut random) = (BTreeSet::new(), Random::new(5));
    let (mut staged, mut held) = (0, 0);
    for round in 1..=10 {
        let mut child = command_of("ledger_rolling::plays_its_role", &[], "attest", &place, round)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let patience = 40 + random.below(700);
        let mut heard = 0;
        for line in lines.lines().map_while(Result::ok) {
            let words: Vec<&str> = line.split(' ').collect();
            // A line that the kill cut short says nothing.
            if let [">", kind, entry] = words.as_slice()
                && let Ok(entry) = Hash::from_hex(entry)
            {
                answered.insert(entry);
                staged += u64::from(*kind == "staged");
                heard += 1;
            }
            if heard == patience {
                sleep(Duration::from_micros(random.below(20_000)));
                let _ = child.kill();
            }
        }
        child.wait().unwrap();
        held = check(&place, &answered);
    }
    // A last start rolls up what is left when it stops.
    drop(place.open_rolling(Arc::new(clock(11 * ROUND_TIME)), QUARTER).unwrap());
    check(&place, &answered);
    let log = SqliteLog::open(&place.data()).unwrap();
    let report = audit(&log, Depth { signatures: true, threads: 2 }, None, |_, _| {}).unwrap();
    assert!(report.holds(), "{report:?}");
    assert_eq!((report.gaps, report.forks), (0, 0));
    println!("{} answered for over 10 kills, {staged} staged, {held} held", answered.len());
    assert!(staged > 500 && held > 100);
}
