//! CycloneDX (ECMA-424) in and out. Not here: vulnerabilities and VEX (see the advisory formats), protobuf.

mod build;
mod table;
mod table_parts;
mod terms;
mod write;
mod write_xml;

pub(crate) use build::Builder;
pub(crate) use table::BOM;
pub use write::write_json;
pub use write_xml::write_xml;

use super::grammar::Version;

/// Versions read, with the namespace of their XML form.
const VERSIONS: &[(Version, &str, &str)] = &[
    (10, "1.0", "http://cyclonedx.org/schema/bom/1.0"),
    (11, "1.1", "http://cyclonedx.org/schema/bom/1.1"),
    (12, "1.2", "http://cyclonedx.org/schema/bom/1.2"),
    (13, "1.3", "http://cyclonedx.org/schema/bom/1.3"),
    (14, "1.4", "http://cyclonedx.org/schema/bom/1.4"),
    (15, "1.5", "http://cyclonedx.org/schema/bom/1.5"),
    (16, "1.6", "http://cyclonedx.org/schema/bom/1.6"),
    (17, "1.7", "http://cyclonedx.org/schema/bom/1.7"),
];

/// The version a JSON document states; JSON exists from 1.2 on.
pub(crate) fn json_version(text: &str) -> Option<Version> {
    VERSIONS.iter().find(|(v, name, _)| *v >= 12 && *name == text).map(|(v, _, _)| *v)
}

/// The version an XML namespace stands for, and the namespace.
pub(crate) fn xml_version(namespace: &str) -> Option<(Version, &'static str)> {
    VERSIONS.iter().find(|(_, _, known)| *known == namespace).map(|(v, _, known)| (*v, *known))
}
