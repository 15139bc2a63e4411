//! Component lists of embedded build systems, which are no SBOM formats but say what an image is made of: the
//! legal-info table and the package statistics of Buildroot, the aggregated manifests of ESP-IDF.

mod buildroot;
mod esp_idf;

pub use buildroot::{pkg_stats, read_manifest};
pub use esp_idf::read as read_esp_idf;

/// A statement that a vulnerability does not affect a component, with the reason its maintainers give.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exclusion {
    /// Identifier (`ref`) of the component.
    pub component: String,
    /// The vulnerability, as `CVE-…`.
    pub cve: String,
    /// Why; empty where the list gives none.
    pub reason: String,
}

/// A component list and what it says of vulnerabilities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentList {
    /// The components, normalised.
    pub sbom: super::Sbom,
    /// Stated not to affect.
    pub exclusions: Vec<Exclusion>,
    /// Found by the build system itself: component and vulnerability.
    pub found: Vec<(String, String)>,
}
