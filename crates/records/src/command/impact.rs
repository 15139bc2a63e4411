//! `impact`: what the difference between two states of a product touches, as text or JSON.

use super::{CommandError, Status};
use crate::impact::{FileChange, How, Reached, Touched, impact as touched_by};
use crate::render::{Format, counted};
use crate::set::RecordSet;
use serde_json::{Value, json};
use std::io::{self, Write};

/// A commit in between, as the binary read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitLine {
    /// Its name.
    pub id: String,
    /// First line of its message.
    pub subject: String,
    /// Records its trailers name.
    pub records: Vec<String>,
    /// What is said of its signature.
    pub signature: String,
    /// Whether it is signed by a key that is trusted.
    pub signed: bool,
}

/// What to compare and how to show it.
#[derive(Debug)]
pub struct Impact<'a> {
    /// The product before.
    pub before: &'a RecordSet,
    /// The product now.
    pub after: &'a RecordSet,
    /// Name of the state before.
    pub since: &'a str,
    /// Commits in between.
    pub commits: &'a [CommitLine],
    /// Whether each commit has to be signed by a trusted key.
    pub require_signed: bool,
    /// Text or JSON; other formats show text.
    pub format: Format,
}

/// Shows what is touched. Ends with `Gaps` when commits have to be signed and one is not.
///
/// # Errors
/// When the output fails.
pub fn impact(options: &Impact<'_>, out: &mut dyn Write) -> Result<Status, CommandError> {
    let touched = touched_by(options.before, options.after);
    let done = match options.format {
        Format::Json => writeln!(out, "{:#}", as_json(options, &touched)),
        _ => as_text(options, &touched, out),
    };
    done.map_err(CommandError::Output)?;
    let unsigned = options.commits.iter().any(|commit| !commit.signed);
    Ok(if options.require_signed && unsigned { Status::Gaps } else { Status::Holds })
}

fn as_json(options: &Impact<'_>, touched: &Touched) -> Value {
    let reached = |list: &[Reached]| {
        list.iter().map(|found| json!({ "id": found.id, "path": found.path })).collect::<Vec<_>>()
    };
    let commits: Vec<Value> = options
        .commits
        .iter()
        .map(|c| json!({ "id": c.id, "subject": c.subject, "records": c.records, "signature": c.signature, "signed": c.signed }))
        .collect();
    let records: Vec<Value> = touched
        .records
        .iter()
        .map(|r| json!({ "id": r.id, "how": r.how.name(), "fields": r.fields, "matters": r.matters }))
        .collect();
    let links: Vec<Value> = touched
        .links
        .iter()
        .map(|l| json!({ "from": l.from, "type": l.link, "to": l.to, "how": l.how.name() }))
        .collect();
    let files: Vec<Value> = touched
        .files
        .iter()
        .map(|f| json!({ "path": f.path, "how": f.how.name(), "unit": (!f.unit.is_empty()).then_some(&f.unit) }))
        .collect();
    json!({
        "version": 1, "since": options.since, "commits": commits, "records": records, "links": links, "files": files,
        "marked": touched.marked, "units": touched.units, "in-question": reached(&touched.in_question),
        "tests": reached(&touched.tests), "risks": reached(&touched.risks),
    })
}

fn as_text(options: &Impact<'_>, touched: &Touched, out: &mut dyn Write) -> io::Result<()> {
    let set = options.after;
    let title = |id: &str| {
        let record = set.node(id).and_then(|node| set.record(node));
        record.map_or_else(String::new, |record| format!(" {}", record.title()))
    };
    writeln!(
        out,
        "Since {}: {}, {}, {}, {} of code",
        options.since,
        counted(options.commits.len(), "commit"),
        counted(touched.records.len(), "record"),
        counted(touched.links.len(), "link"),
        counted(touched.files.len(), "file")
    )?;
    let head = |out: &mut dyn Write, name: &str, empty: bool| {
        if empty { Ok(()) } else { writeln!(out, "\n{name}") }
    };
    head(out, "Commits", options.commits.is_empty())?;
    for commit in options.commits {
        let short = commit.id.get(..12).unwrap_or(&commit.id);
        let named = if commit.records.is_empty() {
            String::new()
        } else {
            format!(" [{}]", commit.records.join(" "))
        };
        writeln!(out, "  {short} {}{named} ({})", commit.subject, commit.signature)?;
    }
    head(out, "Records", touched.records.is_empty())?;
    for record in &touched.records {
        let what = match (record.how, record.matters) {
            (How::Changed, true) => format!(" ({})", record.fields.join(", ")),
            (How::Changed, false) => format!(" ({}; does not matter to others)", record.fields.join(", ")),
            _ => String::new(),
        };
        writeln!(out, "  {} {}{}{what}", record.how.name(), record.id, title(&record.id))?;
    }
    head(out, "Links", touched.links.is_empty())?;
    for link in &touched.links {
        writeln!(out, "  {} {} {} {}", link.how.name(), link.from, link.link, link.to)?;
    }
    head(out, "Code", touched.files.is_empty() && touched.marked.is_empty())?;
    for FileChange { path, how, unit } in &touched.files {
        let unit = if unit.is_empty() { "no unit" } else { unit };
        writeln!(out, "  {} {path} ({unit})", how.name())?;
    }
    for id in &touched.marked {
        writeln!(out, "  the code marked with {id}{} changed", title(id))?;
    }
    let sections = [
        ("In question", &touched.in_question),
        ("Tests and reviews to repeat", &touched.tests),
        ("Risks and controls to look at", &touched.risks),
    ];
    for (name, list) in sections {
        head(out, name, list.is_empty())?;
        for found in list {
            let path =
                if found.path.len() > 1 { format!(" ({})", found.path.join(" → ")) } else { String::new() };
            writeln!(out, "  {}{}{path}", found.id, title(&found.id))?;
        }
    }
    Ok(())
}
