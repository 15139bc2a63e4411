//! node-semver: versions and ranges.

use std::cmp::Ordering;

use formats::vers::npm::{Options, Range};
use formats::version::{Scheme, compare};
use serde_json::Value;

use crate::data;

/// node-semver takes `true` for loose, or an object of options.
fn options(row: &Value, at: usize) -> Options {
    let truthy = |value: &Value| match value {
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        _ => false,
    };
    let given = row.get(at).unwrap_or(&Value::Null);
    Options {
        loose: given.as_bool() == Some(true) || given.get("loose").is_some_and(truthy),
        include_prerelease: given.get("includePrerelease").is_some_and(truthy),
    }
}

fn text(row: &Value, at: usize) -> Option<&str> {
    row.get(at).and_then(Value::as_str)
}

#[test]
fn versions_order_as_in_node_semver() {
    let Some(folder) = data::folder("vectors/node-semver") else { return };
    let (greater, equal) = (data::cases(&folder, "comparisons.json"), data::cases(&folder, "equality.json"));
    for row in &greater {
        assert_eq!(
            compare(Scheme::Npm, text(row, 0).unwrap(), text(row, 1).unwrap()),
            Ok(Ordering::Greater),
            "{row}"
        );
    }
    for row in &equal {
        assert_eq!(
            compare(Scheme::Npm, text(row, 0).unwrap(), text(row, 1).unwrap()),
            Ok(Ordering::Equal),
            "{row}"
        );
    }
    let valid = data::cases(&folder, "valid-versions.json");
    for row in &valid {
        assert!(formats::version::check(Scheme::Npm, text(row, 0).unwrap()).is_ok(), "{row}");
    }
    let mut invalid = 0;
    for row in data::cases(&folder, "invalid-versions.json") {
        // Regular expressions and objects in place of a string are not for a typed language.
        if let Some(version) = text(&row, 0) {
            invalid += 1;
            assert!(formats::version::check(Scheme::Npm, version).is_err(), "{row}");
        }
    }
    assert_eq!((greater.len(), equal.len(), valid.len(), invalid), (31, 37, 22, 7));
}

#[test]
fn ranges_parse_as_in_node_semver() {
    let Some(folder) = data::folder("vectors/node-semver") else { return };
    let rows = data::cases(&folder, "range-parse.json");
    let mut wrong = Vec::new();
    for row in &rows {
        let found = Range::parse(text(row, 0).unwrap(), options(row, 2)).map(|range| range.to_string());
        if found.as_deref() != text(row, 1) {
            wrong.push(format!("{row} gave {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows.len(), 133);
}

#[test]
fn ranges_hold_what_node_semver_says() {
    let Some(folder) = data::folder("vectors/node-semver") else { return };
    for (name, expected, count) in [("range-include.json", true, 126), ("range-exclude.json", false, 98)] {
        let rows = data::cases(&folder, name);
        let mut wrong = Vec::new();
        for row in &rows {
            let range = Range::parse(text(row, 0).unwrap(), options(row, 2));
            let version = text(row, 1).unwrap_or("not a string");
            if range.as_ref().is_some_and(|range| range.satisfied_by(version)) != expected {
                wrong.push(format!("{row}: {range:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(rows.len(), count);
    }
}
