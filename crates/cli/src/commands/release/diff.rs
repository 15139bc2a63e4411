//! `vouchsafe release diff`: what changed from one release of an item to another.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use evidence::facts::release::ReleaseMade;
use evidence::{Entry, Fact};
use formats::junit;
use formats::purl::Purl;
use formats::sbom::{Component, Sbom};
use ledger::ports::{Blobs, Log};
use serde_json::{Map, Value, json};
use world::World;

use super::super::Context;
use super::known::{Source, choose};
use super::look::{contents, table};
use super::moment::{Moment, MomentArgs};
use super::project::Scope;
use crate::failure::{Failure, Verdict};
use crate::text;

/// Compare two releases of an item
///
/// Components are told apart by package URL without version, else by CPE vendor and product, else by name, and by what holds
/// them. Tests are compared where both releases name results.
#[derive(Args, Debug)]
pub(crate) struct DiffArgs {
    /// The earlier one: its version, or ITEM@VERSION
    from: String,
    /// The later one
    to: String,
    /// The item
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    moment: MomentArgs,
}

/// Kinds of record that make up the risk file (ISO 14971, 4.5).
const RISKS: [&str; 8] = [
    "harm",
    "hazard",
    "hazardous-situation",
    "sequence-of-events",
    "risk",
    "risk-control",
    "security-risk",
    "threat",
];
/// Records read at once.
const PAGE: usize = 1_000;

/// What one release says of a subject, by name. Several values where a name stands several times.
type Side = BTreeMap<String, BTreeSet<String>>;

/// One line of a comparison.
struct Change {
    name: String,
    before: Vec<String>,
    after: Vec<String>,
}

/// The part of a comparison that is about one subject.
struct Section {
    /// Its name in JSON, and its title.
    name: &'static str,
    title: &'static str,
    /// `None` where it cannot be compared, with the reason.
    changes: Result<Vec<Change>, String>,
    same: usize,
}

fn compare(name: &'static str, title: &'static str, before: &Side, after: &Side) -> Section {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let (mut changes, mut same) = (Vec::new(), 0);
    let values =
        |side: &Side, name: &String| side.get(name).into_iter().flatten().cloned().collect::<Vec<_>>();
    for key in names {
        let (before, after) = (values(before, key), values(after, key));
        if before == after {
            same += 1;
        } else {
            changes.push(Change { name: key.clone(), before, after });
        }
    }
    Section { name, title, changes: Ok(changes), same }
}

impl DiffArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let product = self.scope.product_if_any()?;
        let (log, loaded) = context.data.load()?;
        let world = &loaded.world;
        let moment = self.moment.settle(world)?;
        let source = Source::World { world, until: moment.until, known: moment.known(world) };
        let find = |named: &str| choose(&source, product.as_deref(), self.item.as_deref(), named);
        let (from, to) = (find(&self.from)?.made, find(&self.to)?.made);
        let blobs = context.data.blobs()?;
        let (a, b) = (contents(&blobs, &from)?, contents(&blobs, &to)?);
        let mut sections = vec![
            compare("components", "Components", &components(&a), &components(&b)),
            compare("measurements", "Measurements", &measurements(&from), &measurements(&to)),
            compare("artefacts", "Artefacts", &artefacts(&from), &artefacts(&to)),
            compare("anomalies", "Known anomalies", &anomalies(&from), &anomalies(&to)),
        ];
        let results = |made: &ReleaseMade| results(&*log, &blobs, made);
        let (ran_before, ran_after) = (results(&from)?, results(&to)?);
        sections.push(match (ran_before.is_empty(), ran_after.is_empty()) {
            (false, false) => compare("results", "Results", &ran_before, &ran_after),
            _ => uncompared("results", "Results", "not both releases name results"),
        });
        let records = |made: &ReleaseMade, risks| records(&*log, world, &moment, made, risks);
        for (title, key, risks) in [("Records", "records", false), ("Risks", "risks", true)] {
            sections.push(match (records(&from, risks)?, records(&to, risks)?) {
                (Some(before), Some(after)) => compare(key, title, &before, &after),
                _ => uncompared(key, title, "not both releases name a baseline"),
            });
        }
        let name = |made: &ReleaseMade| format!("{} {}", made.item, made.version);
        let ui = &context.ui;
        if ui.is_json() {
            let mut members = Map::new();
            members.insert("from".into(), name(&from).into());
            members.insert("to".into(), name(&to).into());
            for section in &sections {
                members.insert(section.name.into(), section.json());
            }
            ui.json(&moment.answer(Value::Object(members)))?;
            return Ok(Verdict::Holds);
        }
        ui.print(ui.bold(&format!("From {} to {}", name(&from), name(&to))))?;
        sections.iter().try_for_each(|section| section.print(context))?;
        Ok(Verdict::Holds)
    }
}

fn uncompared(name: &'static str, title: &'static str, why: &str) -> Section {
    Section { name, title, changes: Err(why.to_owned()), same: 0 }
}

/// Under which name two versions of a component meet.
fn identity(component: &Component) -> String {
    let purl = component.purls.iter().find_map(|p| Purl::read(p).ok()).map(|(purl, _)| {
        let namespace = purl.namespace().map(|n| format!("{n}/")).unwrap_or_default();
        format!("pkg:{}/{namespace}{}", purl.ty(), purl.name())
    });
    let cpe = || {
        let cpe = component.cpes.first()?;
        let parts: Vec<&str> = cpe.split(':').collect();
        let skip = if parts.get(1) == Some(&"2.3") { 3 } else { 2 };
        let vendor_product: Vec<&str> = parts.into_iter().skip(skip).take(2).collect();
        Some(format!("cpe {}", vendor_product.join(":")))
    };
    let name = || match &component.group {
        Some(group) => format!("{group}/{}", component.name),
        None => component.name.to_string(),
    };
    purl.or_else(cpe).unwrap_or_else(name)
}

fn components(sboms: &[Sbom]) -> Side {
    let mut side = Side::new();
    for sbom in sboms {
        for (at, component) in sbom.components.iter().enumerate() {
            // The subject is the release itself, and what holds a component is part of where it is.
            let path = sbom.path(at);
            let holders: Vec<&str> = path
                .iter()
                .skip(usize::from(sbom.subject.is_some()))
                .map(|c| &*c.name)
                .take(path.len().saturating_sub(1 + usize::from(sbom.subject.is_some())))
                .collect();
            let held =
                if holders.is_empty() { String::new() } else { format!(" in {}", holders.join(" > ")) };
            let version = component.version.as_deref().unwrap_or("unknown").to_owned();
            side.entry(format!("{}{held}", identity(component))).or_default().insert(version);
        }
    }
    side
}

fn measurements(made: &ReleaseMade) -> Side {
    gathered(made.measurements.iter().map(|m| (m.name.clone(), m.digest.to_string())))
}

fn artefacts(made: &ReleaseMade) -> Side {
    gathered(made.artefacts.iter().map(|a| (a.name.clone(), a.digest.to_string())))
}

fn anomalies(made: &ReleaseMade) -> Side {
    gathered(made.anomalies.iter().map(|a| (a.record.clone(), a.revision.to_string())))
}

fn gathered(pairs: impl Iterator<Item = (String, String)>) -> Side {
    let mut side = Side::new();
    for (name, value) in pairs {
        side.entry(name).or_default().insert(value);
    }
    side
}

/// The records of the baseline that a release names, by kind and identifier; of the risk file, or of the rest.
fn records(
    log: &dyn Log,
    world: &World,
    moment: &Moment,
    made: &ReleaseMade,
    risks: bool,
) -> Result<Option<Side>, Failure> {
    let Some(at) = &made.baseline else { return Ok(None) };
    let doing = || format!("reading the baseline {} of {} {}", at.index, made.item, made.version);
    let raw = log.read(at.index, 1, 0)?.into_iter().next();
    let raw = raw.ok_or_else(|| Failure::damaged(doing(), "it is missing"))?;
    let entry = Entry::decode(&raw).map_err(|e| Failure::damaged(doing(), e))?;
    let Fact::BaselineMade(baseline) = &entry.body().fact else {
        return Err(Failure::damaged(doing(), format!("entry {} is no baseline", at.index)));
    };
    let view = world.design_at(moment.at, moment.size).at_size(baseline.size);
    let (mut side, mut after) = (Side::new(), None);
    loop {
        let page = view.records(&baseline.product, &baseline.line, after.as_deref(), PAGE);
        for held in page.items {
            let record = held.said;
            if RISKS.contains(&record.kind.as_str()) == risks {
                let name = format!("{} {}", record.kind, record.record);
                side.entry(name).or_default().insert(record.revision.to_string());
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(Some(side)),
        }
    }
}

/// How the tests ended that a release names: by its entries, and in its reports.
fn results(log: &dyn Log, blobs: &dyn Blobs, made: &ReleaseMade) -> Result<Side, Failure> {
    let mut side = Side::new();
    for at in &made.verified {
        let doing = || format!("reading result {} of {} {}", at.index, made.item, made.version);
        let raw = log.read(at.index, 1, 0)?.into_iter().next();
        let raw = raw.ok_or_else(|| Failure::damaged(doing(), "it is missing"))?;
        let entry = Entry::decode(&raw).map_err(|e| Failure::damaged(doing(), e))?;
        match &entry.body().fact {
            Fact::ResultReported(f) => {
                side.entry(f.test.clone()).or_default().insert(f.verdict.word().to_owned());
            }
            Fact::DocumentInterpreted(f) if f.format == "junit" => {
                let bytes = blobs.get(&f.document.normalised.digest)?;
                let bytes = bytes
                    .ok_or_else(|| Failure::damaged(doing(), "its report is not in the data directory"))?;
                let run = junit::from_canonical(&bytes).map_err(|e| Failure::damaged(doing(), e))?;
                for case in &run.cases {
                    let class = case.class.as_deref().map(|c| format!("{c}.")).unwrap_or_default();
                    let ended = match case.outcome {
                        junit::Outcome::Passed => "passed",
                        junit::Outcome::Failed => "failed",
                        junit::Outcome::Skipped => "skipped",
                        junit::Outcome::Errored => "error",
                    };
                    side.entry(format!("{class}{}", case.name)).or_default().insert(ended.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(side)
}

impl Section {
    fn json(&self) -> Value {
        let changes = match &self.changes {
            Ok(changes) => changes,
            Err(why) => return json!({ "compared": false, "why": why }),
        };
        let of = |fits: fn(&Change) -> bool| -> Vec<Value> {
            let list = changes.iter().filter(|c| fits(c));
            list.map(|c| json!({ "name": c.name, "before": c.before, "after": c.after })).collect()
        };
        json!({
            "compared": true, "same": self.same,
            "added": of(|c| c.before.is_empty()),
            "removed": of(|c| c.after.is_empty()),
            "changed": of(|c| !c.before.is_empty() && !c.after.is_empty()),
        })
    }

    fn print(&self, context: &Context) -> Result<(), Failure> {
        let ui = &context.ui;
        let changes = match &self.changes {
            Ok(changes) => changes,
            Err(why) => return ui.print(format!("\n{}: {why}", ui.bold(self.title))),
        };
        let same = text::count(self.same as u64);
        if changes.is_empty() {
            return ui.print(format!("\n{}: none changed, {same} the same", ui.bold(self.title)));
        }
        ui.print(format!(
            "\n{}: {} changed, {same} the same",
            ui.bold(self.title),
            text::count(changes.len() as u64)
        ))?;
        let shown = |values: &[String], none: &str| {
            let short = |v: &String| if v.len() == 64 { v.chars().take(12).collect() } else { v.clone() };
            if values.is_empty() {
                none.to_owned()
            } else {
                values.iter().map(short).collect::<Vec<_>>().join(", ")
            }
        };
        let mut rows = vec![["", "before", "after"].map(str::to_owned)];
        for c in changes {
            rows.push([c.name.clone(), shown(&c.before, "-"), shown(&c.after, "-")]);
        }
        table(context, &rows)
    }
}
