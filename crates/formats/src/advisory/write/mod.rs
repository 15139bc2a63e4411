//! VEX out: what a maker says about the state of its releases, as OpenVEX 0.2.0 and as CSAF 2.0 in the VEX profile.
//!
//! Not here: what is said and why (decisions and verdicts), and signing. Both writers are deterministic: same statements,
//! same bytes.

mod csaf;
mod open_vex;

use serde::Serialize;

use super::Status;

pub use csaf::write as write_csaf;
pub use open_vex::write as write_open_vex;

/// A document that states something.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Issue {
    /// Identifier, stable over its versions: an IRI for OpenVEX; its last part names the CSAF document.
    pub id: String,
    /// One line.
    pub title: String,
    /// Who states it.
    pub author: String,
    /// IRI of who states it (CSAF `publisher.namespace`).
    pub namespace: String,
    /// Every change so far: when (RFC 3339), and what in a few words; oldest first, times ascending, at least one.
    pub revisions: Vec<(String, String)>,
    /// Program that wrote it, with its version.
    pub tool: String,
    /// Where this can be verified, in words; part of the document.
    pub evidence: Option<String>,
    /// What is stated.
    pub stated: Vec<Stated>,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stated {
    /// The vulnerability.
    pub vulnerability: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// What is said. `Unknown` is written as under investigation.
    pub status: Status,
    /// Why it is not affected: a label of CISA's minimum requirements, as OpenVEX and CSAF share them.
    pub justification: Option<String>,
    /// The reasoning, in words.
    pub reasoning: String,
    /// What to do where it is affected.
    pub action: Option<String>,
    /// Since when (RFC 3339).
    pub since: String,
    /// What it is said of; at least one.
    pub subjects: Vec<Subject>,
}

/// A release, and the component in it that is meant; none for the release as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    /// The release.
    pub release: Thing,
    /// The component.
    pub component: Option<Thing>,
}

/// A release or a component: how it is called and by what it is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Thing {
    /// For people.
    pub name: String,
    /// Identifier within the document: a package URL or another IRI.
    pub id: String,
    /// Package URL.
    pub purl: Option<String>,
    /// CPE 2.3 name.
    pub cpe: Option<String>,
}

/// When the document was first and last changed.
fn span(issue: &Issue) -> (&str, &str) {
    const NEVER: &str = "1970-01-01T00:00:00Z";
    (
        issue.revisions.first().map_or(NEVER, |(date, _)| date),
        issue.revisions.last().map_or(NEVER, |(date, _)| date),
    )
}

#[cfg(test)]
mod tests;
