//! `/risk`: risks by severity and probability before and after control, by the policy in force; the overall residual risk and
//! what was concluded about it; every risk with its controls (ISO 14971 clauses 5.5, 6, 7 and 8). The same engine as
//! `vouchsafe risk` (`records::risk`).

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ledger::properties::grouped;
use records::record::Record;
use records::risk::{
    Control, Evaluation, Matrix, Policy, Probability, Region, RiskLine, RiskView, When, risk_view,
};
use records::set::{Node, RecordSet};
use views::design::Design;

use super::super::Ask;
use super::super::error::PageError;
use super::super::markup::{Markup, count};
use super::super::moments::View;
use super::super::phrase::cut;
use super::super::shell::{Section, Shell, html};
use super::{Lines, design};

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

/// Which risks are listed.
#[derive(Default)]
struct Chosen {
    when: Option<When>,
    severity: String,
    probability: String,
    region: String,
    /// Without a place in the matrix.
    unplaced: bool,
    /// Unacceptable residual risks without a benefit-risk analysis.
    unbalanced: bool,
    /// With a control that is not verified in full.
    unverified: bool,
}

/// Whether a control of it is not verified in full.
fn unverified(risk: &RiskLine) -> bool {
    risk.controls.iter().any(|control| !control.implemented || !control.effective)
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

impl Chosen {
    fn read(ask: &Ask) -> Result<Self, PageError> {
        let text = |name: &str| ask.param(name).unwrap_or_default().to_owned();
        let when = match ask.param("when") {
            None => None,
            Some(word) => Some(When::parse(word).ok_or_else(|| {
                PageError::bad_filter(format!("“{word}” is neither `initial` nor `residual`."))
            })?),
        };
        let region = text("region");
        if !region.is_empty() && region != "unknown" && Region::parse(&region).is_none() {
            return Err(PageError::bad_filter(format!("“{region}” is no region of a policy.")));
        }
        Ok(Self {
            when,
            severity: text("severity"),
            probability: text("probability"),
            region,
            unplaced: ask.param("unplaced").is_some(),
            unbalanced: ask.param("unbalanced").is_some(),
            unverified: ask.param("unverified").is_some(),
        })
    }

    fn any(&self) -> bool {
        self.unplaced
            || self.unbalanced
            || self.unverified
            || [&self.severity, &self.probability, &self.region].iter().any(|text| !text.is_empty())
    }

    fn word(&self) -> &'static str {
        if self.when == Some(When::Initial) { "initial" } else { "residual" }
    }

    fn holds(&self, risk: &RiskLine, place: Option<(&str, &str)>) -> bool {
        let evaluation = if self.when == Some(When::Initial) { &risk.initial } else { &risk.residual };
        let fits = |asked: &str, is: Option<&str>| asked.is_empty() || is == Some(asked);
        let region = match self.region.as_str() {
            "" => true,
            "unknown" => evaluation.region.is_none(),
            word => evaluation.region.map(Region::name) == Some(word),
        };
        // A place counts where the matrix has it: with a region.
        let place = place.filter(|_| evaluation.region.is_some());
        region
            && fits(&self.severity, place.map(|p| p.0))
            && fits(&self.probability, place.map(|p| p.1))
            && (!self.unplaced || place.is_none())
            && (!self.unbalanced
                || (risk.residual.region == Some(Region::Unacceptable) && !risk.benefit_risk))
            && (!self.unverified || unverified(risk))
    }
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

    /// The policy, its criteria, and what was concluded.
    fn overall(&self, risks: &RiskView, policy: Option<&Policy>) -> Vec<(&'static str, Markup)> {
        let mut out = Vec::new();
        if let Some(policy) = policy {
            let version = if policy.version.is_empty() { "no version named" } else { &policy.version };
            out.push(("Policy", Markup::new().text(version)));
            out.push(("Probability of", Markup::new().text(&format!("harm per {}", policy.per))));
            for (region, allowed) in &policy.overall {
                let there = risks.overall.regions.get(region).map_or(0, Vec::len);
                let text = format!("{} of at most {}", grouped(there as u64), grouped(*allowed as u64));
                let state = if there > *allowed { "gap" } else { "met" };
                let label = match region {
                    Region::Acceptable => "Acceptable",
                    Region::Reduce => "To be reduced",
                    Region::Unacceptable => "Unacceptable",
                };
                out.push((label, Markup::new().state(state, &text)));
            }
        }
        let (state, word) = match (policy.is_some(), risks.overall.holds()) {
            (false, _) => ("gap", "none: there is no policy"),
            (true, true) => ("met", "are met"),
            (true, false) => ("gap", "are not met"),
        };
        out.push(("Criteria", Markup::new().state(state, word)));
        let concluded = self.concluded();
        if concluded.is_empty() {
            let none = "nobody concluded; a record says so in `overall-residual-risk`";
            out.push(("Conclusion", Markup::new().element("span", "u", none)));
        }
        out.extend(concluded.into_iter().map(|m| ("Conclusion", m)));
        out
    }

    /// The records that evaluate the overall residual risk, with what they conclude.
    fn concluded(&self) -> Vec<Markup> {
        let set = self.set();
        let provides = |record: &Record| {
            record.field("provides").is_some_and(|field| field.values().any(|v| v == OVERALL))
        };
        let mut found: Vec<(&str, &Record)> =
            set.records().filter(|(_, r)| provides(r)).map(|(_, r)| (r.id(), r)).collect();
        found.sort_unstable_by_key(|(id, _)| *id);
        let one = |(id, record): &(&str, &Record)| {
            let m = match record.text_of(OVERALL) {
                "" => Markup::new().state("gap", "no conclusion"),
                "not-acceptable" => Markup::new().state("fail", "not acceptable"),
                word => Markup::new().state("met", &word.replace('-', " ")),
            };
            m.text(" in ")
                .link(&self.view.to(&self.lines.record(id)), id)
                .text(&format!(", {}", cut(record.title(), 80)))
        };
        found.iter().take(MAX_CELL).map(one).collect()
    }

    fn links(&self, nodes: &[Node]) -> Markup {
        let set = self.set();
        let mut m = Markup::new();
        for (n, node) in nodes.iter().take(MAX_CELL).enumerate() {
            let id = set.id(*node);
            m = if n > 0 { m.text(", ") } else { m };
            m = m.link(&self.view.to(&self.lines.record(id)), id);
        }
        if nodes.len() > MAX_CELL {
            m = m.text(&format!(" and {} more", nodes.len() - MAX_CELL));
        }
        m
    }

    fn evaluation(&self, node: Node, evaluation: &Evaluation, policy: Option<&Policy>) -> Markup {
        let Some(region) = evaluation.region else {
            let why = evaluation.trouble.as_ref().map(|t| t.text(self.set().id(node)));
            let m = Markup::new().state("undetermined", "not evaluated");
            return m.element("span", "sub", &why.unwrap_or_default());
        };
        let m = Markup::new().state(state(region), region.name());
        match place(policy, evaluation) {
            Some((severity, probability)) => m.element("span", "sub", &format!("{severity} × {probability}")),
            None => m,
        }
    }

    fn row(&self, risk: &RiskLine, policy: Option<&Policy>) -> Row {
        let set = self.set();
        let id = set.id(risk.node);
        let control = |control: &Control| {
            let (state, word) = match (control.implemented, control.effective) {
                (true, true) => ("met", "verified"),
                (true, false) => ("gap", "effectiveness open"),
                (false, true) => ("gap", "implementation open"),
                (false, false) => ("gap", "not verified"),
            };
            let id = set.id(control.node);
            let m = Markup::new().raw("<li>").link(&self.view.to(&self.lines.record(id)), id).text(" ");
            m.state(state, word).raw("</li>")
        };
        let controls = risk.controls.iter().take(MAX_CELL).map(control);
        let list = controls.fold(Markup::new().raw("<ul class=\"plain\">"), |m, li| m.then(&li)).raw("</ul>");
        let balance = match (risk.benefit_risk, risk.residual.region) {
            (true, _) => Markup::new().state("met", "written"),
            (false, Some(Region::Unacceptable)) => Markup::new().state("gap", "missing"),
            (false, _) => Markup::new().element("span", "u", "not needed"),
        };
        let of = self.links(&risk.of);
        let of = if risk.introduced_by.is_empty() {
            of
        } else {
            of.text("; introduced by ").then(&self.links(&risk.introduced_by))
        };
        Row {
            href: self.view.to(&self.lines.record(id)),
            id: id.to_owned(),
            title: cut(set.record(risk.node).map_or("", Record::title), 120),
            of,
            before: self.evaluation(risk.node, &risk.initial, policy),
            after: self.evaluation(risk.node, &risk.residual, policy),
            controls: if risk.controls.is_empty() {
                Markup::new().element("span", "u", "none")
            } else {
                list
            },
            balance,
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
