//! What was so when, in lanes: stretches filled by how sure they are, and marks of single moments.

use evidence::Time;

use super::super::markup::Markup;
use super::axis::{place, stretch, ticks};
use super::{Fill, open, percent};

/// Height of a lane, and of the line of words above the first, in pixels.
const LANE: usize = 30;
const TOP: usize = 22;

/// A stretch of time in a lane.
pub(crate) struct Stretch {
    pub(crate) from: Time,
    pub(crate) until: Time,
    pub(crate) fill: Fill,
    /// What it is, in its title: "proven, 2.1.0".
    pub(crate) words: String,
    /// Where its evidence is.
    pub(crate) href: Option<String>,
}

/// How a mark looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MarkKind {
    /// A piece of evidence among many: a small line, no link.
    Tick,
    /// Evidence that changed something: a diamond.
    Evidence,
    /// Evidence that arrived later than it was made: an open diamond.
    Late,
    /// Something to act upon: a triangle.
    Attend,
}

/// A single moment in a lane.
pub(crate) struct Mark {
    pub(crate) at: Time,
    pub(crate) kind: MarkKind,
    pub(crate) words: String,
    pub(crate) href: Option<String>,
}

/// A line of the picture.
#[derive(Default)]
pub(crate) struct Lane {
    pub(crate) label: String,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) marks: Vec<Mark>,
}

/// The picture.
pub(crate) struct Timeline<'a> {
    pub(crate) id: &'static str,
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
    pub(crate) from: Time,
    pub(crate) until: Time,
    pub(crate) lanes: &'a [Lane],
    /// The moment of the page, with its words.
    pub(crate) cursor: Option<(Time, &'a str)>,
}

/// Draws it. Lanes are as many as given, marks too: the caller bounds them.
pub(crate) fn timeline(t: &Timeline<'_>) -> Markup {
    let bottom = TOP + t.lanes.len() * LANE;
    let at = |time: Time| percent(place(time, t.from, t.until));
    let mut m = open(t.id, "lanes", bottom + 24, t.title, t.description);
    for (n, lane) in t.lanes.iter().enumerate() {
        m = m.raw(&format!("<text class=\"strong rl\" x=\"0\" y=\"{}\">", TOP + n * LANE + 19));
        m = m.text(&lane.label).raw("</text>");
    }
    for (n, (tick, words)) in ticks(t.from, t.until).iter().enumerate() {
        let x = at(*tick);
        m = m.raw(&format!("<line class=\"ax\" x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" y2=\"{bottom}\"/>"));
        // Every second one goes where there is little room.
        let class = if n % 2 == 1 { "mid minor" } else { "mid" };
        m = m
            .raw(&format!("<text class=\"{class}\" x=\"{x}\" y=\"{}\">", bottom + 15))
            .text(words)
            .raw("</text>");
    }
    m = m.raw(&format!("<line class=\"ax0\" x1=\"0\" x2=\"100%\" y1=\"{bottom}\" y2=\"{bottom}\"/>"));
    for (n, lane) in t.lanes.iter().enumerate() {
        let top = TOP + n * LANE;
        m = lane.stretches.iter().fold(m, |m, s| draw(m, t, s, top));
        m = lane.marks.iter().fold(m, |m, mark| point(m, t, mark, top + LANE / 2));
    }
    if let Some((time, words)) = t.cursor {
        let place = place(time, t.from, t.until);
        let x = percent(place);
        let class = if place > 5_000 { "strong end" } else { "strong" };
        m = m.raw(&format!("<line class=\"cur\" x1=\"{x}\" x2=\"{x}\" y1=\"16\" y2=\"{bottom}\"/>"));
        m = m.raw(&format!("<text class=\"{class}\" x=\"{x}\" y=\"11\">")).text(words).raw("</text>");
    }
    m.raw("</svg>")
}

fn draw(m: Markup, t: &Timeline<'_>, s: &Stretch, top: usize) -> Markup {
    let (from, until) = (place(s.from, t.from, t.until), place(s.until, t.from, t.until));
    // Short ones are drawn too: a moment is something.
    let width = until.saturating_sub(from).max(15);
    let rect = format!(
        "<rect {} x=\"{}\" width=\"{}\" height=\"18\" y=\"{}\"/>",
        s.fill.attributes(),
        percent(from),
        percent(width),
        top + 6
    );
    titled(m, s.href.as_deref(), &format!("{}, {}", s.words, stretch(s.from, s.until)), &rect)
}

fn point(m: Markup, t: &Timeline<'_>, mark: &Mark, y: usize) -> Markup {
    let x = percent(place(mark.at, t.from, t.until));
    if mark.kind == MarkKind::Tick {
        return m.raw(&format!(
            "<line class=\"tick\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/>",
            y - 5,
            y + 5
        ));
    }
    let shape = match mark.kind {
        MarkKind::Late => "<path class=\"mark-late\" d=\"M0-5L5 0 0 5-5 0z\"/>",
        MarkKind::Attend => "<path class=\"flag\" d=\"M0-5L5 4-5 4z\"/>",
        MarkKind::Tick | MarkKind::Evidence => "<path class=\"mark\" d=\"M0-5L5 0 0 5-5 0z\"/>",
    };
    let place = format!("<svg x=\"{x}\" y=\"{y}\" overflow=\"visible\">{shape}</svg>");
    titled(m, mark.href.as_deref(), &mark.words, &place)
}

/// A shape with its words, as a link if it leads somewhere.
fn titled(m: Markup, href: Option<&str>, words: &str, shape: &str) -> Markup {
    match href {
        Some(href) => {
            let m = m.raw("<a href=\"").text(href).raw("\"><title>").text(words).raw("</title>");
            m.raw(shape).raw("</a>")
        }
        None => m.raw("<g><title>").text(words).raw("</title>").raw(shape).raw("</g>"),
    }
}
