//! A log and its witnesses: the quorum with one down, and what a witness knows better.

use std::sync::Arc;
use std::time::Duration;

use ledger::{Doubt, Ledger, Standing};
use server::witness::{WitnessOptions, Witnesses};
use testkit::Fixture;
use tlog::policy::Policy;
use tlog::{Note, VerifierKey};

use crate::api_house::{House, pushed};
use crate::witness_server::{Running, open, witness_key};

fn options() -> WitnessOptions {
    WitnessOptions {
        timeout: Duration::from_secs(5),
        interval: Duration::from_millis(5),
        round: Duration::from_secs(5),
        pause: Duration::from_millis(50),
        longest_pause: Duration::from_millis(200),
        roots: None,
    }
}

fn log_key() -> VerifierKey {
    testkit::keys().checkpoint.verifier().clone()
}

fn policy(urls: &[String], quorum: usize) -> Policy {
    let mut text = format!("log {}\n", log_key());
    let mut names = String::new();
    for (seed, url) in (1..).zip(urls) {
        text.push_str(&format!("witness w{seed} {} {url}\n", witness_key(seed).verifier()));
        names.push_str(&format!(" w{seed}"));
    }
    text.push_str(&format!("group q {quorum}{names}\nquorum q\n"));
    Policy::parse(text.as_bytes()).expect("a policy")
}

fn start(ledger: &Arc<Ledger>, policy: Policy) -> Arc<Witnesses> {
    Witnesses::start(ledger.clone(), policy, options()).expect("starts")
}

/// A port where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind(crate::api_house::anywhere()).expect("binds");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn running(seed: u8) -> (tempfile::TempDir, Running, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let running = Running::new(&open(directory.path(), seed, vec![log_key()]).expect("opens"));
    let url = format!("http://{}/", running.address);
    (directory, running, url)
}

fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..400 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("not within ten seconds: {what}");
}

#[test]
fn two_of_three_witnesses_make_the_quorum_while_one_is_down() {
    let ((_d1, _r1, u1), (_d2, _r2, u2)) = (running(1), running(2));
    let policy = policy(&[u1, u2, nobody()], 2);
    let asked = policy.clone();
    let mut house = House::with(Fixture::new(), |_| {}, move |ledger| Some(start(ledger, asked)));
    for n in 0..20 {
        let raw = house.ci.state(pushed(n));
        let answer = house.client.post(
            "/api/v1/entries?wait=witnessed",
            &[("content-type", "application/cbor-seq")],
            &raw,
        );
        assert_eq!(answer.status, 200, "{}", answer.text());
        let json = answer.json();
        let item = &json["items"][0];
        assert_eq!(item["level"], "witnessed");
        // The receipt holds under the policy, as a packet would.
        let packet = tlog::packet::LogProof {
            extra: None,
            index: item["index"].as_u64().expect("an index"),
            hashes: item["proof"]
                .as_array()
                .expect("a proof")
                .iter()
                .map(|h| tlog::Hash::from_hex(h.as_str().expect("text")).expect("a hash"))
                .collect(),
            checkpoint: Note::parse(item["checkpoint"].as_str().expect("text").as_bytes()).expect("a note"),
        };
        let proven = packet.verify_entry(&raw, &policy).expect("witnessed");
        assert_eq!(proven.head.witnesses.iter().filter(|w| w.in_quorum).count(), 2);
    }
    let served = house.client.get("/log/checkpoint");
    let verdict = Note::parse(&served.body).expect("a note");
    assert!(policy.verify(&verdict).is_ok(), "the cosigned one is served");
    let file = house.client.get("/api/v1/proof/0.tlog-proof");
    let packet = tlog::packet::LogProof::parse(&file.body).expect("a packet");
    let (_, genesis) = house.ledger.entry(0).expect("there");
    assert!(packet.verify_entry(&genesis, &policy).is_ok());
    let kept = house.log.cosigned().expect("reads").expect("kept");
    assert!(policy.verify(&Note::parse(kept.checkpoint.as_bytes()).expect("a note")).is_ok());
    let at = house.bound.metrics.expect("metrics");
    let metrics = crate::api_house::Client::new(&format!("http://{at}"), None).get("/metrics");
    let lag = format!("vouchsafe_witness_lag{{witness=\"w3\"}} {}", house.size());
    assert!(metrics.text().contains(&lag), "{}", metrics.text());
    assert!(!metrics.text().contains("vouchsafe_witness_failures_total{witness=\"w3\"} 0"));
}

#[test]
fn an_answer_does_not_wait_for_witnesses_for_ever() {
    let (_d1, _r1, u1) = running(1);
    let policy = policy(&[u1, nobody()], 2);
    let limits = |c: &mut server::run::Config| c.limits.witness_wait = Duration::from_millis(300);
    let mut house = House::with(Fixture::new(), limits, |ledger| Some(start(ledger, policy)));
    let raw = house.ci.state(pushed(1));
    let answer = house.client.post(
        "/api/v1/entries?wait=witnessed",
        &[("content-type", "application/cbor-seq")],
        &raw,
    );
    assert_eq!((answer.status, answer.json()["items"][0]["level"].as_str()), (202, Some("durable")));
    let served = house.client.get("/log/checkpoint");
    assert_eq!(
        served.text(),
        &*house.ledger.checkpoint(),
        "nothing is cosigned, so the durable one is served"
    );
}

#[test]
fn a_witness_that_comes_back_is_caught_up_with() {
    let directory = tempfile::tempdir().expect("a directory");
    let witness = open(directory.path(), 1, vec![log_key()]).expect("opens");
    let first = Running::new(&witness);
    let url = format!("http://{}", first.address);
    let mut f = Fixture::new();
    let mut ci = testkit::Author::new(evidence::SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    let ledger = Arc::new(f.ledger);
    let witnesses = start(&ledger, policy(std::slice::from_ref(&url), 1));
    eventually("the first quorum", || *witnesses.watch().borrow() == ledger.read().size);
    witnesses.stop();
    assert!(ledger.submit((0..300).map(|n| ci.state(pushed(n))).collect()).iter().all(Result::is_ok));
    // A new process knows nothing of what the witness cosigned; the conflict tells it.
    let again = start(&ledger, policy(&[url], 1));
    eventually("the second quorum", || *again.watch().borrow() == ledger.read().size);
    assert_eq!(again.status()[0].error, None);
    assert_eq!(ledger.standing(), Standing::Writable);
}

/// A log of the same name and key that the witness has seen further than this one.
fn seen_by_witness(url: &str, entries: u64) {
    let mut f = Fixture::new();
    let mut ci = testkit::Author::new(evidence::SourceKind::Ci, 77);
    f.enrol(&ci, &["ci"]);
    let ledger = Arc::new(f.ledger);
    assert!(ledger.submit((0..entries).map(|n| ci.state(pushed(n))).collect()).iter().all(Result::is_ok));
    let witnesses = start(&ledger, policy(&[url.to_owned()], 1));
    eventually("the witness has seen it", || *witnesses.watch().borrow() == ledger.read().size);
}

#[test]
fn a_witness_that_has_seen_more_makes_the_server_read_only() {
    let (_d, _r, url) = running(1);
    seen_by_witness(&url, 50);
    let policy = policy(&[url], 1);
    let house = House::with(Fixture::new(), |_| {}, |ledger| Some(start(ledger, policy)));
    eventually("read-only", || house.ledger.standing() != Standing::Writable);
    let Standing::ReadOnly(Doubt::Witness(why)) = house.ledger.standing() else {
        panic!("{}", house.ledger.standing())
    };
    assert!(why.starts_with("w1") && why.contains("missing"), "{why}");
    assert_eq!(house.client.get("/healthz").status, 503);
}

#[test]
fn a_witness_that_has_seen_another_branch_makes_the_server_read_only() {
    let (_d, _r, url) = running(1);
    seen_by_witness(&url, 50);
    let policy = policy(&[url], 1);
    // Longer than what the witness has seen, but not an extension of it: filled before the witness is asked.
    let mut f = Fixture::new();
    let mut ci = testkit::Author::new(evidence::SourceKind::Ci, 78);
    f.enrol(&ci, &["ci"]);
    let filled: Vec<Arc<[u8]>> = (0..100).map(|n| ci.state(pushed(n))).collect();
    assert!(f.ledger.submit(filled).iter().all(Result::is_ok));
    let house = House::with(f, |_| {}, |ledger| Some(start(ledger, policy)));
    eventually("read-only", || house.ledger.standing() != Standing::Writable);
    let Standing::ReadOnly(Doubt::Witness(why)) = house.ledger.standing() else {
        panic!("{}", house.ledger.standing())
    };
    assert!(why.contains("another log"), "{why}");
}

#[test]
fn a_cosignature_by_another_key_counts_for_nothing() {
    let (_d, _r, url) = running(9);
    let ledger = Arc::new(Fixture::new().ledger);
    let witnesses = start(&ledger, policy(&[url], 1));
    eventually("it was asked", || witnesses.status()[0].failures > 1);
    let error = witnesses.status()[0].error.clone().expect("an error");
    assert!(error.contains("no cosignature by the key that the policy names"), "{error}");
    assert_eq!((witnesses.cosigned(), witnesses.status()[0].size), (None, 0));
    assert_eq!(ledger.log().cosigned(), Ok(None));
}

#[test]
fn a_witness_is_asked_over_tls_under_given_roots() {
    let directory = tempfile::tempdir().expect("a directory");
    let (files, _) = crate::api_run::certificate(directory.path());
    let roots = std::fs::read(&files.certificates).expect("reads");
    let witness = open(&directory.path().join("state"), 1, vec![log_key()]).expect("opens");
    let running = Running::with(&witness, Some(files));
    let policy = policy(&[format!("https://{}", running.address)], 1);
    let ledger = Arc::new(Fixture::new().ledger);
    let distrusted = start(&ledger, policy.clone());
    eventually("it was asked", || distrusted.status()[0].failures > 0);
    assert_eq!(distrusted.cosigned(), None, "the system's roots do not vouch for it");
    distrusted.stop();
    let given = WitnessOptions { roots: Some(roots), ..options() };
    let witnesses = Witnesses::start(ledger.clone(), policy.clone(), given).expect("starts");
    eventually("the quorum", || *witnesses.watch().borrow() == ledger.read().size);
    let none = WitnessOptions { roots: Some(b"no certificate".to_vec()), ..options() };
    assert!(Witnesses::start(ledger, policy, none).is_err());
}

#[test]
fn a_witness_that_lies_about_a_larger_log_changes_nothing() {
    // It answers 409 with a size that this log never had, and shows nothing that this log signed.
    let listener = std::net::TcpListener::bind(crate::api_house::anywhere()).expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut buffer = [0; 8_192];
            let n = stream.read(&mut buffer).unwrap_or(0);
            let get = buffer[..n].starts_with(b"GET");
            let (status, body) = if get { ("200 OK", "nothing signed\n") } else { ("409 Conflict", "999\n") };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
            // Whatever of the request is left is read, so that the answer is not lost to a reset.
            let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
            while stream.read(&mut buffer).is_ok_and(|n| n > 0) {}
        }
    });
    let policy = policy(&[url], 1);
    let mut witnesses = None;
    let mut house = House::with(
        Fixture::new(),
        |_| {},
        |ledger| {
            witnesses = Some(start(ledger, policy));
            witnesses.clone()
        },
    );
    let witnesses = witnesses.expect("started");
    eventually("it was asked", || witnesses.status()[0].failures > 2);
    let error = witnesses.status()[0].error.clone().expect("an error");
    assert!(error.contains("999") && error.contains("does not show it"), "{error}");
    assert_eq!(house.ledger.standing(), Standing::Writable);
    house.fill(10);
    assert_eq!(*witnesses.watch().borrow(), 0);
}
