//! Laws of order, refusals, and pairs whose order the vectors do not show.

use std::cmp::Ordering::{self, Equal, Greater, Less};

use proptest::prelude::*;

use super::{Error, Form, MAX_LEN, Scheme, Version, check, compare};

fn assert_order(scheme: Scheme, a: &str, expected: Ordering, b: &str) {
    assert_eq!(compare(scheme, a, b), Ok(expected), "{scheme}: {a} against {b}");
    assert_eq!(compare(scheme, b, a), Ok(expected.reverse()), "{scheme}: {b} against {a}");
}

#[test]
fn generic_orders_what_is_common_knowledge() {
    for (a, expected, b) in [
        ("V10.4.3", Equal, "10.4.3"),
        ("1.0", Equal, "1.0.0"),
        ("2.1.3", Less, "2.1.10"),
        ("2.8.123e", Greater, "2.8.123"),
        ("2.8.123e", Less, "2.8.124"),
        ("1.0.1f", Less, "1.0.1g"),
        ("1.0-rc1", Less, "1.0.0"),
        ("1.0.0-rc1", Equal, "1.0-rc1"),
        ("1.0-rc1", Less, "1.0-rc2"),
        ("1.0-alpha", Less, "1.0-beta1"),
        ("1.0a1", Less, "1.0"),
        ("4.2.8p15", Greater, "4.2.8"),
        ("4.2.8p15", Less, "4.2.9"),
        ("release-1.2", Equal, "1.2"),
        ("2023.10.01", Less, "2023.10.2"),
        ("2023b", Less, "2023c"),
        ("4.2.0.Final", Equal, "4.2"),
        ("4.2.0.Final", Greater, "4.2.0.RC1"),
        ("4.2.0-release.p1", Greater, "4.2.0"),
        ("20240101123456", Greater, "20231231"),
    ] {
        assert_order(Scheme::Generic, a, expected, b);
    }
}

#[test]
fn generic_does_not_order_what_it_does_not_know() {
    for (a, b) in [
        ("1.0-acme", "1.0"),
        ("1.0-acme", "1.0-build7"),
        ("1.0a", "1.0p1"),
        ("sp1-2.0", "2.0"),
        ("4.2-final2", "4.2"),
    ] {
        assert!(matches!(compare(Scheme::Generic, a, b), Err(Error::NotOrdered { .. })), "{a} {b}");
    }
    assert!(matches!(compare(Scheme::Openssl, "3.0.7-acme", "3.0.7"), Err(Error::NotOrdered { .. })));
    assert_order(Scheme::Openssl, "3.0.7-acme", Equal, "3.0.7-acme");
    assert_order(Scheme::Openssl, "3.0.7-acme", Less, "3.0.8-alpha1");
    assert_order(Scheme::Generic, "1.0-acme2", Less, "1.0-acme10");
    assert_order(Scheme::Generic, "1.0-acme", Less, "1.1");
}

#[test]
fn what_is_no_version_is_refused_with_a_reason() {
    for scheme in Scheme::ALL {
        assert_eq!(check(scheme, " "), Err(Error::Empty));
        assert_eq!(check(scheme, &"1".repeat(MAX_LEN + 1)), Err(Error::TooLong { len: MAX_LEN + 1 }));
        if scheme != Scheme::Lexicographic {
            assert!(matches!(check(scheme, ">= 1.2, <= 1.4"), Err(Error::ComparisonSign { .. })), "{scheme}");
        }
    }
    for (scheme, text) in [
        (Scheme::Generic, "n/a"),
        (Scheme::Generic, "unknown"),
        (Scheme::Generic, "1:2.3"),
        (Scheme::Generic, "14.1.x"),
        (Scheme::Generic, "244fd47"),
        (Scheme::Generic, "244fd47e07d1004f0aed9c"),
        (Scheme::Semver, "latest"),
        (Scheme::Semver, "1.2.x"),
        (Scheme::Semver, "1.2.3_4"),
        (Scheme::Cargo, "18446744073709551616.0.0"),
        (Scheme::Debian, "1.0-"),
        (Scheme::Debian, "a:1.0"),
        (Scheme::Debian, "1 0"),
        (Scheme::Openssl, "3.0.1a"),
        (Scheme::Pypi, "-.-"),
        (Scheme::Datetime, "2024-02-30T00:00:00Z"),
        (Scheme::Datetime, "2024-02-01"),
        (Scheme::Gem, "a.1"),
        (Scheme::Gem, "1.0+5"),
        (Scheme::Nuget, "1.0.0.Final"),
    ] {
        assert!(matches!(check(scheme, text), Err(Error::Invalid { .. })), "{scheme} {text}");
    }
}

#[test]
fn irregular_versions_say_so() {
    assert_eq!(check(Scheme::Semver, "1.2.3-rc.1+b5"), Ok(Form::Strict));
    assert_eq!(check(Scheme::Golang, "v1.2.3"), Ok(Form::Strict));
    for (scheme, text) in [
        (Scheme::Semver, "v1.2.3"),
        (Scheme::Semver, "1.2"),
        (Scheme::Cargo, "01.2.3"),
        (Scheme::Golang, "go1.20rc1"),
        (Scheme::Pypi, "0.1-bulbasaur"),
        (Scheme::Debian, "x1.0"),
        (Scheme::Rpm, "1.0-"),
        (Scheme::Alpine, "1.2.0A"),
        (Scheme::Openssl, "1.0.2k-fips"),
        (Scheme::Generic, "V10.4.3"),
    ] {
        assert!(matches!(check(scheme, text), Ok(Form::Tolerated(_))), "{scheme} {text}");
    }
}

#[test]
fn numbers_beyond_three_count_and_are_not_taken_for_build_metadata() {
    assert_order(Scheme::Semver, "1.1.3.4", Less, "1.1.3.5");
    assert_order(Scheme::Golang, "v1.9.0", Less, "v1.10.0");
    assert_order(
        Scheme::Golang,
        "v0.0.0-20200220183623-bac4c82f6975",
        Less,
        "v0.0.0-20210220183623-bac4c82f6975",
    );
    assert_order(Scheme::Openssl, "1.0.2zc-dev", Less, "1.0.2zc");
    assert_order(Scheme::Openssl, "1.1.1-pre9", Less, "1.1.1");
    assert_order(Scheme::Openssl, "3.0.0-alpha17", Less, "3.0.0-beta1");
    assert_order(Scheme::Rpm, "1.2", Less, "1.2-5");
}

#[test]
fn pep440_writes_its_normal_form() {
    for (text, normal) in [
        ("1.9.0alpha", "1.9.0a0"),
        ("v1.7.b1", "1.7b1"),
        ("01.0-1", "1.0.post1"),
        ("1!2.0.DEV3+Ab_01", "1!2.0.dev3+ab.1"),
        ("1.0.PREVIEW-2.rev4", "1.0rc2.post4"),
    ] {
        assert_eq!(super::pep440_normal(text).as_deref(), Some(normal));
    }
    assert_eq!(super::pep440_normal("0.1-bulbasaur"), None);
}

/// Strings near the grammar of each scheme, so that most are versions and many are close to each other.
fn near_versions() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop::sample::select(vec![
            "0", "1", "2", "10", "01", ".", "-", "_", "+", "~", "^", ":", "!", "a", "b", "p", "rc", "alpha",
            "beta", "dev", "post", "pre", "r", "v", "cvs", "-r", "_p", "_rc", "z", "é", "git", "A",
        ]),
        1..7,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn order_is_antisymmetric_and_transitive(
        scheme in prop::sample::select(Scheme::ALL.to_vec()),
        a in near_versions(), b in near_versions(), c in near_versions(),
    ) {
        let read = |text| Version::parse(scheme, text).ok();
        let (Some(a), Some(b), Some(c)) = (read(&a), read(&b), read(&c)) else { return Ok(()) };
        prop_assert_eq!(a.order(&a), Some(Equal));
        prop_assert_eq!(a.order(&b), b.order(&a).map(Ordering::reverse));
        // Maven's reference puts `.word` before `-word` and fills the shorter version up with null values, and the published
        // vectors hold it to both: then "0a0" < "0" < "_" < "0a0", and it is no order of all strings.
        let whole = scheme != Scheme::Maven;
        if let (true, Some(ab), Some(bc)) = (whole, a.order(&b), b.order(&c)) {
            let expected = match (ab, bc) {
                (Equal, order) | (order, Equal) => Some(order),
                (Less, Less) => Some(Less),
                (Greater, Greater) => Some(Greater),
                _ => None,
            };
            if let Some(expected) = expected {
                prop_assert_eq!(a.order(&c), Some(expected), "{:?} {:?} {:?}", a.text(), b.text(), c.text());
            }
        }
    }

    #[test]
    fn no_input_panics(scheme in prop::sample::select(Scheme::ALL.to_vec()), a in "\\PC{0,20}", b in "\\PC{0,20}") {
        let _ = compare(scheme, &a, &b);
    }
}
