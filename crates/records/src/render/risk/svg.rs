//! Matrices as SVG, by presentation attributes alone, so that a strict content security policy shows them as they are.

use super::{RiskPage, heading, overall, xml_escaped};
use crate::risk::{Matrix, Region};
use std::io::{self, Write};

const LABEL: usize = 110;
const WIDTH: usize = 104;
const HEIGHT: usize = 40;
const HEAD: usize = 56;

/// Fill, text and pattern letter: the regions are told apart without colour as well.
fn look(region: Region) -> (&'static str, &'static str) {
    match region {
        Region::Acceptable => ("#e3f1e5", "A"),
        Region::Reduce => ("#fbf0d2", "R"),
        Region::Unacceptable => ("#f8dcd9", "U"),
    }
}

/// Width and height of a matrix.
fn size(matrix: &Matrix) -> (usize, usize) {
    (LABEL + WIDTH * matrix.columns.len() + 8, HEAD + HEIGHT * matrix.rows.len() + 8)
}

pub(super) fn matrix(
    matrix: &Matrix,
    href: &dyn Fn(usize, usize) -> String,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (width, height) = size(matrix);
    let total: usize = matrix.rows.iter().flat_map(|(_, cells)| cells).map(|cell| cell.risks.len()).sum();
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"system-ui,sans-serif\" font-size=\"13\" role=\"group\" aria-label=\"{}: {total} risks by severity and probability\">",
        heading(matrix.when)
    )?;
    body(matrix, href, out)?;
    writeln!(out, "</svg>")
}

fn body(matrix: &Matrix, href: &dyn Fn(usize, usize) -> String, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<text x=\"4\" y=\"20\" font-weight=\"bold\" fill=\"#1d2733\">{}</text>",
        heading(matrix.when)
    )?;
    for (at, column) in matrix.columns.iter().enumerate() {
        let x = LABEL + at * WIDTH + WIDTH / 2;
        writeln!(
            out,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" fill=\"#1d2733\">{}</text>",
            HEAD - 10,
            xml_escaped(column)
        )?;
    }
    for (row, (severity, cells)) in matrix.rows.iter().enumerate() {
        let y = HEAD + row * HEIGHT;
        writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#1d2733\">{}</text>",
            LABEL - 10,
            y + 25,
            xml_escaped(severity)
        )?;
        for (at, cell) in cells.iter().enumerate() {
            let x = LABEL + at * WIDTH;
            let (fill, letter) = look(cell.region);
            let place = format!(
                "{} × {}, {}",
                severity,
                matrix.columns.get(at).map_or("", String::as_str),
                cell.region.name()
            );
            writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{fill}\" stroke=\"#8a97a6\"/><text x=\"{}\" y=\"{}\" font-size=\"10\" fill=\"#4a5766\">{letter}</text>",
                x + 6,
                y + 14
            )?;
            if !cell.risks.is_empty() {
                writeln!(
                    out,
                    "<a href=\"{}\" aria-label=\"{}: {} risks\"><text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"17\" font-weight=\"bold\" fill=\"#0b4a8f\" text-decoration=\"underline\">{}</text></a>",
                    xml_escaped(&href(row, at)),
                    xml_escaped(&place),
                    cell.risks.len(),
                    x + WIDTH / 2,
                    y + 26,
                    cell.risks.len()
                )?;
            }
        }
    }
    Ok(())
}

/// A document of its own: both matrices one below the other, then the lists the counts lead to.
pub(super) fn document(page: &RiskPage<'_>, out: &mut dyn Write) -> io::Result<()> {
    const LINE: usize = 20;
    let mut lists: Vec<(String, String)> = Vec::new();
    for (number, matrix) in page.view.matrices.iter().enumerate() {
        for (row, (severity, cells)) in matrix.rows.iter().enumerate() {
            for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.risks.is_empty()) {
                let column = matrix.columns.get(at).map_or("", String::as_str);
                let region = cell.region.name();
                let text = format!(
                    "{}, {severity} × {column}, {region}: {}",
                    heading(matrix.when).to_lowercase(),
                    page.ids(&cell.risks)
                );
                lists.push((format!("r{number}-{row}-{at}"), text));
            }
        }
        lists.extend(matrix.unplaced.iter().map(|unplaced| (String::new(), unplaced.why.clone())));
    }
    lists.extend(overall(page).into_iter().map(|line| (String::new(), line)));
    let sizes: Vec<(usize, usize)> = page.view.matrices.iter().map(size).collect();
    let longest = lists.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0) * 8 + 16;
    let width = sizes.iter().map(|size| size.0).max().unwrap_or(0).max(longest);
    let height: usize = sizes.iter().map(|size| size.1 + LINE).sum::<usize>() + lists.len() * LINE + LINE;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"system-ui,sans-serif\" font-size=\"13\">\n<title>Risks before and after control</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>"
    )?;
    let mut y = 0;
    for (number, (matrix, size)) in page.view.matrices.iter().zip(&sizes).enumerate() {
        writeln!(out, "<g transform=\"translate(0 {y})\">")?;
        body(matrix, &|row, at| format!("#r{number}-{row}-{at}"), out)?;
        writeln!(out, "</g>")?;
        y += size.1 + LINE;
    }
    for (id, text) in lists {
        y += LINE;
        let id = if id.is_empty() { String::new() } else { format!(" id=\"{id}\"") };
        writeln!(out, "<text{id} x=\"4\" y=\"{}\" fill=\"#1d2733\">{}</text>", y - 6, xml_escaped(&text))?;
    }
    writeln!(out, "</svg>")
}
