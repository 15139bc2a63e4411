//! Bad input, and what stands in records of embedded software.

use super::*;
use crate::version::Scheme;

fn cve(affected: &str) -> Result<Contents, Error> {
    let text = format!(
        r#"{{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{{"cveId":"CVE-2018-16522","state":"PUBLISHED"}},
        "containers":{{"cna":{{"affected":[{affected}]}}}}}}"#
    );
    read(text.as_bytes())
}

fn rules(affected: &str) -> Vec<Rule> {
    cve(affected).unwrap().advisories.swap_remove(0).affected.swap_remove(0).rules
}

fn ranges(affected: &str) -> Vec<(Status, String)> {
    let show = |rule: &Rule| match &rule.extent {
        Extent::Range(vers) => (rule.status, vers.to_string()),
        Extent::Unreadable { reason, .. } => (rule.status, format!("unreadable: {reason}")),
        other => (rule.status, format!("{other:?}")),
    };
    rules(affected).iter().map(show).collect()
}

#[test]
fn a_record_of_nothing_but_n_a_is_kept_open() {
    let record = r#"{"vendor":"n/a","product":"n/a","versions":[{"version":"n/a","status":"affected"}]}"#;
    let advisory = cve(record).unwrap().advisories.swap_remove(0);
    let affected = &advisory.affected[0];
    assert_eq!(affected.coordinates, Coordinates::default());
    assert!(affected.coordinates.usable().is_err());
    assert!(matches!(affected.rules[0].extent, Extent::Unreadable { .. }));
    assert_eq!(affected.default, Status::Unknown);
    assert_eq!(advisory.findings.len(), 2, "{:?}", advisory.findings);
    assert_eq!(advisory.findings[0].place, "/containers/cna/affected/0");
}

#[test]
fn ranges_inside_a_version_string_are_read() {
    let with =
        |version: &str| ranges(&format!(r#"{{"vendor":"Acme","product":"Stack","versions":[{version}]}}"#));
    let range = |text: &str| vec![(Status::Affected, text.to_owned())];
    assert_eq!(
        with(r#"{"version":">= 1.2, <= 1.4","status":"affected"}"#),
        range("vers:generic/>=1.2|<=1.4")
    );
    assert_eq!(with(r#"{"version":"< V2.3","status":"affected"}"#), range("vers:generic/<V2.3"));
    assert_eq!(with(r#"{"version":"0","lessThan":"2.0","status":"affected"}"#), range("vers:generic/<2.0"));
    assert_eq!(with(r#"{"version":"1.0","lessThan":"*","status":"affected"}"#), range("vers:generic/>=1.0"));
    assert_eq!(with(r#"{"version":"*","status":"affected"}"#), range("vers:generic/*"));
    for unreadable in [
        r#"{"version":"1.0","lessThan":"< 2.0","status":"affected"}"#,
        r#"{"version":"1.0","lessThan":"unspecified","status":"affected"}"#,
        r#"{"version":"1.0","lessThan":"2.0","versionType":"composer","status":"affected"}"#,
        r#"{"version":"multiple versions","status":"affected"}"#,
    ] {
        assert!(with(unreadable)[0].1.starts_with("unreadable: "), "{unreadable}");
    }
}

#[test]
fn changes_within_a_range_split_it() {
    let record = r#"{"vendor":"A","product":"B","defaultStatus":"unaffected","versions":[{"version":"1.0","status":"affected",
        "versionType":"semver","lessThan":"3.0.0","changes":[{"at":"1.5.2","status":"unaffected"},{"at":"2.0.0","status":"affected"}]}]}"#;
    assert_eq!(
        ranges(record),
        [
            (Status::Affected, "vers:semver/>=1.0|<1.5.2".to_owned()),
            (Status::NotAffected, "vers:semver/>=1.5.2|<2.0.0".to_owned()),
            (Status::Affected, "vers:semver/>=2.0.0|<3.0.0".to_owned()),
        ]
    );
    let fixed = &cve(record).unwrap().advisories[0].affected[0].fixed;
    assert_eq!(fixed, &["1.5.2", "3.0.0"]);
}

fn osv(ranges: &str) -> Result<Contents, Error> {
    let text = format!(
        r#"{{"id":"X-1","modified":"2024-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"Debian:12","name":"expat"}},"ranges":[{ranges}]}}]}}"#
    );
    read(text.as_bytes())
}

#[test]
fn osv_events_make_the_range_that_the_schema_says() {
    let range = |events: &str| {
        let contents = osv(&format!(r#"{{"type":"ECOSYSTEM","events":[{events}]}}"#)).unwrap();
        match &contents.advisories[0].affected[0].rules[0].extent {
            Extent::Range(vers) => {
                assert_eq!(vers.scheme(), Some(Scheme::Debian));
                vers.to_string()
            }
            other => format!("{other:?}"),
        }
    };
    assert_eq!(range(r#"{"introduced":"0"},{"fixed":"2.5.0-1"}"#), "vers:deb/<2.5.0-1");
    assert_eq!(range(r#"{"introduced":"0"}"#), "vers:deb/*");
    assert_eq!(range(r#"{"introduced":"1:1.0"},{"last_affected":"1:2.0"}"#), "vers:deb/>=1:1.0|<=1:2.0");
    // Not in order, two intervals.
    assert_eq!(
        range(r#"{"fixed":"1.5"},{"introduced":"2.0"},{"introduced":"1.0"},{"fixed":"2.5"}"#),
        "vers:deb/>=1.0|<1.5|>=2.0|<2.5"
    );
    // Fixed and broken again in the same version: adjacent. Introduced and fixed at once: nothing.
    assert_eq!(range(r#"{"introduced":"1.0"},{"fixed":"2.0"},{"introduced":"2.0"}"#), "vers:deb/>=1.0");
    assert_eq!(range(r#"{"introduced":"1.0"},{"fixed":"1.0"}"#), "vers:none/*");
    assert!(range(r#"{"fixed":"1.0"}"#).contains("no introduced event"));
    assert!(range(r#"{"introduced":"a:1"}"#).contains("epoch"));
}

#[test]
fn refusals_name_place_and_reason() {
    let said = |result: Result<Contents, Error>| result.unwrap_err().to_string();
    let event = r#"{"type":"ECOSYSTEM","events":[{"introduced":"0","fixed":"1"}]}"#;
    assert_eq!(said(osv(event)), "/affected/0/ranges/0/events/0: an event has exactly one field");
    assert_eq!(said(osv(r#"{"events":[]}"#)), "/affected/0/ranges/0/type: missing");
    assert_eq!(said(osv("7")), "/affected/0/ranges/0: an object is wanted");
    assert_eq!(
        said(read(br#"{"id":"X","modified":"yesterday"}"#)),
        "/modified: not an RFC 3339 date with time: \"yesterday\""
    );
    assert_eq!(
        said(read(b"{\"id\": \"X\",\n  \"modified\" }")),
        "not well-formed JSON, line 2, column 14: expected `:` at line 2 column 14"
    );
    assert_eq!(read(b"{}"), Err(Error::UnknownFormat));
    assert_eq!(read(b"[1, 2]"), Err(Error::UnknownFormat));
    assert!(matches!(read(b""), Err(Error::Syntax { .. })));
    assert!(matches!(read(b"{\"id\":\"\xff\"}"), Err(Error::Encoding { at: 7, .. })));
    let status = r#"{"product":"B","versions":[{"version":"1","status":"maybe"}]}"#;
    assert_eq!(
        said(cve(status)),
        "/containers/cna/affected/0/versions/0/status: affected, unaffected or unknown is wanted: \"maybe\""
    );
}

#[test]
fn bounds_hold_before_anything_is_built() {
    assert_eq!(read(&vec![b' '; MAX_LEN + 1]), Err(Error::TooLong { len: MAX_LEN + 1 }));
    assert_eq!(read(&b"[".repeat(MAX_DEPTH + 1)), Err(Error::TooDeep { at: MAX_DEPTH }));
    let many = format!("[{}0]", "0,".repeat(MAX_NODES));
    assert!(matches!(read(many.as_bytes()), Err(Error::TooManyValues { .. })));
    assert_eq!(read("- ".repeat(MAX_DEPTH + 1).as_bytes()), Err(Error::TooDeep { at: 2 * MAX_DEPTH }));
    let bomb = "a: &a [1, 1]\nb: [*a, *a]\n";
    assert!(matches!(read(bomb.as_bytes()), Err(Error::Syntax { format: "YAML", line: 2, .. })));
    assert!(matches!(read(b"a: 1\na: 2\n"), Err(Error::Syntax { format: "YAML", line: 2, .. })));
}

#[test]
fn marks_and_utf_16_are_read_and_reported() {
    let text = r#"{"id":"X-1","modified":"2024-01-01T00:00:00Z"}"#;
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    assert_eq!(read(&marked).unwrap().notes, [Note::ByteOrderMark]);
    let little: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big: Vec<u8> =
        [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    for bytes in [&little, &big] {
        assert_eq!(read(bytes).unwrap().notes, [Note::Utf16]);
    }
    assert!(matches!(read(&little[..little.len() - 1]), Err(Error::Encoding { .. })));
    assert!(matches!(read(&little[2..]), Err(Error::Encoding { at: 0, .. })));
    assert_eq!(read(text.as_bytes()).unwrap().notes, []);
}

#[test]
fn cvss_scores_are_those_of_the_standards() {
    for (vector, tenths) in [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 100),
        ("CVSS:3.1/AV:L/AC:L/PR:H/UI:R/S:U/C:H/I:H/A:H", 65),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", 0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 75),
    ] {
        assert_eq!(cvss::base_score_3(vector), Some(tenths), "{vector}");
    }
    assert_eq!(cvss::base_score_2("AV:N/AC:L/Au:N/C:C/I:C/A:C"), Some(100));
    assert_eq!(cvss::base_score_2("AV:N/AC:L/Au:N/C:N/I:N/A:P"), Some(50));
    assert_eq!(cvss::base_score_2("AV:L/AC:H/Au:M/C:N/I:N/A:N"), Some(0));
    for broken in [
        "",
        "CVSS:3.1/AV:N",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    ] {
        assert_eq!(cvss::base_score_3(broken), None, "{broken}");
    }
}

#[test]
fn open_vex_without_a_reason_is_flagged_and_with_a_wrong_status_refused() {
    let with = |statement: &str| {
        let text = format!(
            r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x","author":"Security","timestamp":"2024-01-01T00:00:00Z",
            "version":1,"statements":[{{"vulnerability":{{"name":"CVE-2024-0001"}},"products":[{{"@id":"pkg:generic/pump@1"}}],{statement}}}]}}"#
        );
        read(text.as_bytes())
    };
    let bare = with(r#""status":"not_affected""#).unwrap();
    assert_eq!(bare.statements[0].findings[0].place, "/statements/0");
    let reasoned = with(r#""status":"not_affected","justification":"component_not_present""#).unwrap();
    assert_eq!(reasoned.statements[0].findings, []);
    assert_eq!(reasoned.statements[0].products[0].purl.as_ref().unwrap().name(), "pump");
    let wrong = with(r#""status":"fine""#).unwrap_err();
    assert_eq!(wrong.to_string(), "/statements/0/status: not a status of OpenVEX: \"fine\"");
}

proptest::proptest! {
    #[test]
    fn no_input_panics(text in "\\PC{0,60}", bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
        let _ = read(text.as_bytes());
        let _ = read(&bytes);
        let _ = crate::kev::from_csv(&bytes);
        let _ = crate::kev::from_json(text.as_bytes());
    }
}
