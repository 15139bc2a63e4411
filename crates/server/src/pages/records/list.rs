//! `/records`: the records of a line, by kind and state.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use evidence::Hash;
use ledger::properties::grouped;
use records::record::Record;
use records::set::Node;
use serde_json::json;
use views::design::Design;
use world::design::Revision;

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::sheet::{Form, Sheet};
use super::super::shell::{Section, Shell, html};
use super::state::{States, result_word};
use super::{Lines, design};

/// Records of a page.
const PAGE: usize = 100;

/// What a list can be narrowed to.
const SHOWS: [(&str, &str); 5] = [
    ("", "Any state"),
    ("gap", "With failing gaps"),
    ("suspect", "With suspect links"),
    ("approved", "Approved"),
    ("unapproved", "Not approved"),
];

struct Row {
    href: String,
    id: String,
    title: String,
    kind: String,
    revision: Markup,
    revised: Markup,
    approved: String,
    state: Markup,
}

#[derive(Template)]
#[template(path = "records.html")]
struct ListPage {
    s: Shell,
    lead: Markup,
    lines: Vec<(String, bool)>,
    kinds: Vec<(String, String, bool)>,
    shows: Vec<(&'static str, &'static str, bool)>,
    find: String,
    rows: Vec<Row>,
    shown: String,
    first: Option<String>,
    more: Option<String>,
    filtered: bool,
    clear: String,
    note: Option<String>,
    pushed: bool,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let Some(lines) = Lines::choose(ask, &view)? else {
        return html(StatusCode::OK, &nothing(ask, &view));
    };
    let form = Form::asked(ask)?;
    match design(ask, &view, &lines)? {
        Ok(design) => match form {
            Some(form) => sheet(ask, &view, &lines, &design, form),
            None => html(StatusCode::OK, &with_rules(ask, &view, &lines, &design)?),
        },
        Err(why) if form.is_some() => {
            Err(PageError::bad_filter(format!("The rules cannot be asked: {why}.")))
        }
        Err(why) => html(StatusCode::OK, &without_rules(ask, &view, &lines, &why)?),
    }
}

fn empty(ask: &Ask, view: &View<'_>, lead: Markup) -> ListPage {
    ListPage {
        lead,
        lines: Vec::new(),
        kinds: Vec::new(),
        shows: Vec::new(),
        find: String::new(),
        rows: Vec::new(),
        shown: String::new(),
        first: None,
        more: None,
        filtered: false,
        clear: view.to("/records"),
        note: None,
        pushed: true,
        s: Shell::new(ask, view, "Records", Section::Records),
    }
}

fn nothing(ask: &Ask, view: &View<'_>) -> ListPage {
    let lead = Markup::new().strong("No record").text(" was pushed by this moment.");
    ListPage { pushed: false, ..empty(ask, view, lead) }
}

fn matches(record: &Record, find: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(find);
    find.is_empty() || has(record.id()) || has(record.title())
}

/// What a list is narrowed to.
struct Asked<'a> {
    kind: &'a str,
    show: &'a str,
    find: String,
}

impl<'a> Asked<'a> {
    fn read(ask: &'a Ask, design: &Design) -> Result<Self, PageError> {
        let (kind, show) = (ask.param("kind").unwrap_or_default(), ask.param("show").unwrap_or_default());
        if !SHOWS.iter().any(|(word, _)| *word == show) {
            return Err(PageError::bad_filter(format!("“{show}” is no state of records.")));
        }
        if !kind.is_empty() && design.evaluator.set().schema().kind_id(kind).is_none() {
            return Err(PageError::bad_filter(format!("“{kind}” is no kind of records.")));
        }
        Ok(Self { kind, show, find: ask.param("find").unwrap_or_default().to_lowercase() })
    }

    fn fits(&self, states: &States<'_>, node: Node, record: &Record) -> bool {
        (self.kind.is_empty() || record.kind() == self.kind)
            && matches(record, &self.find)
            && match self.show {
                "gap" => states.gaps(record.id()).0 > 0,
                "suspect" => !states.suspect(node).is_empty(),
                "approved" => states.approved_by(node).is_some(),
                "unapproved" => states.approved_by(node).is_none(),
                _ => true,
            }
    }
}

/// The whole list as a file, by identifier.
fn sheet(
    ask: &Ask,
    view: &View<'_>,
    lines: &Lines,
    design: &Design,
    form: Form,
) -> Result<Response, PageError> {
    let asked = Asked::read(ask, design)?;
    let states = States::of(design);
    let mut all: Vec<(Node, &Record)> = design.evaluator.set().records().collect();
    all.retain(|(node, record)| asked.fits(&states, *node, record));
    all.sort_unstable_by_key(|(_, record)| record.id());
    let row = |(node, record): &(Node, &Record)| {
        let (failing, open) = states.gaps(record.id());
        let result = states.result(*node);
        json!({
            "record": record.id(), "kind": record.kind(), "title": record.title(),
            "revision": record.revision().to_string(), "revised": revised_at(view, lines, record.id()).map(|t| t.to_string()),
            "approved_by": states.approved_by(*node), "failing_gaps": failing, "gaps": open,
            "suspect": states.suspect(*node).iter().map(|n| design.evaluator.set().id(*n)).collect::<Vec<_>>(),
            "result": result.map(|r| result_word(&r).1),
        })
    };
    let rows = all.iter().map(row).collect();
    let columns = [
        "record",
        "kind",
        "title",
        "revision",
        "revised",
        "approved_by",
        "failing_gaps",
        "gaps",
        "suspect",
        "result",
    ];
    Ok(Sheet::new(ask, view, form, "records", &columns)?.all(rows))
}

fn with_rules(ask: &Ask, view: &View<'_>, lines: &Lines, design: &Design) -> Result<ListPage, PageError> {
    let asked = Asked::read(ask, design)?;
    let (kind, show, find) = (asked.kind, asked.show, asked.find.clone());
    let set = design.evaluator.set();
    let states = States::of(design);
    let mut all: Vec<(Node, &Record)> = set.records().collect();
    all.sort_unstable_by_key(|(_, record)| record.id());
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, record) in &all {
        *kinds.entry(record.kind()).or_default() += 1;
    }
    let total = all.len();
    all.retain(|(node, record)| asked.fits(&states, *node, record));
    let found = all.len();
    let from = ask.param("from").unwrap_or_default();
    let begin = all.partition_point(|(_, record)| record.id() < from);
    let here: Vec<(Node, &Record)> = all.iter().skip(begin).take(PAGE).copied().collect();
    let next = all.get(begin + PAGE).map(|(_, record)| record.id());
    let link = |from: &str| {
        view.to(&lines.path("/records", &[("kind", kind), ("show", show), ("find", &find), ("from", from)]))
    };
    let rows = here.iter().map(|(node, record)| {
        let revised = revised(view, lines, record.id());
        Row {
            href: view.to(&lines.record(record.id())),
            id: record.id().to_owned(),
            title: cut(record.title(), 120),
            kind: record.kind().to_owned(),
            revision: Markup::new().digest(&Hash(record.revision().0)),
            revised,
            approved: states.approved_by(*node).map(|name| cut(name, 60)).unwrap_or_default(),
            state: states.worst(*node, record.id()),
        }
    });
    let filtered = !kind.is_empty() || !show.is_empty() || !find.is_empty();
    let unreadable = design.report.problems.iter().filter(|p| p.code.name() == "unreadable").count();
    Ok(ListPage {
        rows: rows.collect(),
        lines: lines.all.clone(),
        kinds: kinds
            .iter()
            .map(|(name, n)| ((*name).to_owned(), format!("{name} ({})", grouped(*n as u64)), *name == kind))
            .collect(),
        shows: SHOWS.iter().map(|(word, text)| (*word, *text, *word == show)).collect(),
        find: find.clone(),
        shown: if found == total {
            grouped(total as u64)
        } else {
            format!("{} of {}", grouped(found as u64), grouped(total as u64))
        },
        first: (begin > 0).then(|| link("")),
        more: next.map(link),
        filtered,
        clear: view.to(&lines.path("/records", &[])),
        note: (unreadable > 0).then(|| {
            format!("{} cannot be read and stand in no list.", count(unreadable as u64, "record", "records"))
        }),
        s: Shell::new(ask, view, "Records", Section::Records).listed(ask, view),
        ..empty(ask, view, lead(view, lines, total, &states))
    })
}

/// When a record came to its present revision.
fn revised_at(view: &View<'_>, lines: &Lines, id: &str) -> Option<evidence::Time> {
    let (at, known) = (view.moment(), view.known);
    view.capped(|world| {
        let held = world.design_at(at, known).record(&lines.product, &lines.line, id)?;
        Some(world.clock().time_of(held.index))
    })
}

fn revised(view: &View<'_>, lines: &Lines, id: &str) -> Markup {
    revised_at(view, lines, id).map_or_else(Markup::new, |time| Markup::new().time(time))
}

fn lead(view: &View<'_>, lines: &Lines, total: usize, states: &States<'_>) -> Markup {
    let m = Markup::new().strong(&count(total as u64, "record", "records"));
    let m = m.text(&format!(" of {}, line {}: ", lines.product, lines.line));
    let list = |show: &str| view.to(&lines.path("/records", &[("show", show)]));
    let m = match states.failing() {
        0 => m.text("none has a failing gap"),
        n => m.link(&list("gap"), &format!("{} with failing gaps", grouped(n as u64))),
    };
    match states.suspects() {
        0 => m.text(", none rests on a suspect link."),
        n => {
            m.text(", ").link(&list("suspect"), &format!("{} on suspect links", grouped(n as u64))).text(".")
        }
    }
}

/// The list from the log alone, where no rules are known: identifiers, kinds and revisions.
fn without_rules(ask: &Ask, view: &View<'_>, lines: &Lines, why: &str) -> Result<ListPage, PageError> {
    let (at, known) = (view.moment(), view.known);
    let after: Option<Vec<u8>> = match ask.param("from") {
        None => None,
        Some(text) => Some(unhex(text).ok_or_else(|| {
            PageError::bad_filter("The place to go on from is none that a page gave.".to_owned())
        })?),
    };
    let (page, times) = view.capped(|world| {
        let page = world.design_at(at, known).records(&lines.product, &lines.line, after.as_deref(), PAGE);
        let times: Vec<_> = page.items.iter().map(|held| world.clock().time_of(held.index)).collect();
        (page, times)
    });
    let row = |(held, time): (&Revision, evidence::Time)| Row {
        href: view.to(&lines.record(&held.said.record)),
        id: held.said.record.clone(),
        title: String::new(),
        kind: held.said.kind.clone(),
        revision: Markup::new().digest(&held.said.revision),
        revised: Markup::new().time(time),
        approved: String::new(),
        state: Markup::new().state("undetermined", "not evaluated"),
    };
    let rows: Vec<Row> = page.items.iter().zip(times).map(row).collect();
    let more = page.next.as_deref().map(|next| {
        let next: String = next.iter().map(|b| format!("{b:02x}")).collect();
        view.to(&lines.path("/records", &[("from", &next)]))
    });
    let m = Markup::new().strong("The rules cannot be asked").text(&format!(
        ": these are the records of {}, line {}, without titles and states.",
        lines.product, lines.line
    ));
    Ok(ListPage {
        shown: grouped(rows.len() as u64),
        rows,
        lines: lines.all.clone(),
        first: after.is_some().then(|| view.to(&lines.path("/records", &[]))),
        more,
        note: Some(format!("{why}.")),
        ..empty(ask, view, m)
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() > 8_192 || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let byte = |at: usize| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    (0..text.len()).step_by(2).map(byte).collect()
}
