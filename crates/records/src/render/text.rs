//! For people: problems and gaps with file, line and excerpt; a rule that has many is shown a few times and counted.

use super::{Excerpts, View};
use crate::engine::{Gap, GapState};
use crate::record::Place;
use crate::schema::{Severity, UNACCEPTED};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// How many gaps of one rule are shown in full.
const OF_ONE_RULE: usize = 5;
/// How many problems are shown in full.
const PROBLEMS: usize = 100;
/// How many ids a note lists.
const IDS: usize = 8;

pub(super) fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = view.report;
    let mut excerpts = Excerpts::default();
    let shown = if view.all { usize::MAX } else { PROBLEMS };
    for problem in report.problems.iter().take(shown) {
        writeln!(out, "error[{}]: {}", problem.code.name(), problem.message)?;
        place(view, &mut excerpts, problem.place, problem.excerpt.as_deref(), out)?;
        writeln!(out, "   = help: {}\n", problem.fix)?;
    }
    let more = report.problems.len().saturating_sub(shown) + report.problems_left_out;
    if more > 0 {
        writeln!(out, "… and {more} more problems\n")?;
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for weight in [Severity::Error, Severity::Warning] {
        for gap in report
            .gaps
            .iter()
            .filter(|gap| gap.severity == weight && !matches!(gap.state, GapState::Justified(_)))
        {
            let count = seen.entry(&gap.rule.id).or_default();
            *count += 1;
            if view.all || *count <= OF_ONE_RULE {
                one(view, &mut excerpts, gap, out)?;
            } else {
                *left.entry(&gap.rule.id).or_default() += 1;
            }
        }
    }
    for (rule, count) in left {
        writeln!(out, "… and {count} more of {rule} (--all shows them)")?;
    }
    notes(view, out)?;
    summary(view, out)
}

fn one(view: &View<'_>, excerpts: &mut Excerpts, gap: &Gap, out: &mut dyn Write) -> io::Result<()> {
    let retrospective = super::retrospective(gap);
    writeln!(out, "{}[{}]{retrospective}: {}", gap.severity.name(), gap.rule.id, gap.why)?;
    place(view, excerpts, gap.place, None, out)?;
    if !gap.rule.clauses.is_empty() {
        writeln!(out, "   = asked for by: {}", gap.rule.clauses.join("; "))?;
    }
    if let GapState::Lapsed(by) = &gap.state {
        writeln!(
            out,
            "   = note: {by} justified this, but was not accepted at the present revision of {}",
            gap.record
        )?;
    }
    writeln!(out, "   = help: {}\n", gap.rule.hint)
}

fn place(
    view: &View<'_>,
    excerpts: &mut Excerpts,
    at: Place,
    excerpt: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let file = view.file(at);
    if file.is_empty() {
        return Ok(());
    }
    if at.line == 0 {
        return writeln!(out, "  --> {file}");
    }
    writeln!(out, "  --> {file}:{}", at.line)?;
    match excerpt.or_else(|| excerpts.line(view, at)) {
        Some(line) => writeln!(
            out,
            "   |\n{:>3}| {}",
            at.line,
            line.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}")
        ),
        None => Ok(()),
    }
}

/// Notes in one line a rule: what does not weigh yet should not drown what does.
fn notes(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut notes: BTreeMap<&str, Vec<&Gap>> = BTreeMap::new();
    for gap in
        view.report.gaps.iter().filter(|gap| gap.severity == Severity::Note && gap.state == GapState::Open)
    {
        notes.entry(&gap.rule.id).or_default().push(gap);
    }
    for (rule, gaps) in notes {
        let shown = if view.all { usize::MAX } else { IDS };
        // A record with several gaps of a rule is named once, a link by both its ends.
        let place = |gap: &&Gap| match rule {
            UNACCEPTED => format!("{}→{}", gap.record, gap.about),
            _ => gap.record.to_string(),
        };
        let mut records: Vec<String> = gaps.iter().map(place).collect();
        records.dedup();
        let ids: Vec<&str> = records.iter().take(shown).map(String::as_str).collect();
        let more = records.len().saturating_sub(ids.len());
        let more = if more > 0 { format!(" … {more} more") } else { String::new() };
        let title = gaps.first().map_or("", |gap| &*gap.rule.title);
        // A gap of the product as a whole is at no record.
        let at = if ids.iter().all(|id| id.is_empty()) {
            String::new()
        } else {
            format!(": open at {}", ids.join(" "))
        };
        writeln!(out, "note[{rule}]: {title}{at}{more}")?;
    }
    Ok(())
}

fn summary(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = view.report;
    if let Some(first) = report.unmatched_results.first() {
        writeln!(
            out,
            "{} of no test case of this product, such as {first}",
            counted(report.unmatched_results.len(), "result")
        )?;
    }
    let count = |wanted: &dyn Fn(&Gap) -> bool| report.gaps.iter().filter(|gap| wanted(gap)).count();
    let justified = |gap: &Gap| matches!(gap.state, GapState::Justified(_));
    let failing = count(&Gap::fails);
    let warnings = count(&|gap| gap.severity == Severity::Warning && !justified(gap));
    let notes = count(&|gap| gap.severity == Severity::Note && !justified(gap));
    let accepted = count(&justified);
    let problems = report.problems.len() + report.problems_left_out;
    let bad = if problems > 0 { format!("{}, ", counted(problems, "problem")) } else { String::new() };
    let known = if view.known > 0 { format!(" ({} known before)", view.known) } else { String::new() };
    writeln!(
        out,
        "{}, {}, stage {}: {bad}{}, {}, {}{known}, {accepted} justified",
        counted(report.records, "record"),
        counted(report.links, "link"),
        report.stage,
        counted(failing, "failing gap"),
        counted(warnings, "warning"),
        counted(notes, "note"),
    )
}

/// A number with its word: `1 record`, `2 records`.
pub(crate) fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}
