//! Server-sent events: in order, each once, over any number of connections.

use std::io::{BufRead, BufReader};
use std::sync::Arc;
use std::time::{Duration, Instant};

use evidence::SourceKind;
use serde_json::Value;
use testkit::{Author, Fixture};
use tlog::Hash;

use crate::api_house::{House, READ, pushed};

/// An open stream; gives events.
struct Events(BufReader<ureq::BodyReader<'static>>);

impl Events {
    fn open(house: &House, from: Option<u64>, last: Option<u64>) -> Self {
        let query = from.map_or(String::new(), |f| format!("?from={f}"));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut request = agent
            .get(format!("http://{}/api/v1/events{query}", house.bound.http))
            .header("authorization", format!("Bearer {READ}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.call().expect("a stream");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(BufReader::new(response.into_body().into_reader()))
    }

    /// The next event; `None` at the end of the stream.
    fn next(&mut self) -> Option<(u64, Value)> {
        let mut id = None;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(text) = line.strip_prefix("id: ") {
                id = text.trim().parse().ok();
            } else if let Some(text) = line.strip_prefix("data: ") {
                return Some((id?, serde_json::from_str(text).expect("JSON")));
            }
        }
    }

    /// The next comment.
    fn comment(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).expect("a line"), 0, "the stream ended");
            if line.starts_with(':') {
                return line;
            }
        }
    }
}

#[test]
fn resuming_loses_and_repeats_nothing() {
    let mut house = House::new();
    house.fill(700);
    let ledger = house.ledger.clone();
    let mut other = Author::new(SourceKind::Ci, 21);
    let fact = evidence::facts::sources::SourceEnrolled {
        source: other.id,
        key: other.key.clone(),
        name: "Another".into(),
        roles: vec!["ci".into()],
        possession: None,
    };
    let enrol = house.admin.state(fact);
    assert_eq!(house.client.submit(&[enrol]).status, 200);
    let end = house.size() + 300;
    let writer = std::thread::spawn(move || {
        for n in 0..300 {
            assert!(ledger.submit(vec![other.state(pushed(n))]).iter().all(Result::is_ok));
        }
        ledger.read().size
    });
    let (mut last, mut next) = (None, 0);
    // Three connections that are cut, then one to the end.
    for cut in [Some(1), Some(250), Some(400), None] {
        let mut events = Events::open(&house, last.is_none().then_some(0), last);
        let mut taken = 0;
        while cut != Some(taken) {
            if next == end {
                break;
            }
            let (id, data) = events.next().expect("an event");
            assert_eq!((id, &data["index"]), (next, &Value::from(next)), "in order, each once");
            let (entry, _) = house.ledger.entry(id).expect("there");
            assert_eq!(data["entry"], entry.hash().to_string());
            assert_eq!(data["fact"], entry.body().fact.name());
            (last, next, taken) = (Some(id), next + 1, taken + 1);
        }
    }
    assert_eq!((next, writer.join().expect("it wrote")), (end, end));
}

#[test]
fn a_stream_waits_says_that_it_lives_and_ends_with_the_server() {
    let mut house =
        House::with(Fixture::new(), |c| c.limits.keep_alive = Duration::from_millis(50), |_| None);
    let mut events = Events::open(&house, None, None);
    assert!(events.comment().contains("nothing new"));
    let size = house.size();
    house.fill(1);
    assert_eq!(events.next().map(|(id, _)| id), Some(size));
    house.client.read(&format!("/api/v1/events?from={}", house.size() + 1)).is_problem(404, "out_of_range");
    let header = format!("Bearer {READ}");
    house
        .client
        .get_with("/api/v1/events", &[("authorization", &header), ("last-event-id", "x")])
        .is_problem(400, "bad_request");
    #[expect(clippy::disallowed_methods, reason = "a test measures how long the stop takes")]
    let began = Instant::now();
    house.stop();
    assert!(began.elapsed() < Duration::from_secs(4), "open streams do not keep the server");
    while events.next().is_some() {}
}

#[test]
fn a_stream_ends_when_its_token_is_revoked() {
    let mut house = House::new();
    let mut events = Events::open(&house, Some(0), None);
    assert!(events.next().is_some());
    let revoke =
        house.admin.state(evidence::facts::sources::TokenRevoked { token: Hash::of(READ.as_bytes()) });
    let last = house.client.submit(&[revoke]).json()["items"][0]["index"].as_u64().expect("an index");
    let revoked = Arc::new(last);
    let mut seen = 0;
    while let Some((id, _)) = events.next() {
        seen = id;
        assert!(id <= *revoked);
    }
    assert!(seen <= last);
}

#[test]
fn streams_are_bounded_in_number() {
    let house = House::with(Fixture::new(), |c| c.limits.streams = 2, |_| None);
    let first = Events::open(&house, Some(0), None);
    let _second = Events::open(&house, Some(0), None);
    let third = house.client.read("/api/v1/events");
    third.is_problem(503, "busy");
    assert_eq!(third.header("retry-after"), "1");
    drop(first);
    // The place is free once the server sees that the client has gone.
    for _ in 0..100 {
        if house.client.try_stream() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the place was not given back");
}
