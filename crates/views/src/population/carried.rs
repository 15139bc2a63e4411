//! Who carries a component: the same question without a vulnerability.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use formats::advisory::Coordinates;
use formats::matching::{Keys, Verdict};
use formats::purl::Purl;
use formats::version::{Scheme, compare};

use super::catalogue::Catalogue;
use super::error::PopulationError;
use super::findings::{About, Findings, Judged, PartFinding, ReleaseFinding, Told};
use super::knowledge::Knowledge;
use super::parts::Part;

/// What is found about a component named by a package URL: any version where it gives none. A component of the same name
/// without a package URL leaves the question open.
///
/// # Errors
/// It is no package URL.
pub(super) fn component(
    catalogue: &Catalogue,
    known: &Knowledge,
    asked: &str,
) -> Result<Findings, PopulationError> {
    let (purl, _) = Purl::read(asked)
        .map_err(|e| PopulationError::BadPurl { text: asked.to_owned(), reason: e.to_string() })?;
    let mut numbers = BTreeSet::new();
    let by_name = Coordinates { name: Some(purl.name().to_owned()), ..Coordinates::default() };
    catalogue.parts.meeting(&Keys::of_product(&by_name), &mut numbers);
    let mut found: BTreeMap<u64, Vec<PartFinding>> = BTreeMap::new();
    for number in numbers {
        let Some(part) = catalogue.parts.get(number) else { continue };
        let Some(judged) = judge(part, &purl).map(Arc::new) else { continue };
        for release in catalogue.parts.carriers(number).filter(|r| known.releases.contains_key(r)) {
            found.entry(release).or_default().push(PartFinding { part: number, judged: judged.clone() });
        }
    }
    let mut releases = BTreeMap::new();
    for index in known.releases.keys() {
        let mut parts = found.remove(index).unwrap_or_default();
        parts.sort_by(|a, b| b.judged.verdict.cmp(&a.judged.verdict).then(a.part.cmp(&b.part)));
        let open: Vec<String> =
            catalogue.parts.bill(*index).and_then(super::parts::Bill::open).into_iter().collect();
        let prevails = parts.iter().map(|p| p.judged.verdict).max().unwrap_or(Verdict::NotAffected);
        if !parts.is_empty() || !open.is_empty() {
            let verdict = if open.is_empty() { prevails } else { prevails.max(Verdict::Undetermined) };
            releases.insert(*index, ReleaseFinding { verdict, parts, open });
        }
    }
    Ok(Findings {
        about: About::Component,
        asked: asked.to_owned(),
        id: purl.to_string(),
        names: vec![purl.to_string()],
        notices: Vec::new(),
        unreadable: Vec::new(),
        exploited: None,
        told: Told::default(),
        releases,
        entries: BTreeSet::new(),
        excluded: "is that component".to_owned(),
    })
}

fn judge(part: &Part, asked: &Purl) -> Option<Judged> {
    let says = |verdict, step: String| {
        Some(Judged { verdict, steps: vec![step], entries: BTreeSet::new(), decision: None })
    };
    let same = part.purls.iter().find(|own| {
        own.same_package(asked)
            && asked.qualifiers().iter().all(|(key, value)| own.qualifier(key) == Some(value))
    });
    if same.is_none() {
        let alike = part.purls.is_empty() && part.name.eq_ignore_ascii_case(asked.name());
        return if alike {
            says(
                Verdict::Undetermined,
                format!("{} has the name, but no package URL; its package URL would settle it", part.label()),
            )
        } else {
            None
        };
    }
    let Some(wanted) = asked.version() else {
        return says(Verdict::Affected, format!("the bill of materials names {}", part.label()));
    };
    let Some(version) = part.version() else {
        return says(
            Verdict::Undetermined,
            format!("{} has no version; its version would settle it", part.label()),
        );
    };
    let scheme = Scheme::from_purl_type(asked.ty());
    let equal =
        version == wanted || scheme.is_some_and(|s| compare(s, version, wanted).is_ok_and(Ordering::is_eq));
    if equal {
        says(Verdict::Affected, format!("the bill of materials names {}", part.label()))
    } else {
        says(Verdict::NotAffected, format!("the bill of materials names {}, another version", part.label()))
    }
}
