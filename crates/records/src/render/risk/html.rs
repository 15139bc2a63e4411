//! One page: both matrices as tables whose counts link to their lists, then every risk with its controls.

use super::{RiskPage, heading, overall, verification, xml_escaped};
use crate::risk::{Matrix, Region};
use crate::set::Node;
use std::io::{self, Write};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#1d2733;background:#fff}table{border-collapse:collapse;margin:1em 0}th,td{border:1px solid #8a97a6;padding:.3em .7em;text-align:left;vertical-align:top}td.n{text-align:center;min-width:4em}.acceptable{background:#e3f1e5}.reduce{background:#fbf0d2}.unacceptable{background:#f8dcd9}.unknown{background:#e6e9ed}small{color:#4a5766}@media print{a{color:inherit;text-decoration:none}}";

pub(super) fn write(page: &RiskPage<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>Risks</title>\n<style>{STYLE}</style>\n<main>\n<h1>Risks</h1>"
    )?;
    match &page.set.schema().risk {
        Some(policy) => {
            let version = if policy.version.is_empty() { "without a version" } else { &policy.version };
            writeln!(
                out,
                "<p>Policy {}; probability per {}.</p>",
                xml_escaped(version),
                xml_escaped(&policy.per)
            )?;
        }
        None => writeln!(out, "<p>There is no policy: add <code>[risk]</code> to vouchsafe.toml.</p>")?,
    }
    for (number, matrix) in page.view.matrices.iter().enumerate() {
        self::matrix(page, number, matrix, out)?;
    }
    risks(page, out)?;
    writeln!(out, "<h2>Overall residual risk</h2>\n<ul>")?;
    for line in overall(page) {
        writeln!(out, "<li>{}</li>", xml_escaped(&line))?;
    }
    writeln!(out, "</ul>\n</main>\n</html>")
}

fn links(page: &RiskPage<'_>, nodes: &[Node]) -> String {
    let link = |node: &Node| {
        let id = xml_escaped(page.set.id(*node));
        format!("<a href=\"#{id}\">{id}</a>")
    };
    nodes.iter().map(link).collect::<Vec<_>>().join(" ")
}

fn matrix(page: &RiskPage<'_>, number: usize, matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<table>\n<caption>{}</caption>\n<tr><th>Severity</th>", heading(matrix.when))?;
    for column in &matrix.columns {
        write!(out, "<th scope=\"col\">{}</th>", xml_escaped(column))?;
    }
    writeln!(out, "</tr>")?;
    for (row, (severity, cells)) in matrix.rows.iter().enumerate() {
        write!(out, "<tr><th scope=\"row\">{}</th>", xml_escaped(severity))?;
        for (at, cell) in cells.iter().enumerate() {
            let region = cell.region.name();
            let count = match cell.risks.len() {
                0 => String::new(),
                count => format!("<a href=\"#r{number}-{row}-{at}\">{count}</a><br>"),
            };
            write!(out, "<td class=\"n {region}\">{count}<small>{region}</small></td>")?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table>\n<ul>")?;
    for (row, (severity, cells)) in matrix.rows.iter().enumerate() {
        for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.risks.is_empty()) {
            writeln!(
                out,
                "<li id=\"r{number}-{row}-{at}\">{} × {}, {}: {}</li>",
                xml_escaped(severity),
                xml_escaped(matrix.columns.get(at).map_or("", String::as_str)),
                cell.region.name(),
                links(page, &cell.risks)
            )?;
        }
    }
    for unplaced in &matrix.unplaced {
        writeln!(out, "<li>Not in the matrix: {}</li>", xml_escaped(&unplaced.why))?;
    }
    writeln!(out, "</ul>")
}

fn risks(page: &RiskPage<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<table>\n<caption>Every risk with its controls</caption>\n<tr><th scope=\"col\">Risk</th><th scope=\"col\">Of</th><th scope=\"col\">Before</th><th scope=\"col\">Controls</th><th scope=\"col\">After</th></tr>"
    )?;
    for risk in &page.view.risks {
        let id = xml_escaped(page.set.id(risk.node));
        let named =
            |node: &Node| format!("{} {}", xml_escaped(page.set.id(*node)), xml_escaped(page.title(*node)));
        let controls: Vec<String> = risk
            .controls
            .iter()
            .map(|control| {
                let introduces = if control.introduces.is_empty() {
                    String::new()
                } else {
                    format!("; introduces {}", xml_escaped(&page.ids(&control.introduces)))
                };
                format!("{}: {}{introduces}", named(&control.node), verification(control))
            })
            .collect();
        let introduced = if risk.introduced_by.is_empty() {
            String::new()
        } else {
            format!("<br><small>introduced by {}</small>", xml_escaped(&page.ids(&risk.introduced_by)))
        };
        let balance = if risk.benefit_risk { "<br><small>with benefit-risk analysis</small>" } else { "" };
        writeln!(
            out,
            "<tr id=\"{id}\"><th scope=\"row\">{id} {}{introduced}</th><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td class=\"{}\">{}{balance}</td></tr>",
            xml_escaped(page.title(risk.node)),
            risk.of.iter().map(named).collect::<Vec<_>>().join("<br>"),
            risk.initial.region.map_or("unknown", Region::name),
            xml_escaped(&page.evaluation(risk.node, &risk.initial)),
            controls.join("<br>"),
            risk.residual.region.map_or("unknown", Region::name),
            xml_escaped(&page.evaluation(risk.node, &risk.residual)),
        )?;
    }
    writeln!(out, "</table>")
}
