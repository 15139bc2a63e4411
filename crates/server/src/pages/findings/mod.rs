//! `/findings`: what somebody should look at, of every device: by kind, silence by site, and one by one.
//!
//! Findings about devices come with the census; clashes of identity are few and asked for anew. Nothing is stored but that
//! a finding was closed, so an earlier moment shows what there was to see then.

mod rows;
mod sheet;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::Time;
use ledger::properties::grouped;
use world::fleet::{FindingKind, Subject};

use super::Ask;
use super::census::{Census, Found, read};
use super::error::PageError;
use super::fleet::census;
use super::markup::{Markup, percent};
use super::moments::View;
use super::sheet::Form;
use super::shell::{Section, Shell, html};
use super::words::{self, FINDINGS};
use rows::{FeedRow, KindRow, Row, SiteRow, feed_rows, feeds_lead, kinds, rows_of, sites};

/// Findings of a page.
const PAGE: usize = 60;
/// Devices asked for while the world is held.
const SLICE: usize = 8;
/// Sites that are listed.
const MAX_SITES: usize = 40;

/// What a list shows: word of the address, words.
const STATES: [(&str, &str); 3] = [("", "Open"), ("closed", "Closed"), ("all", "All")];

/// A finding, wherever it comes from.
pub(super) struct One {
    subject: Subject,
    site: Option<String>,
    found: Found,
}

/// Open and closed findings of each kind, in the order of [`FINDINGS`].
pub(super) type Counts = [(u64, u64); FINDINGS.len()];

#[derive(Template)]
#[template(path = "findings.html")]
struct FindingsPage {
    s: Shell,
    lead: Markup,
    counting: bool,
    again: String,
    kinds: Vec<KindRow>,
    totals: (String, String),
    totals_href: (String, String),
    sites: Vec<SiteRow>,
    sites_more: Option<String>,
    options: Vec<(&'static str, &'static str, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    site: String,
    feeds: Vec<FeedRow>,
    rows: Vec<Row>,
    shown: String,
    narrowed: bool,
    clear: String,
    first: Option<String>,
    more: Option<String>,
}

/// What the list is narrowed to.
struct Asked {
    kind: Option<usize>,
    state: &'static str,
    site: Option<String>,
    nowhere: bool,
    skip: usize,
}

impl Asked {
    fn read(ask: &Ask) -> Result<Self, PageError> {
        let kind = match ask.param("kind") {
            None => None,
            Some(word) => Some(
                FINDINGS
                    .iter()
                    .position(|(w, ..)| *w == word)
                    .ok_or_else(|| PageError::bad_filter(format!("“{word}” is no kind of finding.")))?,
            ),
        };
        let word = ask.param("state").unwrap_or_default();
        let state = STATES.iter().find(|(w, _)| *w == word).map(|(w, _)| *w);
        let skip = match ask.param("skip") {
            None => 0,
            Some(text) => {
                text.parse().map_err(|_| PageError::bad_filter(format!("“{text}” is no number.")))?
            }
        };
        Ok(Self {
            kind,
            state: state
                .ok_or_else(|| PageError::bad_filter(format!("“{word}” is no state of findings.")))?,
            site: ask.param("site").map(str::to_owned),
            nowhere: ask.param("nowhere").is_some(),
            skip,
        })
    }

    fn holds(&self, kind: &FindingKind, site: Option<&str>, closed: bool) -> bool {
        let state = match self.state {
            "" => !closed,
            "closed" => closed,
            _ => true,
        };
        let place = match (&self.site, self.nowhere) {
            (_, true) => site.is_none(),
            (Some(wanted), false) => site == Some(wanted.as_str()),
            (None, false) => true,
        };
        state && place && self.kind.is_none_or(|rank| rank == words::rank(kind))
    }
}

fn address(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| format!("{n}={}", percent(v))).collect();
    if pairs.is_empty() { "/findings".into() } else { format!("/findings?{}", pairs.join("&")) }
}

/// Clashes of identity at these moments.
fn clashes(view: &View<'_>, at: Time, known: u64) -> Vec<One> {
    view.capped(|world| {
        let fleet = world.fleet_at(at, known);
        let one = |f: world::fleet::Finding<'_>| One {
            subject: Subject::Device(f.device),
            site: f.site.map(str::to_owned),
            found: Found {
                id: f.id,
                kind: f.kind.clone(),
                evidence: f.evidence,
                closed: f.closed.map(|c| (c.index, c.outcome.clone())),
            },
        };
        fleet.clashes().into_iter().map(one).collect()
    })
}

/// How many there are of each kind, at the moments of a census.
pub(super) fn counts(view: &View<'_>, census: &Census) -> Counts {
    let clashes = clashes(view, census.at(), census.known());
    let mut counts = Counts::default();
    let all = census.findings().map(|(_, _, found)| found).chain(clashes.iter().map(|one| &one.found));
    for found in all {
        if let Some((open, closed)) = counts.get_mut(words::rank(&found.kind)) {
            *if found.closed.is_none() { open } else { closed } += 1;
        }
    }
    counts
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let mut view = View::open(ask)?;
    let asked = Asked::read(ask)?;
    if let Some(form) = Form::asked(ask)? {
        return sheet::send(ask, &view, asked, form);
    }
    let shared = census(ask, &mut view)?;
    let shared = match shared {
        Ok(shared) => shared,
        Err(counting) => return wait(ask, &view, &asked, counting),
    };
    let census = read(&shared);
    let (at, known) = (census.at(), census.known());
    let clashes = clashes(&view, at, known);
    let counts = counts(&view, &census);
    // Worst kinds first, open ones before closed ones, otherwise in the order of the devices.
    let of_devices = census
        .findings()
        .map(|(subject, class, found)| (subject, class.and_then(|c| c.site.as_deref()), found));
    let of_clashes = clashes.iter().map(|one| (&one.subject, one.site.as_deref(), &one.found));
    let mut list: Vec<(&Subject, Option<&str>, &Found)> = of_devices
        .chain(of_clashes)
        .filter(|(_, site, found)| asked.holds(&found.kind, *site, found.closed.is_some()))
        .collect();
    list.sort_by_key(|(_, _, found)| (found.closed.is_some(), words::rank(&found.kind)));
    let (sites, sites_more) = sites(&view, &census);
    let total = list.len();
    let rows: Vec<&(&Subject, Option<&str>, &Found)> = list.iter().skip(asked.skip).take(PAGE).collect();
    let shown = rows.len();
    let rows = rows_of(&view, &rows, at, known);
    let here = |skip: usize| {
        let kind = asked.kind.and_then(|k| FINDINGS.get(k)).map_or("", |(word, ..)| word);
        let skip = if skip == 0 { String::new() } else { skip.to_string() };
        let nowhere = if asked.nowhere { "1" } else { "" };
        let site = asked.site.as_deref().unwrap_or_default();
        view.to(&address(&[
            ("kind", kind),
            ("state", asked.state),
            ("site", site),
            ("nowhere", nowhere),
            ("skip", &skip),
        ]))
    };
    let (open, closed) = counts.iter().fold((0, 0), |(o, c), (open, closed)| (o + open, c + closed));
    let feeds = feed_rows(&view, at, known);
    let page = FindingsPage {
        lead: feeds_lead(lead(&counts, census.len()), &feeds),
        counting: false,
        again: String::new(),
        kinds: kinds(&view, &counts),
        totals: (grouped(open), grouped(closed)),
        totals_href: (view.to("/findings"), view.to("/findings?state=closed")),
        sites,
        sites_more,
        options: options(&asked),
        states: STATES.iter().map(|(word, text)| (*word, *text, asked.state == *word)).collect(),
        site: asked.site.clone().unwrap_or_default(),
        shown: if shown == total {
            grouped(total as u64)
        } else {
            format!("{} of {}", grouped(shown as u64), grouped(total as u64))
        },
        feeds,
        rows,
        narrowed: asked.kind.is_some() || asked.site.is_some() || asked.nowhere || !asked.state.is_empty(),
        clear: view.to("/findings"),
        first: (asked.skip > 0).then(|| here(0)),
        more: (asked.skip + shown < total).then(|| here(asked.skip + PAGE)),
        s: Shell::new(ask, &view, "Findings", Section::Findings).listed(ask, &view),
    };
    html(StatusCode::OK, &page)
}

fn wait(
    ask: &Ask,
    view: &View<'_>,
    asked: &Asked,
    c: super::census::Counting,
) -> Result<Response, PageError> {
    let page = FindingsPage {
        lead: Markup::new().strong("The fleet is being looked through:").text(&format!(
            " {} of {} so far.",
            grouped(c.looked),
            words::devices(c.of)
        )),
        counting: true,
        again: view.to(&ask.path),
        kinds: Vec::new(),
        totals: Default::default(),
        totals_href: Default::default(),
        sites: Vec::new(),
        sites_more: None,
        options: options(asked),
        states: STATES.iter().map(|(word, text)| (*word, *text, asked.state == *word)).collect(),
        site: asked.site.clone().unwrap_or_default(),
        feeds: Vec::new(),
        rows: Vec::new(),
        shown: String::new(),
        narrowed: false,
        clear: view.to("/findings"),
        first: None,
        more: None,
        s: Shell::new(ask, view, "Findings", Section::Findings),
    };
    html(StatusCode::OK, &page)
}

fn options(asked: &Asked) -> Vec<(&'static str, &'static str, bool)> {
    let one = |(n, (word, name, ..)): (usize, &(&'static str, &'static str, &str, &str))| {
        (*word, *name, asked.kind == Some(n))
    };
    FINDINGS.iter().enumerate().map(one).collect()
}

fn lead(counts: &Counts, devices: u64) -> Markup {
    let open: u64 = counts.iter().map(|(open, _)| open).sum();
    if open == 0 {
        let m = Markup::new().strong("No finding is open.");
        return match devices {
            0 => m.text(" There are no devices yet."),
            n => m.text(&format!(" {} were looked through.", words::devices(n))),
        };
    }
    let m =
        Markup::new().strong(&format!("{} open", super::markup::count(open, "finding is", "findings are")));
    let named: Vec<String> = FINDINGS
        .iter()
        .zip(counts)
        .filter(|(_, (open, _))| *open > 0)
        .map(|((_, name, ..), (open, _))| format!("{}: {}", name.to_lowercase(), grouped(*open)))
        .collect();
    m.text(&format!(", in a fleet of {}. By kind, {}.", words::devices(devices), named.join(", ")))
}
