//! How numbers changed over time: lines with their names at their ends, an axis of time and one of numbers.

use evidence::Time;
use ledger::properties::grouped;

use super::super::markup::Markup;
use super::axis::{place, round, ticks};
use super::{open, part, percent};

/// Height of the drawing without its axis, in pixels.
const HEIGHT: u64 = 160;
const TOP: u64 = 10;
/// Pixels between names at the ends of lines.
const APART: u64 = 14;

/// How a line is drawn: by colour, width and dashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Someone must act.
    Attend,
    /// Done.
    Done,
    /// Not known.
    Unknown,
}

impl Tone {
    const fn classes(self) -> (&'static str, &'static str) {
        match self {
            Self::Attend => ("l-aff", "t-aff"),
            Self::Done => ("l-fix", "t-fix"),
            Self::Unknown => ("l-und", "t-und"),
        }
    }
}

/// A line: values from moments on, in order; each holds until the next.
pub(crate) struct Series<'a> {
    pub(crate) name: &'a str,
    pub(crate) tone: Tone,
    pub(crate) points: &'a [(Time, u64)],
}

/// Draws steps from `from` to `until`. Values are counts: a step is where the log changed, nothing lies between.
pub(crate) fn lines(
    id: &'static str,
    title: &str,
    description: &str,
    (from, until): (Time, Time),
    series: &[Series<'_>],
) -> Markup {
    let most = series.iter().flat_map(|s| s.points).map(|(_, n)| *n).max().unwrap_or_default();
    let (top, step) = round(most);
    let y = |n: u64| TOP + HEIGHT - part(n, top) * HEIGHT / super::WHOLE;
    let bottom = TOP + HEIGHT;
    let mut m = open(id, "chart", usize::try_from(bottom + 24).unwrap_or_default(), title, description);
    for n in 0..=top / step {
        let (value, at) = (n * step, y(n * step));
        let class = if n == 0 { "ax0" } else { "ax" };
        m = m.raw(&format!("<line class=\"{class}\" x1=\"0\" x2=\"100%\" y1=\"{at}\" y2=\"{at}\"/>"));
        m = m
            .raw(&format!("<text class=\"rl\" x=\"0\" y=\"{}\">", at + 4))
            .text(&grouped(value))
            .raw("</text>");
    }
    for (n, (tick, words)) in ticks(from, until).iter().enumerate() {
        let x = percent(place(*tick, from, until));
        let class = if n % 2 == 1 { "mid minor" } else { "mid" };
        m = m
            .raw(&format!("<text class=\"{class}\" x=\"{x}\" y=\"{}\">", bottom + 15))
            .text(words)
            .raw("</text>");
    }
    let mut names: Vec<(u64, u64, &Series<'_>)> = Vec::new();
    for s in series {
        let (line, _) = s.tone.classes();
        let mut last: Option<(u64, u64)> = None;
        for (time, value) in s.points.iter().filter(|(t, _)| *t <= until) {
            let (x, at) = (place(*time, from, until), y(*value));
            if let Some((x0, y0)) = last {
                m = segment(m, line, (x0, y0), (x, y0));
                m = segment(m, line, (x, y0), (x, at));
            }
            last = Some((x, at));
        }
        if let (Some((x, at)), Some((_, value))) = (last, s.points.last()) {
            m = segment(m, line, (x, at), (super::WHOLE, at));
            names.push((at, *value, s));
        }
    }
    // Names do not lie on each other: each at least one line below the one above.
    names.sort_by_key(|(at, ..)| *at);
    let mut free = 0;
    for (at, value, s) in names {
        let at = at.max(free);
        free = at + APART;
        let (_, class) = s.tone.classes();
        m = m.raw(&format!("<text class=\"{class}\" x=\"100%\" dx=\"8\" y=\"{}\">", at + 4));
        m = m.text(&format!("{} {}", s.name, grouped(value))).raw("</text>");
    }
    m.raw("</svg>")
}

fn segment(m: Markup, class: &str, (x1, y1): (u64, u64), (x2, y2): (u64, u64)) -> Markup {
    if (x1, y1) == (x2, y2) {
        return m;
    }
    let (x1, x2) = (percent(x1), percent(x2));
    m.raw(&format!("<line class=\"line {class}\" x1=\"{x1}\" x2=\"{x2}\" y1=\"{y1}\" y2=\"{y2}\"/>"))
}
