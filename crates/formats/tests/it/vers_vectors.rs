//! vers: vers-spec and univers, for the schemes that are supported. Where we differ is listed here exactly and reasoned
//! in docs/version-differences.md.

use formats::vers::{Vers, from_gitlab, from_native};
use formats::version::Scheme;
use serde_json::Value;

use crate::data;

#[test]
fn canonical_parsing_of_vers_spec_holds() {
    let Some(folder) = data::folder("vectors/vers-spec/tests") else { return };
    let cases = data::cases(&folder, "vers_canonical_parse_test.json");
    for case in &cases {
        let input = data::str_of(case, "input");
        let found = Vers::parse(input);
        if case["expected_failure"] == true {
            assert!(found.is_err(), "{input}: {found:?}");
            continue;
        }
        let vers = found.unwrap();
        let constraints: Vec<Value> = vers
            .constraints()
            .iter()
            .map(|c| {
                serde_json::json!([
                    if c.comparator.sign().is_empty() { "=" } else { c.comparator.sign() },
                    c.version
                ])
            })
            .collect();
        assert_eq!(vers.scheme_name(), case["expected_output"]["scheme"]);
        assert_eq!(Value::Array(constraints), case["expected_output"]["version_constraints"], "{input}");
    }
    assert_eq!(cases.len(), 12);
}

#[test]
fn normalising_and_containment_hold() {
    let mut counts = Vec::new();
    for (folder, files) in [
        (
            "vectors/vers-spec/tests",
            [
                "pypi_range_validate_test.json",
                "pypi_range_containment_test.json",
                "npm_range_containment_test.json",
            ],
        ),
        (
            "vectors/univers/tests/data/schema/range",
            ["pypi_range_roundtrip.json", "pypi_range_containment.json", "npm_range_containment.json"],
        ),
    ] {
        let Some(folder) = data::folder(folder) else { return };
        for name in files {
            let mut known = 0;
            for case in data::cases(&folder, name) {
                let input = &case["input"];
                let text = input.as_str().unwrap_or_else(|| data::str_of(input, "vers"));
                let vers = Vers::read(text).unwrap();
                if vers.scheme().is_none() {
                    // univers writes the npm case with the scheme nginx, which is not one of ours: never a "no".
                    assert!(vers.contains(data::str_of(input, "version")).is_err());
                    continue;
                }
                known += 1;
                match data::str_of(&case, "test_type") {
                    "containment" => {
                        let found = vers.contains(data::str_of(input, "version"));
                        assert_eq!(found, Ok(case["expected_output"] == true), "{case}");
                    }
                    _ => assert_eq!(vers.to_string(), data::str_of(&case, "expected_output"), "{case}"),
                }
            }
            counts.push(known);
        }
    }
    assert_eq!(counts, [19, 10, 1, 19, 10, 0]);
}

/// Cases, how many differ, and each differing native range once with what we give.
type Differences = (usize, usize, Vec<(String, String)>);
type Convert = fn(Scheme, &str) -> Result<Vers, formats::vers::Error>;

fn differences(folder: &str, name: &str, convert: Convert) -> Option<Differences> {
    let folder = data::folder(folder)?;
    let cases = data::cases(&folder, name);
    let (mut differ, mut which) = (0, Vec::new());
    for case in &cases {
        let native = data::str_of(&case["input"], "native_range");
        let scheme = Scheme::from_vers(data::str_of(&case["input"], "scheme")).unwrap();
        let expected = data::str_of(case, "expected_output");
        let found = convert(scheme, native).map_or_else(|e| format!("refused: {e}"), |vers| vers.to_string());
        if found != expected {
            differ += 1;
            let entry = (native.to_owned(), found);
            if !which.contains(&entry) {
                which.push(entry);
            }
        }
    }
    Some((cases.len(), differ, which))
}

#[test]
fn native_ranges_convert_as_published() {
    let spec = "vectors/vers-spec/tests";
    let univers = "vectors/univers/tests/data/schema/range";
    for (folder, name, count, convert) in [
        (spec, "pypi_range_from_native_test.json", 3, from_native as Convert),
        (spec, "openssl_range_from_native_test.json", 8, from_native),
        (univers, "pypi_range_from_native.json", 3, from_native),
        (univers, "openssl_range_from_native.json", 8, from_native),
        (spec, "gem_range_from_native_test.json", 1, from_native),
        (spec, "nuget_range_from_native_test.json", 1, from_native),
        (univers, "gitlab/pypi_gitlab_range_from_native.json", 122, from_gitlab),
        (univers, "gitlab/npm_gitlab_range_from_native.json", 533, from_gitlab),
    ] {
        let Some((cases, _, which)) = differences(folder, name, convert) else { return };
        assert_eq!((cases, which), (count, Vec::new()), "{name}");
    }
}

fn owned(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(native, ours)| ((*native).to_owned(), (*ours).to_owned())).collect()
}

/// What we give where the published conversion of a Go range is not kept; see docs/version-differences.md.
const GO_DIFFERENCES: [(&str, &str); 8] = [
    ("<v2019.03.04.00", "vers:golang/<2019.3.4.0"),
    ("<v2021.02.22.00", "vers:golang/<2021.2.22.0"),
    ("<v2020.03.16.00", "vers:golang/<2020.3.16.0"),
    ("<v0.33.1||>v0.33.1 <v0.34.1", "vers:golang/!=0.33.1|<0.34.1"),
    (">=1.9.0 <2.0.3||>2.0.3 <2.1.0", "vers:golang/>=1.9.0|!=2.0.3|<2.1.0"),
    ("<v1.2.3019.52a", "refused: \"v1.2.3019.52a\" is not a golang range: not a version of this ecosystem"),
    ("=v1.2.2550.20", "vers:golang/1.2.2550.20"),
    (">=v1.0.1116.6 <=v1.2.2550.20", "vers:golang/>=1.0.1116.6|<=1.2.2550.20"),
];

#[test]
fn go_ranges_convert_as_published_but_for_those_listed() {
    let name = "gitlab/golang_gitlab_range_from_native.json";
    let folder = "vectors/univers/tests/data/schema/range";
    let Some(found) = differences(folder, name, from_gitlab) else { return };
    assert_eq!(found, (764, 8, owned(&GO_DIFFERENCES)));
}

#[test]
fn gem_ranges_convert_as_published_but_for_one() {
    let name = "gitlab/gem_gitlab_range_from_native.json";
    let folder = "vectors/univers/tests/data/schema/range";
    let Some(found) = differences(folder, name, from_gitlab) else { return };
    assert_eq!(found, (317, 1, owned(&[("<1.6.12||>1.6.12 <2.0.8", "vers:gem/!=1.6.12|<2.0.8")])));
}

/// What we give where the published conversion of an npm range is not kept; see docs/version-differences.md.
const NPM_DIFFERENCES: [(&str, &str); 11] = [
    ("<= 1.0", "vers:npm/<1.1.0"),
    (">= 0.2.0 <= 0.9.6 || ~0.8.0-pre", "vers:npm/>=0.2.0|>=0.8.0-pre|<0.9.0|<=0.9.6"),
    (">= 2.2.x", "vers:npm/>=2.2.0"),
    ("2.0.x || 2.1.x", "vers:npm/>=2.0.0|<2.2.0"),
    (
        "^2.0.18 || ^3.0.16 || ^3.1.6 || ^4.0.8 || ^5.0.0-beta.5",
        "vers:npm/>=2.0.18|<3.0.0|>=3.0.16|<4.0.0|>=4.0.8|<6.0.0",
    ),
    (">=5.0.3 >=4.2.1", "vers:npm/>=5.0.3"),
    (">= 1.x", "vers:npm/>=1.0.0"),
    (">= 5.2.1 <= 6.0.0 || >=6.0.0 <= 6.0.2", "vers:npm/>=5.2.1|<=6.0.2"),
    ("2.1 || 2.6", "vers:npm/>=2.1.0|<2.2.0|>=2.6.0|<2.7.0"),
    ("1.1.2 1.2.2", "vers:none/*"),
    ("<=2.1 >=1.1", "vers:npm/>=1.1.0|<2.2.0"),
];

#[test]
fn npm_ranges_convert_as_published_but_for_those_listed() {
    for (folder, name, cases, differ) in [
        ("vectors/vers-spec/tests", "npm_range_from_native_test.json", 491, 11),
        ("vectors/univers/tests/data/schema/range", "npm_range_from_native.json", 897, 13),
    ] {
        let Some(found) = differences(folder, name, from_native) else { return };
        assert_eq!(found, (cases, differ, owned(&NPM_DIFFERENCES)), "{name}");
    }
}
