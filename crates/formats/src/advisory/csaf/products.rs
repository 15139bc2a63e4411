//! The product tree: every defined product with its names, and the groups.

use std::collections::BTreeMap;

use super::super::Error;
use super::super::model::Coordinates;
use super::super::node::Node;
use crate::purl::Purl;

/// A product's version as the branch names it.
#[derive(Debug, Clone)]
pub(super) enum VersionText {
    /// Category `product_version`.
    Exact(String),
    /// Category `product_version_range`.
    Range(String),
}

/// A defined product.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) coordinates: Coordinates,
    pub(super) version: Option<VersionText>,
}

/// All products and groups of a document, by identifier.
#[derive(Debug, Default)]
pub(super) struct Products {
    products: BTreeMap<String, Named>,
    groups: BTreeMap<String, Vec<String>>,
}

/// What the branches above say.
#[derive(Debug, Clone, Default)]
struct Above {
    vendor: Option<String>,
    product: Option<String>,
    version: Option<VersionText>,
    limits: Vec<String>,
}

impl Products {
    pub(super) fn read(root: &Node<'_, '_>) -> Result<Self, Error> {
        let mut products = Self::default();
        let Some(tree) = root.get("product_tree") else { return Ok(products) };
        for item in tree.each("branches")? {
            item.with(|node| products.branch(node, &Above::default()))?;
        }
        for item in tree.each("full_product_names")? {
            item.with(|node| products.define(node, &Above::default()))?;
        }
        // A product within another: the names of the component, limited by where it is.
        for item in tree.each("relationships")? {
            item.with(|node| {
                let inner = node.need_text("product_reference")?;
                let outer = node.need_text("relates_to_product_reference")?;
                let name = node.need("full_product_name")?;
                let id = name.need_text("product_id")?;
                let text = name.need_text("name")?;
                let mut named = products.products.get(inner).cloned().unwrap_or_else(|| Named {
                    name: text.to_owned(),
                    coordinates: Coordinates::default(),
                    version: None,
                });
                named.name = text.to_owned();
                let outer = products.products.get(outer).map_or(outer, |outer| outer.name.as_str());
                named.coordinates.limits.push(outer.to_owned());
                products.products.insert(id.to_owned(), named);
                Ok::<_, Error>(())
            })?;
        }
        for item in tree.each("product_groups")? {
            item.with(|node| {
                products.groups.insert(node.need_text("group_id")?.to_owned(), node.strings("product_ids")?);
                Ok::<_, Error>(())
            })?;
        }
        Ok(products)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Named> {
        self.products.get(id)
    }

    pub(super) fn group(&self, id: &str) -> &[String] {
        self.groups.get(id).map_or(&[], Vec::as_slice)
    }

    /// Recursion is bounded by the document's depth.
    fn branch(&mut self, node: &Node<'_, '_>, above: &Above) -> Result<(), Error> {
        let name = node.need_text("name")?.trim().to_owned();
        let mut here = above.clone();
        match node.need_text("category")? {
            "vendor" => here.vendor = Some(name),
            "product_name" => here.product = Some(name),
            "product_version" => here.version = Some(VersionText::Exact(name)),
            "product_version_range" => here.version = Some(VersionText::Range(name)),
            "product_family" | "architecture" | "host_name" | "language" | "legacy" | "patch_level"
            | "platform" | "service_pack" | "specification" => here.limits.push(name),
            _ => return Err(node.need("category")?.wrong("not a branch category")),
        }
        if let Some(product) = node.get("product") {
            self.define(&product, &here)?;
        }
        for item in node.each("branches")? {
            item.with(|node| self.branch(node, &here))?;
        }
        Ok(())
    }

    fn define(&mut self, node: &Node<'_, '_>, above: &Above) -> Result<(), Error> {
        let mut coordinates = Coordinates {
            vendor: above.vendor.clone(),
            product: above.product.clone(),
            limits: above.limits.clone(),
            ..Coordinates::default()
        };
        if let Some(helper) = node.get("product_identification_helper") {
            coordinates.cpes.extend(helper.opt_text("cpe")?.map(str::to_owned));
            if let Some(purl) = helper.get("purl") {
                match Purl::read(purl.text()?) {
                    Ok((purl, _)) => coordinates.purl = Some(purl),
                    Err(_) => return Err(purl.wrong("not a purl")),
                }
            }
        }
        let name = node.need_text("name")?.to_owned();
        let named = Named { name, coordinates, version: above.version.clone() };
        self.products.insert(node.need_text("product_id")?.to_owned(), named);
        Ok(())
    }
}
