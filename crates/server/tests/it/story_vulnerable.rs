//! The part of the whole story about vulnerabilities: bills of materials, advisories that hit and that do not, a person's decision,
//! and a second product whose patch reached every device.

use std::fs;

use evidence::SourceKind;
use evidence::facts::fleet::{Custody, DeviceDeclared, DeviceReported};
use evidence::facts::release::ReleaseMade;
use evidence::facts::vulnerability::{AdvisoryTaken, VexJustification, VexStatus, VulnerabilityDecided};
use evidence::types::{BlobRef, Interpreted};
use formats::{advisory, sbom as boms};
use ledger::Ledger;
use testkit::Author;

use super::{Told, moment};

/// The product beside the pumps.
const GATEWAY: &str = "WG-10";
const ITEM: &str = "gateway app";
/// The library of the gateway that an advisory is about.
const OKIO: &str = "pkg:maven/com.squareup.okio/okio-jvm";
/// Days on which something happens.
const ADVISED: u64 = 3;
const PATCHED: u64 = 6;
const INSTALLED: u64 = 9;
const DECIDED: u64 = 10;
/// An advisory that comes while somebody looks at a page.
const LATE: &str = r#"{"schema_version":"1.7.0","id":"CVE-2099-0001","modified":"2023-12-01T00:00:00Z",
"summary":"A made-up weakness of every OkHttp, for tests",
"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
"affected":[{"package":{"ecosystem":"Maven","name":"com.squareup.okhttp3:okhttp","purl":"pkg:maven/com.squareup.okhttp3/okhttp"},
"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}"#;

fn kept(ledger: &Ledger, raw: &[u8], parser: &str, version: u64, normalised: &[u8]) -> Interpreted {
    let blob = |bytes: &[u8]| {
        let digest = ledger.blobs().put(bytes).expect("kept");
        BlobRef { digest, length: bytes.len() as u64, media_type: "application/json".into() }
    };
    Interpreted {
        raw: blob(raw),
        parser: parser.into(),
        parser_version: version,
        normalised: blob(normalised),
    }
}

fn bom(ledger: &Ledger, bytes: &[u8]) -> Interpreted {
    let read =
        boms::read(std::io::Cursor::new(bytes), &boms::Limits::default()).expect("a bill of materials");
    kept(ledger, bytes, "cyclonedx", u64::from(boms::PARSER_VERSION), &boms::to_canonical(&read.sbom))
}

/// The bill of materials of a release of the example.
pub(super) fn sbom(t: &Told, name: &str) -> Interpreted {
    let path = super::example::root().join("sbom").join(format!("{name}.cdx.json"));
    bom(&t.f.ledger, &fs::read(path).expect("read"))
}

fn taken(ledger: &Ledger, bytes: &[u8]) -> AdvisoryTaken {
    let (head, contents) = advisory::read_with_head(bytes).expect("an advisory");
    let normalised = advisory::to_canonical(&contents).expect("a canonical form");
    AdvisoryTaken {
        advisory: head.id,
        document: kept(ledger, bytes, "osv", u64::from(advisory::PARSER_VERSION), &normalised),
        origin: "the story".into(),
        modified: None,
        withdrawn: None,
        supersedes: None,
    }
}

/// Who takes in advisories by schedule.
pub(crate) fn feed() -> Author {
    Author::new(SourceKind::Service, 60)
}

/// States one more advisory, once: for the fixture, while somebody looks at a page.
pub(crate) fn one_more(ledger: &Ledger) {
    let fact = taken(ledger, LATE.as_bytes());
    let outcome = ledger.submit(vec![feed().state(fact)]).pop().expect("an outcome");
    outcome.expect("accepted");
}

/// A bill of materials with the libraries that advisories here are about.
pub(crate) fn libraries(ledger: &Ledger, version: &str, okio: &str) -> Interpreted {
    let text = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{{"component":{{"type":"application","name":"gateway app","version":"{version}"}}}},
"components":[{{"type":"library","name":"okio-jvm","version":"{okio}","purl":"{OKIO}@{okio}"}},
{{"type":"library","name":"okhttp","version":"4.12.0","purl":"pkg:maven/com.squareup.okhttp3/okhttp@4.12.0"}}]}}"#
    );
    bom(ledger, text.as_bytes())
}

fn gateway(t: &mut Told, ci: &mut Author, version: &str, okio: &str) {
    let sbom = libraries(&t.f.ledger, version, okio);
    let made = ReleaseMade {
        product: GATEWAY.into(),
        item: ITEM.into(),
        line: "1.x".into(),
        version: version.into(),
        baseline: None,
        commit: None,
        artefacts: Vec::new(),
        sboms: vec![sbom],
        measurements: Vec::new(),
        verified: Vec::new(),
        anomalies: Vec::new(),
        signatures: Vec::new(),
    };
    t.say(ci, made);
}

/// What happens on a day of the story.
pub(super) fn day(t: &mut Told, quality: &mut Author, ci: &mut Author, day: u64) {
    match day {
        1 => {
            gateway(t, ci, "1.6.1", "3.2.0");
            for n in 0..3u64 {
                let declared = DeviceDeclared {
                    asset: format!("WG-{n:04}"),
                    udi: None,
                    serial: Some(format!("WG10-{n:05}")),
                    model: Some(GATEWAY.into()),
                    software: vec![format!("{ITEM} 1.6.1")],
                    site: Some("site-14".into()),
                    owner: None,
                    custody: Some(Custody::InUse),
                    since: None,
                    import: None,
                };
                t.say(quality, declared);
            }
        }
        ADVISED => {
            let folder = super::example::root().join("advisories");
            let mut files: Vec<_> =
                fs::read_dir(folder).expect("advisories").map(|file| file.expect("a file").path()).collect();
            files.retain(|file| file.extension().is_some_and(|e| e == "json"));
            files.sort();
            for file in files {
                let fact = taken(&t.f.ledger, &fs::read(file).expect("read"));
                t.say(quality, fact);
            }
        }
        PATCHED => gateway(t, ci, "1.6.2", "3.9.0"),
        INSTALLED => {
            for n in 0..3u64 {
                let reported = DeviceReported {
                    device: None,
                    asset: Some(format!("WG-{n:04}")),
                    software: vec![format!("{ITEM} 1.6.2")],
                    reported_at: Some(moment(t.clock)),
                };
                t.say(quality, reported);
            }
        }
        DECIDED => {
            let decided = VulnerabilityDecided {
                vulnerability: "CVE-2020-22283".into(),
                component: "pkg:generic/lwip".into(),
                status: VexStatus::NotAffected,
                justification: Some(VexJustification::CodeNotPresent),
                statement: "The stack is built without IPv6, so the function is not in the image.".into(),
                releases: Vec::new(),
                action: None,
                risks: vec!["RISK-015".into()],
                supersedes: None,
            };
            t.say(quality, decided);
        }
        _ => {}
    }
}
