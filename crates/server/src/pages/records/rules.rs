//! `/rules`: what is asked of a line at its stage, family by family, and how each rule fared.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::properties::grouped;
use views::design::Design;

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::shell::{Section, Shell, html};
use super::families::{FAMILIES, family, in_force};
use super::{Lines, design};

/// What is listed.
const SHOWS: [(&str, &str); 3] =
    [("", "All"), ("failing", "With failing gaps"), ("met", "Without a failing gap")];

struct Row {
    id: String,
    title: String,
    clauses: String,
    state: Markup,
    failing: (String, String),
    open: (String, String),
    justified: (String, String),
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    s: Shell,
    lead: Markup,
    lines: Vec<(String, bool)>,
    families: Vec<(&'static str, &'static str, bool)>,
    shows: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    shown: String,
    gaps_href: String,
    note: Option<String>,
    pushed: bool,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let lines = Lines::choose(ask, &view)?;
    let of = ask.param("family").unwrap_or_default();
    if !of.is_empty() && family(of).is_none() {
        return Err(PageError::bad_filter(format!("“{of}” is no family of clauses.")));
    }
    let show = ask.param("show").unwrap_or_default();
    if !SHOWS.iter().any(|(word, _)| *word == show) {
        return Err(PageError::bad_filter(format!("Rules are not listed by “{show}”.")));
    }
    let mut page = RulesPage {
        lead: Markup::new().strong("No record").text(" was pushed by this moment."),
        lines: lines.as_ref().map(|l| l.all.clone()).unwrap_or_default(),
        families: FAMILIES.iter().map(|family| (family.word, family.name, family.word == of)).collect(),
        shows: SHOWS.iter().map(|(word, text)| (*word, *text, *word == show)).collect(),
        rows: Vec::new(),
        shown: String::new(),
        gaps_href: view.to("/gaps"),
        note: None,
        pushed: lines.is_some(),
        s: Shell::new(ask, &view, "Rules", Section::Gaps),
    };
    let Some(lines) = lines else { return html(StatusCode::OK, &page) };
    page.gaps_href = view.to(&lines.path("/gaps", &[("family", of)]));
    match design(ask, &view, &lines)? {
        Err(why) => {
            page.lead = Markup::new().strong("The rules cannot be asked").text(" at this moment.");
            page.note = Some(format!("{why}."));
        }
        Ok(design) => fill(&view, &lines, &design, of, show, &mut page),
    }
    html(StatusCode::OK, &page)
}

fn fill(view: &View<'_>, lines: &Lines, design: &Design, of: &str, show: &str, page: &mut RulesPage) {
    let mut rulings = in_force(design);
    rulings.retain(|ruling| of.is_empty() || ruling.families.iter().any(|family| family.word == of));
    let (all, failing) = (rulings.len(), rulings.iter().filter(|r| r.fared.failing > 0).count());
    rulings.retain(|ruling| match show {
        "failing" => ruling.fared.failing > 0,
        "met" => ruling.fared.failing == 0,
        _ => true,
    });
    // What asks for somebody first; within that, by id.
    rulings.sort_by_key(|ruling| {
        let fared = ruling.fared;
        (fared.failing == 0, fared.other == 0, fared.justified == 0)
    });
    let name = family(of).map(|family| format!(" of {}", family.name)).unwrap_or_default();
    page.lead = Markup::new()
        .strong(&format!(
            "{} of {}{name}",
            grouped((all - failing) as u64),
            count(all as u64, "rule", "rules")
        ))
        .text(&format!(" in force at stage {} have no failing gap.", design.report.stage));
    page.shown = grouped(rulings.len() as u64);
    page.rows = rulings
        .iter()
        .map(|ruling| {
            let to = |show: &str| {
                view.to(&lines.path("/gaps", &[("by", "rule"), ("show", show), ("group", &ruling.id)]))
            };
            let number =
                |n: usize, show: &str| (if n == 0 { String::new() } else { to(show) }, grouped(n as u64));
            let fared = ruling.fared;
            let state = match (fared.failing, fared.other, fared.justified) {
                (0, 0, 0) => Markup::new().state("met", "no gap"),
                (0, 0, _) => Markup::new().state("justified", "justified"),
                (0, ..) => Markup::new().state("open", "reported"),
                _ => Markup::new().state("gap", "fails"),
            };
            Row {
                id: ruling.id.clone(),
                title: ruling.title.clone(),
                clauses: ruling.clauses.join(", "),
                state,
                failing: number(fared.failing, ""),
                open: number(fared.failing + fared.other, "all"),
                justified: number(fared.justified, "justified"),
            }
        })
        .collect();
}
