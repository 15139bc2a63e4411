//! `/`: is it ready, what runs in the field, what concerns it, and is the log whole? Each number leads to its list.
//!
//! | file | what |
//! |---|---|
//! | `ready` | rules by clause family and gaps by severity, of one line |
//! | `field` | the newest releases and the vulnerabilities that concern devices |
//! | `log` | the log itself |
//!
//! The fleet and its findings come with the census (`fleet::tiles`). What takes long is worked out beside the page, which says
//! so until it is there.

mod field;
mod log;
mod ready;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::Ask;
use super::concern::{Wait, concern};
use super::error::PageError;
use super::fleet::{Tiles, tiles};
use super::markup::Markup;
use super::moments::View;
use super::shell::{Section, Shell, html};
use field::{Releases, Vulnerabilities};
use log::LogPart;
use ready::Ready;

/// A figure: each is a link to its list.
pub(super) struct Figure {
    href: String,
    label: &'static str,
    state: &'static str,
    value: String,
    note: String,
}

/// Figures of the fleet that stand here; the fleet's own page has all.
const FLEET: [&str; 4] = ["Devices", "Proven or fresh", "Silent", "Open findings"];

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    s: Shell,
    lead: Markup,
    /// What asks for somebody: gaps, suspects, affected and undetermined devices.
    asks: Vec<Figure>,
    ready: Ready,
    releases: Releases,
    vulnerabilities: Result<Vulnerabilities, Wait>,
    /// The fleet; `None` where there is none, or while it is being counted.
    fleet: Option<Tiles>,
    counting: bool,
    /// Nothing is known of any device.
    no_fleet: bool,
    log: LogPart,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let tiles = tiles(ask, &mut view)?;
    let log = log::part(ask, &mut view)?;
    let ready = ready::ready(ask, &view)?;
    let concern = concern(ask, &view);
    let releases = field::releases(ask, &mut view, concern.as_deref().ok())?;
    let vulnerabilities =
        concern.as_ref().map(|concern| field::vulnerabilities(&view, concern)).map_err(|w| *w);
    let mut asks = ready.figures();
    if let Ok(part) = &vulnerabilities {
        asks.extend(part.figures(&view));
    }
    let page = Overview {
        lead: lead(&ready, vulnerabilities.as_ref().ok()),
        counting: tiles.is_err(),
        no_fleet: matches!(tiles, Ok(None)),
        fleet: tiles.ok().flatten().map(|mut tiles| {
            tiles.figures.retain(|figure| FLEET.contains(&figure.label));
            tiles
        }),
        asks,
        ready,
        releases,
        vulnerabilities,
        log,
        s: Shell::new(ask, &view, "Overview", Section::Overview),
    };
    html(StatusCode::OK, &page)
}

/// The answer first: what keeps it from being ready, and whom a vulnerability concerns.
fn lead(ready: &Ready, vulnerabilities: Option<&Vulnerabilities>) -> Markup {
    let m = ready.says();
    match vulnerabilities.and_then(Vulnerabilities::says) {
        Some(says) if m.is_empty() => says,
        Some(says) => m.text(" ").then(&says),
        None if m.is_empty() => Markup::new()
            .strong("Nothing is known of a product yet.")
            .text(" Records, releases and devices appear here as they enter the log."),
        None => m,
    }
}
