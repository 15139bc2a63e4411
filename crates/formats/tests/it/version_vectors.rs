//! Version order: osv-scalibr's lists, univers, vers-spec and rpm's own tests, for the schemes that are supported.

use std::cmp::Ordering;

use formats::version::{Scheme, compare};
use serde_json::Value;

use crate::data;

fn sign(text: &str) -> Ordering {
    match text {
        "<" => Ordering::Less,
        "=" => Ordering::Equal,
        ">" => Ordering::Greater,
        other => panic!("{other} is no comparison"),
    }
}

/// Checks each line `A OP B` both ways round; gives the number of lines and those that do not hold.
fn check_lines(scheme: Scheme, text: &str) -> (usize, Vec<String>) {
    let (mut lines, mut wrong) = (0, Vec::new());
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        let [a, op, b] = *line.split_whitespace().collect::<Vec<_>>() else { panic!("bad line {line}") };
        lines += 1;
        let (there, back) = (compare(scheme, a, b), compare(scheme, b, a));
        if there != Ok(sign(op)) || back != Ok(sign(op).reverse()) {
            wrong.push(format!("{line}: {there:?}"));
        }
    }
    (lines, wrong)
}

#[test]
fn every_line_of_osv_scalibr_holds() {
    let Some(folder) = data::folder("vectors/osv-version-order") else { return };
    let files = [
        ("semver-versions.txt", Scheme::Semver, 86),
        ("pypi-versions.txt", Scheme::Pypi, 37),
        ("pypi-versions-generated.txt", Scheme::Pypi, 12_375),
        ("debian-versions.txt", Scheme::Debian, 30),
        ("debian-versions-generated.txt", Scheme::Debian, 14_442),
        ("redhat-versions.txt", Scheme::Rpm, 165),
        ("alpine-versions.txt", Scheme::Alpine, 778),
        ("alpine-versions-generated.txt", Scheme::Alpine, 13_979),
        ("maven-versions.txt", Scheme::Maven, 102),
        ("maven-versions-generated.txt", Scheme::Maven, 14_752),
        ("nuget-versions.txt", Scheme::Nuget, 35),
        ("rubygems-versions.txt", Scheme::Gem, 25),
        ("rubygems-versions-generated.txt", Scheme::Gem, 4_098),
    ];
    let mut report = Vec::new();
    let mut counts = Vec::new();
    for (name, scheme, _) in files {
        let (lines, wrong) = check_lines(scheme, &data::text(&folder, name));
        counts.push((name, lines));
        if !wrong.is_empty() {
            report.push(format!(
                "{name}: {} of {lines}\n{}",
                wrong.len(),
                wrong[..wrong.len().min(30)].join("\n")
            ));
        }
    }
    assert!(report.is_empty(), "{}", report.join("\n"));
    assert_eq!(counts, files.map(|(name, _, lines)| (name, lines)));
}

#[test]
fn every_line_of_apks_own_list_holds() {
    let Some(folder) = data::folder("vectors/univers/tests/data") else { return };
    let (lines, wrong) = check_lines(Scheme::Alpine, &data::text(&folder, "alpine_test.txt"));
    assert_eq!((lines, wrong), (716, Vec::new()));
}

#[test]
fn every_case_of_rpmvercmp_holds() {
    let Some(folder) = data::folder("vectors/univers/tests/data") else { return };
    let mut cases = 0;
    for line in data::text(&folder, "rpmvercmp.at").lines() {
        let Some(inner) = line.strip_prefix("RPMVERCMP(").and_then(|l| l.strip_suffix(')')) else { continue };
        let [a, b, expected] = *inner.split(", ").collect::<Vec<_>>() else { continue };
        cases += 1;
        let expected = expected.parse::<i32>().unwrap().cmp(&0);
        assert_eq!(compare(Scheme::Rpm, a, b), Ok(expected), "{line}");
    }
    assert_eq!(cases, 91);
}

fn check_cases(cases: &[Value], wrong: &mut Vec<String>) {
    for case in cases {
        let input = &case["input"];
        let scheme = Scheme::from_vers(data::str_of(input, "input_scheme")).unwrap();
        let versions: Vec<&str> =
            input["versions"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        let holds = match data::str_of(case, "test_type") {
            "equality" => {
                compare(scheme, versions[0], versions[1]).map(Ordering::is_eq)
                    == Ok(case["expected_output"] == true)
            }
            _ => {
                let mut sorted = versions.clone();
                sorted.sort_by(|a, b| compare(scheme, a, b).unwrap());
                // The expected list is in order, whatever way equal versions are put.
                let expected: Vec<&str> =
                    case["expected_output"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
                sorted.len() == expected.len()
                    && sorted.iter().zip(&expected).all(|(a, b)| compare(scheme, a, b) == Ok(Ordering::Equal))
            }
        };
        if !holds {
            wrong.push(format!("{scheme} {versions:?} wanted {}", case["expected_output"]));
        }
    }
}

#[test]
fn every_comparison_of_vers_spec_and_univers_holds() {
    let mut counts = Vec::new();
    let mut wrong = Vec::new();
    let sets: [(&str, &[&str]); 2] = [
        (
            "vectors/vers-spec/tests",
            &[
                "alpine_version_cmp_test.json",
                "openssl_version_cmp_test.json",
                "maven_version_cmp_test.json",
                "nuget_version_cmp_test.json",
                "datetime_version_cmp_test.json",
                "lexicographic-test.json",
            ],
        ),
        (
            "vectors/univers/tests/data/schema",
            &[
                "alpine_version_cmp.json",
                "openssl_version_cmp.json",
                "maven_version_cmp.json",
                "nuget_version_cmp.json",
                "deb_version_python_pkg_test.json",
            ],
        ),
    ];
    for (folder, files) in sets {
        let Some(folder) = data::folder(folder) else { return };
        for name in files {
            let cases = data::cases(&folder, name);
            counts.push(cases.len());
            check_cases(&cases, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(counts, [716, 44, 977, 33, 7, 8, 716, 44, 977, 33, 16]);
}

/// univers sorts `-dev` after the release it leads up to; see docs/version-differences.md.
#[test]
fn openssl_releases_sort_as_published_but_for_one_development_version() {
    let Some(folder) = data::folder("vectors/univers/tests/data/openssl") else { return };
    let cases = data::cases(&folder, "openssl_versort_expected.json");
    let versions: Vec<&str> = cases.iter().map(|case| data::str_of(case, "string")).collect();
    let mut turned = Vec::new();
    for (i, a) in versions.iter().enumerate() {
        for b in &versions[i + 1..] {
            if compare(Scheme::Openssl, a, b) != Ok(Ordering::Less) {
                turned.push((*a, *b));
            }
        }
    }
    assert_eq!(turned, [("1.0.2zc", "1.0.2zc-dev")]);
    assert_eq!(versions.len(), 172);
    let listed = data::text(&folder, "openssl_all_versions.txt");
    for version in listed.split_whitespace() {
        assert_eq!(
            formats::version::check(Scheme::Openssl, version),
            Ok(formats::version::Form::Strict),
            "{version}"
        );
    }
}
