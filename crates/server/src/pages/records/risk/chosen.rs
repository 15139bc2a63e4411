//! Which risks are listed: those of a cell of a matrix, of a region, or with something open.

use records::risk::{Region, RiskLine, When};

use super::super::super::Ask;
use super::super::super::error::PageError;

/// Which risks are listed.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) when: Option<When>,
    pub(super) severity: String,
    pub(super) probability: String,
    pub(super) region: String,
    /// Without a place in the matrix.
    pub(super) unplaced: bool,
    /// Unacceptable residual risks without a benefit-risk analysis.
    pub(super) unbalanced: bool,
    /// With a control that is not verified in full.
    pub(super) unverified: bool,
}

/// Whether a control of it is not verified in full.
pub(super) fn unverified(risk: &RiskLine) -> bool {
    risk.controls.iter().any(|control| !control.implemented || !control.effective)
}

impl Chosen {
    pub(super) fn read(ask: &Ask) -> Result<Self, PageError> {
        let text = |name: &str| ask.param(name).unwrap_or_default().to_owned();
        let when = match ask.param("when") {
            None => None,
            Some(word) => Some(When::parse(word).ok_or_else(|| {
                PageError::bad_filter(format!("“{word}” is neither `initial` nor `residual`."))
            })?),
        };
        let region = text("region");
        if !region.is_empty() && region != "unknown" && Region::parse(&region).is_none() {
            return Err(PageError::bad_filter(format!("“{region}” is no region of a policy.")));
        }
        Ok(Self {
            when,
            severity: text("severity"),
            probability: text("probability"),
            region,
            unplaced: ask.param("unplaced").is_some(),
            unbalanced: ask.param("unbalanced").is_some(),
            unverified: ask.param("unverified").is_some(),
        })
    }

    pub(super) fn any(&self) -> bool {
        self.unplaced
            || self.unbalanced
            || self.unverified
            || [&self.severity, &self.probability, &self.region].iter().any(|text| !text.is_empty())
    }

    pub(super) fn word(&self) -> &'static str {
        if self.when == Some(When::Initial) { "initial" } else { "residual" }
    }

    pub(super) fn holds(&self, risk: &RiskLine, place: Option<(&str, &str)>) -> bool {
        let evaluation = if self.when == Some(When::Initial) { &risk.initial } else { &risk.residual };
        let fits = |asked: &str, is: Option<&str>| asked.is_empty() || is == Some(asked);
        let region = match self.region.as_str() {
            "" => true,
            "unknown" => evaluation.region.is_none(),
            word => evaluation.region.map(Region::name) == Some(word),
        };
        // A place counts where the matrix has it: with a region.
        let place = place.filter(|_| evaluation.region.is_some());
        region
            && fits(&self.severity, place.map(|p| p.0))
            && fits(&self.probability, place.map(|p| p.1))
            && (!self.unplaced || place.is_none())
            && (!self.unbalanced
                || (risk.residual.region == Some(Region::Unacceptable) && !risk.benefit_risk))
            && (!self.unverified || unverified(risk))
    }
}
