//! `/gaps`: what is missing at a moment, by the rule that asks for it or by the clause behind the rule.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::properties::grouped;
use records::engine::{Gap, GapState};
use records::schema::Severity;
use serde_json::json;
use views::design::Design;

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::sheet::{Form, Sheet};
use super::super::shell::{Section, Shell, html};
use super::families::{FAMILIES, families, family};
use super::{Lines, design};

/// Gaps of a group that are listed on the page of all groups.
const SHOWN: usize = 10;
/// Gaps of one group on a page of its own.
const MAX_GROUP: usize = 1_000;

/// What is listed.
const SHOWS: [(&str, &str); 6] = [
    ("", "Failing"),
    ("warning", "Warnings"),
    ("note", "Noted"),
    ("all", "All that are open"),
    ("justified", "Justified"),
    ("retrospective", "In the wrong order"),
];

struct Item {
    href: Option<String>,
    record: String,
    why: String,
    state: Markup,
}

struct Group {
    anchor: String,
    name: String,
    title: String,
    hint: String,
    asked: Vec<String>,
    count: String,
    items: Vec<Item>,
    more: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "gaps.html")]
struct GapsPage {
    s: Shell,
    lead: Markup,
    lines: Vec<(String, bool)>,
    by: &'static str,
    shows: Vec<(&'static str, &'static str, bool)>,
    families: Vec<(&'static str, &'static str, bool)>,
    rules: Option<String>,
    groups: Vec<Group>,
    clear: String,
    one: bool,
    note: Option<String>,
    pushed: bool,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let lines = Lines::choose(ask, &view)?;
    let by = match ask.param("by") {
        None | Some("rule") => "rule",
        Some("clause") => "clause",
        Some(other) => return Err(PageError::bad_filter(format!("Gaps are not listed by “{other}”."))),
    };
    let form = Form::asked(ask)?;
    let show = ask.param("show").unwrap_or_default();
    if !SHOWS.iter().any(|(word, _)| *word == show) {
        return Err(PageError::bad_filter(format!("“{show}” is no state of gaps.")));
    }
    let of = ask.param("family").unwrap_or_default();
    if !of.is_empty() && family(of).is_none() {
        return Err(PageError::bad_filter(format!("“{of}” is no family of clauses.")));
    }
    let mut page = GapsPage {
        lead: Markup::new().strong("No record").text(" was pushed by this moment."),
        lines: lines.as_ref().map(|l| l.all.clone()).unwrap_or_default(),
        by,
        shows: SHOWS.iter().map(|(word, text)| (*word, *text, *word == show)).collect(),
        families: FAMILIES.iter().map(|family| (family.word, family.name, family.word == of)).collect(),
        rules: None,
        groups: Vec::new(),
        clear: view.to("/gaps"),
        one: false,
        note: None,
        pushed: lines.is_some(),
        s: Shell::new(ask, &view, "Gaps", Section::Gaps),
    };
    let Some(lines) = lines else { return html(StatusCode::OK, &page) };
    match design(ask, &view, &lines)? {
        Err(why) => {
            page.lead = Markup::new().strong("The rules cannot be asked").text(" at this moment.");
            page.note = Some(format!("{why}."));
        }
        Ok(design) => {
            let only = ask.param("group");
            let filter = Filter { by, show, of, only };
            if let Some(form) = form {
                return sheet(ask, &view, &filter, filter.gaps(&design), form);
            }
            page.s = page.s.listed(ask, &view);
            page.one = only.is_some();
            let gaps = filter.gaps(&design);
            page.lead = lead(&design, &filter, gaps.len());
            page.groups = groups(&view, &lines, &design, &filter, gaps);
            page.clear = view.to(&lines.path("/gaps", &[("by", by), ("show", show), ("family", of)]));
            page.rules = Some(view.to(&lines.path("/rules", &[("family", of)])));
        }
    }
    html(StatusCode::OK, &page)
}

/// Which gaps are listed, and how.
struct Filter<'a> {
    by: &'a str,
    show: &'a str,
    /// Word of a clause family, or empty.
    of: &'a str,
    /// The one group that is listed.
    only: Option<&'a str>,
}

impl Filter<'_> {
    fn gaps<'d>(&self, design: &'d Design) -> Vec<&'d Gap> {
        let schema = design.evaluator.set().schema();
        // Gaps of a rule are many, families of a rule are few: each rule is looked up once.
        let mut asks: BTreeMap<&str, bool> = BTreeMap::new();
        let mut of = |gap: &'d Gap| {
            let rule: &'d str = &gap.rule.id;
            let found = || families(schema, rule).iter().any(|family| family.word == self.of);
            self.of.is_empty() || *asks.entry(rule).or_insert_with(found)
        };
        design.report.gaps.iter().filter(|gap| shown(gap, self.show) && of(gap)).collect()
    }
}

fn shown(gap: &Gap, show: &str) -> bool {
    let justified = matches!(gap.state, GapState::Justified(_));
    match show {
        "" => gap.fails(),
        "warning" => !justified && gap.severity == Severity::Warning,
        "note" => !justified && gap.severity == Severity::Note,
        "justified" => justified,
        "retrospective" => gap.retrospective && !justified,
        _ => !justified,
    }
}

fn lead(design: &Design, filter: &Filter<'_>, listed: usize) -> Markup {
    let gaps = &design.report.gaps;
    let failing = gaps.iter().filter(|gap| gap.fails()).count();
    let justified = gaps.iter().filter(|gap| matches!(gap.state, GapState::Justified(_))).count();
    let other = gaps.len() - failing - justified;
    let m = match failing {
        0 => Markup::new().strong("No failing gap"),
        n => Markup::new().strong(&count(n as u64, "failing gap", "failing gaps")),
    };
    let m = m.text(&format!(
        " at stage {}; {} reported without failing, {} justified.",
        design.report.stage,
        grouped(other as u64),
        grouped(justified as u64)
    ));
    match family(filter.of) {
        None => m,
        Some(family) => {
            m.text(" Listed here: ").strong(&grouped(listed as u64)).text(&format!(" of {}.", family.name))
        }
    }
}

/// Gaps by rule or clause, the most first. A gap that several clauses ask for stands under each.
fn by_group<'d>(filter: &Filter<'_>, gaps: Vec<&'d Gap>) -> Vec<(&'d str, Vec<&'d Gap>)> {
    let mut grouped_by: BTreeMap<&'d str, Vec<&'d Gap>> = BTreeMap::new();
    for gap in gaps {
        if filter.by == "rule" {
            grouped_by.entry(&gap.rule.id).or_default().push(gap);
            continue;
        }
        for clause in &gap.rule.clauses {
            grouped_by.entry(clause).or_default().push(gap);
        }
        if gap.rule.clauses.is_empty() {
            grouped_by.entry("No clause").or_default().push(gap);
        }
    }
    let mut all: Vec<(&'d str, Vec<&'d Gap>)> = grouped_by.into_iter().collect();
    all.retain(|(name, _)| filter.only.is_none_or(|only| only == *name));
    all.sort_by_key(|(name, gaps)| (core::cmp::Reverse(gaps.len()), *name));
    all
}

/// The whole list as a file: a gap of a group a row, in the order of the groups.
fn sheet(
    ask: &Ask,
    view: &View<'_>,
    filter: &Filter<'_>,
    gaps: Vec<&Gap>,
    form: Form,
) -> Result<Response, PageError> {
    let row = |group: &str, gap: &Gap| {
        let (state, justification) = match &gap.state {
            GapState::Open => ("open", None),
            GapState::Justified(by) => ("justified", Some(by)),
            GapState::Lapsed(by) => ("lapsed", Some(by)),
        };
        json!({
            "group": group, "record": gap.record, "about": gap.about, "why": gap.why, "rule": gap.rule.id,
            "title": gap.rule.title, "severity": gap.severity.name(), "clauses": gap.rule.clauses,
            "fails": gap.fails(), "retrospective": gap.retrospective, "state": state, "justification": justification,
        })
    };
    let all = by_group(filter, gaps);
    let rows = all.iter().flat_map(|(group, gaps)| gaps.iter().map(|gap| row(group, gap))).collect();
    let columns = [
        "group",
        "record",
        "about",
        "why",
        "rule",
        "title",
        "severity",
        "clauses",
        "fails",
        "retrospective",
        "state",
        "justification",
    ];
    Ok(Sheet::new(ask, view, form, "gaps", &columns)?.all(rows))
}

fn groups(
    view: &View<'_>,
    lines: &Lines,
    design: &Design,
    filter: &Filter<'_>,
    gaps: Vec<&Gap>,
) -> Vec<Group> {
    let Filter { by, show, of, only } = *filter;
    let all = by_group(filter, gaps);
    let limit = if only.is_some() { MAX_GROUP } else { SHOWN };
    let group = |(n, (name, gaps)): (usize, (&str, Vec<&Gap>))| {
        let rule = gaps.first().map(|gap| &gap.rule);
        let whole = lines.path("/gaps", &[("by", by), ("show", show), ("family", of), ("group", name)]);
        let left = gaps.len().saturating_sub(limit);
        Group {
            anchor: format!("g{n}"),
            name: name.to_owned(),
            title: rule.filter(|_| by == "rule").map(|r| r.title.clone()).unwrap_or_default(),
            hint: rule.filter(|_| by == "rule").map(|r| r.hint.clone()).unwrap_or_default(),
            asked: rule.filter(|_| by == "rule").map(|r| r.clauses.clone()).unwrap_or_default(),
            count: grouped(gaps.len() as u64),
            items: gaps.iter().take(limit).map(|gap| item(view, lines, design, gap)).collect(),
            more: (left > 0 && only.is_none())
                .then(|| (view.to(&whole), format!("{} more", grouped(left as u64)))),
        }
    };
    all.into_iter().enumerate().map(group).collect()
}

fn item(view: &View<'_>, lines: &Lines, design: &Design, gap: &Gap) -> Item {
    let product = gap.record.is_empty();
    let known = design.evaluator.set().node(&gap.record).is_some();
    let m = Markup::new();
    let state = match (&gap.state, gap.severity) {
        (GapState::Justified(by), _) => {
            m.state("justified", "justified").text(" by ").link(&view.to(&lines.record(by)), by)
        }
        (GapState::Lapsed(by), _) => {
            m.state("gap", "lapsed").text(" since ").link(&view.to(&lines.record(by)), by)
        }
        (GapState::Open, Severity::Error) => m.state("gap", "fails"),
        (GapState::Open, Severity::Warning) => m.state("warning", "warning"),
        (GapState::Open, _) => m.state("open", "noted"),
    };
    Item {
        href: (!product && known).then(|| view.to(&lines.record(&gap.record))),
        record: if product { "the product".to_owned() } else { gap.record.to_string() },
        why: cut(&gap.why, 400),
        state,
    }
}
