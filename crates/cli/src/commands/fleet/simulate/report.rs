//! What a simulation prints at its end: what was sent and how it was answered, what went wrong, and the server's word beside the
//! truth.

use serde_json::{Value, json};
use sim::fleet::Tally;
use sim::{Fleet, Kind};

use super::compare::{self, Comparison};
use super::post::Figures;
use crate::commands::Context;
use crate::failure::Failure;
use crate::text;

/// Everything there is to say.
pub(super) struct Report<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) rounds: u64,
    pub(super) figures: Figures,
    pub(super) compared: Comparison,
    pub(super) seconds: f64,
}

fn answered(tally: &Tally) -> Value {
    let of = |kind: Kind| {
        let words = tally.iter().filter(|((k, _), _)| *k == kind);
        let words: serde_json::Map<String, Value> =
            words.map(|((_, word), n)| (word.clone(), (*n).into())).collect();
        (!words.is_empty()).then(|| (kind.word().to_owned(), Value::Object(words)))
    };
    Value::Object(Kind::ALL.into_iter().filter_map(of).collect())
}

impl Report<'_> {
    pub(super) fn print(mut self, context: &Context) -> Result<(), Failure> {
        let (p50, p99) = (self.figures.within(50), self.figures.within(99));
        let plan = self.fleet.plan();
        if context.ui.is_json() {
            let happened = self.fleet.happened().each();
            let happened: serde_json::Map<String, Value> =
                happened.into_iter().map(|(name, n)| (name.to_owned(), n.into())).collect();
            return context.ui.json(&json!({
                "seed": plan.seed, "devices": plan.devices, "sites": plan.sites, "rounds": self.rounds,
                "builds": plan.builds.iter().map(|b| format!("{} {}", b.name, b.version)).collect::<Vec<_>>(),
                "seconds": self.seconds,
                "sent": { "batches": self.figures.batches, "pieces": self.figures.pieces, "bytes": self.figures.bytes },
                "answered": answered(self.fleet.tally()),
                "busy": self.figures.busy, "unanswered": self.figures.silence,
                "answer_ms": { "p50": p50, "p99": p99 },
                "happened": happened,
                "compared": compare::json(&self.compared), "holds": compare::holds(&self.compared),
            }));
        }
        let ui = &context.ui;
        let figures = &self.figures;
        let millis = |ms: Option<f64>| ms.map_or("-".to_owned(), |ms| format!("{ms:.1} ms"));
        ui.print(ui.bold(&format!(
            "{} at {}, {}, seed {}",
            text::plural(plan.devices, "device", "devices"),
            text::plural(plan.sites as u64, "site", "sites"),
            text::plural(self.rounds, "round", "rounds"),
            plan.seed
        )))?;
        ui.pairs(&[
            (
                "sent",
                format!(
                    "{} in {}, {:.1} MB, in {:.1} s",
                    text::plural(figures.pieces, "piece", "pieces"),
                    text::plural(figures.batches, "batch", "batches"),
                    f64::from(u32::try_from(figures.bytes / 1_000).unwrap_or(u32::MAX)) / 1e3,
                    self.seconds
                ),
            ),
            ("answered within", format!("{} p50, {} p99", millis(p50), millis(p99))),
            ("told to come back", text::plural(figures.busy, "time", "times")),
            ("no answer", text::plural(figures.silence, "time", "times")),
        ])?;
        self.answers(context)?;
        self.happened(context)?;
        self.truth(context)
    }

    fn answers(&self, context: &Context) -> Result<(), Failure> {
        let ui = &context.ui;
        ui.print("")?;
        ui.print(ui.dim(&format!("  {:<15}  {:<15}  {:>10}", "what was sent", "answer", "times")))?;
        for ((kind, word), n) in self.fleet.tally() {
            ui.print(format!("  {:<15}  {word:<15}  {:>10}", kind.word(), text::count(*n)))?;
        }
        Ok(())
    }

    fn happened(&self, context: &Context) -> Result<(), Failure> {
        let happened = self.fleet.happened().each();
        let all: Vec<String> = happened
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(name, n)| format!("{} {}", text::count(n), name.replace('-', " ")))
            .collect();
        context.ui.print("")?;
        context.ui.print(text::wrapped(&format!("Happened: {}.", all.join(", ")), 2, 98))
    }

    fn truth(&self, context: &Context) -> Result<(), Failure> {
        let ui = &context.ui;
        ui.print("")?;
        let head = ["devices are", "said truly", "said falsely", "unknown", "missing", "affirming"];
        let row = |cells: [String; 6]| {
            let [first, rest @ ..] = cells;
            let rest: Vec<String> = rest.iter().map(|cell| format!("{cell:>13}")).collect();
            format!("  {first:<12}{}", rest.concat())
        };
        ui.print(ui.dim(&row(head.map(str::to_owned))))?;
        for (sort, said) in &self.compared {
            let numbers = [said.true_, said.false_, said.unknown, said.missing, said.affirming];
            let [a, b, c, d, e] = numbers.map(text::count);
            ui.print(row([sort.word().to_owned(), a, b, c, d, e]))?;
        }
        let said = if compare::holds(&self.compared) {
            ui.good("The server knows every device that says what it measures for what it runs.")
        } else {
            ui.bad("The server does not know every device that says what it measures for what it runs.")
        };
        ui.print("")?;
        ui.print(said)
    }
}
