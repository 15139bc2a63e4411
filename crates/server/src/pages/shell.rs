//! What stands around every page. A page makes one [`Shell`], puts it into its template as `s`, and extends `layout.html`;
//! see `docs/pages.md`.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use evidence::Time;
use ledger::properties::grouped;
use ledger::{SIMULATED, Standing};
use tlog::{Checkpoint, Note};

use super::Ask;
use super::assets::Assets;
use super::error::PageError;
use super::markup::{count, minute, moment};
use super::moments::View;

/// Which part of the navigation a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Fleet,
    Findings,
    Releases,
    Vulnerabilities,
    Records,
    Trace,
    Gaps,
    Risk,
    Log,
    Sources,
    None,
}

/// The navigation: pages that exist, in the order they are shown.
const NAVIGATION: &[(Section, &str, &str)] = &[
    (Section::Overview, "Overview", "/"),
    (Section::Records, "Records", "/records"),
    (Section::Trace, "Trace", "/trace"),
    (Section::Gaps, "Gaps", "/gaps"),
    (Section::Risk, "Risk", "/risk"),
    (Section::Releases, "Releases", "/releases"),
    (Section::Fleet, "Fleet", "/fleet"),
    (Section::Vulnerabilities, "Vulnerabilities", "/vulnerabilities"),
    (Section::Findings, "Findings", "/findings"),
    (Section::Log, "Log", "/log"),
    (Section::Sources, "Sources", "/sources"),
];

/// A link with its words.
pub(super) struct Link {
    pub(super) href: String,
    pub(super) text: String,
    pub(super) note: String,
    pub(super) current: bool,
}

/// What stands around a page.
pub(super) struct Shell {
    pub(super) title: String,
    pub(super) product: String,
    pub(super) assets: Assets,
    pub(super) navigation: Vec<Link>,
    pub(super) home: String,
    /// What was searched for.
    pub(super) q: String,
    /// The page's path, where the as-of form leads.
    pub(super) path: String,
    /// Parameters of the page besides the moments; the as-of form keeps them.
    pub(super) kept: Vec<(String, String)>,
    /// The moments as hidden fields, for forms that lead elsewhere.
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) past: bool,
    pub(super) at: String,
    pub(super) known: String,
    pub(super) known_entries: String,
    pub(super) at_field: String,
    pub(super) known_field: String,
    /// The page at the present.
    pub(super) present: String,
    /// The page as it was asked for.
    pub(super) again: String,
    pub(super) presets: Vec<Link>,
    pub(super) root: String,
    pub(super) root_short: String,
    pub(super) root_href: String,
    pub(super) entries: String,
    pub(super) witnesses: String,
    pub(super) simulated: bool,
    pub(super) alarm: Option<String>,
    /// Size from which on new entries are announced; at the present only.
    pub(super) live: Option<u64>,
    /// The list of the page as files: form and address.
    pub(super) files: Vec<(&'static str, String)>,
    moments: String,
}

impl Shell {
    pub(super) fn new(ask: &Ask, view: &View<'_>, title: &str, section: Section) -> Self {
        let ledger = &ask.pages.app.ledger;
        let (simulated, began, now) = {
            let world = ledger.read();
            let journal = world.journal();
            let began = journal.genesis().map_or(Time::EPOCH, |g| g.created);
            (journal.origin().starts_with(SIMULATED), began, world.now())
        };
        let other = |(name, _): &(&String, &String)| !matches!(name.as_str(), "at" | "known");
        let kept: Vec<(String, String)> =
            ask.query.iter().filter(other).map(|(n, v)| (n.clone(), v.clone())).collect();
        let past = view.past();
        let root = view.root.to_string();
        let at = view.at.unwrap_or(view.known_time);
        let mut hidden = Vec::new();
        hidden.extend(view.at.map(|t| ("at", t.to_string())));
        hidden.extend(view.pinned.map(|n| ("known", n.to_string())));
        let navigation = NAVIGATION.iter().map(|(s, text, path)| Link {
            href: view.to(path),
            text: (*text).into(),
            note: String::new(),
            current: *s == section,
        });
        Self {
            title: title.into(),
            product: ask.pages.app.settings.title.clone(),
            assets: Assets::get(),
            navigation: navigation.collect(),
            home: view.to("/"),
            q: ask.query.get("q").cloned().unwrap_or_default(),
            path: ask.path.clone(),
            past,
            at: minute(at),
            known: minute(view.known_time),
            known_entries: count(view.known, "entry", "entries"),
            // Only what was asked for: a prefilled minute would cut the seconds off and look into the past.
            at_field: view.at.map(|t| moment(t).replace(' ', "T")).unwrap_or_default(),
            known_field: view.pinned.map(grouped).unwrap_or_default(),
            present: with_query(&ask.path, &kept, &[]),
            again: with_query(&ask.path, &kept, &hidden),
            presets: presets(&ask.path, &kept, began, now),
            root_short: root.get(..12).unwrap_or(&root).into(),
            root,
            root_href: view.to(&format!("/log/{}", view.known.saturating_sub(1))),
            entries: count(view.known, "entry", "entries"),
            witnesses: witnesses(ask, view),
            simulated,
            alarm: match ledger.standing() {
                Standing::Writable => None,
                other => Some(other.to_string()),
            },
            live: (!past && view.pinned.is_none() && view.at.is_none()).then_some(view.head),
            kept,
            files: Vec::new(),
            moments: view.query(),
            hidden,
        }
    }

    /// The same with links to the page's list as files.
    pub(super) fn listed(mut self, ask: &Ask, view: &View<'_>) -> Self {
        self.files = super::sheet::links(ask, view, false);
        self
    }

    /// The same, where only the present can be asked for.
    pub(super) fn listed_now(mut self, ask: &Ask, view: &View<'_>) -> Self {
        self.files = super::sheet::links(ask, view, true);
        self
    }

    /// A path of this server with the moments of this page, for templates.
    pub(super) fn to(&self, path: &str) -> String {
        match (self.moments.as_str(), path.contains('?')) {
            ("", _) => path.to_owned(),
            (query, true) => format!("{path}&{query}"),
            (query, false) => format!("{path}?{query}"),
        }
    }
}

fn with_query(path: &str, kept: &[(String, String)], more: &[(&str, String)]) -> String {
    let pair = |n: &str, v: &str| format!("{}={}", super::markup::percent(n), super::markup::percent(v));
    let pairs: Vec<String> =
        kept.iter().map(|(n, v)| pair(n, v)).chain(more.iter().map(|(n, v)| pair(n, v))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// Moments that are often asked for, as far as the log is old enough.
fn presets(path: &str, kept: &[(String, String)], began: Time, now: Time) -> Vec<Link> {
    let ago = [
        ("One hour before the present", 3_600),
        ("One day before", 86_400),
        ("Thirty days before", 30 * 86_400),
    ];
    let back =
        |seconds: u64| now.seconds().checked_sub(seconds).and_then(Time::from_seconds).filter(|t| *t > began);
    let mut out: Vec<Link> = Vec::new();
    for (text, seconds) in ago {
        out.extend(back(seconds).map(|t| Link {
            href: with_query(path, kept, &[("known", t.to_string())]),
            text: text.into(),
            note: minute(t),
            current: false,
        }));
    }
    out.push(Link {
        href: with_query(path, kept, &[("known", "1".into())]),
        text: "The log's first entry".into(),
        note: minute(began),
        current: false,
    });
    out
}

/// What witnesses say, for the foot: who cosigned up to where.
fn witnesses(ask: &Ask, view: &View<'_>) -> String {
    let none = || "Not witnessed: no cosigned checkpoint yet".to_owned();
    let head = match ask.pages.app.ledger.log().cosigned() {
        Ok(Some(head)) if head.size <= view.known => head,
        Ok(_) => return none(),
        Err(_) => return "Cosigned checkpoint cannot be read".into(),
    };
    let Ok(note) = Note::parse(head.checkpoint.as_bytes()) else { return none() };
    let origin = Checkpoint::parse(note.text()).map(|c| c.origin).unwrap_or_default();
    let lines = || note.signatures().iter().filter(|s| s.name() != origin);
    let time = lines().filter_map(|s| s.bytes().split_first_chunk::<8>());
    let time = time.filter_map(|(t, _)| Time::from_seconds(u64::from_be_bytes(*t))).max();
    let when = time.map(|t| format!(", {} UTC", moment(t))).unwrap_or_default();
    let by = count(lines().count() as u64, "witness", "witnesses");
    format!("Cosigned by {by} at {}{when}", count(head.size, "entry", "entries"))
}

/// Renders a page.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Result<Response, PageError> {
    let body = page.render().map_err(|e| PageError::template(&e))?;
    Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response())
}
