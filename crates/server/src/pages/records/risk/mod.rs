//! `/risk`: risks by severity and probability before and after control, by the policy in force; the overall residual risk and
//! what was concluded about it; every risk with its controls (ISO 14971 clauses 5.5, 6, 7 and 8). The same engine as
//! `vouchsafe risk` (`records::risk`).
//!
//! | file | what |
//! |---|---|
//! | `chosen` | which risks are listed |
//! | `rows` | the overall residual risk and the list |

mod chosen;
mod rows;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::properties::grouped;
use records::risk::{Evaluation, Matrix, Policy, Probability, Region, RiskLine, RiskView, When, risk_view};
use records::set::RecordSet;
use views::design::Design;

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::shell::{Section, Shell, html};
use super::{Lines, design};
use chosen::{Chosen, unverified};

/// Risks of a page.
const PAGE: usize = 200;
/// Records of one cell of the list.
const MAX_CELL: usize = 12;
/// Topic that a record provides which evaluates the overall residual risk; the field with its conclusion is called the same.
const OVERALL: &str = "overall-residual-risk";

struct Cell {
    /// Word of the region: what the policy says.
    region: &'static str,
    letter: &'static str,
    n: String,
    href: Option<String>,
    chosen: bool,
}

struct Table {
    anchor: &'static str,
    title: &'static str,
    columns: Vec<String>,
    rows: Vec<(String, String, Vec<Cell>)>,
    placed: String,
    unplaced: Option<(String, String)>,
}

struct Figure {
    href: String,
    state: &'static str,
    label: &'static str,
    value: String,
    note: String,
}

struct Row {
    href: String,
    id: String,
    title: String,
    of: Markup,
    before: Markup,
    after: Markup,
    controls: Markup,
    balance: Markup,
}

#[derive(Template)]
#[template(path = "risk.html")]
struct RiskPage {
    s: Shell,
    lead: Markup,
    lines: Vec<(String, bool)>,
    figures: Vec<Figure>,
    tables: Vec<Table>,
    policy: Vec<(&'static str, Markup)>,
    levels: Vec<(&'static str, Vec<(String, String)>)>,
    listed: String,
    clear: Option<String>,
    rows: Vec<Row>,
    first: Option<String>,
    more: Option<String>,
    note: Option<String>,
    pushed: bool,
    /// No risk is among the records.
    none: bool,
}

pub(super) fn page(ask: &Ask) -> Result<Response, PageError> {
    let view = View::open(ask)?;
    let lines = Lines::choose(ask, &view)?;
    let mut page = RiskPage {
        lead: Markup::new().strong("No record").text(" was pushed by this moment."),
        lines: lines.as_ref().map(|l| l.all.clone()).unwrap_or_default(),
        figures: Vec::new(),
        tables: Vec::new(),
        policy: Vec::new(),
        levels: Vec::new(),
        listed: String::new(),
        clear: None,
        rows: Vec::new(),
        first: None,
        more: None,
        note: None,
        pushed: lines.is_some(),
        none: false,
        s: Shell::new(ask, &view, "Risk", Section::Risk),
    };
    let Some(lines) = lines else { return html(StatusCode::OK, &page) };
    match design(ask, &view, &lines)? {
        Err(why) => {
            page.lead = Markup::new().strong("The policy cannot be applied").text(" at this moment.");
            page.note = Some(format!("{why}."));
        }
        Ok(design) => {
            let chosen = Chosen::read(ask)?;
            let from = ask.param("from").unwrap_or_default();
            Drawn { view: &view, lines: &lines, design: &design }.fill(&chosen, from, &mut page);
        }
    }
    html(StatusCode::OK, &page)
}

/// Names of severity and probability of an estimate.
fn place<'p>(policy: Option<&'p Policy>, evaluation: &Evaluation) -> Option<(&'p str, &'p str)> {
    let policy = policy?;
    let severity = &policy.severity.get(evaluation.severity?)?.name;
    let probability = match evaluation.probability? {
        Probability::Class(at) => policy.probability.get(at)?.name.as_str(),
        Probability::NotEstimable => "not estimable",
    };
    Some((severity, probability))
}

/// State that a region is drawn as.
const fn state(region: Region) -> &'static str {
    match region {
        Region::Acceptable => "met",
        Region::Reduce => "warning",
        Region::Unacceptable => "fail",
    }
}

const fn letter(region: Region) -> &'static str {
    match region {
        Region::Acceptable => "A",
        Region::Reduce => "R",
        Region::Unacceptable => "U",
    }
}

/// What is drawn from.
struct Drawn<'a> {
    view: &'a View<'a>,
    lines: &'a Lines,
    design: &'a Design,
}

impl Drawn<'_> {
    fn set(&self) -> &RecordSet {
        self.design.evaluator.set()
    }

    fn to(&self, query: &[(&str, &str)]) -> String {
        self.view.to(&self.lines.path("/risk", query))
    }

    fn list(&self, query: &[(&str, &str)]) -> String {
        format!("{}#risks", self.to(query))
    }

    fn fill(&self, chosen: &Chosen, from: &str, page: &mut RiskPage) {
        let (set, risks) = (self.set(), risk_view(self.set()));
        let policy = set.schema().risk.as_ref();
        page.none = risks.risks.is_empty();
        page.lead = lead(&risks, policy);
        page.figures = self.figures(&risks);
        page.tables = risks.matrices.iter().map(|matrix| self.table(matrix, policy, chosen)).collect();
        page.policy = self.overall(&risks, policy);
        page.levels = policy.map(levels).unwrap_or_default();
        let evaluation = |risk: &RiskLine| {
            let of = if chosen.when == Some(When::Initial) { &risk.initial } else { &risk.residual };
            place(policy, of).map(|(s, p)| (s.to_owned(), p.to_owned()))
        };
        let listed: Vec<&RiskLine> = risks
            .risks
            .iter()
            .filter(|risk| {
                let place = evaluation(risk);
                chosen.holds(risk, place.as_ref().map(|(s, p)| (s.as_str(), p.as_str())))
            })
            .collect();
        page.listed = if listed.len() == risks.risks.len() {
            grouped(listed.len() as u64)
        } else {
            format!("{} of {}", grouped(listed.len() as u64), grouped(risks.risks.len() as u64))
        };
        page.clear = chosen.any().then(|| self.list(&[]));
        let begin = listed.iter().take_while(|risk| set.id(risk.node) < from).count();
        let query = |from: &str| {
            let mut query = vec![
                ("when", chosen.word()),
                ("severity", &chosen.severity),
                ("probability", &chosen.probability),
                ("region", &chosen.region),
                ("from", from),
            ];
            query.extend(chosen.unplaced.then_some(("unplaced", "yes")));
            query.extend(chosen.unbalanced.then_some(("unbalanced", "yes")));
            query.extend(chosen.unverified.then_some(("unverified", "yes")));
            self.list(&query)
        };
        page.first = (begin > 0).then(|| query(""));
        page.more = listed.get(begin + PAGE).map(|risk| query(set.id(risk.node)));
        page.rows = listed.iter().skip(begin).take(PAGE).map(|risk| self.row(risk, policy)).collect();
    }

    fn figures(&self, risks: &RiskView) -> Vec<Figure> {
        let overall = &risks.overall;
        let of = |region: Region| overall.regions.get(&region).map_or(0, Vec::len) as u64;
        let figure = |query: &[(&str, &str)], state, label, n: u64, note: &str| Figure {
            href: self.list(query),
            state,
            label,
            value: grouped(n),
            note: note.to_owned(),
        };
        let warm = |n: u64, state| if n > 0 { state } else { "" };
        let unverified = risks.risks.iter().filter(|risk| unverified(risk)).count() as u64;
        let (unknown, unbalanced) = (overall.unknown.len() as u64, overall.unbalanced.len() as u64);
        let residual = |region: Region, note| {
            let (n, word) = (of(region), region.name());
            let state = match region {
                Region::Acceptable => "met",
                region => warm(n, state(region)),
            };
            let label = match region {
                Region::Acceptable => "Acceptable",
                Region::Reduce => "To be reduced",
                Region::Unacceptable => "Unacceptable",
            };
            figure(&[("when", "residual"), ("region", word)], state, label, n, note)
        };
        vec![
            figure(&[], "", "Risks", risks.risks.len() as u64, "with their controls"),
            residual(Region::Acceptable, "after control"),
            residual(Region::Reduce, "after control"),
            residual(Region::Unacceptable, "after control"),
            figure(
                &[("when", "residual"), ("region", "unknown")],
                warm(unknown, "undetermined"),
                "Not evaluated",
                unknown,
                "after control",
            ),
            figure(
                &[("unbalanced", "yes")],
                warm(unbalanced, "gap"),
                "Not balanced",
                unbalanced,
                "no benefit-risk analysis",
            ),
            figure(
                &[("unverified", "yes")],
                warm(unverified, "gap"),
                "Control open",
                unverified,
                "not verified in full",
            ),
        ]
    }

    fn table(&self, matrix: &Matrix, policy: Option<&Policy>, chosen: &Chosen) -> Table {
        let (anchor, title, when) = match matrix.when {
            When::Initial => ("h-before", "Before control", "initial"),
            When::Residual => ("h-after", "After control", "residual"),
        };
        let cell = |severity: &str, probability: &str, cell: &records::risk::Cell| Cell {
            region: cell.region.name(),
            letter: letter(cell.region),
            n: grouped(cell.risks.len() as u64),
            href: (!cell.risks.is_empty())
                .then(|| self.list(&[("when", when), ("severity", severity), ("probability", probability)])),
            chosen: chosen.word() == when && chosen.severity == severity && chosen.probability == probability,
        };
        let doc = |name: &str| {
            let level = policy.and_then(|p| p.severity.iter().find(|level| level.name == name));
            level.map(|level| level.doc.clone()).unwrap_or_default()
        };
        let rows = matrix.rows.iter().map(|(severity, cells)| {
            let cells = cells.iter().zip(&matrix.columns).map(|(c, column)| cell(severity, column, c));
            (severity.clone(), doc(severity), cells.collect())
        });
        let placed: usize =
            matrix.rows.iter().flat_map(|(_, cells)| cells).map(|cell| cell.risks.len()).sum();
        let left = matrix.unplaced.len();
        Table {
            anchor,
            title,
            columns: matrix.columns.clone(),
            rows: rows.collect(),
            placed: grouped(placed as u64),
            unplaced: (left > 0).then(|| {
                (self.list(&[("when", when), ("unplaced", "yes")]), count(left as u64, "risk", "risks"))
            }),
        }
    }
}

/// The scales in words: name and what it means, least first.
fn levels(policy: &Policy) -> Vec<(&'static str, Vec<(String, String)>)> {
    let severity = policy.severity.iter().map(|level| (level.name.clone(), level.doc.clone()));
    let probability = policy.probability.iter().map(|level| {
        let below = level.below.map(|n| format!("below {n:e}")).unwrap_or_default();
        let doc = if level.doc.is_empty() { below } else { format!("{}; {below}", level.doc) };
        (level.name.clone(), doc)
    });
    vec![("Severity", severity.collect()), ("Probability", probability.collect())]
}

fn lead(risks: &RiskView, policy: Option<&Policy>) -> Markup {
    let all = risks.risks.len() as u64;
    if all == 0 {
        return Markup::new().strong("No risk").text(" is among the records of this moment.");
    }
    let of = |region: Region| risks.overall.regions.get(&region).map_or(0, Vec::len) as u64;
    let m = Markup::new().strong(&format!(
        "{} of {} {} acceptable after control",
        grouped(of(Region::Acceptable)),
        count(all, "risk", "risks"),
        if of(Region::Acceptable) == 1 { "is" } else { "are" }
    ));
    let m = m.text(&format!(
        "; {} to be reduced where practicable, {} unacceptable.",
        grouped(of(Region::Reduce)),
        grouped(of(Region::Unacceptable))
    ));
    match (policy.is_some(), risks.overall.holds()) {
        (false, _) => m.text(" No policy places them in a matrix."),
        (true, true) => m.text(" The criteria of the overall residual risk are met."),
        (true, false) => m.text(" ").strong("The criteria of the overall residual risk are not met."),
    }
}
