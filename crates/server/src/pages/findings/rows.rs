//! Rows of the page of findings: by kind, silence by site, one by one.

use std::collections::BTreeMap;

use evidence::Time;
use ledger::properties::grouped;
use world::fleet::{FindingKind, Subject};

use super::super::census::{Census, Found};
use super::super::markup::{Markup, percent};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::words::{self, FINDINGS};
use super::{Counts, MAX_SITES, SLICE, address};

pub(super) struct KindRow {
    pub(super) name: &'static str,
    pub(super) means: &'static str,
    pub(super) open: u64,
    pub(super) closed: u64,
    pub(super) alarm: bool,
    pub(super) open_text: String,
    pub(super) closed_text: String,
    pub(super) href: String,
    pub(super) closed_href: String,
}

pub(super) struct SiteRow {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) silent: String,
    pub(super) devices: String,
    pub(super) devices_href: String,
    pub(super) since: Markup,
}

pub(super) struct Row {
    pub(super) href: String,
    pub(super) device: String,
    pub(super) sub: String,
    pub(super) kind: Markup,
    pub(super) says: Markup,
    pub(super) advice: String,
    pub(super) site: String,
    pub(super) state: Markup,
    pub(super) evidence: Markup,
}

/// A feed of advisories that somebody should look at.
pub(super) struct FeedRow {
    pub(super) name: String,
    pub(super) state: Markup,
    pub(super) answered: Markup,
    pub(super) asked: Markup,
    stale: bool,
}

/// Feeds that are stale or gave what cannot be read, at the page's moments.
pub(super) fn feed_rows(view: &View<'_>, at: Time, known: u64) -> Vec<FeedRow> {
    let all = view.capped(|world| crate::feeds::feeds(world, at, known));
    let bad = all.into_iter().filter(|f| f.stale.is_some() || f.refused > 0);
    bad.map(|f| FeedRow {
        state: match f.stale {
            Some(since) => Markup::new().state("overdue", "stale").text(" since ").time(since),
            None => Markup::new().state("warning", &format!("{} unreadable", grouped(f.refused))),
        },
        answered: f.answered.map_or_else(
            || Markup::new().element("span", "u", "never"),
            |answered| Markup::new().time(answered),
        ),
        asked: Markup::new()
            .time(f.asked)
            .text(", entry ")
            .link(&view.to(&format!("/log/{}", f.entry)), &grouped(f.entry)),
        name: cut(&f.name, 80),
        stale: f.stale.is_some(),
    })
    .collect()
}

/// The first sentence, with the feeds that are stale.
pub(super) fn feeds_lead(lead: Markup, feeds: &[FeedRow]) -> Markup {
    match feeds.iter().filter(|f| f.stale).count() as u64 {
        0 => lead,
        1 => lead.text(" ").strong("One feed of advisories is stale."),
        n => lead.text(" ").strong(&format!("{} feeds of advisories are stale.", grouped(n))),
    }
}

pub(super) fn kinds(view: &View<'_>, counts: &Counts) -> Vec<KindRow> {
    let row = |((word, name, means, _), (open, closed)): (
        &(&'static str, &'static str, &'static str, &str),
        &(u64, u64),
    )| KindRow {
        name,
        means,
        open: *open,
        closed: *closed,
        alarm: *word == "clone-suspected",
        open_text: grouped(*open),
        closed_text: grouped(*closed),
        href: view.to(&address(&[("kind", word)])),
        closed_href: view.to(&address(&[("kind", word), ("state", "closed")])),
    };
    FINDINGS.iter().zip(counts).map(row).collect()
}

/// Open silence by site, most silent first.
pub(super) fn sites(view: &View<'_>, census: &Census) -> (Vec<SiteRow>, Option<String>) {
    let mut silent: BTreeMap<Option<&str>, (u64, Time)> = BTreeMap::new();
    for (_, class, found) in census.findings() {
        let FindingKind::Silent { since } = found.kind else { continue };
        if found.closed.is_none() {
            let at = silent.entry(class.and_then(|c| c.site.as_deref())).or_insert((0, since));
            *at = (at.0 + 1, at.1.min(since));
        }
    }
    let mut devices: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    for class in census.classes() {
        *devices.entry(class.site.as_deref()).or_default() += class.count;
    }
    let mut all: Vec<_> = silent.into_iter().collect();
    all.sort_by_key(|(site, (n, _))| (std::cmp::Reverse(*n), *site));
    let more = all.len().saturating_sub(MAX_SITES);
    let row = |(site, (n, since)): (Option<&str>, (u64, Time))| SiteRow {
        name: site.map_or_else(|| "nobody said where".into(), |s| cut(s, 60)),
        href: view.to(&match site {
            Some(site) => address(&[("kind", "silence"), ("site", site)]),
            None => address(&[("kind", "silence"), ("nowhere", "1")]),
        }),
        silent: grouped(n),
        devices: grouped(devices.get(&site).copied().unwrap_or_default()),
        devices_href: view.to(&match site {
            Some(site) => format!("/fleet?site={}", percent(site)),
            None => format!("/fleet?where={}", percent("site is unknown")),
        }),
        since: Markup::new().time(since),
    };
    let rows = all.into_iter().take(MAX_SITES).map(row).collect();
    (rows, (more > 0).then(|| format!("{} more sites have silent devices.", grouped(more as u64))))
}

pub(super) fn rows_of(
    view: &View<'_>,
    rows: &[&(&Subject, Option<&str>, &Found)],
    at: Time,
    known: u64,
) -> Vec<Row> {
    let mut out = Vec::with_capacity(rows.len());
    for slice in rows.chunks(SLICE) {
        view.capped(|world| {
            let fleet = world.fleet_at(at, known);
            for (subject, site, found) in slice {
                let state = fleet.state(subject);
                out.push(row(view, subject, state.as_ref(), *site, found));
            }
        });
    }
    out
}

pub(super) fn row(
    view: &View<'_>,
    subject: &Subject,
    state: Option<&world::fleet::DeviceState<'_>>,
    site: Option<&str>,
    found: &Found,
) -> Row {
    let identifier = subject.to_string();
    let name = state.map_or_else(|| identifier.clone(), words::name);
    let entry = |index: u64| Markup::new().link(&view.to(&format!("/log/{index}")), &grouped(index));
    let (_, title, _, advice) = FINDINGS.get(words::rank(&found.kind)).copied().unwrap_or_default();
    // An enrolment that was set aside is no device; what it wanted to be is.
    let href = match (&found.kind, state) {
        (FindingKind::DuplicateIdentity { holder, .. }, None) => {
            words::device_path(&Subject::Device(*holder))
        }
        _ => words::device_path(subject),
    };
    let says = Markup::new().text(&words::finding(&found.kind));
    let says = match &found.kind {
        FindingKind::DuplicateIdentity { holder, .. } => {
            let holder = Subject::Device(*holder);
            says.text(" It is ").link(&view.to(&words::device_path(&holder)), &holder.to_string()).text("’s.")
        }
        _ => says,
    };
    Row {
        href: view.to(&href),
        device: cut(&name, 60),
        sub: if identifier == name { String::new() } else { identifier },
        kind: Markup::new()
            .state(if found.closed.is_some() { "closed" } else { words::finding_state(&found.kind) }, title),
        says,
        advice: match &found.closed {
            None => advice.to_owned(),
            Some((_, outcome)) => cut(outcome, 300),
        },
        site: site.unwrap_or_default().to_owned(),
        state: match &found.closed {
            None => Markup::new().state("open", "open"),
            Some((index, _)) => Markup::new().state("closed", "closed").text(" by ").then(&entry(*index)),
        },
        evidence: found.evidence.map_or_else(Markup::new, entry),
    }
}
