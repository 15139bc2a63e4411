//! `vouchsafe fleet list`.

use clap::Args;
use serde_json::Value;

use super::super::Context;
use super::ask::{AskArgs, ProveArgs, moments};
use super::place::Question;
use crate::failure::{Failure, Verdict};
use crate::text;
use crate::ui::Format;

/// List the devices a condition holds for
///
/// As text, JSON or CSV. Enrolled devices come first, each kind in the order of its identifiers.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Condition, such as 'site = north and grade = attested'; docs/concepts/fleet.md has the grammar
    #[arg(long = "where", value_name = "EXPR", default_value = "", hide_default_value = true)]
    condition: String,
    #[command(flatten)]
    ask: AskArgs,
    #[command(flatten)]
    prove: ProveArgs,
}

/// Columns of the text: head, member, least and most characters.
const COLUMNS: [(&str, &str, usize); 8] = [
    ("device", "id", 44),
    ("model", "model", 16),
    ("serial", "serial", 16),
    ("site", "site", 16),
    ("running", "running", 40),
    ("freshness", "freshness", 9),
    ("grade", "grade", 8),
    ("seen", "seen", 20),
];

impl ListArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let place = self.ask.place(context)?;
        let question = Question { ask: &self.ask, condition: &self.condition, prove: self.prove.prove };
        match context.ui.format {
            Format::Text => self.text(context, |first, each| place.list(&question, first, each))?,
            Format::Json => self.json(context, |first, each| place.list(&question, first, each))?,
            Format::Csv => self.csv(context, |first, each| place.list(&question, first, each))?,
        }
        Ok(Verdict::Holds)
    }

    fn text(&self, context: &Context, list: impl FnOnce(First<'_>, Each<'_>) -> Listed) -> Listed {
        let ui = &context.ui;
        let mut answer = Value::Null;
        let mut widths: Option<Vec<usize>> = None;
        let keep = &mut answer;
        list(
            Box::new(|head| {
                *keep = head.clone();
                Ok(())
            }),
            Box::new(|devices| {
                let rows: Vec<Vec<String>> = devices.iter().map(cells).collect();
                // Wide enough for the first page; a longer cell of a later one only pushes its own line.
                let first = widths.is_none();
                let widths = widths.get_or_insert_with(|| {
                    let longest =
                        |n: usize| rows.iter().filter_map(|r| r.get(n)).map(|c| c.chars().count()).max();
                    let columns = COLUMNS.iter().enumerate();
                    columns.map(|(n, (head, ..))| longest(n).unwrap_or(0).max(head.len())).collect()
                });
                if first && !rows.is_empty() {
                    let heads: Vec<String> = COLUMNS.iter().map(|(head, ..)| (*head).to_owned()).collect();
                    ui.print(ui.dim(&line(&heads, widths)))?;
                }
                rows.iter().try_for_each(|row| ui.print(line(row, widths)))
            }),
        )?;
        self.prove.keep(&answer)?;
        let count = answer.get("count").and_then(Value::as_u64).unwrap_or_default();
        ui.note(text::plural(count, "device", "devices"));
        let pairs = self.prove.pairs(&answer);
        if !pairs.is_empty() {
            ui.note(ui.align(&pairs));
        }
        moments(context, &answer);
        Ok(())
    }

    fn json(&self, context: &Context, list: impl FnOnce(First<'_>, Each<'_>) -> Listed) -> Listed {
        let ui = &context.ui;
        let mut separator = "";
        list(
            Box::new(|head| {
                self.prove.keep(head)?;
                // The members of the head, then the devices, one a line: however many there are, none waits for another.
                let head = head.to_string();
                ui.print(format!("{},\"devices\":[", head.strip_suffix('}').unwrap_or(&head)))
            }),
            Box::new(|devices| {
                let mut lines = String::new();
                for device in devices {
                    lines.push_str(separator);
                    lines.push_str(&device.to_string());
                    separator = ",\n";
                }
                if lines.is_empty() { Ok(()) } else { ui.print_part(lines) }
            }),
        )?;
        ui.print("\n]}")
    }

    fn csv(&self, context: &Context, list: impl FnOnce(First<'_>, Each<'_>) -> Listed) -> Listed {
        let ui = &context.ui;
        let mut answer = Value::Null;
        let keep = &mut answer;
        list(
            Box::new(|head| {
                self.prove.keep(head)?;
                *keep = head.clone();
                ui.print_part(format!("{}\r\n", views::fleet::COLUMNS.join(",")))
            }),
            Box::new(|devices| {
                let mut rows = String::new();
                for device in devices {
                    views::csv::line(&mut rows, views::fleet::row(device).iter().map(String::as_str));
                }
                if rows.is_empty() { Ok(()) } else { ui.print_part(rows) }
            }),
        )?;
        moments(context, &answer);
        Ok(())
    }
}

type Listed = Result<(), Failure>;
type First<'a> = Box<dyn FnOnce(&Value) -> Listed + 'a>;
type Each<'a> = Box<dyn FnMut(&[Value]) -> Listed + 'a>;

fn cells(device: &Value) -> Vec<String> {
    let all = views::fleet::row(device);
    let cell = |name: &str| {
        let place = views::fleet::COLUMNS.iter().position(|c| *c == name);
        place.and_then(|n| all.get(n)).map(String::as_str).unwrap_or_default()
    };
    let columns = COLUMNS.iter().map(|(_, name, most)| {
        let said = match *name {
            "running" if cell("running").is_empty() => cell("reason"),
            name => cell(name),
        };
        text::printable(said, *most)
    });
    columns.collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let cells = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}
