//! `show`: one record with its links both ways, how they stand, its results and its gaps.

use super::{Beside, CommandError, Status, load, want};
use crate::engine::{Evaluator, GapState, suspects, verdict};
use crate::facts::Approval;
use crate::render::Format;
use crate::set::{LinkState, Node, RecordSet};
use crate::tree;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// What to show.
#[derive(Debug, Default)]
pub struct Show {
    /// Folder of `vouchsafe.toml`.
    pub root: PathBuf,
    /// Of which record.
    pub id: String,
    /// Text or JSON; other formats show text.
    pub format: Format,
    /// Approvals known.
    pub approvals: Vec<Approval>,
    /// What is known beside.
    pub beside: Beside,
}

/// Shows a record.
///
/// # Errors
/// When there is none of that id, or the tree fails.
pub fn show(options: &Show, out: &mut dyn Write) -> Result<Status, CommandError> {
    let mut set = load(&options.root, &options.beside.signed_editorial, &options.beside.others)?.set;
    for approval in &options.approvals {
        set.add_approval(approval.clone());
    }
    show_set(set, &options.id, options.format, out)
}

/// As `show`, for records from elsewhere.
///
/// # Errors
/// When there is none of that id, or the output fails.
pub fn show_set(
    set: RecordSet,
    id: &str,
    format: Format,
    out: &mut dyn Write,
) -> Result<Status, CommandError> {
    let node = want(&set, id)?;
    let evaluator = Evaluator::new(set, tree::threads());
    let done = match format {
        Format::Json => writeln!(out, "{:#}", as_json(&evaluator, node)),
        _ => as_text(&evaluator, node, out),
    };
    done.map_err(CommandError::Output)?;
    Ok(Status::Holds)
}

fn state(set: &RecordSet, from: Node, edge: crate::set::Edge) -> &'static str {
    if set.record(edge.node).is_none() {
        return "dangling";
    }
    match set.link_state(from, edge) {
        LinkState::Accepted => "accepted",
        LinkState::Unaccepted => "unaccepted",
        LinkState::Suspect(_) => "suspect",
    }
}

fn as_json(evaluator: &Evaluator, node: Node) -> Value {
    let set = evaluator.set();
    let schema = set.schema();
    let Some(record) = set.record(node) else { return Value::Null };
    let fields: serde_json::Map<String, Value> = record
        .fields()
        .filter(|field| !field.name().starts_with(crate::record::LINKS))
        .map(|field| (field.name().to_owned(), json!(field.values().collect::<Vec<_>>())))
        .collect();
    let edge = |from: Node, edge: crate::set::Edge, other: Node| json!({ "type": schema.link_name(edge.link), "id": set.id(other), "state": state(set, from, edge) });
    let out: Vec<Value> = set.out(node).iter().map(|e| edge(node, *e, e.node)).collect();
    let back = |e: &crate::set::Edge| edge(e.node, crate::set::Edge { link: e.link, node }, e.node);
    let into: Vec<Value> = set.back(node).iter().map(back).collect();
    let gaps: Vec<Value> = evaluator
        .report()
        .gaps
        .iter()
        .filter(|gap| *gap.record == *record.id())
        .map(|gap| json!({ "rule": gap.rule.id, "why": gap.why, "severity": gap.severity.name() }))
        .collect();
    json!({
        "id": record.id(), "kind": record.kind(), "revision": record.revision().to_string(),
        "file": set.file(record.place.file), "line": record.place.line,
        "fields": fields, "links": out, "linked-by": into, "gaps": gaps,
    })
}

fn as_text(evaluator: &Evaluator, node: Node, out: &mut dyn Write) -> io::Result<()> {
    let set = evaluator.set();
    let schema = set.schema();
    let Some(record) = set.record(node) else { return Ok(()) };
    writeln!(out, "{} {} ({})", record.id(), record.title(), record.kind())?;
    writeln!(
        out,
        "revision {}\nin {}:{}\n",
        record.revision(),
        set.file(record.place.file),
        record.place.line
    )?;
    for field in record.fields() {
        if matches!(field.name(), "id" | "kind" | "title" | "text")
            || field.name().starts_with(crate::record::LINKS)
        {
            continue;
        }
        writeln!(out, "{}: {}", field.name(), field.values().collect::<Vec<_>>().join(", "))?;
    }
    for edge in set.out(node) {
        let title = schema.link(edge.link).map_or("", |link| &link.title);
        let name = set.record(edge.node).map_or("", |record| record.title());
        writeln!(out, "→ {title} {} {name} [{}]", set.id(edge.node), state(set, node, *edge))?;
    }
    for edge in set.back(node) {
        let title = schema.link(edge.link).map_or("", |link| &link.inverse);
        let name = set.record(edge.node).map_or("", |record| record.title());
        let standing = state(set, edge.node, crate::set::Edge { link: edge.link, node });
        writeln!(out, "← {title} {} {name} [{standing}]", set.id(edge.node))?;
    }
    if let Some(verdict) = verdict(set, node) {
        let stale = verdict.stale.map_or_else(String::new, |stale| format!(", stale: {}", stale.reason()));
        writeln!(out, "latest result: {} ({}){stale}", verdict.outcome.name(), verdict.source)?;
    }
    for (file, mark) in set.code().iter().flat_map(|code| code.marks(record.id())) {
        writeln!(out, "code: {} in {}:{}-{}", mark.verb.name(), file.path, mark.line, mark.end)?;
    }
    for suspect in suspects(set).iter().filter(|suspect| suspect.record == node) {
        let path: Vec<&str> = suspect.path.iter().map(|node| set.id(*node)).collect();
        let fields =
            suspect.fields.as_ref().map_or_else(String::new, |fields| format!(" ({})", fields.join(", ")));
        writeln!(out, "suspect: {} changed{fields}, by {}", set.id(suspect.changed), path.join(" → "))?;
    }
    for gap in evaluator.report().gaps.iter().filter(|gap| *gap.record == *record.id()) {
        let state = match &gap.state {
            GapState::Open => String::new(),
            GapState::Justified(by) => format!(" [justified by {by}]"),
            GapState::Lapsed(by) => format!(" [{by} has lapsed]"),
        };
        writeln!(out, "{}[{}]: {}{state}", gap.severity.name(), gap.rule.id, gap.why)?;
    }
    let text = record.text_of("text");
    if text.is_empty() { Ok(()) } else { writeln!(out, "\n{text}") }
}
