//! The tables of each scope, and in `figures` its figures. Which there are is part of the program; how each is computed is said in the package.

mod design;
mod figures;
mod fleet;

use super::{Column, Definition, Kind};
use crate::scope::Scope;

use design::design;
pub(crate) use figures::figures;
use fleet::{all, device, fleet};

/// A column of a projection: name, title, place in the entry.
type Projected = (&'static str, &'static str, &'static str);
/// A column of a table of states: name, title.
type Stated = (&'static str, &'static str);

fn column(name: &str, title: &str, from: Option<&str>) -> Column {
    Column { name: name.into(), title: title.into(), from: from.map(str::to_owned) }
}

fn entries(name: &str, title: &str, facts: &[&str], columns: &[Projected]) -> Definition {
    let first = [column("entry", "Entry", Some("@entry")), column("time", "Log time", Some("@time"))];
    let rest = columns.iter().map(|(name, title, from)| {
        // Short forms: `content` fields by their name, places in the body by theirs.
        let pointer = match from.strip_prefix('.') {
            Some(body) => format!("/body/{body}"),
            None => format!("/body/content/{from}"),
        };
        column(name, title, Some(&pointer))
    });
    Definition {
        name: name.into(),
        title: title.into(),
        kind: Kind::Entries,
        facts: facts.iter().map(|f| (*f).to_owned()).collect(),
        sources: Vec::new(),
        kinds: Vec::new(),
        columns: first.into_iter().chain(rest).collect(),
    }
}

fn state(name: &str, title: &str, columns: &[Stated]) -> Definition {
    let columns = columns.iter().map(|(name, title)| column(name, title, None));
    Definition {
        name: name.into(),
        title: title.into(),
        kind: Kind::State,
        facts: Vec::new(),
        sources: Vec::new(),
        kinds: Vec::new(),
        columns: std::iter::once(column("entry", "Entry", None)).chain(columns).collect(),
    }
}

/// The components of releases, by their bills of materials as read.
fn components() -> Definition {
    let of_entry = [("item", "Item", "/body/content/item"), ("release", "Release", "/body/content/version")];
    let of_component = [
        ("name", "Component", "/name"),
        ("version", "Version", "/version"),
        ("purls", "Package URLs", "/purls"),
        ("supplier", "Supplier", "/supplier/name"),
        ("licences", "Licences", "/licences"),
        ("end_of_support", "End of support", "/end_of_support"),
    ];
    let first = column("entry", "Entry", Some("@entry"));
    let of_entry = of_entry.map(|(name, title, from)| column(name, title, Some(from)));
    let of_component =
        of_component.map(|(name, title, from)| column(name, title, Some(&format!("@component {from}"))));
    let columns = std::iter::once(first).chain(of_entry).chain(of_component).collect();
    Definition {
        kind: Kind::Components,
        columns,
        ..state("components", "Components of releases, by their bills of materials", &[])
    }
}

fn acts() -> Definition {
    let columns: &[Projected] = &[
        ("person", "Person", ".source"),
        ("fact", "What was stated", ".fact"),
        ("reason", "Reason", ".reason"),
    ];
    Definition {
        sources: vec!["person".into()],
        ..entries("acts", "Entries that persons signed themselves", &[], columns)
    }
}

/// The tables of every scope.
fn common() -> Vec<Definition> {
    vec![
        state("log-keys", "Keys of the log", &[("key", "Verifier key"), ("from", "Signs from this size on")]),
        state(
            "sources",
            "Persons and programs",
            &[
                ("source", "Source"),
                ("kind", "Kind"),
                ("name", "Printed name"),
                ("roles", "Roles"),
                ("suspended", "Suspended"),
            ],
        ),
        state(
            "keys",
            "Their keys",
            &[
                ("source", "Source"),
                ("key", "Key id"),
                ("algorithm", "Algorithm"),
                ("purpose", "Purpose"),
                ("public", "Public key"),
                ("from", "First entry it may sign"),
                ("until", "Ended by entry"),
                ("cause", "Cause"),
            ],
        ),
        entries(
            "signatures",
            "Statements that persons signed",
            &["Signed"],
            &[
                ("signer", "Signer", "signer"),
                ("record", "Record", "record"),
                ("revision", "Revision", "revision"),
                ("meaning", "Meaning", "meaning"),
                ("statement", "Statement", "statement"),
            ],
        ),
        acts(),
        entries(
            "corrections",
            "Corrected and voided entries",
            &["Corrected", "Voided"],
            &[
                ("what", "What", ".fact"),
                ("corrected", "Entry concerned", "entry/index"),
                ("by", "Entry that holds instead", "by/index"),
                ("reason", "Reason", ".reason"),
            ],
        ),
        entries(
            "releases",
            "Releases of items",
            &["ReleaseMade"],
            &[
                ("product", "Product", "product"),
                ("item", "Item", "item"),
                ("line", "Line", "line"),
                ("version", "Version", "version"),
                ("commit", "Commit", "commit"),
                ("artefacts", "Built files", "artefacts"),
                ("sboms", "Bills of materials", "sboms"),
                ("measurements", "Reference measurements", "measurements"),
                ("anomalies", "Known residual anomalies", "anomalies"),
                ("verified", "Verified by", "verified"),
                ("signatures", "Signatures", "signatures"),
                ("by", "Stated by", ".source"),
            ],
        ),
        components(),
        entries(
            "systems",
            "System releases",
            &["SystemReleaseMade"],
            &[
                ("product", "Product", "product"),
                ("variant", "Variant", "variant"),
                ("version", "Version", "version"),
                ("items", "Items", "items"),
                ("verified", "Verified by", "verified"),
                ("signatures", "Signatures", "signatures"),
                ("by", "Stated by", ".source"),
            ],
        ),
        entries(
            "withdrawals",
            "Withdrawn releases",
            &["ReleaseWithdrawn"],
            &[
                ("release", "Release", "release/index"),
                ("reason", "Reason", ".reason"),
                ("by", "Stated by", ".source"),
            ],
        ),
        entries(
            "support",
            "Ends of support",
            &["SupportEndSet"],
            &[
                ("product", "Product", "product"),
                ("item", "Item", "item"),
                ("version", "Version", "version"),
                ("until", "Supported until", "until"),
            ],
        ),
        entries(
            "advisories",
            "Advisories taken in",
            &["AdvisoryTaken"],
            &[
                ("advisory", "Advisory", "advisory"),
                ("origin", "Origin", "origin"),
                ("modified", "Modified", "modified"),
                ("withdrawn", "Withdrawn", "withdrawn"),
                ("document", "Document", "document/raw/digest"),
            ],
        ),
        entries(
            "vulnerabilities",
            "Decisions on vulnerabilities",
            &["VulnerabilityDecided"],
            &[
                ("vulnerability", "Vulnerability", "vulnerability"),
                ("component", "Component", "component"),
                ("status", "Status", "status"),
                ("justification", "Justification", "justification"),
                ("statement", "Statement", "statement"),
                ("action", "Action", "action"),
                ("by", "Decided by", ".source"),
            ],
        ),
        entries(
            "decisions",
            "Other decisions",
            &["Decision"],
            &[
                ("question", "Question", "question"),
                ("subject", "Subject", "subject"),
                ("outcome", "Outcome", "outcome"),
                ("justification", "Justification", "justification"),
                ("by", "Decided by", ".source"),
            ],
        ),
    ]
}
/// The tables of a scope, in order of their names.
pub(crate) fn definitions(scope: &Scope) -> Vec<Definition> {
    let mut out = common();
    match scope {
        Scope::All => out.extend([design(), fleet(), all()].concat()),
        Scope::Release { .. } => out.extend(design()),
        Scope::Device { .. } => out.extend([fleet(), device()].concat()),
        Scope::Period { .. } => out.extend([design(), fleet()].concat()),
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}
