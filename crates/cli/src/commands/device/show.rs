//! `vouchsafe device show`.

use clap::Args;
use serde_json::Value;

use super::super::Context;
use super::super::fleet::ask::{AskArgs, ProveArgs, moments};
use crate::failure::{Failure, Verdict};
use crate::text;

/// Show what is known of a device, and how well
///
/// With the entries that the answer rests on; `--prove` proves them.
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// UEID, asset, UDI or serial number
    id: String,
    #[command(flatten)]
    ask: AskArgs,
    #[command(flatten)]
    prove: ProveArgs,
}

impl ShowArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let answer = self.ask.place(context)?.device(&self.ask, &self.id, self.prove.prove)?;
        self.prove.keep(&answer)?;
        let ui = &context.ui;
        if ui.is_json() {
            ui.json(&answer)?;
            return Ok(Verdict::Holds);
        }
        let row = views::fleet::row(&answer);
        let cells: Vec<(&str, &String)> =
            views::fleet::COLUMNS.iter().copied().zip(&row).filter(|(_, c)| !c.is_empty()).collect();
        let cell = |name: &str| cells.iter().find(|(n, _)| *n == name).map(|(_, c)| text::printable(c, 400));
        ui.print(ui.bold(&cell("id").unwrap_or_default()))?;
        let freshness = cell("freshness").unwrap_or_default();
        let known = match cell("reason") {
            Some(reason) => format!("{freshness} ({reason}), {}", cell("grade").unwrap_or_default()),
            None => format!("{freshness}, {}", cell("grade").unwrap_or_default()),
        };
        let mut pairs = vec![("known", known)];
        let plain = [
            "running", "software", "asset", "udi", "serial", "model", "product", "hardware", "site", "owner",
        ];
        for name in plain.into_iter().chain(["custody", "seen"]) {
            pairs.extend(cell(name).map(|value| (name, value)));
        }
        if let Some(carrier) = answer.get("carrier").filter(|c| c.is_object()) {
            let word = |name: &str| carrier.get(name).and_then(Value::as_str).unwrap_or("no agency");
            let findings = words(carrier.get("findings"));
            let findings = if findings.is_empty() { findings } else { format!("; {findings}") };
            let line = format!("{}, check digit {}{findings}", word("agency"), word("check"));
            pairs.push(("carrier", text::printable(&line, 300)));
        }
        pairs.extend(cell("unknown").map(|u| ("unknown firmware", ui.warn(&u))));
        pairs.extend(verdict(&answer).map(|v| ("verdict", v)));
        if let Some(since) = answer.get("silence").and_then(|s| s.get("since")).and_then(Value::as_str) {
            pairs.push(("silent since", ui.warn(since)));
        }
        let findings: Vec<String> = list(&answer, "findings").iter().map(finding).collect();
        if !findings.is_empty() {
            pairs.push(("findings", findings.join("\n")));
        }
        let entries: Vec<String> = list(&answer, "entries").iter().map(entry).collect();
        pairs.push(("rests on", entries.join("\n")));
        pairs.extend(self.prove.pairs(&answer));
        ui.pairs(&pairs)?;
        moments(context, &answer);
        Ok(Verdict::Holds)
    }
}

fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn words(value: Option<&Value>) -> String {
    let words = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    words.collect::<Vec<_>>().join(", ")
}

fn verdict(answer: &Value) -> Option<String> {
    let verdict = answer.get("verdict").filter(|v| v.is_object())?;
    let status = verdict.get("status").and_then(Value::as_str).unwrap_or_default();
    Some(format!("{status}: {}", words(verdict.get("reasons"))))
}

fn finding(finding: &Value) -> String {
    let word = |name| finding.get(name).and_then(Value::as_str).unwrap_or_default();
    let about = finding.get("about").map(Value::to_string).unwrap_or_default();
    let closed = if finding.get("closed").is_some_and(Value::is_object) { ", closed" } else { "" };
    format!("{}{closed} {}", word("kind"), text::printable(&about, 200))
}

fn entry(entry: &Value) -> String {
    let index = entry.get("index").and_then(Value::as_u64).unwrap_or_default();
    format!("entry {}: {}", text::count(index), words(entry.get("grounds")))
}
