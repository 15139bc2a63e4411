//! ReqIF of five producers: counts found by another XML parser, what is accepted with which findings, and round trips
//! that compare not only our form but every attribute and text of the documents.

use std::path::{Path, PathBuf};

use formats::requirements::{File, ForeignSet, Limits, Target, Value, read_reqif, read_reqifz, write_reqif};
use quick_xml::events::Event;
use serde_json::Value as Json;

use super::data::{files, folder, text};

const WRITTEN: &str = "2026-01-01T00:00:00Z";

fn read(path: &Path) -> Result<ForeignSet, formats::requirements::Error> {
    let bytes = std::fs::read(path).unwrap();
    let name = path.to_str().unwrap();
    let file = File { name, bytes: &bytes };
    if name.ends_with('z') {
        read_reqifz(file, &Limits::default())
    } else {
        read_reqif(file, &Limits::default())
    }
}

fn root() -> Option<PathBuf> {
    Some(folder("req/reqif")?.join("tests/integration"))
}

fn all(root: &Path) -> Vec<PathBuf> {
    let mut paths = files(root, ".reqif");
    paths.extend(files(root, ".reqifz"));
    paths
}

/// Items, links, dangling links, placements.
fn counts(set: &ForeignSet) -> [usize; 4] {
    let links = set.links().filter(|(_, link)| !link.external).count() + set.strays.len();
    let places = set.documents.iter().map(|document| document.placements.len()).sum();
    [set.items.len(), links, set.dangling().len(), places]
}

/// Counted with another parser over the same files; the set states none.
#[test]
fn producers_load_with_their_counts() {
    let Some(root) = root() else { return };
    for (name, expected) in [
        ("examples/02_read_reqif/input.reqif", [3, 0, 0, 3]),
        ("examples/03_read_reqifz/input.reqifz", [2, 0, 0, 2]),
        ("reqif_software/Doors/02_example_from_a_user/sample.reqif", [3, 0, 0, 3]),
        ("reqif_software/Doors/06_example_from_a_user/sample.reqif", [1, 0, 0, 2]),
        ("reqif_software/Doors/10_example_capella_requirements_vp/sample.reqif", [1, 0, 0, 1]),
        ("reqif_software/Polarion/01_anonimized_example/sample.reqif", [101, 0, 0, 101]),
        ("reqif_software/ReqIF_Studio/01_anonimized_example/sample.reqif", [137, 14, 0, 138]),
        ("reqif_software/SparxSystems_Enterprise_Architect_8.0/01_example/sample.reqif", [3, 1, 1, 2]),
        ("reqif_software/org.eclipse.rmf/01_specRelationTest/sample.reqif", [2, 1, 0, 2]),
        ("reqifz/01_reqifz_with_one_reqif_and_one_attachments/sample.reqifz", [2, 0, 0, 2]),
        (
            "reqif_software/ci.eclipse.org/TC1200_E0000_S10_Reference_20210122_1256_jenkins/sample.reqif",
            [44, 0, 0, 44],
        ),
        (
            "reqif_software/ci.eclipse.org/TC1700_E0000_S10_Reference_20210122_1256_jenkins/sample.reqifz",
            [2, 1, 0, 2],
        ),
    ] {
        assert_eq!(counts(&read(&root.join(name)).unwrap()), expected, "{name}");
    }
    // All that can be read: 82 documents and 5 archives, less an empty file and one that declares ISO-8859-1.
    let mut total = [0; 4];
    let mut refused = Vec::new();
    for path in all(&root) {
        match read(&path) {
            Ok(set) => total.iter_mut().zip(counts(&set)).for_each(|(total, count)| *total += count),
            Err(error) => refused.push((path, error.to_string())),
        }
    }
    let validate = root.join("commands/validate");
    let names: Vec<&PathBuf> = refused.iter().map(|(path, _)| path).collect();
    assert_eq!(
        names,
        [
            &validate.join("03_doctype_incorrect_encoding/sample.reqif"),
            &validate.join("04_empty_file/sample.reqif")
        ],
        "{refused:?}"
    );
    // The other parser, which takes the ISO-8859-1 document, counts one object and one place more.
    let iso = counts(&read(&validate.join("01_valid_file/sample.reqif")).unwrap());
    total.iter_mut().zip(iso).for_each(|(total, count)| *total += count);
    assert_eq!(total, [392, 28, 7, 379]);
}

#[test]
fn what_breaks_the_standard_has_a_finding() {
    let Some(root) = root() else { return };
    let validate = root.join("commands/validate");
    let findings = |name: &str| -> Vec<String> {
        match read(&validate.join(name).join("sample.reqif")) {
            Ok(set) => set.findings.into_iter().map(|f| format!("{} ({})", f.reason, f.source)).collect(),
            Err(error) => vec![error.to_string()],
        }
    };
    assert_eq!(findings("01_valid_file"), [""; 0]);
    for (name, part) in [
        ("02_missing_xml_doctype_declaration", "no XML declaration"),
        ("03_doctype_incorrect_encoding", "an encoding other than UTF-8"),
        ("04_empty_file", "there is no element"),
        ("_xsd_schema_validation/01_incorrect_reqif_version", "REQ-IF-VERSION is \"1.2\", not 1.0"),
        ("_xsd_schema_validation/02_invalid_is_editable_tag", "IS-EDITABLE may not stand"),
        ("_xsd_schema_validation/03_invalid_table_internal", "IS-TABLE-INTERNAL may not stand"),
        ("SPEC-RELATION/01_SOURCE_missing", "SPEC-RELATION has no SOURCE"),
        ("SPEC-RELATION/02_TARGET_missing", "SPEC-RELATION has no TARGET"),
        ("SPEC-RELATION/03_SOURCE_links_to_a_missing_SPEC-OBJECT", "the SOURCE \"NON_EXISTING_UID\""),
        ("SPEC-RELATION/04_TARGET_links_to_a_missing_SPEC-OBJECT", "the TARGET \"NON_EXISTING_UID\""),
        ("SPEC-HIERARCHY/01_SPEC-OBJECT-REF_does_not_exist", "the object \"_gFhrY2ojEeuExICsU7Acmg\""),
    ] {
        let found = findings(name);
        assert!(found.iter().any(|finding| finding.contains(part)), "{name}: {found:?}");
    }
    // This one is to be accepted, and is; it is the same bytes as the one with the wrong version, so it has the same
    // findings: what its name speaks of is how a schema is found, not what the document holds.
    let case = validate.join("_xsd_schema_validation/10_relative_paths_are_accepted_with_no_errors");
    assert!(read(&case.join("sample.reqif")).is_ok());
    let same = text(&validate, "_xsd_schema_validation/01_incorrect_reqif_version/sample.reqif");
    assert_eq!(text(&case, "sample.reqif"), same);
}

#[test]
fn reading_what_was_written_gives_an_equal_set() {
    let Some(root) = root() else { return };
    let mut done = 0;
    for path in all(&root) {
        let Ok(mut set) = read(&path) else { continue };
        let written = write_reqif(&set, WRITTEN).unwrap();
        let file = File { name: "written", bytes: written.as_bytes() };
        let again =
            read_reqif(file, &Limits::default()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(write_reqif(&again, WRITTEN).unwrap(), written, "{}", path.display());
        set.attachments.clear();
        assert!(again.without_places() == set.without_places(), "{}", path.display());
        done += 1;
    }
    assert_eq!(done, 85);
}

/// Every attribute and every text of a document, in no order: `element/attribute=value` and `element=text`.
fn content(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut found = Vec::new();
    let mut open: Vec<(String, String)> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                for attribute in start.attributes() {
                    let attribute = attribute.unwrap();
                    let key = attribute.key.as_ref();
                    if key.starts_with("xmlns") || key.contains(':') {
                        continue;
                    }
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap();
                    // An empty description or name says what none says.
                    if value.is_empty() && matches!(key, "DESC" | "LONG-NAME") {
                        continue;
                    }
                    found.push(format!("{name}/{key}={value}"));
                }
                open.push((name, String::new()));
            }
            Event::End(_) => {
                let (name, text) = open.pop().unwrap();
                let text: String = text.split_whitespace().collect();
                // The definition of a default value is the one it stands in, whether that is repeated or not.
                let implied =
                    name.starts_with("ATTRIBUTE-DEFINITION") && open.iter().any(|o| o.0 == "DEFAULT-VALUE");
                if !text.is_empty() && !implied {
                    found.push(format!("{name}={text}"));
                }
            }
            Event::Text(text) => {
                open.iter_mut().last().into_iter().for_each(|o| o.1.push_str(&text.xml10_content()));
            }
            Event::CData(text) => {
                open.iter_mut().last().into_iter().for_each(|o| o.1.push_str(&text.xml10_content()));
            }
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().unwrap() {
                    Some(c) => c.to_string(),
                    None => {
                        quick_xml::escape::resolve_xml_entity(&reference.xml10_content()).unwrap().to_owned()
                    }
                };
                open.last_mut().unwrap().1.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_of_a_document_is_lost_unsaid() {
    let Some(root) = root() else { return };
    let (mut compared, mut said) = (0, 0);
    for path in files(&root, ".reqif") {
        let Ok(set) = read(&path) else { continue };
        // Where something is not kept, a finding says so.
        if set.findings.iter().any(|finding| finding.reason.contains("not kept")) {
            said += 1;
            continue;
        }
        let before = std::fs::read_to_string(&path).unwrap();
        let after = write_reqif(&set, WRITTEN).unwrap();
        let (before, after) = (content(&before), content(&after));
        let lost: Vec<_> = before.iter().filter(|line| after.binary_search(line).is_err()).collect();
        let new: Vec<_> = after.iter().filter(|line| before.binary_search(line).is_err()).collect();
        assert!(lost.is_empty() && new.is_empty(), "{}: lost {lost:?}, new {new:?}", path.display());
        assert_eq!(before.len(), after.len(), "{}", path.display());
        compared += 1;
    }
    assert_eq!((compared, said), (76, 4));
}

/// The documents of the example as JSON: names, levels, kinds and fields of every node.
#[test]
fn structure_is_as_the_examples_say() {
    let Some(root) = root() else { return };
    let examples = root.join("examples/04_convert_reqif_to_json");
    let mut nodes = 0;
    for name in ["sample1_polarion", "sample2_sdoc", "sample3_eclipse_rmf"] {
        let set = read(&examples.join(format!("{name}.reqif"))).unwrap();
        let index = set.index();
        let expected: Json =
            serde_json::from_str(&text(&examples, &format!("expected/{name}.json"))).unwrap();
        let documents = expected["documents"].as_array().unwrap();
        assert_eq!(documents.len(), set.documents.len(), "{name}");
        for (expected, document) in documents.iter().zip(&set.documents) {
            assert_eq!(expected["name"].as_str().unwrap_or_default(), document.named.name);
            let mut wanted = Vec::new();
            flatten(&expected["nodes"], &mut wanted);
            assert_eq!(wanted.len(), document.placements.len());
            for (wanted, placement) in wanted.into_iter().zip(&document.placements) {
                let item = &set.items[index[placement.item.as_str()]];
                assert_eq!(wanted["level"], placement.depth + 1);
                assert_eq!(wanted["node_type"], item.kind.as_str());
                for (field, value) in wanted["fields"].as_object().unwrap() {
                    let attribute = item.attributes.iter().find(|a| a.name == *field).unwrap();
                    let found = match &attribute.value {
                        Value::Text(text) | Value::Date(text) | Value::Integer(text) => text.clone(),
                        Value::Xhtml(xhtml) => xhtml.markup.clone(),
                        Value::Choice(choices) => choices[0].name.clone(),
                        other => panic!("{other:?}"),
                    };
                    let squeeze = |text: &str| -> String {
                        text.replace("reqif-xhtml:", "xhtml:").split_whitespace().collect()
                    };
                    assert_eq!(squeeze(&found), squeeze(value.as_str().unwrap()), "{name} {field}");
                }
                nodes += 1;
            }
        }
    }
    assert_eq!(nodes, 26);
}

fn flatten<'j>(nodes: &'j Json, out: &mut Vec<&'j Json>) {
    for node in nodes.as_array().unwrap() {
        out.push(node);
        flatten(&node["nodes"], out);
    }
}

#[test]
fn titles_texts_and_parents_are_read() {
    let Some(root) = root() else { return };
    let set = read(&root.join("examples/04_convert_reqif_to_json/sample1_polarion.reqif")).unwrap();
    let item = &set.items[1];
    assert_eq!((item.label.as_str(), item.title.as_str()), ("LOREM-818", "SW: Lorem Ipsum"));
    assert_eq!(item.text, "The Lorem Ipsum shall do something.");
    assert_eq!((item.parent.as_deref(), item.position), (Some(set.items[0].id.as_str()), 0));
    assert!(set.kinds.iter().any(|kind| kind.of == Target::Document));
}
