//! The acceptability policy: its TOML shape, and the checks that make it usable.

use super::{Probability, Region, When};
use crate::schema::SchemaError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most levels of one scale.
const MAX_LEVELS: usize = 12;

/// `[risk]` of `vouchsafe.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RiskFile {
    /// Name of this version of policy and scales, as risks write it in `scale`.
    #[serde(default)]
    pub version: String,
    /// What a probability is of: one use, a device and year … A probability without it says nothing.
    pub per: String,
    /// Severity, least first.
    pub severity: Vec<LevelFile>,
    /// Probability of harm, least first; with `below`, numbers find their class.
    pub probability: Vec<LevelFile>,
    /// For each severity, the region of each probability, least first.
    pub matrix: BTreeMap<String, Vec<Region>>,
    /// The same after control; default: `matrix`.
    #[serde(default)]
    pub residual_matrix: BTreeMap<String, Vec<Region>>,
    /// For each severity, the region when the probability cannot be estimated; default: that of the greatest one.
    #[serde(default)]
    pub not_estimable: BTreeMap<String, Region>,
    /// Overall residual risk: how many residual risks of a region are acceptable together (`reduce`, `unacceptable`).
    #[serde(default)]
    pub overall: BTreeMap<String, usize>,
}

/// One level of a scale.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LevelFile {
    /// As risks write it.
    pub name: String,
    /// Probabilities below this number belong to it; the greatest level has none.
    #[serde(default)]
    pub below: Option<f64>,
    /// One line about it.
    #[serde(default)]
    pub doc: String,
}

/// A level, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// As risks write it.
    pub name: String,
    /// Exclusive upper bound, where numbers find their class.
    pub below: Option<f64>,
    /// One line.
    pub doc: String,
}

/// A policy that can be applied: every severity has a region for every probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Name of this version.
    pub version: String,
    /// What a probability is of.
    pub per: String,
    /// Severity, least first.
    pub severity: Vec<Level>,
    /// Probability, least first.
    pub probability: Vec<Level>,
    initial: Vec<Vec<Region>>,
    residual: Vec<Vec<Region>>,
    not_estimable: Vec<Option<Region>>,
    /// At most so many residual risks of a region.
    pub overall: BTreeMap<Region, usize>,
}

impl Policy {
    /// Checks a policy.
    ///
    /// # Errors
    /// With the place in `vouchsafe.toml`, when a scale is empty or unordered, a row is missing or has the wrong length,
    /// or a worse estimate would get a better region.
    pub fn compile(file: &RiskFile) -> Result<Self, SchemaError> {
        let place = |part: &str| format!("vouchsafe.toml: risk.{part}");
        let wrong = |part: &str, reason| SchemaError::Wrong { place: place(part), reason };
        if file.per.trim().is_empty() {
            return Err(wrong("per", "say what a probability is of, such as `per = \"use\"`"));
        }
        let severity = scale(&file.severity).map_err(|reason| wrong("severity", reason))?;
        let probability = scale(&file.probability).map_err(|reason| wrong("probability", reason))?;
        let bounds: Vec<f64> = probability.iter().filter_map(|level| level.below).collect();
        let numbered = probability.iter().rev().skip(1).all(|level| level.below.is_some());
        let ordered = bounds.iter().zip(bounds.iter().skip(1)).all(|(a, b)| a < b);
        let last = probability.last().is_some_and(|level| level.below.is_none());
        let positive = bounds.iter().all(|bound| *bound > 0.0);
        let usable = bounds.is_empty() || (numbered && ordered && last && positive);
        if !usable {
            let reason =
                "`below` rises from level to level, and the last has none (or no level has one at all)";
            return Err(wrong("probability", reason));
        }
        let initial = rows("matrix", &file.matrix, &severity, probability.len())?;
        let residual = if file.residual_matrix.is_empty() {
            initial.clone()
        } else {
            rows("residual-matrix", &file.residual_matrix, &severity, probability.len())?
        };
        known("not-estimable", file.not_estimable.keys(), &severity)?;
        let not_estimable =
            severity.iter().map(|level| file.not_estimable.get(&level.name).copied()).collect();
        let mut overall = BTreeMap::new();
        for (name, count) in &file.overall {
            let region = Region::parse(name).ok_or_else(|| SchemaError::Unknown {
                place: place("overall"),
                what: "region",
                name: name.clone(),
                hint: "; regions are: acceptable, reduce, unacceptable".to_owned(),
            })?;
            overall.insert(region, *count);
        }
        Ok(Self {
            version: file.version.clone(),
            per: file.per.clone(),
            severity,
            probability,
            initial,
            residual,
            not_estimable,
            overall,
        })
    }

    /// The region of a combination; none outside the scales.
    #[must_use]
    pub fn region(&self, when: When, severity: usize, probability: Probability) -> Option<Region> {
        let rows = if when == When::Initial { &self.initial } else { &self.residual };
        let row = rows.get(severity)?;
        match probability {
            Probability::Class(at) => row.get(at).copied(),
            Probability::NotEstimable => {
                self.not_estimable.get(severity).copied().flatten().or_else(|| row.last().copied())
            }
        }
    }

    /// The class of a number; none when the scale has no bounds.
    #[must_use]
    pub fn class_of(&self, probability: f64) -> Option<usize> {
        self.probability.first()?.below?;
        let found = self.probability.iter().position(|level| level.below.is_some_and(|b| probability < b));
        found.or(Some(self.probability.len().saturating_sub(1)))
    }
}

fn scale(levels: &[LevelFile]) -> Result<Vec<Level>, &'static str> {
    if levels.is_empty() || levels.len() > MAX_LEVELS {
        return Err("a scale has between 1 and 12 levels, least first");
    }
    let twice = |at: usize, name: &str| levels.iter().take(at).any(|before| before.name == name);
    if levels.iter().enumerate().any(|(at, level)| level.name.trim().is_empty() || twice(at, &level.name)) {
        return Err("each level has a name of its own");
    }
    let level =
        |level: &LevelFile| Level { name: level.name.clone(), below: level.below, doc: level.doc.clone() };
    Ok(levels.iter().map(level).collect())
}

fn known<'n>(
    part: &str,
    names: impl Iterator<Item = &'n String>,
    severity: &[Level],
) -> Result<(), SchemaError> {
    for name in names {
        if !severity.iter().any(|level| level.name == *name) {
            return Err(SchemaError::Unknown {
                place: format!("vouchsafe.toml: risk.{part}"),
                what: "severity",
                name: name.clone(),
                hint: format!("; the scale has: {}", super::names(severity)),
            });
        }
    }
    Ok(())
}

fn rows(
    part: &str,
    rows: &BTreeMap<String, Vec<Region>>,
    severity: &[Level],
    columns: usize,
) -> Result<Vec<Vec<Region>>, SchemaError> {
    known(part, rows.keys(), severity)?;
    let wrong = |name: &str, reason| SchemaError::Wrong {
        place: format!("vouchsafe.toml: risk.{part}.{name}"),
        reason,
    };
    let mut found: Vec<Vec<Region>> = Vec::with_capacity(severity.len());
    for level in severity {
        let row = rows.get(&level.name).filter(|row| row.len() == columns).ok_or_else(|| {
            wrong(&level.name, "needs one region for each level of probability, least first")
        })?;
        let falls = row.iter().zip(row.iter().skip(1)).any(|(a, b)| b < a);
        let milder = found.last().is_some_and(|before| row.iter().zip(before).any(|(a, b)| a < b));
        if falls || milder {
            return Err(wrong(
                &level.name,
                "a more probable or more severe harm cannot have a better region",
            ));
        }
        found.push(row.clone());
    }
    Ok(found)
}
