//! `/fleet/{subject}`: one device at two moments: what it runs and how that is known, who it is, what ran when, what is the
//! matter, and the entries behind it.
//!
//! The world is asked three times, each for well under a millisecond with a few hundred entries about the device; beyond
//! [`MAX_TURNS`] and [`MAX_ENTRIES`] the page says what it left out.

mod identity;
mod now;
mod picture;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use evidence::Time;
use evidence::facts::fleet::Appraisal;
use ledger::properties::grouped;
use world::World;
use world::fleet::{Certainty, Finding, FleetView, Grade, Spoken, Subject};

use super::Ask;
use super::error::PageError;
use super::markup::{Markup, count};
use super::moments::View;
use super::phrase::cut;
use super::shell::{Section, Shell, html};
use super::words;
use identity::Identity;
use now::Now;

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
            "This device exists twice: two different entries claim one place of its stream. Its evidence counts for neither until somebody finds out which is the device.".to_owned()
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

fn matter(view: &View<'_>, subject: &Subject, f: &Finding<'_>) -> Matter {
    let rank = words::rank(&f.kind);
    let (_, title, _, advice) = words::FINDINGS.get(rank).copied().unwrap_or_default();
    let mut says = Markup::new().text(&words::finding(&f.kind));
    if let world::fleet::FindingKind::DuplicateIdentity { holder, .. } = &f.kind {
        // Each of the two leads to the other.
        let here = *subject == Subject::Device(f.device);
        let other = if here { *holder } else { f.device };
        says = says.text(" The other is ").link(
            &view.to(&if here {
                words::device_path(&Subject::Device(other))
            } else {
                format!("/log/{}", f.evidence.unwrap_or_default())
            }),
            &other.to_string(),
        );
        says = says.text(".");
    }
    Matter {
        state: words::finding_state(&f.kind),
        title,
        says,
        closed: f.closed.map(|c| (c.index, c.outcome.clone())),
        evidence: f.evidence,
        advice,
    }
}

fn stretches(fleet: &FleetView<'_>, subject: &Subject, at: Time) -> (Vec<Stretch>, bool) {
    let (history, earlier) = fleet.history_of_last(subject, MAX_TURNS);
    let one = |i: &world::fleet::Interval<'_>| Stretch {
        from: i.from,
        until: i.until.unwrap_or(at),
        last: i.until.is_none(),
        runs: words::runs(&i.state),
        releases: i.state.running.iter().filter_map(|r| r.release).collect(),
        altered: !i.state.unknown.is_empty(),
        grade: i.state.grade,
        certainty: i.state.certainty,
        verdict: i.state.verdict.map(|v| v.status),
        site: i.state.site.map(str::to_owned),
    };
    (history.iter().map(one).collect(), earlier)
}

fn told(view: &View<'_>, fleet: &FleetView<'_>, subject: &Subject) -> (Vec<Told>, usize) {
    let (entries, all) = fleet.entries(subject, MAX_ENTRIES);
    let one = |e: world::fleet::DeviceEntry<'_>| Told {
        index: e.index,
        logged: e.logged,
        counts: e.counts,
        kind: match &e.said {
            Spoken::Evidence { not_before, .. } => Kind::Evidence { not_before: *not_before },
            Spoken::Appraised(_) => Kind::Verdict,
            _ => Kind::Other,
        },
        says: says(view, &e.said),
    };
    (entries.into_iter().map(one).collect(), all)
}

/// What an entry says of the device.
fn says(view: &View<'_>, said: &Spoken<'_>) -> Markup {
    let m = Markup::new();
    match said {
        Spoken::Declared => m.text("declared by an import"),
        Spoken::Enrolled(origin) => m.text(&format!("enrolled, its key in {}", words::origin(*origin))),
        Spoken::Reenrolled => m.text("enrolled again, with another key"),
        Spoken::Attached(other) => m.text("declared the same device as ").text(&other.to_string()),
        Spoken::Evidence { measured, boot, not_before } => {
            let n = count(*measured as u64, "component", "components");
            let boot = boot.map(|n| format!(", start {}", grouped(n))).unwrap_or_default();
            let m = m.text(&format!("attested {n}{boot}"));
            match not_before {
                Some(time) => m.text(", made after ").time(*time),
                None => m.text(", made nobody knows when"),
            }
        }
        Spoken::Heard => m.text("spoke, measuring nothing"),
        Spoken::Appraised(v) => {
            let reasons: Vec<&str> = v.reasons.iter().map(|r| words::reason(*r)).collect();
            let m = m.then(&words::verdict(Some(v.status)));
            let m = if reasons.is_empty() { m } else { m.text(": ").text(&reasons.join("; ")) };
            match &v.release {
                Some(r) => m.text(", ").link(&view.to(&format!("/releases/{}", r.index)), "release"),
                None => m,
            }
        }
        Spoken::Reported(software) => m.text("reported to run ").text(&software.join(", ")),
        Spoken::Moved { site, custody, since, owner } => {
            let mut parts: Vec<String> = Vec::new();
            parts.extend(site.map(|s| format!("at {s}")));
            parts.extend(custody.map(|c| words::custody(c).to_owned()));
            parts.extend(owner.map(|_| "owner changed".to_owned()));
            let m = m.text("moved: ").text(&parts.join(", "));
            match since {
                Some(time) => m.text(", since ").time(*time),
                None => m,
            }
        }
    }
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

fn note(stretches: usize, earlier: bool) -> Option<String> {
    let more = stretches.saturating_sub(MAX_ROWS);
    match (more, earlier) {
        (0, false) => None,
        (0, true) => Some("What was before is left out here: ask for an earlier moment above.".into()),
        (n, _) => {
            Some(format!("{} earlier ones are left out: ask for an earlier moment above.", grouped(n as u64)))
        }
    }
}

fn entry(view: &View<'_>, index: u64) -> Markup {
    Markup::new().link(&view.to(&format!("/log/{index}")), &grouped(index))
}

fn interval(view: &View<'_>, s: &Stretch) -> IntervalRow {
    let runs = match (s.runs.is_empty(), s.altered) {
        (_, true) => Markup::new().state("warning", "firmware of no release"),
        (true, false) => Markup::new().element("span", "u", "not known"),
        (false, false) => match s.releases.as_slice() {
            [index] => Markup::new().link(&view.to(&format!("/releases/{index}")), &s.runs),
            _ => Markup::new().text(&s.runs),
        },
    };
    let evidence = match s.certainty {
        Certainty::Proven { from, until } if from != until => {
            entry(view, from).text(" and ").then(&entry(view, until))
        }
        Certainty::Unknown(reason) => Markup::new().element("span", "u", words::unknown(reason)),
        certainty => match certainty.evidence() {
            Some(index) => entry(view, index),
            None => Markup::new().element("span", "u", "a word, no evidence"),
        },
    };
    IntervalRow {
        runs,
        grade: words::grade(s.grade),
        certainty: words::certainty(&s.certainty),
        verdict: words::verdict(s.verdict),
        from: Markup::new().time(s.from),
        until: if s.last {
            Markup::new().element("span", "u", "as it was at")
        } else {
            Markup::new().time(s.until)
        },
        evidence,
        site: s.site.clone().unwrap_or_default(),
    }
}

fn finding_row(view: &View<'_>, m: &Matter) -> FindingRow {
    let state = match &m.closed {
        None => Markup::new().state("open", "open"),
        Some((index, _)) => Markup::new().state("closed", "closed").text(" by ").then(&entry(view, *index)),
    };
    let says = m.says.clone();
    let says = match &m.closed {
        None => says.element("span", "sub", m.advice),
        Some((_, outcome)) => says.element("span", "sub", &cut(outcome, 300)),
    };
    FindingRow {
        kind: Markup::new().state(if m.closed.is_some() { "closed" } else { m.state }, m.title),
        says,
        state,
        evidence: m.evidence.map_or_else(Markup::new, |index| entry(view, index)),
    }
}

/// What can be shown to somebody who trusts nobody here.
fn proofs(view: &View<'_>, b: &Basics) -> Vec<(&'static str, Markup)> {
    let size = count(view.known, "entry", "entries");
    let proof = |index: u64| {
        Markup::new()
            .link(&view.to(&format!("/log/{index}#h-proof")), &format!("proof of entry {}", grouped(index)))
    };
    let included = match b.certainty {
        Certainty::Proven { from, until } if from != until => Markup::new()
            .text(&format!("Both measurements are in the log of {size}: "))
            .then(&proof(from))
            .text(", ")
            .then(&proof(until))
            .text("."),
        certainty => match certainty.evidence() {
            Some(index) => Markup::new()
                .text(&format!("The measurement is in the log of {size}: "))
                .then(&proof(index))
                .text("."),
            None => Markup::new().text("No measurement stands behind this state; a word is no proof."),
        },
    };
    let mut out = vec![("Included", included)];
    if let Some(index) = b.identity.enrolled() {
        out.push((
            "Identity",
            Markup::new().text("Its key was enrolled by a station: ").then(&proof(index)).text("."),
        ));
    }
    out.push(("Not proven", Markup::new().text("Where it is: that is somebody's word, entered in the log.")));
    out
}

fn related(view: &View<'_>, b: &Basics) -> Vec<(String, String)> {
    let link = |query: String, text: String| (view.to(&format!("/fleet?{query}")), text);
    let mut out = Vec::new();
    if let Some(site) = &b.site {
        out.push(link(
            format!("site={}", super::markup::percent(site)),
            format!("Devices at {}", cut(site, 30)),
        ));
    }
    out
}
