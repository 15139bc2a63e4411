//! `trace`: the matrix or graph between any kinds, along any chain of links.

use super::{Beside, CommandError, Status, load, usage};
use crate::problem::meant;
use crate::render::xml_escaped;
use crate::schema::{KindId, Schema};
use crate::set::{Node, RecordSet};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Write};
use std::path::PathBuf;

/// Longest chain of links between two columns.
const MAX_HOPS: usize = 32;

/// Between which kinds, and how to show it.
#[derive(Debug, Default)]
pub struct Trace {
    /// Folder of `vouchsafe.toml`.
    pub root: PathBuf,
    /// Kind of the rows, then kinds of the columns.
    pub kinds: Vec<String>,
    /// How to show it.
    pub format: TraceFormat,
    /// What is known beside.
    pub beside: Beside,
}

/// How a trace is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TraceFormat {
    /// Aligned text.
    #[default]
    Text,
    /// RFC 4180.
    Csv,
    /// An object with rows and gaps.
    Json,
    /// A table.
    Html,
    /// A graph, one column a kind.
    Svg,
}

/// A matrix: for each record of the first kind, what of the other kinds it is connected with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// The kinds, in order.
    pub kinds: Vec<String>,
    /// Record, then per further kind the records connected with it, sorted by id.
    pub rows: Vec<(Node, Vec<Vec<Node>>)>,
    /// Records of a later kind that no row reaches, per kind.
    pub unreached: Vec<Vec<Node>>,
}

/// Computes a trace. A record counts as connected when a chain of links leads there without turning round: all from
/// source to target, or all from target to source. O(rows × what they reach).
///
/// # Errors
/// When a kind is unknown or fewer than two are named.
pub fn trace_of(set: &RecordSet, kinds: &[String]) -> Result<Traced, CommandError> {
    let schema = set.schema();
    let wanted = kinds.iter().map(|name| kind_of(schema, name)).collect::<Result<Vec<_>, _>>()?;
    let Some((first, others)) = wanted.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Err(usage(
            "a trace needs two kinds or more",
            "name them, such as `user-need system-requirement test-case`",
        ));
    };
    let mut reached: BTreeSet<Node> = BTreeSet::new();
    let mut rows: Vec<(Node, Vec<Vec<Node>>)> = Vec::new();
    for (node, _) in set.records().filter(|(node, _)| set.kind(*node) == Some(*first)) {
        let mut columns = vec![Vec::new(); others.len()];
        let mut found: BTreeSet<Node> = BTreeSet::new();
        for back in [true, false] {
            found.extend(reach(set, node, back));
        }
        for node in found {
            for (column, kind) in columns.iter_mut().zip(others) {
                if set.kind(node) == Some(*kind) {
                    column.push(node);
                    reached.insert(node);
                }
            }
        }
        columns.iter_mut().for_each(|column| column.sort_by_key(|node| set.id(*node)));
        rows.push((node, columns));
    }
    rows.sort_by_key(|(node, _)| set.id(*node));
    let unreached = others.iter().map(|kind| {
        let mut left: Vec<Node> = set
            .records()
            .map(|(node, _)| node)
            .filter(|node| set.kind(*node) == Some(*kind) && !reached.contains(node))
            .collect();
        left.sort_by_key(|node| set.id(*node));
        left
    });
    Ok(Traced { kinds: kinds.to_vec(), unreached: unreached.collect(), rows })
}

fn kind_of(schema: &Schema, name: &str) -> Result<KindId, CommandError> {
    schema.kind_id(name).ok_or_else(|| {
        let near = meant(name, schema.kinds.iter().map(|kind| &*kind.name));
        usage(format!("there is no kind `{name}`{near}"), "`vouchsafe explain kinds` lists them")
    })
}

fn reach(set: &RecordSet, from: Node, back: bool) -> BTreeSet<Node> {
    let mut seen = BTreeSet::new();
    let mut queue = VecDeque::from([(from, 0)]);
    while let Some((node, hops)) = queue.pop_front() {
        let edges = if back { set.back(node) } else { set.out(node) };
        for edge in edges.iter().filter(|edge| set.record(edge.node).is_some() && edge.node != from) {
            if hops < MAX_HOPS && seen.insert(edge.node) {
                queue.push_back((edge.node, hops + 1));
            }
        }
    }
    seen
}

/// Writes a trace of the tree.
///
/// # Errors
/// As `trace_of`, or when the tree or the output fails.
pub fn trace(options: &Trace, out: &mut dyn Write) -> Result<Status, CommandError> {
    let tree = load(&options.root, &options.beside.signed_editorial, &options.beside.others)?;
    trace_set(&tree.set, &options.kinds, options.format, out)?;
    Ok(if tree.problems.is_empty() { Status::Holds } else { Status::BadInput })
}

/// As `trace`, for records from elsewhere.
///
/// # Errors
/// As `trace_of`, or when the output fails.
pub fn trace_set(
    set: &RecordSet,
    kinds: &[String],
    format: TraceFormat,
    out: &mut dyn Write,
) -> Result<Status, CommandError> {
    let traced = trace_of(set, kinds)?;
    let done = match format {
        TraceFormat::Text => text(set, &traced, out),
        TraceFormat::Csv => csv(set, &traced, out),
        TraceFormat::Json => writeln!(out, "{:#}", json(set, &traced)),
        TraceFormat::Html => html(set, &traced, out),
        TraceFormat::Svg => svg(set, &traced, out),
    };
    done.map_err(CommandError::Output)?;
    Ok(Status::Holds)
}

fn ids(set: &RecordSet, nodes: &[Node]) -> String {
    nodes.iter().map(|node| set.id(*node)).collect::<Vec<_>>().join(" ")
}

fn text(set: &RecordSet, traced: &Traced, out: &mut dyn Write) -> io::Result<()> {
    let mut table: Vec<Vec<String>> = vec![traced.kinds.clone()];
    for (row, columns) in &traced.rows {
        let mut line = vec![set.id(*row).to_owned()];
        line.extend(
            columns.iter().map(|column| if column.is_empty() { "-".to_owned() } else { ids(set, column) }),
        );
        table.push(line);
    }
    let width = |at: usize| {
        table.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..traced.kinds.len()).map(width).collect();
    for line in &table {
        let mut shown = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            shown.push_str(&format!("{cell:<width$}  "));
        }
        writeln!(out, "{}", shown.trim_end())?;
    }
    for (kind, left) in
        traced.kinds.iter().skip(1).zip(&traced.unreached).filter(|(_, left)| !left.is_empty())
    {
        writeln!(
            out,
            "\n{kind} without a {}: {}",
            traced.kinds.first().map_or("", String::as_str),
            ids(set, left)
        )?;
    }
    Ok(())
}

fn csv(set: &RecordSet, traced: &Traced, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", traced.kinds.join(","))?;
    for (row, columns) in &traced.rows {
        write!(out, "{}", set.id(*row))?;
        for column in columns {
            write!(out, ",{}", ids(set, column).replace(' ', ";"))?;
        }
        writeln!(out)?;
    }
    for (at, left) in traced.unreached.iter().enumerate() {
        for node in left {
            writeln!(
                out,
                "{}{}{}",
                ",".repeat(at + 1),
                set.id(*node),
                ",".repeat(traced.unreached.len() - at - 1)
            )?;
        }
    }
    Ok(())
}

fn json(set: &RecordSet, traced: &Traced) -> serde_json::Value {
    let names = |nodes: &[Node]| nodes.iter().map(|node| set.id(*node)).collect::<Vec<_>>();
    let rows: Vec<serde_json::Value> = traced
        .rows
        .iter()
        .map(|(row, columns)| {
            let columns: BTreeMap<&str, Vec<&str>> = traced
                .kinds
                .iter()
                .skip(1)
                .zip(columns)
                .map(|(kind, column)| (&**kind, names(column)))
                .collect();
            serde_json::json!({ "id": set.id(*row), "to": columns })
        })
        .collect();
    let unreached: BTreeMap<&str, Vec<&str>> = traced
        .kinds
        .iter()
        .skip(1)
        .zip(&traced.unreached)
        .map(|(kind, left)| (&**kind, names(left)))
        .collect();
    serde_json::json!({ "version": 1, "kinds": traced.kinds, "rows": rows, "unreached": unreached })
}

fn html(set: &RecordSet, traced: &Traced, out: &mut dyn Write) -> io::Result<()> {
    let title = |node: &Node| xml_escaped(set.record(*node).map_or("", |record| record.title()));
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Trace</title>\n<style>body{{font:14px/1.4 system-ui,sans-serif}}table{{border-collapse:collapse}}th,td{{border:1px solid #bbb;padding:.3em .6em;text-align:left;vertical-align:top}}.none{{background:#fde8e8}}</style>\n<table>\n<caption>Trace</caption>\n<thead><tr>"
    )?;
    for kind in &traced.kinds {
        writeln!(out, "<th scope=\"col\">{}</th>", xml_escaped(kind))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for (row, columns) in &traced.rows {
        writeln!(out, "<tr><th scope=\"row\">{} {}</th>", xml_escaped(set.id(*row)), title(row))?;
        for column in columns {
            if column.is_empty() {
                writeln!(out, "<td class=\"none\">none</td>")?;
            } else {
                let cells: Vec<String> = column
                    .iter()
                    .map(|node| format!("{} {}", xml_escaped(set.id(*node)), title(node)))
                    .collect();
                writeln!(out, "<td>{}</td>", cells.join("<br>"))?;
            }
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</html>")
}

/// One column a kind; a line for each pair of neighbouring columns that the trace connects.
fn svg(set: &RecordSet, traced: &Traced, out: &mut dyn Write) -> io::Result<()> {
    const COLUMN: usize = 240;
    const ROW: usize = 28;
    let mut columns: Vec<Vec<Node>> = vec![traced.rows.iter().map(|(row, _)| *row).collect()];
    for at in 0..traced.unreached.len() {
        let all: BTreeSet<Node> = traced
            .rows
            .iter()
            .filter_map(|(_, columns)| columns.get(at))
            .chain(traced.unreached.get(at))
            .flatten()
            .copied()
            .collect();
        let mut all: Vec<Node> = all.into_iter().collect();
        all.sort_by_key(|node| set.id(*node));
        columns.push(all);
    }
    let place: Vec<BTreeMap<Node, usize>> = columns
        .iter()
        .map(|column| column.iter().enumerate().map(|(at, node)| (*node, at)).collect())
        .collect();
    let height = (columns.iter().map(Vec::len).max().unwrap_or(0) + 2) * ROW;
    let width = columns.len() * COLUMN;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"system-ui,sans-serif\" font-size=\"12\">"
    )?;
    let mut lines: BTreeSet<(usize, usize, usize)> = BTreeSet::new();
    for (at, pair) in columns.windows(2).enumerate() {
        let [left, right] = pair else { continue };
        for (y, node) in left.iter().enumerate() {
            for found in reach(set, *node, true).into_iter().chain(reach(set, *node, false)) {
                if let Some(to) =
                    place.get(at + 1).and_then(|place| place.get(&found)).filter(|_| !right.is_empty())
                {
                    lines.insert((at, y, *to));
                }
            }
        }
    }
    for (at, from, to) in lines {
        let (x1, x2) = (at * COLUMN + 170, (at + 1) * COLUMN + 10);
        let y = |row: usize| (row + 1) * ROW + ROW / 2 + 4;
        writeln!(
            out,
            "<path d=\"M{x1} {} C{} {} {} {} {x2} {}\" fill=\"none\" stroke=\"#789\"/>",
            y(from),
            x1 + 40,
            y(from),
            x2 - 40,
            y(to),
            y(to)
        )?;
    }
    for (at, (kind, column)) in traced.kinds.iter().zip(&columns).enumerate() {
        let x = at * COLUMN + 10;
        writeln!(out, "<text x=\"{x}\" y=\"18\" font-weight=\"bold\">{}</text>", xml_escaped(kind))?;
        for (row, node) in column.iter().enumerate() {
            let y = (row + 1) * ROW + 6;
            let title = xml_escaped(set.record(*node).map_or("", |record| record.title()));
            writeln!(
                out,
                "<g><title>{title}</title><rect x=\"{x}\" y=\"{y}\" width=\"160\" height=\"20\" rx=\"3\" fill=\"#fff\" stroke=\"#456\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
                x + 6,
                y + 14,
                xml_escaped(set.id(*node))
            )?;
        }
    }
    writeln!(out, "</svg>")
}
