//! `/trace`: which record of one kind is connected with which of others; holes, suspects and failures stand out.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::properties::grouped;
use records::command::{Traced, trace_of};
use records::set::{Node, RecordSet};
use serde_json::json;
use views::design::Design;

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::sheet::{Form, Sheet};
use super::super::shell::{Section, Shell, html};
use super::graph;
use super::state::{States, result_word};
use super::{Lines, design};

/// Rows of a page.
const PAGE: usize = 100;
/// Most columns beside the rows.
const COLUMNS: usize = 3;
/// Most records of one cell that are listed.
const CELL: usize = 12;
/// Kinds that a trace begins with, where the line has records of them.
const USUAL: [&str; 6] = [
    "user-need",
    "system-requirement",
    "software-requirement",
    "hazardous-situation",
    "risk-control",
    "test-case",
];

struct Cell {
    href: String,
    id: String,
    title: String,
    states: Markup,
}

struct Column {
    label: String,
    cells: Vec<Cell>,
    more: usize,
    hole: bool,
}

struct Row {
    class: String,
    head: Cell,
    columns: Vec<Column>,
    doubt: String,
}

/// A list to choose a kind from: name of the parameter, label, kinds.
type Choice = (String, String, Vec<(String, bool)>);

#[derive(Template)]
#[template(path = "trace.html")]
struct TracePage {
    s: Shell,
    lead: Markup,
    lines: Vec<(String, bool)>,
    /// One for the rows and one for each column.
    choices: Vec<Choice>,
    kinds: Vec<String>,
    rows: Vec<Row>,
    counts: [String; 4],
    unreached: Vec<(String, Vec<Cell>, usize)>,
    graph: Option<Markup>,
    too_many: bool,
    first: Option<String>,
    more: Option<String>,
    note: Option<String>,
    pushed: bool,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let lines = Lines::choose(ask, &view)?;
    let form = Form::asked(ask)?;
    let mut page = TracePage {
        lead: Markup::new().strong("No record").text(" was pushed by this moment."),
        lines: lines.as_ref().map(|l| l.all.clone()).unwrap_or_default(),
        choices: Vec::new(),
        kinds: Vec::new(),
        rows: Vec::new(),
        counts: Default::default(),
        unreached: Vec::new(),
        graph: None,
        too_many: false,
        first: None,
        more: None,
        note: None,
        pushed: lines.is_some(),
        s: Shell::new(ask, &view, "Trace", Section::Trace),
    };
    let Some(lines) = lines else { return html(StatusCode::OK, &page) };
    match design(ask, &view, &lines)? {
        Err(why) => {
            page.lead = Markup::new().strong("The rules cannot be asked").text(" at this moment.");
            page.note = Some(format!("{why}."));
        }
        Ok(design) => match form {
            Some(form) => return sheet(ask, &view, &lines, &design, form),
            None => fill(ask, &view, &lines, &design, &mut page)?,
        },
    }
    if !page.rows.is_empty() {
        page.s = page.s.listed(ask, &view);
    }
    html(StatusCode::OK, &page)
}

/// The kinds asked for: `rows`, then `column1` …; else the usual ones of which there are records.
fn kinds(ask: &Ask, set: &RecordSet) -> Vec<String> {
    let names: Vec<String> =
        std::iter::once("rows".to_owned()).chain((1..=COLUMNS).map(|n| format!("column{n}"))).collect();
    let asked: Vec<String> = names.iter().filter_map(|name| ask.param(name)).map(str::to_owned).collect();
    if !asked.is_empty() {
        return asked;
    }
    let there = |name: &str| set.records().any(|(_, record)| record.kind() == name);
    USUAL.iter().filter(|name| there(name)).take(1 + COLUMNS).map(|name| (*name).to_owned()).collect()
}

fn fill(
    ask: &Ask,
    view: &View<'_>,
    lines: &Lines,
    design: &Design,
    page: &mut TracePage,
) -> Result<(), PageError> {
    let set = design.evaluator.set();
    let kinds = kinds(ask, set);
    page.choices = choices(set, &kinds);
    if kinds.len() < 2 {
        page.lead = Markup::new()
            .strong("Choose two kinds")
            .text(" or more: what stands in rows, and what in columns.");
        return Ok(());
    }
    let traced = trace_of(set, &kinds).map_err(|e| PageError::bad_filter(format!("{e}.")))?;
    let states = States::of(design);
    let from = ask.param("from").unwrap_or_default();
    let rows: Vec<Row> = traced
        .rows
        .iter()
        .map(|(node, cells)| row(view, lines, set, &states, &traced, *node, cells))
        .collect();
    let with = |class: &str| rows.iter().filter(|row| row.class.contains(class)).count();
    let (holes, suspects, failures) = (with("has-gap"), with("has-sus"), with("has-fail"));
    let whole = rows.iter().filter(|row| row.class.is_empty()).count();
    page.counts = [rows.len(), holes, suspects, failures].map(|n| grouped(n as u64));
    page.lead = lead(&traced, rows.len(), whole);
    page.kinds.clone_from(&kinds);
    let begin = rows.iter().take_while(|row| row.head.id.as_str() < from).count();
    let total = rows.len();
    let next = rows.get(begin + PAGE).map(|row| row.head.id.clone());
    let link = |from: &str| {
        let names = ["rows", "column1", "column2", "column3"];
        let mut query: Vec<(&str, &str)> = names.into_iter().zip(kinds.iter().map(String::as_str)).collect();
        query.push(("from", from));
        view.to(&lines.path("/trace", &query))
    };
    page.first = (begin > 0).then(|| link(""));
    page.more = next.map(|next| link(&next));
    page.rows = rows.into_iter().skip(begin).take(PAGE).collect();
    page.graph = graph::draw(view, lines, set, &traced);
    page.too_many = page.graph.is_none() && total > 0;
    for (kind, left) in kinds.iter().skip(1).zip(&traced.unreached).filter(|(_, left)| !left.is_empty()) {
        let cells = left.iter().take(CELL * 4).map(|node| cell(view, lines, set, &states, *node).0).collect();
        page.unreached.push((kind.clone(), cells, left.len()));
    }
    Ok(())
}

/// The whole matrix as a file: a row of the page a row, a kind a column.
fn sheet(
    ask: &Ask,
    view: &View<'_>,
    lines: &Lines,
    design: &Design,
    form: Form,
) -> Result<Response, PageError> {
    let set = design.evaluator.set();
    let kinds = kinds(ask, set);
    if kinds.len() < 2 {
        return Err(PageError::bad_filter("Choose two kinds or more.".to_owned()));
    }
    let traced = trace_of(set, &kinds).map_err(|e| PageError::bad_filter(format!("{e}.")))?;
    let states = States::of(design);
    let rows = traced.rows.iter().map(|(node, cells)| {
        let shown = row(view, lines, set, &states, &traced, *node, cells);
        let has = |class: &str| shown.class.contains(class);
        let mut whole = json!({
            "record": set.id(*node), "title": set.record(*node).map(records::record::Record::title),
            "hole": has("has-gap"), "suspect": has("has-sus"), "result_in_doubt": has("has-fail"), "doubts": shown.doubt,
        });
        for (kind, nodes) in kinds.iter().skip(1).zip(cells) {
            whole[format!("to {kind}")] = nodes.iter().map(|n| set.id(*n)).collect();
        }
        whole
    });
    let rows = rows.collect();
    let to: Vec<String> = kinds.iter().skip(1).map(|kind| format!("to {kind}")).collect();
    let mut columns = vec!["record", "title"];
    columns.extend(to.iter().map(String::as_str));
    columns.extend(["hole", "suspect", "result_in_doubt", "doubts"]);
    Ok(Sheet::new(ask, view, form, "trace", &columns)?.all(rows))
}

fn choices(set: &RecordSet, kinds: &[String]) -> Vec<Choice> {
    let mut there: Vec<&str> = set.records().map(|(_, record)| record.kind()).collect();
    there.sort_unstable();
    there.dedup();
    let choice = |at: usize| {
        let chosen = kinds.get(at).map_or("", String::as_str);
        let (name, label) = if at == 0 {
            ("rows".to_owned(), "Rows".to_owned())
        } else {
            (format!("column{at}"), format!("Column {at}"))
        };
        let mut all: Vec<(String, bool)> =
            there.iter().map(|kind| ((*kind).to_owned(), *kind == chosen)).collect();
        if !chosen.is_empty() && !all.iter().any(|(_, is)| *is) {
            all.push((chosen.to_owned(), true));
        }
        (name, label, all)
    };
    (0..=COLUMNS).map(choice).collect()
}

/// A record as a cell, and whether its links are suspect, whether its result needs somebody.
fn cell(
    view: &View<'_>,
    lines: &Lines,
    set: &RecordSet,
    states: &States<'_>,
    node: Node,
) -> (Cell, bool, bool) {
    let id = set.id(node);
    let suspect = !states.suspect(node).is_empty();
    let mut shown = Markup::new();
    if suspect {
        shown = shown.state("suspect", "suspect");
    }
    let mut fails = false;
    if let Some(result) = states.result(node) {
        let (state, word, needs) = result_word(&result);
        fails = needs;
        shown = shown.text(" ").state(state, word);
    }
    let title = set.record(node).map_or("", records::record::Record::title);
    let cell =
        Cell { href: view.to(&lines.record(id)), id: id.to_owned(), title: cut(title, 100), states: shown };
    (cell, suspect, fails)
}

fn row(
    view: &View<'_>,
    lines: &Lines,
    set: &RecordSet,
    states: &States<'_>,
    traced: &Traced,
    node: Node,
    cells: &[Vec<Node>],
) -> Row {
    let (head, mut suspect, mut fails) = cell(view, lines, set, states, node);
    let mut doubts: Vec<String> =
        states.suspect(node).iter().map(|changed| format!("{} changed", set.id(*changed))).collect();
    let mut hole = false;
    let columns = cells.iter().zip(traced.kinds.iter().skip(1)).map(|(nodes, kind)| {
        let all: Vec<(Cell, bool, bool)> =
            nodes.iter().take(CELL).map(|node| cell(view, lines, set, states, *node)).collect();
        suspect |= all.iter().any(|(_, suspect, _)| *suspect);
        fails |= all.iter().any(|(_, _, fails)| *fails);
        hole |= nodes.is_empty();
        for node in nodes.iter().take(CELL) {
            let id = set.id(*node);
            doubts.extend(
                states.suspect(*node).iter().map(|changed| format!("{id}: {} changed", set.id(*changed))),
            );
            let result = states.result(*node).map(|result| result_word(&result));
            doubts.extend(result.filter(|(.., needs)| *needs).map(|(_, word, _)| format!("{id}: {word}")));
        }
        if nodes.is_empty() {
            doubts.push(format!("no {kind}"));
        }
        Column {
            label: kind.clone(),
            hole: nodes.is_empty() || all.iter().any(|(_, suspect, fails)| *suspect || *fails),
            more: nodes.len().saturating_sub(CELL),
            cells: all.into_iter().map(|(cell, ..)| cell).collect(),
        }
    });
    let columns: Vec<Column> = columns.collect();
    let classes = [(hole, "has-gap"), (suspect, "has-sus"), (fails, "has-fail")];
    let class: Vec<&str> = classes.into_iter().filter(|(is, _)| *is).map(|(_, class)| class).collect();
    Row { class: class.join(" "), head, columns, doubt: doubts.join("; ") }
}

fn lead(traced: &Traced, rows: usize, whole: usize) -> Markup {
    let kind = traced.kinds.first().map_or("", String::as_str);
    if rows == 0 {
        return Markup::new().strong(&format!("No {kind}")).text(" is among the records of this moment.");
    }
    let m = Markup::new().strong(&format!(
        "{} of {}",
        grouped(whole as u64),
        count(rows as u64, kind, &format!("{kind} records"))
    ));
    let to = traced.kinds.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(", ");
    m.text(&format!(" reach {to} with no hole, no suspect link and no result in doubt."))
}
