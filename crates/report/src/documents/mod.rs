//! Documents for people, as PDF/A: each made from the index, the tables and the checkpoint of a package alone, so that the same
//! version of this program makes the same bytes from the same evidence. Each page says its number, the moment, the tree's root
//! and the digest of the evidence; a simulated log says so on each.
//!
//! The templates are in `templates/`; they lay out what `data` gives them and compute nothing but sums of what is shown.

mod data;
mod typeset;

use tlog::Hash;

use crate::error::Error;
use crate::evidence_set::EvidenceSet;
use crate::index::ListedDocument;
use crate::scope::Scope;

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Name of its member.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Pages.
    pub pages: u64,
    /// The file.
    pub pdf: Vec<u8>,
}

impl Document {
    /// As the list of documents has it.
    #[must_use]
    pub fn listed(&self) -> ListedDocument {
        ListedDocument {
            path: self.path.clone(),
            title: self.title.clone(),
            pages: self.pages,
            sha256: Hash::of(&self.pdf).to_string(),
            bytes: self.pdf.len() as u64,
        }
    }
}

/// A template and what it needs.
struct Template {
    name: &'static str,
    title: &'static str,
    source: &'static str,
    /// Tables that it lists.
    tables: &'static [&'static str],
}

const LOG: Template = Template {
    name: "log-summary",
    title: "Log and package summary",
    source: include_str!("templates/log-summary.typ"),
    tables: &["log-keys", "corrections", "conflicts"],
};
const SIGNATURES: Template = Template {
    name: "sources-and-signatures",
    title: "Sources and signature list",
    source: include_str!("templates/sources-and-signatures.typ"),
    tables: &["sources", "keys", "signatures", "acts"],
};
const RELEASES: Template = Template {
    name: "releases-and-vulnerabilities",
    title: "Releases, bills of materials and vulnerabilities",
    source: include_str!("templates/releases-and-vulnerabilities.typ"),
    tables: &["releases", "systems", "withdrawals", "support", "advisories", "vulnerabilities", "results"],
};
const DEVICE: Template = Template {
    name: "device-history",
    title: "Device history",
    source: include_str!("templates/device-history.typ"),
    tables: &["enrolments", "declared", "moves", "history", "evidence", "appraisals", "reports", "conflicts"],
};
const FLEET: Template = Template {
    name: "fleet",
    title: "Fleet and findings",
    source: include_str!("templates/fleet.typ"),
    tables: &["devices", "findings"],
};

/// The documents of a scope, in the order of their names.
fn templates(scope: &Scope) -> Vec<&'static Template> {
    match scope {
        Scope::Device { .. } => vec![&DEVICE, &LOG, &RELEASES, &SIGNATURES],
        Scope::All => vec![&FLEET, &LOG, &RELEASES, &SIGNATURES],
        Scope::Release { .. } | Scope::Period { .. } => vec![&LOG, &RELEASES, &SIGNATURES],
    }
}

/// Makes the documents of a package. The same evidence gives the same bytes.
///
/// # Errors
/// The typesetter refuses a template: a defect of this program.
pub fn render(evidence: &EvidenceSet) -> Result<Vec<Document>, Error> {
    templates(&evidence.index.scope).into_iter().map(|template| one(template, evidence)).collect()
}

fn one(template: &Template, evidence: &EvidenceSet) -> Result<Document, Error> {
    let data = data::of(evidence, template.title, template.tables);
    let made = typeset::pdf(template.source, data, &evidence.digest, template.name, &evidence.index.at);
    let (pdf, pages) = made.map_err(|problem| Error::Document { document: template.name.into(), problem })?;
    Ok(Document {
        path: format!("documents/{}.pdf", template.name),
        title: template.title.into(),
        pages,
        pdf,
    })
}
