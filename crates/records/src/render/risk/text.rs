//! Risks for people at a terminal.

use super::{RiskPage, heading, overall, verification};
use crate::risk::{Matrix, Region};
use std::io::{self, Write};

pub(super) fn write(page: &RiskPage<'_>, out: &mut dyn Write) -> io::Result<()> {
    match &page.set.schema().risk {
        Some(policy) => {
            let version = if policy.version.is_empty() { "without a version" } else { &policy.version };
            writeln!(out, "Policy {version}; probability per {}; ~ reduce, ! unacceptable\n", policy.per)?;
        }
        None => writeln!(
            out,
            "There is no policy: add `[risk]` to vouchsafe.toml for scales and matrices. Until then records speak for themselves.\n"
        )?,
    }
    for matrix in &page.view.matrices {
        self::matrix(page, matrix, out)?;
    }
    writeln!(out, "Risks")?;
    for risk in &page.view.risks {
        writeln!(out, "{} {}", page.set.id(risk.node), page.title(risk.node))?;
        writeln!(out, "  before  {}", page.evaluation(risk.node, &risk.initial))?;
        for control in &risk.controls {
            let introduces = if control.introduces.is_empty() {
                String::new()
            } else {
                format!("; introduces {}", page.ids(&control.introduces))
            };
            writeln!(
                out,
                "  control {} {}: {}{introduces}",
                page.set.id(control.node),
                page.title(control.node),
                verification(control)
            )?;
        }
        if !risk.introduced_by.is_empty() {
            writeln!(out, "  introduced by {}", page.ids(&risk.introduced_by))?;
        }
        let balance = if risk.benefit_risk { ", with benefit-risk analysis" } else { "" };
        writeln!(out, "  after   {}{balance}", page.evaluation(risk.node, &risk.residual))?;
    }
    writeln!(out, "\nOverall residual risk")?;
    overall(page).iter().try_for_each(|line| writeln!(out, "  {line}"))
}

fn matrix(page: &RiskPage<'_>, matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    let first = matrix.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let title = heading(matrix.when);
    let first = first.max(title.chars().count());
    write!(out, "{title:<first$}")?;
    for column in &matrix.columns {
        write!(out, "  {column:>5}")?;
    }
    writeln!(out)?;
    for (severity, cells) in &matrix.rows {
        let mut line = format!("{severity:<first$}");
        for (cell, column) in cells.iter().zip(&matrix.columns) {
            let mark = match cell.region {
                Region::Acceptable => " ",
                Region::Reduce => "~",
                Region::Unacceptable => "!",
            };
            let count = if cell.risks.is_empty() { ".".to_owned() } else { cell.risks.len().to_string() };
            let width = column.chars().count().max(5) - 1;
            line.push_str(&format!("  {count:>width$}{mark}"));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    for (severity, cells) in &matrix.rows {
        for (cell, column) in cells.iter().zip(&matrix.columns).filter(|(cell, _)| !cell.risks.is_empty()) {
            let region = cell.region.name();
            writeln!(out, "  {severity} × {column}, {region}: {}", page.ids(&cell.risks))?;
        }
    }
    for unplaced in &matrix.unplaced {
        writeln!(out, "  not in the matrix: {}", unplaced.why)?;
    }
    writeln!(out)
}
