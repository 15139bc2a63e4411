//! For programs. Field names are stable within `version`.

use super::View;
use crate::engine::{Gap, GapState};
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = view.report;
    let problems: Vec<Value> = report
        .problems
        .iter()
        .map(|problem| {
            json!({
                "code": problem.code.name(), "file": view.file(problem.place), "line": problem.place.line,
                "record": problem.record, "message": problem.message, "fix": problem.fix, "excerpt": problem.excerpt,
            })
        })
        .collect();
    let gaps: Vec<Value> = report.gaps.iter().map(|gap| one(view, gap)).collect();
    let suspects: Vec<Value> = report
        .suspects
        .iter()
        .map(|suspect| {
            json!({
                "record": view.set.id(suspect.record), "changed": view.set.id(suspect.changed), "fields": suspect.fields,
                "path": suspect.path.iter().map(|node| view.set.id(*node)).collect::<Vec<_>>(),
                "link": suspect.link.map(|edge| view.set.schema().link_name(edge.link)),
            })
        })
        .collect();
    let value = json!({
        "version": 1, "stage": report.stage, "records": report.records, "links": report.links,
        "exit": report.exit_status(), "problems": problems, "problems-left-out": report.problems_left_out,
        "gaps": gaps, "suspects": suspects, "unmatched-results": report.unmatched_results,
        "failing": report.gaps.iter().filter(|gap| gap.fails()).count(),
    });
    serde_json::to_writer(&mut *out, &value)?;
    writeln!(out)
}

fn one(view: &View<'_>, gap: &Gap) -> Value {
    let (state, by) = match &gap.state {
        GapState::Open => ("open", None),
        GapState::Justified(by) => ("justified", Some(by)),
        GapState::Lapsed(by) => ("lapsed", Some(by)),
    };
    json!({
        "rule": gap.rule.id, "record": gap.record, "about": gap.about, "severity": gap.severity.name(),
        "title": gap.rule.title, "why": gap.why, "hint": gap.rule.hint, "clauses": gap.rule.clauses,
        "file": view.file(gap.place), "line": gap.place.line, "retrospective": gap.retrospective,
        "claimed": gap.claimed,
        "state": state, "justification": by, "fails": gap.fails(),
    })
}
