//! `/fleet/{subject}`: one device at two moments: what it runs and how that is known, who it is, what ran when, what is the
//! matter, and the entries behind it.
//!
//! The world is asked three times, each for well under a millisecond with a few hundred entries about the device; beyond
//! [`MAX_TURNS`] and [`MAX_ENTRIES`] the page says what it left out.

mod identity;
mod now;
mod picture;
mod proof;
mod rows;
mod said;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use evidence::Time;
use evidence::facts::fleet::Appraisal;
use ledger::properties::grouped;
use world::World;
use world::fleet::{Certainty, Finding, FleetView, Grade, Subject};

use super::Ask;
use super::error::PageError;
use super::markup::Markup;
use super::moments::View;
use super::phrase::cut;
use super::shell::{Section, Shell, html};
use super::words;
use identity::Identity;
use now::Now;
pub(super) use proof::{file as proof_file, page as proof_page};
use rows::{finding_row, interval, note, proofs, related};
use said::{matter, stretches, told};

/// Moments at which something may have changed that are looked at, the latest.
const MAX_TURNS: usize = 1_500;
/// Entries about the device that are read, the latest.
const MAX_ENTRIES: usize = 400;
/// Rows of the lists.
const MAX_ROWS: usize = 60;
const MAX_LISTED: usize = 30;

/// A stretch of time in which nothing that is known of the device changed, apart from the world.
struct Stretch {
    from: Time,
    until: Time,
    /// The last one, which the page's moment lies in.
    last: bool,
    runs: String,
    releases: Vec<u64>,
    altered: bool,
    grade: Grade,
    certainty: Certainty,
    verdict: Option<Appraisal>,
    site: Option<String>,
}

/// An entry about the device, apart from the world.
struct Told {
    index: u64,
    logged: Time,
    counts: bool,
    says: Markup,
    kind: Kind,
}

/// What the picture draws of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Evidence { not_before: Option<Time> },
    Verdict,
    Other,
}

/// A finding about the device, apart from the world.
struct Matter {
    state: &'static str,
    title: &'static str,
    says: Markup,
    closed: Option<(u64, String)>,
    evidence: Option<u64>,
    advice: &'static str,
}

struct IntervalRow {
    runs: Markup,
    grade: Markup,
    certainty: Markup,
    verdict: Markup,
    from: Markup,
    until: Markup,
    evidence: Markup,
    site: String,
}

struct FindingRow {
    kind: Markup,
    says: Markup,
    state: Markup,
    evidence: Markup,
}

struct EntryRow {
    index: String,
    href: String,
    time: Markup,
    says: Markup,
    counts: bool,
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage {
    s: Shell,
    heading: String,
    crumb: Option<(String, String)>,
    lead: Markup,
    alarm: Option<String>,
    now: Now,
    about: Vec<(&'static str, Markup)>,
    picture: Markup,
    intervals: Vec<IntervalRow>,
    intervals_note: Option<String>,
    verdicts: Vec<EntryRow>,
    findings: Vec<FindingRow>,
    findings_open: String,
    entries: Vec<EntryRow>,
    entries_count: String,
    entries_href: Option<String>,
    proofs: Vec<(&'static str, Markup)>,
    source: String,
    related: Vec<(String, String)>,
}

/// What the first question answers.
struct Basics {
    subject: Subject,
    name: String,
    certainty: Certainty,
    grade: Grade,
    runs: String,
    altered: bool,
    model: Option<String>,
    site: Option<String>,
    now: Now,
    identity: Identity,
    matters: Vec<Matter>,
}

pub(super) fn page(ask: &Ask, text: &str) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let subject = words::subject(text).ok_or_else(|| PageError::no_device(text))?;
    let (at, known) = (view.moment(), view.known);
    let basics = view.capped(|w| basics(w, &view, &w.fleet_at(at, known), &subject));
    let Some(basics) = basics else { return Err(PageError::no_device(text)) };
    if basics.subject != subject {
        // A declared device that is known to be an enrolled one has one page.
        return Ok(Redirect::to(&view.to(&words::device_path(&basics.subject))).into_response());
    }
    let (stretches, earlier) = view.capped(|w| stretches(&w.fleet_at(at, known), &subject, at));
    let (told, all) = view.capped(|w| told(&view, &w.fleet_at(at, known), &subject));
    let open = basics.matters.iter().filter(|m| m.closed.is_none()).count() as u64;
    let cloned = basics.matters.iter().any(|m| m.state == "alarm" && m.closed.is_none());
    let entry_row = |t: &Told| EntryRow {
        index: grouped(t.index),
        href: view.to(&format!("/log/{}", t.index)),
        time: Markup::new().time(t.logged),
        says: t.says.clone(),
        counts: t.counts,
    };
    let source = match &basics.subject {
        Subject::Device(id) => id.to_string(),
        Subject::Asset(_) => String::new(),
    };
    let page = DevicePage {
        lead: lead(&basics, open),
        alarm: cloned.then(|| {
            "This device seems to exist twice: two different entries claim one place of its stream. What it attests since may come from either.".to_owned()
        }),
        crumb: basics.model.as_ref().map(|model| {
            (view.to(&format!("/fleet?model={}", super::markup::percent(model))), model.clone())
        }),
        picture: picture::draw(&view, &stretches, &told, &basics.matters, at, basics.identity.interval()),
        intervals: stretches.iter().rev().take(MAX_ROWS).map(|s| interval(&view, s)).collect(),
        intervals_note: note(stretches.len(), earlier),
        verdicts: told.iter().filter(|t| t.kind == Kind::Verdict).take(MAX_LISTED).map(entry_row).collect(),
        findings_open: match (open, basics.matters.len() as u64 - open) {
            (0, 0) => "none".into(),
            (open, 0) => format!("{} open", grouped(open)),
            (open, closed) => format!("{} open, {} closed", grouped(open), grouped(closed)),
        },
        findings: basics.matters.iter().map(|m| finding_row(&view, m)).collect(),
        entries: told.iter().take(MAX_LISTED).map(entry_row).collect(),
        entries_count: grouped(all as u64),
        entries_href: (!source.is_empty()).then(|| view.to(&format!("/log?source={source}"))),
        proofs: proofs(&view, &basics),
        related: related(&view, &basics),
        about: basics.identity.rows(&view),
        source,
        s: Shell::new(ask, &view, &basics.name, Section::Fleet),
        heading: cut(&basics.name, 80),
        now: basics.now,
    };
    html(StatusCode::OK, &page)
}

fn basics(world: &World, view: &View<'_>, fleet: &FleetView<'_>, subject: &Subject) -> Option<Basics> {
    let state = fleet.state(subject)?;
    let subject = state.subject();
    let look = fleet.look(&subject)?;
    let mut found = look.findings;
    if let Subject::Device(id) = &subject {
        let clashes = fleet.clashes().into_iter();
        let of = |f: &Finding<'_>| {
            f.device == *id
                || matches!(&f.kind, world::fleet::FindingKind::DuplicateIdentity { holder, .. } if holder == id)
        };
        found.extend(clashes.filter(of));
    }
    found.sort_by_key(|f| (f.closed.is_some(), words::rank(&f.kind)));
    Some(Basics {
        name: words::name(&state),
        certainty: state.certainty,
        grade: state.grade,
        runs: words::runs(&state),
        altered: !state.unknown.is_empty(),
        model: state.model.map(str::to_owned),
        site: state.site.map(str::to_owned),
        now: Now::of(world, view, fleet, &state),
        identity: Identity::of(world, fleet, &state),
        matters: found.iter().map(|f| matter(view, &subject, f)).collect(),
        subject,
    })
}

fn lead(b: &Basics, open: u64) -> Markup {
    let how = format!(" {} and {}.", b.grade.word(), b.certainty.word());
    let m = match (&b.certainty, b.runs.is_empty(), b.altered) {
        (Certainty::Unknown(reason), ..) => {
            Markup::new().strong("What it runs is not known:").text(&format!(" {}.", words::unknown(*reason)))
        }
        (_, _, true) => Markup::new().strong("It runs firmware that belongs to no release,").text(&how),
        (_, true, false) => Markup::new()
            .strong("What it measured is accepted, but names no release;")
            .text(&how.replacen(' ', " that is ", 1)),
        (_, false, false) => Markup::new().strong(&format!("It runs {},", b.runs)).text(&how),
    };
    match open {
        0 => m.text(" Nothing is the matter with it."),
        1 => m.text(" ").strong("One finding is open."),
        n => m.text(" ").strong(&format!("{} findings are open.", grouped(n))),
    }
}
