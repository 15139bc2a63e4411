//! Entries in: outcomes of each, refusals of the whole, tokens, blobs, health and metrics.

use std::sync::Arc;

use evidence::Entry;
use evidence::facts::sources::TokenRevoked;
use serde_json::Value;
use testkit::Fixture;
use tlog::{Hash, Note, VerifierKey, leaf_hash};

use crate::api_house::{House, READ, WRITE, issue, pushed};

const SEQUENCE: (&str, &str) = ("content-type", "application/cbor-seq");

/// Verifies an item of an answer as a stranger would.
fn holds(item: &Value, raw: &[u8], house: &House) {
    let key = house.ledger.read().journal().log_key().to_owned();
    let key = VerifierKey::parse(&key).expect("a key");
    let note = item["checkpoint"].as_str().expect("a checkpoint");
    let (checkpoint, _) = tlog::Checkpoint::open(note.as_bytes(), &key).expect("signed by the log");
    let proof: Vec<Hash> = item["proof"].as_array().expect("a proof").iter().map(hash).collect();
    let index = item["index"].as_u64().expect("an index");
    assert_eq!(hash(&item["leaf"]), leaf_hash(raw));
    assert_eq!(hash(&item["entry"]), Entry::decode(raw).expect("an entry").hash());
    tlog::proof::verify_inclusion(index, checkpoint.size, &leaf_hash(raw), &proof, &checkpoint.root)
        .expect("holds");
}

fn hash(v: &Value) -> Hash {
    Hash::from_hex(v.as_str().expect("text")).expect("a hash")
}

#[test]
fn each_entry_gets_its_own_outcome() {
    let mut house = House::new();
    let good: Vec<Arc<[u8]>> = (0..3).map(|n| house.ci.state(pushed(n))).collect();
    let mut forged = good[2].to_vec();
    *forged.last_mut().expect("bytes") ^= 1;
    // Good, not an entry, good, repeated, wrongly signed, and a tail that is cut off.
    let body = [&*good[0], &[0x83, 1, 2, 3], &good[1], &good[0], &forged, &[0x58]].concat();
    let answer = house.client.post("/api/v1/entries", &[SEQUENCE], &body);
    assert_eq!(answer.status, 207);
    let json = answer.json();
    assert_eq!((json["accepted"].as_u64(), json["rejected"].as_u64()), (Some(3), Some(3)));
    let items = json["items"].as_array().expect("items");
    assert_eq!(items.len(), 6);
    for (item, raw) in [(0, &good[0]), (2, &good[1]), (3, &good[0])] {
        holds(&items[item], raw, &house);
        assert_eq!(items[item]["level"], "durable");
    }
    assert_eq!((&items[3]["repeated"], &items[3]["index"]), (&Value::from(true), &items[0]["index"]));
    for (item, code) in [(1, "malformed"), (4, "bad_proof"), (5, "malformed")] {
        assert_eq!(items[item]["code"], code);
        assert!(items[item]["hint"].as_str().is_some_and(|h| !h.is_empty()));
    }
    assert_eq!(house.client.submit(&good).status, 200);
    assert_eq!(house.client.submit(&[forged.into()]).status, 422);
    let metrics = metrics(&house);
    for line in [
        "vouchsafe_entries_total 3",
        "vouchsafe_rejections_total{code=\"bad_proof\"} 2",
        "vouchsafe_rejections_total{code=\"malformed\"} 2",
        "vouchsafe_standing{state=\"writable\"} 1",
        "vouchsafe_submission_seconds_count 3",
        "vouchsafe_submission_seconds_bucket{le=\"+Inf\"} 3",
        &format!("vouchsafe_durable_size {}", house.size()),
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line} in {metrics}");
    }
}

fn metrics(house: &House) -> String {
    let at = house.bound.metrics.expect("metrics");
    let answer = crate::api_house::Client::new(&format!("http://{at}"), None).get("/metrics");
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"));
    assert_eq!(house.client.get("/metrics").status, 404, "metrics are on their own listener only");
    answer.text().to_owned()
}

#[test]
fn receipts_come_as_cbor_too() {
    let mut house = House::new();
    let raw = house.ci.state(pushed(1));
    let body = [&raw[..], &[0x00]].concat();
    let answer = house.client.post("/api/v1/entries", &[SEQUENCE, ("accept", "application/cbor")], &body);
    assert_eq!((answer.status, answer.header("content-type")), (207, "application/cbor"));
    let mut r = evidence::cbor::Reader::new(&answer.body);
    assert_eq!(r.array(10).expect("an array"), 2);
    let mut map = r.map().expect("a map");
    let (mut index, mut proof, mut checkpoint) = (None, Vec::new(), String::new());
    while let Some(key) = map.next(&mut r).expect("a key") {
        match key {
            1 => index = Some(r.uint().expect("an index")),
            2 | 3 => drop(r.bytes(32).expect("a hash")),
            4 => assert_eq!(r.uint(), Ok(1)),
            5 => drop(r.uint().expect("a size")),
            6 => checkpoint = r.text(10_000).expect("a note").to_owned(),
            7 => {
                for _ in 0..r.array(64).expect("hashes") {
                    proof.push(Hash(r.bytes(32).expect("a hash").try_into().expect("32 bytes")));
                }
                r.leave();
            }
            8 => assert_eq!(r.bool(), Ok(false)),
            other => panic!("key {other}"),
        }
    }
    let note = Note::parse(checkpoint.as_bytes()).expect("a note");
    let head = tlog::Checkpoint::parse(note.text()).expect("a checkpoint");
    tlog::proof::verify_inclusion(index.expect("1"), head.size, &leaf_hash(&raw), &proof, &head.root)
        .expect("holds");
    let mut map = r.map().expect("a map");
    assert_eq!(map.next(&mut r), Ok(Some(-1)));
    assert_eq!(r.text(100), Ok("malformed"));
}

#[test]
fn submissions_that_are_none_are_refused_whole() {
    let house = House::with(
        Fixture::new(),
        |c| {
            c.limits.submission_bytes = 1_000;
            c.limits.submission_entries = 3;
        },
        |_| None,
    );
    let size = house.size();
    let post = |path: &str, kind: &str, body: &[u8]| house.client.post(path, &[("content-type", kind)], body);
    post("/api/v1/entries", "application/cbor-seq", b"").is_problem(400, "bad_request");
    post("/api/v1/entries", "application/json", b"{}").is_problem(415, "unsupported_media_type");
    post("/api/v1/entries?wait=forever", "application/cbor-seq", b"\x00").is_problem(400, "bad_request");
    post("/api/v1/entries?wait=witnessed", "application/cbor-seq", b"\x00").is_problem(400, "no_witnesses");
    post("/api/v1/entries", "application/cbor-seq", &[0; 1_001]).is_problem(413, "too_large");
    post("/api/v1/entries", "application/cbor-seq", &[0; 4]).is_problem(413, "too_large");
    house.client.put("/api/v1/entries", &[], b"").is_problem(405, "method_not_allowed");
    assert_eq!(post("/api/v1/entries", "application/cbor-seq", &[0; 3]).status, 422);
    house.client.get("/api/v1/nothing").is_problem(404, "not_found");
    assert_eq!(house.size(), size, "nothing of it was kept");
}

#[test]
fn tokens_open_what_their_fact_says_and_no_longer() {
    let mut f = Fixture::new();
    issue(&mut f, "short", &["read"], 100);
    issue(&mut f, "taken back", &["read"], 86_400);
    let mut house = House::with(f, |_| {}, |_| None);
    let get = |house: &House, token: &str| {
        house.client.get_with("/api/v1/entries/0", &[("authorization", &format!("Bearer {token}"))])
    };
    for token in [READ, "short", "taken back"] {
        assert_eq!(get(&house, token).status, 200, "{token}");
    }
    let none = house.client.get("/api/v1/entries/0");
    none.is_problem(401, "unauthorised");
    assert!(none.header("www-authenticate").starts_with("Bearer"));
    get(&house, "unknown").is_problem(401, "unauthorised");
    get(&house, WRITE).is_problem(403, "forbidden_scope");
    house
        .client
        .get_with("/api/v1/entries/0", &[("authorization", "Basic YTpi")])
        .is_problem(401, "unauthorised");
    // Every address that shows entries asks.
    for path in ["entries", "entries/1", "streams/x/1", "sources", "sources/x", "events", "blobs/00"] {
        house.client.get(&format!("/api/v1/{path}")).is_problem(401, "unauthorised");
    }
    house.client.get("/log/tile/entries/000.p/1").is_problem(401, "unauthorised");
    let revoke = house.admin.state(TokenRevoked { token: Hash::of(b"taken back") });
    assert_eq!(house.client.submit(&[revoke]).status, 200);
    get(&house, "taken back").is_problem(401, "unauthorised");
    house.clock.set(evidence::Time::from_seconds(testkit::START + 101).expect("a time"));
    assert_eq!(get(&house, "short").status, 200, "log time has not passed yet");
    house.fill(1);
    get(&house, "short").is_problem(401, "unauthorised");
    assert_eq!(get(&house, READ).status, 200);
}

#[test]
fn blobs_are_kept_under_their_digest() {
    let house = House::with(Fixture::new(), |c| c.limits.blob_bytes = 10_000, |_| None);
    let token = format!("Bearer {WRITE}");
    let put = |path: &str, body: &[u8]| house.client.put(path, &[("authorization", &token)], body);
    let digest = Hash::of(b"an SBOM");
    let stored = put("/api/v1/blobs", b"an SBOM");
    assert_eq!(stored.status, 201);
    assert_eq!(stored.json()["sha256"], digest.to_string());
    assert_eq!(put(&format!("/api/v1/blobs?sha256={digest}"), b"an SBOM").status, 200);
    let fetched = house.client.read(&format!("/api/v1/blobs/{digest}"));
    assert_eq!((fetched.status, &fetched.body[..]), (200, &b"an SBOM"[..]));
    assert_eq!(fetched.header("content-disposition"), "attachment");
    put(&format!("/api/v1/blobs?sha256={digest}"), b"another").is_problem(422, "digest_mismatch");
    put("/api/v1/blobs", &[0; 10_001]).is_problem(413, "too_large");
    house
        .client
        .put("/api/v1/blobs", &[("authorization", &format!("Bearer {READ}"))], b"x")
        .is_problem(403, "forbidden_scope");
    house.client.read(&format!("/api/v1/blobs/{}", Hash::of(b"another"))).is_problem(404, "not_found");
    house.client.read("/api/v1/blobs/ABC").is_problem(400, "bad_request");
}

#[test]
fn health_says_why_entries_are_not_taken() {
    let mut house = House::new();
    let fine = house.client.get("/healthz");
    assert_eq!((fine.status, &fine.json()["standing"]), (200, &Value::from("writable")));
    assert_eq!(fine.json()["known"]["size"], house.size());
    let lost = tlog::Checkpoint::new(testkit::ORIGIN, house.size() + 5, Hash([1; 32]));
    house.ledger.seen_elsewhere(&lost, "a mirror");
    let broken = house.client.get("/healthz");
    assert_eq!((broken.status, &broken.json()["standing"]), (503, &Value::from("read-only")));
    assert!(broken.json()["reason"].as_str().is_some_and(|r| r.contains("a mirror")));
    let entry = house.ci.state(pushed(1));
    let refused = house.client.submit(&[entry]);
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert_eq!(refused.json()["items"][0]["code"], "unavailable");
    assert_eq!(house.client.read("/api/v1/entries/0").status, 200, "reading goes on");
}

#[test]
fn the_documentation_lists_every_code() {
    let text = include_str!("../../../../docs/api.md");
    for code in server::api::problem::CODES {
        let (word, status, hint) = code.row();
        let row = text.lines().find(|l| l.starts_with(&format!("| `{word}` |")));
        let row = row.unwrap_or_else(|| panic!("`{word}` is not in docs/api.md"));
        assert!(
            row.contains(&status.as_u16().to_string()) && row.contains(hint),
            "{row}\nwants {status} {hint}"
        );
    }
}
