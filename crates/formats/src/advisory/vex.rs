//! Statements about the state of products (VEX): one form, read from OpenVEX and CycloneDX; CSAF's come from `csaf`.
//!
//! Not here: whether a statement is believed. A statement without the reason that its format asks for is kept with a
//! finding, so that whoever matches can refuse to rely on it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Finding, Format, Status};
use super::node::Node;
use super::{Document, Error, osv};
use crate::purl::Purl;

/// What an author says about a vulnerability in some products.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What is to be done, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Its other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Who says so. Absent: nobody, and nothing should be suppressed on its word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The document's identifier.
    pub document: String,
    /// What is missing or irregular.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Format of the document.
    pub format: Format,
    /// Why it is not affected, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// Why it is not affected, as the format names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// What the statement is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<Product>,
    /// What is said.
    pub status: Status,
    /// Since when, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The vulnerability's name.
    pub vulnerability: String,
}

/// A product or component of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// CPE names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<String>,
    /// Identifier as written: a purl, a bom-ref, a CSAF product identifier, any IRI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Package URL, from the identifier or beside it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::stored::purl")]
    pub purl: Option<Purl>,
    /// The components in it that the statement is about; empty for the product as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subcomponents: Vec<Product>,
    /// Versions or ranges (`vers`) the statement is limited to; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
}

impl Product {
    /// A product from its identifier, which may be a purl.
    pub(super) fn from_id(id: &str) -> Self {
        let purl = if id.starts_with("pkg:") { Purl::read(id).ok().map(|(purl, _)| purl) } else { None };
        Self { id: Some(id.to_owned()), purl, ..Self::default() }
    }
}

/// Reads the statements of an OpenVEX document (specification 0.2.0).
///
/// # Errors
/// When a required field is missing, or a value is not one that the specification allows.
pub fn open_vex(document: &Document) -> Result<Vec<Statement>, Error> {
    let root = Node::root(document.value());
    let context = root.need("@context")?;
    if !context.text()?.starts_with("https://openvex.dev/ns") {
        return Err(context.wrong("not an OpenVEX context"));
    }
    let id = root.need_text("@id")?;
    let author = root.need_text("author")?;
    let issued = osv::time(&root.need("timestamp")?)?;
    if root.need("version")?.value.as_u64().is_none_or(|version| version == 0) {
        return Err(root.need("version")?.wrong("a number from 1 is wanted"));
    }
    let statements = root.each("statements")?;
    if statements.is_empty() {
        return Err(root.shape("a document without statements"));
    }
    let mut out = Vec::with_capacity(statements.len());
    for item in statements {
        out.push(item.with(|node| open_vex_statement(node, id, author, &issued))?);
    }
    Ok(out)
}

fn open_vex_statement(node: &Node<'_, '_>, id: &str, author: &str, issued: &str) -> Result<Statement, Error> {
    let vulnerability = node.need("vulnerability")?;
    // Before 0.2.0 the vulnerability was a plain name.
    let (name, aliases) = match vulnerability.value {
        Value::String(name) => (name.as_str(), Vec::new()),
        _ => (vulnerability.need_text("name")?, vulnerability.strings("aliases")?),
    };
    let status = match node.need_text("status")? {
        "affected" => Status::Affected,
        "not_affected" => Status::NotAffected,
        "fixed" => Status::Fixed,
        "under_investigation" => Status::UnderInvestigation,
        _ => return Err(node.need("status")?.wrong("not a status of OpenVEX")),
    };
    let mut products = Vec::new();
    for item in node.each("products")? {
        products.push(item.with(|node| open_vex_product(node, 0))?);
    }
    let text = |key| node.opt_text(key).map(|text| text.map(str::to_owned));
    let justification = text("justification")?;
    if let Some(justification) = node.get("justification")
        && !JUSTIFICATIONS.contains(&justification.text()?)
    {
        return Err(justification.wrong("not a justification of OpenVEX"));
    }
    let timestamp = node.get("timestamp").map(|node| osv::time(&node)).transpose()?;
    let mut statement = Statement {
        format: Format::OpenVex,
        document: id.to_owned(),
        vulnerability: name.to_owned(),
        aliases,
        products,
        status,
        justification,
        impact: text("impact_statement")?,
        action: text("action_statement")?,
        author: Some(author.to_owned()),
        timestamp: timestamp.or_else(|| Some(issued.to_owned())),
        findings: Vec::new(),
    };
    let unreasoned = statement.justification.is_none() && statement.impact.is_none();
    if status == Status::NotAffected && unreasoned {
        statement.findings.push(node.finding("not affected without justification or impact statement"));
    }
    if status == Status::Affected && statement.action.is_none() {
        statement.findings.push(node.finding("affected without action statement"));
    }
    if statement.products.is_empty() {
        statement.findings.push(node.finding("no product: the statement is about nothing"));
    }
    Ok(statement)
}

const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

/// A product and its subcomponents, which have none themselves.
fn open_vex_product(node: &Node<'_, '_>, level: u8) -> Result<Product, Error> {
    // Before 0.2.0 a product was a plain identifier.
    if let Value::String(id) = node.value {
        return Ok(Product::from_id(id));
    }
    let mut product = node.opt_text("@id")?.map(Product::from_id).unwrap_or_default();
    if let Some(identifiers) = node.get("identifiers") {
        if let Some(purl) = identifiers.get("purl") {
            match Purl::read(purl.text()?) {
                Ok((purl, _)) => product.purl = Some(purl),
                Err(_) => return Err(purl.wrong("not a purl")),
            }
        }
        for key in ["cpe22", "cpe23"] {
            product.cpes.extend(identifiers.opt_text(key)?.map(str::to_owned));
        }
    }
    if product.id.is_none() && product.purl.is_none() && product.cpes.is_empty() {
        return Err(node.shape("a product needs an @id or identifiers"));
    }
    if level == 0 {
        for item in node.each("subcomponents")? {
            product.subcomponents.push(item.with(|node| open_vex_product(node, 1))?);
        }
    }
    Ok(product)
}

/// Reads the analyses of a CycloneDX document (1.4 and later, `vulnerabilities`). A vulnerability without an analysis
/// says nothing about the state of anything and gives no statement.
///
/// # Errors
/// When a value is of the wrong kind, or not one that the specification allows.
pub fn cyclone_dx(document: &Document) -> Result<Vec<Statement>, Error> {
    let root = Node::root(document.value());
    let serial = root.opt_text("serialNumber")?;
    let id = serial.map_or_else(|| document.digest().to_string(), str::to_owned);
    let mut out = Vec::new();
    for item in root.each("vulnerabilities")? {
        out.extend(item.with(|node| cyclone_dx_statement(node, &id, &root))?);
    }
    Ok(out)
}

fn cyclone_dx_statement(
    node: &Node<'_, '_>,
    document: &str,
    root: &Node<'_, '_>,
) -> Result<Option<Statement>, Error> {
    let Some(analysis) = node.get("analysis") else { return Ok(None) };
    let status = match analysis.opt_text("state")? {
        None => return Ok(None),
        Some("exploitable") => Status::Affected,
        Some("not_affected" | "false_positive") => Status::NotAffected,
        Some("resolved" | "resolved_with_pedigree") => Status::Fixed,
        Some("in_triage") => Status::UnderInvestigation,
        Some(_) => return Err(analysis.need("state")?.wrong("not a state of CycloneDX")),
    };
    let mut products = Vec::new();
    for item in node.each("affects")? {
        products.push(item.with(cyclone_dx_product)?);
    }
    let mut aliases = Vec::new();
    for item in node.each("references")? {
        aliases.extend(item.with(|node| node.opt_text("id").map(|id| id.map(str::to_owned)))?);
    }
    let detail = analysis.opt_text("detail")?.map(str::to_owned);
    let author = author(root)?;
    let mut statement = Statement {
        format: Format::CycloneDx,
        document: document.to_owned(),
        vulnerability: node.need_text("id")?.to_owned(),
        aliases,
        products,
        status,
        justification: analysis.opt_text("justification")?.map(str::to_owned),
        impact: if status == Status::NotAffected { detail.clone() } else { None },
        action: node.opt_text("recommendation")?.map(str::to_owned).or(detail),
        author,
        timestamp: analysis.opt_text("lastUpdated")?.or(node.opt_text("updated")?).map(str::to_owned),
        findings: Vec::new(),
    };
    if status == Status::NotAffected && statement.justification.is_none() && statement.impact.is_none() {
        statement.findings.push(node.finding("not affected without justification or detail"));
    }
    if statement.author.is_none() {
        statement
            .findings
            .push(node.finding("no author: neither authors, manufacturer nor supplier are named"));
    }
    if statement.products.is_empty() {
        statement.findings.push(node.finding("no product: the statement is about nothing"));
    }
    Ok(Some(statement))
}

/// Who made the document: the first of its authors, else who made or supplies what it describes.
fn author(root: &Node<'_, '_>) -> Result<Option<String>, Error> {
    let Some(metadata) = root.get("metadata") else { return Ok(None) };
    for item in metadata.each("authors")? {
        if let Some(name) = item.with(|node| node.opt_text("name").map(|name| name.map(str::to_owned)))? {
            return Ok(Some(name));
        }
    }
    for key in ["manufacturer", "manufacture", "supplier"] {
        if let Some(node) = metadata.get(key)
            && let Some(name) = node.opt_text("name")?
        {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

fn cyclone_dx_product(node: &Node<'_, '_>) -> Result<Product, Error> {
    let mut product = Product::from_id(node.need_text("ref")?);
    for item in node.each("versions")? {
        item.with(|node| {
            let version = node.opt_text("version")?.or(node.opt_text("range")?);
            // What is said to be unaffected is not what the statement is about.
            if node.opt_text("status")? != Some("unaffected") {
                product.versions.extend(version.map(str::to_owned));
            }
            Ok::<_, Error>(())
        })?;
    }
    Ok(product)
}
