//! `vouchsafe release system`: item releases that were verified together.

use clap::Args;
use evidence::facts::release::{ItemRelease, SystemReleaseMade};
use world::release::Known;

use super::super::Context;
use super::known::{Source, choose};
use super::project::Scope;
use super::records;
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};

/// State which item releases were verified together
#[derive(Args, Debug)]
pub(crate) struct SystemArgs {
    /// Version of the system
    version: String,
    /// Its items with their versions
    #[arg(long, value_name = "NAME=VERSION", num_args = 1.., required = true)]
    item: Vec<String>,
    /// Variant (UDI-DI or its name), when it is for one only
    #[arg(long)]
    variant: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// Results it rests on: indices of their entries, or JUnit reports
    #[arg(long, value_name = "INDEX|FILE", num_args = 1..)]
    results: Vec<String>,
    /// Indices of entries with signatures over it
    #[arg(long, value_name = "INDEX", num_args = 1..)]
    signature: Vec<u64>,
    #[command(flatten)]
    author: AuthorArgs,
}

impl SystemArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let doing = format!("making system release {}", self.version);
        let product = self.scope.product()?;
        let mut session = self.author.open(context)?;
        let mut items = Vec::with_capacity(self.item.len());
        for named in &self.item {
            let (item, version) = named.split_once('=').ok_or_else(|| {
                Failure::input(&doing, format!("`{named}` has no `=`")).hint("write NAME=VERSION")
            })?;
            let found = choose(&Source::Session(&session), Some(&product), Some(item), version)?;
            if let Some(withdrawn) = found.withdrawn {
                let problem = format!("{item} {version} was withdrawn by entry {withdrawn}");
                return Err(Failure::input(&doing, problem));
            }
            items.push(ItemRelease { item: item.into(), version: version.into(), release: found.entry });
        }
        items.sort_by(|a, b| a.item.cmp(&b.item));
        if let Some([a, _]) = items.windows(2).find(|pair| matches!(pair, [a, b] if a.item == b.item)) {
            return Err(Failure::input(&doing, format!("{} is named twice", a.item)));
        }
        let before = session.ask(|world| {
            let world = world?;
            let known = Known::new(world.size(), world.journal());
            let same = |made: &SystemReleaseMade| {
                made.product == product && made.version == self.version && made.variant == self.variant
            };
            world.releases().systems(known).find(|s| same(&s.made)).cloned()
        });
        if let Some(before) = before {
            let same = before.made.items == items;
            let at = before.entry.index;
            if !same {
                let problem = format!("it is in the log already (entry {at}), with other items");
                return Err(Failure::input(doing, problem)
                    .hint("a version is released once: give it another version"));
            }
            let ui = &context.ui;
            if ui.is_json() {
                let entry = before.entry.entry.to_string();
                ui.json(&serde_json::json!({ "done": "it is in the log already", "repeated": true, "index": at, "entry": entry }))?;
            } else {
                ui.print(
                    ui.good(&format!("System release {} is in the log already, as entry {at}", self.version)),
                )?;
            }
            return Ok(Verdict::Holds);
        }
        let signatures = records::signatures(&session, &self.signature)?;
        let mut verified = Vec::new();
        for result in records::results(&session, &self.results, None)? {
            verified.push(result.stated(&mut session)?);
        }
        let names: Vec<String> = items.iter().map(|i| format!("{} {}", i.item, i.version)).collect();
        let made = SystemReleaseMade {
            product: product.clone(),
            variant: self.variant,
            version: self.version.clone(),
            items,
            verified,
            signatures,
        };
        let said = session.say(made)?;
        let extra = [("product", product), ("items", names.join("\n"))];
        said.report(context, &format!("Released system {}", self.version), &extra)?;
        Ok(Verdict::Holds)
    }
}
