//! `vouchsafe affected ID|PURL`: who is affected by a vulnerability, or carries a component, and who nobody can tell.

use std::sync::Arc;

use clap::Args;
use evidence::Time;
use serde_json::{Value, json};
use views::population::{self, Answer, Catalogue, Knowledge, PopulationError, Question};
use world::fleet::Basis;

use super::Context;
use super::fleet::ask::{AskArgs, ProveArgs, moments};
use super::fleet::place::{Here, Place, encoded};
use crate::failure::{Failure, Verdict};
use crate::text;
use crate::ui::{Format, Ui};

/// Devices that a server lists at once.
const PAGE: &str = "1000";
/// Steps of a component that are printed for people.
const STEPS: usize = 12;

/// Show which devices are affected by a vulnerability, or carry a component
///
/// Each device runs releases, each release is made of components, each component is assessed against every advisory of the
/// vulnerability. What cannot be told is undetermined, with the reason; nobody is silently unaffected.
#[derive(Args, Debug)]
pub(crate) struct AffectedArgs {
    /// A vulnerability or advisory by any of its names, or a package URL
    #[arg(value_name = "ID|PURL")]
    name: String,
    #[command(flatten)]
    ask: AskArgs,
    #[command(flatten)]
    prove: ProveArgs,
    /// Verdicts whose devices are listed, separated by commas: affected, undetermined, fixed, not-affected-by-vex,
    /// not-affected; `all` for every device [default: affected, or carries]
    #[arg(long, value_name = "VERDICTS")]
    list: Option<String>,
    /// Devices to list as text; the other formats list all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

impl AffectedArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let place = self.ask.place(context)?;
        let answer = match &place {
            Place::Here(here) => self.here(context, here)?,
            Place::There(remote) => self.there(&|path| remote.get(path), context.ui.format)?,
        };
        self.prove.keep(&answer)?;
        match context.ui.format {
            Format::Json => context.ui.json(&answer)?,
            Format::Csv => context.ui.print_part(csv(&answer))?,
            Format::Text => self.text(context, &answer)?,
        }
        Ok(Verdict::Holds)
    }

    fn question(&self, known: u64, at: Time, format: Format) -> Result<Question, Failure> {
        let mut question = Question { known: Some(known), at: Some(at), ..Question::now(&self.name) };
        if let Some(list) = &self.list {
            question.list = population::json::verdicts(list, question.about()).map_err(|word| {
                let words = population::VERDICTS.map(|v| population::word(question.about(), v));
                Failure::input(format!("reading --list: `{word}`"), "no such verdict")
                    .hint(format!("take {}, or all", words.join(", ")))
            })?;
        }
        question.limit = if format == Format::Text { self.limit } else { usize::MAX - 1 };
        Ok(question)
    }

    fn here(&self, context: &Context, here: &Here) -> Result<Value, Failure> {
        let asked = here.moments(&self.ask)?;
        let question = self.question(asked.known, asked.at, context.ui.format)?;
        let (catalogue, blobs) = catalogue(&context.ui, here)?;
        let known = Arc::new(Knowledge::of(here.world(), asked.known));
        let found = population::findings(&catalogue, &known, &blobs, &question).map_err(|e| failed(&e))?;
        let answer = population::answer(here.world(), &catalogue, known, Arc::new(found), &question);
        let mut value = answer.to_json();
        if self.prove.prove {
            here.add_proof(&mut value, &asked, &basis(&answer), &[], true)?;
        }
        Ok(value)
    }

    /// Reads the pages of a server, each at the moments of the first.
    fn there(&self, get: &dyn Fn(&str) -> Result<Value, Failure>, format: Format) -> Result<Value, Failure> {
        let mut query: Vec<String> = Vec::new();
        let mut add = |name: &str, value: Option<&str>| {
            query.extend(value.map(|value| format!("{name}={}", encoded(value))));
        };
        add("at", self.ask.at.as_deref());
        add("known", self.ask.known.as_deref());
        add("list", self.list.as_deref());
        add("prove", self.prove.prove.then_some("true"));
        let limit = self.limit.clamp(1, 1_000).to_string();
        add("limit", Some(if format == Format::Text { &limit } else { PAGE }));
        let path = format!("/api/v1/affected/{}", encoded(&self.name));
        let mut answer = get(&format!("{path}?{}", query.join("&")))?;
        if format == Format::Text {
            return Ok(answer);
        }
        while let Some(after) = answer.get("next").and_then(Value::as_str).map(str::to_owned) {
            let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            let at = text("/at").unwrap_or_default();
            let size = answer.pointer("/known/size").map(Value::to_string).unwrap_or_default();
            let list = self.list.as_ref().map(|l| format!("&list={}", encoded(l))).unwrap_or_default();
            let more =
                format!("?at={}&known={size}&after={}&limit={PAGE}{list}", encoded(&at), encoded(&after));
            let mut page = get(&format!("{path}{more}"))?;
            let next = page.get_mut("next").map(Value::take).unwrap_or_default();
            let devices = page.get_mut("devices").map(Value::take).unwrap_or_default();
            if let (Some(all), Value::Array(mut devices)) =
                (answer.get_mut("devices").and_then(Value::as_array_mut), devices)
            {
                all.append(&mut devices);
            }
            if let Some(answer) = answer.as_object_mut() {
                answer.insert("next".into(), next);
            }
        }
        Ok(answer)
    }

    fn text(&self, context: &Context, answer: &Value) -> Result<(), Failure> {
        let ui = &context.ui;
        let carries = answer.get("about").and_then(Value::as_str) == Some("component");
        let string = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).map(|s| text::printable(s, 400)).unwrap_or_default()
        };
        let number = |name: &str| {
            answer.get("verdicts").and_then(|v| v.get(name)).and_then(Value::as_u64).unwrap_or_default()
        };
        ui.print(format!("{}  {}", ui.bold(&string(answer, "id")), string(answer, "summary")))?;
        let mut pairs = Vec::new();
        let names: Vec<&str> =
            list(answer, "names").filter_map(Value::as_str).filter(|n| *n != string(answer, "id")).collect();
        if !names.is_empty() {
            pairs.push(("also", text::printable(&names.join(", "), 200)));
        }
        if let Some(severity) = answer.get("severity").filter(|s| !s.is_null()) {
            let score =
                severity.get("score").and_then(Value::as_f64).map(|s| format!("{s} ")).unwrap_or_default();
            pairs.push(("severity", format!("{score}{}", string(severity, "text"))));
        }
        for note in ["withdrawn", "informational"] {
            let said = string(answer, note);
            if !said.is_empty() {
                pairs.push((note, said));
            }
        }
        let fleet = answer.get("fleet").and_then(Value::as_u64).unwrap_or_default();
        let (yes, no) = if carries { ("carries", "does-not-carry") } else { ("affected", "not-affected") };
        for name in [yes, "undetermined", "fixed", "not-affected-by-vex", no] {
            let n = number(name);
            let line = format!("{} of {}", text::count(n), text::plural(fleet, "device", "devices"));
            let line = match name {
                _ if n == 0 => line,
                "undetermined" => ui.warn(&format!("{line}: {}", reasons(answer))),
                name if name == yes => ui.bad(&line),
                _ => line,
            };
            pairs.push((name, line));
        }
        ui.pairs(&pairs)?;
        ui.print("")?;
        for release in list(answer, "releases") {
            let verdict = string(release, "verdict");
            let devices = release.get("devices").and_then(Value::as_u64).unwrap_or_default();
            let head = format!("{} {}", string(release, "product"), string(release, "release"));
            let word = match verdict.as_str() {
                "affected" | "carries" => ui.bad(&verdict),
                "undetermined" => ui.warn(&verdict),
                _ => ui.dim(&verdict),
            };
            ui.print(format!("{}: {word}, {}", ui.bold(&head), text::plural(devices, "device", "devices")))?;
            for component in list(release, "components") {
                let path: Vec<&str> = list(component, "path").filter_map(Value::as_str).collect();
                ui.print(format!(
                    "  {}: {}",
                    string(component, "verdict"),
                    text::printable(&path.join(" > "), 400)
                ))?;
                steps(ui, component, 4)?;
            }
            if list(release, "components").next().is_none() {
                steps(ui, release, 2)?;
            }
        }
        let shown: Vec<&Value> = list(answer, "devices").collect();
        if !shown.is_empty() {
            ui.print("")?;
        }
        for device in &shown {
            let runs: Vec<String> = list(device, "runs")
                .map(|r| {
                    format!(
                        "{} {}",
                        string(r, "item"),
                        r.get("version").and_then(Value::as_str).unwrap_or("?")
                    )
                })
                .collect();
            ui.print(format!(
                "{}  {:<12} {:<12} {:<9} {:<8} {}",
                string(device, "device"),
                string(device, "serial"),
                string(device, "site"),
                string(device, "grade"),
                string(device, "freshness"),
                text::printable(&runs.join(", "), 80)
            ))?;
        }
        let count = answer.get("count").and_then(Value::as_u64).unwrap_or_default();
        if count > shown.len() as u64 {
            ui.note(format!(
                "{} of {}; --limit shows more",
                text::count(shown.len() as u64),
                text::plural(count, "device", "devices")
            ));
        }
        let proof = self.prove.pairs(answer);
        if !proof.is_empty() {
            ui.note(ui.align(&proof));
        }
        moments(context, answer);
        Ok(())
    }
}

/// Components and documents of a log that was read, with progress.
pub(super) fn catalogue(ui: &Ui, here: &Here) -> Result<(Catalogue, store_sqlite::DirBlobs), Failure> {
    let blobs = here.blobs()?;
    let (world, size) = (here.world(), here.size());
    let bar = ui.progress("Reading documents", 0);
    let catalogue = Catalogue::load(world, size, &blobs, &mut |all| {
        bar.set_length(all as u64);
        bar.inc(1);
    });
    bar.finish_and_clear();
    Ok((catalogue, blobs))
}

/// The entries that an answer rests on: documents, decisions, releases, and the evidence of the listed devices.
fn basis(answer: &Answer) -> Basis {
    let mut basis = Basis::new();
    let releases = answer.releases.iter().filter(|r| !r.components.is_empty() || r.devices > 0);
    let entries = answer.findings.entries.iter().copied().chain(releases.map(|r| r.release.entry.index));
    for entry in entries.chain(answer.devices.iter().flat_map(|d| d.evidence.iter().copied())) {
        basis.entry(entry).or_default();
    }
    basis
}

/// A question that has no answer.
pub(super) fn failed(error: &PopulationError) -> Failure {
    let failure = Failure::input("asking who is affected", error);
    match error {
        PopulationError::Unknown { .. } => failure.hint(
            "`vouchsafe advisories add` takes advisories in; without one nobody can say who is affected",
        ),
        _ => failure.hint("a package URL reads pkg:TYPE/NAMESPACE/NAME@VERSION"),
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn reasons(answer: &Value) -> String {
    let reasons = answer.get("undetermined").and_then(Value::as_object).into_iter().flatten();
    let reasons: Vec<String> = reasons.map(|(reason, n)| format!("{n} {reason}")).collect();
    reasons.join(", ")
}

fn steps(ui: &Ui, of: &Value, indent: usize) -> Result<(), Failure> {
    let all: Vec<&str> = list(of, "steps").filter_map(Value::as_str).collect();
    for step in all.iter().take(STEPS) {
        let step = text::wrapped(&text::printable(step, 1_000), indent + 2, 100);
        ui.print(format!("{}- {}", " ".repeat(indent), step.trim_start()))?;
    }
    if all.len() > STEPS {
        ui.print(format!("{}- and {} more", " ".repeat(indent), all.len() - STEPS))?;
    }
    Ok(())
}

/// The devices as CSV (RFC 4180).
fn csv(answer: &Value) -> String {
    let mut out = format!("{}\r\n", population::json::CSV_HEADER);
    let at = answer.get("at").cloned().unwrap_or_default();
    let known = answer.pointer("/known/size").cloned().unwrap_or_default();
    for device in list(answer, "devices") {
        let runs: Vec<String> = list(device, "runs")
            .map(|r| {
                let text = |name: &str| r.get(name).and_then(Value::as_str).unwrap_or("?").to_owned();
                format!("{} {}", text("item"), text("version"))
            })
            .collect();
        let evidence: Vec<String> = list(device, "evidence").map(Value::to_string).collect();
        let special =
            json!({ "runs": runs.join("; "), "evidence": evidence.join(" "), "at": at, "known": known });
        let cells: Vec<String> = population::json::CSV_HEADER
            .split(',')
            .map(|column| match special.get(column).or_else(|| device.get(column)).unwrap_or(&Value::Null) {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
            .collect();
        views::csv::line(&mut out, cells.iter().map(String::as_str));
    }
    out
}
