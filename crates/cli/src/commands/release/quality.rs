//! What a release and its bills of materials lack, shown: findings, never a reason to refuse them.

use std::collections::BTreeMap;

use evidence::facts::release::ReleaseMade;
use formats::sbom::{Element, Finding, FindingKind};
use serde_json::{Value, json};
use world::release::lacking;

use crate::failure::Failure;
use crate::text;
use crate::ui::Ui;

/// Components that a line names.
const NAMED: usize = 3;

/// What one bill of materials lacks.
pub(super) struct Report {
    /// What it is called.
    pub(super) name: String,
    /// Its components.
    pub(super) components: usize,
    /// Its gaps, each with the component.
    pub(super) findings: Vec<(Finding, Option<String>)>,
}

/// Who asks for an element.
fn asked_by(element: Element) -> &'static str {
    if element.is_ntia() { "NTIA" } else { "FDA" }
}

fn kind(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Missing => "missing",
        FindingKind::NotADate => "not a date",
    }
}

impl Report {
    /// Gaps by element and kind, with the components.
    fn grouped(&self) -> BTreeMap<(Element, FindingKind), Vec<Option<&str>>> {
        let mut groups: BTreeMap<_, Vec<Option<&str>>> = BTreeMap::new();
        for (finding, name) in &self.findings {
            groups.entry((finding.element, finding.kind)).or_default().push(name.as_deref());
        }
        groups
    }

    pub(super) fn json(&self) -> Value {
        let gaps: Vec<Value> = self
            .grouped()
            .into_iter()
            .map(|((element, k), names)| {
                let components: Vec<&str> = names.iter().copied().flatten().collect();
                json!({
                    "element": element.word(), "asked_by": asked_by(element), "finding": kind(k),
                    "count": names.len(), "components": components,
                })
            })
            .collect();
        json!({ "sbom": self.name, "components": self.components, "gaps": gaps })
    }

    fn print(&self, ui: &Ui) -> Result<(), Failure> {
        let groups = self.grouped();
        let name = text::printable(&self.name, 80);
        if groups.is_empty() {
            return ui
                .print(format!("\n{}", ui.good(&format!("{name} lacks nothing that NTIA and FDA ask for"))));
        }
        ui.print(format!("\n{}", ui.bold(&format!("What {name} lacks"))))?;
        for ((element, k), names) in groups {
            let mut line = format!("  {:<4}  {:<24}", asked_by(element), element.word());
            if k == FindingKind::NotADate {
                line.push_str("  not a date");
            }
            let shown: Vec<&str> = names.iter().copied().flatten().take(NAMED).collect();
            if names.iter().any(Option::is_some) {
                line.push_str(&format!(
                    "  {} of {}: ",
                    text::count(names.len() as u64),
                    text::count(self.components as u64)
                ));
                line.push_str(&text::printable(&shown.join(", "), 80));
                if names.len() > shown.len() {
                    line.push_str(", …");
                }
            }
            ui.print(line.trim_end())?;
        }
        Ok(())
    }
}

/// Everything a release lacks, as JSON.
pub(super) fn json(made: &ReleaseMade, reports: &[Report]) -> Value {
    let lacks: Vec<Value> = lacking(made)
        .into_iter()
        .map(|l| json!({ "lacks": l.word(), "consequence": l.consequence(), "clause": l.clause() }))
        .collect();
    json!({ "release": lacks, "sboms": reports.iter().map(Report::json).collect::<Vec<_>>() })
}

/// Everything a release lacks, for people.
pub(super) fn print(ui: &Ui, made: &ReleaseMade, reports: &[Report]) -> Result<(), Failure> {
    let lacks = lacking(made);
    if !lacks.is_empty() {
        ui.print(format!("\n{}", ui.warn("What the release does not name")))?;
        for lack in lacks {
            ui.print(format!("  {:<12} {} ({})", lack.word(), lack.consequence(), lack.clause()))?;
        }
    }
    reports.iter().try_for_each(|report| report.print(ui))
}
