//! `/records/ID`: one record: what it says, its links both ways and how they stand, results, gaps, signatures, history.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::statement::Statement;
use evidence::{Hash, Time};
use ledger::properties::grouped;
use records::record::{LINKS, Record};
use records::set::{Edge, LinkState, Node, RecordSet};
use views::design::Design;
use world::design::{Imported, RecordEvent, Reported, Signature, Standing};

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::shell::{Section, Shell, html};
use super::around::{Around, around};
use super::state::States;
use super::{Lines, design};

/// Results that are listed, the last ones.
const RESULTS: usize = 50;
/// Links of one direction that are listed.
const LINKS_SHOWN: usize = 200;

struct LinkRow {
    href: Option<String>,
    kind: String,
    id: String,
    title: String,
    state: Markup,
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    s: Shell,
    heading: String,
    id: String,
    back: String,
    lead: Markup,
    acts: Vec<(String, String)>,
    text: String,
    fields: Vec<(String, String)>,
    out: Vec<LinkRow>,
    into: Vec<LinkRow>,
    into_more: usize,
    gaps: Vec<(Markup, String, String, String)>,
    results: Vec<(Markup, Markup, Markup, String)>,
    results_more: usize,
    signatures: Vec<(Markup, Markup, Markup)>,
    statements: Vec<(Markup, Markup)>,
    history: Vec<(Markup, Markup)>,
    note: Option<String>,
    around: Option<Around>,
}

/// What the log holds of a record.
struct Held {
    history: Vec<(RecordEvent, Time)>,
    signatures: Vec<(Signature, Time)>,
    imported: Vec<(Imported, Time)>,
    results: Vec<(Reported, Time)>,
}

fn held(view: &View<'_>, lines: &Lines, id: &str) -> Held {
    let (at, known) = (view.moment(), view.known);
    view.capped(|world| {
        let design = world.design_at(at, known);
        let time = |index: u64| world.clock().time_of(index);
        let index = |event: &RecordEvent| match event {
            RecordEvent::Revised(held) => held.index,
            RecordEvent::Retired(held) => held.index,
        };
        let history = design.history(&lines.product, &lines.line, id);
        Held {
            history: history.into_iter().map(|e| (index(&e), e)).map(|(i, e)| (e, time(i))).collect(),
            signatures: design
                .signatures(id)
                .into_iter()
                .map(|s| (s.index, s))
                .map(|(i, s)| (s, time(i)))
                .collect(),
            imported: design
                .imported(id)
                .into_iter()
                .map(|s| (s.index, s))
                .map(|(i, s)| (s, time(i)))
                .collect(),
            results: design
                .results(&lines.product, &lines.line, id)
                .into_iter()
                .map(|r| (r.index, r))
                .map(|(i, r)| (r, time(i)))
                .collect(),
        }
    })
}

pub(super) fn page(ask: &Ask, id: &str) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let lines = Lines::choose(ask, &view)?.ok_or_else(|| PageError::no_record(id))?;
    let held = held(&view, &lines, id);
    if held.history.is_empty() {
        return Err(PageError::no_record(id));
    }
    let asked = design(ask, &view, &lines)?;
    let design = asked.as_ref().ok().map(|design| &**design);
    let there = design.and_then(|design| {
        let set = design.evaluator.set();
        let node = set.node(id)?;
        Some((design, node, set.record(node)?))
    });
    let present = match held.history.last() {
        Some((RecordEvent::Revised(held), _)) => Some(held.said.revision),
        _ => None,
    };
    let entry = |index: u64| view.to(&format!("/log/{index}"));
    let mut page = RecordPage {
        heading: id.to_owned(),
        id: id.to_owned(),
        back: view.to(&lines.path("/records", &[])),
        lead: lead(&held, present, there.as_ref().map(|(.., record)| *record)),
        acts: Vec::new(),
        text: String::new(),
        fields: Vec::new(),
        out: Vec::new(),
        into: Vec::new(),
        into_more: 0,
        gaps: Vec::new(),
        results_more: held.results.len().saturating_sub(RESULTS),
        results: held.results.iter().rev().take(RESULTS).map(|(r, t)| result(r, *t, &entry)).collect(),
        signatures: held.signatures.iter().rev().map(|(s, t)| signature(s, *t, present, &entry)).collect(),
        statements: held.imported.iter().rev().map(|(s, t)| statement(s, *t, &entry)).collect(),
        history: held.history.iter().rev().map(|(e, t)| event(e, *t, &entry)).collect(),
        note: asked.as_ref().err().map(|why| format!("{why}.")),
        around: there.and_then(|(_, node, _)| around(&view, &lines, design?.evaluator.set(), node)),
        s: Shell::new(ask, &view, id, Section::Records),
    };
    if let Some((design, node, record)) = there {
        content(&view, &lines, design, node, record, &mut page);
    } else if page.note.is_none() && present.is_some() {
        page.note = Some("The content of its present revision cannot be read here.".to_owned());
    }
    if let Some(revision) = present {
        page.acts.push((view.to(&format!("/search?q={revision}")), "Find this revision".to_owned()));
    }
    html(StatusCode::OK, &page)
}

fn lead(held: &Held, present: Option<Hash>, record: Option<&Record>) -> Markup {
    let revisions = held.history.iter().filter(|(e, _)| matches!(e, RecordEvent::Revised(_))).count();
    let since = held.history.last().map(|(_, time)| *time).unwrap_or(Time::EPOCH);
    let m = match record {
        Some(record) => Markup::new().strong(record.kind()).text(", "),
        None => Markup::new(),
    };
    let m = m.text(&count(revisions as u64, "revision", "revisions"));
    let Some(present) = present else {
        return m.text("; ").strong("it counts no longer").text(" since ").time(since).text(" UTC.");
    };
    let m = m.text("; at ").digest(&present).text(" since ").time(since).text(" UTC. ");
    let approvals = held.signatures.iter().filter(|(s, _)| {
        s.said.revision == present && s.said.meaning == evidence::statement::Meaning::Approve
    });
    match approvals.count() {
        0 => m.strong("No signature approves this revision."),
        1 => m.strong("1 signature").text(" approves this revision."),
        n => m.strong(&count(n as u64, "signature", "signatures")).text(" approve this revision."),
    }
}

/// What needs the content: fields, links, gaps.
fn content(
    view: &View<'_>,
    lines: &Lines,
    design: &Design,
    node: Node,
    record: &Record,
    page: &mut RecordPage,
) {
    let set = design.evaluator.set();
    if !record.title().is_empty() {
        page.heading = format!("{} {}", record.id(), cut(record.title(), 160));
    }
    page.text = record.text_of("text").to_owned();
    for field in record.fields() {
        let name = field.name();
        if matches!(name, "id" | "kind" | "title" | "text") || name.starts_with(LINKS) {
            continue;
        }
        page.fields.push((name.to_owned(), field.values().collect::<Vec<_>>().join(", ")));
    }
    page.fields.push(("file".to_owned(), set.file(record.place.file).to_owned()));
    let schema = set.schema();
    let row = |from: Node, edge: Edge, other: Node, back: bool| {
        let link = schema.link(edge.link);
        let title = set.record(other).map(Record::title);
        LinkRow {
            href: title.is_some().then(|| view.to(&lines.record(set.id(other)))),
            kind: link.map(|l| if back { &l.inverse } else { &l.title }.clone()).unwrap_or_default(),
            id: set.id(other).to_owned(),
            title: cut(title.unwrap_or_default(), 100),
            state: link_state(set, from, edge),
        }
    };
    page.out = set.out(node).iter().take(LINKS_SHOWN).map(|e| row(node, *e, e.node, false)).collect();
    let back = |e: &Edge| row(e.node, Edge { link: e.link, node }, e.node, true);
    page.into = set.back(node).iter().take(LINKS_SHOWN).map(back).collect();
    page.into_more = set.back(node).len().saturating_sub(LINKS_SHOWN);
    let states = States::of(design);
    let m = states.worst(node, record.id());
    for gap in design.report.gaps.iter().filter(|gap| *gap.record == *record.id()) {
        let state = match (&gap.state, gap.fails()) {
            (records::engine::GapState::Justified(_), _) => Markup::new().state("justified", "justified"),
            (_, true) => Markup::new().state("gap", "fails"),
            (_, false) => Markup::new().state("open", gap.severity.name()),
        };
        page.gaps.push((state, gap.rule.id.clone(), cut(&gap.why, 400), gap.rule.clauses.join(", ")));
    }
    page.lead = page.lead.clone().text(" ").then(&m);
}

fn link_state(set: &RecordSet, from: Node, edge: Edge) -> Markup {
    let m = Markup::new();
    if set.record(edge.node).is_none() {
        return m.state("gap", "leads nowhere");
    }
    match set.link_state(from, edge) {
        LinkState::Accepted => m.state("accepted", "accepted"),
        LinkState::Unaccepted => m.state("open", "not accepted"),
        LinkState::Suspect(_) => m.state("suspect", "suspect"),
    }
}

type Entry<'a> = dyn Fn(u64) -> String + 'a;

fn entry_link(index: u64, entry: &Entry<'_>) -> Markup {
    Markup::new().link(&entry(index), &grouped(index))
}

fn result(held: &Reported, logged: Time, entry: &Entry<'_>) -> (Markup, Markup, Markup, String) {
    use evidence::facts::design::Verdict;
    let (state, word) = match held.said.verdict {
        Verdict::Passed => ("pass", "pass"),
        Verdict::Failed => ("fail", "fail"),
        Verdict::Error => ("fail", "error"),
        Verdict::Skipped => ("not-run", "not run"),
    };
    let commit = held.said.commit.as_deref().map(|c| cut(c, 12)).unwrap_or_default();
    let when = Markup::new().time(held.said.ran_at.unwrap_or(logged));
    (Markup::new().state(state, word), when, entry_link(held.index, entry), commit)
}

fn signature(
    held: &Signature,
    logged: Time,
    present: Option<Hash>,
    entry: &Entry<'_>,
) -> (Markup, Markup, Markup) {
    let said = &held.said;
    let name = Statement::parse(&said.statement).map(|s| s.name).unwrap_or_default();
    let m = Markup::new().strong(&cut(&name, 80)).text(&format!(": {}", said.meaning.word()));
    let m = if Some(said.revision) == present {
        m.text(", this revision")
    } else {
        m.text(", revision ").digest(&said.revision).text(", which is not the present one")
    };
    let m = match held.standing {
        Standing::Valid => m,
        Standing::KeyInDoubt { since } => {
            m.text(" ").state("warning", "key in doubt").text(" since ").time(since)
        }
    };
    (Markup::new().time(logged), m, entry_link(held.index, entry))
}

fn statement(held: &Imported, logged: Time, entry: &Entry<'_>) -> (Markup, Markup) {
    let said = &held.said;
    let text = format!(
        "{}: {} in {}, on {} as it says. A statement, no signature. Entry ",
        cut(&said.name, 80),
        said.meaning.word(),
        cut(&said.tool, 60),
        said.time
    );
    (Markup::new().time(logged), Markup::new().text(&text).then(&entry_link(held.index, entry)))
}

fn event(event: &RecordEvent, logged: Time, entry: &Entry<'_>) -> (Markup, Markup) {
    let when = Markup::new().time(logged);
    match event {
        RecordEvent::Revised(held) => {
            let m = Markup::new().text("revised to ").digest(&held.said.revision);
            let m = match &held.said.commit {
                Some(commit) => m.text(", commit in entry ").then(&entry_link(commit.index, entry)),
                None => m,
            };
            let m = match &held.said.editorial {
                Some(signed) => {
                    m.text(", signed as editorial in entry ").then(&entry_link(signed.index, entry))
                }
                None => m,
            };
            (when, m.text(", entry ").then(&entry_link(held.index, entry)))
        }
        RecordEvent::Retired(held) => (
            when,
            Markup::new().strong("counts no longer").text(", entry ").then(&entry_link(held.index, entry)),
        ),
    }
}
