//! `/vulnerabilities`: what concerns the releases, and how many devices are affected. One vulnerability's own page is in
//! `vulnerability`.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::properties::grouped;
use views::population::Verdict;
use views::population::{Findings, Populations, Tally, json as form};
use world::release::Known;

use super::Ask;
use super::concern::{Wait, concern, open};
use super::error::PageError;
use super::markup::{Markup, count, percent};
use super::moments::View;
use super::sheet::{Form, Sheet};
use super::shell::{Section, Shell, html};

/// Vulnerabilities of a page.
const PAGE: usize = 200;

/// What is listed.
const SHOWS: [(&str, &str); 5] = [
    ("", "All"),
    ("exploited", "Known to be exploited"),
    ("open", "Open"),
    ("affected", "With affected devices"),
    ("undetermined", "With undetermined devices"),
];

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
    /// What is being waited for, if there is no list.
    wait: Option<Wait>,
    /// Only what is open in this release: its entry and name.
    of: Option<(u64, String)>,
    shows: Vec<(&'static str, &'static str, bool)>,
    narrowed: bool,
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
    let asked = Form::asked(ask)?;
    let of = match ask.param("release") {
        None => None,
        Some(text) => Some(release(&view, text)?),
    };
    let show = ask.param("show").unwrap_or_default();
    if !SHOWS.iter().any(|(word, _)| *word == show) {
        return Err(PageError::bad_filter(format!("“{show}” is no state of a vulnerability.")));
    }
    let found = concern(ask, &view);
    let (mut rows, mut all, mut affected, mut exploited) = (Vec::new(), 0, 0, 0);
    if asked.is_some() && found.is_err() {
        return Err(PageError::counting());
    }
    if let Ok(concern) = &found {
        view.settle(concern.size)?;
        let concerns = |f: &Findings, index| {
            f.verdict(&concern.known, index).is_some_and(|verdict| verdict >= Verdict::Undetermined)
        };
        let pairs = concern.findings.iter().zip(&concern.tallies);
        let of_release = |f: &Findings| of.as_ref().is_none_or(|(index, _)| concerns(f, *index));
        let listed: Vec<(&Arc<Findings>, &Tally)> =
            pairs.filter(|(f, tally)| of_release(f) && shown(f, tally, show)).collect();
        if let Some(asked) = asked {
            let rows = listed.iter().map(|(f, tally)| form::flat(f, tally)).collect();
            return Ok(Sheet::new(ask, &view, asked, "vulnerabilities", &form::FLAT)?.all(rows));
        }
        all = listed.len();
        affected = listed.iter().filter(|(_, tally)| tally.count(Verdict::Affected) > 0).count() as u64;
        exploited = listed.iter().filter(|(f, _)| f.exploited.is_some()).count() as u64;
        rows = listed.into_iter().take(PAGE).map(|(f, tally)| row(&view, f, tally)).collect();
    }
    let at = view.moment();
    let known = view.known;
    let stale = view.capped(|world| {
        let known = Known::new(known, world.journal());
        let feeds = world.vulnerabilities().feeds(at, known, world.clock(), world.journal());
        let stale = feeds.filter_map(|f| Some((f.name.to_owned(), f.stale_since?)));
        stale.collect::<Vec<_>>()
    });
    let stale = stale.iter().map(|(name, since)| {
        Markup::new().strong(name).text(" has not answered; it is stale since ").time(*since).text(" UTC.")
    });
    let shell = Shell::new(ask, &view, "Vulnerabilities", Section::Vulnerabilities);
    let page = VulnerabilitiesPage {
        shows: SHOWS.iter().map(|(word, text)| (*word, *text, *word == show)).collect(),
        narrowed: !show.is_empty(),
        lead: lead((all as u64, affected, exploited), show, of.as_ref().map(|(_, name)| name.as_str())),
        of,
        shown: if rows.len() == all {
            grouped(all as u64)
        } else {
            format!("{} of {}", rows.len(), grouped(all as u64))
        },
        rows,
        stale: stale.collect(),
        s: match (&found, view.present_asked()) {
            (Err(_), _) => shell,
            // Counted already, where a pinned moment would be counted anew.
            (Ok(_), true) => shell.listed_now(ask, &view),
            (Ok(_), false) => shell.listed(ask, &view),
        },
        wait: found.err(),
    };
    html(StatusCode::OK, &page)
}

/// The release that the list is narrowed to.
fn release(view: &View<'_>, text: &str) -> Result<(u64, String), PageError> {
    let index = text.replace(',', "").parse::<u64>().ok().filter(|index| *index < view.upto);
    let known = view.known;
    let found = index.and_then(|index| {
        view.capped(|world| {
            let release = world.releases().get(index, Known::new(known, world.journal()))?;
            Some((index, format!("{} {}", release.made.item, release.made.version)))
        })
    });
    found.ok_or_else(|| PageError::no_release(text))
}

fn shown(findings: &Findings, tally: &Tally, show: &str) -> bool {
    match show {
        "exploited" => findings.exploited.is_some(),
        "open" => open(findings),
        "affected" => open(findings) && tally.count(Verdict::Affected) > 0,
        "undetermined" => open(findings) && tally.count(Verdict::Undetermined) > 0,
        _ => true,
    }
}

fn lead((all, affected, exploited): (u64, u64, u64), show: &str, of: Option<&str>) -> Markup {
    let n = count(all, "vulnerability", "vulnerabilities");
    let verb = |one, many| if all == 1 { one } else { many };
    if let Some(name) = of {
        let open = verb(" is", " are");
        return Markup::new()
            .strong(&n)
            .text(&format!("{open} open in {name}: it is affected, or it cannot be told."));
    }
    match show {
        "open" => {
            let text = verb(
                " may concern a release and asks for somebody.",
                " may concern a release and ask for somebody.",
            );
            return Markup::new().strong(&n).text(text);
        }
        "affected" => return Markup::new().strong(&n).text(verb(" affects devices.", " affect devices.")),
        "undetermined" => {
            let text = verb(" leaves it open for some device.", " leave it open for some device.");
            return Markup::new().strong(&n).text(text);
        }
        _ => {}
    }
    let only = show == "exploited";
    let what = if only { "known to be exploited " } else { "" };
    let m = match (all, affected) {
        (0, _) if only => {
            Markup::new().strong("Nothing known to be exploited concerns a release").text(" by this moment.")
        }
        (0, _) => Markup::new().strong("No advisory concerns a release").text(" by this moment."),
        (_, 0) => Markup::new()
            .strong("No device is affected")
            .text(&format!(" by any of the {n} {what}that concern releases.")),
        (_, by) => Markup::new()
            .strong(&format!("Devices are affected by {}", count(by, "vulnerability", "vulnerabilities")))
            .text(&format!(" of the {} {what}that concern releases.", grouped(all))),
    };
    match exploited {
        0 => m,
        _ if only => m,
        1 => m.text(" ").strong("One is known to be exploited."),
        n => m.text(" ").strong(&format!("{} are known to be exploited.", grouped(n))),
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
