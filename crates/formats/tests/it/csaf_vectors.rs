//! CSAF 2.0: the mandatory tests of the conformance set, and what its documents and the medical advisories hold.

use formats::advisory::{Document, Extent, Format, check_published_digest, csaf, read};
use serde_json::Value;

use crate::data;

fn parse(bytes: &[u8]) -> Value {
    Document::parse(bytes).unwrap().value().clone()
}

/// Two documents of the optional tests are stated to be valid although they give one algorithm twice for a file, which
/// 6.1.25 forbids and for which its own example fails.
fn mistaken(name: &str, test: &str) -> bool {
    test == "6.1.25" && (name.ends_with("2021-6-2-08-02.json") || name.ends_with("2021-6-2-09-02.json"))
}

#[test]
fn every_mandatory_test_fails_and_passes_as_published() {
    let Some(folder) = data::folder("vuln/csaf-conformance/csaf_2.0/test/validator/data") else { return };
    let cases: Value = serde_json::from_str(&data::text(&folder, "testcases.json")).unwrap();
    let (mut failing, mut passing, mut wrong) = (0, 0, Vec::new());
    for test in cases["tests"].as_array().unwrap() {
        let id = data::str_of(test, "id");
        for (list, must_fail) in [("failures", true), ("valid", false)] {
            for file in test.get(list).and_then(Value::as_array).into_iter().flatten() {
                let name = data::str_of(file, "name");
                let found = csaf::mandatory(&parse(&std::fs::read(folder.join(name)).unwrap()));
                if test["group"] == "mandatory" {
                    failing += usize::from(must_fail);
                    passing += usize::from(!must_fail);
                    if found.iter().any(|failure| failure.test == id) != must_fail {
                        wrong.push(format!("{id} {list} {name}: {found:?}"));
                    }
                }
                // Whether a document is valid as a whole is stated too, for the optional and informative sets as well.
                let found: Vec<_> = found.iter().filter(|f| !mistaken(name, f.test)).collect();
                if file["valid"] == true && !found.is_empty() {
                    wrong.push(format!("{name} is valid, but: {found:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((failing, passing), (87, 60));
}

/// Tests that need more than the parsed document: key order, the whole schema, a network, a dictionary.
const NOT_RUN: [&str; 5] = ["6.2.13", "6.2.20", "6.3.6", "6.3.7", "6.3.8"];

#[test]
fn optional_and_informative_tests_fail_and_pass_as_published() {
    let Some(folder) = data::folder("vuln/csaf-conformance/csaf_2.0/test/validator/data") else { return };
    let cases: Value = serde_json::from_str(&data::text(&folder, "testcases.json")).unwrap();
    let (mut failing, mut passing, mut wrong) = (0, 0, Vec::new());
    for test in cases["tests"].as_array().unwrap() {
        let id = data::str_of(test, "id");
        if test["group"] == "mandatory" || NOT_RUN.contains(&id) {
            continue;
        }
        for (list, must_fail) in [("failures", true), ("valid", false)] {
            for file in test.get(list).and_then(Value::as_array).into_iter().flatten() {
                let name = data::str_of(file, "name");
                let found = csaf::advisable(&parse(&std::fs::read(folder.join(name)).unwrap()));
                failing += usize::from(must_fail);
                passing += usize::from(!must_fail);
                if found.iter().any(|failure| failure.test == id) != must_fail {
                    wrong.push(format!("{id} {list} {name}: {found:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((failing, passing), (51, 30));
}

#[test]
fn medical_advisories_load_with_their_digests() {
    let Some(folder) = data::folder("vuln/cisa-csaf-medical") else { return };
    let files = data::files(&folder, ".json");
    let (mut advisories, mut statements, mut readable, mut unreadable) = (0, 0, 0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let published = std::fs::read_to_string(format!("{}.sha512", file.display())).unwrap();
        assert_eq!(check_published_digest(&bytes, &published), Ok(()), "{}", file.display());
        assert!(check_published_digest(&bytes[1..], &published).is_err());
        let contents = read(&bytes).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_eq!(contents.format, Format::Csaf);
        advisories += contents.advisories.len();
        statements += contents.statements.len();
        for affected in contents.advisories.iter().flat_map(|a| &a.affected) {
            assert!(affected.coordinates.usable().is_ok());
            for rule in &affected.rules {
                match &rule.extent {
                    Extent::Range(vers) => {
                        readable += 1;
                        assert!(!vers.is_none(), "{}: an empty range", file.display());
                    }
                    Extent::Unreadable { text, reason } => {
                        unreadable += 1;
                        assert!(!text.is_empty() && !reason.is_empty());
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(csaf::mandatory(&parse(&bytes)), [], "{}", file.display());
    }
    // Model numbers, dates and prose stand where versions belong: none of them is read as a version.
    assert_eq!((files.len(), advisories, statements, readable, unreadable), (144, 433, 1590, 1196, 394));
}
