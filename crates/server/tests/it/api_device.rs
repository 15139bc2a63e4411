//! Real device code against the real server: enrolled by a station, fresh over HTTP, evidence delivered in batches, answers
//! that settle exactly what they answer for.

use std::sync::Arc;

use device::enrol::{Enrolment, Particulars};
use device::sim::RamFlash;
use device::wire::{Answer, Outcome};
use device::{Anchor, Device, Identity, Layer, Mode, Start, UniqueSecret, measured, settled};
use evidence::facts::fleet::{Appraisal, AppraisalReason, KeyOrigin};
use evidence::keys::Algorithm;
use evidence::{Entry, Evidence, SourceKind};
use testkit::{Author, Fixture, ORIGIN};
use tlog::Hash;

use crate::api_house::{Client, House};

const SEQUENCE: [(&str, &str); 1] = [("content-type", "application/cbor-seq")];

fn answers(mut raw: &[u8]) -> Vec<Answer> {
    let mut out = Vec::new();
    while !raw.is_empty() {
        let (answer, rest) = Answer::decode(raw).expect("an answer of the protocol");
        out.push(answer);
        raw = rest;
    }
    out
}

fn deliver(client: &Client, device: &mut Device<RamFlash>) -> Vec<Answer> {
    let mut all = Vec::new();
    for _ in 0..50 {
        let batch = device.outbox(7, 16_000).expect("the flash reads");
        if batch.items.is_empty() {
            break;
        }
        let body: Vec<u8> = batch.items.iter().flat_map(|i| i.bytes.clone()).collect();
        let response = client.post("/device/v1/evidence", &SEQUENCE, &body);
        assert_eq!((response.status, response.header("content-type")), (200, "application/cbor-seq"));
        let got = answers(&response.body);
        let count = settled(&batch, &got);
        all.extend(got);
        device.settle(&batch, count).expect("the flash writes");
        if count == 0 {
            break;
        }
    }
    all
}

#[test]
fn a_device_attests_over_http_and_forgets_only_what_is_in_the_log() {
    let mut f = Fixture::new();
    let mut station = Author::new(SourceKind::Station, 50);
    f.enrol(&station, &["station"]);
    let identity = Identity::new(&UniqueSecret::new([9; 32].into()), Algorithm::Ed25519).expect("a key");
    let id = device::enrol::ueid_of(identity.device().public());
    let anchor = Anchor {
        log_key: testkit::keys().checkpoint.verifier().to_string(),
        generation: 0,
        recovery_key: testkit::init().recovery_key,
    };
    let code = measured("pump", Some("2.1.0"), b"firmware 2.1.0");
    let layer = Layer { code: code.digest, configuration: Hash([0; 32]), mode: Mode::Normal };
    let start = Start { device: id, anchor: &anchor, layer, entropy: [3; 32], boots: 0 };
    let mut device = Device::start(RamFlash::new(4, 4_096), &identity, &start).expect("it starts");
    let house = House::with(f, |_| {}, |_| None);

    let statement = house.client.get("/device/v1/freshness");
    assert_eq!(statement.header("content-type"), "application/cbor");
    let beacon = device.fresh(&statement.body).expect("signed by the pinned key");
    assert_eq!((beacon.size, beacon.root), (house.size(), house.ledger.tree().root()));
    let evidence = || Evidence { measurements: vec![code.clone()], ..Evidence::default() };
    for _ in 0..20 {
        device.attest(None, evidence()).expect("it fits");
    }
    // Nobody enrolled it yet: everything waits.
    let waiting = device.waiting();
    let early = deliver(&house.client, &mut device);
    assert!(early.iter().all(|a| a.outcome == Outcome::Later && a.retry_after.is_some()), "{early:?}");
    assert_eq!(device.waiting(), waiting);

    let enrolment =
        Enrolment::new(&identity, ORIGIN, id, Some("(01)04012345004007(21)9"), KeyOrigin::File, None);
    let fact = enrolment.into_fact(Particulars {
        product: "pump".into(),
        model: "PX-200".into(),
        serial: Some("9".into()),
        hardware_version: None,
        report: None,
    });
    assert!(house.ledger.submit(vec![station.state(fact)])[0].is_ok(), "a station may enrol");
    let taken = deliver(&house.client, &mut device);
    assert_eq!(device.waiting(), 0);
    assert_eq!(taken.len(), 21, "the stream's first entry and twenty pieces of evidence");
    for answer in &taken {
        let index = answer.index.expect("logged");
        let (entry, raw) = house.ledger.entry(index).expect("it is there");
        assert_eq!((answer.outcome, answer.entry), (Outcome::Logged, Some(entry.hash())));
        let packet = tlog::packet::LogProof::parse(answer.receipt.as_deref().unwrap_or_default().as_bytes());
        let mut policy = tlog::policy::Policy::new();
        policy.add_log(testkit::keys().checkpoint.verifier().clone(), None).expect("a log");
        packet.expect("a proof").verify_entry(&raw, &policy).expect("the receipt holds");
        // Evidence is answered with its verdict; nobody made a release of this firmware.
        let verdict = answer.verdict.as_ref().map(|v| (v.status, v.vector, v.reasons.clone()));
        let unknown =
            (Appraisal::Warning, [2, 0, 33, 0, 0, 0, 0, 0], vec![AppraisalReason::MeasurementUnknown]);
        let attested = matches!(entry.body().fact, evidence::Fact::Attested(_));
        assert_eq!(verdict, attested.then_some(unknown));
    }
    let appraised = |i: &u64| house.ledger.entry(*i).expect("there").0.body().fact.name() == "Appraised";
    assert_eq!((0..house.size()).filter(appraised).count(), 1, "logged when it changes");
}

#[test]
fn one_bad_item_leaves_the_rest_of_a_batch_alone_and_bodies_are_bounded() {
    let mut house = House::new();
    let good: Vec<Arc<[u8]>> = (0..3).map(|n| house.ci.state(crate::api_house::pushed(n))).collect();
    let mut flipped = good[1].to_vec();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let body = [&good[0][..], &flipped, &good[1], &good[0], &[0xd2, 0x84]].concat();
    let response = house.client.post("/device/v1/evidence", &SEQUENCE, &body);
    let got = answers(&response.body);
    let outcomes: Vec<_> = got.iter().map(|a| (a.outcome, a.code.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        outcomes,
        [
            (Outcome::Logged, ""),
            (Outcome::Refused, "bad_proof"),
            (Outcome::Logged, ""),
            (Outcome::Logged, ""),
            (Outcome::Refused, "malformed"),
        ]
    );
    assert_eq!(got[0].index, got[3].index, "a repeated entry is answered as the first time");
    assert_eq!(got[1].entry, Entry::decode(&flipped).ok().map(|e| e.hash()));
    house.client.post("/device/v1/evidence", &SEQUENCE, b"").is_problem(400, "bad_request");
    house.client.post("/device/v1/evidence", &[], b"x").is_problem(415, "unsupported_media_type");
    let large = vec![0x40; (1 << 20) + 1];
    house.client.post("/device/v1/evidence", &SEQUENCE, &large).is_problem(413, "too_large");
}
