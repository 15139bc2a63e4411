//! Matching: from one component and one advisory to a verdict, with every step that led to it.
//!
//! Pure: no store, no clock, no index. Not here: who is believed (whoever calls passes only statements that may count),
//! decisions of persons, devices, and finding the advisories to ask about.
//!
//! The rule that shapes everything: an answer of "not affected" needs a step that excludes, never a lack of data. What
//! cannot be compared ends as [`Verdict::Undetermined`], and the steps say why and what would settle it.

mod identity;
mod keys;
mod versions;
mod vex;

#[cfg(test)]
mod tests;

use std::fmt;

pub use keys::Keys;

use crate::advisory::vex::Statement;
use crate::advisory::{Advisory, Status};
use crate::purl::Purl;

/// What is known of a component, from an SBOM or by declaration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Component<'a> {
    /// Its name as the SBOM has it.
    pub name: Option<&'a str>,
    /// Its version; when absent, the purl's.
    pub version: Option<&'a str>,
    /// Its supplier, manufacturer or vendor.
    pub vendor: Option<&'a str>,
    /// Its package URL.
    pub purl: Option<&'a Purl>,
    /// Its CPE names.
    pub cpes: &'a [String],
}

impl Component<'_> {
    fn version(&self) -> Option<&str> {
        self.version.or_else(|| self.purl?.version()).map(str::trim).filter(|version| !version.is_empty())
    }
}

/// The answer. In ascending order of what prevails when several products of an advisory fit one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A rule excludes it: another package, another release of the distribution, a version outside every range.
    NotAffected,
    /// The version holds the fix.
    Fixed,
    /// An author says that it is not affected, and why.
    NotAffectedByVex,
    /// It cannot be told; the steps say why and what would settle it.
    Undetermined,
    /// A coordinate fits and a rule holds for the version.
    Affected,
}

/// The verdict and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The answer.
    pub verdict: Verdict,
    /// Every step, in the order taken.
    pub steps: Vec<Step>,
}

/// By which coordinate a component was found to be what an advisory speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coordinate {
    /// Package URL: type, namespace and name.
    Purl,
    /// Name within an ecosystem.
    Package,
    /// CPE: part, vendor and product.
    Cpe,
    /// Vendor and product name.
    VendorProduct,
    /// The name alone, which cannot make anything affected.
    NameOnly,
}

/// One step of an assessment. `entry` counts the advisory's products from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The advisory was withdrawn, so it says nothing any more.
    Withdrawn {
        /// When, as written.
        at: String,
    },
    /// The advisory names no product at all.
    NoProduct,
    /// The product is another one.
    OtherProduct {
        /// Which entry.
        entry: usize,
        /// What differs.
        reason: String,
    },
    /// The product is this component.
    SameProduct {
        /// Which entry.
        entry: usize,
        /// By which coordinate.
        by: Coordinate,
    },
    /// Whether the product is this component cannot be told.
    UnclearProduct {
        /// Which entry.
        entry: usize,
        /// Why.
        reason: String,
        /// What would settle it.
        settle: &'static str,
    },
    /// A rule holds for the version.
    RuleHolds {
        /// Which entry.
        entry: usize,
        /// What the rule says.
        status: Status,
        /// The range or list.
        extent: String,
    },
    /// A rule does not hold for the version.
    RuleDoesNotHold {
        /// Which entry.
        entry: usize,
        /// What the rule says.
        status: Status,
        /// The range or list.
        extent: String,
    },
    /// Whether a rule holds cannot be told.
    RuleUnclear {
        /// Which entry.
        entry: usize,
        /// What the rule says.
        status: Status,
        /// The range, list or text.
        extent: String,
        /// Why it cannot be told.
        reason: String,
        /// What would settle it.
        settle: &'static str,
    },
    /// No rule holds, so what the advisory says of all other versions does.
    Default {
        /// Which entry.
        entry: usize,
        /// What it says.
        status: Status,
    },
    /// The version is one that holds the fix, or comes after it.
    HoldsFix {
        /// Which entry.
        entry: usize,
        /// The version that brought the fix.
        version: String,
    },
    /// Rules say different things of this version.
    RulesContradict {
        /// Which entry.
        entry: usize,
    },
    /// The product was matched by its name alone, which is not enough to call it affected.
    NameAlone {
        /// Which entry.
        entry: usize,
    },
    /// A statement speaks of this component and vulnerability.
    Said {
        /// The document.
        document: String,
        /// Who says so.
        author: Option<String>,
        /// What.
        status: Status,
        /// Why.
        reason: Option<String>,
    },
    /// A statement is not relied on.
    NotReliedOn {
        /// The document.
        document: String,
        /// Why not.
        reason: String,
    },
    /// Statements contradict each other.
    StatementsContradict,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Withdrawn { at } => write!(f, "the advisory was withdrawn at {at}"),
            Self::NoProduct => {
                f.write_str("the advisory names no product; a person must assess what it means")
            }
            Self::OtherProduct { entry, reason } => write!(f, "product {entry} is another one: {reason}"),
            Self::SameProduct { entry, by } => write!(f, "product {entry} is this component, by {by:?}"),
            Self::UnclearProduct { entry, reason, settle } => {
                write!(
                    f,
                    "whether product {entry} is this component is unclear: {reason}; {settle} would settle it"
                )
            }
            Self::RuleHolds { entry, status, extent } => {
                write!(f, "product {entry}: {status:?} in {extent}: holds")
            }
            Self::RuleDoesNotHold { entry, status, extent } => {
                write!(f, "product {entry}: {status:?} in {extent}: does not hold")
            }
            Self::RuleUnclear { entry, status, extent, reason, settle } => write!(
                f,
                "product {entry}: {status:?} in {extent}: cannot be told: {reason}; {settle} would settle it"
            ),
            Self::Default { entry, status } => write!(f, "product {entry}: all other versions: {status:?}"),
            Self::HoldsFix { entry, version } => write!(f, "product {entry}: fixed since {version}"),
            Self::RulesContradict { entry } => write!(f, "product {entry}: rules contradict each other"),
            Self::NameAlone { entry } => {
                write!(f, "product {entry} was matched by name alone; a vendor, CPE or purl would settle it")
            }
            Self::Said { document, author, status, reason } => {
                let (author, reason) =
                    (author.as_deref().unwrap_or("nobody"), reason.as_deref().unwrap_or("no reason"));
                write!(f, "{author} says in {document}: {status:?}: {reason}")
            }
            Self::NotReliedOn { document, reason } => write!(f, "{document} is not relied on: {reason}"),
            Self::StatementsContradict => f.write_str("statements contradict each other"),
        }
    }
}

/// Assesses one component against one advisory, in the light of statements that may count.
pub fn assess(component: &Component<'_>, advisory: &Advisory, statements: &[Statement]) -> Assessment {
    let mut steps = Vec::new();
    if let Some(at) = &advisory.withdrawn {
        steps.push(Step::Withdrawn { at: at.clone() });
        return Assessment { verdict: Verdict::NotAffected, steps };
    }
    let mut verdict = Verdict::NotAffected;
    if advisory.affected.is_empty() {
        steps.push(Step::NoProduct);
        verdict = Verdict::Undetermined;
    }
    let mut fits = false;
    for (entry, affected) in advisory.affected.iter().enumerate() {
        let by = match identity::relate(component, &affected.coordinates) {
            identity::Relation::Other(reason) => {
                steps.push(Step::OtherProduct { entry, reason });
                continue;
            }
            identity::Relation::Unclear { reason, settle } => {
                steps.push(Step::UnclearProduct { entry, reason, settle });
                // A version that the rules exclude is excluded whichever product it is.
                let found = versions::judge(component, entry, affected, &mut steps);
                let settled = matches!(found, Verdict::NotAffected) && affected.coordinates.usable().is_ok();
                verdict = verdict.max(if settled { Verdict::NotAffected } else { Verdict::Undetermined });
                continue;
            }
            identity::Relation::Same(by) => by,
        };
        fits = true;
        steps.push(Step::SameProduct { entry, by });
        let mut found = versions::judge(component, entry, affected, &mut steps);
        if by == Coordinate::NameOnly && found == Verdict::Affected {
            steps.push(Step::NameAlone { entry });
            found = Verdict::Undetermined;
        }
        verdict = verdict.max(found);
    }
    // Statements bear on what may be affected, and may call affected what no rule does.
    let open = fits || verdict > Verdict::Fixed;
    if open && let Some(said) = vex::said(component, advisory, statements, &mut steps) {
        verdict = said;
    }
    Assessment { verdict, steps }
}
