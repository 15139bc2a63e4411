//! Advisories through the real binary: ten thousand with fifty broken, repeated, changed, withdrawn, checked, fetched; decisions.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::kit::{House, err, text};
use crate::release::house;

const SIGNED: [&str; 4] = ["--key", "recovery", "--passphrase-file", "pass"];

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/infusion-pump").join(name)
}

pub(crate) fn osv(id: &str, modified: &str) -> Value {
    json!({
        "schema_version": "1.7.0", "id": id, "modified": modified,
        "affected": [{
            "package": { "ecosystem": "crates.io", "name": id.to_lowercase() },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.2.3" }] }],
        }],
    })
}

/// Runs `advisories add` with JSON and demands a status.
fn add(house: &House, status: i32, arguments: &[&str]) -> Value {
    let all = [&["advisories", "add"][..], arguments, &SIGNED, &["--format", "json"]].concat();
    let out = house.run(&all);
    assert_eq!(out.status.code(), Some(status), "{}\n{}", text(&out), err(&out));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn size(house: &House) -> u64 {
    house.json(&["log", "show", "--limit", "1"])["known"]["size"].as_u64().expect("a size")
}

/// A tar archive (POSIX ustar).
pub(crate) fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let mut block = vec![0u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
        block[148..156].copy_from_slice(b"        ");
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(block);
        out.extend(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1_024, 0);
    out
}

/// How the document with this number is broken, if it is: one in two hundred, in five ways.
fn broken(n: usize) -> Option<(Vec<u8>, &'static str)> {
    let whole = osv(&format!("TEST-{n:05}"), "2026-01-01T00:00:00Z").to_string();
    let ways: [(Vec<u8>, &str); 5] = [
        (whole.as_bytes()[..whole.len() / 2].to_vec(), "not well-formed JSON, line 1"),
        (whole.replace("2026-01-01T00:00:00Z", "yesterday").into_bytes(), "/modified"),
        (whole.replace("\"events\":[", "\"events\":7,\"x\":[").into_bytes(), "/affected/0/ranges/0/events"),
        ([b"\xff\xfe".as_slice(), b"x"].concat(), "not UTF-8"),
        (format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)).into_bytes(), "nested deeper"),
    ];
    (n % 200 == 7).then(|| ways[n / 200 % ways.len()].clone())
}

#[test]
fn ten_thousand_with_fifty_broken() {
    let house = house();
    let documents: Vec<(String, Vec<u8>)> = (0..10_000)
        .map(|n| {
            let good = || osv(&format!("TEST-{n:05}"), "2026-01-01T00:00:00Z").to_string().into_bytes();
            (format!("all/TEST-{n:05}.json"), broken(n).map_or_else(good, |(bytes, _)| bytes))
        })
        .collect();
    std::fs::write(house.path("all.tar"), tar(&documents)).expect("written");
    let before = size(&house);
    let added = add(&house, 1, &["all.tar"]);
    assert_eq!(
        (&added["new"], &added["changed"], &added["unchanged"]),
        (&9_950.into(), &0.into(), &0.into())
    );
    let refused = added["refused"].as_array().expect("a list");
    assert_eq!(refused.len(), 50);
    for (one, n) in refused.iter().zip((7..10_000).step_by(200)) {
        let (_, reason) = broken(n).expect("a broken one");
        assert_eq!(one["place"], format!("all.tar/all/TEST-{n:05}.json").as_str());
        assert!(one["reason"].as_str().is_some_and(|r| r.contains(reason)), "{one} {reason}");
    }
    let after = size(&house);
    let stated = added["entries"]["last"].as_u64().expect("an index")
        - added["entries"]["first"].as_u64().expect("an index");
    assert!(stated >= 9_949 && after > before + 9_949);
    assert_eq!(house.json(&["advisories", "list"])["count"], 9_950);
    // The same again states nothing and keeps nothing.
    let again = add(&house, 1, &["all.tar"]);
    assert_eq!((&again["new"], &again["unchanged"]), (&0.into(), &9_950.into()));
    assert_eq!(house.json(&["advisories", "list"])["count"], 9_950);
    assert!(again["entries"].is_null());
}

#[test]
fn what_changes_is_followed_and_what_is_older_is_left() {
    let house = house();
    let folder = example("advisories");
    let folder = folder.to_str().expect("text");
    let added = add(&house, 0, &[folder]);
    let documents = std::fs::read_dir(folder).expect("readable").count() - 1;
    assert_eq!((&added["new"], &added["passed_over"]), (&documents.into(), &1.into()), "{added}");
    let write =
        |name: &str, value: &Value| std::fs::write(house.path(name), value.to_string()).expect("written");
    let mut state = osv("TEST-1", "2026-02-01T00:00:00Z");
    write("one.json", &state);
    add(&house, 0, &["one.json"]);
    state["modified"] = "2026-01-01T00:00:00Z".into();
    write("older.json", &state);
    let older = add(&house, 0, &["older.json"]);
    assert_eq!((&older["new"], older["left"].as_array().map(Vec::len)), (&0.into(), Some(1)), "{older}");
    state["modified"] = "2026-03-01T00:00:00Z".into();
    state["withdrawn"] = "2026-03-01T00:00:00Z".into();
    write("newer.json", &state);
    // Both states at once: the later one is taken, the other named.
    let newer = add(&house, 0, &["older.json", "newer.json", "newer.json"]);
    assert_eq!((&newer["changed"], &newer["withdrawn"], &newer["new"]), (&1.into(), &1.into(), &0.into()));
    assert_eq!(newer["left"].as_array().map(Vec::len), Some(2), "{newer}");
    let first = newer["entries"]["first"].as_u64().expect("an index");
    let entry = house.json(&["log", "show", &first.to_string()]);
    assert!(entry["body"]["content"]["supersedes"]["index"].as_u64().is_some_and(|i| i < first), "{entry}");
    let list = house.json(&["advisories", "list", "--withdrawn"]);
    assert_eq!((&list["count"], &list["advisories"][0]["advisory"]), (&1.into(), &"TEST-1".into()));
    let then = house.json(&["advisories", "list", "--known", &first.to_string()]);
    let then = then["advisories"].as_array().expect("a list").iter().find(|a| a["advisory"] == "TEST-1");
    assert_eq!(then.expect("there")["withdrawn"], Value::Null, "it was not known then");
    // The same identifier in another format is another document, and replaces nothing.
    let cve = json!({
        "dataType": "CVE_RECORD", "dataVersion": "5.1",
        "cveMetadata": { "cveId": "CVE-2024-45158", "assignerOrgId": "00000000-0000-4000-8000-000000000000", "state": "PUBLISHED" },
        "containers": { "cna": { "providerMetadata": { "orgId": "00000000-0000-4000-8000-000000000000" },
            "descriptions": [{ "lang": "en", "value": "x" }],
            "affected": [{ "vendor": "arm", "product": "mbed tls", "versions": [{ "version": "3.6.0", "status": "affected" }] }],
            "references": [{ "url": "https://example.org" }] } },
    });
    write("cve.json", &cve);
    assert_eq!(add(&house, 0, &["cve.json"])["new"], 1);
    let shown = house.json(&["advisories", "show", "CVE-2024-45158"]);
    assert_eq!(shown["advisories"].as_array().map(Vec::len), Some(2), "{shown}");
    let text = house.ends(0, &["advisories", "show", "CVE-2024-45158"]);
    assert!(text.contains(">=3.6.0|<3.6.1"), "{text}");
    house.ends(2, &["advisories", "show", "CVE-1999-0001"]);
}

#[test]
fn digests_are_checked_and_documents_of_other_kinds_are_told_apart() {
    let house = house();
    let bytes = osv("TEST-1", "2026-02-01T00:00:00Z").to_string();
    let digest = tlog::Hash::of(bytes.as_bytes()).to_string();
    let write = |name: &str, text: &str| std::fs::write(house.path(name), text).expect("written");
    std::fs::create_dir(house.path("set")).expect("made");
    write("set/good.json", &bytes);
    write("set/good.json.sha256", &format!("{digest}  good.json\n"));
    write("set/bad.json", &bytes.replace("TEST-1", "TEST-2"));
    write("set/bad.json.sha256", &digest);
    write("set/none.json", &bytes.replace("TEST-1", "TEST-3"));
    write("set/none.json.sha512", "not found");
    write("set/vex.json", &json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://maker.example/1", "author": "Supplier",
        "timestamp": "2026-01-01T00:00:00Z", "version": 1,
        "statements": [{ "vulnerability": { "name": "CVE-2026-1" }, "status": "fixed", "products": [{ "@id": "pkg:cargo/a@1" }] }],
    }).to_string());
    let listed = |cve: &str| {
        json!({
            "cveID": cve, "vendorProject": "OpenSSL", "product": "OpenSSL", "vulnerabilityName": "n",
            "dateAdded": "2026-01-01", "shortDescription": "s", "requiredAction": "a", "dueDate": "2026-02-01",
            "knownRansomwareCampaignUse": "Known", "notes": "", "cwes": [],
        })
    };
    write(
        "set/kev.json",
        &json!({
            "catalogVersion": "2026.01.01", "dateReleased": "2026-01-01T12:00:00.5Z", "count": 2,
            "vulnerabilities": [listed("CVE-2022-0778"), listed("CVE-2025-27809")],
        })
        .to_string(),
    );
    std::fs::copy(example("sbom/app-1.6.2.cdx.json"), house.path("set/sbom.json")).expect("copied");
    let added = add(&house, 1, &["set"]);
    assert_eq!((&added["new"], &added["vex"]), (&3.into(), &1.into()), "{added}");
    let reasons: Vec<&str> =
        added["refused"].as_array().expect("a list").iter().filter_map(|r| r["reason"].as_str()).collect();
    assert_eq!(reasons.len(), 3);
    for (reason, part) in reasons.iter().zip([
        "the published digest is",
        "is not a SHA-256",
        "a bill of materials belongs to a release",
    ]) {
        assert!(reason.contains(part), "{reason}");
    }
    assert_eq!(house.json(&["advisories", "list", "--vex"])["vex"][0]["vex"]["author"], "Supplier");
    assert_eq!(
        house.json(&["advisories", "list", "--of", "kev"])["advisories"][0]["modified"],
        "2026-01-01T12:00:00Z"
    );
    add(&house, 0, &[example("advisories/CVE-2022-0778.json").to_str().expect("text")]);
    assert_eq!(house.json(&["advisories", "show", "CVE-2022-0778"])["exploited"]["ransomware"], true);
    // It is used: first on the list where it matters, to narrow it, and in the metrics.
    for (item, bom) in
        [("firmware", "sbom/firmware-2.1.0.cdx.json"), ("service", "sbom/cloud-3.4.0.cdx.json")]
    {
        let made = ["release", "make", "1", "--item", item, "--product", "pump", "--line", "main", "--sbom"];
        house.ends(0, &[&made[..], &[example(bom).to_str().expect("text")], &SIGNED].concat());
    }
    add(&house, 0, &[example("advisories").to_str().expect("text")]);
    let all = house.json(&["vulnerabilities", "list"]);
    let some = house.json(&["vulnerabilities", "list", "--exploited"]);
    assert!(all["count"].as_u64() > some["count"].as_u64(), "{all}");
    let at =
        |list: &Value, n: usize| list["vulnerabilities"][n]["id"].as_str().unwrap_or_default().to_owned();
    assert_eq!(some["count"], 2, "{some}");
    assert_eq!((at(&some, 0), at(&all, 0)), ("CVE-2025-27809".to_owned(), "CVE-2025-27809".to_owned()));
    assert_eq!(some["vulnerabilities"][0]["exploited"]["cisa_due"], "2026-02-01");
    assert_eq!(some["vulnerabilities"][1]["verdict"], "fixed", "what is fixed presses nobody");
    assert!(at(&all, 1) != "CVE-2022-0778", "{all}");
    let metrics = house.json(&["vulnerabilities", "metrics"]);
    let product = &metrics["products"][0];
    assert_eq!(product["known_exploited"]["identified"], 1, "{product}");
    assert!(product["identified"].as_u64() > Some(1), "{product}");
    assert!(house.ends(0, &["vulnerabilities", "metrics"]).contains("known exploited"));
}

#[test]
fn the_medical_advisories_of_cisa_go_in_with_their_digests() {
    let root = std::env::var_os("VOUCHSAFE_TESTDATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let folder = root.join("vuln/cisa-csaf-medical");
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "test data is missing: {}", folder.display());
        println!("SKIPPED: test data is missing: {}", folder.display());
        return;
    }
    let house = house();
    let folder = folder.to_str().expect("text");
    let added = add(&house, 0, &[folder]);
    assert_eq!((&added["new"], added["refused"].as_array().map(Vec::len)), (&144.into(), Some(0)));
    assert_eq!(add(&house, 0, &[folder])["unchanged"], 144);
}

/// Serves one answer after another on a port of its own.
fn serve(answers: Vec<(&'static str, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).expect("a request");
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(&[head.as_bytes(), &body].concat()).expect("written");
        }
    });
    format!("http://{address}/all.tar")
}

#[test]
fn feeds_are_asked_and_their_silence_is_stated() {
    let house = house();
    let archive = |ids: &[&str]| {
        let file =
            |id: &&str| (format!("{id}.json"), osv(id, "2026-01-01T00:00:00Z").to_string().into_bytes());
        tar(&ids.iter().map(file).collect::<Vec<_>>())
    };
    let url = serve(vec![
        ("200 OK", archive(&["A-1", "A-2"])),
        ("200 OK", archive(&["A-1", "A-2", "A-3"])),
        ("503 Service Unavailable", Vec::new()),
    ]);
    assert_eq!(add(&house, 0, &["--url", &url, "--feed", "test"])["new"], 2);
    let watch = |status| {
        let named = format!("test={url}");
        let all = [&["advisories", "watch", "--url", &named, "--rounds", "1"][..], &SIGNED].concat();
        house.ends(status, &all)
    };
    assert!(watch(0).contains("Took in 1 document"));
    watch(1);
    let feeds = house.json(&["advisories", "feeds"]);
    let feed = &feeds["feeds"][0];
    assert_eq!(
        (&feed["feed"], &feed["changed"], &feed["stale_since"]),
        (&"test".into(), &0.into(), &Value::Null)
    );
    let (asked, answered) =
        (feed["asked"].as_str().expect("a time"), feed["answered"].as_str().expect("a time"));
    assert!(answered <= asked, "{feed}");
    // Silent for too long, seen from later: a finding.
    let later = house.run(&["advisories", "feeds", "--at", "2099-01-01T00:00:00Z", "--format", "json"]);
    assert_eq!(later.status.code(), Some(1));
    assert!(text(&later).contains("\"stale_since\": \"20"), "{}", text(&later));
    house.ends(2, &[&["advisories", "add", "--url", "file:///etc/passwd"][..], &SIGNED].concat());
}

#[test]
fn decisions_replace_each_other_where_they_meet() {
    let house = house();
    for version in ["1.0", "2.0"] {
        let made = ["release", "make", version, "--item", "firmware", "--product", "pump", "--line", "main"];
        house.ends(0, &[&made[..], &SIGNED].concat());
    }
    let decide = |status: i32, more: &[&str]| {
        let base = ["decide", "CVE-2026-1", "--component", "pkg:GENERIC/zlib@1.2.11"];
        let out = house.run(&[&base[..], more, &SIGNED, &["--format", "json"]].concat());
        assert_eq!(out.status.code(), Some(status), "{more:?}\n{}\n{}", text(&out), err(&out));
        serde_json::from_slice::<Value>(&out.stdout).unwrap_or_default()
    };
    let why = ["--statement", "MiniZip is not built"];
    let not = ["--status", "not_affected", "--justification", "vulnerable_code_not_present"];
    decide(2, &[&["--status", "not_affected"][..], &why].concat());
    decide(2, &[&["--status", "affected"][..], &why].concat());
    decide(2, &[&not[..], &["--statement", " "]].concat());
    decide(2, &[&["--status", "fixed", "--justification", "component_not_present"][..], &why].concat());
    decide(2, &[&not[..], &why, &["--release", "firmware@3.0"]].concat());
    let at = |value: &Value| value["index"].as_u64().expect("an index");
    let supersedes = |index: u64| {
        house.json(&["log", "show", &index.to_string()])["body"]["content"]["supersedes"]["index"].as_u64()
    };
    let risk = ["--risk", "SEC-001"];
    let first = at(&decide(0, &[&not[..], &why, &["--release", "firmware@1.0"], &risk].concat()));
    let shown = house.json(&["log", "show", &first.to_string()]);
    assert_eq!(shown["body"]["content"]["component"], "pkg:generic/zlib@1.2.11");
    assert_eq!(decide(0, &[&not[..], &why, &["--release", "firmware@1.0"], &risk].concat())["index"], first);
    let affected = ["--status", "affected", "--action", "update"];
    let second = at(&decide(0, &[&affected[..], &why, &["--release", "firmware@2.0"]].concat()));
    assert_eq!(supersedes(second), None, "another release");
    let third = at(&decide(0, &[&affected[..], &why, &["--release", "firmware@1.0"]].concat()));
    assert_eq!(supersedes(third), Some(first));
    let all = at(&decide(0, &[&["--status", "fixed"][..], &why].concat()));
    assert_eq!(supersedes(all), Some(third));
}
