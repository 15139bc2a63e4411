//! `/releases`: what was released, newest first, and how many devices run it. One release's own page is in `release`.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::Time;
use ledger::properties::grouped;
use serde_json::json;
use world::World;
use world::release::{Known, Release, SystemRelease};

use super::Ask;
use super::census::read;
use super::error::PageError;
use super::fleet::census;
use super::markup::{Markup, count, percent};
use super::moments::View;
use super::sheet::{Form, Sheet};
use super::shell::{Section, Shell, html};

/// Releases of a page.
const PAGE: usize = 100;
/// System releases that are listed.
const MAX_SYSTEMS: usize = 30;

struct Row {
    href: String,
    name: String,
    product: String,
    line: String,
    made: Markup,
    state: Markup,
    support: Markup,
    devices: Option<(String, String)>,
}

struct SystemRow {
    name: String,
    made: Markup,
    items: Markup,
}

#[derive(Template)]
#[template(path = "releases.html")]
struct ReleasesPage {
    s: Shell,
    lead: Markup,
    rows: Vec<Row>,
    shown: String,
    systems: Vec<SystemRow>,
    first: Option<String>,
    more: Option<String>,
    counting: bool,
}

/// What the world says of a release, apart from it.
pub(super) struct About {
    pub(super) release: Release,
    pub(super) logged: Time,
    pub(super) withdrawn: Option<u64>,
    pub(super) support: Option<Time>,
}

/// A release and what was said of it since.
pub(super) fn about(world: &World, release: &Release, known: Known<'_>) -> About {
    let made = &release.made;
    About {
        logged: world.clock().time_of(release.entry.index),
        withdrawn: world.releases().withdrawn(release.entry.index, known),
        support: world.releases().support_end(&made.product, &made.item, &made.version, known),
        release: release.clone(),
    }
}

/// The state of a release in a word.
fn word(about: &About, at: Time) -> &'static str {
    match (about.withdrawn, about.support) {
        (Some(_), _) => "withdrawn",
        (None, Some(until)) if until <= at => "support ended",
        _ => "released",
    }
}

/// The same with its glyph.
pub(super) fn state(about: &About, at: Time) -> Markup {
    let word = word(about, at);
    let state = match word {
        "withdrawn" => "warning",
        "support ended" => "overdue",
        other => other,
    };
    Markup::new().state(state, word)
}

/// Address of the devices that run a release.
pub(super) fn devices_path(release: &Release) -> String {
    format!("/fleet?release={}", percent(&format!("{} {}", release.made.item, release.made.version)))
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let shared = census(ask, &mut view)?.ok();
    let before = match ask.param("before") {
        None => view.upto,
        Some(text) => text
            .replace(',', "")
            .parse::<u64>()
            .map_err(|_| PageError::bad_filter(format!("“{text}” is not the index of a release.")))?
            .min(view.upto),
    };
    let (known_size, upto) = (view.known, view.upto);
    let form = Form::asked(ask)?;
    let (before, most) = if form.is_some() { (upto, usize::MAX) } else { (before, PAGE + 1) };
    let (found, systems, all) = view.capped(|world| {
        let known = Known::new(known_size, world.journal());
        let releases = || world.releases().iter(known).filter(|r| r.entry.index < upto);
        let newest = releases().rev().filter(|r| r.entry.index < before).take(most);
        let found: Vec<About> = newest.map(|r| about(world, r, known)).collect();
        let systems =
            world.releases().systems(known).filter(|r| r.entry.index < upto).rev().take(MAX_SYSTEMS);
        let systems: Vec<(SystemRelease, Time)> =
            systems.map(|r| (r.clone(), world.clock().time_of(r.entry.index))).collect();
        (found, systems, releases().count())
    });
    let census = shared.as_ref().map(read);
    let running = census.as_ref().map(|census| census.running());
    let at = view.moment();
    if let Some(form) = form {
        let columns = [
            "index",
            "entry",
            "product",
            "item",
            "version",
            "line",
            "made",
            "state",
            "withdrawn",
            "support",
            "devices",
        ];
        let row = |a: &About| {
            let made = &a.release.made;
            let devices =
                running.as_ref().map(|all| all.get(&(made.item.as_str(), made.version.as_str())).copied());
            json!({
                "index": a.release.entry.index, "entry": a.release.entry.entry.to_string(), "product": made.product,
                "item": made.item, "version": made.version, "line": made.line, "made": a.logged.to_string(),
                "state": word(a, at), "withdrawn": a.withdrawn, "support": a.support.map(|t| t.to_string()),
                // Unknown while the devices are being counted.
                "devices": devices.map(Option::unwrap_or_default),
            })
        };
        let rows = found.iter().map(row).collect();
        return Ok(Sheet::new(ask, &view, form, "releases", &columns)?.all(rows));
    }
    let more = found.get(PAGE - 1).filter(|_| found.len() > PAGE).map(|a| a.release.entry.index);
    let row = |a: &About| {
        let made = &a.release.made;
        let n = running
            .as_ref()
            .map(|all| all.get(&(made.item.as_str(), made.version.as_str())).copied().unwrap_or_default());
        Row {
            href: view.to(&format!("/releases/{}", a.release.entry.index)),
            name: format!("{} {}", made.item, made.version),
            product: made.product.clone(),
            line: made.line.clone(),
            made: Markup::new().time(a.logged),
            state: state(a, at),
            support: a.support.map_or_else(
                || Markup::new().element("span", "u", "nobody said"),
                |until| Markup::new().time(until),
            ),
            devices: n.map(|n| {
                (if n == 0 { String::new() } else { view.to(&devices_path(&a.release)) }, grouped(n))
            }),
        }
    };
    let rows: Vec<Row> = found.iter().take(PAGE).map(row).collect();
    let withdrawn = found.iter().filter(|a| a.withdrawn.is_some()).count() as u64;
    let page = ReleasesPage {
        lead: lead(all as u64, found.first(), withdrawn),
        shown: if rows.len() == all {
            grouped(all as u64)
        } else {
            format!("{} of {}", grouped(rows.len() as u64), grouped(all as u64))
        },
        rows,
        systems: systems.iter().map(|(r, t)| system(&view, r, *t)).collect(),
        first: (before < view.upto).then(|| view.to("/releases")),
        more: more.map(|index| view.to(&format!("/releases?before={index}"))),
        counting: shared.is_none(),
        s: Shell::new(ask, &view, "Releases", Section::Releases).listed(ask, &view),
    };
    html(StatusCode::OK, &page)
}

fn lead(all: u64, newest: Option<&About>, withdrawn: u64) -> Markup {
    let Some(newest) = newest else {
        return Markup::new().strong("Nothing was released").text(" by this moment.");
    };
    let made = &newest.release.made;
    let m = Markup::new().strong(&count(all, "release", "releases")).text(" of items; the newest is ");
    let m = m.strong(&format!("{} {}", made.item, made.version)).text(&format!(" of {}", made.product));
    match withdrawn {
        0 => m.text("."),
        1 => m.text(". ").strong("One was withdrawn."),
        n => m.text(". ").strong(&format!("{} were withdrawn.", grouped(n))),
    }
}

fn system(view: &View<'_>, r: &SystemRelease, logged: Time) -> SystemRow {
    let mut items = Markup::new();
    for (n, item) in r.made.items.iter().enumerate() {
        let m = if n > 0 { items.text(", ") } else { items };
        let href = view.to(&format!("/releases/{}", item.release.index));
        items = m.link(&href, &format!("{} {}", item.item, item.version));
    }
    let variant = r.made.variant.as_ref().map(|v| format!(", {v}")).unwrap_or_default();
    let entry = view.to(&format!("/log/{}", r.entry.index));
    SystemRow {
        name: format!("{} {}{variant}", r.made.product, r.made.version),
        made: Markup::new().time(logged).text(", entry ").link(&entry, &grouped(r.entry.index)),
        items,
    }
}
