//! The minimum elements, against documents that lack exactly one.

use std::collections::BTreeSet;

use formats::sbom::{Element, FindingKind, quality};

use crate::cyclonedx::open;
use crate::data;

#[test]
fn ntia_sets_report_exactly_what_is_missing() {
    let Some(folder) = data::folder("sbom/ntia-minimum-elements/tests/data") else { return };
    let cases = [
        ("missing_author_name", Some(Element::AuthorName)),
        ("missing_timestamp", Some(Element::Timestamp)),
        ("missing_dependency_relationships", Some(Element::DependencyRelationship)),
        ("missing_component_version", Some(Element::ComponentVersion)),
        ("missing_supplier_name", Some(Element::SupplierName)),
        ("missing_unique_identifiers", Some(Element::UniqueIdentifier)),
        ("no_elements_missing", None),
    ];
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (name, expected) in cases {
        for path in data::files(&folder.join(name), "") {
            // RDF is not among the formats read.
            if data::name(&path).contains("Rdf") {
                continue;
            }
            let sbom = match open(&path) {
                Ok(document) => document.sbom,
                Err(error) => {
                    wrong.push(format!("{}: {error}", path.display()));
                    continue;
                }
            };
            let found: BTreeSet<Element> =
                quality(&sbom).iter().map(|f| f.element).filter(|e| e.is_ntia()).collect();
            if found != expected.into_iter().collect() {
                wrong.push(format!("{name}/{}: {found:?}", data::name(&path)));
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(checked, 28);
}

#[test]
fn medical_device_case_study() {
    let Some(folder) = data::folder("sbom/medical-device-case-study/sboms/case-study") else { return };
    for (name, components) in [("extended.sbom.json", 65), ("narrow.sbom.json", 55)] {
        let sbom = open(&folder.join(name)).unwrap().sbom;
        assert_eq!(sbom.components.len(), components);
        let findings = quality(&sbom);
        let count =
            |element, kind| findings.iter().filter(|f| f.element == element && f.kind == kind).count();
        eprintln!(
            "{name}: {components} components; without version {}, support level {}, end of support {}; end of support \
             not a date {}; {} findings",
            count(Element::ComponentVersion, FindingKind::Missing),
            count(Element::SupportLevel, FindingKind::Missing),
            count(Element::EndOfSupport, FindingKind::Missing),
            count(Element::EndOfSupport, FindingKind::NotADate),
            findings.len(),
        );
        assert!(count(Element::EndOfSupport, FindingKind::NotADate) > 40, "\"Open source\" is no date");
        assert_eq!(count(Element::ComponentName, FindingKind::Missing), 0);
    }
}
