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
    tables: &[
        "releases",
        "systems",
        "components",
        "withdrawals",
        "support",
        "advisories",
        "vulnerabilities",
        "release-records",
    ],
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

const DESIGN: Template = Template {
    name: "design-file-index",
    title: "Design and development file index",
    source: include_str!("templates/design-file-index.typ"),
    tables: &["records", "baselines", "reviews", "review-records"],
};
const RECORDS: Template = Template {
    name: "records",
    title: "Records",
    source: include_str!("templates/records.typ"),
    tables: &["records"],
};
const LIFE_CYCLE: Template = Template {
    name: "life-cycle-summary",
    title: "Software life-cycle summary",
    source: include_str!("templates/life-cycle-summary.typ"),
    tables: &["software", "soup", "anomalies", "releases", "release-records"],
};
const RISK: Template = Template {
    name: "risk-management-file",
    title: "Risk management file",
    source: include_str!("templates/risk-management-file.typ"),
    tables: &["risks", "risk-controls", "records"],
};
const TRACE: Template = Template {
    name: "trace-matrix",
    title: "Trace matrix",
    source: include_str!("templates/trace-matrix.typ"),
    tables: &["requirements", "tests"],
};

/// The documents of a package, in the order of their names: those about the design only where there are records.
fn templates(evidence: &EvidenceSet) -> Vec<&'static Template> {
    let mut out: Vec<&Template> = vec![&LOG, &RELEASES, &SIGNATURES];
    match evidence.index.scope {
        Scope::Device { .. } => out.push(&DEVICE),
        Scope::All => out.push(&FLEET),
        Scope::Release { .. } | Scope::Period { .. } => {}
    }
    if evidence.tables.iter().any(|t| t.definition.name == "records" && !t.rows.is_empty()) {
        out.extend([&DESIGN, &LIFE_CYCLE, &RECORDS, &RISK, &TRACE]);
    }
    out.sort_by_key(|template| template.name);
    out
}

/// Makes the documents of a package. The same evidence gives the same bytes.
///
/// # Errors
/// The typesetter refuses a template: a defect of this program.
pub fn render(evidence: &EvidenceSet) -> Result<Vec<Document>, Error> {
    templates(evidence).into_iter().map(|template| one(template, evidence)).collect()
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
