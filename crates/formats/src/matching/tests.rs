//! The verdicts, and the traps that make other matchers silent.

use super::*;
use crate::advisory::{Contents, read};

fn osv(ecosystem: &str, name: &str, ranges: &str) -> Advisory {
    let text = format!(
        r#"{{"id":"X-1","aliases":["CVE-2024-0001"],"modified":"2024-01-01T00:00:00Z",
        "affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},{ranges}}}]}}"#
    );
    read(text.as_bytes()).unwrap().advisories.swap_remove(0)
}

const RANGE: &str = r#""ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.5.0-1"}]}]"#;

fn cve(affected: &str) -> Advisory {
    let text = format!(
        r#"{{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{{"cveId":"CVE-2024-0001","state":"PUBLISHED"}},
        "containers":{{"cna":{{"affected":[{affected}]}}}}}}"#
    );
    read(text.as_bytes()).unwrap().advisories.swap_remove(0)
}

fn by_purl(purl: &str, advisory: &Advisory) -> Assessment {
    let (purl, _) = Purl::read(purl).unwrap();
    assess(&Component { purl: Some(&purl), ..Component::default() }, advisory, &[])
}

fn by_name(name: &str, version: &str, vendor: Option<&str>, advisory: &Advisory) -> Assessment {
    assess(
        &Component { name: Some(name), version: Some(version), vendor, ..Component::default() },
        advisory,
        &[],
    )
}

#[test]
fn distribution_and_release_are_respected() {
    let advisory = osv("Debian:12", "expat", RANGE);
    for (purl, verdict) in [
        ("pkg:deb/debian/expat@2.4.9-1?distro=debian-12", Verdict::Affected),
        ("pkg:deb/debian/libexpat1@2.4.9-1?distro=bookworm&upstream=expat", Verdict::Affected),
        ("pkg:deb/debian/expat@2.5.0-1?distro=debian-12.5", Verdict::Fixed),
        ("pkg:deb/debian/expat@2.4.9-1?distro=debian-13", Verdict::NotAffected),
        ("pkg:deb/ubuntu/expat@2.4.9-1?distro=ubuntu-22.04", Verdict::NotAffected),
        ("pkg:deb/debian/expat@2.4.9-1", Verdict::Undetermined),
        ("pkg:deb/debian/expat@2.4.9-1?distro=sid", Verdict::Undetermined),
        ("pkg:deb/expat@2.4.9-1?distro=debian-12", Verdict::Undetermined),
        ("pkg:deb/debian/expat?distro=debian-12", Verdict::Undetermined),
        ("pkg:deb/debian/zlib1g@1.2-1?distro=debian-12", Verdict::NotAffected),
        ("pkg:npm/expat@2.4.9", Verdict::NotAffected),
        // An epoch beats every version without one.
        ("pkg:deb/debian/expat@1:1.0-1?distro=debian-12", Verdict::Fixed),
    ] {
        let found = by_purl(purl, &advisory);
        assert_eq!(found.verdict, verdict, "{purl}: {:?}", found.steps);
        assert!(!found.steps.is_empty());
    }
}

#[test]
fn embedded_components_match_by_vendor_and_name_never_by_name_alone() {
    let advisory = cve(
        r#"{"vendor":"Amazon","product":"FreeRTOS","defaultStatus":"unaffected","versions":[{"version":"0","lessThan":"10.4.3","status":"affected"}]}"#,
    );
    assert_eq!(
        by_name("FreeRTOS", "V10.3.1", Some("Amazon Web Services"), &advisory).verdict,
        Verdict::Affected
    );
    assert_eq!(by_name("FreeRTOS", "V10.4.3", Some("Amazon"), &advisory).verdict, Verdict::Fixed);
    let alone = by_name("FreeRTOS", "V10.3.1", None, &advisory);
    assert_eq!(alone.verdict, Verdict::Undetermined);
    assert!(alone.steps.contains(&Step::NameAlone { entry: 0 }));
    assert_eq!(by_name("FreeRTOS", "10.3.1-acme", Some("Acme"), &advisory).verdict, Verdict::Undetermined);
    assert_eq!(by_name("lwip", "2.1", Some("Amazon"), &advisory).verdict, Verdict::NotAffected);
    assert_eq!(
        by_name("FreeRTOS Kernel", "10.3.1", Some("Amazon"), &advisory).verdict,
        Verdict::Undetermined
    );
    assert_eq!(by_name("FreeRTOS Kernel", "10.3.1", Some("Acme"), &advisory).verdict, Verdict::NotAffected);
    let cpe = ["cpe:2.3:o:amazon:freertos:10.3.1:*:*:*:*:*:*:*".to_owned()];
    let component = Component { version: Some("10.3.1"), cpes: &cpe, ..Component::default() };
    assert_eq!(assess(&component, &advisory, &[]).verdict, Verdict::Affected);
}

#[test]
fn openssl_is_its_own_vendor_and_its_versions_have_letters() {
    let advisory = cve(
        r#"{"vendor":"OpenSSL","product":"OpenSSL","defaultStatus":"unaffected","versions":[{"version":"1.0.1","lessThan":"1.0.1g","status":"affected","versionType":"custom"}]}"#,
    );
    for (purl, verdict) in [
        ("pkg:generic/openssl@1.0.1f", Verdict::Affected),
        ("pkg:generic/openssl@1.0.1g", Verdict::Fixed),
        ("pkg:generic/openssl@1.0.0t", Verdict::NotAffected),
        ("pkg:generic/openssl@1.0.1g-acme", Verdict::Undetermined),
        ("pkg:generic/openssl", Verdict::Undetermined),
    ] {
        let found = by_purl(purl, &advisory);
        assert_eq!(found.verdict, verdict, "{purl}: {:?}", found.steps);
    }
}

#[test]
fn a_name_from_elsewhere_or_a_moved_cpe_is_neither_a_yes_nor_a_no() {
    let advisory = cve(
        r#"{"vendor":"OpenSSL","product":"OpenSSL","cpes":["cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*"],"defaultStatus":"unaffected","versions":[{"version":"1.0.1","lessThan":"1.0.1g","status":"affected"}]}"#,
    );
    for (purl, verdict) in [
        ("pkg:npm/openssl@1.0.1", Verdict::Undetermined),
        ("pkg:deb/debian/openssl@1.0.1e-2+deb7u5?distro=debian-7", Verdict::Undetermined),
        ("pkg:npm/left@1.0.1", Verdict::NotAffected),
    ] {
        let found = by_purl(purl, &advisory);
        assert_eq!(found.verdict, verdict, "{purl}: {:?}", found.steps);
    }
    let with = |cpe: &str, name| {
        let cpes = [cpe.to_owned()];
        let component = Component { name, version: Some("1.0.1f"), cpes: &cpes, ..Component::default() };
        assess(&component, &advisory, &[]).verdict
    };
    assert_eq!(with("cpe:/a:openssl:openssl:1.0.1f", None), Verdict::Affected);
    assert_eq!(with("cpe:2.3:a:acme:openssl:1.0.1f:*:*:*:*:*:*:*", None), Verdict::Undetermined);
    assert_eq!(with("cpe:2.3:a:acme:tls\\:stack:1:*:*:*:*:*:*:*", Some("OpenSSL")), Verdict::Undetermined);
    assert_eq!(with("cpe:2.3:a:acme:tls:1:*:*:*:*:*:*:*", Some("tls")), Verdict::NotAffected);
}

#[test]
fn a_package_named_by_its_registry_is_a_package_of_the_ecosystem() {
    let advisory = cve(
        r#"{"vendor":"left","product":"left","collectionURL":"https://registry.npmjs.org/","packageName":"@acme/left","versions":[{"version":"0","lessThan":"1.0.1","status":"affected","versionType":"semver"}]}"#,
    );
    assert_eq!(by_purl("pkg:npm/%40acme/left@1.0.0", &advisory).verdict, Verdict::Affected);
    assert_eq!(by_purl("pkg:npm/left@1.0.0", &advisory).verdict, Verdict::NotAffected);
    assert_eq!(by_purl("pkg:pypi/left@1.0.0", &advisory).verdict, Verdict::NotAffected);
}

#[test]
fn what_says_nothing_is_never_a_no() {
    let nothing = r#"{"vendor":"n/a","product":"n/a","versions":[{"version":"n/a","status":"affected"}]}"#;
    let found = by_name("FreeRTOS", "10.0", None, &cve(nothing));
    assert_eq!(found.verdict, Verdict::Undetermined);
    assert!(found.steps.iter().any(|step| matches!(step, Step::UnclearProduct { .. })));
    let unversioned =
        r#"{"vendor":"Acme","product":"Stack","versions":[{"version":"n/a","status":"affected"}]}"#;
    assert_eq!(by_name("Stack", "1.0", Some("Acme"), &cve(unversioned)).verdict, Verdict::Undetermined);
    let silent = r#"{"vendor":"Acme","product":"Stack","versions":[{"version":"1.0","status":"affected"}]}"#;
    assert_eq!(by_name("Stack", "1.0", Some("Acme"), &cve(silent)).verdict, Verdict::Affected);
    assert_eq!(by_name("Stack", "1.1", Some("Acme"), &cve(silent)).verdict, Verdict::Undetermined);
    assert_eq!(by_name("Stack", "1.0", Some("Acme"), &cve("")).verdict, Verdict::Undetermined);
    let composer = osv(
        "Packagist",
        "acme/stack",
        r#""ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2"}]}]"#,
    );
    assert_eq!(by_purl("pkg:composer/acme/stack@1", &composer).verdict, Verdict::Undetermined);
    assert_eq!(by_purl("pkg:composer/acme/other@1", &composer).verdict, Verdict::NotAffected);
    let commits = osv(
        "OSS-Fuzz",
        "zstd",
        r#""ranges":[{"type":"GIT","repo":"x","events":[{"introduced":"a"},{"fixed":"b"}]}]"#,
    );
    assert_eq!(by_purl("pkg:generic/zstd@1.5.0", &commits).verdict, Verdict::Undetermined);
}

#[test]
fn contradicting_rules_stay_open_and_withdrawn_advisories_say_nothing() {
    let both = r#"{"vendor":"A","product":"B","versions":[{"version":"1.0","lessThan":"2.0","status":"affected"},{"version":"1.5","status":"unaffected"}]}"#;
    let advisory = cve(both);
    assert_eq!(by_name("B", "1.4", Some("A"), &advisory).verdict, Verdict::Affected);
    let found = by_name("B", "1.5", Some("A"), &advisory);
    assert_eq!(
        (found.verdict, found.steps.last()),
        (Verdict::Undetermined, Some(&Step::RulesContradict { entry: 0 }))
    );
    let withdrawn = Advisory { withdrawn: Some("2024-02-01T00:00:00Z".into()), ..advisory };
    assert_eq!(by_name("B", "1.4", Some("A"), &withdrawn).verdict, Verdict::NotAffected);
}

fn statements(author: &str, time: &str, status: &str) -> Vec<Statement> {
    let text = format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:{author}","author":"{author}","timestamp":"{time}","version":1,
        "statements":[{{"vulnerability":{{"name":"CVE-2024-0001"}},"products":[{{"@id":"pkg:generic/pump@3","subcomponents":[{{"@id":"pkg:npm/left@1.0.0"}}]}}],{status}}}]}}"#
    );
    let Contents { statements, .. } = read(text.as_bytes()).unwrap();
    statements
}

#[test]
fn statements_count_with_author_and_reason_and_contradictions_stay_open() {
    let advisory =
        osv("npm", "left", r#""ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.1"}]}]"#);
    let (purl, _) = Purl::read("pkg:npm/left@1.0.0").unwrap();
    let component = Component { purl: Some(&purl), ..Component::default() };
    let with = |statements: &[Statement]| assess(&component, &advisory, statements);
    assert_eq!(with(&[]).verdict, Verdict::Affected);
    let reasoned = r#""status":"not_affected","justification":"vulnerable_code_not_present""#;
    let not = statements("maker", "2024-01-02T00:00:00Z", reasoned);
    let found = with(&not);
    assert_eq!(found.verdict, Verdict::NotAffectedByVex);
    assert!(
        found
            .steps
            .iter()
            .any(|s| s.to_string() == "maker says in urn:maker: NotAffected: vulnerable_code_not_present")
    );
    let bare = statements("maker", "2024-01-02T00:00:00Z", r#""status":"not_affected""#);
    let found = with(&bare);
    assert_eq!(found.verdict, Verdict::Affected);
    assert!(matches!(found.steps.last(), Some(Step::NotReliedOn { .. })));
    let yes =
        statements("vendor", "2024-01-03T00:00:00Z", r#""status":"affected","action_statement":"update""#);
    assert_eq!(with(&[not.clone(), yes].concat()).verdict, Verdict::Undetermined);
    let later = statements("maker", "2024-01-03T00:00:00Z", r#""status":"under_investigation""#);
    assert_eq!(with(&[later, not.clone()].concat()).verdict, Verdict::Undetermined);
    let nobody: Vec<Statement> = not.iter().cloned().map(|said| Statement { author: None, ..said }).collect();
    assert_eq!(with(&nobody).verdict, Verdict::Affected);
    // A statement about another version of the component does not count.
    let (other, _) = Purl::read("pkg:npm/left@0.9.0").unwrap();
    assert_eq!(
        assess(&Component { purl: Some(&other), ..component }, &advisory, &not).verdict,
        Verdict::Affected
    );
}

/// Whether a step excludes the component, which "not affected" and "fixed" need.
fn excludes(step: &Step) -> bool {
    match step {
        Step::Withdrawn { .. } | Step::OtherProduct { .. } | Step::RuleDoesNotHold { .. } => true,
        Step::RuleHolds { status, .. } | Step::Default { status, .. } => {
            matches!(status, Status::NotAffected | Status::Fixed)
        }
        _ => false,
    }
}

/// Whether a step says why something cannot be told.
fn explains(step: &Step) -> bool {
    match step {
        Step::RuleHolds { status, .. } | Step::Default { status, .. } => {
            matches!(status, Status::Unknown | Status::UnderInvestigation)
        }
        Step::NoProduct
        | Step::UnclearProduct { .. }
        | Step::RuleUnclear { .. }
        | Step::RulesContradict { .. }
        | Step::NameAlone { .. } => true,
        _ => false,
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(3000))]

    #[test]
    fn no_verdict_is_without_the_step_that_it_needs(
        vendor in proptest::sample::select(vec!["n/a", "Acme", "OpenSSL", "Amazon"]),
        product in proptest::sample::select(vec!["n/a", "Stack", "OpenSSL", "FreeRTOS"]),
        default in proptest::sample::select(vec!["affected", "unaffected", "unknown"]),
        status in proptest::sample::select(vec!["affected", "unaffected", "unknown"]),
        start in proptest::sample::select(vec!["0", "1.0", "n/a", "1.0.1", ">= 1.0, < 2.0", "V1.2", "1.x", "all"]),
        end in proptest::sample::select(vec!["", "2.0", "*", "n/a", "1.0.1g", "< 3"]),
        kind in proptest::sample::select(vec!["custom", "semver", "git", "composer", "rpm"]),
        name in proptest::option::of(proptest::sample::select(vec!["Stack", "openssl", "FreeRTOS Kernel"])),
        version in proptest::option::of(proptest::sample::select(vec!["1.0", "V1.2", "1.0.1f", "3.0-acme", "n/a", "< 2", "2.0"])),
        by in proptest::option::of(proptest::sample::select(vec!["Acme", "Amazon", "OpenSSL Software Foundation"])),
    ) {
        let end = if end.is_empty() { String::new() } else { format!(r#","lessThan":"{end}""#) };
        let advisory = cve(&format!(
            r#"{{"vendor":"{vendor}","product":"{product}","defaultStatus":"{default}","versions":[{{"version":"{start}","status":"{status}","versionType":"{kind}"{end}}}]}}"#
        ));
        let component = Component { name, version, vendor: by, ..Component::default() };
        let found = assess(&component, &advisory, &[]);
        let steps = &found.steps;
        proptest::prop_assert!(match found.verdict {
            Verdict::NotAffected | Verdict::Fixed => steps.iter().any(excludes),
            Verdict::Undetermined => steps.iter().any(explains),
            Verdict::Affected => steps.iter().any(|step| matches!(
                step,
                Step::RuleHolds { status: Status::Affected, .. } | Step::Default { status: Status::Affected, .. }
            )),
            Verdict::NotAffectedByVex => false,
        }, "{:?}", found);
    }
}
