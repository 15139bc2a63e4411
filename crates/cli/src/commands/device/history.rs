//! `vouchsafe device history`.

use clap::Args;
use serde_json::Value;

use super::super::Context;
use super::super::fleet::ask::{AskArgs, moments};
use crate::failure::{Failure, Verdict};
use crate::text;

/// Show a device over time
///
/// The intervals in which nothing that is known of it changed, oldest first.
#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// UEID, asset, UDI or serial number
    id: String,
    #[command(flatten)]
    ask: AskArgs,
}

impl HistoryArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let answer = self.ask.place(context)?.history(&self.ask, &self.id)?;
        let ui = &context.ui;
        if ui.is_json() {
            ui.json(&answer)?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.bold(answer.get("id").and_then(Value::as_str).unwrap_or_default()))?;
        let said = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("").to_owned();
        let head = format!("  {:<20}  {:<20}  {:<9}  {:<8}  what", "from", "until", "freshness", "grade");
        ui.print(ui.dim(&head))?;
        for interval in answer.get("intervals").and_then(Value::as_array).into_iter().flatten() {
            let state = interval.get("state").unwrap_or(&Value::Null);
            let row = views::fleet::row(state);
            let cell = |name: &str| {
                let place = views::fleet::COLUMNS.iter().position(|c| *c == name);
                place.and_then(|n| row.get(n)).map(String::as_str).filter(|c| !c.is_empty())
            };
            let what = [
                cell("running").or_else(|| cell("reason")).map(str::to_owned),
                cell("unknown").map(|u| format!("unknown firmware {u}")),
                cell("verdict").filter(|v| *v != "affirming").map(|v| format!("verdict {v}")),
                cell("site").map(|s| format!("at {s}")),
                cell("custody").map(str::to_owned),
            ];
            let what = what.into_iter().flatten().collect::<Vec<_>>().join(", ");
            ui.print(format!(
                "  {:<20}  {:<20}  {:<9}  {:<8}  {}",
                said(interval.get("from")),
                said(interval.get("until")),
                said(state.get("freshness")),
                said(state.get("grade")),
                text::printable(&what, 160)
            ))?;
        }
        moments(context, &answer);
        Ok(Verdict::Holds)
    }
}
