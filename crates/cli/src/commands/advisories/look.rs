//! `vouchsafe advisories list`, `show` and `feeds`.

use std::fmt::Write;

use clap::Args;
use evidence::Field;
use evidence::facts::vulnerability::AdvisoryTaken;
use formats::advisory::{Advisory, Affected, Contents, Extent, Status, from_canonical};
use formats::kev;
use ledger::ports::Blobs;
use serde_json::{Value, json};
use world::World;
use world::vulnerability::Taken;

use super::super::Context;
use super::super::release::moment::{Moment, MomentArgs};
use super::super::release::table;
use super::take::KEV;
use crate::failure::{Failure, Verdict};
use crate::text;

/// List advisories, by identifier
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Of this format only: osv, cve, csaf, kev
    #[arg(long, value_name = "FORMAT")]
    of: Option<String>,
    /// Those that were withdrawn only
    #[arg(long)]
    withdrawn: bool,
    /// VEX documents instead
    #[arg(long, conflicts_with_all = ["of", "withdrawn"])]
    vex: bool,
    #[command(flatten)]
    moment: MomentArgs,
}

/// Show an advisory
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Identifier of the advisory, or of a vulnerability that it speaks of
    id: String,
    #[command(flatten)]
    moment: MomentArgs,
}

/// List feeds
///
/// Exit status 1 when one is stale: it has not answered for longer than the setting `vulnerabilities.feed-deadline` allows, two
/// days unless configured.
#[derive(Args, Debug)]
pub(crate) struct FeedsArgs {
    #[command(flatten)]
    moment: MomentArgs,
}

/// The states of advisories that counted at a moment.
fn current<'w>(world: &'w World, moment: &Moment) -> Vec<&'w Taken<AdvisoryTaken>> {
    // What replaced a state after the moment had not replaced it by then.
    let known = moment.known(world);
    let vulnerabilities = world.vulnerabilities();
    let there = |index: u64| index < moment.until;
    let mut all: Vec<&Taken<AdvisoryTaken>> = vulnerabilities
        .advisories(known)
        .filter(|a| there(a.entry.index))
        .filter(|a| !vulnerabilities.advisory_replaced(a.entry.index, known).is_some_and(there))
        .collect();
    all.sort_by(|a, b| a.fact.advisory.cmp(&b.fact.advisory));
    all
}

impl ListArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (_, loaded) = context.data.load()?;
        let world = &loaded.world;
        let moment = self.moment.settle(world)?;
        if self.vex {
            return vex(context, world, &moment);
        }
        let mut all = current(world, &moment);
        all.retain(|a| self.of.as_deref().is_none_or(|of| of == a.fact.document.parser));
        all.retain(|a| !self.withdrawn || a.fact.withdrawn.is_some());
        let ui = &context.ui;
        if ui.is_json() {
            let list: Vec<Value> = all
                .iter()
                .map(|a| {
                    json!({
                        "advisory": a.fact.advisory, "format": a.fact.document.parser, "index": a.entry.index,
                        "modified": a.fact.modified.map(|t| t.to_string()),
                        "withdrawn": a.fact.withdrawn.map(|t| t.to_string()), "origin": a.fact.origin,
                        "taken": world.clock().time_of(a.entry.index).to_string(),
                    })
                })
                .collect();
            ui.json(&moment.answer(json!({ "count": list.len(), "advisories": list })))?;
            return Ok(Verdict::Holds);
        }
        if all.is_empty() {
            ui.note("No advisory fits. `vouchsafe advisories add PATH…` takes them in.");
            return Ok(Verdict::Holds);
        }
        let mut rows = vec![["advisory", "format", "changed", "state", "from"].map(str::to_owned)];
        for a in &all {
            rows.push([
                a.fact.advisory.clone(),
                a.fact.document.parser.clone(),
                a.fact.modified.map(|t| t.to_string()).unwrap_or_default(),
                if a.fact.withdrawn.is_some() { "withdrawn".into() } else { String::new() },
                a.fact.origin.clone(),
            ]);
        }
        table(context, &rows)?;
        ui.note(text::plural(all.len() as u64, "advisory", "advisories"));
        Ok(Verdict::Holds)
    }
}

fn vex(context: &Context, world: &World, moment: &Moment) -> Result<Verdict, Failure> {
    let known = moment.known(world);
    let all: Vec<_> =
        world.vulnerabilities().statements(known).filter(|s| s.entry.index < moment.until).collect();
    let ui = &context.ui;
    if ui.is_json() {
        let list: Vec<Value> = all
            .iter()
            .map(|s| json!({ "index": s.entry.index, "vex": s.fact.to_json(), "taken_by": s.whose().to_string() }))
            .collect();
        ui.json(&moment.answer(json!({ "count": list.len(), "vex": list })))?;
        return Ok(Verdict::Holds);
    }
    let mut rows = vec![["author", "format", "stated", "entry", "signed"].map(str::to_owned)];
    for s in &all {
        rows.push([
            if s.fact.author.is_empty() { "nobody".into() } else { s.fact.author.clone() },
            s.fact.document.parser.clone(),
            s.fact.stated.map(|t| t.to_string()).unwrap_or_default(),
            text::count(s.entry.index),
            s.fact.signed_by.map_or_else(|| "no".into(), |key| key.to_string()),
        ]);
    }
    table(context, &rows)?;
    Ok(Verdict::Holds)
}

fn contents(blobs: &dyn Blobs, fact: &AdvisoryTaken) -> Result<Vec<u8>, Failure> {
    let digest = &fact.document.normalised.digest;
    let bytes = blobs.get(digest)?;
    bytes.ok_or_else(|| {
        Failure::damaged(
            format!("reading {}", fact.advisory),
            format!("blob {digest} is not in the data directory"),
        )
        .hint("restore the blobs from a copy")
    })
}

fn parsed(fact: &AdvisoryTaken, bytes: &[u8]) -> Result<Contents, Failure> {
    from_canonical(bytes).map_err(|e| Failure::damaged(format!("reading {}", fact.advisory), e))
}

impl ShowArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (_, loaded) = context.data.load()?;
        let world = &loaded.world;
        let moment = self.moment.settle(world)?;
        let blobs = context.data.blobs()?;
        let all = current(world, &moment);
        let exploited = exploited(&blobs, &all, &self.id)?;
        let all: Vec<_> = all.into_iter().filter(|a| a.fact.document.parser != "kev").collect();
        let mut found: Vec<(&Taken<AdvisoryTaken>, Vec<Advisory>)> = Vec::new();
        for taken in all.iter().filter(|a| a.fact.advisory == self.id) {
            let contents = parsed(&taken.fact, &contents(&blobs, &taken.fact)?)?;
            found.push((taken, contents.advisories));
        }
        if found.is_empty() {
            // Nothing has this identifier: which document speaks of it?
            let bar = context.ui.progress("Looking through advisories", all.len() as u64);
            for taken in &all {
                bar.inc(1);
                let bytes = contents(&blobs, &taken.fact)?;
                let mut advisories = parsed(&taken.fact, &bytes)?.advisories;
                advisories.retain(|a| a.names().any(|name| name == self.id));
                if !advisories.is_empty() {
                    found.push((taken, advisories));
                }
            }
            bar.finish_and_clear();
        }
        if found.is_empty() {
            return Err(Failure::input(
                format!("looking for {}", self.id),
                "no advisory of the log speaks of it",
            )
            .hint("`vouchsafe advisories list` shows which there are"));
        }
        let ui = &context.ui;
        if ui.is_json() {
            let list: Vec<Value> = found
                .iter()
                .map(|(taken, advisories)| {
                    json!({
                        "index": taken.entry.index, "entry": taken.entry.entry.to_string(),
                        "taken": taken.fact.to_json(), "vulnerabilities": advisories,
                    })
                })
                .collect();
            ui.json(&moment.answer(json!({ "exploited": exploited, "advisories": list })))?;
            return Ok(Verdict::Holds);
        }
        for (taken, advisories) in &found {
            print(context, world, taken, advisories, exploited.as_ref())?;
        }
        Ok(Verdict::Holds)
    }
}

/// The entry of the catalogue of exploited vulnerabilities, if it has one.
fn exploited(
    blobs: &dyn Blobs,
    all: &[&Taken<AdvisoryTaken>],
    id: &str,
) -> Result<Option<kev::Entry>, Failure> {
    let Some(taken) = all.iter().find(|a| a.fact.advisory == KEV && a.fact.document.parser == "kev") else {
        return Ok(None);
    };
    let bytes = contents(blobs, &taken.fact)?;
    let catalogue = kev::from_canonical(&bytes).map_err(|e| Failure::damaged("reading the catalogue", e))?;
    Ok(catalogue.entries.get(id).cloned())
}

fn print(
    context: &Context,
    world: &World,
    taken: &Taken<AdvisoryTaken>,
    advisories: &[Advisory],
    exploited: Option<&kev::Entry>,
) -> Result<(), Failure> {
    let (ui, fact) = (&context.ui, &taken.fact);
    for advisory in advisories {
        let title = advisory.summary.as_deref().unwrap_or_default();
        ui.print(ui.bold(&text::printable(&format!("{} {title}", advisory.id), 200)))?;
        let mut pairs = vec![("document", format!("{} ({})", fact.advisory, fact.document.parser))];
        if !advisory.aliases.is_empty() {
            pairs.push(("also", advisory.aliases.join(", ")));
        }
        for severity in &advisory.severities {
            let score = severity.score.map(|s| format!("{s:.1}  ")).unwrap_or_default();
            pairs.push(("severity", format!("{score}{}", text::printable(&severity.text, 120))));
        }
        if let Some(entry) = exploited {
            let ransomware = if entry.ransomware { ", also for ransomware" } else { "" };
            pairs.push(("exploited", format!("known since {}{ransomware}", entry.added)));
        }
        if let Some(kind) = &advisory.informational {
            pairs.push(("notice", kind.clone()));
        }
        if let Some(withdrawn) = &advisory.withdrawn {
            pairs.push(("withdrawn", withdrawn.clone()));
        }
        pairs.push(("changed", advisory.modified.clone().unwrap_or_else(|| "not said".into())));
        let at = taken.entry.index;
        let origin = text::printable(&fact.origin, 200);
        pairs.push((
            "taken in",
            format!("{}, entry {}, from {origin}", world.clock().time_of(at), text::count(at)),
        ));
        ui.pairs(&pairs)?;
        for affected in &advisory.affected {
            ui.print(affected_text(affected))?;
        }
        for finding in &advisory.findings {
            let place = text::printable(&finding.place, 120);
            ui.print(format!(
                "  {} {place}: {}",
                ui.warn("irregular"),
                text::printable(&finding.reason, 200)
            ))?;
        }
        ui.print("")?;
    }
    Ok(())
}

fn affected_text(affected: &Affected) -> String {
    let c = &affected.coordinates;
    let name = c
        .purl
        .as_ref()
        .map(ToString::to_string)
        .or_else(|| Some(format!("{} {}", c.vendor.as_deref().unwrap_or_default(), c.product.as_deref()?)))
        .or_else(|| c.name.clone())
        .or_else(|| c.cpes.first().cloned())
        .unwrap_or_else(|| "something without a name".to_owned());
    let mut out = format!("  {}", text::printable(name.trim(), 160));
    for rule in &affected.rules {
        let status = match rule.status {
            Status::Affected => "affected",
            Status::NotAffected => "not affected",
            Status::Fixed => "fixed",
            Status::UnderInvestigation => "under investigation",
            Status::Unknown => "not known",
        };
        let extent = match &rule.extent {
            Extent::Range(vers) => vers.to_string(),
            Extent::Listed { versions, .. } => versions.join(", "),
            Extent::Commits { introduced, fixed, .. } => {
                format!("commits from {} up to {}", introduced.join(", "), fixed.join(", "))
            }
            Extent::Unreadable { text, reason } => format!("{text}: {reason}"),
        };
        // Writing to a string does not fail.
        let _ = write!(out, "\n    {status:<20} {}", text::printable(&extent, 200));
    }
    if !affected.fixed.is_empty() {
        let _ = write!(out, "\n    {:<20} {}", "fixed in", text::printable(&affected.fixed.join(", "), 200));
    }
    out
}

impl FeedsArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let (_, loaded) = context.data.load()?;
        let world = &loaded.world;
        let moment = self.moment.settle(world)?;
        let known = moment.known(world);
        let feeds: Vec<_> =
            world.vulnerabilities().feeds(moment.at, known, world.clock(), world.journal()).collect();
        let stale = feeds.iter().any(|f| f.stale_since.is_some());
        let time = |index: u64| world.clock().time_of(index).to_string();
        let ui = &context.ui;
        if ui.is_json() {
            let list: Vec<Value> = feeds
                .iter()
                .map(|f| {
                    json!({
                        "feed": f.name, "asked": time(f.last.0), "answered": f.reached.map(time),
                        "changed": f.last.1.changed, "refused": f.last.1.refused,
                        "stale_since": f.stale_since.map(|t| t.to_string()),
                    })
                })
                .collect();
            ui.json(&moment.answer(json!({ "count": list.len(), "feeds": list })))?;
        } else if feeds.is_empty() {
            ui.note("No feed was ever asked. `vouchsafe advisories watch --url URL` asks one.");
        } else {
            let mut rows =
                vec![["feed", "asked", "answered", "changed", "refused", "state"].map(str::to_owned)];
            for f in &feeds {
                rows.push([
                    f.name.to_owned(),
                    time(f.last.0),
                    f.reached.map_or_else(|| "never".into(), time),
                    text::count(f.last.1.changed),
                    text::count(f.last.1.refused),
                    f.stale_since.map(|t| format!("stale since {t}")).unwrap_or_default(),
                ]);
            }
            table(context, &rows)?;
        }
        Ok(if stale { Verdict::DoesNotHold } else { Verdict::Holds })
    }
}
