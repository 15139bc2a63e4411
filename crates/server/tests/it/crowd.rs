//! Ten thousand devices come back at once: the server holds few requests, tells the others when to come, and in the end has
//! every piece of evidence of every device, once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use device::wire::{Answer, Outcome};
use evidence::facts::fleet::{DeviceEnrolled, KeyOrigin};
use evidence::{Entry, Evidence, Fact, SourceId, SourceKind};
use http_body_util::{BodyExt, Full};
use testkit::{Author, Fixture, ORIGIN};
use tokio::sync::Semaphore;

use crate::api_house::House;
use crate::api_store::Troubled;

const DEVICES: u64 = 10_000;
/// Pieces of evidence of each.
const PIECES: usize = 2;
/// Submissions that the server holds, connections that it has open.
const PLACES: usize = 4;
const CONNECTIONS: usize = 256;
/// Times that a device comes, at most.
const TRIES: u32 = 200;

/// What a device has to send, signed while it had no link.
struct Waiting {
    body: bytes::Bytes,
    entries: Vec<tlog::Hash>,
    number: u64,
}

fn enrolled(f: &mut Fixture, count: u64) -> Vec<Waiting> {
    let mut station = Author::new(SourceKind::Station, 50);
    f.enrol(&station, &["station"]);
    let devices: Vec<Author> = (1..=count).map(Author::device).collect();
    let facts = devices.iter().map(|d| DeviceEnrolled {
        device: d.id,
        key: d.key.clone(),
        possession: d.possession(ORIGIN, None),
        udi: None,
        serial: None,
        model: "PX-200".into(),
        hardware_version: None,
        key_origin: KeyOrigin::File,
        helper: None,
        report: None,
        product: "pump".into(),
    });
    let entries: Vec<Arc<[u8]>> = facts.map(|fact| station.state(fact)).collect();
    for chunk in entries.chunks(500) {
        assert!(f.ledger.submit(chunk.to_vec()).iter().all(Result::is_ok), "a station may enrol");
    }
    devices.into_iter().zip(1..).map(|(device, number)| waiting(device, number)).collect()
}

fn waiting(mut device: Author, number: u64) -> Waiting {
    let measured = |n: usize| {
        let measurements = vec![device::measured("pump", None, &n.to_be_bytes())];
        Fact::Attested(Evidence { measurements, ..Evidence::default() })
    };
    let entries: Vec<Arc<[u8]>> = (0..PIECES).map(|n| device.state(measured(n))).collect();
    let hash = |raw: &Arc<[u8]>| Entry::decode(raw).expect("an entry").hash();
    Waiting { body: entries.concat().into(), entries: entries.iter().map(hash).collect(), number }
}

/// Connections that this process may open: each of ten thousand devices its own, where the system lets it.
fn sockets() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|l| l.strip_prefix("Max open files"));
    let soft = line.and_then(|l| l.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(1_024);
    soft.saturating_sub(2_000).clamp(200, 10_000)
}

/// Status, `Retry-After` in seconds, and the body.
type Said = (u16, u64, Vec<u8>);

/// One request on a connection of its own; `None` where there was no answer.
async fn post(at: SocketAddr, body: bytes::Bytes) -> Option<Said> {
    let socket = tokio::net::TcpStream::connect(at).await.ok()?;
    let io = hyper_util::rt::TokioIo::new(socket);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.ok()?;
    let driven = tokio::spawn(connection);
    let request = hyper::Request::post("/device/v1/evidence")
        .header("host", "x")
        .header("connection", "close")
        .header("content-type", "application/cbor-seq")
        .body(Full::new(body))
        .expect("a request");
    let response = sender.send_request(request).await.ok()?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.into_body().collect().await.ok()?.to_bytes().to_vec();
    drop(driven);
    let wait = headers.get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok());
    Some((status, wait.unwrap_or_default(), bytes))
}

/// What the crowd met with.
#[derive(Default)]
struct Met {
    refused: AtomicU64,
    silence: AtomicU64,
    longest: AtomicU64,
    /// Answers that were thrown away, as if the link was lost before they came.
    lost: AtomicU64,
}

/// A device sends until it is answered for good.
async fn insist(at: SocketAddr, device: Waiting, sockets: Arc<Semaphore>, met: Arc<Met>) {
    let mut random = device.number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut deaf = device.number.is_multiple_of(50);
    for _ in 0..TRIES {
        let said = {
            let _socket = sockets.acquire().await.expect("open");
            tokio::time::timeout(Duration::from_secs(5), post(at, device.body.clone())).await.ok().flatten()
        };
        let wait = match said {
            Some((200, _, _)) if deaf => {
                deaf = false;
                met.lost.fetch_add(1, Ordering::Relaxed);
                1
            }
            Some((200, _, body)) => return settled(&device, &body),
            Some((status, wait, body)) => {
                assert_eq!(status, 503, "{}", String::from_utf8_lossy(&body));
                assert!((1..=60).contains(&wait), "told to wait {wait} s");
                let problem: serde_json::Value = serde_json::from_slice(&body).expect("a problem document");
                assert_eq!((&problem["code"], &problem["status"]), (&"busy".into(), &503.into()));
                met.refused.fetch_add(1, Ordering::Relaxed);
                met.longest.fetch_max(wait, Ordering::Relaxed);
                wait
            }
            None => {
                met.silence.fetch_add(1, Ordering::Relaxed);
                1
            }
        };
        // After that time, at random within as much again.
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        tokio::time::sleep(Duration::from_millis(1_000 * wait + (random >> 33) % (1_000 * wait))).await;
    }
    panic!("device {} is never served", device.number);
}

fn settled(device: &Waiting, mut raw: &[u8]) {
    for entry in &device.entries {
        let (answer, rest) = Answer::decode(raw).expect("an answer of the protocol");
        assert_eq!((answer.outcome, answer.entry), (Outcome::Logged, Some(*entry)));
        raw = rest;
    }
    assert!(raw.is_empty());
}

#[test]
fn ten_thousand_devices_come_back_at_once_and_none_loses_anything() {
    let store = Arc::new(Troubled::default());
    let mut f = Fixture::on(store.clone());
    let crowd = enrolled(&mut f, DEVICES);
    let expected: BTreeMap<u64, Vec<tlog::Hash>> =
        crowd.iter().map(|d| (d.number, d.entries.clone())).collect();
    let configure = |c: &mut server::run::Config| {
        c.limits.submissions = PLACES;
        c.limits.body_kib = 1_024;
        c.connections.most = CONNECTIONS;
    };
    let house = House::with(f, configure, |_| None);
    let (at, met) = (house.bound.http, Arc::new(Met::default()));
    let sockets = Arc::new(Semaphore::new(sockets()));

    // While the store stands still, the places are all that is held: whoever else comes is answered, and at once.
    store.gate(true);
    let early: Vec<bytes::Bytes> = crowd.iter().take(200).map(|d| d.body.clone()).collect();
    let stuck = early.into_iter().map(|body| async move {
        tokio::time::timeout(Duration::from_secs(4), post(at, body)).await.ok().flatten()
    });
    let stuck: Vec<_> = stuck.map(|one| house.runtime.spawn(one)).collect();
    let answers: Vec<Option<Said>> =
        stuck.into_iter().map(|one| house.runtime.block_on(one).expect("it ran")).collect();
    let turned_away = answers.iter().flatten().filter(|(status, wait, _)| *status == 503 && *wait > 0);
    assert_eq!((answers.iter().filter(|a| a.is_none()).count(), turned_away.count()), (PLACES, 200 - PLACES));
    store.gate(false);

    // All at once. What was handed in while the store stood still is in the log, and is answered as the first time.
    let all = crowd.into_iter().map(|device| insist(at, device, sockets.clone(), met.clone()));
    let all: Vec<_> = all.map(|one| house.runtime.spawn(one)).collect();
    for one in all {
        house.runtime.block_on(one).expect("it is served");
    }
    let [refused, silence, longest, lost] =
        [&met.refused, &met.silence, &met.longest, &met.lost].map(|n| n.load(Ordering::Relaxed));
    eprintln!(
        "{DEVICES} devices: {refused} times told to come back, after {longest} s at most; {silence} times no answer; \
         {lost} answers thrown away"
    );
    assert!(refused > DEVICES / 4, "there was no crowd: {refused} refusals");
    assert_eq!(lost, DEVICES / 50);

    let (mut found, mut places): (BTreeMap<SourceId, Vec<tlog::Hash>>, BTreeSet<_>) = Default::default();
    for raw in house.log.read(0, usize::MAX, usize::MAX).expect("reads") {
        let entry = Entry::decode(&raw).expect("an entry");
        let body = entry.body();
        assert!(!matches!(body.fact, Fact::Equivocated(_) | Fact::Quarantined(_)));
        if matches!(body.fact, Fact::Attested(_)) {
            assert!(places.insert((body.source, body.stream, body.sequence)), "one place twice");
            found.entry(body.source).or_default().push(entry.hash());
        }
    }
    let wanted: BTreeMap<SourceId, Vec<tlog::Hash>> =
        expected.into_iter().map(|(n, entries)| (Author::device(n).id, entries)).collect();
    assert!(found == wanted, "{} of {} devices are whole", found.len(), wanted.len());
}
