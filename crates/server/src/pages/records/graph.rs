//! The graph of a trace as SVG: one column a kind, a line where two records of neighbouring columns are connected. Drawn with
//! presentation attributes in the page's own ink, so that it is right in the dark and in print.

use std::collections::BTreeMap;

use records::command::Traced;
use records::set::{Node, RecordSet};

use super::super::markup::Markup;
use super::super::moments::View;
use super::Lines;

/// Most records of one column; beyond it a graph shows nothing.
pub(super) const MAX_COLUMN: usize = 60;
const COLUMN: usize = 200;
const BOX: usize = 132;
const ROW: usize = 28;

/// The graph, or `None` when it would have too many records to be read.
pub(super) fn draw(view: &View<'_>, lines: &Lines, set: &RecordSet, traced: &Traced) -> Option<Markup> {
    let mut columns: Vec<Vec<Node>> = vec![traced.rows.iter().map(|(row, _)| *row).collect()];
    for at in 0..traced.unreached.len() {
        let reached = traced.rows.iter().filter_map(|(_, cells)| cells.get(at)).flatten();
        let mut all: Vec<Node> =
            reached.chain(traced.unreached.get(at).into_iter().flatten()).copied().collect();
        all.sort_by_key(|node| set.id(*node));
        all.dedup();
        columns.push(all);
    }
    let tallest = columns.iter().map(Vec::len).max().unwrap_or(0);
    if tallest == 0 || tallest > MAX_COLUMN {
        return None;
    }
    let place: Vec<BTreeMap<Node, usize>> = columns
        .iter()
        .map(|column| column.iter().enumerate().map(|(at, node)| (*node, at)).collect())
        .collect();
    let (width, height) = (columns.len() * COLUMN, (tallest + 1) * ROW + 8);
    let mut m = Markup::new().raw(&format!(
        "<svg class=\"graph\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"group\" \
         aria-labelledby=\"h-graph\" font-size=\"12\">"
    ));
    let y = |row: usize| (row + 1) * ROW + 14;
    // Lines between neighbouring columns: what the trace of each row connects.
    let mut drawn = std::collections::BTreeSet::new();
    for (row, (_, cells)) in traced.rows.iter().enumerate() {
        let mut left: Vec<usize> = vec![row];
        for (at, cell) in cells.iter().enumerate() {
            let right: Vec<usize> =
                cell.iter().filter_map(|node| place.get(at + 1).and_then(|p| p.get(node)).copied()).collect();
            for from in &left {
                for to in &right {
                    let linked = at == 0 || connected(set, &columns, at, *from, *to);
                    if linked && drawn.insert((at, *from, *to)) {
                        let (x1, x2) = (at * COLUMN + BOX, (at + 1) * COLUMN);
                        let (y1, y2) = (y(*from), y(*to));
                        m = m.raw(&format!(
                            "<path d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.45\"/>",
                            x1 + 30,
                            x2 - 30
                        ));
                    }
                }
            }
            left = right;
        }
    }
    for (at, (kind, column)) in traced.kinds.iter().zip(&columns).enumerate() {
        let x = at * COLUMN;
        m = m.raw(&format!("<text x=\"{x}\" y=\"16\" fill=\"currentColor\" font-weight=\"600\">")).text(kind);
        m = m.raw("</text>");
        for (row, node) in column.iter().enumerate() {
            let top = y(row) - 11;
            let id = set.id(*node);
            let title = set.record(*node).map_or("", records::record::Record::title);
            m = m.raw("<a href=\"").text(&view.to(&lines.record(id))).raw("\"><title>");
            m = m.text(&format!("{id} {title}")).raw(&format!(
                "</title><rect x=\"{x}\" y=\"{top}\" width=\"{BOX}\" height=\"22\" fill=\"transparent\" stroke=\"currentColor\" \
                 stroke-opacity=\"0.6\"/><text x=\"{}\" y=\"{}\" fill=\"currentColor\">",
                x + 8,
                top + 15
            ));
            m = m.text(&super::super::phrase::cut(id, 18)).raw("</text></a>");
        }
    }
    Some(m.raw("</svg>"))
}

/// Whether two records of neighbouring later columns are linked, in either direction.
fn connected(set: &RecordSet, columns: &[Vec<Node>], at: usize, from: usize, to: usize) -> bool {
    let node = |column: usize, row: usize| columns.get(column).and_then(|c| c.get(row)).copied();
    let (Some(a), Some(b)) = (node(at, from), node(at + 1, to)) else { return false };
    set.out(a).iter().any(|edge| edge.node == b) || set.out(b).iter().any(|edge| edge.node == a)
}
