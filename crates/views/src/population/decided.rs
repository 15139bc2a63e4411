//! How far a person's decision reaches: which component it speaks of, which releases, and what takes it back.
//!
//! The rules, which `docs/concepts/vulnerabilities.md` tells users:
//! 1. A decision speaks of a component if its package URL names the same package (and agrees in every qualifier it gives),
//!    or its name does. With a version it speaks of that version only; without one, of every version.
//! 2. It holds for the releases it was looked at for, and carries over to releases of the same product, item and line that
//!    were made after the first of them. One that names no release holds for all.
//! 3. It is open again once an advisory says something else about products and versions than it said when it was decided,
//!    or is withdrawn.
//! 4. Of several that hold, the last one counts.

use std::cmp::Ordering;

use formats::matching::Verdict;
use formats::purl::Purl;
use formats::version::{Scheme, compare};

use evidence::facts::vulnerability::{VexStatus, VulnerabilityDecided};

use super::knowledge::{Decision, Knowledge, Release};
use super::parts::Part;

/// Whether a decision speaks of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    /// Of this component.
    Yes,
    /// Of another version of it.
    OtherVersion { looked_at: String },
    /// Of something else.
    No,
}

/// What a decision is about, taken apart once.
pub(super) enum Target {
    Purl(Box<Purl>),
    Name { name: String, version: Option<String> },
}

impl Target {
    pub(super) fn of(component: &str) -> Self {
        if component.starts_with("pkg:")
            && let Ok((purl, _)) = Purl::read(component)
        {
            return Self::Purl(Box::new(purl));
        }
        // The last word is a version if it has a digit: `Mbed TLS 3.6.2`, but `Patient Monitor`.
        match component.trim().rsplit_once(' ') {
            Some((name, version)) if version.contains(|c: char| c.is_ascii_digit()) => {
                Self::Name { name: name.trim().to_owned(), version: Some(version.to_owned()) }
            }
            _ => Self::Name { name: component.trim().to_owned(), version: None },
        }
    }

    /// What an index finds it by.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Purl(purl) => purl.name(),
            Self::Name { name, .. } => name,
        }
    }

    pub(super) fn speaks_of(&self, part: &Part) -> Speaks {
        let (same, wanted, scheme) = match self {
            Self::Purl(purl) => {
                let fits = |own: &&Purl| {
                    own.same_package(purl)
                        && purl.qualifiers().iter().all(|(key, value)| own.qualifier(key) == Some(value))
                };
                (part.purls.iter().any(|own| fits(&own)), purl.version(), Scheme::from_purl_type(purl.ty()))
            }
            Self::Name { name, version } => {
                let same = |own: &str| own.eq_ignore_ascii_case(name);
                let same = same(&part.name) || part.purls.iter().any(|purl| same(purl.name()));
                (same, version.as_deref(), Some(Scheme::of_component(name)))
            }
        };
        match (same, wanted) {
            (false, _) => Speaks::No,
            (true, None) => Speaks::Yes,
            (true, Some(wanted)) => {
                let equal = |own: &str| {
                    own == wanted
                        || scheme.is_some_and(|s| compare(s, own, wanted).is_ok_and(Ordering::is_eq))
                };
                let has = part.version().is_some_and(equal)
                    || part.purls.iter().filter_map(Purl::version).any(equal);
                if has { Speaks::Yes } else { Speaks::OtherVersion { looked_at: wanted.to_owned() } }
            }
        }
    }
}

/// On what ground a decision holds for a release; `Err` says why it does not.
pub(super) fn reaches(
    decision: &VulnerabilityDecided,
    release: &Release,
    known: &Knowledge,
) -> Result<String, String> {
    if decision.releases.is_empty() {
        return Ok("it was made for every release".into());
    }
    if decision.releases.contains(&release.entry) {
        return Ok(format!("it was looked at for {}", release.label()));
    }
    let looked_at: Vec<&Release> =
        decision.releases.iter().filter_map(|entry| known.releases.get(&entry.index)).collect();
    let of_line =
        |r: &&&Release| (&r.product, &r.item, &r.line) == (&release.product, &release.item, &release.line);
    let first = looked_at.iter().filter(of_line).min_by_key(|r| r.entry.index);
    let labels = || looked_at.iter().map(|r| r.label()).collect::<Vec<_>>().join(", ");
    match first {
        Some(first) if first.entry.index < release.entry.index => {
            Ok(format!("it was looked at for {} and carries over to later releases", first.label()))
        }
        Some(first) => {
            Err(format!("it was looked at for {}, which is not earlier than this release", first.label()))
        }
        None => Err(format!("it was looked at for {}, of another product, item or line", labels())),
    }
}

/// The verdict of a decision.
pub(super) const fn verdict(status: VexStatus) -> Verdict {
    match status {
        VexStatus::NotAffected => Verdict::NotAffectedByVex,
        VexStatus::Affected => Verdict::Affected,
        VexStatus::Fixed => Verdict::Fixed,
        VexStatus::UnderInvestigation => Verdict::Undetermined,
    }
}

/// What a decision says, for a step.
pub(super) fn words(decision: &Decision) -> String {
    let fact = &decision.taken.fact;
    let why = fact.justification.map(|j| format!(" ({})", j.word())).unwrap_or_default();
    format!(
        "{} decided at {} (entry {}): {}{why}: {}",
        decision.whose,
        decision.made,
        decision.taken.entry.index,
        fact.status.word(),
        fact.statement
    )
}
