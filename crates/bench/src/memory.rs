//! What a fleet of a million devices takes in memory, a device and a change of state; and how long one of them takes to be found, and
//! its state at a past moment to be answered and proven.
//!
//! Entries are well formed and in order but carry signatures of zeros, as in `big`. Each device is enrolled with serial number
//! and UDI, placed, attests three components and gets a verdict; then what it runs changes, an hour apart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use evidence::body::Measured;
use evidence::facts::fleet::{Appraisal, Appraised, DeviceEnrolled, DeviceMoved, KeyOrigin};
use evidence::facts::sources::SourceEnrolled;
use evidence::types::{Beacon, Bytes};
use evidence::{Body, Entry, Evidence, Fact, PublicKey, SourceId, SourceKind, Time};
use ledger::ports::{Appended, Batch, FixedClock, Log};
use ledger::{Ledger, Options, load};
use store_sqlite::SqliteLog;
use testkit::{Author, ORIGIN};
use tlog::tile::Edge;
use tlog::{Checkpoint, Hash, leaf_hash};
use views::fleet::Material;
use world::fleet::Subject;

use crate::load::{Place, accept, now};
use crate::table::{Row, Table, count, part};
use crate::{Settings, restart};

const BATCH: usize = 4_096;
/// Changes of what each device runs.
const CHANGES: u64 = 2;
/// Devices that are asked for.
const ASKED: u64 = 2_000;
const HOUR: u64 = 3_600;

/// Writes entries through the port.
struct Writer {
    log: SqliteLog,
    edge: Edge,
    entries: Vec<Arc<[u8]>>,
}

impl Writer {
    fn open(place: &Place) -> Self {
        let log = SqliteLog::open(&place.data()).unwrap();
        let edge = load(&log, None).unwrap().edge;
        Self { log, edge, entries: Vec::new() }
    }

    fn say(&mut self, body: Body, key: &PublicKey) {
        let entry = Entry::sign_cose(body, key, |_| [0; 64]).unwrap();
        self.entries.push(entry.encode().into());
        if self.entries.len() >= BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let (first, mut tiles) = (self.edge.size(), Vec::new());
        let entries = std::mem::take(&mut self.entries);
        entries.iter().for_each(|e| self.edge.append(leaf_hash(e), &mut tiles));
        let note = Checkpoint::new(ORIGIN, self.edge.size(), self.edge.root());
        let note = note.sign(&testkit::keys().checkpoint).unwrap();
        let batch = Batch { first, entries, tiles, checkpoint: note.to_string().into() };
        assert_eq!(self.log.append(&batch), Appended::Committed);
    }
}

fn device(n: u64) -> SourceId {
    let mut ueid = [0; 16];
    ueid.copy_from_slice(&Hash::of(&n.to_be_bytes()).0[..16]);
    SourceId::device(ueid)
}

fn serial(n: u64) -> String {
    format!("SN{n:08}")
}

fn key(n: u64) -> PublicKey {
    PublicKey::ed25519(Hash::of(format!("key {n}").as_bytes()).0)
}

fn body(source: SourceId, stream: u64, sequence: u64, fact: Fact) -> Body {
    Body {
        source,
        stream,
        sequence,
        previous: (sequence > 0).then_some(Hash([9; 32])),
        time: None,
        beacon: None,
        reason: None,
        on_behalf_of: None,
        fact,
    }
}

/// A station's facts about a device, and the verdict as the ledger would state it.
fn introduce(w: &mut Writer, station: &mut Author, n: u64) {
    let device = device(n);
    let enrolled = DeviceEnrolled {
        device,
        key: key(n),
        possession: Bytes(vec![0; 64]),
        udi: Some(format!("(01)09506000200019(21){}", serial(n))),
        serial: Some(serial(n)),
        model: "IP-2W".into(),
        hardware_version: Some("A".into()),
        key_origin: KeyOrigin::Puf,
        helper: Some(Hash([1; 32])),
        report: None,
        product: "9506000IP2PUMPPY".into(),
    };
    let moved = DeviceMoved {
        device: Some(device),
        asset: None,
        site: Some(format!("site {}", n % 1_200)),
        owner: None,
        custody: None,
        since: None,
    };
    for fact in [enrolled.into(), moved.into()] {
        let said = body(station.id, station.stream, station.sequence, fact);
        station.sequence += 1;
        w.say(said, &station.key);
    }
}

fn attest(w: &mut Writer, station: &mut Author, n: u64, sequence: u64, beacon: &Beacon) {
    let measured = |name: &str, n: u64| Measured {
        name: name.into(),
        version: Some(format!("2.{n}.0")),
        digest: Hash::of(format!("{name} {n}").as_bytes()),
    };
    // A fleet's devices run some hundred combinations of versions.
    let version = n % 100 + sequence;
    let evidence = Evidence {
        boot_count: Some(sequence + 1),
        measurements: vec![measured("boot", 1), measured("pump", version), measured("drug-library", n % 7)],
        ..Evidence::default()
    };
    let mut said = body(device(n), 1 << 32 | n, sequence, Fact::Attested(evidence));
    said.beacon = Some(beacon.clone());
    w.say(said, &key(n));
    if sequence == 0 {
        let verdict = Appraised {
            device: device(n),
            evidence: Hash([2; 32]),
            status: Appraisal::Affirming,
            vector: Bytes(vec![2, 0, 2, 0, 0, 0, 0, 0]),
            reasons: Vec::new(),
            release: None,
            policy: 1,
        };
        let said = body(station.id, station.stream, station.sequence, verdict.into());
        station.sequence += 1;
        w.say(said, &station.key);
    }
}

/// Lets log time come to a moment.
fn advance(place: &Place, to: Time) -> Beacon {
    let ledger = open(place, to);
    while ledger.read().now() < to {
        std::thread::sleep(Duration::from_millis(5));
    }
    let size = ledger.read().size;
    assert!(ledger.wait_beyond(size - 1, Duration::from_secs(60)) >= size);
    let tree = ledger.tree();
    Beacon { generation: 0, size: tree.size(), root: tree.root() }
}

fn open(place: &Place, at: Time) -> Ledger {
    let options =
        Options { idle_tick: Duration::from_millis(10), seal_every: u64::MAX, ..Options::default() };
    place.open_with(Arc::new(FixedClock::new(at)), options)
}

fn size(place: &Place) -> u64 {
    let log = SqliteLog::open_reader(&place.data()).unwrap();
    Checkpoint::parse(tlog::Note::parse(log.head().unwrap().unwrap().checkpoint.as_bytes()).unwrap().text())
        .unwrap()
        .size
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    // A tenth of the entries of the large log of other parts: a million for ten million.
    let devices = settings.entries / 10;
    let place = Place::make(&settings.directory, "memory");
    let begun = now();
    let mut station = Author::new(SourceKind::Station, 20);
    {
        let ledger = open(&place, begun);
        let enrol = SourceEnrolled {
            source: station.id,
            key: station.key.clone(),
            name: "Station".into(),
            roles: vec!["station".into()],
            possession: None,
        };
        accept(&ledger, vec![Author::person(10).state(enrol)]);
    }
    let mut w = Writer::open(&place);
    (0..devices).for_each(|n| introduce(&mut w, &mut station, n));
    w.flush();
    drop(w);
    let mut weights = Vec::new();
    for change in 0..=CHANGES {
        let beacon = advance(&place, begun.plus(HOUR * (change + 1)));
        let mut w = Writer::open(&place);
        (0..devices).for_each(|n| attest(&mut w, &mut station, n, change, &beacon));
        w.flush();
        drop(w);
        if change == 0 || change == CHANGES {
            weights.push((restart::world_of(&place.data()), size(&place)));
        }
    }
    let [(first, before), (last, after)] = weights[..] else { panic!("weighed twice") };
    let n = devices as f64;
    let a_device = (first - 16.0 * before as f64) / n;
    let a_change = (last - first - 16.0 * (after - before) as f64) / (n * CHANGES as f64);
    let name = count(n);
    let line = |what: String, measured: String, mark: &str, holds| Row {
        what,
        measured,
        floor: "-".into(),
        ratio: "-".into(),
        mark: mark.into(),
        holds,
    };
    table.add(line(
        format!("memory of the whole world a device, {name} devices, without 16 B an entry"),
        format!("{a_device:.0} B ({:.0} MB in all)", first / 1e6),
        "<= 400 B",
        Some(a_device <= 400.0),
    ));
    table.add(line(
        format!("memory a change of what a device runs, {name} devices, without 16 B an entry"),
        format!("{a_change:.0} B ({:.0} MB in all after {CHANGES} each)", last / 1e6),
        "<= 32 B",
        Some(a_change <= 32.0),
    ));
    let end = begun.plus(HOUR * (CHANGES + 2));
    let ledger = open(&place, end);
    times(&ledger, devices, &name, begun.plus(HOUR * 3 / 2), table);
    ledger.stop();
    drop(ledger);
    place.remove();
}

/// One device after the other: found, its past state answered, that proven to be in the log, and to be all there is.
fn times(ledger: &Ledger, devices: u64, name: &str, at: Time, table: &mut Table) {
    let began = Instant::now();
    ledger.seal().unwrap();
    let sealing = began.elapsed().as_secs_f64();
    let mut figures: [Vec<f64>; 4] = Default::default();
    let tree = ledger.tree();
    let checkpoint = ledger.checkpoint();
    let material = Material { log: &**ledger.log(), tree: &tree, note: &checkpoint };
    let seal = ledger.read().journal().seals().last().unwrap().clone();
    let trees = ledger.sealed(Some(seal.sealed.size)).unwrap();
    let known = tree.size();
    for turn in 0..ASKED {
        let n = turn * 7_919 % devices;
        let subject = Subject::Device(device(n));
        let world = ledger.read();
        let began = Instant::now();
        let found = world.fleet_at(at, known).called(&serial(n), true, 20);
        figures[0].push(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(found.as_deref(), Some(std::slice::from_ref(&subject)));
        let began = Instant::now();
        let view = world.fleet_at(at, known);
        let state = view.state(&subject).unwrap();
        figures[1].push(began.elapsed().as_secs_f64() * 1e3);
        assert_eq!(state.measured.len(), 3);
        let began = Instant::now();
        let basis = view.basis(&subject);
        drop(world);
        let proof = views::fleet::prove(&material, known, &basis, &[], false).unwrap();
        figures[2].push(began.elapsed().as_secs_f64() * 1e3);
        assert!(!proof.document.is_null());
        let began = Instant::now();
        let world = ledger.read();
        let basis = world.fleet_at(at, known).basis(&subject);
        let state = world.fleet().sealed_state(&subject, seal.sealed.size).unwrap();
        drop(world);
        let current = views::fleet::current(&seal, trees.membership("fleet", &state.key), state).unwrap();
        views::fleet::prove(&material, known, &basis, &[current], false).unwrap();
        figures[3].push(began.elapsed().as_secs_f64() * 1e3);
    }
    let whats = [
        ("found by its serial number", "-", f64::MAX),
        ("state at a past moment", "< 0.1 ms", 0.1),
        ("the same, its entries proven included", "< 2 ms", 2.0),
        ("the same, proven current under a kept seal", "< 5 ms", 5.0),
    ];
    for ((what, mark, most), figures) in whats.into_iter().zip(&mut figures) {
        let (p50, p99) = (part(figures, 0.5), part(figures, 0.99));
        table.add(Row {
            what: format!("one device of {name}: {what}"),
            measured: format!("p50 {p50:.3} ms, p99 {p99:.3} ms"),
            floor: "-".into(),
            ratio: "-".into(),
            mark: mark.into(),
            holds: (most < f64::MAX).then_some(p99 < most),
        });
    }
    eprintln!("sealing the states of {name} devices took {sealing:.1} s");
}
