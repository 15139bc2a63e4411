//! The risks of a product as text, CSV, JSON, HTML or SVG. Each count leads to the list it counts: below the matrix in
//! text, by a link in HTML and SVG, beside it in JSON.

mod html;
mod svg;
mod text;

use super::xml_escaped;
use crate::command::TraceFormat;
use crate::risk::{Control, Evaluation, Matrix, Probability, Region, RiskView, When};
use crate::set::{Node, RecordSet};
use serde_json::{Value, json};
use std::io::{self, Write};

/// What is shown.
#[derive(Debug)]
pub struct RiskPage<'a> {
    /// The records.
    pub set: &'a RecordSet,
    /// Their risks.
    pub view: &'a RiskView,
}

/// Writes the risks in a format.
///
/// # Errors
/// When the output fails.
pub fn write(page: &RiskPage<'_>, format: TraceFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        TraceFormat::Text => text::write(page, out),
        TraceFormat::Csv => csv(page, out),
        TraceFormat::Json => writeln!(out, "{:#}", as_json(page)),
        TraceFormat::Html => html::write(page, out),
        TraceFormat::Svg => svg::document(page, out),
    }
}

/// One matrix as an SVG element; every count that is not zero links to `HREF(severity row, column)`.
///
/// # Errors
/// When the output fails.
pub fn matrix_svg(
    matrix: &Matrix,
    href: &dyn Fn(usize, usize) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    svg::matrix(matrix, href, out)
}

impl RiskPage<'_> {
    fn ids(&self, nodes: &[Node]) -> String {
        nodes.iter().map(|node| self.set.id(*node)).collect::<Vec<_>>().join(" ")
    }

    fn title(&self, node: Node) -> &str {
        self.set.record(node).map_or("", |record| record.title())
    }

    /// `S5 × remote: reduce`, or what is missing.
    fn evaluation(&self, node: Node, evaluation: &Evaluation) -> String {
        let Some(region) = evaluation.region else {
            let id = self.set.id(node);
            return evaluation.trouble.as_ref().map_or_else(|| "not evaluated".to_owned(), |t| t.text(id));
        };
        match self.place(evaluation) {
            Some((severity, probability)) => format!("{severity} × {probability}: {}", region.name()),
            None => region.name().to_owned(),
        }
    }

    /// Names of severity and probability.
    fn place(&self, evaluation: &Evaluation) -> Option<(&str, &str)> {
        let policy = self.set.schema().risk.as_ref()?;
        let severity = &policy.severity.get(evaluation.severity?)?.name;
        let probability = match evaluation.probability? {
            Probability::Class(at) => &policy.probability.get(at)?.name,
            Probability::NotEstimable => "not estimable",
        };
        Some((severity, probability))
    }
}

fn heading(when: When) -> &'static str {
    match when {
        When::Initial => "Before control",
        When::Residual => "After control",
    }
}

/// What is said of a control's two verifications.
fn verification(control: &Control) -> &'static str {
    match (control.implemented, control.effective) {
        (true, true) => "implementation and effectiveness verified",
        (true, false) => "implementation verified, effectiveness not",
        (false, true) => "effectiveness verified, implementation not",
        (false, false) => "not verified",
    }
}

/// One row a risk.
fn csv(page: &RiskPage<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "risk,title,of,severity,probability,region,controls,verified-implementation,verified-effectiveness,residual-severity,residual-probability,residual-region,benefit-risk,introduced-by"
    )?;
    for risk in &page.view.risks {
        let place = |evaluation: &Evaluation| {
            let (severity, probability) = page.place(evaluation).unwrap_or(("", ""));
            let region = evaluation.region.map_or("unknown", Region::name);
            [severity.to_owned(), probability.to_owned(), region.to_owned()]
        };
        let joined = |nodes: Vec<Node>| page.ids(&nodes).replace(' ', ";");
        let controls = |wanted: fn(&Control) -> bool| {
            joined(risk.controls.iter().filter(|control| wanted(control)).map(|c| c.node).collect())
        };
        let mut cells = vec![
            page.set.id(risk.node).to_owned(),
            page.title(risk.node).to_owned(),
            joined(risk.of.clone()),
        ];
        cells.extend(place(&risk.initial));
        cells.extend([controls(|_| true), controls(|c| c.implemented), controls(|c| c.effective)]);
        cells.extend(place(&risk.residual));
        cells.push(if risk.benefit_risk { "yes" } else { "no" }.to_owned());
        cells.push(joined(risk.introduced_by.clone()));
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(())
}

/// A cell of RFC 4180.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn as_json(page: &RiskPage<'_>) -> Value {
    let (set, view) = (page.set, page.view);
    let ids = |nodes: &[Node]| nodes.iter().map(|node| set.id(*node)).collect::<Vec<_>>();
    let evaluation = |node: Node, evaluation: &Evaluation| {
        let place = page.place(evaluation);
        json!({
            "severity": place.map(|place| place.0), "probability": place.map(|place| place.1),
            "region": evaluation.region.map(Region::name), "stated": evaluation.stated,
            "trouble": evaluation.trouble.as_ref().map(|trouble| trouble.text(set.id(node))),
        })
    };
    let matrices: Vec<Value> = view
        .matrices
        .iter()
        .map(|matrix| {
            let rows: Vec<Value> = matrix
                .rows
                .iter()
                .map(|(severity, cells)| {
                    let cells: Vec<Value> = cells
                        .iter()
                        .zip(&matrix.columns)
                        .map(|(cell, column)| {
                            json!({ "probability": column, "region": cell.region.name(), "count": cell.risks.len(), "risks": ids(&cell.risks) })
                        })
                        .collect();
                    json!({ "severity": severity, "cells": cells })
                })
                .collect();
            let unplaced: Vec<Value> =
                matrix.unplaced.iter().map(|u| json!({ "risk": set.id(u.risk), "why": u.why })).collect();
            json!({ "when": heading(matrix.when).to_ascii_lowercase(), "rows": rows, "unplaced": unplaced })
        })
        .collect();
    let risks: Vec<Value> = view
        .risks
        .iter()
        .map(|risk| {
            let controls: Vec<Value> = risk
                .controls
                .iter()
                .map(|control| {
                    json!({
                        "id": set.id(control.node), "implementation-verified": control.implemented,
                        "effectiveness-verified": control.effective, "introduces": ids(&control.introduces),
                    })
                })
                .collect();
            json!({
                "id": set.id(risk.node), "title": page.title(risk.node), "of": ids(&risk.of),
                "initial": evaluation(risk.node, &risk.initial), "residual": evaluation(risk.node, &risk.residual),
                "controls": controls, "introduced-by": ids(&risk.introduced_by), "benefit-risk": risk.benefit_risk,
            })
        })
        .collect();
    let regions: serde_json::Map<String, Value> = Region::ALL
        .into_iter()
        .map(|region| {
            let there = view.overall.regions.get(&region).map_or(&[][..], Vec::as_slice);
            (region.name().to_owned(), json!({ "count": there.len(), "risks": ids(there) }))
        })
        .collect();
    let exceeded: Vec<Value> = view
        .overall
        .exceeded
        .iter()
        .map(
            |(region, there, allowed)| json!({ "region": region.name(), "count": there, "allowed": allowed }),
        )
        .collect();
    json!({
        "version": 1,
        "policy": set.schema().risk.as_ref().map(|policy| json!({ "version": policy.version, "per": policy.per })),
        "matrices": matrices, "risks": risks,
        "overall": {
            "regions": regions, "unknown": ids(&view.overall.unknown), "exceeded": exceeded,
            "without-benefit-risk": ids(&view.overall.unbalanced), "criteria-met": set.schema().risk.is_some() && view.overall.holds(),
        },
    })
}

/// The criteria of the overall residual risk in one sentence each.
fn overall(page: &RiskPage<'_>) -> Vec<String> {
    let overall = &page.view.overall;
    let counts: Vec<String> = Region::ALL
        .into_iter()
        .map(|region| format!("{} {}", overall.regions.get(&region).map_or(0, Vec::len), region.name()))
        .collect();
    let mut lines = vec![format!("{} risks remain: {}", page.view.risks.len(), counts.join(", "))];
    if !overall.unknown.is_empty() {
        lines.push(format!("residual risk not known: {}", page.ids(&overall.unknown)));
    }
    for (region, there, allowed) in &overall.exceeded {
        lines.push(format!("{there} are {}; the policy accepts {allowed} together", region.name()));
    }
    if !overall.unbalanced.is_empty() {
        lines.push(format!("unacceptable without benefit-risk analysis: {}", page.ids(&overall.unbalanced)));
    }
    lines.push(match (page.set.schema().risk.is_some(), overall.holds()) {
        (false, _) => {
            "there is no policy, so there are no criteria and nothing is evaluated by any".to_owned()
        }
        (true, true) => "the criteria of the policy are met".to_owned(),
        (true, false) => "the criteria of the policy are not met".to_owned(),
    });
    lines
}
