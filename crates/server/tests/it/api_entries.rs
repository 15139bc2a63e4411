//! Entries, streams, sources and proofs out.

use serde_json::Value;
use tlog::packet::LogProof;
use tlog::policy::Policy;
use tlog::proof::{verify_consistency, verify_inclusion};
use tlog::{Hash, Note, VerifierKey, leaf_hash};

use crate::api_house::{House, READ, pushed};

const CBOR: (&str, &str) = ("accept", "application/cbor");

fn hash(v: &Value) -> Hash {
    Hash::from_hex(v.as_str().expect("text")).expect("a hash")
}

fn hashes(v: &Value) -> Vec<Hash> {
    v.as_array().expect("hashes").iter().map(hash).collect()
}

fn log_key(house: &House) -> VerifierKey {
    VerifierKey::parse(house.ledger.read().journal().log_key()).expect("a key")
}

#[test]
fn an_entry_comes_as_json_and_as_its_bytes() {
    let mut house = House::new();
    let raw = house.ci.state(pushed(7));
    let receipt = house.client.submit(std::slice::from_ref(&raw)).json();
    let index = receipt["items"][0]["index"].as_u64().expect("an index");
    let path = format!("/api/v1/entries/{index}");
    let json = house.client.read(&path).json();
    assert_eq!((json["index"].as_u64(), &json["known"]["size"]), (Some(index), &Value::from(house.size())));
    assert!(json["at"].as_str().is_some_and(|t| t.ends_with('Z')));
    // The rendering is lossless.
    let mut entry = serde_json::Map::new();
    for name in ["entry", "bytes", "body", "proof"] {
        entry.insert(name.into(), json[name].clone());
    }
    let back = evidence::json::from_json(&Value::Object(entry)).expect("an entry");
    assert_eq!(back.encode(), &*raw);
    let bytes = house.client.get_with(&path, &[CBOR, ("authorization", &format!("Bearer {READ}"))]);
    assert_eq!((bytes.header("content-type"), &bytes.body[..]), ("application/cbor", &*raw));
    for (path, code) in
        [(house.size().to_string(), "out_of_range"), ("01".into(), "not_found"), ("x".into(), "not_found")]
    {
        house.client.read(&format!("/api/v1/entries/{path}")).is_problem(404, code);
    }
}

#[test]
fn pages_follow_each_other_to_the_end() {
    let mut house = House::new();
    house.fill(450);
    let (mut from, mut seen) = (Some(0), Vec::new());
    while let Some(next) = from {
        let page = house.client.read(&format!("/api/v1/entries?from={next}&limit=200")).json();
        let entries = page["entries"].as_array().expect("entries");
        seen.extend(entries.iter().map(|e| e["index"].as_u64().expect("an index")));
        from = page["next"].as_u64();
    }
    assert_eq!(seen, (0..house.size()).collect::<Vec<_>>());
    let headers = [("accept", "application/cbor-seq"), ("authorization", &*format!("Bearer {READ}"))];
    let raw = house.client.get_with("/api/v1/entries?from=100&limit=300", &headers);
    assert_eq!(raw.header("content-type"), "application/cbor-seq");
    let stored = house.log.read(100, 300, usize::MAX).expect("reads");
    assert_eq!(raw.body, stored.concat());
    assert!(raw.header("link").contains("from=400"));
    house.client.read("/api/v1/entries?limit=1001").is_problem(400, "bad_request");
    house.client.read("/api/v1/entries?limit=0").is_problem(400, "bad_request");
    house.client.read("/api/v1/entries?from=-1").is_problem(400, "bad_request");
    house.client.read(&format!("/api/v1/entries?from={}", house.size() + 1)).is_problem(404, "out_of_range");
    let end = house.client.read(&format!("/api/v1/entries?from={}", house.size())).json();
    assert_eq!(end["entries"].as_array().map(Vec::len), Some(0));
}

#[test]
fn proofs_hold_and_need_no_token() {
    let mut house = House::new();
    house.fill(300);
    let key = log_key(&house);
    let mut policy = Policy::new();
    policy.add_log(key.clone(), None).expect("a log");
    for index in [0, 1, 255, 256, house.size() - 1] {
        let json = house.client.get(&format!("/api/v1/proof/{index}")).json();
        assert!(json.get("entry").is_none(), "the body's hash could confirm a guess");
        let note = json["checkpoint"].as_str().expect("a note");
        let (head, _) = tlog::Checkpoint::open(note.as_bytes(), &key).expect("signed");
        verify_inclusion(index, head.size, &hash(&json["leaf"]), &hashes(&json["proof"]), &head.root)
            .expect("holds");
        let file = house.client.get(&format!("/api/v1/proof/{index}.tlog-proof"));
        assert!(file.header("content-disposition").contains(".tlog-proof"));
        let (_, raw) = house.ledger.entry(index).expect("there");
        let proven =
            LogProof::parse(&file.body).expect("a packet").verify_entry(&raw, &policy).map(|p| p.index);
        assert_eq!(proven, Ok(index));
    }
    house.client.get(&format!("/api/v1/proof/{}", house.size())).is_problem(404, "out_of_range");
    house.client.get("/api/v1/proof/1.pdf").is_problem(404, "not_found");
    let size = house.size();
    for (old, new) in [(1, size), (255, 257), (256, 256), (7, 300)] {
        let json = house.client.get(&format!("/api/v1/consistency?old={old}&new={new}")).json();
        let (a, b) = (hash(&json["old_root"]), hash(&json["new_root"]));
        verify_consistency(old, new, &hashes(&json["proof"]), &a, &b).expect("holds");
        assert_eq!(b, house.ledger.tree().root_at(new).expect("a root"));
    }
    assert_eq!(house.client.get("/api/v1/consistency?old=3").json()["new"], size);
    house.client.get("/api/v1/consistency?old=5&new=4").is_problem(400, "bad_request");
    house.client.get("/api/v1/consistency").is_problem(400, "bad_request");
    house.client.get(&format!("/api/v1/consistency?old=1&new={}", size + 1)).is_problem(404, "out_of_range");
}

#[test]
fn the_beacon_is_the_newest_checkpoint_and_can_be_embedded() {
    let mut house = House::new();
    house.fill(10);
    let answer = house.client.get_with("/device/v1/freshness", &[("accept", "application/json")]);
    assert!(answer.header("cache-control").starts_with("public, max-age"));
    let json = answer.json();
    assert_eq!((json["size"].as_u64(), json["generation"].as_u64()), (Some(house.size()), Some(0)));
    assert_eq!(hash(&json["root"]), house.ledger.tree().root());
    let note = Note::parse(json["checkpoint"].as_str().expect("a note").as_bytes()).expect("a note");
    assert!(note.verify([&log_key(&house)]).is_ok());
    let beacon =
        evidence::types::Beacon { generation: 0, size: house.size(), root: house.ledger.tree().root() };
    house.ci.beacon = Some(beacon);
    let entry = house.ci.state(pushed(99));
    assert_eq!(house.client.submit(&[entry]).status, 200, "the log takes its own beacon");
}

#[test]
fn a_stream_can_be_continued_from_its_head() {
    let mut house = House::new();
    house.fill(5);
    let head = house.client.read(&format!("/api/v1/streams/{}/1", house.ci.id)).json();
    assert_eq!((head["next"].as_u64(), head["entries"].as_u64()), (Some(5), Some(5)));
    assert_eq!(Some(hash(&head["last"])), house.ci.previous);
    let (entry, raw) = house.ledger.entry(head["last_index"].as_u64().expect("an index")).expect("there");
    assert_eq!((entry.hash(), leaf_hash(&raw)), (hash(&head["last"]), leaf_hash(&entry.encode())));
    assert_eq!(head["known"]["size"], house.size());
    house.client.read(&format!("/api/v1/streams/{}/2", house.ci.id)).is_problem(404, "not_found");
    house.client.read(&format!("/api/v1/streams/{}/x", house.ci.id)).is_problem(400, "bad_request");
    house.client.read("/api/v1/streams/nobody/1").is_problem(400, "bad_request");
}

#[test]
fn sources_are_told_as_they_were() {
    let mut house = House::new();
    let before = house.size();
    let rename = house
        .admin
        .state(evidence::facts::sources::SourceRenamed { source: house.ci.id, name: "Pipeline".into() });
    assert_eq!(house.client.submit(&[rename]).status, 200);
    let path = format!("/api/v1/sources/{}", house.ci.id);
    let now = house.client.read(&path).json();
    assert_eq!((&now["name"], &now["roles"][0]), (&Value::from("Pipeline"), &Value::from("ci")));
    assert_eq!(now["keys"][0]["id"], house.ci.key.id().to_string());
    assert_eq!(house.client.read(&format!("{path}?known={before}")).json()["name"], "Somebody");
    house.client.read(&format!("{path}?known=1")).is_problem(404, "not_found");
    house.client.read(&format!("{path}?known=0")).is_problem(404, "out_of_range");
    house.client.read(&format!("{path}?known=soon")).is_problem(400, "bad_request");
    let all = house.client.read("/api/v1/sources?limit=2").json();
    let next = all["next"].as_str().expect("a third source").to_owned();
    let rest = house.client.read(&format!("/api/v1/sources?from={next}")).json();
    assert_eq!(all["sources"].as_array().map(Vec::len), Some(2));
    assert_eq!(rest["sources"].as_array().map(Vec::len), Some(1), "ledger, administrator, pipeline");
    assert_eq!(rest["sources"][0]["source"], next);
}
