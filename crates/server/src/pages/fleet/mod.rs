//! `/fleet`: which devices there are, what they run, and how well that is known; narrowed by a condition. One device's own
//! page is in `device`.
//!
//! Everything on the page is of one census, at the same two moments: each number equals the length of the list it leads to.
//! A large fleet is counted beside the page, which says so until it is done. The list asks the world for one page of
//! devices, a few at a time.

mod breakdown;
mod list;
mod query;
mod runs;
mod sheet;
mod tiles;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::properties::grouped;
use world::fleet::{Filter, Grade};

use super::Ask;
use super::census::{Census, Choice, Counting, Shared};
use super::error::PageError;
use super::markup::Markup;
use super::moments::View;
use super::sheet::Form;
use super::shell::{Section, Shell, html};
use super::words;
use breakdown::{Breakdown, Cells, by_release, by_site, by_verdict, cells, known};
use list::{DeviceRow, rows};
use query::{CHOICES, Query, Wrong};

pub(super) use query::equals;
pub(super) use tiles::{Tiles, tiles};

/// Devices of a page.
const PAGE: usize = 50;
/// Devices asked for while the world is held: well under a millisecond.
const SLICE: usize = 8;
/// Values of a choice that are offered.
const MAX_OPTIONS: usize = 400;

/// A number that leads to its list, with what is said beside it.
pub(super) struct Figure {
    pub(super) href: String,
    pub(super) label: &'static str,
    pub(super) state: &'static str,
    pub(super) value: String,
    pub(super) note: String,
}

struct Select {
    name: &'static str,
    label: &'static str,
    options: Vec<(String, bool)>,
}

/// What is shown of a census.
struct Counted {
    figures: Vec<Figure>,
    releases: Breakdown,
    verdicts: Breakdown,
    known: Breakdown,
    sites: Breakdown,
    rows: Vec<DeviceRow>,
    first: Option<String>,
    more: Option<String>,
    shown: String,
}

#[derive(Template)]
#[template(path = "fleet.html")]
struct FleetPage {
    s: Shell,
    lead: Markup,
    condition: String,
    wrong: Option<Wrong>,
    selects: Vec<Select>,
    clear: Option<String>,
    counting: bool,
    again: String,
    counted: Option<Counted>,
    /// No device at all, at these moments.
    none: bool,
    lag: Option<String>,
}

/// The census that a page of these moments rests on; of the present, the view is moved to it.
pub(super) fn census(ask: &Ask, view: &mut View<'_>) -> Result<Result<Shared, Counting>, PageError> {
    let (keeper, ledger) = (&ask.pages.census, &ask.pages.app.ledger);
    if !view.present_asked() {
        return Ok(keeper.then(ledger, view.moment(), view.known, "", false));
    }
    let found = keeper.present(ledger, view.head);
    if let Ok(shared) = &found {
        let known = super::census::read(shared).known();
        view.settle(known)?;
    }
    Ok(found)
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let head = view.head;
    let mut query = Query::read(ask)?;
    if let Some(form) = Form::asked(ask)? {
        return sheet::send(ask, &view, query, form);
    }
    let whole = census(ask, &mut view)?;
    let filter = std::mem::replace(&mut query.filter, Ok(Filter::all()));
    let (filter, wrong) = match filter {
        Ok(filter) => (Some(filter), None),
        Err(wrong) => (None, Some(wrong)),
    };
    // Conditions about single devices are counted for themselves; all others are sums over classes.
    let part = match &filter {
        Some(filter) if filter.individual() => {
            let (keeper, ledger) = (&ask.pages.census, &ask.pages.app.ledger);
            let now = view.present_asked();
            let part = keeper.then(ledger, view.moment(), view.known, &query.text, now);
            if let Ok(shared) = &part {
                let known = super::census::read(shared).known();
                view.settle(known)?;
            }
            Some(part)
        }
        _ => None,
    };
    let status = if wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let (mut lead, mut counted, mut none, mut selects) = (Markup::new(), None, false, Vec::new());
    let mut counting = None;
    match (&whole, &part) {
        (Err(c), _) | (Ok(_), Some(Err(c))) => counting = Some(*c),
        (Ok(whole), part) => {
            let shared = match part {
                Some(Ok(part)) => part,
                _ => whole,
            };
            let all = {
                let whole = super::census::read(whole);
                selects = options(&whole, &query);
                whole.len()
            };
            none = all == 0;
            if let Some(filter) = &filter {
                let census = super::census::read(shared);
                // Counted for itself, it holds whom it holds for, and no one else.
                let choice =
                    if part.is_some() { census.choose(&Filter::all()) } else { census.choose(filter) };
                let cells = cells(choice.classes());
                lead = sentence(&query, &cells, &choice, all);
                counted = Some(show(&view, &query, &census, &choice, &cells));
            }
        }
    }
    if let Some(counting) = counting {
        lead = Markup::new().strong("The fleet is being counted:").text(&format!(
            " {} of {} looked at so far.",
            grouped(counting.looked),
            words::devices(counting.of)
        ));
    } else if wrong.is_some() {
        lead = Markup::new().strong("The condition cannot be read.").text(" Nothing was looked for.");
    }
    let lag = (view.known < head && counting.is_none()).then(|| {
        format!(
            "This page is of {} entries; {} newer are being counted.",
            grouped(view.known),
            grouped(head - view.known)
        )
    });
    let page = FleetPage {
        lead,
        condition: query.condition.clone(),
        wrong,
        selects,
        clear: query.narrowed().then(|| view.to("/fleet")),
        counting: counting.is_some(),
        again: view.to(&query.from(query.after.as_ref())),
        counted,
        none,
        lag,
        s: Shell::new(ask, &view, "Fleet", Section::Fleet).listed(ask, &view),
    };
    html(status, &page)
}

/// How many there are, and how many of them are proven, fresh, assumed and unknown.
pub(super) fn spread<'a>(classes: impl Iterator<Item = &'a super::census::Class>) -> (u64, [u64; 4]) {
    let cells = cells(classes);
    (cells.all(), cells.certain())
}

fn show(view: &View<'_>, query: &Query, census: &Census, choice: &Choice<'_>, cells: &Cells) -> Counted {
    let (subjects, more) = choice.devices(query.after.as_ref(), PAGE);
    let last = subjects.last().filter(|_| more).map(|s| view.to(&query.from(Some(s))));
    let rows = rows(view, census, &subjects);
    Counted {
        figures: figures(view, query, choice, cells),
        releases: by_release(view, query, choice.classes(), cells),
        verdicts: by_verdict(view, query, choice.classes()),
        known: known(view, query, cells),
        sites: by_site(view, query, choice.classes()),
        first: query.after.is_some().then(|| view.to(&query.from(None))),
        more: last,
        shown: if query.after.is_none() && !more {
            grouped(cells.all())
        } else {
            format!("{} of {}", grouped(rows.len() as u64), grouped(cells.all()))
        },
        rows,
    }
}

fn sentence(query: &Query, cells: &Cells, choice: &Choice<'_>, all: u64) -> Markup {
    let n = cells.all();
    if all == 0 {
        return Markup::new().strong("No device is known").text(" at this moment.");
    }
    let m = if query.narrowed() {
        let verb = if n == 1 { "matches." } else { "match." };
        Markup::new().strong(&format!("{} of {} {verb}", grouped(n), words::devices(all)))
    } else {
        Markup::new().strong(&format!("{}:", words::devices(n)))
    };
    if n == 0 {
        return m.text(" Nothing is known to fulfil the condition; what nobody said fulfils none.");
    }
    let by = |grade: Grade| format!("{} {}", grouped(cells.grade(grade)), grade.word());
    let m = m.text(&format!(" {}, {}, {}.", by(Grade::Attested), by(Grade::Reported), by(Grade::Declared)));
    match choice.classes().filter(|c| c.silent).map(|c| c.count).sum::<u64>() {
        0 => m.text(" None is silent past its deadline."),
        1 => m.text(" ").strong("1 is silent").text(" past its deadline."),
        n => m.text(" ").strong(&format!("{} are silent", grouped(n))).text(" past their deadline."),
    }
}

fn figures(view: &View<'_>, query: &Query, choice: &Choice<'_>, cells: &Cells) -> Vec<Figure> {
    let figure = |href: String, label, state, value: u64, note: String| Figure {
        href: view.to(&href),
        label,
        state,
        value: grouped(value),
        note,
    };
    let sum = |pick: &dyn Fn(&super::census::Class) -> bool| -> u64 {
        choice.classes().filter(|c| pick(c)).map(|c| c.count).sum()
    };
    let [proven, fresh, assumed, unknown] = cells.certain();
    let silent = sum(&|c| c.silent);
    let against = sum(&|c| {
        use evidence::facts::fleet::Appraisal::{Contraindicated, Warning};
        matches!(c.verdict(), Some(Contraindicated | Warning))
    });
    let altered = sum(&|c| c.altered());
    let warm = |n: u64, state| if n > 0 { state } else { "" };
    let sites: std::collections::BTreeSet<&str> =
        choice.classes().filter_map(|c| c.site.as_deref()).collect();
    vec![
        figure(
            query.with(&[]),
            "Devices",
            "",
            cells.all(),
            format!("at {}", super::markup::count(sites.len() as u64, "site", "sites")),
        ),
        figure(
            query.with(&[("grade", "attested")]),
            "Attested",
            "attested",
            cells.grade(Grade::Attested),
            "by evidence".into(),
        ),
        figure(
            query.and("freshness in (proven, fresh)"),
            "Proven or fresh",
            "proven",
            proven + fresh,
            format!("{} assumed, {} unknown", grouped(assumed), grouped(unknown)),
        ),
        figure(
            query.and("silent = yes"),
            "Silent",
            warm(silent, "overdue"),
            silent,
            "past the deadline".into(),
        ),
        figure(
            query.and("verdict in (warning, contraindicated)"),
            "Not affirming",
            warm(against, "warning"),
            against,
            "by the last verdict".into(),
        ),
        figure(
            query.and("firmware = unknown"),
            "Unknown firmware",
            warm(altered, "warning"),
            altered,
            "of no release".into(),
        ),
    ]
}

/// What can be chosen: the values that occur, whatever else is asked.
fn options(census: &Census, query: &Query) -> Vec<Select> {
    let fixed = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<String>>();
    let select = |(name, label): &(&'static str, &'static str)| {
        let mut values: Vec<String> = match *name {
            "verdict" => fixed(&["affirming", "warning", "contraindicated", "none"]),
            "grade" => fixed(&["attested", "reported", "declared"]),
            "freshness" => fixed(&["proven", "fresh", "assumed", "unknown"]),
            _ => census.values(name).into_iter().take(MAX_OPTIONS).collect(),
        };
        let chosen = query.choice(name);
        values.extend(chosen.filter(|c| !values.iter().any(|v| v == c)).map(str::to_owned));
        let options = values.into_iter().map(|v| (v.clone(), chosen == Some(v.as_str()))).collect();
        Select { name, label, options }
    };
    CHOICES.iter().map(select).collect()
}
