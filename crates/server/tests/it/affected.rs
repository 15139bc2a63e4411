//! Who is affected, over HTTP and on pages: the same counts, lists and verdicts, and errors that say what to do.

use std::sync::Arc;
use std::time::Duration;

use evidence::Fact;
use evidence::SourceKind;
use evidence::facts::fleet::DeviceDeclared;
use evidence::facts::release::ReleaseMade;
use evidence::facts::vulnerability::AdvisoryTaken;
use evidence::types::{BlobRef, Interpreted};
use http_body_util::BodyExt;
use ledger::Ledger;
use serde_json::Value;
use testkit::{Author, Fixture};
use views::population::Populations;

use crate::pages_kit::Site;

const BOM: &str = concat!(
    r#"{"components":[{"name":"a","purls":["pkg:generic/a@1.0"],"version":"1.0"}],"#,
    r#""metadata":{}}"#
);

fn kept(ledger: &Ledger, canonical: &str) -> Interpreted {
    let digest = ledger.blobs().put(canonical.as_bytes()).expect("kept");
    let blob = BlobRef { digest, length: canonical.len() as u64, media_type: "application/json".into() };
    Interpreted { raw: blob.clone(), parser: "test".into(), parser_version: 1, normalised: blob }
}

/// Two releases, one without a bill of materials, three devices and an advisory.
fn told() -> Fixture {
    let mut f = Fixture::new();
    let mut ci = Author::new(SourceKind::Ci, 20);
    f.enrol(&ci, &["ci"]);
    for fact in facts(&f.ledger) {
        let entry = ci.state(fact);
        f.submit(entry).unwrap_or_else(|e| panic!("{e}"));
    }
    f
}

/// What is stated of them; their documents are kept.
pub(crate) fn facts(ledger: &Ledger) -> Vec<Fact> {
    let bom = format!(r#"{{"sbom":{BOM},"version":1}}"#);
    let advisory = concat!(
        r#"{"contents":{"advisories":[{"affected":[{"coordinates":{"purl":"pkg:generic/a"},"default":"not-affected","fixed":["2.0"],"#,
        r#""rules":[{"extent":{"range":"generic/<2.0"},"status":"affected"}]}],"digest":""#,
        "0000000000000000000000000000000000000000000000000000000000000000",
        r#"","format":"osv","id":"CVE-2026-1","summary":"a <b>bold</b> claim"}],"format":"osv"},"version":1}"#
    );
    let listed = concat!(
        r#"{"catalogue":{"entries":{"CVE-2026-1":{"action":"a","added":"2026-01-15","cve":"CVE-2026-1","due":"2026-02-05","#,
        r#""name":"n","product":"p","ransomware":true,"vendor":"v"}}},"version":1}"#
    );
    let listed = Interpreted { parser: "kev".into(), ..kept(ledger, listed) };
    let release = |version: &str, sboms: Vec<Interpreted>| ReleaseMade {
        product: "pump".into(),
        item: "firmware".into(),
        line: "main".into(),
        version: version.into(),
        baseline: None,
        commit: None,
        artefacts: vec![],
        sboms,
        measurements: vec![],
        verified: vec![],
        anomalies: vec![],
        signatures: vec![],
    };
    let device = |asset: &str, software: &str| DeviceDeclared {
        asset: asset.into(),
        udi: None,
        serial: Some(format!("SN-{asset}")),
        model: None,
        software: vec![software.into()],
        site: Some("north, \"old\" wing".into()),
        owner: None,
        custody: None,
        since: None,
        import: None,
    };
    vec![
        release("1", vec![kept(ledger, &bom)]).into(),
        release("2", vec![]).into(),
        device("x1", "firmware 1").into(),
        device("x2", "firmware 1").into(),
        device("x3", "firmware 2").into(),
        AdvisoryTaken {
            advisory: "CVE-2026-1".into(),
            document: kept(ledger, advisory),
            origin: "test".into(),
            modified: None,
            withdrawn: None,
            supersedes: None,
        }
        .into(),
        AdvisoryTaken {
            advisory: "CISA-KEV".into(),
            document: listed,
            origin: "test".into(),
            modified: None,
            withdrawn: None,
            supersedes: None,
        }
        .into(),
    ]
}

/// A site with a follower that is up with the log.
fn site() -> (Site, Arc<Populations>) {
    let mut site = Site::over(told().ledger);
    let populations = Populations::start(site.app.ledger.clone()).expect("a thread");
    let size = site.app.ledger.read().size;
    assert!(populations.wait_beyond(size - 1, Duration::from_secs(60)) >= size);
    site.app.populations = Some(populations.clone());
    site.router = server::pages::router(site.app.clone());
    site.sign_in();
    (site, populations)
}

#[tokio::test]
async fn pages_say_who_is_affected_and_link_what_they_count() {
    let (site, populations) = site();
    let list = site.get("/vulnerabilities").await;
    assert_eq!(list.status, 200);
    assert!(list.text.contains("href=\"/vulnerabilities/CVE-2026-1\""), "{}", list.text);
    assert!(list.text.contains("One is known to be exploited.") && list.text.contains("since 2026-01-15"));
    let narrowed = site.get("/vulnerabilities?show=exploited").await;
    assert!(narrowed.text.contains("of the 1 known to be exploited that concern"), "{}", narrowed.text);
    assert_eq!(site.get("/vulnerabilities?show=other").await.status, 400);
    assert!(
        list.text.contains("a &lt;b&gt;bold&lt;/b&gt; claim") || list.text.contains("a &#60;b&#62;bold"),
        "escaped"
    );
    let page = site.get("/vulnerabilities/CVE-2026-1").await;
    assert_eq!(page.status, 200, "{}", page.text);
    for text in [
        "2 devices are affected.",
        "For 1 more it cannot be determined",
        "pkg:generic/a@1.0",
        "SN-x1",
        "SN-x2",
        "known to be exploited",
        "2026-02-05: by then agencies of the United States must have acted. It is no deadline for the maker.",
    ] {
        assert!(page.text.contains(text), "{text} in {}", page.text);
    }
    assert!(!page.text.contains("SN-x3"));
    let open = site.get("/vulnerabilities/CVE-2026-1?list=undetermined").await;
    assert!(open.text.contains("SN-x3") && !open.text.contains("SN-x1"));
    assert!(open.text.contains("without a bill of materials"));
    let carried = site.get("/vulnerabilities/pkg:generic/a").await;
    assert!(carried.text.contains("2 devices carry it."), "{}", carried.text);
    let size = site.app.ledger.read().size;
    let past = site.get(&format!("/vulnerabilities/CVE-2026-1?known={}", size - 2)).await;
    assert_eq!(past.status, 404, "nobody knew of it");
    assert_eq!(site.get("/vulnerabilities/CVE-1").await.status, 404);
    assert_eq!(site.get("/vulnerabilities/CVE-2026-1?list=bad").await.status, 400);
    populations.stop();
}

async fn api(site: &Site, path: &str) -> (u16, String) {
    use tower::ServiceExt;
    let token = "a token of the test";
    let router = server::api::router(site.app.clone());
    let request = axum::http::Request::get(path).header("authorization", format!("Bearer {token}"));
    let response = router
        .oneshot(request.body(axum::body::Body::empty()).expect("a request"))
        .await
        .expect("infallible");
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.expect("read").to_bytes();
    (status, String::from_utf8(bytes.to_vec()).expect("text"))
}

#[tokio::test]
async fn the_api_counts_lists_and_streams_the_same_devices() {
    let mut f = told();
    crate::api_house::issue(&mut f, "a token of the test", &["read"], 86_400);
    let mut site = Site::over(f.ledger);
    assert_eq!(api(&site, "/api/v1/affected/CVE-2026-1").await.0, 503, "not followed");
    let populations = Populations::start(site.app.ledger.clone()).expect("a thread");
    let size = site.app.ledger.read().size;
    populations.wait_beyond(size - 1, Duration::from_secs(60));
    site.app.populations = Some(populations.clone());
    let (status, text) = api(&site, "/api/v1/affected/CVE-2026-1?prove=true").await;
    assert_eq!(status, 200, "{text}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&answer["count"], answer["devices"].as_array().map(Vec::len)), (&Value::from(2), Some(2)));
    assert_eq!(answer["verdicts"]["undetermined"], 1);
    assert_eq!(answer["fleet"], 3);
    assert_eq!(answer["releases"][0]["verdict"], "affected");
    assert_eq!(answer["releases"][0]["component"], "pkg:generic/a@1.0");
    assert!(answer["proof"]["entries"].as_array().is_some_and(|e| e.len() >= 2), "{answer}");
    assert!(answer["proof"]["says"].to_string().contains("by replay only"));
    // Pages of one, at the moments of the first.
    let (_, first) = api(&site, "/api/v1/affected/CVE-2026-1?limit=1").await;
    let first: Value = serde_json::from_str(&first).expect("JSON");
    let (at, size) = (first["at"].as_str().expect("a time"), &first["known"]["size"]);
    let next = first["next"].as_str().expect("another page");
    let (_, second) =
        api(&site, &format!("/api/v1/affected/CVE-2026-1?limit=1&at={at}&known={size}&after={next}")).await;
    let second: Value = serde_json::from_str(&second).expect("JSON");
    assert_eq!(second["next"], Value::Null);
    assert_ne!(first["devices"][0]["device"], second["devices"][0]["device"]);
    let (_, csv) = api(&site, "/api/v1/affected/CVE-2026-1?format=csv&list=all").await;
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(csv.contains("asset:x1,\"north, \"\"old\"\" wing\",declared,affected,,firmware 1,"), "{csv}");
    let (_, lines) = api(&site, "/api/v1/affected/CVE-2026-1?format=jsonl").await;
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["count"]), (3, &Value::from(2)));
    assert_eq!(lines[1]["site"], "north, \"old\" wing");
    let (_, all) = api(&site, "/api/v1/vulnerabilities").await;
    let all: Value = serde_json::from_str(&all).expect("JSON");
    assert_eq!(
        (&all["count"], &all["vulnerabilities"][0]["devices"]["affected"]),
        (&Value::from(1), &Value::from(2))
    );
    assert_eq!(all["vulnerabilities"][0]["exploited"]["cisa_due"], "2026-02-05");
    for (query, n) in [("exploited=true", 1), ("exploited=false", 0)] {
        let (_, some) = api(&site, &format!("/api/v1/vulnerabilities?{query}")).await;
        assert_eq!(serde_json::from_str::<Value>(&some).expect("JSON")["count"], n, "{query}");
    }
    let (_, trend) = api(&site, "/api/v1/trend/CVE-2026-1").await;
    let trend: Value = serde_json::from_str(&trend).expect("JSON");
    assert_eq!(
        trend["trend"].as_array().and_then(|t| t.last()).map(|p| &p["affected"]),
        Some(&Value::from(2))
    );
    for (path, status) in [
        ("/api/v1/affected/CVE-1", 404),
        ("/api/v1/affected/pkg:", 400),
        ("/api/v1/affected/CVE-2026-1?list=nothing", 400),
        ("/api/v1/affected/CVE-2026-1?limit=0", 400),
        ("/api/v1/affected/CVE-2026-1?after=asset:x1", 400),
        ("/api/v1/affected/CVE-2026-1?format=xml", 400),
        ("/api/v1/affected/CVE-2026-1?known=9999", 404),
    ] {
        assert_eq!(api(&site, path).await.0, status, "{path}");
    }
    populations.stop();
}
