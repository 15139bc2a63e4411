//! Keys by which an index finds what may concern what, so that nobody assesses every advisory against every component.
//!
//! Two that share no key are products of different names: [`super::assess`] would answer "not affected" with nothing but
//! [`super::Step::OtherProduct`] in its steps. Two that share one may be; only assessing them tells. Keys follow from the
//! rules in `identity`: whoever changes those changes these.

use std::collections::BTreeSet;

use super::Component;
use super::identity::{cpe_of, cpe_parts, plain, plain_name, plain_names};
use crate::advisory::Coordinates;
use crate::purl::Purl;

/// The keys of a component, or of a product of an advisory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// The keys; two sides that may meet share one.
    pub keys: BTreeSet<String>,
    /// It has no name to go by, so that it may meet everything.
    pub every: bool,
}

/// A component that has CPE names meets every product whose CPE names cannot be read, and the other way round.
const HAS_CPE: &str = "c:has";
const ODD_CPE: &str = "c:odd";

impl Keys {
    /// Of a component.
    pub fn of_component(component: &Component<'_>) -> Self {
        let names = plain_names(component);
        let mut keys = Self { every: names.is_empty(), ..Self::default() };
        if let Some(purl) = component.purl {
            keys.purl(purl);
            for source in ["upstream", "source"].iter().filter_map(|key| purl.qualifier(key)) {
                keys.name(source.split(['@', ' ']).next().unwrap_or(source));
            }
        }
        if !component.cpes.is_empty() {
            keys.keys.insert(HAS_CPE.to_owned());
            if component.cpes.iter().all(|cpe| cpe_parts(cpe).is_none()) {
                keys.keys.insert(ODD_CPE.to_owned());
            }
        }
        keys.cpes(component.cpes);
        let vendor = component.vendor.map(str::to_owned).or_else(|| cpe_of(component.cpes, 1));
        names.iter().for_each(|name| keys.vendor(vendor.as_deref(), name));
        keys.keys.extend(names.iter().map(|name| format!("n:{name}")));
        keys
    }

    /// Of a product of an advisory.
    pub fn of_product(product: &Coordinates) -> Self {
        let name = plain_name(product);
        let mut keys = Self { every: name.is_none() || product.usable().is_err(), ..Self::default() };
        if let Some(purl) = &product.purl {
            keys.purl(purl);
        }
        for name in [&product.name, &product.product].into_iter().flatten() {
            keys.name(name);
            keys.name(name.rsplit(['/', ':']).next().unwrap_or(name));
        }
        if !product.cpes.is_empty() {
            keys.keys.insert(ODD_CPE.to_owned());
            let product_of = |cpe: &String| cpe_parts(cpe).map(|[_, _, product]| product);
            let odd = |cpe: &String| product_of(cpe).is_none_or(|p| matches!(p.as_str(), "" | "*" | "-"));
            if product.cpes.iter().all(odd) {
                keys.keys.insert(HAS_CPE.to_owned());
            }
        }
        keys.cpes(&product.cpes);
        let vendor = product.vendor.clone().or_else(|| cpe_of(&product.cpes, 1));
        name.iter().for_each(|name| keys.vendor(vendor.as_deref(), name));
        keys.keys.extend(name.iter().map(|name| format!("n:{name}")));
        keys
    }

    /// Whether the two may meet.
    pub fn meets(&self, other: &Self) -> bool {
        self.every || other.every || !self.keys.is_disjoint(&other.keys)
    }

    /// A name of which nothing is left when it is made plain stands for itself.
    fn name(&mut self, name: &str) {
        let plain = plain(name);
        self.keys.insert(if plain.is_empty() { format!("r:{name}") } else { format!("n:{plain}") });
    }

    fn purl(&mut self, purl: &Purl) {
        self.name(purl.name());
    }

    fn cpes(&mut self, cpes: &[String]) {
        for [_, _, product] in cpes.iter().filter_map(|cpe| cpe_parts(cpe)) {
            self.name(&product);
        }
    }

    /// Names that are alike, one the beginning of the other, matter where the vendor is the same.
    fn vendor(&mut self, vendor: Option<&str>, name: &str) {
        let vendor = vendor.map(plain).filter(|vendor| !vendor.is_empty());
        if let (Some(vendor), Some(first)) = (vendor, name.chars().next()) {
            self.keys.insert(format!("v:{vendor}:{first}"));
        }
    }
}
