//! Containment against the definition, free text, and limits.

use proptest::prelude::*;

use super::{Comparator, Constraint, Error, MAX_CONSTRAINTS, Vers, from_native, from_text};
use crate::version::{Scheme, compare};

#[test]
fn native_ranges_keep_their_meaning_where_a_flat_list_would_not() {
    let cases = [
        (Scheme::Npm, ">=5.0.3 >=4.2.1", "vers:npm/>=5.0.3"),
        (Scheme::Npm, "1.1.2 1.2.2", "vers:none/*"),
        (Scheme::Npm, ">=2.2.x", "vers:npm/>=2.2.0"),
        (Scheme::Npm, "<2 || >=1", "vers:npm/*"),
        (Scheme::Cargo, "1.2, <1.9.0", "vers:cargo/>=1.2.0|<1.9.0"),
        (Scheme::Cargo, "~0.2.3", "vers:cargo/>=0.2.3|<0.3.0"),
        (Scheme::Pypi, "~=1.4.2", "vers:pypi/>=1.4.2|<1.5.dev0"),
        (Scheme::Pypi, "!=1.5.*, >=1.0", "vers:pypi/>=1.0|<1.5.dev0|>=1.6.dev0"),
        (Scheme::Maven, "[1.0,2.0),[3.0]", "vers:maven/>=1.0|<2.0|3.0"),
        (Scheme::Nuget, "(,1.0]", "vers:nuget/<=1.0"),
        (Scheme::Gem, "~> 2", "vers:gem/>=2|<3"),
        (Scheme::Gem, ">= 1.2, < 2", "vers:gem/>=1.2|<2"),
        (Scheme::Debian, ">= 1.0~rc1, << 2:0", "vers:deb/>=1.0~rc1|<2:0"),
    ];
    for (scheme, native, expected) in cases {
        assert_eq!(from_native(scheme, native).unwrap().to_string(), expected, "{native}");
    }
}

#[test]
fn what_stands_in_version_fields_is_read_or_refused_never_guessed() {
    for (text, expected) in [
        (">= 1.2, <= 1.4", "vers:generic/>=1.2|<=1.4"),
        ("< 2.3.1", "vers:generic/<2.3.1"),
        ("All versions < V8.1", "vers:generic/<V8.1"),
        ("prior to 1.4", "vers:generic/<1.4"),
        ("Versions 3.2 and prior", "vers:generic/<=3.2"),
        ("1.0-RC1 or earlier", "vers:generic/<=1.0-RC1"),
        ("V2.0", "vers:generic/V2.0"),
        ("all versions", "vers:generic/*"),
        ("14.1.x", "vers:generic/>=14.1|<14.2"),
        ("<= 11.x", "vers:generic/<12"),
        ("4.X | 5.X", "vers:generic/>=4|<6"),
        ("2.3.6 and  below", "vers:generic/<=2.3.6"),
        ("7100 | 7900", "vers:generic/7100|7900"),
        (">= 1.3.4 | < 1.5.3", "vers:generic/>=1.3.4|<1.5.3"),
        ("1.1 | >= 2.0 | <= 3.0", "vers:generic/1.1|>=2.0|<=3.0"),
    ] {
        assert_eq!(from_text(Scheme::Generic, text).unwrap().to_string(), expected, "{text}");
    }
    for text in [
        "n/a",
        "",
        "multiple",
        "see references",
        "1.0 with patch 3",
        "< ",
        "1.x through the ages",
        "<= U61 |<= L81",
        "K.x",
    ] {
        assert!(from_text(Scheme::Generic, text).is_err(), "{text}");
    }
    assert_eq!(from_text(Scheme::Generic, "< V8.1").unwrap().contains("8.0.9"), Ok(true));
}

#[test]
fn containment_without_an_answer_is_an_error() {
    let unknown = Vers::read("vers:acme/>=1|<2").unwrap();
    assert_eq!(unknown.contains("1"), Err(Error::UnknownScheme { name: "acme".into() }));
    let range = Vers::read("vers:generic/>=1.0|<2.0").unwrap();
    assert!(matches!(range.contains("1.0-acme"), Err(Error::Version(_))));
    assert!(matches!(range.contains("n/a"), Err(Error::Version(_))));
    assert_eq!(range.contains("1.5-acme"), Ok(true));
    // Sorted before all of PEP 440 by convention, which is no reason to call it outside.
    let range = Vers::read("vers:pypi/>=1.0|<2.0").unwrap();
    assert!(matches!(range.contains("1.5-acme-build"), Err(Error::Doubtful { .. })));
    assert_eq!(range.contains("1.5.post1"), Ok(true));
    let range = Vers::read("vers:pypi/<1.0-acme-build").unwrap();
    assert!(matches!(range.contains("1.5"), Err(Error::Doubtful { .. })));
    let range = Vers::read("vers:apk/>=1.0-r0|<2.0-r0").unwrap();
    assert!(matches!(range.contains("1.5-acme"), Err(Error::Doubtful { .. })));
    let broken = Vers::read("vers:deb/>=1.0-").unwrap();
    assert!(matches!(broken.contains("1.0"), Err(Error::Version(_))));
    assert_eq!(Vers::read("vers:all/*").unwrap().contains("x"), Ok(true));
    assert_eq!(Vers::read("vers:none/*").unwrap().contains("x"), Ok(false));
}

#[test]
fn limits_hold() {
    let many = format!("vers:npm/{}", vec!["1.0.0"; MAX_CONSTRAINTS + 1].join("|"));
    assert_eq!(Vers::read(&many), Err(Error::TooManyConstraints));
    let long = format!("vers:npm/{}", "1".repeat(super::MAX_LEN));
    assert!(matches!(Vers::read(&long), Err(Error::TooLong { .. })));
}

fn comparators() -> impl Strategy<Value = Comparator> {
    prop::sample::select(vec![
        Comparator::Equal,
        Comparator::NotEqual,
        Comparator::Less,
        Comparator::LessOrEqual,
        Comparator::Greater,
        Comparator::GreaterOrEqual,
    ])
}

fn holds(constraint: &Constraint, version: &str) -> bool {
    let order = compare(Scheme::Semver, version, &constraint.version).unwrap();
    match constraint.comparator {
        Comparator::Equal => order.is_eq(),
        Comparator::NotEqual => order.is_ne(),
        Comparator::Less => order.is_lt(),
        Comparator::LessOrEqual => order.is_le(),
        Comparator::Greater => order.is_gt(),
        Comparator::GreaterOrEqual => order.is_ge(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is written for display, the range and its string hold what the alternatives hold.
    #[test]
    fn alternatives_hold_what_they_say(
        alternatives in proptest::collection::vec(
            proptest::collection::vec((comparators(), 0_u8..6), 1..4), 1..4),
        probe in 0_u8..13,
    ) {
        let constraint = |(comparator, n): &(Comparator, u8)| Constraint { comparator: *comparator, version: format!("1.{n}.0") };
        let alternatives: Vec<Vec<Constraint>> = alternatives.iter().map(|a| a.iter().map(constraint).collect()).collect();
        // Even probes lie on a boundary, odd ones between two.
        let version = format!("1.{}.{}", probe / 2, probe % 2);
        let expected = alternatives.iter().any(|a| a.iter().all(|c| holds(c, &version)));
        let vers = Vers::of_alternatives(Scheme::Semver, alternatives).unwrap();
        prop_assert_eq!(vers.contains(&version), Ok(expected));
        let again = Vers::read(&vers.to_string()).unwrap();
        prop_assert_eq!(again.contains(&version), Ok(expected), "{}", vers);
    }

    #[test]
    fn no_input_panics(scheme in prop::sample::select(Scheme::ALL.to_vec()), text in "(vers:[a-z]{3,6}/)?[-<>=!|~^*,x0-9.a-c ]{0,20}", version in "\\PC{0,8}") {
        for vers in [Vers::read(&text), from_native(scheme, &text), from_text(scheme, &text), super::from_gitlab(scheme, &text)].into_iter().flatten() {
            let _ = vers.contains(&version);
            let _ = Vers::parse(&vers.to_string());
        }
    }
}
