//! SPDX: one document in four formats, in two versions; refusals; encodings.

use std::path::PathBuf;

use formats::sbom::{Class, Encoding, Error, Problem, Sbom, Standard};

use crate::cyclonedx::open;
use crate::data;

fn folder() -> Option<PathBuf> {
    data::folder("sbom/spdx-tools-python/tests/spdx/data")
}

fn counts(sbom: &Sbom) -> (usize, usize, usize) {
    let files = sbom.components.iter().filter(|c| c.class == Class::File).count();
    (sbom.components.len() - files, files, sbom.relationships.len())
}

/// `LocationRef-acmeforge` of the tag-value form is a shorthand of the JSON form's full URI.
fn same_links(mut sbom: Sbom) -> Sbom {
    for component in &mut sbom.components {
        for link in &mut component.references {
            if let Some(at) = link.kind.find("LocationRef-") {
                link.kind = format!("OTHER {}", &link.kind[at..]).into();
            }
        }
    }
    sbom
}

#[test]
fn equal_across_formats() {
    let Some(folder) = folder() else { return };
    for (version, minor) in [("v2.2", 2), ("v2.3", 3)] {
        let read = |name: String| {
            let document = open(&folder.join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(document.standard, Standard::Spdx(2, minor));
            document
        };
        let json = read(format!("SPDXJSONExample-{version}.spdx.json"));
        let yaml = read(format!("SPDXYAMLExample-{version}.spdx.yaml"));
        let xml = read(format!("SPDXXMLExample-{version}.spdx.xml"));
        let tag_value = read(format!("SPDXTagExample-{version}.spdx"));
        let encodings = [json.encoding, yaml.encoding, xml.encoding, tag_value.encoding];
        assert_eq!(encodings, [Encoding::Json, Encoding::Yaml, Encoding::Xml, Encoding::TagValue]);
        assert_eq!(json.sbom, yaml.sbom, "{version}");
        assert_eq!(json.sbom, xml.sbom, "{version}");
        // 9 and 7 relationships as such, 2 of documentDescribes, and the files of a package that are not said twice.
        let expected = if minor == 2 { (4, 4, 11) } else { (4, 5, 13) };
        assert_eq!(counts(&json.sbom), expected, "{version}");
        assert_eq!(same_links(json.sbom), same_links(tag_value.sbom), "{version}");
    }
}

#[test]
fn utf16_is_read() {
    let Some(folder) = folder() else { return };
    let plain = open(&folder.join("SPDXJSONExample-v2.2.spdx.json")).unwrap().sbom;
    for name in ["JSONExample-UTF-16.spdx.json", "YAMLExample-UTF-16.spdx.yaml", "XMLExample-UTF-16.spdx.xml"]
    {
        assert_eq!(open(&folder.join(format!("SPDX{name}"))).unwrap().sbom, plain, "{name}");
    }
    let tag_value = open(&folder.join("SPDXTagExample-UTF-16.spdx")).unwrap().sbom;
    let utf8 = open(&folder.join("SPDXTagExample-v2.2.spdx")).unwrap().sbom;
    assert_eq!(tag_value, utf8);
}

#[test]
fn others_of_the_set() {
    let Some(folder) = folder() else { return };
    for name in ["SPDXLite.spdx", "ControlCharacters.spdx.json"] {
        open(&folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    // RDF is not read, and said so.
    for name in ["SPDXRdfExample-v2.3.spdx.rdf.xml", "SPDXRdfExample-UTF-16.spdx.rdf.xml"] {
        assert!(matches!(open(&folder.join(name)), Err(Error::Unsupported { .. })), "{name}");
    }
}

#[test]
fn invalid_is_refused() {
    let Some(folder) = folder() else { return };
    let mut refused = 0;
    for path in data::files(&folder.join("invalid"), "") {
        let error = open(&path).unwrap_err();
        let Error::Invalid { problem: Problem::BadValue { value, .. }, place } = &error else {
            panic!("{error}")
        };
        assert_eq!((value.as_str(), place.path.as_str()), ("DESCRIBE", "/relationships/0"));
        refused += 1;
    }
    assert_eq!(refused, 1);
}

/// Documents of real producers: all of 2.2 and 2.3 are read, all others are named for what they are.
#[test]
fn real_documents() {
    let Some(folder) = data::folder("sbom/ntia-minimum-elements/tests/data") else { return };
    let (mut read, mut refused) = (0, 0);
    for set in ["real_world_sboms", "SPDXSBOMExampleTests", "other_tests", "missing_component_name", "spdx3"]
    {
        for path in data::files(&folder.join(set), "") {
            match open(&path) {
                Ok(document) => {
                    assert!(!document.sbom.components.is_empty(), "{}", path.display());
                    read += 1;
                }
                Err(Error::Unsupported { .. }) => refused += 1,
                // osv-scanner.toml and README.md are no documents of any kind.
                Err(error) => assert!(!data::name(&path).contains("spdx"), "{}: {error}", path.display()),
            }
        }
    }
    // Refused: three of SPDX 2.1, four in layouts before 2.2, six of SPDX 3.
    assert_eq!((read, refused), (25, 13), "read and refused");
}
