//! What an advisory's entry says of a component's version.

use std::cmp::Ordering;

use super::{Component, Step, Verdict};
use crate::advisory::{Affected, Extent, Rule, Status};
use crate::version::{Scheme, compare};

/// Most characters of an extent that a step repeats.
const SHOWN: usize = 400;

pub(super) fn judge(
    component: &Component<'_>,
    entry: usize,
    affected: &Affected,
    steps: &mut Vec<Step>,
) -> Verdict {
    let Some(version) = component.version().map(|version| with_epoch(component, version)) else {
        return without_version(entry, affected, steps);
    };
    let mut holding: Vec<Status> = Vec::new();
    let mut unclear: Vec<Status> = Vec::new();
    for rule in &affected.rules {
        let extent = shown(&rule.extent);
        let status = rule.status;
        match holds(rule, &version) {
            Ok(true) => {
                holding.push(status);
                steps.push(Step::RuleHolds { entry, status, extent });
            }
            Ok(false) => steps.push(Step::RuleDoesNotHold { entry, status, extent }),
            Err((reason, settle)) => {
                unclear.push(status);
                steps.push(Step::RuleUnclear { entry, status, extent, reason, settle });
            }
        }
    }
    if let Some(first) = holding.first() {
        let excuses = |status: &Status| matches!(status, Status::NotAffected | Status::Fixed);
        if holding.contains(&Status::Affected) && holding.iter().any(excuses) {
            steps.push(Step::RulesContradict { entry });
            return Verdict::Undetermined;
        }
        let status = if holding.contains(&Status::Affected) { Status::Affected } else { *first };
        // Another rule that might hold as well could turn an excuse round.
        return match verdict(status) {
            found if found < Verdict::Undetermined && unclear.contains(&Status::Affected) => {
                Verdict::Undetermined
            }
            found => found,
        };
    }
    // A rule that merely might say "not affected" changes nothing where the default says that already.
    if unclear.iter().any(|status| verdict(*status) != verdict(affected.default)) {
        return Verdict::Undetermined;
    }
    steps.push(Step::Default { entry, status: affected.default });
    if affected.default == Status::NotAffected
        && let Some(fix) = fix_before(affected, &version)
    {
        steps.push(Step::HoldsFix { entry, version: fix });
        return Verdict::Fixed;
    }
    verdict(affected.default)
}

/// RPM keeps the epoch in a qualifier of the purl.
fn with_epoch(component: &Component<'_>, version: &str) -> String {
    let rpm = component.purl.filter(|purl| purl.ty() == "rpm");
    match rpm.and_then(|purl| purl.qualifier("epoch")) {
        Some(epoch) if !version.contains(':') => format!("{epoch}:{version}"),
        _ => version.to_owned(),
    }
}

/// A component without a version: only what holds for all versions can be said of it.
fn without_version(entry: usize, affected: &Affected, steps: &mut Vec<Step>) -> Verdict {
    let all = affected.rules.iter().find(|rule| matches!(&rule.extent, Extent::Range(vers) if vers.is_all()));
    if let Some(rule) = all {
        steps.push(Step::RuleHolds { entry, status: rule.status, extent: shown(&rule.extent) });
        return verdict(rule.status);
    }
    steps.push(Step::RuleUnclear {
        entry,
        status: affected.rules.first().map_or(affected.default, |rule| rule.status),
        extent: affected.rules.first().map_or_else(String::new, |rule| shown(&rule.extent)),
        reason: "the component has no version".to_owned(),
        settle: "its version",
    });
    Verdict::Undetermined
}

fn verdict(status: Status) -> Verdict {
    match status {
        Status::Affected => Verdict::Affected,
        Status::NotAffected => Verdict::NotAffected,
        Status::Fixed => Verdict::Fixed,
        Status::UnderInvestigation | Status::Unknown => Verdict::Undetermined,
    }
}

fn holds(rule: &Rule, version: &str) -> Result<bool, (String, &'static str)> {
    match &rule.extent {
        Extent::Range(vers) => {
            vers.contains(version).map_err(|error| (error.to_string(), "a version that can be ordered"))
        }
        Extent::Listed { scheme: Some(scheme), versions } => {
            let mut unordered = None;
            for listed in versions {
                match compare(*scheme, version, listed) {
                    Ok(order) if order.is_eq() => return Ok(true),
                    Ok(_) => {}
                    Err(_) if listed == version => return Ok(true),
                    Err(error) => unordered = Some(error),
                }
            }
            match unordered {
                None => Ok(false),
                Some(error) => Err((error.to_string(), "a version in the form that the list uses")),
            }
        }
        Extent::Listed { scheme: None, versions } => {
            if versions.iter().any(|listed| listed == version) {
                Ok(true)
            } else {
                let reason = "not in the list as text, and the version scheme is not known".to_owned();
                Err((reason, "a version in the form that the list uses"))
            }
        }
        Extent::Commits { .. } => {
            Err(("the range is one of commits".to_owned(), "the versions that the commits went into"))
        }
        Extent::Unreadable { reason, .. } => {
            Err((reason.clone(), "an assessment by a person, with evidence,"))
        }
    }
}

/// The highest fixed version that is not after the component's.
fn fix_before(affected: &Affected, version: &str) -> Option<String> {
    let scheme: Scheme = affected.rules.iter().find_map(|rule| match &rule.extent {
        Extent::Range(vers) => vers.scheme(),
        _ => None,
    })?;
    let before = affected.fixed.iter().filter(|fix| compare(scheme, fix, version).is_ok_and(Ordering::is_le));
    before.reduce(|a, b| if compare(scheme, a, b).is_ok_and(Ordering::is_ge) { a } else { b }).cloned()
}

fn shown(extent: &Extent) -> String {
    let text = match extent {
        Extent::Range(vers) => vers.to_string(),
        Extent::Listed { versions, .. } => format!("one of {}", versions.join(", ")),
        Extent::Commits { introduced, fixed, .. } => {
            format!("commits from {} to before {}", introduced.join(", "), fixed.join(", "))
        }
        Extent::Unreadable { text, .. } => format!("{text:?}"),
    };
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text }
}
