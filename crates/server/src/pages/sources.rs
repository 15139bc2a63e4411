//! `/sources`: who may speak, by kind and state. One source's own page is in `source.rs`.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::{SourceId, SourceKind, Time};
use ledger::properties::grouped;
use serde_json::json;
use world::World;
use world::sources::Source;
use world::streams::Stream;

use super::Ask;
use super::error::PageError;
use super::markup::{Markup, count};
use super::moments::View;
use super::phrase::cut;
use super::sheet::{Form, Sheet};
use super::shell::{Section, Shell, html};

/// Sources of a page.
const PAGE: usize = 100;
/// Sources looked at for one page of a filtered list.
const SCAN: usize = 5_000;

/// Kinds of sources: word of the address, heading.
const KINDS: [(SourceKind, &str); 7] = [
    (SourceKind::Device, "Devices"),
    (SourceKind::Ledger, "The ledger"),
    (SourceKind::Person, "Persons"),
    (SourceKind::Service, "Services"),
    (SourceKind::Ci, "CI jobs"),
    (SourceKind::Gateway, "Gateways"),
    (SourceKind::Station, "Stations"),
];

/// What a list can be narrowed to.
const SHOWS: [(&str, &str); 6] = [
    ("", "Any state"),
    ("streams", "With streams"),
    ("gaps", "With gaps"),
    ("forked", "Forked"),
    ("quarantined", "Quarantined evidence"),
    ("silenced", "Suspended or without a key"),
];

struct SourceRow {
    href: String,
    name: String,
    id: String,
    kind: &'static str,
    roles: String,
    keys: String,
    streams: String,
    entries: String,
    enrolled: Markup,
    state: Markup,
}

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage {
    s: Shell,
    lead: Markup,
    kinds: Vec<(&'static str, &'static str, bool)>,
    shows: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<SourceRow>,
    first: Option<String>,
    more: Option<String>,
    filtered: bool,
    clear: String,
}

/// One page of the list, and the source to go on from.
struct Listed {
    rows: Vec<(SourceId, Source, Totals, Time)>,
    rest: Option<SourceId>,
    all: usize,
}

/// Sums over the streams of a source.
#[derive(Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) streams: u64,
    pub(super) entries: u64,
    pub(super) missing: u64,
    pub(super) forks: u64,
}

pub(super) fn totals<'a>(streams: impl Iterator<Item = &'a Stream>) -> Totals {
    streams.fold(Totals::default(), |t, s| Totals {
        streams: t.streams + 1,
        entries: t.entries + s.entries,
        missing: t.missing + s.gaps.iter().map(|g| g.count).sum::<u64>(),
        forks: t.forks + s.forks.len() as u64,
    })
}

fn shown(show: &str, source: &Source, t: &Totals, size: u64) -> bool {
    match show {
        "streams" => t.streams > 0,
        "gaps" => t.missing > 0,
        "forked" => t.forks > 0,
        "quarantined" => !source.quarantined.is_empty(),
        "silenced" => source.suspended_at(size) || source.keys_at(size).next().is_none(),
        _ => true,
    }
}

/// Sources from `from` on; as many rows, and as many looked at, as `most` says.
fn listed(
    world: &World,
    kind: Option<SourceKind>,
    show: &str,
    from: Option<SourceId>,
    most: (usize, usize),
) -> Listed {
    let size = world.size();
    // Identifiers sort by kind, devices first: the smallest of a kind is where it begins.
    let start = from.or_else(|| kind.and_then(|k| format!("{}:{}", k.word(), "0".repeat(16)).parse().ok()));
    let mut listed = Listed { rows: Vec::new(), rest: None, all: world.sources().len() };
    let of_kind =
        world.sources().iter_from(start.as_ref()).skip_while(|(id, _)| kind.is_some_and(|k| id.kind() < k));
    for (looked, (id, source)) in of_kind.enumerate() {
        if kind.is_some_and(|k| k != id.kind()) {
            break;
        }
        if listed.rows.len() == most.0 || looked == most.1 {
            listed.rest = Some(*id);
            break;
        }
        let totals = totals(world.streams().of_source(*id).map(|(_, s)| s));
        if shown(show, source, &totals, size) {
            listed.rows.push((*id, source.clone(), totals, world.clock().time_of(source.enrolled)));
        }
    }
    listed
}

pub(super) fn list(ask: &Ask) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let kind = match ask.param("kind") {
        None => None,
        Some(word) => Some(
            SourceKind::ALL
                .into_iter()
                .find(|k| k.word() == word)
                .ok_or_else(|| PageError::bad_filter(format!("“{word}” is no kind of source.")))?,
        ),
    };
    let show = ask.param("show").unwrap_or_default();
    if !SHOWS.iter().any(|(word, _)| *word == show) {
        return Err(PageError::bad_filter(format!("“{show}” is no state of sources.")));
    }
    let from: Option<SourceId> = match ask.param("from") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| PageError::no_source(text))?),
    };
    if let Some(form) = Form::asked(ask)? {
        return sheet(ask, &mut view, kind, show, form);
    }
    let listed = view.exact(|w| listed(w, kind, show, from, (PAGE, SCAN)))?;
    let here = |from: Option<SourceId>| {
        let kind = kind.map(|k| format!("kind={}", k.word()));
        let show = Some(show).filter(|s| !s.is_empty()).map(|s| format!("show={s}"));
        let from = from.map(|id| format!("from={id}"));
        let query: Vec<String> = [kind, show, from].into_iter().flatten().collect();
        view.to(&if query.is_empty() { "/sources".into() } else { format!("/sources?{}", query.join("&")) })
    };
    let filtered = kind.is_some() || !show.is_empty();
    let size = view.upto;
    let row = |(id, source, totals, enrolled): (SourceId, Source, Totals, Time)| SourceRow {
        href: view.to(&format!("/sources/{id}")),
        name: cut(source.name_at(size), 80),
        id: id.to_string(),
        kind: kind_word(id.kind()),
        roles: source.roles_at(size).join(", "),
        keys: grouped(source.keys_at(size).count() as u64),
        streams: grouped(totals.streams),
        entries: grouped(totals.entries),
        enrolled: Markup::new().time(enrolled),
        state: state(&source, &totals, size),
    };
    let page = SourcesPage {
        lead: lead(&listed, filtered, from.is_some()),
        kinds: KINDS.iter().map(|(k, text)| (k.word(), *text, kind == Some(*k))).collect(),
        shows: SHOWS.iter().map(|(word, text)| (*word, *text, show == *word)).collect(),
        first: from.is_some().then(|| here(None)),
        more: listed.rest.map(|id| here(Some(id))),
        filtered,
        clear: view.to("/sources"),
        rows: listed.rows.into_iter().map(row).collect(),
        s: Shell::new(ask, &view, "Sources", Section::Sources).listed(ask, &view),
    };
    html(StatusCode::OK, &page)
}

/// The whole list as a file. More sources than a page looks at are asked of a world of their own, so that nobody waits.
fn sheet(
    ask: &Ask,
    view: &mut View<'_>,
    kind: Option<SourceKind>,
    show: &str,
    form: Form,
) -> Result<Response, PageError> {
    let whole = |world: &World| listed(world, kind, show, None, (usize::MAX, SCAN));
    let mut listed_all = view.exact(whole)?;
    if listed_all.rest.is_some() {
        let world = ask.pages.replays.world_at(&ask.pages.app.ledger, view.upto)?;
        listed_all = listed(&world, kind, show, None, (usize::MAX, usize::MAX));
    }
    let size = view.upto;
    let row = |(id, source, totals, enrolled): &(SourceId, Source, Totals, Time)| {
        json!({
            "source": id.to_string(), "name": source.name_at(size), "kind": id.kind().word(),
            "roles": source.roles_at(size), "keys": source.keys_at(size).count(), "streams": totals.streams,
            "entries": totals.entries, "missing": totals.missing, "forks": totals.forks,
            "quarantined": source.quarantined.len(), "suspended": source.suspended_at(size),
            "enrolled": enrolled.to_string(), "entry": source.enrolled,
        })
    };
    let columns = [
        "source",
        "name",
        "kind",
        "roles",
        "keys",
        "streams",
        "entries",
        "missing",
        "forks",
        "quarantined",
        "suspended",
        "enrolled",
        "entry",
    ];
    let rows = listed_all.rows.iter().map(row).collect();
    Ok(Sheet::new(ask, view, form, "sources", &columns)?.all(rows))
}

fn lead(listed: &Listed, filtered: bool, later: bool) -> Markup {
    let all = count(listed.all as u64, "source", "sources");
    let here = grouped(listed.rows.len() as u64);
    let whole = !filtered && !later && listed.rest.is_none();
    let m = if whole {
        Markup::new().strong(&format!("{all} may speak or could")).text(": ")
    } else {
        Markup::new().strong(&format!("{here} of {all}")).text(" on this page: ")
    };
    m.text("persons, services, CI jobs, stations and devices, each with its own keys. What counts is the key that was valid at an entry's index.")
}

pub(super) fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Device => "device",
        SourceKind::Ledger => "ledger",
        SourceKind::Person => "person",
        SourceKind::Service => "service",
        SourceKind::Ci => "CI job",
        SourceKind::Gateway => "gateway",
        SourceKind::Station => "station",
    }
}

/// The state that needs somebody most.
pub(super) fn state(source: &Source, t: &Totals, size: u64) -> Markup {
    let m = Markup::new();
    if t.forks > 0 {
        m.state("alarm", "forked")
    } else if source.suspended_at(size) {
        m.state("warning", "suspended")
    } else if source.keys_at(size).next().is_none() {
        m.state("warning", "no valid key")
    } else if t.missing > 0 {
        m.state("gap", &format!("{} missing", grouped(t.missing)))
    } else if !source.quarantined.is_empty() {
        m.state("warning", &format!("{} quarantined", grouped(source.quarantined.len() as u64)))
    } else {
        m.element("span", "u", "may speak")
    }
}
