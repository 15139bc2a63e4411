//! Units of the SBOM readers: times, order, extensions, the check of single values.

use super::check::Check;
use super::model::{Parent, Property};
use super::*;

#[test]
fn times_become_utc() {
    for (text, expected) in [
        ("2024-02-29T23:30:00-01:00", Some("2024-03-01T00:30:00Z")),
        ("2023-01-01T00:10:00+00:30", Some("2022-12-31T23:40:00Z")),
        ("1969-12-31T23:59:60Z", Some("1969-12-31T23:59:59Z")),
        ("2020-04-13T20:20:39.123456789z", Some("2020-04-13T20:20:39Z")),
        ("2020-04-13T20:20:39", Some("2020-04-13T20:20:39Z")),
        ("2023-02-29T00:00:00Z", None),
        ("2020-04-13", None),
        ("2020-04-13T24:00:00Z", None),
        ("2020-04-13T20:20:39.Z", None),
        ("2020-04-13T20:20:39+1:00", None),
        ("0000-01-01T00:00:00+01:00", None),
        ("２０２０-04-13T20:20:39Z", None),
    ] {
        assert_eq!(time::normalise(text).as_deref(), expected, "{text}");
    }
    assert!(time::is_date("2030-12-31") && !time::is_date("2030-13-31") && !time::is_date("Open source"));
}

proptest::proptest! {
    #[test]
    fn normal_times_stay(days in 0i64..700_000, second in 0i64..86_400) {
        // Counts days forward by the calendar itself, apart from the arithmetic under test.
        let (mut year, mut left) = (400i64, days);
        let length = |y: i64| if y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) { 366 } else { 365 };
        while left >= length(year) {
            left -= length(year);
            year += 1;
        }
        let months = [31, if length(year) == 366 { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 0;
        while left >= months[month] {
            left -= months[month];
            month += 1;
        }
        let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        let text = format!("{year:04}-{:02}-{:02}T{clock}", month + 1, left + 1);
        let normal = format!("{text}Z");
        proptest::prop_assert_eq!(time::normalise(&normal), Some(normal.clone()));
        proptest::prop_assert_eq!(time::normalise(&format!("{text}+00:00")), Some(normal));
    }
}

#[test]
fn licence_identifiers() {
    for good in ["Apache-2.0", "GPL-2.0+", "LGPL-2.1+", "Classpath-exception-2.0"] {
        assert!(Check::LicenceId.test(good, 16).is_ok(), "{good}");
    }
    for bad in ["Apache-2", "MIT+", "NONE", "NOASSERTION", "", "apache-2.0"] {
        assert!(Check::LicenceId.test(bad, 16).is_err(), "{bad}");
    }
}

fn component(name: &str, parent: Parent) -> Component {
    Component { name: name.into(), parent, ..Component::default() }
}

#[test]
fn order_does_not_depend_on_the_document() {
    let one = Sbom {
        components: vec![
            component("b", Parent::Top),
            component("a", Parent::Top),
            component("b2", Parent::Component(0)),
            component("b1", Parent::Component(0)),
            component("deep", Parent::Component(2)),
        ],
        ..Sbom::default()
    };
    let other = Sbom {
        components: vec![
            component("a", Parent::Top),
            component("b", Parent::Top),
            component("b1", Parent::Component(1)),
            component("b2", Parent::Component(1)),
            component("deep", Parent::Component(3)),
        ],
        ..Sbom::default()
    };
    assert_eq!(to_canonical(&one), to_canonical(&other));
    assert!(!order::is_normal(&one) && order::is_normal(&other));
    let normal = order::normalise(one);
    assert!(order::is_normal(&normal));
    let deep = normal.components.iter().position(|c| &*c.name == "deep").unwrap();
    let path: Vec<&str> = normal.path(deep).iter().map(|c| &*c.name).collect();
    assert_eq!(path, ["b", "b2", "deep"]);
    // A ring that no reader makes does not hang.
    let ring = Sbom {
        components: vec![component("x", Parent::Component(1)), component("y", Parent::Component(0))],
        ..Sbom::default()
    };
    assert_eq!(ring.path(1).len(), 2);
    assert_eq!(order::normalise(ring).components.len(), 2);
}

#[test]
fn canonical_form_is_golden() {
    let mut sbom = Sbom { components: vec![component("z", Parent::Top)], ..Sbom::default() };
    sbom.components[0].purls = vec!["pkg:generic/z@1".into(), "pkg:generic/a@1".into()];
    sbom.components[0].version = Some("1".into());
    let expected = r#"{"sbom":{"components":[{"name":"z","purls":["pkg:generic/a@1","pkg:generic/z@1"],"version":"1"}],"metadata":{}},"version":1}"#;
    let bytes = to_canonical(&sbom);
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert_eq!(to_canonical(&from_canonical(&bytes).unwrap()), bytes);
    let spaced = expected.replace(':', ": ");
    assert!(from_canonical(spaced.as_bytes()).is_err());
    assert!(from_canonical(expected.replace("\"version\":1}", "\"version\":2}").as_bytes()).is_err());
}

#[test]
fn an_extension_adds_but_never_contradicts() {
    let mut c = component("shown", Parent::Top);
    c.purls = vec!["pkg:npm/shown@1".into()];
    let extension = r#"{"name":"hidden","purls":["pkg:npm/other@1"],"group":"g","parent":{"component":7}}"#;
    c.properties = vec![Property { name: extra::EXTENSION.into(), value: extension.into() }];
    extra::restore_component(&mut c);
    assert_eq!((&*c.name, &*c.purls[0], c.group.as_deref()), ("shown", "pkg:npm/shown@1", Some("g")));
    assert_eq!(c.parent, Parent::Top);
    let both = r#"{"purls":["pkg:npm/shown@1","pkg:npm/also@1"]}"#;
    extra::extend(&mut c, both);
    assert_eq!(c.purls.len(), 2);
}

#[test]
fn a_document_extension_hides_nothing() {
    let relation = |kind, to: &str| Relationship { from: "a".into(), kind, to: Target::Ref(to.into()) };
    let mut sbom = Sbom::default();
    sbom.metadata.timestamp = Some("2026-01-01T00:00:00Z".into());
    sbom.relationships = vec![relation(RelationKind::CONTAINS, "b"), relation(RelationKind::DEPENDS_ON, "c")];
    let extension = serde_json::json!({
        "metadata": r#"{"timestamp":"1999-01-01T00:00:00Z","creators":[{"kind":"person","name":"p"}]}"#,
        "implied": sbom.relationships,
    });
    extra::restore(&mut sbom, &extension.to_string());
    assert_eq!(sbom.relationships, [relation(RelationKind::DEPENDS_ON, "c")]);
    assert_eq!(sbom.metadata.timestamp.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(sbom.metadata.creators.len(), 1);
}

#[test]
fn relationship_kinds_are_sorted_for_the_search() {
    for name in ["AMENDS", "DEPENDS_ON", "PROVIDES", "VARIANT_OF"] {
        assert_eq!(RelationKind::from_name(name).map(RelationKind::name), Some(name));
    }
    assert_eq!(RelationKind::from_name("DESCRIBE"), None);
}

/// Each gap alone, in a document that lacks nothing else.
#[test]
fn each_gap_is_found_alone() {
    let whole = r#"{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"d",
        "documentNamespace":"urn:d","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Person: p"]},
        "packages":[{"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1","supplier":"Organization: o",
        "downloadLocation":"NOASSERTION"}],"relationships":[{"spdxElementId":"SPDXRef-DOCUMENT",
        "relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-a"}]}"#;
    let elements = |text: &str| -> Vec<Element> {
        let sbom = read(std::io::Cursor::new(text), &Limits::default()).unwrap().sbom;
        quality(&sbom).iter().map(|f| f.element).filter(|e| e.is_ntia()).collect()
    };
    assert_eq!(elements(whole), []);
    for (part, instead, gap) in [
        ("\"name\":\"a\",", "", Element::ComponentName),
        ("\"versionInfo\":\"1\",", "", Element::ComponentVersion),
        ("\"versionInfo\":\"1\"", "\"versionInfo\":\"unknown\"", Element::ComponentVersion),
        ("Organization: o", "NOASSERTION", Element::SupplierName),
        ("\"SPDXID\":\"SPDXRef-a\",", "", Element::UniqueIdentifier),
        ("\"Person: p\"", "", Element::AuthorName),
        ("2026-01-01T00:00:00Z", "", Element::Timestamp),
        (
            "\"relatedSpdxElement\":\"SPDXRef-a\"",
            "\"relatedSpdxElement\":\"NOASSERTION\"",
            Element::DependencyRelationship,
        ),
    ] {
        assert!(whole.contains(part));
        assert_eq!(elements(&whole.replace(part, instead)), [gap], "{part}");
    }
}

#[test]
fn support_is_found_by_its_usual_names() {
    let mut c = component("c", Parent::Top);
    let property = |name: &str, value: &str| Property { name: name.into(), value: value.into() };
    c.properties = vec![
        property("fda:support-level", "maintained"),
        property("End of Support", "2031-05-01"),
        property("end-of-support", "second stays"),
        property("other", "x"),
    ];
    extra::lift_support(&mut c);
    assert_eq!((c.support.as_deref(), c.end_of_support.as_deref()), (Some("maintained"), Some("2031-05-01")));
    assert_eq!(c.properties.len(), 2);
}
