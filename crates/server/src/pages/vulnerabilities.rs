//! `/vulnerabilities`: what concerns the releases, and how many devices are affected. One vulnerability's own page is in
//! `vulnerability`.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::properties::grouped;
use views::population::Verdict;
use views::population::{Findings, Populations, Tally, json as form};

use super::Ask;
use super::error::PageError;
use super::markup::{Markup, count, percent};
use super::moments::View;
use super::sheet::{Form, Sheet};
use super::shell::{Section, Shell, html};

/// Vulnerabilities of a page.
const PAGE: usize = 200;

struct Row {
    href: String,
    id: String,
    summary: String,
    exploited: Markup,
    score: String,
    state: Markup,
    affected: (String, String),
    undetermined: (String, String),
}

#[derive(Template)]
#[template(path = "vulnerabilities.html")]
struct VulnerabilitiesPage {
    s: Shell,
    lead: Markup,
    rows: Vec<Row>,
    shown: String,
    stale: Vec<Markup>,
    /// Only those that are known to be exploited.
    only: bool,
    /// Populations are still being worked out.
    counting: bool,
    /// The page is asked for at a past moment, which only one vulnerability at a time is answered for.
    past: bool,
}

/// The follower, if it is up with the log it began with.
pub(super) fn populations(ask: &Ask) -> Option<Arc<Populations>> {
    ask.pages.app.populations.clone().filter(|p| p.applied() > 0)
}

/// The state and the word of a verdict.
pub(super) fn state(findings: &Findings, verdict: Verdict) -> Markup {
    let state = match verdict {
        Verdict::Affected => "affected",
        Verdict::Undetermined => "undetermined",
        Verdict::Fixed => "fixed",
        Verdict::NotAffectedByVex => "decided",
        Verdict::NotAffected => "not-affected",
    };
    Markup::new().state(state, &findings.word(verdict).replace('-', " "))
}

/// Address of a vulnerability's page.
pub(super) fn path(name: &str) -> String {
    format!("/vulnerabilities/{}", percent(name))
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let populations = populations(ask);
    if let Some(form) = Form::asked(ask)? {
        return sheet(ask, &mut view, populations.ok_or_else(PageError::counting)?.as_ref(), form);
    }
    let only = only(ask)?;
    let (counting, past) = (populations.is_none(), !view.present_asked());
    let mut rows = Vec::new();
    let (mut all, mut affected, mut exploited) = (0, 0, 0);
    if let Some(populations) = populations.filter(|_| !past) {
        let found = chosen(&populations, only);
        let (_, size, tallies) = populations.tallies(&found);
        view.settle(size)?;
        all = found.len();
        exploited = found.iter().filter(|f| f.exploited.is_some()).count() as u64;
        affected = tallies.iter().filter(|t| t.count(Verdict::Affected) > 0).count() as u64;
        rows = found.iter().zip(&tallies).take(PAGE).map(|(f, tally)| row(&view, f, tally)).collect();
    }
    let at = view.moment();
    let known = view.known;
    let stale = view.capped(|world| {
        let known = world::release::Known::new(known, world.journal());
        let feeds = world.vulnerabilities().feeds(at, known, world.clock(), world.journal());
        let stale = feeds.filter_map(|f| Some((f.name.to_owned(), f.stale_since?)));
        stale.collect::<Vec<_>>()
    });
    let stale = stale.iter().map(|(name, since)| {
        Markup::new().strong(name).text(" has not answered; it is stale since ").time(*since).text(" UTC.")
    });
    let shell = Shell::new(ask, &view, "Vulnerabilities", Section::Vulnerabilities);
    let page = VulnerabilitiesPage {
        lead: lead(all as u64, affected, exploited, only),
        only,
        shown: if rows.len() == all {
            grouped(all as u64)
        } else {
            format!("{} of {}", rows.len(), grouped(all as u64))
        },
        rows,
        stale: stale.collect(),
        counting,
        past,
        s: if past || counting { shell } else { shell.listed_now(ask, &view) },
    };
    html(StatusCode::OK, &page)
}

/// The whole list as a file.
fn sheet(
    ask: &Ask,
    view: &mut View<'_>,
    populations: &Populations,
    asked: Form,
) -> Result<Response, PageError> {
    if !view.present_asked() {
        return Err(PageError::present_only());
    }
    let found = chosen(populations, only(ask)?);
    let (_, size, tallies) = populations.tallies(&found);
    view.settle(size)?;
    let rows = found.iter().zip(&tallies).map(|(f, tally)| form::flat(f, tally)).collect();
    Ok(Sheet::new(ask, view, asked, "vulnerabilities", &form::FLAT)?.all(rows))
}

/// Whether the list is narrowed to what is known to be exploited.
fn only(ask: &Ask) -> Result<bool, PageError> {
    match ask.param("show") {
        None => Ok(false),
        Some("exploited") => Ok(true),
        Some(other) => Err(PageError::bad_filter(format!("“{other}” is no state of vulnerabilities."))),
    }
}

fn chosen(populations: &Populations, only: bool) -> Vec<Arc<Findings>> {
    let (_, found) = populations.concerned();
    found.iter().filter(|f| !only || f.exploited.is_some()).cloned().collect()
}

fn lead(all: u64, affected: u64, exploited: u64, only: bool) -> Markup {
    let what = if only { "known to be exploited " } else { "" };
    let m = match (all, affected) {
        (0, _) => Markup::new().strong(&format!("Nothing {what}concerns a release")).text(" by this moment."),
        (_, 0) => Markup::new().strong("No device is affected").text(&format!(
            " by any of the {} {what}that concern releases.",
            count(all, "vulnerability", "vulnerabilities")
        )),
        (_, n) => Markup::new()
            .strong(&format!("Devices are affected by {}", count(n, "vulnerability", "vulnerabilities")))
            .text(&format!(" of the {} {what}that concern releases.", grouped(all))),
    };
    match (only, exploited) {
        (true, _) | (_, 0) => m,
        (false, 1) => m.text(" ").strong("One is known to be exploited."),
        (false, n) => m.text(" ").strong(&format!("{} are known to be exploited.", grouped(n))),
    }
}

fn row(view: &View<'_>, findings: &Findings, tally: &Tally) -> Row {
    let href = view.to(&path(&findings.id));
    let cell = |verdict: Verdict| {
        let n = tally.count(verdict);
        let to = format!("{}?list={}#devices", path(&findings.id), findings.word(verdict));
        (if n == 0 { String::new() } else { view.to(&to) }, grouped(n))
    };
    let note = findings.withdrawn().map(|_| "withdrawn").or(findings.informational());
    Row {
        id: findings.id.clone(),
        summary: match note {
            Some(note) => format!("{note}: {}", findings.summary().unwrap_or_default()),
            None => findings.summary().unwrap_or_default().to_owned(),
        },
        exploited: findings.exploited.as_ref().map_or_else(Markup::new, |e| {
            let m = Markup::new().state("alarm", "exploited").text(&format!(" since {}", e.since));
            if e.ransomware { m.text(", ransomware") } else { m }
        }),
        score: findings
            .severity()
            .and_then(|(score, _)| score)
            .map(|s| format!("{s:.1}"))
            .unwrap_or_default(),
        state: state(findings, findings.worst()),
        affected: cell(Verdict::Affected),
        undetermined: cell(Verdict::Undetermined),
        href,
    }
}
