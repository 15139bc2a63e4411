//! `/sources` and `/sources/{id}`: who may speak, with which keys since when, and in which streams.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::{SourceId, SourceKind, Time};
use ledger::properties::grouped;
use world::World;
use world::sources::Source;
use world::streams::Stream;

use super::Ask;
use super::error::PageError;
use super::markup::{Markup, count};
use super::moments::View;
use super::phrase::cut;
use super::shell::{Section, Shell, html};

/// Sources of a page.
const PAGE: usize = 100;
/// Sources looked at for one page of a filtered list.
const SCAN: usize = 5_000;
/// Streams of a source that are listed.
const MAX_STREAMS: usize = 200;

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
struct Totals {
    streams: u64,
    entries: u64,
    missing: u64,
    forks: u64,
}

fn totals<'a>(streams: impl Iterator<Item = &'a Stream>) -> Totals {
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

fn listed(world: &World, kind: Option<SourceKind>, show: &str, from: Option<SourceId>) -> Listed {
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
        if listed.rows.len() == PAGE || looked == SCAN {
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
    let listed = view.exact(|w| listed(w, kind, show, from))?;
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
        s: Shell::new(ask, &view, "Sources", Section::Sources),
    };
    html(StatusCode::OK, &page)
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
fn state(source: &Source, t: &Totals, size: u64) -> Markup {
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

struct KeyView {
    algorithm: &'static str,
    purpose: &'static str,
    id: Markup,
    from: Markup,
    until: Markup,
    state: Markup,
}

struct StreamView {
    number: String,
    entries: String,
    next: String,
    last: Markup,
    state: Markup,
}

#[derive(Template)]
#[template(path = "source.html")]
struct SourcePage {
    s: Shell,
    id: String,
    heading: String,
    lead: Markup,
    about: Vec<(&'static str, Markup)>,
    keys: Vec<KeyView>,
    streams: Vec<StreamView>,
    streams_more: Option<String>,
    entries_href: String,
    entries: String,
    history: Vec<(Markup, Markup)>,
    quarantined: Vec<(Markup, Markup)>,
}

pub(super) fn one(ask: &Ask, text: &str) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let id: SourceId = text.parse().map_err(|_| PageError::no_source(text))?;
    let found = view.exact(|w| {
        let source = w.sources().get(&id)?.clone();
        let streams: Vec<(u64, Stream)> =
            w.streams().of_source(id).take(MAX_STREAMS + 1).map(|(k, s)| (k.stream, s.clone())).collect();
        Some((source, streams, totals(w.streams().of_source(id).map(|(_, s)| s))))
    })?;
    let Some((source, streams, totals)) = found else { return Err(PageError::no_source(text)) };
    let size = view.upto;
    let name = source.name_at(size).to_owned();
    let heading = if name.is_empty() { id.to_string() } else { cut(&name, 80) };
    let page = SourcePage {
        lead: source_lead(&view, &id, &source, &totals),
        about: vec![
            ("Identifier", Markup::new().element("code", "dg", &id.to_string())),
            (
                "Kind",
                Markup::new()
                    .link(&view.to(&format!("/sources?kind={}", id.kind().word())), kind_word(id.kind())),
            ),
            ("Roles", roles(source.roles_at(size))),
            ("Enrolled", at_entry(&view, source.enrolled)),
            ("State", state(&source, &totals, size)),
        ],
        keys: source.keys.iter().rev().map(|k| key(&view, k)).collect(),
        streams_more: (streams.len() > MAX_STREAMS).then(|| {
            format!(
                "{} streams; the first {} are shown.",
                grouped(totals.streams),
                grouped(MAX_STREAMS as u64)
            )
        }),
        streams: streams.iter().take(MAX_STREAMS).map(|(n, s)| stream(&view, *n, s)).collect(),
        entries_href: view.to(&format!("/log?source={id}")),
        entries: count(totals.entries, "entry", "entries"),
        history: history(&view, &source),
        quarantined: source
            .quarantined
            .iter()
            .map(|(index, hash)| (at_entry(&view, *index), Markup::new().digest(hash)))
            .collect(),
        s: Shell::new(ask, &view, &heading, Section::Sources),
        heading,
        id: id.to_string(),
    };
    html(StatusCode::OK, &page)
}

/// An entry and its log time.
fn at_entry(view: &View<'_>, index: u64) -> Markup {
    let time = view.capped(|w| w.clock().time_of(index));
    let m = Markup::new().time(time).text(", entry ");
    m.link(&view.to(&format!("/log/{index}")), &grouped(index))
}

fn source_lead(view: &View<'_>, id: &SourceId, source: &Source, t: &Totals) -> Markup {
    let size = view.upto;
    let keys = source.keys_at(size).count() as u64;
    let m = Markup::new();
    let m = match (source.suspended_at(size), keys) {
        (true, _) => m.strong("This source is suspended:").text(" what it states is set aside."),
        (false, 0) => m.strong("This source cannot speak:").text(" none of its keys is valid."),
        (false, n) => {
            let held = if id.kind() == SourceKind::Ledger { ", held by the server" } else { "" };
            m.strong(&format!(
                "This {} may speak with {}{held}.",
                kind_word(id.kind()),
                count(n, "key", "keys")
            ))
        }
    };
    let m = m.text(&format!(" It has stated {} in ", count(t.entries, "entry", "entries")));
    let m = m.text(&format!("{}.", count(t.streams, "stream", "streams")));
    if t.missing == 0 {
        m
    } else {
        m.text(" ").strong(&format!("{} not arrived.", count(t.missing, "entry has", "entries have")))
    }
}

fn roles(roles: &[String]) -> Markup {
    if roles.is_empty() {
        Markup::new().element("span", "u", "none")
    } else {
        Markup::new().text(&roles.join(", "))
    }
}

fn key(view: &View<'_>, k: &world::sources::KeyPeriod) -> KeyView {
    let size = view.upto;
    let until = k.until.filter(|u| *u < size);
    let state = match (until, k.cause) {
        (None, _) if k.from > size => Markup::new().state("draft", "from the next entry"),
        (None, _) => Markup::new().state("holds", "valid"),
        (Some(_), None) => Markup::new().state("closed", "rotated"),
        (Some(_), Some(cause)) => Markup::new().state("warning", &format!("revoked: {}", cause.word())),
    };
    KeyView {
        algorithm: k.key.algorithm.word(),
        purpose: k.key.purpose.word(),
        id: Markup::new().digest(&k.id),
        from: at_entry(view, k.from.saturating_sub(1)),
        until: until.map_or_else(|| Markup::new().element("span", "u", "holds"), |u| at_entry(view, u)),
        state,
    }
}

fn stream(view: &View<'_>, number: u64, s: &Stream) -> StreamView {
    let m = Markup::new();
    let missing: u64 = s.gaps.iter().map(|g| g.count).sum();
    let state = if let Some((fork, _)) = s.forks.first() {
        m.state("alarm", "forked")
            .text(" ")
            .link(&view.to(&format!("/log/{fork}")), &format!("entry {}", grouped(*fork)))
    } else if missing > 0 {
        let places = s.gaps.iter().take(3).map(|g| match g.count {
            1 => grouped(g.from),
            n => format!("{} to {}", grouped(g.from), grouped(g.from + n - 1)),
        });
        let places: Vec<String> = places.collect();
        let more = if s.gaps.len() > 3 { " and more" } else { "" };
        m.state("gap", &format!("{} missing", grouped(missing))).element(
            "span",
            "sub",
            &format!("places {}{more}", places.join(", ")),
        )
    } else if let Some(closed) = s.closed {
        m.state("closed", "closed")
            .text(" ")
            .link(&view.to(&format!("/log/{closed}")), &format!("entry {}", grouped(closed)))
    } else {
        m.element("span", "u", "unbroken")
    };
    StreamView {
        number: grouped(number),
        entries: grouped(s.entries),
        next: grouped(s.next),
        last: at_entry(view, s.last_index),
        state,
    }
}

/// What changed about a source, newest first.
fn history(view: &View<'_>, source: &Source) -> Vec<(Markup, Markup)> {
    let mut events: Vec<(u64, Markup)> = Vec::new();
    events.extend(source.names.iter().map(|(i, n)| (*i, Markup::new().text("printed name: ").strong(n))));
    events.extend(source.roles.iter().map(|(i, r)| (*i, Markup::new().text("roles: ").then(&roles(r)))));
    let suspended = |on: bool| Markup::new().text(if on { "suspended" } else { "reinstated" });
    events.extend(source.suspensions.iter().map(|(i, s)| (*i, suspended(*s))));
    events.sort_by_key(|(index, _)| std::cmp::Reverse(*index));
    events.into_iter().map(|(index, what)| (at_entry(view, index), what)).collect()
}
