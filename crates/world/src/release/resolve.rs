//! From measurements to releases: what a device runs, item by item, as far as the releases known then tell.

use std::collections::BTreeMap;

use evidence::body::Measured;

use super::{Known, Release, Releases};

/// The release that the measurements of one item lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemMatch {
    /// The item.
    pub item: String,
    /// Index of the release; `None` where the measurements belong to different releases of the item.
    pub release: Option<u64>,
    /// Its version, if there is one release.
    pub version: Option<String>,
    /// Number of measurements that belong to the item.
    pub measurements: usize,
}

/// What a set of measurements amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Items measured, by name.
    pub items: Vec<ItemMatch>,
    /// Places, in the measurements, of those that are a reference value of no release.
    pub unknown: Vec<usize>,
}

impl Resolution {
    /// Whether measurements of one item belong to different releases.
    #[must_use]
    pub fn mixed(&self) -> bool {
        self.items.iter().any(|i| i.release.is_none())
    }

    /// The release to name where only one can be named: of the item with most measurements, the first by name.
    #[must_use]
    pub fn main(&self) -> Option<u64> {
        let most = self.items.iter().map(|i| i.measurements).max()?;
        self.items.iter().find(|i| i.measurements == most)?.release
    }

    /// The match of an item.
    #[must_use]
    pub fn item(&self, name: &str) -> Option<&ItemMatch> {
        self.items.iter().find(|i| i.item == name)
    }
}

impl Releases {
    /// What a device of this product runs when it measures this. Of several releases that fit (components unchanged from
    /// one to the next), those whose reference values were all measured come first, then those not withdrawn, then the
    /// one made last. O(m log n) for m measurements, and one step for each release that shares a digest.
    #[must_use]
    pub fn resolve(&self, product: Option<&str>, measured: &[Measured], known: Known<'_>) -> Resolution {
        let mut unknown = Vec::new();
        // By item: its measurements, and how many of them each release accounts for.
        let mut items: BTreeMap<&str, (usize, BTreeMap<u64, usize>)> = BTreeMap::new();
        for (place, m) in measured.iter().enumerate() {
            let mut of_items: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            for release in self.measuring(&m.name, &m.digest, known) {
                if product.is_none_or(|p| p == release.made.product) {
                    of_items.entry(&release.made.item).or_default().push(release.entry.index);
                }
            }
            if of_items.is_empty() {
                unknown.push(place);
            }
            for (item, releases) in of_items {
                let (count, by_release) = items.entry(item).or_default();
                *count += 1;
                releases.into_iter().for_each(|r| *by_release.entry(r).or_default() += 1);
            }
        }
        let items = items.into_iter().map(|(item, (measurements, by_release))| {
            let fits = by_release.iter().filter(|(_, n)| **n == measurements);
            let best =
                fits.filter_map(|(index, n)| Some((self.get(*index, known)?, *n))).max_by_key(|(r, n)| {
                    let complete = reference_values(r) == *n;
                    (complete, self.withdrawn(r.entry.index, known).is_none(), r.entry.index)
                });
            ItemMatch {
                item: item.to_owned(),
                release: best.map(|(r, _)| r.entry.index),
                version: best.map(|(r, _)| r.made.version.clone()),
                measurements,
            }
        });
        Resolution { items: items.collect(), unknown }
    }
}

fn reference_values(release: &Release) -> usize {
    release.made.measurements.len()
}
