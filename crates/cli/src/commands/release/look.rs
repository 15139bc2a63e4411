//! `vouchsafe release list` and `show`.

use clap::Args;
use evidence::{Entry, Field};
use formats::sbom::{self, Sbom};
use ledger::ports::{Blobs, Log};
use serde_json::{Value, json};
use world::World;
use world::release::Release;

use super::super::Context;
use super::known::{Found, Source, choose};
use super::moment::{Moment, MomentArgs};
use super::project::Scope;
use super::quality::{self, Report};
use crate::failure::{Failure, Verdict};
use crate::text;

/// List releases, the newest first
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Of this product only
    #[arg(long)]
    product: Option<String>,
    /// Of this item only
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    #[command(flatten)]
    moment: MomentArgs,
}

/// Show a release
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Its version, or ITEM@VERSION
    version: String,
    /// The item
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// List the components of its SBOMs
    #[arg(long)]
    components: bool,
    #[command(flatten)]
    moment: MomentArgs,
}

/// A bill of materials that a release names, from the normalised form.
pub(crate) fn contents(
    blobs: &dyn Blobs,
    made: &evidence::facts::release::ReleaseMade,
) -> Result<Vec<Sbom>, Failure> {
    let one = |interpreted: &evidence::types::Interpreted| {
        let digest = &interpreted.normalised.digest;
        let doing = format!("reading the SBOM {digest} of {} {}", made.item, made.version);
        let bytes = blobs.get(digest)?;
        let bytes = bytes.ok_or_else(|| {
            Failure::damaged(&doing, "it is not in the data directory").hint("restore the blobs from a copy")
        })?;
        sbom::from_canonical(&bytes).map_err(|e| Failure::damaged(&doing, e))
    };
    made.sboms.iter().map(one).collect()
}

impl ListArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (_, loaded) = context.data.load()?;
        let world = &loaded.world;
        let moment = self.moment.settle(world)?;
        let known = moment.known(world);
        let fits = |r: &&Release| {
            r.entry.index < moment.until
                && self.product.as_deref().is_none_or(|p| p == r.made.product)
                && self.item.as_deref().is_none_or(|i| i == r.made.item)
        };
        let releases: Vec<&Release> = world.releases().iter(known).rev().filter(fits).collect();
        let withdrawn =
            |r: &Release| world.releases().withdrawn(r.entry.index, known).filter(|i| *i < moment.until);
        let systems: Vec<_> = world
            .releases()
            .systems(known)
            .rev()
            .filter(|s| s.entry.index < moment.until && self.item.is_none())
            .filter(|s| self.product.as_deref().is_none_or(|p| p == s.made.product))
            .collect();
        let ui = &context.ui;
        if ui.is_json() {
            let list: Vec<Value> = releases
                .iter()
                .map(|r| {
                    json!({
                        "index": r.entry.index, "product": r.made.product, "item": r.made.item, "line": r.made.line,
                        "version": r.made.version, "made": world.clock().time_of(r.entry.index).to_string(),
                        "withdrawn": withdrawn(r), "sboms": r.made.sboms.len(),
                        "measurements": r.made.measurements.len(),
                    })
                })
                .collect();
            let systems: Vec<Value> = systems
                .iter()
                .map(|s| json!({ "index": s.entry.index, "release": s.made.to_json() }))
                .collect();
            ui.json(&moment.answer(json!({ "count": list.len(), "releases": list, "systems": systems })))?;
            return Ok(Verdict::Holds);
        }
        if releases.is_empty() && systems.is_empty() {
            ui.note("No release fits. `vouchsafe release make` states one.");
            return Ok(Verdict::Holds);
        }
        let mut rows = vec![["made", "product", "item", "version", "state"].map(str::to_owned)];
        for r in &releases {
            let state = match (withdrawn(r), r.made.measurements.is_empty()) {
                (Some(_), _) => "withdrawn",
                (None, true) => "not measurable",
                (None, false) => "",
            };
            let made = world.clock().time_of(r.entry.index).to_string();
            rows.push([
                made,
                r.made.product.clone(),
                r.made.item.clone(),
                r.made.version.clone(),
                state.into(),
            ]);
        }
        for s in &systems {
            let items: Vec<String> =
                s.made.items.iter().map(|i| format!("{} {}", i.item, i.version)).collect();
            let made = world.clock().time_of(s.entry.index).to_string();
            rows.push([
                made,
                s.made.product.clone(),
                "system".into(),
                s.made.version.clone(),
                items.join(", "),
            ]);
        }
        table(context, &rows)?;
        Ok(Verdict::Holds)
    }
}

/// Rows under a dimmed head, the columns aligned.
pub(crate) fn table<const N: usize>(context: &Context, rows: &[[String; N]]) -> Result<(), Failure> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count().min(60)).max().unwrap_or(0)
    };
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let cell = text::printable(cell, if column + 1 == N { 100 } else { 60 });
            let pad = width(column).saturating_sub(cell.chars().count());
            line.push_str(&cell);
            line.push_str(&" ".repeat(if column + 1 == N { 0 } else { pad + 2 }));
        }
        let line = line.trim_end();
        context.ui.print(if number == 0 { context.ui.dim(line) } else { line.to_owned() })?;
    }
    Ok(())
}

impl ShowArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let product = self.scope.product_if_any()?;
        let (log, loaded) = context.data.load()?;
        let world = &loaded.world;
        let moment = self.moment.settle(world)?;
        let source = Source::World { world, until: moment.until, known: moment.known(world) };
        let found = choose(&source, product.as_deref(), self.item.as_deref(), &self.version)?;
        let blobs = context.data.blobs()?;
        let sboms = contents(&blobs, &found.made)?;
        let reports: Vec<Report> = sboms
            .iter()
            .map(|sbom| Report {
                name: title(sbom),
                components: sbom.components.len(),
                findings: super::gather::named(sbom),
            })
            .collect();
        let index = found.entry.index;
        let by = author(&*log, world, index)?;
        let support = {
            let made = &found.made;
            world.releases().support_end(&made.product, &made.item, &made.version, moment.known(world))
        };
        let shown = Shown { found: &found, world, moment, by, support, sboms: &sboms, reports: &reports };
        if context.ui.is_json() {
            shown.json(context, self.components)?;
        } else {
            shown.print(context, self.components)?;
        }
        Ok(Verdict::Holds)
    }
}

/// What an SBOM is of, in a few words.
fn title(sbom: &Sbom) -> String {
    match sbom.subject.as_deref() {
        Some(subject) => {
            format!("SBOM of {} {}", subject.name, subject.version.as_deref().unwrap_or_default())
        }
        None => {
            sbom.metadata.name.as_deref().map_or_else(|| "SBOM".to_owned(), |name| format!("SBOM {name}"))
        }
    }
}

/// Who stated an entry: identifier and printed name.
fn author(log: &dyn Log, world: &World, index: u64) -> Result<String, Failure> {
    let doing = || format!("reading entry {index}");
    let raw = log.read(index, 1, 0)?.into_iter().next();
    let raw = raw.ok_or_else(|| Failure::damaged(doing(), "it is missing"))?;
    let entry = Entry::decode(&raw).map_err(|e| Failure::damaged(doing(), e))?;
    let source = entry.body().source;
    let name = world.sources().get(&source).map_or("", |s| s.name_at(world.size()));
    Ok(format!("{name} ({source})"))
}

struct Shown<'a> {
    found: &'a Found,
    world: &'a World,
    moment: Moment,
    by: String,
    support: Option<evidence::Time>,
    sboms: &'a [Sbom],
    reports: &'a [Report],
}

impl Shown<'_> {
    fn json(&self, context: &Context, components: bool) -> Result<(), Failure> {
        let found = self.found;
        let time = |index: u64| self.world.clock().time_of(index).to_string();
        let withdrawn = found.withdrawn.map(|i| json!({ "index": i, "time": time(i) }));
        let mut value = json!({
            "index": found.entry.index, "entry": found.entry.entry.to_string(), "made": time(found.entry.index),
            "by": self.by, "release": found.made.to_json(), "withdrawn": withdrawn,
            "supported_until": self.support.map(|t| t.to_string()),
            "findings": quality::json(&found.made, self.reports),
        });
        if let (true, Some(map)) = (components, value.as_object_mut()) {
            let list: Vec<Value> = self.sboms.iter().flat_map(component_list).collect();
            map.insert("components".into(), list.into());
        }
        context.ui.json(&self.moment.answer(value))
    }

    fn print(&self, context: &Context, components: bool) -> Result<(), Failure> {
        let (ui, found, made) = (&context.ui, self.found, &self.found.made);
        let time = |index: u64| self.world.clock().time_of(index).to_string();
        let index = found.entry.index;
        ui.print(ui.bold(&format!("{} {} of {}", made.item, made.version, made.product)))?;
        let mut pairs = vec![
            ("made", format!("{}, by {}", time(index), text::printable(&self.by, 120))),
            ("entry", format!("{}\n{}", text::count(index), found.entry.entry)),
            ("line", made.line.clone()),
        ];
        if let Some(withdrawn) = found.withdrawn {
            pairs.push(("withdrawn", format!("{}, by entry {}", time(withdrawn), text::count(withdrawn))));
        }
        if let Some(until) = self.support {
            pairs.push(("supported", format!("until {until}")));
        }
        if let Some(baseline) = &made.baseline {
            pairs.push(("baseline", format!("entry {}", text::count(baseline.index))));
        }
        if let Some(commit) = &made.commit {
            pairs.push(("commit", commit.clone()));
        }
        for artefact in &made.artefacts {
            let name = text::printable(&artefact.name, 100);
            pairs.push((
                "artefact",
                format!("{name} ({} bytes)\n{}", text::count(artefact.length), artefact.digest),
            ));
        }
        for (sbom, named) in self.sboms.iter().zip(&made.sboms) {
            let components = text::plural(sbom.components.len() as u64, "component", "components");
            pairs.push((
                "SBOM",
                format!("{}: {components}\n{}", text::printable(&title(sbom), 80), named.raw.digest),
            ));
        }
        for m in &made.measurements {
            pairs.push(("measures", format!("{}\n{}", text::printable(&m.name, 80), m.digest)));
        }
        for result in &made.verified {
            pairs.push(("result", format!("entry {}", text::count(result.index))));
        }
        for anomaly in &made.anomalies {
            pairs.push((
                "anomaly",
                format!("{} as of {}", text::printable(&anomaly.record, 60), anomaly.revision),
            ));
        }
        ui.pairs(&pairs)?;
        quality::print(ui, made, self.reports)?;
        if components {
            for sbom in self.sboms {
                ui.print(format!("\n{}", ui.bold(&text::printable(&title(sbom), 80))))?;
                let mut rows = vec![["component", "version", "identity", "in"].map(str::to_owned)];
                for (at, component) in sbom.components.iter().enumerate() {
                    let identity = component.purls.first().or(component.cpes.first());
                    let mut path: Vec<&str> = sbom.path(at).iter().map(|c| &*c.name).collect();
                    path.pop();
                    rows.push([
                        component.name.to_string(),
                        component.version.as_deref().unwrap_or("?").to_owned(),
                        identity.map(ToString::to_string).unwrap_or_default(),
                        path.join(" > "),
                    ]);
                }
                table(context, &rows)?;
            }
        }
        Ok(())
    }
}

fn component_list(sbom: &Sbom) -> Vec<Value> {
    let one = |(at, c): (usize, &sbom::Component)| {
        let mut path: Vec<&str> = sbom.path(at).iter().map(|c| &*c.name).collect();
        path.pop();
        json!({
            "name": c.name, "version": c.version, "purls": c.purls, "cpes": c.cpes,
            "supplier": c.supplier.as_ref().map(|p| &p.name), "path": path,
        })
    };
    sbom.components.iter().enumerate().map(one).collect()
}
