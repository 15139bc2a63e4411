//! What an SBOM lacks: the minimum elements of the NTIA ("The Minimum Elements For a Software Bill of Materials",
//! 2021, data fields) and the two that FDA adds for a device (premarket cybersecurity guidance, software support and
//! end of support per component). Gaps are findings, never a reason to refuse a document.

use super::model::{Class, Component, RelationKind, Sbom, Target};
use super::time;

/// A minimum element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// NTIA: who wrote the SBOM.
    AuthorName,
    /// NTIA: when it was written.
    Timestamp,
    /// NTIA: how components relate.
    DependencyRelationship,
    /// NTIA: name of a component.
    ComponentName,
    /// NTIA: version of a component.
    ComponentVersion,
    /// NTIA: who supplies a component.
    SupplierName,
    /// NTIA: what singles a component out: an identifier in the document, a package URL or a SWID tag.
    UniqueIdentifier,
    /// FDA: level of support of a component.
    SupportLevel,
    /// FDA: date its support ends.
    EndOfSupport,
}

impl Element {
    /// What it is, in a few words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AuthorName => "author of the SBOM",
            Self::Timestamp => "timestamp",
            Self::DependencyRelationship => "dependency relationship",
            Self::ComponentName => "component name",
            Self::ComponentVersion => "component version",
            Self::SupplierName => "supplier name",
            Self::UniqueIdentifier => "unique identifier",
            Self::SupportLevel => "level of support",
            Self::EndOfSupport => "end of support",
        }
    }

    /// Whether the NTIA asks for it; the others FDA adds.
    #[must_use]
    pub fn is_ntia(self) -> bool {
        !matches!(self, Self::SupportLevel | Self::EndOfSupport)
    }
}

/// How an element falls short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// Not stated, or stated as not known.
    Missing,
    /// Stated, but not as a date, so that no deadline follows from it.
    NotADate,
}

/// A gap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What is lacking.
    pub element: Element,
    /// How.
    pub kind: FindingKind,
    /// Index of the component that lacks it; `None` for the document.
    pub component: Option<usize>,
}

/// All gaps, of the document first, then by component; sorted by element. O(components + relationships).
///
/// Files inside packages are not components in the sense of the minimum elements and are not asked for versions and
/// suppliers.
#[must_use]
pub fn quality(sbom: &Sbom) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut missing = |element, component| {
        findings.push(Finding { element, kind: FindingKind::Missing, component });
    };
    let metadata = &sbom.metadata;
    if metadata.creators.is_empty() && metadata.supplier.is_none() && metadata.manufacturer.is_none() {
        missing(Element::AuthorName, None);
    }
    if metadata.timestamp.is_none() {
        missing(Element::Timestamp, None);
    }
    if !states_dependencies(sbom) {
        missing(Element::DependencyRelationship, None);
    }
    for (index, component) in sbom.components.iter().enumerate() {
        for element in lacking(component) {
            missing(element, Some(index));
        }
    }
    for (index, component) in sbom.components.iter().enumerate() {
        if component.end_of_support.as_deref().is_some_and(|end| known(end) && !time::is_date(end)) {
            findings.push(Finding {
                element: Element::EndOfSupport,
                kind: FindingKind::NotADate,
                component: Some(index),
            });
        }
    }
    findings.sort_unstable();
    findings
}

/// A relationship between elements is stated, or a component is said to have none; nesting is one as well.
fn states_dependencies(sbom: &Sbom) -> bool {
    use super::model::Parent;
    let states = |relationship: &super::model::Relationship| match relationship.to {
        Target::NoAssertion => false,
        Target::None => relationship.kind == RelationKind::DEPENDS_ON,
        Target::Ref(_) => true,
    };
    sbom.relationships.iter().any(states)
        || sbom.components.iter().any(|c| matches!(c.parent, Parent::Component(_)))
}

fn lacking(component: &Component) -> Vec<Element> {
    let mut lacking = Vec::new();
    let file = component.class == Class::File;
    if component.name.trim().is_empty() {
        lacking.push(Element::ComponentName);
    }
    if !file && !component.version.as_deref().is_some_and(known) && component.version_range.is_none() {
        lacking.push(Element::ComponentVersion);
    }
    // The NTIA means whoever "creates, defines, and identifies" the component, so its maker counts.
    let supplied = component.supplier.is_some()
        || component.manufacturer.is_some()
        || component.publisher.as_deref().is_some_and(known);
    if !file && !supplied {
        lacking.push(Element::SupplierName);
    }
    // A CPE alone names a product that many components share, so it does not single one out.
    let identified =
        !component.reference.is_empty() || !component.purls.is_empty() || component.swid.is_some();
    if !identified {
        lacking.push(Element::UniqueIdentifier);
    }
    if !file && !component.support.as_deref().is_some_and(known) {
        lacking.push(Element::SupportLevel);
    }
    if !file && !component.end_of_support.as_deref().is_some_and(known) {
        lacking.push(Element::EndOfSupport);
    }
    lacking
}

/// Whether a text states something: "unknown" and its kin do not.
fn known(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    !matches!(text.as_str(), "" | "unknown" | "n/a" | "none" | "noassertion" | "not specified" | "tbd" | "-")
}
