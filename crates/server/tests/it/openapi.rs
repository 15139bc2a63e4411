//! The description of the API against the API: the snapshot, who may, which parameters, and every answer by its schema.
//!
//! What was answered is left in the target directory (`api-samples.jsonl`) for a second opinion by public packages
//! (tests/openapi).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use evidence::SourceKind;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use testkit::Author;
use tower::ServiceExt;
use views::population::Populations;

use crate::api_house::{READ, WRITE, issue, pushed};
use crate::openapi_schema::fits;
use crate::pages_kit::Site;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");

fn description() -> Value {
    serde_json::from_str(server::api::openapi::text()).expect("JSON")
}

/// Address, method and what is said of it.
fn operations(doc: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = doc["paths"].as_object().expect("paths");
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object().expect("operations").iter().map(move |(method, o)| (&**path, &**method, o))
    });
    each.collect()
}

fn names<'a>(operation: &'a Value, place: &str) -> BTreeSet<&'a str> {
    let all = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|p| p["in"] == place).map(|p| p["name"].as_str().expect("a name")).collect()
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn media(&self) -> &str {
        let media = self.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        media.split(';').next().unwrap_or_default().trim()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }
}

/// The interface over the story, with an advisory that concerns a release, and who may state more.
struct Asked {
    site: Site,
    populations: Arc<Populations>,
    ci: Author,
    doc: Value,
    samples: String,
    /// What was answered otherwise than described.
    wrong: Vec<String>,
}

impl Asked {
    fn new() -> Self {
        let mut f = crate::story::tell();
        issue(&mut f, READ, &["read"], 86_400_000);
        issue(&mut f, WRITE, &["write"], 86_400_000);
        let mut ci = Author::new(SourceKind::Ci, 77);
        f.enrol(&ci, &["ci"]);
        for fact in crate::affected::facts(&f.ledger) {
            let entry = ci.state(fact);
            f.submit(entry).expect("taken");
        }
        f.ledger.blobs().put(b"a blob").expect("kept");
        let mut site = Site::over(f.ledger);
        let populations = Populations::start(site.app.ledger.clone()).expect("a thread");
        let size = site.app.ledger.read().size;
        assert!(populations.wait_beyond(size - 1, Duration::from_secs(60)) >= size);
        site.app.populations = Some(populations.clone());
        site.router = server::api::router(site.app.clone());
        Self { site, populations, ci, doc: description(), samples: String::new(), wrong: Vec::new() }
    }

    /// Sends a request; of an answer without end only the head is read.
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let request =
            headers.iter().fold(Request::builder().method(method).uri(path), |r, (k, v)| r.header(*k, *v));
        let request = request.body(Body::from(body)).expect("a request");
        let (parts, body) = self.site.router.clone().oneshot(request).await.expect("infallible").into_parts();
        let endless = parts.headers.get("content-type").is_some_and(|v| v == "text/event-stream");
        let body = if endless { Vec::new() } else { body.collect().await.expect("read").to_bytes().to_vec() };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    async fn get(&self, path: &str, token: Option<&str>, accept: Option<&str>) -> Answer {
        let bearer = token.map(|t| format!("Bearer {t}"));
        let mut headers: Vec<(&str, &str)> = bearer.iter().map(|b| ("authorization", b.as_str())).collect();
        headers.extend(accept.map(|a| ("accept", a)));
        self.send("GET", path, &headers, Vec::new()).await
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path, Some(READ), None).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.json()
    }

    /// Whether an answer is one of those that are described for the operation.
    fn described(&mut self, id: &str, what: &str, answer: &Answer) {
        let operation = operations(&self.doc).into_iter().map(|(_, _, o)| o).find(|o| o["operationId"] == id);
        let operation = operation.unwrap_or_else(|| panic!("{id} is not described"));
        let status = answer.status.to_string();
        let said = &operation["responses"][&status];
        let said = said["$ref"].as_str().and_then(|r| self.doc.pointer(&r[1..])).unwrap_or(said);
        if !said.is_object() {
            let text = String::from_utf8_lossy(&answer.body);
            return self.wrong.push(format!("{what}: {status} is not described: {text}"));
        }
        let media = answer.media();
        if answer.status == 304 {
            return assert!(answer.body.is_empty());
        }
        let schema = &said["content"][media]["schema"];
        if schema.is_null() {
            return self.wrong.push(format!("{what}: {status} as {media} is not described"));
        }
        if media == "application/json" || media == "application/problem+json" {
            let value = answer.json();
            if let Err(why) = fits(&self.doc, schema, &value, "$") {
                self.wrong.push(format!("{what}: {why}"));
            }
            let sample = json!({ "operation": id, "status": status, "media": media, "body": value });
            writeln!(self.samples, "{sample}").expect("to a string");
        }
    }
}

#[test]
fn the_description_is_the_one_that_is_kept() {
    let text = server::api::openapi::text();
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(SNAPSHOT).parent().expect("a folder")).expect("made");
        std::fs::write(SNAPSHOT, text).expect("written");
    }
    let kept = std::fs::read_to_string(SNAPSHOT).expect("docs/api/openapi.json");
    assert!(kept == text, "docs/api/openapi.json is another one: VOUCHSAFE_BLESS=1 writes it anew");
}

#[test]
fn what_is_described_is_documented_and_named_once() {
    let doc = description();
    let text = include_str!("../../../../docs/api.md");
    let (mut ids, tags) = (BTreeSet::new(), doc["tags"].as_array().expect("tags"));
    for (path, method, operation) in operations(&doc) {
        assert!(ids.insert(operation["operationId"].as_str().expect("an id")), "twice: {operation}");
        assert!(tags.iter().any(|t| t["name"] == operation["tags"][0]), "{operation}");
        // Tiles are documented by their forms.
        let documented = if path.starts_with("/log/tile/") { "/log/tile/<L>/<N>" } else { path };
        assert!(text.contains(documented), "docs/api.md does not know {method} {path}");
        for name in names(operation, "path") {
            assert!(path.contains(&format!("{{{name}}}")), "{path} has no {name}");
        }
        assert_eq!(names(operation, "path").len(), path.matches('{').count(), "{path}");
    }
}

/// Addresses to ask with GET by operation, with what is accepted.
async fn questions(asked: &Asked) -> Vec<(&'static str, String, Option<&'static str>)> {
    let mut all: Vec<(&'static str, String, Option<&'static str>)> = Vec::new();
    let mut ask = |id: &'static str, path: &str| all.push((id, path.to_owned(), None));
    ask("getCheckpoint", "/log/checkpoint");
    ask("getTile", "/log/tile/0/000.p/1");
    ask("getTile", "/log/tile/entries/000.p/1");
    ask("getTile", "/log/tile/9/x");
    for path in ["0", "0.tlog-proof", "x", "99999999"] {
        ask("getInclusionProof", &format!("/api/v1/proof/{path}"));
    }
    for query in ["old=1", "old=1&new=2", "old=3&new=2", "old=99999999&new=99999999", "new=1"] {
        ask("getConsistencyProof", &format!("/api/v1/consistency?{query}"));
    }
    for query in ["", "?limit=1000", "?from=7&limit=1", "?from=99999999"] {
        ask("listEntries", &format!("/api/v1/entries{query}"));
    }
    for index in ["0", "1", "99999999", "x"] {
        ask("getEntry", &format!("/api/v1/entries/{index}"));
    }
    ask("followEntries", "/api/v1/events?from=0");
    ask("followEntries", "/api/v1/events?from=99999999");
    let entries = asked.json("/api/v1/entries?from=9&limit=1").await;
    let body = &entries["entries"][0]["body"];
    let (source, stream) = (body["source"].as_str().expect("a source"), &body["stream"]);
    ask("getStream", &format!("/api/v1/streams/{source}/{stream}"));
    ask("getStream", &format!("/api/v1/streams/{source}/4711"));
    ask("getStream", "/api/v1/streams/x/1");
    ask("listSources", "/api/v1/sources?limit=100");
    ask("listSources", &format!("/api/v1/sources?from={source}&limit=1&known=20"));
    ask("getSource", &format!("/api/v1/sources/{source}?known=2026-01-01T00:00:00Z"));
    for source in asked.json("/api/v1/sources?limit=100").await["sources"].as_array().expect("sources") {
        ask("getSource", &format!("/api/v1/sources/{}", source["source"].as_str().expect("an id")));
    }
    ask("listReleases", "/api/v1/releases?limit=200");
    ask("listReleases", "/api/v1/releases?product=pump&item=firmware&version=1&from=1&known=5");
    ask("getBlob", &format!("/api/v1/blobs/{}", tlog::Hash::of(b"a blob")));
    ask("getBlob", &format!("/api/v1/blobs/{}", tlog::Hash::of(b"no blob")));
    for query in
        ["", "?prove=true", "?where=grade%20%3D%20attested&known=30&at=2026-01-01T00:00:00Z", "?where=%3F"]
    {
        ask("countDevices", &format!("/api/v1/fleet/count{query}"));
        ask("listDevices", &format!("/api/v1/fleet{query}"));
    }
    ask("listDevices", "/api/v1/fleet?limit=1");
    for device in asked.json("/api/v1/fleet?limit=1000").await["devices"].as_array().expect("devices") {
        let id = device["id"].as_str().expect("an id");
        ask("getDevice", &format!("/api/v1/devices/{id}?prove=true"));
        ask("getDeviceHistory", &format!("/api/v1/devices/{id}/history"));
    }
    ask("getDevice", "/api/v1/devices/nobody");
    ask("getDeviceHistory", "/api/v1/devices/nobody/history");
    ask("listVulnerabilities", "/api/v1/vulnerabilities");
    ask("listVulnerabilities", "/api/v1/vulnerabilities?exploited=false");
    for query in [
        "",
        "?prove=true",
        "?list=all&limit=1",
        "?format=csv&list=all",
        "?format=jsonl",
        "?list=x",
        "?format=x",
    ] {
        ask("listAffected", &format!("/api/v1/affected/CVE-2026-1{query}"));
    }
    ask("listAffected", "/api/v1/affected/pkg:generic/a?list=all");
    ask("listAffected", "/api/v1/affected/CVE-1");
    ask("getTrend", "/api/v1/trend/CVE-2026-1");
    ask("getTrend", "/api/v1/trend/CVE-1");
    ask("listLines", "/api/v1/lines");
    let lines = asked.json("/api/v1/lines").await;
    for line in lines["lines"].as_array().expect("lines") {
        let of = |name: &str| line[name].as_str().expect("text").replace(' ', "%20");
        let place = format!("product={}&line={}", of("product"), of("line"));
        for (id, list) in [
            ("listRecords", "records"),
            ("listLinks", "links"),
            ("listResults", "results"),
            ("listCommits", "commits"),
            ("listBaselines", "baselines"),
            ("listReviews", "reviews"),
            ("listCoverage", "coverage"),
            ("listAnalyses", "analyses"),
            ("listTags", "tags"),
            ("listGaps", "gaps"),
        ] {
            ask(id, &format!("/api/v1/{list}?{place}"));
        }
        ask("getTrace", &format!("/api/v1/trace?{place}&kinds=user-need,system-requirement"));
        ask("getRisks", &format!("/api/v1/risk?{place}"));
        for record in
            asked.json(&format!("/api/v1/records?{place}")).await["records"].as_array().expect("records")
        {
            ask("getRecord", &format!("/api/v1/records/{}?{place}", record["id"].as_str().expect("an id")));
        }
    }
    ask("listRecords", "/api/v1/records?product=none");
    ask("listRecords", "/api/v1/records?limit=0");
    ask("listSignatures", "/api/v1/signatures?limit=1");
    ask("listImportedApprovals", "/api/v1/imported-approvals?limit=1");
    ask("listSignatures", "/api/v1/signatures?record=UN-001");
    ask("getFreshness", "/device/v1/freshness");
    ask("getHealth", "/healthz");
    ask("getDescription", "/api/v1/openapi.json");
    for (id, path, accept) in [
        ("listEntries", "/api/v1/entries?limit=3", "application/cbor-seq"),
        ("getEntry", "/api/v1/entries/3", "application/cbor"),
        ("getFreshness", "/device/v1/freshness", "application/json"),
    ] {
        all.push((id, path.to_owned(), Some(accept)));
    }
    all
}

#[tokio::test]
async fn every_answer_is_one_that_is_described() {
    let mut asked = Asked::new();
    let (mut seen, mut answered) = (BTreeSet::new(), BTreeSet::new());
    for (id, path, accept) in questions(&asked).await {
        let answer = asked.get(&path, Some(READ), accept).await;
        asked.described(id, &path, &answer);
        seen.insert(id);
        if answer.status == 200 {
            answered.insert((id.to_owned(), answer.media().to_owned()));
        }
    }
    // Every operation was asked, and answered in each form that is described.
    let doc = asked.doc.clone();
    for (path, _, operation) in operations(&doc).iter().filter(|(_, method, _)| *method == "get") {
        let id = operation["operationId"].as_str().expect("an id");
        assert!(seen.contains(id), "{path} was not asked");
        for media in operation["responses"]["200"]["content"].as_object().expect("forms").keys() {
            assert!(answered.contains(&(id.to_owned(), media.clone())), "{id} gave no {media}");
        }
    }
    let first = asked.get("/api/v1/openapi.json", None, None).await;
    assert_eq!(first.body, server::api::openapi::text().as_bytes());
    let tag = first.headers["etag"].to_str().expect("text").to_owned();
    let again = asked.send("GET", "/api/v1/openapi.json", &[("if-none-match", &tag)], Vec::new()).await;
    assert_eq!(again.status, 304);
    asked.described("getDescription", "again", &again);
    hand_in(&mut asked).await;
    asked.populations.stop();
    assert!(asked.wrong.is_empty(), "{:#?}", asked.wrong);
    let samples = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("api-samples.jsonl");
    std::fs::write(samples, &asked.samples).expect("written");
}

/// What is handed in, and each way in which it is refused.
async fn hand_in(asked: &mut Asked) {
    let entry = asked.ci.state(pushed(1)).to_vec();
    let bearer = format!("Bearer {WRITE}");
    let (sequence, cbor) = (("content-type", "application/cbor-seq"), ("accept", "application/cbor"));
    let token = ("authorization", bearer.as_str());
    let mixed = [&entry[..], &[0x00]].concat();
    for (id, method, path, headers, body, status) in [
        ("submitEntries", "POST", "/api/v1/entries", vec![sequence], entry.clone(), 200),
        ("submitEntries", "POST", "/api/v1/entries", vec![sequence, cbor], entry.clone(), 200),
        ("submitEntries", "POST", "/api/v1/entries", vec![sequence], mixed, 207),
        ("submitEntries", "POST", "/api/v1/entries", vec![sequence], vec![0], 422),
        ("submitEntries", "POST", "/api/v1/entries", vec![sequence], Vec::new(), 400),
        ("submitEntries", "POST", "/api/v1/entries", vec![], entry.clone(), 415),
        ("submitEntries", "POST", "/api/v1/entries?wait=witnessed", vec![sequence], entry.clone(), 400),
        ("putBlob", "PUT", "/api/v1/blobs", vec![token], b"new".to_vec(), 201),
        ("putBlob", "PUT", "/api/v1/blobs", vec![token], b"new".to_vec(), 200),
        ("putBlob", "PUT", "/api/v1/blobs?sha256=x", vec![token], b"new".to_vec(), 400),
        ("putBlob", "PUT", "/api/v1/blobs", vec![], b"new".to_vec(), 401),
        ("sendEvidence", "POST", "/device/v1/evidence", vec![sequence], entry, 200),
        ("sendEvidence", "POST", "/device/v1/evidence", vec![], vec![0], 415),
    ] {
        let answer = asked.send(method, path, &headers, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
        asked.described(id, &format!("{method} {path}"), &answer);
    }
}

#[tokio::test]
async fn who_may_and_what_may_be_asked_is_as_described() {
    let mut asked = Asked::new();
    let questions = questions(&asked).await;
    let doc = asked.doc.clone();
    for (path, _, operation) in operations(&doc).iter().filter(|(_, method, _)| *method == "get") {
        let id = operation["operationId"].as_str().expect("an id");
        let (_, question, _) = questions.iter().find(|(q, ..)| *q == id).expect("a question");
        let open = operation["security"].as_array().expect("a list");
        let open = open.is_empty() || open.contains(&json!({}));
        for (token, status) in [(None, 401), (Some("unknown"), 401), (Some(WRITE), 403)] {
            let answer = asked.get(question, token, None).await;
            assert_eq!(answer.status, if open { 200 } else { status }, "{path} with {token:?}");
            asked.described(id, question, &answer);
        }
        let queries = names(operation, "query");
        let bare = question.split('?').next().expect("a path");
        let refused = asked.get(&format!("{bare}?zz=1"), Some(READ), None).await;
        if queries.is_empty() {
            continue;
        }
        assert_eq!(refused.status, 400, "{path} takes what it does not know");
        asked.described(id, bare, &refused);
        // The server says what it reads; what it reads and does not describe, it must refuse too.
        let detail = refused.json()["detail"].as_str().expect("text").to_owned();
        let read: BTreeSet<&str> = detail.split('`').skip(3).step_by(2).collect();
        assert!(queries.is_subset(&read), "{path}: described {queries:?}, read {read:?}");
        for other in read.difference(&queries) {
            let answer = asked.get(&format!("{bare}?{other}=1"), Some(READ), None).await;
            assert_eq!(answer.status, 400, "{path} takes `{other}` and does not say so");
        }
    }
    asked.populations.stop();
    assert!(asked.wrong.is_empty(), "{:#?}", asked.wrong);
}
