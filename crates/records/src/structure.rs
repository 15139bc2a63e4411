//! Whether records fit their schema and each other: kinds, fields, types, link ends, dangling links, circles.
//! What must exist beyond that is the rules' business (`engine`).

use crate::problem::{Code, Problem, did_you_mean, meant};
use crate::record::{Field, Place, Record};
use crate::schema::{FieldDef, FieldType, Kind, LinkId};
use crate::set::{Edge, Node, RecordSet};

/// Checks one record by itself and its links one step far. O(size of the record).
pub fn check_record(set: &RecordSet, node: Node, problems: &mut Vec<Problem>) {
    let Some(record) = set.record(node).filter(|_| set.is_checked(node)) else { return };
    let schema = set.schema();
    let kind = set.kind(node).and_then(|kind| schema.kind(kind));
    let at = |field: &Field<'_>| Place { file: record.place.file, line: field.line() };
    let Some(kind) = kind else {
        let place = record.field("kind").map_or(record.place, |field| at(&field));
        let hint = meant(record.kind(), schema.kinds.iter().map(|kind| &*kind.name));
        let message = format!("no profile in use defines the kind `{}`{hint}", record.kind());
        let fix = "use a kind that `vouchsafe explain kinds` lists, or define it in vouchsafe.toml";
        problems.push(Problem::new(Code::UnknownKind, place, message, fix).of(record.id()));
        return;
    };
    for field in record.fields() {
        let name = field.name();
        if let Some(link) = name.strip_prefix(crate::record::LINKS) {
            if schema.link_id(link).is_none() {
                let hint = meant(link, schema.links.iter().map(|link| &*link.name));
                let message = format!("no profile in use defines the link `{link}`{hint}");
                let fix =
                    "use a link type that `vouchsafe explain links` lists, or define it in vouchsafe.toml";
                problems.push(Problem::new(Code::UnknownLink, at(&field), message, fix).of(record.id()));
            }
            continue;
        }
        match kind.field(name) {
            None => {
                let link = schema.link_id(name).is_some();
                let hint = if link {
                    format!("; `{name}` is a link and belongs under `links:`")
                } else {
                    meant(name, kind.fields.iter().map(|field| &*field.name))
                };
                let message = format!("a {} has no field `{name}`{hint}", kind.name);
                let fix = "correct the name, or define the field in vouchsafe.toml";
                problems.push(Problem::new(Code::UnknownField, at(&field), message, fix).of(record.id()));
            }
            Some(def) => check_value(record, def, &field, problems),
        }
    }
    check_required(record, kind, problems);
    check_item(set, node, record, problems);
    for edge in set.out(node) {
        check_end(set, node, record, kind, *edge, problems);
    }
}

fn check_required(record: &Record, kind: &Kind, problems: &mut Vec<Problem>) {
    for def in kind.fields.iter().filter(|def| def.required && record.field(&def.name).is_none()) {
        let message = format!("a {} needs the field `{}`", kind.name, def.name);
        let fix = format!("add `{}: …` ({})", def.name, def.doc);
        problems.push(Problem::new(Code::WrongType, record.place, message, fix).of(record.id()));
    }
}

fn check_item(set: &RecordSet, node: Node, record: &Record, problems: &mut Vec<Problem>) {
    if let Some(field) = record.field("item").filter(|_| set.item(node).is_none()) {
        let named = record.text_of("item");
        let hint = meant(named, set.items().iter().map(|item| &*item.name));
        let place = Place { file: record.place.file, line: field.line() };
        let message = format!("vouchsafe.toml names no item `{named}`{hint}");
        let problem =
            Problem::new(Code::UnknownItem, place, message, "add `[items.NAME]`, or correct the name");
        problems.push(problem.of(record.id()));
    }
}

fn check_value(record: &Record, def: &FieldDef, field: &Field<'_>, problems: &mut Vec<Problem>) {
    let several = matches!(def.kind, FieldType::List | FieldType::Set | FieldType::Paths);
    let mut wrong = |message: String, fix: String| {
        let place = Place { file: record.place.file, line: field.line() };
        problems.push(Problem::new(Code::WrongType, place, message, fix).of(record.id()));
    };
    if !several && field.values().len() > 1 {
        let message = format!("`{}` holds one value, not a list", def.name);
        wrong(message, "write one value".to_owned());
        return;
    }
    for value in field.values() {
        let sound = match def.kind {
            FieldType::Text | FieldType::List | FieldType::Paths => true,
            FieldType::Integer => value.parse::<i64>().is_ok(),
            FieldType::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            FieldType::Boolean => matches!(value, "true" | "false"),
            FieldType::Date => is_date(value),
            FieldType::Enum | FieldType::Set => {
                def.values.is_empty() || def.values.iter().any(|known| **known == *value)
            }
        };
        if sound {
            continue;
        }
        let (what, fix) = match def.kind {
            FieldType::Integer => ("a whole number", "write digits".to_owned()),
            FieldType::Number => ("a number", "write a decimal such as 0.02 or 1e-4".to_owned()),
            FieldType::Boolean => ("true or false", "write `true` or `false`".to_owned()),
            FieldType::Date => ("a date", "write YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ".to_owned()),
            _ => {
                let names = || def.values.iter().map(|value| &**value);
                let fix = did_you_mean(value, names()).map_or_else(
                    || {
                        let shown: Vec<&str> = names().take(16).collect();
                        let more = if names().count() > 16 { ", …" } else { "" };
                        format!("use one of: {}{more}", shown.join(", "))
                    },
                    |near| format!("did you mean `{near}`?"),
                );
                ("one of its values", fix)
            }
        };
        let shown: String = value.chars().take(60).collect();
        wrong(format!("`{}` is `{shown}`, which is not {what}", def.name), fix);
    }
}

/// `YYYY-MM-DD`, or with `Thh:mm:ss` (and a fraction) and `Z`; ranges of the parts are checked, month lengths too.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let number = |from: usize, to: usize| {
        let part = text.get(from..to)?;
        if part.bytes().all(|b| b.is_ascii_digit()) { part.parse::<u32>().ok() } else { None }
    };
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let bytes = text.as_bytes();
    let mark = |at: usize, is: u8| bytes.get(at) == Some(&is);
    if !(mark(4, b'-') && mark(7, b'-') && (1..=last).contains(&day)) {
        return false;
    }
    if text.len() == 10 {
        return true;
    }
    let (Some(hour), Some(minute), Some(second)) = (number(11, 13), number(14, 16), number(17, 19)) else {
        return false;
    };
    let fraction = text.get(19..text.len() - 1).unwrap_or("?");
    let digits = fraction.strip_prefix('.');
    let fraction = fraction.is_empty()
        || digits.is_some_and(|d| !d.is_empty() && d.len() <= 9 && d.bytes().all(|b| b.is_ascii_digit()));
    mark(10, b'T')
        && mark(13, b':')
        && mark(16, b':')
        && hour < 24
        && minute < 60
        && second < 61
        && fraction
        && text.ends_with('Z')
}

fn check_end(
    set: &RecordSet,
    node: Node,
    record: &Record,
    kind: &Kind,
    edge: Edge,
    problems: &mut Vec<Problem>,
) {
    let schema = set.schema();
    let Some(link) = schema.link(edge.link) else { return };
    let id = set.id(edge.node);
    if set.record(edge.node).is_none() {
        let near = did_you_mean(id, near_ids(set, id));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let message = format!("{} {} {id}, and there is no record {id}{hint}", record.id(), link.title);
        let fix = format!("write the record {id}, or correct or remove the link");
        problems.push(Problem::new(Code::Dangling, set.link_place(node, edge), message, fix).of(record.id()));
        return;
    }
    let own = set.kind(node);
    let wrong = |message: String, kinds: &[crate::schema::KindId]| {
        let names: Vec<&str> =
            kinds.iter().filter_map(|kind| schema.kind(*kind)).map(|kind| &*kind.name).collect();
        let fix = format!("allowed: {}", names.join(", "));
        Problem::new(Code::WrongEnd, set.link_place(node, edge), message, fix).of(record.id())
    };
    if !link.from.is_empty() && own.is_some_and(|own| !link.from.contains(&own)) {
        let message = format!("`{}` cannot come from a {}", link.name, kind.name);
        problems.push(wrong(message, &link.from));
    }
    if let Some(target) =
        set.kind(edge.node).filter(|target| !link.to.is_empty() && !link.to.contains(target))
    {
        let name = schema.kind(target).map_or("?", |kind| &kind.name);
        let message = format!("`{}` cannot go to {id}, a {name}", link.name);
        problems.push(wrong(message, &link.to));
    }
}

/// Ids worth comparing with an unknown one: the same first letter; at most 20,000, so that a set full of dangling
/// links stays cheap.
fn near_ids<'s>(set: &'s RecordSet, id: &str) -> impl Iterator<Item = &'s str> {
    let first = id.bytes().next();
    let tried = if set.node_count() > 20_000 { 0 } else { usize::MAX };
    set.records()
        .take(tried)
        .map(|(_, record)| record.id())
        .filter(move |known| known.bytes().next() == first)
}

/// Finds the circles of every link type that forbids them; one problem a circle. O(records + links).
pub fn check_cycles(set: &RecordSet, problems: &mut Vec<Problem>) {
    let schema = set.schema();
    for (number, link) in (0_u16..).zip(&schema.links).filter(|(_, link)| link.acyclic) {
        let mut state = vec![0_u8; set.node_count() as usize];
        for (start, _) in set.records() {
            if state.get(start.0 as usize) != Some(&0) {
                continue;
            }
            let Some(circle) = circle_from(set, LinkId(number), start, &mut state) else { continue };
            let (Some(&first), Some(&second)) = (circle.first(), circle.get(1).or(circle.first())) else {
                continue;
            };
            let names: Vec<&str> = circle.iter().map(|node| set.id(*node)).collect();
            let place = set.link_place(first, Edge { link: LinkId(number), node: second });
            let message =
                format!("`{}` runs in a circle: {} → {}", link.name, names.join(" → "), set.id(first));
            problems.push(
                Problem::new(Code::Cycle, place, message, "remove one of these links").of(set.id(first)),
            );
        }
    }
}

/// Depth-first search with an explicit stack; 1 = on the path, 2 = done. Returns the first circle met.
fn circle_from(set: &RecordSet, link: LinkId, start: Node, state: &mut [u8]) -> Option<Vec<Node>> {
    let mut path: Vec<(Node, usize)> = vec![(start, 0)];
    let mut found = None;
    if let Some(slot) = state.get_mut(start.0 as usize) {
        *slot = 1;
    }
    while let Some((node, next)) = path.last_mut() {
        let edges = set.out(*node);
        let Some(edge) = edges.get(*next) else {
            if let Some(slot) = state.get_mut(node.0 as usize) {
                *slot = 2;
            }
            path.pop();
            continue;
        };
        *next += 1;
        if edge.link != link {
            continue;
        }
        let target = edge.node;
        match state.get_mut(target.0 as usize) {
            Some(slot @ 0) => {
                *slot = 1;
                path.push((target, 0));
            }
            Some(1) if found.is_none() => {
                let from = path.iter().position(|(on, _)| *on == target).unwrap_or(0);
                found = Some(path.iter().skip(from).map(|(on, _)| *on).collect());
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests;
