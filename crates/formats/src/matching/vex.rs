//! What statements say of a component and a vulnerability.

use std::cmp::Ordering;

use super::{Component, Step, Verdict};
use crate::advisory::vex::{Product, Statement};
use crate::advisory::{Advisory, Status};
use crate::vers::Vers;
use crate::version::{Scheme, compare};

/// The verdict of the statements, if any of them counts. Of one author's statements the latest counts; authors that
/// contradict each other leave the question open.
pub(super) fn said(
    component: &Component<'_>,
    advisory: &Advisory,
    statements: &[Statement],
    steps: &mut Vec<Step>,
) -> Option<Verdict> {
    let mut counting: Vec<&Statement> = Vec::new();
    for statement in statements {
        let names = std::iter::once(&statement.vulnerability).chain(&statement.aliases);
        let about_it = names.into_iter().any(|name| advisory.names().any(|known| known == name));
        if !about_it || !statement.products.iter().any(|product| speaks_of(product, component)) {
            continue;
        }
        if let Some(reason) = unreliable(statement) {
            steps.push(Step::NotReliedOn { document: statement.document.clone(), reason });
            continue;
        }
        match counting.iter_mut().find(|other| other.author == statement.author) {
            Some(other) if later(statement, other) => *other = statement,
            Some(_) => {}
            None => counting.push(statement),
        }
    }
    for statement in &counting {
        steps.push(Step::Said {
            document: statement.document.clone(),
            author: statement.author.clone(),
            status: statement.status,
            reason: statement.justification.clone().or_else(|| statement.impact.clone()),
        });
    }
    let first = counting.first()?.status;
    if counting.iter().any(|statement| statement.status != first) {
        steps.push(Step::StatementsContradict);
        return Some(Verdict::Undetermined);
    }
    Some(match first {
        Status::Affected => Verdict::Affected,
        Status::NotAffected => Verdict::NotAffectedByVex,
        Status::Fixed => Verdict::Fixed,
        Status::UnderInvestigation | Status::Unknown => Verdict::Undetermined,
    })
}

fn unreliable(statement: &Statement) -> Option<String> {
    if statement.author.is_none() {
        return Some("nobody stands for it".to_owned());
    }
    // What is missing matters where the statement suppresses something.
    let suppresses = matches!(statement.status, Status::NotAffected | Status::Fixed);
    statement.findings.first().filter(|_| suppresses).map(|finding| finding.reason.clone())
}

fn later(a: &Statement, b: &Statement) -> bool {
    let time = |statement: &Statement| statement.timestamp.clone().unwrap_or_default();
    // An order that cannot be found leaves the one that was read later in the document, as OpenVEX asks.
    compare(Scheme::Datetime, &time(a), &time(b)).map_or(true, Ordering::is_ge)
}

/// Whether a product of a statement is the component, or is a product with the component among its subcomponents.
fn speaks_of(product: &Product, component: &Component<'_>) -> bool {
    if !product.subcomponents.is_empty() {
        return product.subcomponents.iter().any(|inner| speaks_of(inner, component));
    }
    let (Some(theirs), Some(own)) = (&product.purl, component.purl) else { return false };
    if !own.same_package(theirs) {
        return false;
    }
    let version = component.version();
    let scheme = Scheme::from_purl_type(own.ty()).unwrap_or(Scheme::Lexicographic);
    let equal =
        |listed: &str| version.is_some_and(|own| compare(scheme, own, listed).is_ok_and(Ordering::is_eq));
    let listed = |text: &String| match text.strip_prefix("vers:") {
        Some(_) => {
            version.is_some_and(|own| Vers::read(text).is_ok_and(|vers| vers.contains(own) == Ok(true)))
        }
        None => equal(text),
    };
    let version_fits = theirs.version().is_none_or(equal);
    let qualifiers_fit =
        theirs.qualifiers().iter().all(|(key, value)| own.qualifier(key).is_none_or(|own| own == value));
    version_fits && qualifiers_fit && (product.versions.is_empty() || product.versions.iter().any(listed))
}
