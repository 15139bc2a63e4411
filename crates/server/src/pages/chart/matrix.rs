//! How many of each of two kinds: a grid of counts, such as risks by severity and probability.

use ledger::properties::grouped;

use super::super::markup::Markup;
use super::{Fill, WHOLE, open, percent};

/// Height of a row and of the line of column names, in pixels.
const ROW: usize = 34;
const HEAD: usize = 22;

/// A field of the grid.
#[derive(Clone)]
pub(crate) struct Cell {
    pub(crate) value: u64,
    /// Its ground; the words of the legend say what it means.
    pub(crate) fill: Option<Fill>,
    /// Where its list is; nothing leads there from an empty one.
    pub(crate) href: String,
    /// What it counts, in its title.
    pub(crate) words: String,
}

/// Draws rows from top to bottom, columns from left to right. Rows with fewer cells than columns end early.
pub(crate) fn matrix(
    id: &'static str,
    title: &str,
    description: &str,
    columns: &[&str],
    rows: &[(&str, Vec<Cell>)],
) -> Markup {
    let width = WHOLE / (columns.len().max(1) as u64);
    let mut m = open(id, "lanes", HEAD + rows.len() * ROW + 4, title, description);
    for (n, name) in columns.iter().enumerate() {
        let x = percent(n as u64 * width + width / 2);
        m = m.raw(&format!("<text class=\"mid\" x=\"{x}\" y=\"14\">")).text(name).raw("</text>");
    }
    for (r, (name, cells)) in rows.iter().enumerate() {
        let top = HEAD + r * ROW;
        m = m
            .raw(&format!("<text class=\"strong rl\" x=\"0\" y=\"{}\">", top + 21))
            .text(name)
            .raw("</text>");
        for (c, cell) in cells.iter().take(columns.len()).enumerate() {
            let (x, mid) = (percent(c as u64 * width), percent(c as u64 * width + width / 2));
            let size = format!(
                "x=\"{x}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                top + 1,
                percent(width - 40),
                ROW - 2
            );
            let ground = cell.fill.map_or("class=\"bar0\"", Fill::attributes);
            if cell.value > 0 {
                m = m.raw("<a href=\"").text(&cell.href).raw("\"><title>").text(&cell.words).raw("</title>");
            }
            m = m.raw(&format!("<rect {ground} {size}/>"));
            let class = match (cell.value, cell.fill) {
                (0, _) => "mid",
                (_, Some(Fill::Proven | Fill::Attend)) => "mid inbar",
                (_, Some(Fill::Assumed)) => "mid on",
                _ => "mid strong",
            };
            m = m.raw(&format!("<text class=\"{class}\" x=\"{mid}\" y=\"{}\">", top + 21));
            m = m.text(&grouped(cell.value)).raw("</text>");
            if cell.value > 0 {
                m = m.raw("</a>");
            }
        }
    }
    m.raw("</svg>")
}
