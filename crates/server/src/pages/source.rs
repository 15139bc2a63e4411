//! `/sources/{id}`: one source, with its keys since when, and its streams.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::{SourceId, SourceKind};
use ledger::properties::grouped;
use world::sources::Source;
use world::streams::Stream;

use super::Ask;
use super::error::PageError;
use super::markup::{Markup, count};
use super::moments::View;
use super::phrase::cut;
use super::shell::{Section, Shell, html};
use super::sources::{Totals, kind_word, state, totals};

/// Streams of a source that are listed.
const MAX_STREAMS: usize = 200;

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

pub(super) fn page(ask: &Ask, text: &str) -> Result<Response, PageError> {
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
