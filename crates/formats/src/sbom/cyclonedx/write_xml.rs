//! Writes CycloneDX 1.6 XML, elements in the order of the schema. Not here: what is said of an SBOM (see `terms.rs`).

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::terms::{Links, held, scope_name, tell, terms, type_name};
use crate::sbom::model::{
    Component, CreatorKind, Licence, LicenceForm, LicenceRole, Metadata, Party, Property, Sbom,
};

/// The SBOM as CycloneDX 1.6 XML. Reading it back gives the same normalised SBOM, save for what XML cannot hold:
/// control characters become U+FFFD, surrounding white space goes, and line breaks in attributes become spaces.
/// O(n log n) time, O(n) memory for a bounded depth of nesting.
#[must_use]
pub fn write_xml(sbom: &Sbom) -> String {
    let terms = terms(sbom);
    let (components, in_subject) = held(&terms.sbom, |one, inside| component("component", one, &inside));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<bom");
    attribute(&mut out, "xmlns", "http://cyclonedx.org/schema/bom/1.6");
    if let Some(id) = &terms.metadata.id {
        attribute(&mut out, "serialNumber", id);
    }
    if let Some(version) = terms.metadata.version {
        attribute(&mut out, "version", &version.to_string());
    }
    out.push_str(">\n");
    let subject = terms.sbom.subject.as_deref().map(|one| component("component", one, &in_subject));
    metadata(&mut out, &terms.metadata, subject.as_deref());
    wrapped(&mut out, "components", &components);
    let dependencies: Vec<String> = terms.dependencies.iter().map(dependency).collect();
    wrapped(&mut out, "dependencies", &dependencies);
    properties(&mut out, &terms.properties);
    out.push_str("</bom>\n");
    out
}

/// Text as XML 1.0 may hold it.
fn legal(text: &str) -> String {
    let control =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if control(c) { '\u{fffd}' } else { c }).collect()
}

fn attribute(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, " {name}=\"{}\"", escape(legal(value)));
}

fn element(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "<{name}>{}</{name}>", escape(legal(text)));
}

fn wrapped(out: &mut String, name: &str, items: &[String]) {
    if !items.is_empty() {
        let _ = writeln!(out, "<{name}>\n{}</{name}>", items.concat());
    }
}

fn properties(out: &mut String, properties: &[Property]) {
    let one = |property: &Property| {
        let mut out = String::from("<property");
        attribute(&mut out, "name", &property.name);
        let _ = writeln!(out, ">{}</property>", escape(legal(&property.value)));
        out
    };
    wrapped(out, "properties", &properties.iter().map(one).collect::<Vec<_>>());
}

fn party(out: &mut String, name: &str, party: Option<&Party>) {
    if let Some(party) = party {
        let _ = writeln!(out, "<{name}><name>{}</name></{name}>", escape(legal(&party.name)));
    }
}

fn metadata(out: &mut String, said: &Metadata, subject: Option<&str>) {
    out.push_str("<metadata>\n");
    if let Some(timestamp) = &said.timestamp {
        element(out, "timestamp", timestamp);
    }
    let of = |kind| said.creators.iter().filter(move |c| c.kind == kind);
    let tool = |name: &str| {
        format!("<component type=\"application\"><name>{}</name></component>\n", escape(legal(name)))
    };
    let tools: Vec<String> = of(CreatorKind::Tool).map(|c| tool(&c.name)).collect();
    if !tools.is_empty() {
        out.push_str("<tools>");
        wrapped(out, "components", &tools);
        out.push_str("</tools>\n");
    }
    let author = |name: &str| format!("<author><name>{}</name></author>\n", escape(legal(name)));
    wrapped(out, "authors", &of(CreatorKind::Person).map(|c| author(&c.name)).collect::<Vec<_>>());
    out.push_str(subject.unwrap_or_default());
    party(out, "manufacturer", said.manufacturer.as_ref());
    party(out, "supplier", said.supplier.as_ref());
    out.push_str("</metadata>\n");
}

fn component(name: &str, actual: &Component, inside: &[String]) -> String {
    let told = tell(actual);
    let said = told.said;
    let mut out = format!("<{name}");
    attribute(&mut out, "type", type_name(said.class));
    if !said.reference.is_empty() {
        attribute(&mut out, "bom-ref", &said.reference);
    }
    out.push_str(">\n");
    party(&mut out, "supplier", said.supplier.as_ref());
    party(&mut out, "manufacturer", said.manufacturer.as_ref());
    let mut text = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            element(&mut out, name, text);
        }
    };
    text("author", said.author.as_deref());
    text("publisher", said.publisher.as_deref());
    text("group", said.group.as_deref());
    text("name", Some(&said.name));
    text("version", said.version.as_deref());
    text("scope", said.scope.map(scope_name));
    let hash = |alg: &str, value: &str| format!("<hash alg=\"{}\">{}</hash>\n", escape(alg), escape(value));
    let hashes: Vec<String> = said.hashes.iter().map(|h| hash(&h.algorithm, &h.value)).collect();
    wrapped(&mut out, "hashes", &hashes);
    wrapped(&mut out, "licenses", &said.licences.iter().map(licence).collect::<Vec<_>>());
    if let Some(cpe) = said.cpes.first() {
        element(&mut out, "cpe", cpe);
    }
    if let Some(purl) = said.purls.first() {
        element(&mut out, "purl", purl);
    }
    if let Some(swid) = &said.swid {
        out.push_str("<swid");
        attribute(&mut out, "tagId", swid);
        attribute(&mut out, "name", &said.name);
        out.push_str("/>\n");
    }
    let link = |kind: &str, url: &str| {
        format!("<reference type=\"{}\"><url>{}</url></reference>\n", escape(kind), escape(legal(url)))
    };
    let links: Vec<String> = said.references.iter().map(|r| link(&r.kind, &r.url)).collect();
    wrapped(&mut out, "externalReferences", &links);
    properties(&mut out, &told.properties);
    wrapped(&mut out, "components", inside);
    let _ = writeln!(out, "</{name}>");
    out
}

fn licence(licence: &Licence) -> String {
    let mut role = String::new();
    match licence.role {
        LicenceRole::Unstated => {}
        LicenceRole::Declared => attribute(&mut role, "acknowledgement", "declared"),
        LicenceRole::Concluded => attribute(&mut role, "acknowledgement", "concluded"),
    }
    let text = legal(&licence.text);
    let text = escape(text);
    match licence.form {
        LicenceForm::Id => format!("<license{role}><id>{text}</id></license>\n"),
        LicenceForm::Name => format!("<license{role}><name>{text}</name></license>\n"),
        LicenceForm::Expression => format!("<expression{role}>{text}</expression>\n"),
    }
}

fn dependency(links: &Links) -> String {
    let mut out = String::from("<dependency");
    attribute(&mut out, "ref", &links.of);
    out.push('>');
    for (name, to) in [("dependency", &links.depends), ("provides", &links.provides)] {
        for to in to {
            let _ = write!(out, "<{name}");
            attribute(&mut out, "ref", to);
            out.push_str("/>");
        }
    }
    out.push_str("</dependency>\n");
    out
}
