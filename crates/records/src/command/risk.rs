//! `risk`: the risks of the product by its policy, before and after control. What they amount to is decided in `risk`;
//! how it looks in `render::risk`.

use super::{Check, CommandError, Status, TraceFormat, check::evaluate};
use crate::render::risk::{RiskPage, write};
use crate::risk::risk_view;
use std::io::Write;

/// What to show, and how.
#[derive(Debug, Default)]
pub struct Risk {
    /// The tree with results, as for `check`: controls are verified by results.
    pub check: Check,
    /// How to show it.
    pub format: TraceFormat,
}

/// Writes the risks. Ends with `Gaps` when a risk has no residual evaluation, an unacceptable one has no benefit-risk
/// analysis, the policy's criteria of the overall residual risk are not met, or there is no policy to have any.
///
/// # Errors
/// When the tree or the output fails.
pub fn risk(mut options: Risk, out: &mut dyn Write) -> Result<Status, CommandError> {
    let (_, evaluator, report) = evaluate(&mut options.check)?;
    let set = evaluator.set();
    let view = risk_view(set);
    let page = RiskPage { set, view: &view };
    write(&page, options.format, out).map_err(CommandError::Output)?;
    let holds = set.schema().risk.is_some() && view.overall.holds();
    Ok(match (report.problems.is_empty(), holds) {
        (false, _) => Status::BadInput,
        (true, true) => Status::Holds,
        (true, false) => Status::Gaps,
    })
}
