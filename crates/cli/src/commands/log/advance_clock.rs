//! `vouchsafe log advance-clock`: lets log time jump once further than the bound fixed at the beginning.

use clap::Args;
use evidence::Time;
use evidence::facts::log::ClockAdvanced;

use super::super::Context;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};

/// Let log time jump further than the bound, once
#[derive(Args, Debug)]
pub(crate) struct AdvanceClockArgs {
    /// The next tick may reach this time, such as 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Time,
    #[command(flatten)]
    author: AuthorArgs,
}

impl AdvanceClockArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let until = self.until;
        let stated = self.author.state(context, |_| Ok(ClockAdvanced { until }.into()))?;
        stated.report(context, &format!("Log time may reach {until}."), &[])?;
        Ok(Verdict::Holds)
    }
}
