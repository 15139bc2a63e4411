//! The distributions as a picture (SVG) and as the table that goes beside it.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use super::Qualification;
use super::math::float;

/// Bars of a lane; the axis runs from 0 to [`AXIS`].
const BARS: usize = 110;
const AXIS: f64 = 0.55;
/// Geometry in user units.
const LEFT: f64 = 16.0;
const WIDTH: f64 = 660.0;
const LANE: f64 = 92.0;
const TOP: f64 = 34.0;

/// One distribution in figures. Shares, not percentages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// What was compared.
    pub name: &'static str,
    /// How many values.
    pub count: usize,
    /// The least; 0 without values.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

impl Qualification {
    fn distributions(&self) -> [(&'static str, Vec<f64>); 3] {
        let mut good: Vec<f64> = self.chips.iter().flat_map(|c| c.distances.iter().copied()).collect();
        let mut bad: Vec<f64> = self.chips.iter().flat_map(|c| c.bad.iter().map(|b| b.distance)).collect();
        let mut between: Vec<f64> = self.between.iter().map(|(_, _, d)| *d).collect();
        for values in [&mut good, &mut bad, &mut between] {
            values.sort_by(f64::total_cmp);
        }
        [
            ("good reads from their chip's majority", good),
            ("bad reads from their chip's majority", bad),
            ("two chips from each other", between),
        ]
    }

    /// The figures behind the picture: good reads, bad reads, chips between each other.
    #[must_use]
    pub fn distribution_table(&self) -> Vec<Distribution> {
        self.distributions()
            .into_iter()
            .map(|(name, v)| Distribution {
                name,
                count: v.len(),
                min: v.first().copied().unwrap_or(0.0),
                median: v.get(v.len() / 2).copied().unwrap_or(0.0),
                max: v.last().copied().unwrap_or(0.0),
            })
            .collect()
    }

    /// The same figures as an HTML table with caption and header cells, to stand beside the picture.
    #[must_use]
    pub fn distribution_html(&self) -> String {
        let mut out = String::from(
            "<table><caption>Distances in % of bits</caption><thead><tr><th scope=\"col\">Distance of</th>\
             <th scope=\"col\">Count</th><th scope=\"col\">Least</th><th scope=\"col\">Median</th>\
             <th scope=\"col\">Greatest</th></tr></thead><tbody>",
        );
        for row in self.distribution_table() {
            let figure = |x: f64| {
                if row.count == 0 { String::from("–") } else { alloc::format!("{:.2}", x * 100.0) }
            };
            // Writing to a string cannot fail.
            let _ = write!(
                out,
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                row.name,
                row.count,
                figure(row.min),
                figure(row.median),
                figure(row.max)
            );
        }
        out.push_str("</tbody></table>");
        out
    }

    /// Three histograms over one axis, with title and description. Names of chips do not appear in it, so
    /// nothing from outside needs escaping; colours come from the page's custom properties, with fallbacks; lanes
    /// are told apart by place and label, not by colour. `id` prefixes the ids so that several pictures fit one page;
    /// all but letters, digits and hyphens is dropped from it.
    #[must_use]
    pub fn svg(&self, id: &str) -> String {
        let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.draw(&mut out, &id);
        out
    }

    fn draw(&self, out: &mut String, id: &str) -> fmt::Result {
        let lanes = self.distributions();
        let height = TOP + LANE * float(lanes.len()) + 24.0;
        write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {height:.0}\" role=\"img\" \
             aria-labelledby=\"{id}-t {id}-d\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\
             <title id=\"{id}-t\">Distances within and between chips</title><desc id=\"{id}-d\">",
            LEFT * 2.0 + WIDTH
        )?;
        self.describe(out)?;
        out.push_str("</desc>");
        for (lane, (name, values)) in lanes.iter().enumerate() {
            draw_lane(out, TOP + LANE * float(lane), name, values)?;
        }
        let axis = TOP + LANE * float(lanes.len());
        for tick in 0..=11_u8 {
            let x = LEFT + WIDTH * f64::from(tick) / 11.0;
            write!(
                out,
                "<text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"var(--ink-2, #555)\">{}</text>",
                axis - 12.0,
                tick * 5
            )?;
        }
        write!(
            out,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"var(--ink-2, #555)\">bits that differ, %</text></svg>",
            LEFT + WIDTH / 2.0,
            axis + 8.0
        )
    }

    fn describe(&self, out: &mut String) -> fmt::Result {
        write!(out, "Three histograms over the share of bits that differ, 0 to 55 %.")?;
        for row in self.distribution_table() {
            if row.count == 0 {
                write!(out, " {}: none.", capital(row.name))?;
            } else {
                write!(
                    out,
                    " {}: {} values from {:.2} to {:.2} %, median {:.2} %.",
                    capital(row.name),
                    row.count,
                    row.min * 100.0,
                    row.max * 100.0,
                    row.median * 100.0
                )?;
            }
        }
        Ok(())
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn draw_lane(out: &mut String, top: f64, name: &str, values: &[f64]) -> fmt::Result {
    let base = top + LANE - 30.0;
    let room = LANE - 50.0;
    write!(
        out,
        "<text x=\"{LEFT}\" y=\"{:.0}\" fill=\"var(--ink, #222)\">{} ({})</text>\
         <path d=\"M{LEFT} {base:.1}h{WIDTH}\" stroke=\"var(--rule-firm, #999)\" fill=\"none\"/>",
        top - 8.0,
        capital(name),
        values.len()
    )?;
    let mut bars = vec![0_usize; BARS];
    for value in values {
        // The bar whose right edge is the first beyond the value; what lies beyond the axis goes to the last bar.
        let bar = (1..BARS).find(|b| *value < AXIS * float(*b) / float(BARS)).unwrap_or(BARS) - 1;
        bars[bar] += 1;
    }
    let most = float(bars.iter().copied().max().unwrap_or(0).max(1));
    for (bar, count) in bars.iter().enumerate().filter(|(_, count)| **count > 0) {
        let high = room * float(*count) / most;
        write!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\" fill=\"var(--accent, #2456a6)\"/>",
            LEFT + WIDTH * float(bar) / float(BARS),
            base - high,
            WIDTH / float(BARS) - 1.0
        )?;
    }
    Ok(())
}
