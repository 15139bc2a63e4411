//! `vouchsafe vulnerabilities list|trend|metrics`: what concerns the releases, how the affected population changed, and the
//! figures that FDA's premarket cybersecurity guidance asks for (section V.A.6).

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use evidence::Time;
use serde_json::{Value, json};
use views::fleet::Moments;
use views::population::{
    Catalogue, Course, Findings, Knowledge, Question, Timeline, Wanted, concerned, courses, findings,
    json as form, metrics, samples, survey,
};

use super::Context;
use super::affected::{catalogue, failed};
use super::fleet::ask::{AskArgs, moments};
use super::fleet::place::{Here, Place};
use crate::failure::{Failure, Verdict};
use crate::text;

#[derive(Subcommand, Debug)]
pub(crate) enum VulnerabilitiesCommand {
    /// List the vulnerabilities that concern releases, with the devices affected
    List(ListArgs),
    /// Show how many devices were affected, undetermined and corrected over time
    Trend(TrendArgs),
    /// Show how many vulnerabilities were patched, how soon, and how soon the patch was in the field
    ///
    /// The figures of FDA's premarket cybersecurity guidance, section V.A.6, by product.
    Metrics(MetricsArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only what is known to be exploited, by CISA's catalogue
    #[arg(long)]
    exploited: bool,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Args, Debug)]
pub(crate) struct TrendArgs {
    /// A vulnerability or advisory by any of its names, or a package URL
    #[arg(value_name = "ID|PURL")]
    name: String,
    #[command(flatten)]
    ask: AskArgs,
}

#[derive(Args, Debug)]
pub(crate) struct MetricsArgs {
    #[command(flatten)]
    ask: AskArgs,
    /// Only vulnerabilities identified from this time on
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Only vulnerabilities identified before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,
    /// Only this product
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,
}

/// A log that was read, at the moments of the question.
struct Open {
    here: Box<Here>,
    asked: Moments,
    catalogue: Catalogue,
    blobs: store_sqlite::DirBlobs,
    known: Knowledge,
}

impl Open {
    fn new(context: &Context, ask: &AskArgs) -> Result<Self, Failure> {
        let Place::Here(here) = ask.place(context)? else {
            return Err(Failure::input(
                "asking a server",
                "this question is answered from the data directory",
            )
            .hint("leave out --server and name the directory with --data"));
        };
        let asked = here.moments(ask)?;
        let (catalogue, blobs) = catalogue(&context.ui, &here)?;
        let known = Knowledge::of(here.world(), asked.known);
        Ok(Self { here, asked, catalogue, blobs, known })
    }

    fn timeline(&self) -> Timeline {
        let began = self.here.world().clock().time_of(0);
        Timeline::of(self.here.world(), &self.known, samples(began, self.asked.at))
    }
}

impl VulnerabilitiesCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        match self {
            Self::List(args) => args.run(context)?,
            Self::Trend(args) => args.run(context)?,
            Self::Metrics(args) => args.run(context)?,
        }
        Ok(Verdict::Holds)
    }
}

impl ListArgs {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let open = Open::new(context, &self.ask)?;
        let mut all = concerned(&open.catalogue, &open.known, &open.blobs);
        all.retain(|f| !self.exploited || f.exploited.is_some());
        let count = |f: &Findings| {
            let wanted = Wanted { verdicts: &[], after: None, limit: 0 };
            survey(open.here.world(), open.asked.at, f, &open.known, &wanted, &mut |_, _, _, _| {})
        };
        let lines: Vec<Value> = all.iter().map(|f| form::line(f, &count(f))).collect();
        let answer = open.asked.answer(json!({ "count": lines.len(), "vulnerabilities": lines }));
        if context.ui.is_json() {
            return context.ui.json(&answer);
        }
        let ui = &context.ui;
        ui.print(ui.dim(&format!(
            "{:<18} {:>5} {:>9} {:>12}  {:<20} {:<10} summary",
            "id", "score", "affected", "undetermined", "worst in a release", "exploited"
        )))?;
        for line in &lines {
            let string = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let devices = |name: &str| {
                line.pointer(&format!("/devices/{name}")).and_then(Value::as_u64).unwrap_or_default()
            };
            let score = line.pointer("/severity/score").and_then(Value::as_f64);
            ui.print(format!(
                "{:<18} {:>5} {:>9} {:>12}  {:<20} {:<10} {}",
                text::printable(&string("id"), 40),
                score.map(|s| format!("{s:.1}")).unwrap_or_default(),
                text::count(devices("affected")),
                text::count(devices("undetermined")),
                string("verdict"),
                line.pointer("/exploited/since").and_then(Value::as_str).unwrap_or_default(),
                text::printable(&string("summary"), 70)
            ))?;
        }
        ui.note(text::plural(lines.len() as u64, "vulnerability", "vulnerabilities"));
        moments(context, &answer);
        Ok(())
    }
}

impl TrendArgs {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let open = Open::new(context, &self.ask)?;
        let question = Question::now(&self.name);
        let found = findings(&open.catalogue, &open.known, &open.blobs, &question).map_err(|e| failed(&e))?;
        let points = open.timeline().trend(&found, &open.known, None);
        let answer = open.asked.answer(json!({ "id": found.id, "trend": form::trend(&points) }));
        if context.ui.is_json() {
            return context.ui.json(&answer);
        }
        let ui = &context.ui;
        ui.print(ui.dim(&format!(
            "{:<20} {:>10} {:>12} {:>10} {:>10}",
            "at", "affected", "undetermined", "corrected", "devices"
        )))?;
        for p in &points {
            let [a, u, c, d] = [p.affected, p.undetermined, p.corrected, p.devices].map(text::count);
            ui.print(format!("{:<20} {a:>10} {u:>12} {c:>10} {d:>10}", p.at.to_string()))?;
        }
        moments(context, &answer);
        Ok(())
    }
}

impl MetricsArgs {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let open = Open::new(context, &self.ask)?;
        let timeline = open.timeline();
        let all = concerned(&open.catalogue, &open.known, &open.blobs);
        let vulnerabilities = all.iter().filter(|f| f.informational().is_none());
        let mut of: Vec<Course> = vulnerabilities.flat_map(|f| courses(f, &open.known, &timeline)).collect();
        of.retain(|c| {
            self.from.is_none_or(|from| c.identified >= from)
                && self.until.is_none_or(|until| c.identified < until)
                && self.product.as_ref().is_none_or(|product| *product == c.product)
        });
        let mut products: BTreeMap<&str, Vec<&Course>> = BTreeMap::new();
        for course in &of {
            products.entry(&course.product).or_default().push(course);
        }
        let figures: Vec<Value> = products
            .iter()
            .map(|(product, courses)| {
                let mut figures = form::metrics(&metrics(courses.iter().copied()));
                if let Some(figures) = figures.as_object_mut() {
                    let known = courses.iter().copied().filter(|c| c.exploited);
                    figures.insert("known_exploited".into(), form::metrics(&metrics(known)));
                    figures.insert("product".into(), (*product).into());
                    figures
                        .insert("vulnerabilities".into(), courses.iter().map(|c| form::course(c)).collect());
                }
                figures
            })
            .collect();
        let period =
            json!({ "from": self.from.map(|t| t.to_string()), "until": self.until.map(|t| t.to_string()) });
        let clause = "FDA, Cybersecurity in Medical Devices: premarket guidance, section V.A.6";
        let answer = open.asked.answer(json!({ "clause": clause, "period": period, "products": figures }));
        if context.ui.is_json() {
            return context.ui.json(&answer);
        }
        let ui = &context.ui;
        for (product, courses) in &products {
            let m = metrics(courses.iter().copied());
            let exploited = metrics(courses.iter().copied().filter(|c| c.exploited));
            let days = |of: Option<(u64, u64)>| {
                of.map_or("-".to_owned(), |(mean, median)| {
                    format!("mean {} days, median {}", mean / 86_400, median / 86_400)
                })
            };
            ui.print(ui.bold(&text::printable(product, 80)))?;
            ui.pairs(&[
                ("identified", text::plural(m.identified, "vulnerability", "vulnerabilities")),
                ("patched", format!("{} of {}", m.patched, m.identified)),
                ("identified to patch", days(m.to_patch)),
                ("in the field", format!("{} of {} on every device", m.implemented, m.patched)),
                ("patch to field", days(m.to_field)),
                (
                    "known exploited",
                    format!(
                        "{} identified, {} patched, {} on every device",
                        exploited.identified, exploited.patched, exploited.implemented
                    ),
                ),
            ])?;
        }
        if products.is_empty() {
            ui.print("No vulnerability that affects a release was identified in the period.")?;
        }
        ui.note(clause);
        moments(context, &answer);
        Ok(())
    }
}
