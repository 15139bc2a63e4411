//! The rule engine: evaluates every rule on every record it applies to, and again only where a change can matter.
//! Rules are data (`schema`); this module never names a kind.

mod class;
mod eval;
mod evaluator;
mod report;
mod suspect;
mod verdict;

pub use eval::Context;
pub use evaluator::{Change, Evaluator};
pub(crate) use report::check_justifications;
pub use report::{Gap, GapState, Report, RuleSummary, RuleText};
pub use suspect::{Suspect, suspects};
pub(crate) use verdict::RAN_AGAINST;
pub use verdict::{Stale, Verdict, verdict};
