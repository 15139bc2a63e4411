//! `/search`: an entry by its index or hash, a source by its identifier, key or name, a device by UEID, serial number or UDI, a
//! release by its version or a digest, a record by its identifier, a vulnerability by its names, a fact by its name. One exact answer is gone to at once; several, or none, are shown.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use evidence::{Hash, SourceId, SourceKind};
use ledger::properties::grouped;
use tlog::leaf_hash;

use super::Ask;
use super::error::PageError;
use super::log::{facts, read_range};
use super::markup::Markup;
use super::moments::View;
use super::phrase::{MAX_PHRASE, cut, phrase};
use super::shell::{Section, Shell, html};
use super::sources::kind_word;

/// Longest text that is searched for, in characters.
const MAX_TEXT: usize = 200;
/// Most answers shown.
pub(super) const MAX_HITS: usize = 50;
/// Sources whose names are looked at, in slices.
const MAX_SOURCES: usize = 100_000;
/// Sources looked at while the world is held.
const SLICE: usize = 1_000;
/// Newest entries whose hash is compared.
const MAX_HASHED: u64 = 20_000;
/// Fewest digits of a hash that are looked for.
pub(super) const MIN_DIGITS: usize = 8;

pub(super) struct Hit {
    pub(super) href: String,
    pub(super) what: &'static str,
    pub(super) name: String,
    pub(super) note: Markup,
    /// It is what was asked for, not merely something like it.
    pub(super) exact: bool,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    s: Shell,
    lead: Markup,
    hits: Vec<Hit>,
    looked: Vec<String>,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let text: String = ask.param("q").unwrap_or_default().chars().take(MAX_TEXT).collect();
    let (mut hits, mut looked) = (Vec::new(), Vec::new());
    if !text.is_empty() {
        hits.extend(by_index(ask, &view, &text)?);
        hits.extend(by_id(&view, &text));
        hits.extend(by_fact(&view, &text));
        super::search_design::find(ask, &view, &text, &mut hits);
        super::search_fleet::find(&view, &text, &mut hits, &mut looked);
        by_hash(ask, &view, &text, &mut hits, &mut looked)?;
        by_name(&view, &text, &mut hits, &mut looked);
        hits.truncate(MAX_HITS);
    }
    let mut exact = hits.iter().filter(|h| h.exact);
    if let (Some(only), None) = (exact.next(), exact.next()) {
        return Ok(Redirect::to(&only.href).into_response());
    }
    let lead = match (text.is_empty(), hits.len()) {
        (true, _) => Markup::new()
            .strong("Nothing was asked for.")
            .text(" Type a record's identifier, a device, a release, a vulnerability, an entry's index or hash, a source, or a fact."),
        (false, 0) => Markup::new().strong(&format!("Nothing is known as “{text}”")).text(" at this moment."),
        (false, 1) => Markup::new().strong("One answer").text(&format!(" may be meant by “{text}”.")),
        (false, n) => Markup::new()
            .strong(&format!("{} answers", grouped(n as u64)))
            .text(&format!(" may be meant by “{text}”.")),
    };
    let page = SearchPage { lead, hits, looked, s: Shell::new(ask, &view, "Search", Section::None) };
    html(StatusCode::OK, &page)
}

fn by_index(ask: &Ask, view: &View<'_>, text: &str) -> Result<Option<Hit>, PageError> {
    let index = text.replace([',', ' '], "").parse::<u64>().ok().filter(|i| *i < view.known);
    let Some(index) = index else { return Ok(None) };
    let entry = read_range(ask, index, index + 1)?.pop();
    Ok(entry.map(|(_, entry)| Hit {
        href: view.to(&format!("/log/{index}")),
        what: "entry",
        name: format!("Entry {}", grouped(index)),
        note: Markup::new().text(&cut(&phrase(&entry.body().fact), MAX_PHRASE)),
        exact: true,
    }))
}

fn by_id(view: &View<'_>, text: &str) -> Option<Hit> {
    // Devices have pages of their own, which lead to the source.
    let id: SourceId = text.parse().ok().filter(|id: &SourceId| id.kind() != SourceKind::Device)?;
    let name = view.capped(|w| {
        w.sources().get(&id).filter(|s| s.enrolled < view.upto).map(|s| s.name_at(view.upto).to_owned())
    })?;
    Some(source(view, &id, &name, true))
}

fn source(view: &View<'_>, id: &SourceId, name: &str, exact: bool) -> Hit {
    Hit {
        href: view.to(&format!("/sources/{id}")),
        what: kind_word(id.kind()),
        name: if name.is_empty() { id.to_string() } else { cut(name, 80) },
        note: Markup::new().element("code", "dg", &id.to_string()),
        exact,
    }
}

fn by_fact(view: &View<'_>, text: &str) -> Vec<Hit> {
    let wanted = text.to_ascii_lowercase().replace(' ', "");
    let near = |name: &str| name.to_ascii_lowercase().contains(&wanted);
    let hit = |name: &'static str| Hit {
        href: view.to(&format!("/log?fact={name}")),
        what: "fact",
        name: name.into(),
        note: Markup::new().text("entries that state it"),
        exact: name.eq_ignore_ascii_case(&wanted),
    };
    if wanted.len() < 3 {
        return Vec::new();
    }
    facts(None).into_iter().map(|(name, _)| name).filter(|n| near(n)).map(hit).collect()
}

/// Entries by their hash or leaf hash, whole or its first digits, among the newest.
fn by_hash(
    ask: &Ask,
    view: &View<'_>,
    text: &str,
    hits: &mut Vec<Hit>,
    looked: &mut Vec<String>,
) -> Result<(), PageError> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    let hex = (MIN_DIGITS..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if !hex {
        return Ok(());
    }
    let like = |hash: &Hash| hash.to_string().starts_with(&digits);
    let first = view.known.saturating_sub(MAX_HASHED);
    let mut to = view.known;
    while to > first && hits.len() < MAX_HITS {
        let from = to.saturating_sub(512).max(first);
        for (index, entry) in read_range(ask, from, to)?.into_iter().rev() {
            let hash = entry.hash();
            if like(&hash) || like(&leaf_hash(&entry.encode())) {
                hits.push(Hit {
                    href: view.to(&format!("/log/{index}")),
                    what: "entry",
                    name: format!("Entry {}", grouped(index)),
                    note: Markup::new().digest(&hash),
                    exact: true,
                });
            }
        }
        to = from;
    }
    if first > 0 {
        looked.push(format!("Hashes were compared with the newest {} entries only.", grouped(MAX_HASHED)));
    }
    Ok(())
}

/// Sources by their printed name, or by the id of one of their keys.
fn by_name(view: &View<'_>, text: &str, hits: &mut Vec<Hit>, looked: &mut Vec<String>) {
    let wanted = text.to_lowercase();
    let key = Hash::from_hex(text.strip_prefix("sha256:").unwrap_or(text)).ok();
    let known: Vec<String> = hits.iter().map(|h| h.href.clone()).collect();
    let (mut from, mut seen): (Option<SourceId>, usize) = (None, 0);
    while seen < MAX_SOURCES && hits.len() < MAX_HITS {
        let slice: Vec<(SourceId, Option<(String, bool)>)> = view.capped(|w| {
            let all = w.sources().iter_from(from.as_ref()).take(SLICE + 1);
            let one = |(id, s): (&SourceId, &world::sources::Source)| {
                let name = s.name_at(view.upto);
                let by_key = key.is_some_and(|k| s.keys.iter().any(|p| p.id == k));
                let other =
                    by_key || (id.kind() != SourceKind::Device && name.to_lowercase().contains(&wanted));
                let like = s.enrolled < view.upto && other;
                (*id, like.then(|| (name.to_owned(), by_key || name.to_lowercase() == wanted)))
            };
            all.map(one).collect()
        });
        for (id, hit) in slice.iter().take(SLICE) {
            if let Some((name, exact)) = hit {
                let hit = source(view, id, name, *exact);
                if !known.contains(&hit.href) {
                    hits.push(hit);
                }
            }
        }
        seen += slice.len().min(SLICE);
        match slice.get(SLICE) {
            Some((next, _)) => from = Some(*next),
            None => return,
        }
    }
    if hits.len() < MAX_HITS {
        looked.push(format!(
            "Names were compared with the first {} sources only.",
            grouped(MAX_SOURCES as u64)
        ));
    }
}
