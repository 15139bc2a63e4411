//! `/log`: the entries, newest first, by fact and source.
//!
//! Without a filter a page is read directly. A source's entries are found by its streams. A fact's are looked for backwards,
//! a bounded number of entries at a time; the page says how far it looked.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::{Entry, Fact, SourceId, Time};
use ledger::properties::grouped;
use serde_json::json;
use world::journal::Flag;
use world::streams::StreamKey;

use super::Ask;
use super::error::PageError;
use super::markup::{Markup, count};
use super::moments::View;
use super::phrase::{MAX_PHRASE, cut, phrase};
use super::sheet::{Form, Sheet};
use super::shell::{Section, Shell, html};

/// Entries of a page.
const PAGE: usize = 50;
/// Entries looked at for one page of a filtered list.
const SCAN: u64 = 20_000;
/// Entries read at once.
const CHUNK: u64 = 512;
/// Bytes read at once.
const CHUNK_BYTES: usize = 4 << 20;
/// Entries of one source that are looked through.
const MAX_OF_SOURCE: usize = 200_000;
/// Places looked up while the world is held: well under a millisecond.
const PLACES: u64 = 4_000;

/// A row of a list of entries.
pub(super) struct Row {
    pub(super) index: String,
    pub(super) href: String,
    pub(super) time: Markup,
    pub(super) fact: &'static str,
    pub(super) source: Markup,
    pub(super) says: String,
    pub(super) flag: Option<&'static str>,
}

/// Entries `[from, to)`, all of them durable.
pub(super) fn read_range(ask: &Ask, from: u64, to: u64) -> Result<Vec<(u64, Entry)>, PageError> {
    read_of(&ask.pages.app.ledger, from, to)
}

fn read_of(ledger: &ledger::Ledger, from: u64, to: u64) -> Result<Vec<(u64, Entry)>, PageError> {
    let mut out = Vec::new();
    let mut next = from;
    while next < to {
        let limit = usize::try_from((to - next).min(CHUNK)).unwrap_or_default();
        let raw = ledger.log().read(next, limit, CHUNK_BYTES).map_err(PageError::store)?;
        if raw.is_empty() {
            return Err(PageError::damaged(next, "it is missing"));
        }
        for bytes in raw.iter().take(limit) {
            out.push((next, Entry::decode(bytes).map_err(|e| PageError::damaged(next, &e.to_string()))?));
            next += 1;
        }
    }
    Ok(out)
}

/// Log time, name of the source, and flag of an entry.
type AboutRow = (Time, String, Option<&'static str>);

/// Entries as rows, in the order given.
pub(super) fn rows(view: &View<'_>, entries: Vec<(u64, Entry)>) -> Vec<Row> {
    let known = view.known;
    let about: Vec<AboutRow> = view.capped(|world| {
        let one = |(index, entry): &(u64, Entry)| {
            let name = world.sources().get(&entry.body().source).map(|s| s.name_at(index + 1).to_owned());
            let flag = world.journal().flags(*index, known).last().map(flag_word);
            (world.clock().time_of(*index), name.unwrap_or_default(), flag)
        };
        entries.iter().map(one).collect()
    });
    let row = |((index, entry), (time, name, flag)): ((u64, Entry), AboutRow)| {
        let body = entry.body();
        Row {
            index: grouped(index),
            href: view.to(&format!("/log/{index}")),
            time: Markup::new().time(time),
            fact: body.fact.name(),
            source: source_link(view, &body.source, &name),
            says: cut(&phrase(&body.fact), MAX_PHRASE),
            flag,
        }
    };
    entries.into_iter().zip(about).map(row).collect()
}

const fn flag_word(flag: &Flag) -> &'static str {
    match flag {
        Flag::Corrected { .. } => "corrected",
        Flag::Voided { .. } => "voided",
    }
}

/// A source by its name, or by its identifier if it has none.
pub(super) fn source_link(view: &View<'_>, id: &SourceId, name: &str) -> Markup {
    let href = view.to(&format!("/sources/{id}"));
    if name.is_empty() {
        Markup::new().link(&href, &id.to_string())
    } else {
        Markup::new().link(&href, &cut(name, 60))
    }
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    s: Shell,
    lead: Markup,
    facts: Vec<(&'static str, bool)>,
    source: String,
    rows: Vec<Row>,
    newest: Option<String>,
    newer: Option<String>,
    older: Option<String>,
    older_text: &'static str,
    looked: Option<String>,
    filtered: bool,
    clear: String,
}

#[derive(Clone, Copy)]
struct Filter {
    fact: Option<&'static str>,
    source: Option<SourceId>,
}

/// Entries of a page, newest first, and where to go on: entries below that index were not looked at.
struct Found {
    entries: Vec<(u64, Entry)>,
    rest: u64,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let filter = filter(ask)?;
    if let Some(form) = Form::asked(ask)? {
        return sheet(ask, &view, filter, form);
    }
    // First, because it may move the view: number and list are then of one size.
    let total = total(&mut view, &filter);
    let before = match ask.param("before") {
        None => view.upto,
        Some(text) => text
            .replace(',', "")
            .parse()
            .map_err(|_| PageError::bad_filter(format!("“{text}” is not the index of an entry.")))?,
    };
    let before = before.min(view.upto);
    let found = match (filter.source, filter.fact) {
        (Some(source), fact) => of_source(ask, &view, source, fact, before)?,
        (None, Some(fact)) => of_fact(ask, fact, before)?,
        (None, None) => {
            let from = before.saturating_sub(PAGE as u64);
            Found { entries: newest_first(read_range(ask, from, before)?), rest: from }
        }
    };
    let filtered = filter.fact.is_some() || filter.source.is_some();
    let here = |before: Option<u64>| {
        let fact = filter.fact.map(|f| format!("fact={f}"));
        let source = filter.source.map(|s| format!("source={s}"));
        let before = before.map(|b| format!("before={b}"));
        let query: Vec<String> = [fact, source, before].into_iter().flatten().collect();
        view.to(&if query.is_empty() { "/log".into() } else { format!("/log?{}", query.join("&")) })
    };
    let full = found.entries.len() == PAGE;
    let looked = (filtered && filter.source.is_none() && !full && found.rest > 0).then(|| {
        format!(
            "Looked through entries {} to {}; older ones may match too.",
            grouped(found.rest),
            grouped(before.saturating_sub(1))
        )
    });
    let newer = before.saturating_add(PAGE as u64).min(view.upto);
    let page = LogPage {
        lead: lead(&view, &filter, total),
        facts: facts(filter.fact),
        source: filter.source.map(|s| s.to_string()).unwrap_or_default(),
        newest: (before < view.upto).then(|| here(None)),
        newer: (before < view.upto && !filtered).then(|| here((newer < view.upto).then_some(newer))),
        older: (found.rest > 0 && (full || filter.source.is_none())).then(|| here(Some(found.rest))),
        older_text: if filtered && !full { "Look further back" } else { "Older" },
        looked,
        filtered,
        clear: view.to("/log"),
        rows: rows(&view, found.entries),
        s: Shell::new(ask, &view, "Log", Section::Log).listed(ask, &view),
    };
    html(StatusCode::OK, &page)
}

/// The whole list as a file, newest first: every entry is looked at.
fn sheet(ask: &Ask, view: &View<'_>, filter: Filter, form: Form) -> Result<Response, PageError> {
    let columns = ["index", "time", "fact", "source", "name", "stream", "sequence", "hash", "says", "flag"];
    let (ledger, upto, known) = (ask.pages.app.ledger.clone(), view.upto, view.known);
    let sheet = Sheet::new(ask, view, form, "log", &columns)?;
    Ok(sheet.send(move |rows| {
        let mut to = upto;
        while to > 0 {
            let from = to.saturating_sub(CHUNK);
            for (index, entry) in newest_first(read_of(&ledger, from, to)?) {
                let body = entry.body();
                let fits = filter.fact.is_none_or(|fact| body.fact.name() == fact)
                    && filter.source.is_none_or(|source| body.source == source);
                if !fits {
                    continue;
                }
                let row = {
                    let world = ledger.read();
                    json!({
                        "index": index, "time": world.clock().time_of(index).to_string(), "fact": body.fact.name(),
                        "source": body.source.to_string(),
                        "name": world.sources().get(&body.source).map(|s| s.name_at(index + 1)),
                        "stream": body.stream, "sequence": body.sequence, "hash": entry.hash().to_string(),
                        "says": phrase(&body.fact), "flag": world.journal().flags(index, known).last().map(flag_word),
                    })
                };
                if !rows.put(&row) {
                    return Ok(());
                }
            }
            to = from;
        }
        Ok(())
    }))
}

fn filter(ask: &Ask) -> Result<Filter, PageError> {
    let fact = ask.param("fact").map(|name| {
        let known = facts(None).into_iter().map(|(f, _)| f).find(|f| f.eq_ignore_ascii_case(name));
        known.ok_or_else(|| PageError::bad_filter(format!("“{name}” is no fact of the catalogue.")))
    });
    let source = ask.param("source").map(|text| {
        text.parse()
            .map_err(|_| PageError::bad_filter(format!("“{text}” is not the identifier of a source.")))
    });
    Ok(Filter { fact: fact.transpose()?, source: source.transpose()? })
}

/// Every fact by name, in alphabetical order, and whether it is the chosen one.
pub(super) fn facts(chosen: Option<&str>) -> Vec<(&'static str, bool)> {
    let mut names: Vec<&'static str> = Fact::CATALOGUE.iter().map(|(_, name)| *name).collect();
    names.push("Attested");
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| (name, chosen == Some(name))).collect()
}

fn newest_first(mut entries: Vec<(u64, Entry)>) -> Vec<(u64, Entry)> {
    entries.reverse();
    entries
}

fn of_fact(ask: &Ask, fact: &str, before: u64) -> Result<Found, PageError> {
    let last = before.saturating_sub(SCAN);
    let (mut to, mut entries) = (before, Vec::new());
    while to > last {
        let from = to.saturating_sub(CHUNK).max(last);
        for (index, entry) in newest_first(read_range(ask, from, to)?) {
            if entry.body().fact.name() == fact {
                entries.push((index, entry));
                if entries.len() == PAGE {
                    return Ok(Found { entries, rest: index });
                }
            }
        }
        to = from;
    }
    Ok(Found { entries, rest: to })
}

/// The entries of a source: every place of its streams, sorted. O(entries of the source), bounded.
fn of_source(
    ask: &Ask,
    view: &View<'_>,
    source: SourceId,
    fact: Option<&str>,
    before: u64,
) -> Result<Found, PageError> {
    let streams: Vec<(StreamKey, u64)> =
        view.capped(|w| w.streams().of_source(source).map(|(k, s)| (*k, s.next)).collect());
    let mut indices: Vec<u64> = Vec::new();
    for (key, next) in streams {
        let mut to = next;
        while to > 0 && indices.len() < MAX_OF_SOURCE {
            let from = to.saturating_sub(PLACES);
            view.capped(|w| {
                let places = (from..to).filter_map(|sequence| w.streams().index_of(&key, sequence));
                indices.extend(places.filter(|index| *index < before));
            });
            to = from;
        }
    }
    indices.sort_unstable_by(|a, b| b.cmp(a));
    let mut found = Found { entries: Vec::new(), rest: 0 };
    for (looked, index) in indices.iter().enumerate() {
        if found.entries.len() == PAGE || looked as u64 == SCAN / 10 {
            found.rest = index + 1;
            break;
        }
        let entry = read_range(ask, *index, index + 1)?;
        found
            .entries
            .extend(entry.into_iter().filter(|(_, e)| fact.is_none_or(|f| e.body().fact.name() == f)));
    }
    Ok(found)
}

/// How many entries the whole list has, where that is known without reading it.
fn total(view: &mut View<'_>, filter: &Filter) -> Option<u64> {
    match (filter.fact, filter.source) {
        (None, None) => Some(view.upto),
        (Some(name), None) => {
            let tags = BTreeMap::from([("Attested", evidence::body::ATTESTED)]);
            let tag = Fact::CATALOGUE.iter().find(|(_, n)| *n == name).map(|(t, _)| *t);
            let tag = tag.or_else(|| tags.get(name).copied())?;
            view.exact(|w| w.journal().counts().get(&tag).copied().unwrap_or_default()).ok()
        }
        (None, Some(source)) => {
            view.exact(|w| w.streams().of_source(source).map(|(_, s)| s.entries).sum()).ok()
        }
        (Some(_), Some(_)) => None,
    }
}

fn lead(view: &View<'_>, filter: &Filter, total: Option<u64>) -> Markup {
    let number = total.map_or_else(|| "Entries".into(), |n| count(n, "entry", "entries"));
    let mut m = Markup::new().strong(&match filter.fact {
        Some(fact) if total.is_some() => format!("{number} stating {fact}"),
        Some(fact) => format!("Entries stating {fact}"),
        None => number,
    });
    if let Some(source) = filter.source {
        let name = view.capped(|w| w.sources().get(&source).map(|s| s.name_at(view.upto).to_owned()));
        m = m.text(" by ").then(&source_link(view, &source, &name.unwrap_or_default()));
    }
    let m = m.text(", newest first. Each is one leaf of the Merkle tree");
    let when = if view.past() { " as it was at this moment." } else { "." };
    m.text(when)
}
