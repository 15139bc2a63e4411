//! `vouchsafe decide`: a person's decision on a component and a vulnerability, signed.

use clap::{Args, ValueEnum};
use evidence::facts::vulnerability::{VexJustification, VexStatus, VulnerabilityDecided};
use evidence::types::EntryRef;
use formats::purl::Purl;
use formats::sbom::{Component, from_canonical};
use serde_json::json;
use world::World;
use world::release::Known;

use super::Context;
use super::release::{Found, Scope, Source, choose};
use crate::author::AuthorArgs;
use crate::failure::{Failure, Verdict};
use crate::session::Session;

/// What holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Status {
    /// The vulnerability cannot be exploited here: say why
    NotAffected,
    /// It can: say what to do
    Affected,
    /// It is fixed here
    Fixed,
    /// Somebody is looking into it
    UnderInvestigation,
}

/// Why not affected (CISA, "Vulnerability Exploitability eXchange: Status Justifications").
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Justification {
    /// The component is not in the product
    ComponentNotPresent,
    /// The vulnerable code is not in the component as built
    VulnerableCodeNotPresent,
    /// The vulnerable code is never executed
    VulnerableCodeNotInExecutePath,
    /// An adversary cannot reach the vulnerable code
    VulnerableCodeCannotBeControlledByAdversary,
    /// Mitigations exist already
    InlineMitigationsAlreadyExist,
}

/// Decide what a vulnerability means for a component
///
/// The decision holds for the releases it was looked at for and carries over to later ones, until evidence contradicts it; without
/// `--release` it holds for all. It takes the place of the earlier one on the same component and vulnerability, unless the two
/// name different releases.
#[derive(Args, Debug)]
pub(crate) struct DecideArgs {
    /// The vulnerability, such as CVE-2025-27809
    vulnerability: String,
    /// The component: a package URL, or its name, with a version to mean that version only
    #[arg(long, value_name = "PURL|NAME")]
    component: String,
    /// What holds
    #[arg(long, value_enum)]
    status: Status,
    /// Why it is not affected
    #[arg(long, value_enum, required_if_eq("status", "not_affected"))]
    justification: Option<Justification>,
    /// The reasoning, in your words
    #[arg(long, value_name = "TEXT")]
    statement: String,
    /// What to do until it is fixed
    #[arg(long, value_name = "TEXT", required_if_eq("status", "affected"))]
    action: Option<String>,
    /// Releases it was looked at for: VERSION with `--item`, or ITEM@VERSION
    #[arg(long, value_name = "VERSION", num_args = 1..)]
    release: Vec<String>,
    /// The item
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    /// Risk records it reaches
    #[arg(long, value_name = "ID", num_args = 1..)]
    risk: Vec<String>,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    author: AuthorArgs,
}

const fn status(status: Status) -> VexStatus {
    match status {
        Status::NotAffected => VexStatus::NotAffected,
        Status::Affected => VexStatus::Affected,
        Status::Fixed => VexStatus::Fixed,
        Status::UnderInvestigation => VexStatus::UnderInvestigation,
    }
}

const fn justification(justification: Justification) -> VexJustification {
    match justification {
        Justification::ComponentNotPresent => VexJustification::ComponentNotPresent,
        Justification::VulnerableCodeNotPresent => VexJustification::CodeNotPresent,
        Justification::VulnerableCodeNotInExecutePath => VexJustification::CodeNotInExecutePath,
        Justification::VulnerableCodeCannotBeControlledByAdversary => VexJustification::CodeNotControllable,
        Justification::InlineMitigationsAlreadyExist => VexJustification::MitigationsExist,
    }
}

/// A component as decisions name it: a package URL in its canonical form, or a name on one line.
fn component(text: &str) -> Result<String, Failure> {
    let doing = "reading `--component`";
    if text.starts_with("pkg:") {
        return Purl::read(text).map(|(purl, _)| purl.to_string()).map_err(|e| Failure::input(doing, e));
    }
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Failure::input(doing, "a name is one line that is not empty"));
    }
    Ok(text.to_owned())
}

/// The decisions that nothing replaces, on the same component and vulnerability.
fn standing(world: &World, fact: &VulnerabilityDecided) -> Vec<(EntryRef, VulnerabilityDecided)> {
    let known = Known::new(world.size(), world.journal());
    let vulnerabilities = world.vulnerabilities();
    vulnerabilities
        .decisions(known)
        .filter(|d| d.fact.vulnerability == fact.vulnerability && d.fact.component == fact.component)
        .filter(|d| vulnerabilities.decision_replaced(d.entry.index, known).is_none())
        .map(|d| (d.entry.clone(), d.fact.clone()))
        .collect()
}

/// Whether two decisions may be about one release.
fn meet(a: &VulnerabilityDecided, b: &VulnerabilityDecided) -> bool {
    a.releases.is_empty() || b.releases.is_empty() || a.releases.iter().any(|r| b.releases.contains(r))
}

/// Says so when a release that the decision names lists no such component: a slip in a version decides nothing. Where the
/// bills of materials are not at hand, or there are none, nothing is said.
fn absent(context: &Context, session: &Session, found: &Found, component: &str) -> Result<(), Failure> {
    let wanted = Purl::read(component).ok().map(|(purl, _)| purl);
    let (name, version) = match component.rsplit_once(' ') {
        Some((name, version)) if version.contains(|c: char| c.is_ascii_digit()) => (name, Some(version)),
        _ => (component, None),
    };
    let mut looked = false;
    for sbom in &found.made.sboms {
        let Some(bytes) = session.blob(&sbom.normalised.digest)? else { return Ok(()) };
        let Ok(sbom) = from_canonical(&bytes) else { return Ok(()) };
        looked = true;
        let fits = |c: &Component| match &wanted {
            Some(wanted) => c.purls.iter().filter_map(|p| Purl::read(p).ok()).any(|(own, _)| {
                own.same_package(wanted)
                    && wanted
                        .version()
                        .is_none_or(|v| own.version() == Some(v) || c.version.as_deref() == Some(v))
            }),
            None => {
                c.name.eq_ignore_ascii_case(name) && version.is_none_or(|v| c.version.as_deref() == Some(v))
            }
        };
        if sbom.components.iter().any(fits) {
            return Ok(());
        }
    }
    if looked {
        let made = &found.made;
        context
            .ui
            .note(format!("note: the SBOM of {} {} lists no component {component}", made.item, made.version));
    }
    Ok(())
}

impl DecideArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let doing = format!("deciding on {}", self.vulnerability);
        if self.statement.trim().is_empty() {
            return Err(
                Failure::input(doing, "the reasoning is empty").hint("say in your words why it is so")
            );
        }
        if self.justification.is_some() && self.status != Status::NotAffected {
            return Err(Failure::input(doing, "a justification says why something is not affected")
                .hint("leave it out, or decide `--status not_affected`"));
        }
        let component = component(&self.component)?;
        let mut session = self.author.open(context)?;
        let product = self.scope.product_if_any()?;
        let mut named = Vec::with_capacity(self.release.len());
        for release in &self.release {
            let source = Source::Session(&session);
            named.push(choose(&source, product.as_deref(), self.item.as_deref(), release)?);
        }
        for found in &named {
            absent(context, &session, found, &component)?;
        }
        let mut releases: Vec<EntryRef> = named.into_iter().map(|found| found.entry).collect();
        releases.sort_by_key(|entry| entry.index);
        releases.dedup();
        let mut fact = VulnerabilityDecided {
            vulnerability: self.vulnerability.trim().to_owned(),
            component,
            status: status(self.status),
            justification: self.justification.map(justification),
            statement: self.statement,
            releases,
            action: self.action,
            risks: self.risk,
            supersedes: None,
        };
        let before = session.ask(|world| world.map(|w| standing(w, &fact))).ok_or_else(|| {
            Failure::input(&doing, "what was decided before is in the data directory, which is not at hand")
                .hint("run this where the data directory can be read (`--data`), also with `--server`")
        })?;
        let ui = &context.ui;
        let same =
            |old: &VulnerabilityDecided| VulnerabilityDecided { supersedes: None, ..old.clone() } == fact;
        if let Some((entry, _)) = before.iter().find(|(_, old)| same(old)) {
            let done = "it was decided so already";
            if ui.is_json() {
                ui.json(&json!({ "done": done, "repeated": true, "index": entry.index, "entry": entry.entry.to_string() }))?;
            } else {
                ui.print(ui.good(&format!("Entry {}: {done}", entry.index)))?;
            }
            return Ok(Verdict::Holds);
        }
        fact.supersedes =
            before.iter().rev().find(|(_, old)| meet(old, &fact)).map(|(entry, _)| entry.clone());
        let mut extra =
            vec![("component", fact.component.clone()), ("status", fact.status.word().to_owned())];
        if let Some(justification) = fact.justification {
            extra.push(("because", justification.word().to_owned()));
        }
        if let Some(old) = &fact.supersedes {
            extra.push(("replaces", format!("entry {}", old.index)));
        }
        let done = format!("Decided on {}", fact.vulnerability);
        let said = session.say(fact)?;
        said.report(context, &done, &extra)?;
        Ok(Verdict::Holds)
    }
}
