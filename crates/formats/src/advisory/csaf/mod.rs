//! CSAF 2.0: the product tree, one advisory for each vulnerability, VEX statements, and the tests of clause 6.
//!
//! Not here: schema validation beyond what is read, and CSAF 2.1.

mod advice;
mod check;
mod cwe;
mod history;
mod lang;
mod products;
mod profiles;
mod references;
mod scores;

use super::model::{Advisory, Affected, Extent, Reference, Rule, Severity, Status};
use super::node::Node;
use super::vex::{Product, Statement};
use super::{Document, Error, Format, cvss, osv};
use crate::vers;
use crate::version::Scheme;
use products::{Products, VersionText};

pub use advice::advisable;
pub use check::{Failure, mandatory};

/// The product status groups of 3.2.3.9 and what they say. `recommended` says nothing about being affected.
const GROUPS: [(&str, Status); 8] = [
    ("first_affected", Status::Affected),
    ("known_affected", Status::Affected),
    ("last_affected", Status::Affected),
    ("known_not_affected", Status::NotAffected),
    ("first_fixed", Status::Fixed),
    ("fixed", Status::Fixed),
    ("under_investigation", Status::UnderInvestigation),
    ("recommended", Status::Unknown),
];

/// Reads a CSAF document: its advisories, and as statements what it says about the state of products.
///
/// # Errors
/// When a required field is missing, a value is of the wrong kind, or a product is not defined.
pub fn read(document: &Document) -> Result<(Vec<Advisory>, Vec<Statement>), Error> {
    let root = Node::root(document.value());
    let head = root.need("document")?;
    if head.need_text("csaf_version")? != "2.0" {
        return Err(head.need("csaf_version")?.wrong("only CSAF 2.0 is read"));
    }
    let tracking = head.need("tracking")?;
    let publisher = head.need("publisher")?;
    let mut frame = Advisory::new(Format::Csaf, tracking.need_text("id")?, document.digest());
    frame.document = Some(frame.id.clone());
    frame.summary = Some(head.need_text("title")?.to_owned());
    frame.published = Some(osv::time(&tracking.need("initial_release_date")?)?);
    frame.modified = Some(osv::time(&tracking.need("current_release_date")?)?);
    references(&head, &mut frame)?;
    let author = publisher.need_text("name")?;
    let products = Products::read(&root)?;
    let mut advisories = Vec::new();
    let mut statements = Vec::new();
    for (index, item) in root.each("vulnerabilities")?.into_iter().enumerate() {
        item.with(|node| {
            let mut advisory = frame.clone();
            advisory.id = match node.opt_text("cve")? {
                Some(cve) => cve.to_owned(),
                None => format!("{}#{}", frame.id, index + 1),
            };
            for item in node.each("ids")? {
                advisory.aliases.push(item.with(|node| node.need_text("text").map(str::to_owned))?);
            }
            if let Some(title) = node.opt_text("title")? {
                advisory.summary = Some(title.to_owned());
            }
            vulnerability(node, &products, &mut advisory)?;
            said(node, &products, &advisory, author, &mut statements)?;
            advisories.push(advisory);
            Ok::<_, Error>(())
        })?;
    }
    Ok((advisories, statements))
}

fn references(node: &Node<'_, '_>, advisory: &mut Advisory) -> Result<(), Error> {
    for item in node.each("references")? {
        advisory.references.push(item.with(|node| {
            let kind = node.opt_text("category")?.unwrap_or("external").to_owned();
            Ok::<_, Error>(Reference { kind, url: node.need_text("url")?.to_owned() })
        })?);
    }
    Ok(())
}

fn vulnerability(node: &Node<'_, '_>, products: &Products, advisory: &mut Advisory) -> Result<(), Error> {
    references(node, advisory)?;
    if let Some(cwe) = node.get("cwe") {
        advisory.cwes.push(cwe.need_text("id")?.to_owned());
    }
    for item in node.each("scores")? {
        advisory.severities.extend(item.with(scores)?);
    }
    let Some(groups) = node.get("product_status") else {
        advisory.findings.push(node.finding("no product status: nothing can be matched"));
        return Ok(());
    };
    for (key, status) in GROUPS {
        if status == Status::Unknown {
            continue;
        }
        for item in groups.each(key)? {
            let affected = item.with(|node| {
                let id = node.text()?;
                let Some(product) = products.get(id) else {
                    return Err(node.wrong("a product that is not defined"));
                };
                let fixed = match (&product.version, status) {
                    (Some(VersionText::Exact(version)), Status::Fixed) => vec![version.clone()],
                    _ => Vec::new(),
                };
                let rule = Rule { status, extent: extent(product) };
                if let Extent::Unreadable { text, reason } = &rule.extent {
                    advisory.findings.push(node.finding(format!("{text:?}: {reason}")));
                }
                Ok(Affected {
                    coordinates: product.coordinates.clone(),
                    default: Status::Unknown,
                    rules: vec![rule],
                    fixed,
                    severities: Vec::new(),
                    product_id: Some(id.to_owned()),
                })
            })?;
            advisory.affected.push(affected);
        }
    }
    Ok(())
}

/// What the product's version says. A product without one stands for all its versions only where it says so.
fn extent(product: &products::Named) -> Extent {
    let component = product.coordinates.product.as_deref().unwrap_or("");
    let by_purl = product.coordinates.purl.as_ref().and_then(|purl| Scheme::from_purl_type(purl.ty()));
    let scheme =
        by_purl.filter(|scheme| *scheme != Scheme::Generic).unwrap_or(Scheme::of_component(component));
    let read = match &product.version {
        None => match product.coordinates.purl.as_ref().and_then(|purl| purl.version()) {
            Some(version) => vers::from_text(scheme, version).map_err(|error| error.to_string()),
            None => {
                return Extent::Unreadable {
                    text: product.name.clone(),
                    reason: "the product is named without a version".to_owned(),
                };
            }
        },
        Some(VersionText::Exact(text) | VersionText::Range(text)) => read_versions(scheme, text),
    };
    match (read, &product.version) {
        (Ok(vers), _) => Extent::Range(vers),
        (Err(reason), Some(VersionText::Exact(text) | VersionText::Range(text))) => {
            Extent::Unreadable { text: text.clone(), reason }
        }
        (Err(reason), None) => Extent::Unreadable { text: product.name.clone(), reason },
    }
}

/// `vers:…` or free text.
fn read_versions(scheme: Scheme, text: &str) -> Result<vers::Vers, String> {
    let read = if text.starts_with("vers:") { vers::Vers::read(text) } else { vers::from_text(scheme, text) };
    let vers = read.map_err(|error| error.to_string())?;
    // A range that cannot be evaluated is no range: ask it once about a version of its own.
    match vers.constraints().first().map(|constraint| vers.contains(&constraint.version)) {
        Some(Err(error)) => Err(error.to_string()),
        _ => Ok(vers),
    }
}

fn scores(node: &Node<'_, '_>) -> Result<Vec<Severity>, Error> {
    let products = node.strings("products")?;
    let mut found = Vec::new();
    for (key, kind) in [("cvss_v2", "CVSS_V2"), ("cvss_v3", "CVSS_V3")] {
        if let Some(score) = node.get(key) {
            let mut severity = cvss::severity(kind, score.need_text("vectorString")?);
            severity.score =
                severity.score.or_else(|| score.value.get("baseScore").and_then(serde_json::Value::as_f64));
            severity.products.clone_from(&products);
            found.push(severity);
        }
    }
    Ok(found)
}

/// The document's product statuses as statements, one for each product that has one.
fn said(
    node: &Node<'_, '_>,
    products: &Products,
    advisory: &Advisory,
    author: &str,
    statements: &mut Vec<Statement>,
) -> Result<(), Error> {
    let Some(groups) = node.get("product_status") else { return Ok(()) };
    let justifications = by_product(node, products, "flags", "label", None)?;
    let impacts = by_product(node, products, "threats", "details", Some("impact"))?;
    let actions = by_product(node, products, "remediations", "details", None)?;
    let of = |list: &[(String, String)], id: &str| {
        list.iter().find(|(product, _)| product == id).map(|(_, text)| text.clone())
    };
    for (key, status) in GROUPS {
        if status == Status::Unknown {
            continue;
        }
        for id in groups.strings(key)? {
            let mut product = Product { id: Some(id.clone()), ..Product::default() };
            if let Some(named) = products.get(&id) {
                product.purl.clone_from(&named.coordinates.purl);
                product.cpes.clone_from(&named.coordinates.cpes);
            }
            statements.push(Statement {
                format: Format::Csaf,
                document: advisory.document.clone().unwrap_or_default(),
                vulnerability: advisory.id.clone(),
                aliases: advisory.aliases.clone(),
                products: vec![product],
                status,
                justification: of(&justifications, &id),
                impact: of(&impacts, &id),
                action: of(&actions, &id),
                author: Some(author.to_owned()),
                timestamp: advisory.modified.clone(),
                findings: Vec::new(),
            });
        }
    }
    Ok(())
}

/// The texts of flags, threats or remediations by product, groups resolved.
fn by_product(
    node: &Node<'_, '_>,
    products: &Products,
    list: &'static str,
    text: &'static str,
    category: Option<&str>,
) -> Result<Vec<(String, String)>, Error> {
    let mut found = Vec::new();
    for item in node.each(list)? {
        item.with(|node| {
            if category.is_some() && node.opt_text("category")? != category {
                return Ok(());
            }
            let text = node.need_text(text)?;
            let mut ids = node.strings("product_ids")?;
            for group in node.strings("group_ids")? {
                ids.extend(products.group(&group).iter().cloned());
            }
            found.extend(ids.into_iter().map(|id| (id, text.to_owned())));
            Ok::<_, Error>(())
        })?;
    }
    Ok(found)
}
