//! What documents say survives being stored: every advisory and statement of the shared sets, and hostile bytes.

use formats::advisory::{Contents, from_canonical, read, to_canonical};

use crate::data;

/// Reads back what was written and finds the same in it, down to what each range contains.
fn round(contents: &Contents, name: &str) -> usize {
    let bytes = to_canonical(contents).unwrap();
    let back = from_canonical(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(*contents, back, "{name}");
    bytes.len()
}

#[test]
fn every_readable_document_of_the_sets_comes_back() {
    let mut done = 0;
    for (set, ending) in [
        ("vuln/rustsec-osv", ".json"),
        ("vuln/oss-fuzz-osv", ".yaml"),
        ("vuln/openssl-cve5", ".json"),
        ("vuln/cisa-csaf-medical", ".json"),
        ("vuln/osv-schema", ".json"),
        ("vuln/csaf-conformance", ".json"),
        ("sbom/cyclonedx-bom-examples", ".json"),
    ] {
        let Some(folder) = data::folder(set) else { return };
        let mut here = 0;
        for path in data::files(&folder, ending) {
            let Ok(contents) = read(&std::fs::read(&path).unwrap()) else { continue };
            round(&contents, &path.display().to_string());
            here += 1;
        }
        println!("{set}: {here} documents come back");
        assert!(here > 10, "{set}: {here}");
        done += here;
    }
    assert!(done > 2_300, "{done}");
}

#[test]
fn an_empty_range_keeps_its_scheme() {
    let text = r#"{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"x"},
        "ranges":[{"type":"SEMVER","events":[{"introduced":"2.0.0"},{"fixed":"2.0.0"}]}]}]}"#;
    let contents = read(text.as_bytes()).unwrap();
    round(&contents, "an interval that ends where it begins");
    assert!(String::from_utf8(to_canonical(&contents).unwrap()).unwrap().contains(r#""range":"npm/""#));
}

#[test]
fn other_bytes_are_refused() {
    let text = r#"{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"x"},
        "versions":["1.0.0"]}],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}"#;
    let bytes = to_canonical(&read(text.as_bytes()).unwrap()).unwrap();
    let good = String::from_utf8(bytes).unwrap();
    assert!(good.contains(r#""score":"9.8""#), "{good}");
    for (from, to) in [
        (r#""version":1}"#, r#""version":2}"#),
        (r#""version":1}"#, r#""version":1} "#),
        (r#""version":1}"#, r#""version":1,"more":0}"#),
        (r#""score":"9.8""#, r#""score":"9.80""#),
        (r#""scheme":"npm""#, r#""scheme":"NPM""#),
        (r#""format":"osv""#, r#""format": "osv""#),
    ] {
        assert!(good.contains(from), "{from} in {good}");
        assert!(from_canonical(good.replace(from, to).as_bytes()).is_err(), "{from} as {to}");
    }
    for len in 0..good.len() {
        assert!(from_canonical(&good.as_bytes()[..len]).is_err(), "{len} bytes of it");
    }
    let deep = format!("{}{}", good.replace(r#""format""#, "["), "[".repeat(100_000));
    assert!(from_canonical(deep.as_bytes()).is_err());
}
