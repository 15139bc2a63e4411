//! Writes SPDX 2.3 tag-value. Not here: what is said of a component (see `write.rs`).

use std::fmt::Write as _;

use super::names::{self, DOCUMENT};
use super::write::{external_refs, licence_fields, link, outline, target};
use crate::sbom::model::Sbom;

/// The SBOM as SPDX 2.3 tag-value. Names with line breaks or surrounding white space cannot be written in this form
/// and are cut to one line; otherwise reading it back gives the same normalised SBOM. O(n log n) time.
#[must_use]
pub fn write_tag_value(sbom: &Sbom) -> String {
    let outline = outline(sbom);
    let mut out = String::new();
    line(&mut out, "SPDXVersion", "SPDX-2.3");
    line(&mut out, "DataLicense", "CC0-1.0");
    line(&mut out, "SPDXID", DOCUMENT);
    line(&mut out, "DocumentName", outline.name());
    line(&mut out, "DocumentNamespace", outline.namespace());
    for creator in &outline.creators {
        line(&mut out, "Creator", creator);
    }
    line(&mut out, "Created", outline.created());
    if let Some(extension) = &outline.extension {
        annotation(&mut out, outline.created(), DOCUMENT, extension);
    }
    for relationship in &outline.relationships {
        let text = format!("{} {} {}", relationship.from, relationship.kind.name(), target(&relationship.to));
        line(&mut out, "Relationship", &text);
    }
    for package in &outline.packages {
        let said = &package.said;
        out.push('\n');
        line(&mut out, "PackageName", &said.name);
        line(&mut out, "SPDXID", &package.id);
        if let Some(version) = &said.version {
            line(&mut out, "PackageVersion", version);
        }
        let supplier = said.supplier.as_ref().map_or("NOASSERTION".to_owned(), names::party_text);
        line(&mut out, "PackageSupplier", &supplier);
        if let Some(manufacturer) = &said.manufacturer {
            line(&mut out, "PackageOriginator", &names::party_text(manufacturer));
        }
        line(&mut out, "PackageDownloadLocation", link(said, "distribution").unwrap_or("NOASSERTION"));
        line(&mut out, "FilesAnalyzed", "false");
        for hash in &said.hashes {
            if let Some(algorithm) = names::algorithm_to(&hash.algorithm) {
                line(&mut out, "PackageChecksum", &format!("{algorithm}: {}", hash.value));
            }
        }
        if let Some(url) = link(said, "website") {
            line(&mut out, "PackageHomePage", url);
        }
        if let Some(purpose) = names::purpose(said.class) {
            line(&mut out, "PrimaryPackagePurpose", purpose);
        }
        if let Some(end) = &said.end_of_support {
            line(&mut out, "ValidUntilDate", end);
        }
        let [(_, declared), (_, concluded)] = licence_fields(said);
        line(&mut out, "PackageLicenseConcluded", concluded);
        line(&mut out, "PackageLicenseDeclared", declared);
        line(&mut out, "PackageCopyrightText", "NOASSERTION");
        for (category, kind, locator) in external_refs(said) {
            line(&mut out, "ExternalRef", &format!("{category} {kind} {locator}"));
        }
        if let Some(extension) = &package.extension {
            annotation(&mut out, outline.created(), &package.id, extension);
        }
    }
    for id in outline.licence_refs() {
        out.push('\n');
        line(&mut out, "LicenseID", id);
        line(&mut out, "ExtractedText", "NOASSERTION");
    }
    out
}

/// One tag on one line: a line break in a value would start another tag.
fn line(out: &mut String, tag: &str, value: &str) {
    let _ = write!(out, "{tag}: ");
    out.extend(value.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
    out.push('\n');
}

fn annotation(out: &mut String, created: &str, element: &str, comment: &str) {
    line(out, "Annotator", "Tool: vouchsafe");
    line(out, "AnnotationDate", created);
    line(out, "AnnotationComment", comment);
    line(out, "AnnotationType", "OTHER");
    line(out, "SPDXREF", element);
}
