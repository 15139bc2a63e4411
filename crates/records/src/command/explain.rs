//! `explain`: what a rule asks and why, what a kind holds, what there is.

use super::{CommandError, Status, usage};
use crate::problem::meant;
use crate::schema::{BuiltIn, Kind, Rule, Schema, configuration_schema, front_matter_schema};
use std::io::{self, Write};

/// Explains a rule, a kind, a link type, a clause (`STANDARD:NUMBER`) or one of the lists `rules`, `kinds`, `links`,
/// `clauses`, `profiles`.
///
/// # Errors
/// When nothing has that name.
pub fn explain(schema: &Schema, name: &str, out: &mut dyn Write) -> Result<Status, CommandError> {
    let done = match name {
        "rules" => schema.rules.iter().try_for_each(|rule| writeln!(out, "{:<28} {}", rule.id, rule.title)),
        "kinds" => schema.kinds.iter().try_for_each(|kind| writeln!(out, "{:<22} {}", kind.name, kind.doc)),
        "links" => schema
            .links
            .iter()
            .try_for_each(|link| writeln!(out, "{:<24} {} / {}", link.name, link.title, link.inverse)),
        "profiles" => {
            schema.profiles.iter().try_for_each(|(name, title)| writeln!(out, "{name:<16} {title}"))
        }
        "clauses" => clauses(schema, out),
        _ => {
            if let Some(rule) = schema.rule(name) {
                explain_rule(schema, rule, out)
            } else if let Some(kind) = schema.kind_id(name).and_then(|id| schema.kind(id)) {
                explain_kind(schema, kind, out)
            } else if let Some(check) = crate::schema::built_in(name) {
                explain_built_in(schema, check, out)
            } else if let Some(link) = schema.link_id(name).and_then(|id| schema.link(id)) {
                writeln!(out, "{}: {} / {}\n{}", link.name, link.title, link.inverse, link.doc)
            } else if let Some(need) = schema.needs.iter().find(|need| &*need.id == name) {
                let asked: Vec<String> =
                    need.clauses.iter().map(|clause| schema.clause_text(*clause)).collect();
                writeln!(out, "{}\nAsked for by: {}\nWhat to do: {}", need.id, asked.join(", "), need.hint)
            } else if let Some((standard, number)) = name.split_once(':') {
                return explain_clause(schema, standard, number, out);
            } else {
                return Err(nothing(schema, name));
            }
        }
    };
    done.map_err(CommandError::Output)?;
    Ok(Status::Holds)
}

fn nothing(schema: &Schema, name: &str) -> CommandError {
    let names = schema.rules.iter().map(|rule| &*rule.id).chain(schema.kinds.iter().map(|kind| &*kind.name));
    usage(
        format!("nothing is called `{name}`{}", meant(name, names)),
        "try `rules`, `kinds`, `links`, `clauses` or `profiles`",
    )
}

/// Writes the JSON Schema of front matter, or with `configuration` that of `vouchsafe.toml`.
///
/// # Errors
/// When the output fails.
pub fn json_schema(
    schema: &Schema,
    configuration: bool,
    out: &mut dyn Write,
) -> Result<Status, CommandError> {
    let value = if configuration { configuration_schema(schema) } else { front_matter_schema(schema) };
    writeln!(out, "{value:#}").map_err(CommandError::Output)?;
    Ok(Status::Holds)
}

fn explain_rule(schema: &Schema, rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}\n", rule.id, rule.title)?;
    let kinds: Vec<&str> =
        rule.kinds.iter().filter_map(|kind| schema.kind(*kind)).map(|kind| &*kind.name).collect();
    writeln!(out, "Applies to: {}, class {}", kinds.join(", "), rule.classes.letters())?;
    let stage = |at: usize| schema.stages.get(at).map_or("?", String::as_str);
    writeln!(
        out,
        "Reported from stage {}, {} from stage {}",
        stage(rule.from),
        rule.severity.name(),
        stage(rule.fails_from)
    )?;
    if rule.clauses.is_empty() {
        writeln!(out, "Asked for by: no clause; a rule of profile {}", rule.profile)?;
    }
    for clause in &rule.clauses {
        let Some(of) = schema.clauses.get(*clause as usize) else { continue };
        writeln!(out, "Asked for by: {}, {}", schema.clause_text(*clause), of.title)?;
        if !of.unconfirmed.is_empty() {
            writeln!(out, "  unconfirmed: {}", of.unconfirmed)?;
        }
        if !of.note.is_empty() {
            writeln!(out, "  note: {}", of.note)?;
        }
    }
    if let Some(reason) = &rule.off {
        writeln!(out, "Switched off in vouchsafe.toml: {reason}")?;
    } else if let Some(reason) = &rule.changed {
        writeln!(out, "Changed in vouchsafe.toml: {reason}")?;
    }
    writeln!(out, "What to do: {}", rule.hint)
}

/// A check that needs no profile.
fn explain_built_in(schema: &Schema, check: &BuiltIn, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}\n", check.id, check.title)?;
    let (early, late) = (check.early.name(), check.late.name());
    if early == late {
        writeln!(out, "Always made: {early} at every stage")?;
    } else {
        writeln!(out, "Always made: {early} before stage verification, {late} from then on")?;
    }
    for clause in check.clauses {
        let found = clause.split_once(':').and_then(|(standard, number)| {
            schema.clauses.iter().position(|c| c.standard == standard && c.number == number)
        });
        if let Some(at) = found.and_then(|at| u32::try_from(at).ok()) {
            let title = schema.clauses.get(at as usize).map_or("", |clause| &clause.title);
            writeln!(out, "Asked for by: {}, {title}", schema.clause_text(at))?;
        }
    }
    writeln!(out, "What to do: {}", check.hint)
}

fn explain_kind(schema: &Schema, kind: &Kind, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({}, ids {}-…): {}\n", kind.name, kind.title, kind.prefix, kind.doc)?;
    writeln!(out, "Links to it become suspect when one of these changes: {}\n", kind.suspect_on.join(", "))?;
    for field in &kind.fields {
        let values = if field.values.is_empty() || field.values.len() > 16 {
            String::new()
        } else {
            format!(" [{}]", field.values.join(", "))
        };
        let required = if field.required { ", required" } else { "" };
        writeln!(out, "  {:<24} {:?}{required}{values} {}", field.name, field.kind, field.doc)?;
    }
    let id = schema.kind_id(&kind.name);
    for link in schema
        .links
        .iter()
        .filter(|link| link.from.is_empty() || id.is_some_and(|id| link.from.contains(&id)))
    {
        writeln!(out, "  links: {:<17} {}", link.name, link.title)?;
    }
    for rule in schema.rules.iter().filter(|rule| id.is_some_and(|id| rule.kinds.contains(&id))) {
        writeln!(out, "  rule {:<24} {}", rule.id, rule.title)?;
    }
    Ok(())
}

fn clauses(schema: &Schema, out: &mut dyn Write) -> io::Result<()> {
    for (at, clause) in (0_u32..).zip(&schema.clauses) {
        let letters = clause.classes.map_or_else(String::new, |classes| format!(" [{}]", classes.letters()));
        let rules: Vec<&str> =
            schema.rules.iter().filter(|rule| rule.clauses.contains(&at)).map(|rule| &*rule.id).collect();
        let unconfirmed = if clause.unconfirmed.is_empty() { "" } else { " (unconfirmed)" };
        writeln!(
            out,
            "{}:{}{letters} {}{unconfirmed}: {}",
            clause.standard,
            clause.number,
            clause.title,
            rules.join(", ")
        )?;
    }
    Ok(())
}

fn explain_clause(
    schema: &Schema,
    standard: &str,
    number: &str,
    out: &mut dyn Write,
) -> Result<Status, CommandError> {
    let found =
        schema.clauses.iter().position(|clause| clause.standard == standard && clause.number == number);
    let Some(at) = found.and_then(|at| u32::try_from(at).ok()) else {
        return Err(nothing(schema, &format!("{standard}:{number}")));
    };
    for rule in schema.rules.iter().filter(|rule| rule.clauses.contains(&at)) {
        explain_rule(schema, rule, out).and_then(|()| writeln!(out)).map_err(CommandError::Output)?;
    }
    Ok(Status::Holds)
}
