//! How fast a bill of materials is read: from bytes to the normalised form. Not here: keeping it.

use std::fmt::Write;
use std::io::Cursor;

use formats::sbom::{Limits, read, to_canonical};

use crate::table::{Row, Table, count, median};
use crate::{Settings, machine};

/// A document of about `bytes` bytes, as build tools write it: purl, hash, licence, supplier, a link, one dependency.
fn document(bytes: usize) -> (Vec<u8>, usize) {
    let mut text = String::from(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"timestamp":"2026-01-01T00:00:00Z"},"components":["#,
    );
    let mut dependencies = String::new();
    let mut n = 0;
    while text.len() + dependencies.len() < bytes {
        let comma = if n > 0 { "," } else { "" };
        let hash = format!("{n:064x}");
        let _ = write!(
            text,
            r#"{comma}{{"type":"library","bom-ref":"pkg:npm/%40scope/package-{n}@1.{n}.0","supplier":{{"name":"Supplier {}"}},"name":"package-{n}","group":"@scope","version":"1.{n}.0","hashes":[{{"alg":"SHA-256","content":"{hash}"}}],"licenses":[{{"license":{{"id":"MIT"}}}}],"purl":"pkg:npm/%40scope/package-{n}@1.{n}.0","externalReferences":[{{"type":"vcs","url":"https://example.org/package-{n}.git"}}],"properties":[{{"name":"support-level","value":"actively maintained"}}]}}"#,
            n % 97
        );
        let _ = write!(
            dependencies,
            r#"{comma}{{"ref":"pkg:npm/%40scope/package-{n}@1.{n}.0","dependsOn":["pkg:npm/%40scope/package-{}@1.{}.0"]}}"#,
            n / 2,
            n / 2
        );
        n += 1;
    }
    let _ = write!(text, r#"],"dependencies":[{dependencies}]}}"#);
    (text.into_bytes(), n)
}

pub(crate) fn measure(settings: &Settings, table: &mut Table) {
    let (bytes, components) = document(if settings.quick { 16 << 20 } else { 64 << 20 });
    let megabytes = bytes.len() as f64 / 1e6;
    let floor = |_| {
        let start = machine::own_processor();
        let _: serde::de::IgnoredAny = serde_json::from_slice(&bytes).unwrap();
        megabytes / (machine::own_processor() - start)
    };
    let floor = median((0..settings.runs).map(floor).collect());
    let run = |_| {
        let start = machine::own_processor();
        let document = read(Cursor::new(&bytes), &Limits::default()).unwrap();
        assert_eq!(document.sbom.components.len(), components);
        let canonical = to_canonical(&document.sbom);
        assert!(!canonical.is_empty());
        megabytes / (machine::own_processor() - start)
    };
    let ingest = median((0..settings.runs).map(run).collect());
    table.add(Row {
        what: format!("SBOM ingest, {} components", count(components as f64)),
        measured: format!("{} MB/s", count(ingest)),
        floor: format!("{} MB/s to skip it as JSON", count(floor)),
        ratio: format!("{:.2}", ingest / floor),
        mark: "-".into(),
        holds: None,
    });
}
