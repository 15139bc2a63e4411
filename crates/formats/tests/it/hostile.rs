//! Hostile and broken input: refused with place and reason, in bounded memory, nothing by half.

use std::fmt::Write as _;
use std::io::Cursor;

use formats::sbom::{Encoding, Error, Limits, Problem, read};

fn refusal(text: impl AsRef<[u8]>) -> Error {
    read(Cursor::new(text.as_ref()), &Limits::default()).expect_err("a refusal")
}

const HEAD: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":["#;

#[test]
fn broken_documents_name_the_place() {
    let text = format!("{HEAD}\n{{\"type\":\"library\",\n \"name\": oops}}]}}");
    let Error::Malformed { place, .. } = refusal(text) else { panic!() };
    assert_eq!((place.line, place.path.as_str()), (3, "/components/0/name"));
    for text in [
        "",
        " \n",
        "{",
        "[1]",
        "\"text\"",
        "null",
        "<html/>",
        "{\"bomFormat\":\"CycloneDX\"}",
        "{\"spdxVersion\":\"SPDX-2.1\"}",
        "{\"@context\":\"https://spdx.org/rdf/3.0.1/spdx-context.jsonld\",\"@graph\":[]}",
        "SPDXVersion: SPDX-9.9",
        "just words",
    ] {
        assert!(matches!(
            refusal(text),
            Error::Unsupported { .. } | Error::Malformed { .. } | Error::Invalid { .. }
        ));
    }
    let truncated = format!("{HEAD}{{\"type\":\"library\",\"name\":\"a\"}}");
    assert!(matches!(refusal(truncated), Error::Malformed { .. }));
    let twice = format!("{HEAD}{{\"type\":\"library\",\"name\":\"a\",\"name\":\"b\"}}]}}");
    assert!(matches!(refusal(twice), Error::Invalid { problem: Problem::RepeatedField { .. }, .. }));
    let unknown = format!("{HEAD}{{\"type\":\"library\",\"name\":\"a\",\"surprise\":1}}]}}");
    assert!(matches!(refusal(unknown), Error::Invalid { problem: Problem::UnknownField { .. }, .. }));
}

#[test]
fn format_is_found_by_content_and_in_any_order() {
    let late =
        r#"{"components":[{"name":"a","type":"library"}],"specVersion":"1.5","bomFormat":"CycloneDX"}"#;
    let document = read(Cursor::new(late), &Limits::default()).unwrap();
    assert_eq!((document.encoding, document.sbom.components.len()), (Encoding::Json, 1));
    // Links may stand before the reference they are of.
    let links =
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","dependencies":[{"dependsOn":["b"],"ref":"a"}]}"#;
    assert_eq!(read(Cursor::new(links), &Limits::default()).unwrap().sbom.relationships.len(), 1);
}

#[test]
fn nesting_is_bounded() {
    let mut text = HEAD.to_owned();
    for _ in 0..150 {
        text.push_str(r#"{"type":"library","name":"n","components":["#);
    }
    assert!(matches!(refusal(&text), Error::TooLarge { what: "levels of nesting", .. }));
    let mut xml = String::from(r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>"#);
    for _ in 0..150 {
        xml.push_str(r#"<component type="library"><name>n</name><components>"#);
    }
    assert!(matches!(refusal(&xml), Error::TooLarge { what: "levels of nesting", .. }));
    // What is skipped is bounded as well.
    let skipped =
        format!("{}{}", r#"{"bomFormat":"CycloneDX","specVersion":"1.6","formulation":"#, "[".repeat(300));
    assert!(matches!(refusal(&skipped), Error::TooLarge { what: "levels of nesting", .. }));
    let yaml = format!("spdxVersion: SPDX-2.3\nx: {}", "[".repeat(300));
    assert!(matches!(refusal(&yaml), Error::TooLarge { .. } | Error::Malformed { .. }));
}

#[test]
fn counts_and_sizes_are_bounded() {
    let mut limits = Limits::default();
    limits.components = 10;
    let mut text = HEAD.to_owned();
    for i in 0..11 {
        let _ = write!(text, r#"{}{{"type":"library","name":"n"}}"#, if i > 0 { "," } else { "" });
    }
    text.push_str("]}");
    let error = read(Cursor::new(&text), &limits).unwrap_err();
    assert!(matches!(error, Error::TooLarge { what: "components", max: 10, .. }), "{error}");
    limits = Limits::default();
    limits.bytes = 100;
    assert!(matches!(
        read(Cursor::new(&text), &limits),
        Err(Error::TooLarge { what: "bytes", max: 100, .. })
    ));
    limits = Limits::default();
    limits.text = 10;
    let long = format!(r#"{HEAD}{{"type":"library","name":"{}"}}]}}"#, "x".repeat(11));
    assert!(matches!(read(Cursor::new(&long), &limits), Err(Error::TooLarge { max: 10, .. })));
    limits = Limits::default();
    limits.relationships = 3;
    let links = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","dependencies":[{"dependsOn":["b","c","d","e"],"ref":"a"}]}"#;
    assert!(matches!(read(Cursor::new(links), &limits), Err(Error::TooLarge { what: "relationships", .. })));
}

#[test]
fn no_entity_is_expanded() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE bom [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components><component type="library"><name>&b;</name></component>
</components></bom>"#;
    let Error::Malformed { reason, place } = refusal(bomb) else { panic!() };
    assert!(reason.contains("&b;") && place.path == "/components/0/name", "{reason} {place}");
}

#[test]
fn yaml_aliases_are_refused() {
    let bomb = "spdxVersion: SPDX-2.3\na: &a [x, x]\nb: [*a, *a]\n";
    assert!(matches!(refusal(bomb), Error::Malformed { .. }));
}

proptest::proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = read(Cursor::new(&bytes), &Limits::default());
    }

    #[test]
    fn no_mutation_panics(at in 0usize..400, byte in proptest::num::u8::ANY, kind in 0usize..3) {
        let texts: [&str; 3] = [
            r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{"timestamp":"2020-01-01T00:00:00Z","component":{"type":"device","name":"d"}},"components":[{"type":"library","bom-ref":"a","name":"a","version":"1","licenses":[{"expression":"MIT"}],"components":[{"type":"file","name":"f"}]}],"dependencies":[{"ref":"a","dependsOn":[]}]}"#,
            r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"><components><component type="library" bom-ref="a"><name>a&amp;</name><hashes><hash alg="MD5">3942447fac867ae5cdb3229b658f4d48</hash></hashes></component></components><dependencies><dependency ref="a"><dependency ref="b"/></dependency></dependencies></bom>"#,
            "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: d\nDocumentNamespace: urn:d\nCreator: Tool: t\nCreated: 2020-01-01T00:00:00Z\nPackageName: p\nSPDXID: SPDXRef-p\nPackageChecksum: MD5: 00\nRelationship: SPDXRef-p DEPENDS_ON NONE\nPackageComment: <text>a\nb</text>\n",
        ];
        let mut bytes = texts[kind].as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = read(Cursor::new(&bytes), &Limits::default());
        bytes.truncate(at);
        let _ = read(Cursor::new(&bytes), &Limits::default());
    }
}
