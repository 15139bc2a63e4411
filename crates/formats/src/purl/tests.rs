//! What the conformance vectors do not cover: limits, tolerant reading, round trips.

use proptest::prelude::*;

use super::{Error, Finding, MAX_LEN, Parts, Purl, rule_of, type_rules};

#[test]
fn the_table_is_sorted_so_that_every_rule_is_found() {
    for rule in type_rules() {
        assert_eq!(rule_of(rule.ty).map(|found| found.ty), Some(rule.ty));
    }
}

#[test]
fn reading_tolerates_and_says_so() {
    let (purl, findings) = Purl::read("pkg:deb/curl@7.50.3-1?Arch=i386").unwrap();
    assert_eq!(purl.to_string(), "pkg:deb/curl@7.50.3-1?arch=i386");
    assert_eq!(findings, [Finding::QualifierKeyCase("Arch".into()), Finding::NamespaceMissing]);
    assert!(matches!(Purl::parse("pkg:deb/curl@7.50.3-1"), Err(Error::Rule { .. })));
}

#[test]
fn an_encoded_slash_is_split_and_said_wherever_segments_stand() {
    for (text, canonical) in [
        ("pkg:generic/a#b%2F..%2Fc", "pkg:generic/a#b/c"),
        ("pkg:generic/a#%2F", "pkg:generic/a"),
        ("pkg:generic/a#x%2f%2fy/.", "pkg:generic/a#x/y"),
        ("pkg:generic/n%2Fm/a", "pkg:generic/n/m/a"),
    ] {
        let (purl, findings) = Purl::read(text).unwrap();
        assert_eq!(purl.to_string(), canonical);
        assert!(matches!(findings[..], [Finding::EncodedSlash(_)]), "{findings:?}");
        assert_eq!(Purl::read(canonical), Ok((purl, vec![])));
        assert!(matches!(Purl::parse(text), Err(Error::Rule { .. })));
    }
}

#[test]
fn what_fuzzing_kept_is_stable_from_its_first_writing_on() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/purl");
    let mut read = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let Ok((purl, _)) = Purl::read(&text) else { continue };
        let written = purl.to_string();
        assert_eq!(Purl::read(&written).unwrap().0.to_string(), written);
        read += 1;
    }
    assert!(read >= 8, "{read} of the kept inputs are read");
}

#[test]
fn a_bare_scope_is_not_a_version() {
    let purl = Purl::parse("pkg:npm/@angular/core").unwrap();
    assert_eq!((purl.namespace(), purl.name(), purl.version()), (Some("@angular"), "core", None));
    let purl = Purl::parse("pkg:npm/@angular/core@12.0.0").unwrap();
    assert_eq!(purl.to_string(), "pkg:npm/%40angular/core@12.0.0");
}

#[test]
fn refusals_name_the_reason() {
    let cases: [(&str, Error); 6] = [
        ("pkg:", Error::Type { found: String::new() }),
        ("pkg:cargo/", Error::NameMissing),
        ("pkg:cargo/a%2", Error::Encoding { component: "name", text: "a%2".into() }),
        ("pkg:cargo/a%FF", Error::Encoding { component: "name", text: "a%FF".into() }),
        ("pkg:cargo/a?b", Error::Qualifier { found: "b".into() }),
        ("pkg:cargo/a?b=1&B=2", Error::QualifierTwice { key: "b".into() }),
    ];
    for (text, reason) in cases {
        assert_eq!(Purl::read(text), Err(reason), "{text}");
    }
    let long = format!("pkg:cargo/{}", "a".repeat(MAX_LEN));
    assert_eq!(Purl::read(&long), Err(Error::TooLong { len: long.len() }));
    let many = (0..65).map(|i| format!("k{i}=v")).collect::<Vec<_>>().join("&");
    assert_eq!(Purl::read(&format!("pkg:cargo/a?{many}")), Err(Error::TooManyQualifiers));
}

proptest! {
    #[test]
    fn no_input_panics_and_what_is_read_is_stable(text in "(pkg:)?[a-zA-Z]{0,6}[ -~é/]{0,40}") {
        if let Ok((purl, _)) = Purl::read(&text) {
            let canonical = purl.to_string();
            let (again, _) = Purl::read(&canonical).unwrap();
            prop_assert_eq!(&again, &purl);
            prop_assert_eq!(again.to_string(), canonical);
        }
    }

    #[test]
    fn any_components_survive_the_canonical_string(
        namespace in proptest::option::of("[^/]{1,8}(/[^/]{1,8}){0,2}"),
        name in ".{1,12}",
        version in proptest::option::of(".{1,12}"),
        value in ".{1,12}",
        subpath in proptest::option::of("[^/.]{1,8}"),
    ) {
        let parts = Parts {
            ty: "x-other",
            namespace: namespace.as_deref(),
            name: &name,
            version: version.as_deref(),
            qualifiers: &[("key", &value)],
            subpath: subpath.as_deref(),
        };
        let purl = Purl::build(&parts).unwrap();
        prop_assert_eq!(Purl::parse(&purl.to_string()), Ok(purl));
    }
}
