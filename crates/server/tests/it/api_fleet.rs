//! Devices and populations: pages at fixed moments, counts that equal lists, identifiers, and proofs.

use base64ct::{Base64, Encoding};
use evidence::facts::fleet::{Custody, DeviceDeclared, DeviceEnrolled, KeyOrigin};
use evidence::types::Beacon;
use evidence::{Entry, Evidence, Fact, SourceKind, Time};
use serde_json::Value;
use testkit::{Author, Fixture, ORIGIN};
use tlog::proof::{verify_consistency, verify_inclusion};
use tlog::{Checkpoint, Hash, VerifierKey, leaf_hash};
use world::State;
use world::fleet::sealed_entries;

use crate::api_house::House;

/// Declared devices: more than are looked at in one piece, so that pages end within and between pieces.
const DECLARED: usize = 150;

fn declared(n: usize) -> DeviceDeclared {
    DeviceDeclared {
        asset: format!("A-{n:04}"),
        udi: Some(format!("(01)04012345004007(21)D{n}")),
        serial: Some(if n < 2 { "twice".into() } else { format!("D{n}") }),
        model: Some("P1".into()),
        software: vec!["firmware 2.1.0".into()],
        site: Some(if n.is_multiple_of(3) { "north" } else { "south" }.into()),
        owner: None,
        custody: Some(Custody::InUse),
        since: None,
        import: None,
    }
}

/// A house with declared devices and one that attested twice; its author, and who declares.
fn house() -> (House, Author, Author) {
    let mut f = Fixture::new();
    let mut station = Author::new(SourceKind::Station, 50);
    let mut field = Author::new(SourceKind::Service, 51);
    f.enrol(&station, &["station"]);
    f.enrol(&field, &["field"]);
    let mut device = Author::device(7);
    let udi = Some("(01)04012345004007(21)9");
    let enrolled = DeviceEnrolled {
        device: device.id,
        key: device.key.clone(),
        possession: device.possession(ORIGIN, udi),
        udi: udi.map(Into::into),
        serial: Some("9".into()),
        model: "P1".into(),
        hardware_version: None,
        key_origin: KeyOrigin::File,
        helper: None,
        report: None,
        product: "pump".into(),
    };
    let entries = (0..DECLARED).map(|n| field.state(declared(n))).collect();
    assert!(f.ledger.submit(entries).iter().all(Result::is_ok));
    let tree = f.ledger.tree();
    device.beacon = Some(Beacon { generation: 0, size: tree.size(), root: tree.root() });
    let submit = |entry| f.submit(entry).expect("taken");
    submit(station.state(enrolled));
    for _ in 0..2 {
        submit(device.state(Fact::Attested(Evidence::default())));
    }
    (House::with(f, |_| {}, |_| None), device, field)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

#[test]
fn pages_at_fixed_moments_are_the_list_that_the_count_counts() {
    let (mut house, _, mut field) = house();
    let condition = encoded("site = north or grade = attested");
    let count = house.client.read(&format!("/api/v1/fleet/count?where={condition}")).json();
    assert_eq!(count["count"], 51, "{count}");
    assert_eq!((&count["grades"]["declared"], &count["grades"]["attested"]), (&50.into(), &1.into()));
    assert_eq!(count["known"]["size"], house.size());
    let mut path = format!("/api/v1/fleet?where={condition}&limit=20");
    let mut seen: Vec<String> = Vec::new();
    loop {
        let page = house.client.read(&path).json();
        assert_eq!(page["count"], 51);
        assert_eq!((&page["at"], &page["known"]), (&count["at"], &count["known"]), "the moments stay");
        let devices = page["devices"].as_array().expect("devices");
        assert!(devices.len() <= 20);
        seen.extend(devices.iter().map(|d| text(d, "id").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        // What comes meanwhile changes nothing in a list that has begun.
        let more = field.state(DeviceDeclared { site: Some("north".into()), ..declared(1_000 + seen.len()) });
        assert_eq!(house.client.submit(&[more]).status, 200);
        house.fill(1);
        let known = page["known"]["size"].as_u64().expect("a size");
        let (at, next) = (text(&page, "at"), encoded(next));
        path = format!("/api/v1/fleet?where={condition}&limit=20&at={at}&known={known}&after={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), sorted.len()), (51, 51), "each once");
    assert!(seen[0].starts_with("dev:") && seen[1..].iter().all(|id| id.starts_with("asset:")));
    let now = house.client.read(&format!("/api/v1/fleet/count?where={condition}")).json();
    assert_eq!(now["count"], 53);
    let nothing = house.client.read("/api/v1/fleet?where=site%3Dnowhere").json();
    assert_eq!((&nothing["count"], &nothing["next"]), (&0.into(), &Value::Null));
}

#[test]
fn a_device_is_found_by_what_it_is_called() {
    let (house, device, _) = house();
    let id = device.id.to_string();
    let by_id = house.client.read(&format!("/api/v1/devices/{id}")).json();
    assert_eq!((text(&by_id["carrier"], "agency"), text(&by_id["carrier"], "check")), ("GS1", "valid"));
    let link = "https://id.gs1.org/01/04012345004007/21/9";
    for name in ["9", "(01)04012345004007(21)9", "0104012345004007219", link, &id] {
        let same = house.client.read(&format!("/api/v1/devices/{}", encoded(name))).json();
        assert_eq!(same, by_id, "{name}");
    }
    assert_eq!((text(&by_id, "grade"), text(&by_id, "freshness")), ("attested", "unknown"));
    assert_eq!(text(&by_id, "reason"), "nothing-measured");
    let grounds: Vec<&Value> =
        by_id["entries"].as_array().expect("entries").iter().map(|e| &e["grounds"]).collect();
    assert_eq!(grounds.len(), 2, "enrolment, last evidence: {grounds:?}");
    for name in ["A-0005", "asset:A-0005", "D5"] {
        let asset = house.client.read(&format!("/api/v1/devices/{name}")).json();
        assert_eq!((text(&asset, "id"), text(&asset, "site")), ("asset:A-0005", "south"), "{name}");
    }
    let twice = house.client.read("/api/v1/devices/twice");
    twice.is_problem(409, "ambiguous");
    assert!(text(&twice.json(), "detail").contains("asset:A-0000 (P1, twice"), "{}", twice.json());
    house.client.read("/api/v1/devices/nobody").is_problem(404, "not_found");
    house.client.read(&format!("/api/v1/devices/{id}?known=3")).is_problem(404, "not_found");
    let history = house.client.read(&format!("/api/v1/devices/{id}/history")).json();
    let intervals = history["intervals"].as_array().expect("intervals");
    assert_eq!(history["count"], intervals.len());
    assert_eq!(
        (&intervals[0]["state"]["device"], &history["id"]),
        (&Value::from(id.clone()), &Value::from(id))
    );
    assert_eq!(intervals.last().expect("one")["until"], Value::Null);
}

#[test]
fn bad_questions_are_refused_with_the_place() {
    let (house, ..) = house();
    for (path, status, code) in [
        ("fleet?where=site+%3D", 400, "bad_request"),
        ("fleet?where=grade%3Dfoo", 400, "bad_request"),
        ("fleet?limit=0", 400, "bad_request"),
        ("fleet?limit=1001", 400, "bad_request"),
        ("fleet?after=5~asset:A", 400, "bad_request"),
        ("fleet?after=x&at=2026-01-01T00:00:00Z&known=5", 400, "bad_request"),
        ("fleet?at=yesterday", 400, "bad_request"),
        ("fleet?known=0", 404, "out_of_range"),
        ("fleet?known=1000000", 404, "out_of_range"),
        ("fleet?nothing=1", 400, "bad_request"),
        ("fleet/count?limit=5", 400, "bad_request"),
        ("devices/x/history?prove=true", 400, "bad_request"),
        ("devices/x/y", 404, "not_found"),
    ] {
        house.client.read(&format!("/api/v1/{path}")).is_problem(status, code);
    }
    let long = "a".repeat(5_000);
    house.client.read(&format!("/api/v1/fleet/count?where={long}")).is_problem(400, "bad_request");
    for path in ["fleet", "fleet/count", "devices/x", "devices/x/history"] {
        house.client.get(&format!("/api/v1/{path}")).is_problem(401, "unauthorised");
    }
    assert!(text(&house.client.read("/api/v1/fleet?where=sitte%3D1").json(), "detail").contains("at byte 0"));
}

/// Verifies a proof as a stranger would, who has the log's key and nothing else; the entries in it.
fn verified(house: &House, proof: &Value) -> Vec<(u64, Entry)> {
    let key = VerifierKey::parse(house.ledger.read().journal().log_key()).expect("a key");
    let (checkpoint, _) = Checkpoint::open(text(proof, "checkpoint").as_bytes(), &key).expect("signed");
    let hash = |v: &Value| Hash::from_hex(v.as_str().expect("text")).expect("a hash");
    let hashes = |v: &Value| v.as_array().expect("hashes").iter().map(hash).collect::<Vec<_>>();
    let known = &proof["known"];
    let size = known["size"].as_u64().expect("a size");
    let root = hash(&known["root"]);
    verify_consistency(size, checkpoint.size, &hashes(&known["consistency"]), &root, &checkpoint.root)
        .expect("a beginning of the log");
    let entries = proof["entries"].as_array().expect("entries").iter().map(|e| {
        let raw = Base64::decode_vec(text(e, "entry")).expect("base64");
        let index = e["index"].as_u64().expect("an index");
        verify_inclusion(index, checkpoint.size, &leaf_hash(&raw), &hashes(&e["proof"]), &checkpoint.root)
            .expect("included");
        (index, Entry::decode(&raw).expect("an entry"))
    });
    let entries: Vec<_> = entries.collect();
    for current in proof["current"].as_array().expect("a list") {
        let seal = entries.iter().find(|(index, _)| current["seal"] == *index).expect("the seal is proven");
        let Fact::Sealed(sealed) = &seal.1.body().fact else { panic!("no seal") };
        assert_eq!(current["size"], sealed.size);
        let fleet = sealed.concerns.iter().find(|c| c.concern == "fleet").expect("sealed");
        let bytes = |name| Base64::decode_vec(text(current, name)).expect("base64");
        let state = State { key: bytes("key"), value: bytes("value") };
        let place = current["place"].as_u64().expect("a place");
        verify_inclusion(place, fleet.count, &state.leaf_hash(), &hashes(&current["proof"]), &fleet.root)
            .expect("under the seal");
    }
    entries
}

#[test]
fn answers_come_with_proofs_that_say_what_they_prove() {
    let (house, mut device, _) = house();
    let path = format!("/api/v1/devices/{}?prove=true", device.id);
    let unsealed = house.client.read(&path).json()["proof"].clone();
    assert_eq!(verified(&house, &unsealed).len(), 2);
    assert_eq!(unsealed["current"].as_array().map(Vec::len), Some(0));
    assert!(unsealed["says"].to_string().contains("not proven: current"), "{}", unsealed["says"]);

    house.ledger.seal().expect("sealed");
    let answer = house.client.read(&path).json();
    let entries = verified(&house, &answer["proof"]);
    assert_eq!(entries.len(), 3, "and the seal");
    let current = &answer["proof"]["current"][0];
    let named =
        sealed_entries(&Base64::decode_vec(text(current, "value")).expect("base64")).expect("records");
    let rests: Vec<u64> =
        answer["entries"].as_array().expect("entries").iter().filter_map(|e| e["index"].as_u64()).collect();
    assert!(rests.iter().all(|index| named.contains(index)), "{rests:?} of {named:?}");
    assert!(answer["proof"]["says"].to_string().contains("current as of the seal"));

    // The records as they were sealed can be told after the device has spoken again.
    let size = house.size();
    house.clock.set(Time::from_seconds(testkit::START + 500).expect("a time"));
    assert_eq!(house.client.submit(&[device.state(Fact::Attested(Evidence::default()))]).status, 200);
    let later = house.client.read(&path).json();
    assert_eq!(later["proof"]["current"], answer["proof"]["current"]);
    assert!(verified(&house, &later["proof"]).iter().any(|(index, _)| *index >= size), "and the new word");
    // As known before, the seal says all there was to know.
    let before = house.client.read(&format!("{path}&known={}", current["size"])).json();
    assert!(before["proof"]["says"].to_string().contains("current: no other entry among"));
    verified(&house, &before["proof"]);

    let count = house.client.read("/api/v1/fleet/count?prove=true").json();
    assert!(verified(&house, &count["proof"]).is_empty());
    assert!(count["proof"]["says"].to_string().contains("counted by replay only"));
    let list = house.client.read("/api/v1/fleet?where=site%3Dnorth&limit=30&prove=true").json();
    assert_eq!(verified(&house, &list["proof"]).len(), 30);
}
