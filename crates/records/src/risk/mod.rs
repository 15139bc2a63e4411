//! Risk evaluation by the product's acceptability policy (ISO 14971 clauses 4.4, 6, 7.3, 8): scales of severity and
//! probability, regions before and after control, and what a record of kind `risk` amounts to by them.
//!
//! The policy is data of `vouchsafe.toml`; the matrix over a record set lives in `matrix`, its forms in `render`.

mod matrix;
mod policy;

pub use matrix::{Cell, Control, Matrix, Overall, RiskLine, RiskView, Unplaced, risk_view};
pub use policy::{Level, LevelFile, Policy, RiskFile};

use crate::record::Record;
use serde::Deserialize;

/// What the policy says of a combination of severity and probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// Acceptable as it is.
    Acceptable,
    /// Acceptable only once no further control is practicable: reduce, or investigate further.
    Reduce,
    /// Not acceptable without control; after control only with a benefit-risk analysis.
    Unacceptable,
}

impl Region {
    /// All, from best to worst.
    pub const ALL: [Self; 3] = [Self::Acceptable, Self::Reduce, Self::Unacceptable];

    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Acceptable => "acceptable",
            Self::Reduce => "reduce",
            Self::Unacceptable => "unacceptable",
        }
    }

    /// From its word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| region.name() == text)
    }
}

/// Before or after control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// The estimate before any control.
    Initial,
    /// What remains with all controls.
    Residual,
}

impl When {
    /// From its word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "initial" => Some(Self::Initial),
            "residual" => Some(Self::Residual),
            _ => None,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Initial => "",
            Self::Residual => "residual-",
        }
    }
}

/// Where on the scale of probability a risk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probability {
    /// Index into the scale.
    Class(usize),
    /// It cannot be estimated: severity alone decides.
    NotEstimable,
}

/// Why an estimate has no place in the matrix, or contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A field is missing.
    Missing(&'static str),
    /// A value that the scale does not have.
    OffScale {
        /// The field.
        field: String,
        /// Its value.
        value: String,
        /// Names of the scale.
        scale: String,
    },
    /// P1 times P2 falls into another class than the one written.
    Disagrees {
        /// The class written.
        written: String,
        /// The class computed.
        computed: String,
    },
    /// The estimate names another version of the policy.
    OtherVersion {
        /// The version written.
        written: String,
        /// The version in force.
        now: String,
    },
}

impl Trouble {
    /// As part of a sentence about a record.
    #[must_use]
    pub fn text(&self, id: &str) -> String {
        match self {
            Self::Missing(field) => format!("{id} has no `{field}`"),
            Self::OffScale { field, value, scale } => {
                format!("`{field}` of {id} is `{value}`, which the policy does not have ({scale})")
            }
            Self::Disagrees { written, computed } => {
                format!("P1 and P2 of {id} make `{computed}`, and the probability written is `{written}`")
            }
            Self::OtherVersion { written, now } => {
                format!("{id} was estimated by `{written}`; the policy in force is `{now}`")
            }
        }
    }
}

/// What a risk record amounts to, before or after control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Index into the scale of severity; none without a policy or a value on it.
    pub severity: Option<usize>,
    /// Place on the scale of probability.
    pub probability: Option<Probability>,
    /// The region by the policy; without a policy, what the record says (`acceptable` or `unacceptable`).
    pub region: Option<Region>,
    /// What the record says itself.
    pub stated: Option<bool>,
    /// Why there is no region, or what contradicts it.
    pub trouble: Option<Trouble>,
}

impl Evaluation {
    /// Whether what the record says agrees with the region: it may call acceptable all but the worst region, because the
    /// middle one is decided case by case.
    #[must_use]
    pub fn agrees(&self) -> bool {
        match (self.stated, self.region) {
            (Some(true), Some(region)) => region != Region::Unacceptable,
            (Some(false), Some(region)) => region != Region::Acceptable,
            _ => true,
        }
    }
}

/// Evaluates one record by the policy. A risk whose initial estimate is acceptable and that has no residual one keeps
/// its estimate (ISO 14971 clause 6). O(size of the policy).
// @implements SWR-16
#[must_use]
pub fn evaluate(policy: Option<&Policy>, record: &Record, when: When) -> Evaluation {
    let prefix = when.prefix();
    let stated = match record.text_of(&format!("{prefix}acceptable")) {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let Some(policy) = policy else {
        let region = stated.map(|fine| if fine { Region::Acceptable } else { Region::Unacceptable });
        let field = if when == When::Initial { "acceptable" } else { "residual-acceptable" };
        let trouble = region.is_none().then_some(Trouble::Missing(field));
        return Evaluation { severity: None, probability: None, region, stated, trouble };
    };
    let residual_given = ["severity", "probability", "p1", "p2", "acceptable"]
        .iter()
        .any(|name| record.field(&format!("residual-{name}")).is_some());
    if when == When::Residual && !residual_given {
        let initial = evaluate(Some(policy), record, When::Initial);
        if initial.region == Some(Region::Acceptable) {
            return Evaluation { stated: None, ..initial };
        }
    }
    let (severity, severity_trouble) = severity_of(policy, record, when);
    let (probability, probability_trouble) = probability_of(policy, record, when);
    let region = severity.zip(probability).and_then(|(severity, at)| policy.region(when, severity, at));
    let trouble = severity_trouble.or(probability_trouble);
    Evaluation { severity, probability, region, stated, trouble }
}

/// Everything in a record that is not on the scales of the policy in force, or was estimated by another version.
#[must_use]
pub fn off_scale(policy: &Policy, record: &Record) -> Option<Trouble> {
    let written = record.text_of("scale");
    if !written.is_empty() && !policy.version.is_empty() && written != policy.version {
        let (written, now) = (written.to_owned(), policy.version.clone());
        return Some(Trouble::OtherVersion { written, now });
    }
    [When::Initial, When::Residual].into_iter().find_map(|when| {
        let found = [severity_of(policy, record, when).1, probability_of(policy, record, when).1];
        found.into_iter().flatten().find(|trouble| !matches!(trouble, Trouble::Missing(_)))
    })
}

fn severity_of(policy: &Policy, record: &Record, when: When) -> (Option<usize>, Option<Trouble>) {
    let field = format!("{}severity", when.prefix());
    match record.text_of(&field) {
        "" => {
            let name = if when == When::Initial { "severity" } else { "residual-severity" };
            (None, Some(Trouble::Missing(name)))
        }
        value => match policy.severity.iter().position(|level| level.name == value) {
            Some(at) => (Some(at), None),
            None => {
                let scale = names(&policy.severity);
                (None, Some(Trouble::OffScale { field, value: value.to_owned(), scale }))
            }
        },
    }
}

fn probability_of(policy: &Policy, record: &Record, when: When) -> (Option<Probability>, Option<Trouble>) {
    let prefix = when.prefix();
    let number = |name: &str| record.text_of(&format!("{prefix}{name}")).parse::<f64>().ok();
    let product = number("p1").zip(number("p2")).map(|(p1, p2)| p1 * p2);
    let computed = product.filter(|p| p.is_finite() && *p >= 0.0).and_then(|p| policy.class_of(p));
    let field = format!("{prefix}probability");
    let value = record.text_of(&field);
    let written = policy.probability.iter().position(|level| level.name == value);
    if !value.is_empty() && written.is_none() {
        let scale = names(&policy.probability);
        return (None, Some(Trouble::OffScale { field, value: value.to_owned(), scale }));
    }
    let name = |at: usize| policy.probability.get(at).map(|level| level.name.clone()).unwrap_or_default();
    match (written, computed) {
        (Some(written), Some(computed)) if written != computed => {
            // The worse of the two counts until somebody decides.
            let trouble = Trouble::Disagrees { written: name(written), computed: name(computed) };
            (Some(Probability::Class(written.max(computed))), Some(trouble))
        }
        (Some(at), _) | (None, Some(at)) => (Some(Probability::Class(at)), None),
        (None, None) if record.field("not-estimable").is_some() => (Some(Probability::NotEstimable), None),
        (None, None) => {
            let name = if when == When::Initial { "probability" } else { "residual-probability" };
            (None, Some(Trouble::Missing(name)))
        }
    }
}

fn names(scale: &[Level]) -> String {
    scale.iter().map(|level| &*level.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
