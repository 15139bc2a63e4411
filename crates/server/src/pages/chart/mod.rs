//! Pictures drawn on the server: SVG whose positions are in per cent and whose text is in CSS pixels, so that it reflows and
//! prints. Each stands beside a table with the same figures, and each of its figures is a link to its list.
//!
//! | picture | for |
//! |---|---|
//! | [`bars`] | how many of each |
//! | [`stacked`] | how many of each, and how they split |
//! | [`timeline`] | what was so when, in lanes |
//! | [`lines`] | how numbers changed over time |
//! | [`matrix`] | how many of each of two kinds |
//!
//! All are pure: the same values draw the same picture everywhere, in whole hundredths of a per cent. What is drawn is said
//! in a title and a description, which a page names after the picture's `id`. Colour never says anything alone: fills
//! differ in pattern ([`Fill`]), series have their name at their end.

mod axis;
mod line;
mod matrix;
#[cfg(test)]
mod tests;
mod timeline;

use ledger::properties::grouped;

use super::markup::Markup;

pub(super) use line::{Series, Tone, lines};
pub(super) use matrix::{Cell, matrix};
pub(super) use timeline::{Lane, Mark, MarkKind, Stretch, Timeline, timeline};

/// How something is filled: by pattern as well as colour, the same as in the words beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// Proven: solid.
    Proven,
    /// Fresh: lighter.
    Fresh,
    /// Assumed: hatched.
    Assumed,
    /// Unknown: a dashed outline.
    Unknown,
    /// Somebody must act.
    Attend,
    /// Anything else.
    Plain,
}

impl Fill {
    /// Attributes of a rectangle.
    pub(super) const fn attributes(self) -> &'static str {
        match self {
            Self::Proven => "class=\"m-pro\"",
            Self::Fresh => "class=\"m-fre\"",
            Self::Assumed => "class=\"m-ass\" fill=\"url(#hatch)\"",
            Self::Unknown => "class=\"m-unk\"",
            Self::Attend => "class=\"m-gap\"",
            Self::Plain => "class=\"mark\"",
        }
    }
}

/// A bar with its words.
pub(super) struct Bar {
    pub(super) fill: Fill,
    pub(super) label: String,
    pub(super) value: u64,
    pub(super) href: String,
}

/// A bar of several parts.
pub(super) struct Stack {
    pub(super) label: String,
    pub(super) href: String,
    pub(super) parts: Vec<(Fill, u64)>,
}

impl Stack {
    fn total(&self) -> u64 {
        self.parts.iter().map(|(_, n)| n).sum()
    }
}

/// Height of a bar with its label, in pixels.
const STEP: usize = 30;
/// A whole, in hundredths of a per cent.
const WHOLE: u64 = 10_000;

/// Hundredths of a per cent as SVG writes them.
fn percent(n: u64) -> String {
    format!("{}.{:02}%", n / 100, n % 100)
}

/// What part of a whole, in hundredths of a per cent; nothing of nothing.
fn part(n: u64, of: u64) -> u64 {
    let part = u128::from(n) * u128::from(WHOLE) / u128::from(of.max(1));
    u64::try_from(part).unwrap_or(WHOLE)
}

/// The beginning of a picture: who it is, for those who do not see it.
fn open(id: &'static str, class: &'static str, height: usize, title: &str, description: &str) -> Markup {
    let m = Markup::new().raw(&format!(
        "<svg class=\"pic {class}\" role=\"group\" aria-labelledby=\"{id}-t {id}-d\" height=\"{height}\">"
    ));
    let m = m.raw(&format!("<title id=\"{id}-t\">")).text(title).raw("</title>");
    m.raw(&format!("<desc id=\"{id}-d\">")).text(description).raw("</desc>")
}

/// Horizontal bars, longest as wide as the picture. `id` names title and description.
pub(super) fn bars(id: &'static str, title: &str, description: &str, bars: &[Bar]) -> Markup {
    let most = bars.iter().map(|b| b.value).max().unwrap_or(1).max(1);
    let m = open(id, "bars", bars.len() * STEP + 2, title, description);
    let m = bars.iter().enumerate().fold(m, |m, (n, bar)| {
        let m = words(m, n, &bar.href, &bar.label, bar.value);
        // A bar is never too short to be seen.
        let width = if bar.value == 0 { 0 } else { part(bar.value, most).max(30) };
        let y = n * STEP + 18;
        let at = format!("width=\"{}\" height=\"5\" y=\"{y}\"", percent(width));
        m.raw(&format!("<rect {} {at}/></a>", bar.fill.attributes()))
    });
    m.raw("</svg>")
}

/// Horizontal bars of parts, in the order given; the longest as wide as the picture.
pub(super) fn stacked(id: &'static str, title: &str, description: &str, stacks: &[Stack]) -> Markup {
    let most = stacks.iter().map(Stack::total).max().unwrap_or(1).max(1);
    let m = open(id, "bars", stacks.len() * STEP + 2, title, description);
    let m = stacks.iter().enumerate().fold(m, |m, (n, stack)| {
        let mut m = words(m, n, &stack.href, &stack.label, stack.total());
        let (mut x, y) = (0, n * STEP + 17);
        for (fill, value) in stack.parts.iter().filter(|(_, value)| *value > 0) {
            // Whole pixels would be fairer to small parts, but only per cents reflow: a part is never thinner than a third.
            let width = part(*value, most).max(30).min(WHOLE.saturating_sub(x));
            let at = format!("x=\"{}\" width=\"{}\" height=\"7\" y=\"{y}\"", percent(x), percent(width));
            m = m.raw(&format!("<rect {} {at}/>", fill.attributes()));
            x += width;
        }
        m.raw("</a>")
    });
    m.raw("</svg>")
}

/// A bar's label, number and ground, within the link to its list, which stays open.
fn words(m: Markup, n: usize, href: &str, label: &str, value: u64) -> Markup {
    let top = n * STEP;
    let m = m.raw("<a href=\"").text(href).raw("\">");
    let m = m.raw(&format!("<rect class=\"hit\" width=\"100%\" height=\"{STEP}\" y=\"{top}\"/>"));
    let m = m.raw(&format!("<text x=\"0\" y=\"{}\">", top + 13)).text(label).raw("</text> ");
    let m = m.raw(&format!("<text class=\"end strong\" x=\"100%\" y=\"{}\">", top + 13));
    let m = m.text(&grouped(value)).raw("</text>");
    m.raw(&format!("<rect class=\"bar0\" width=\"100%\" height=\"5\" y=\"{}\"/>", top + 18))
}

/// A small stacked bar for a row of a table, whose cells are its words: `of` is the longest row's total.
pub(super) fn meter(parts: &[(Fill, u64)], of: u64) -> Markup {
    let mut m = Markup::new().raw("<svg class=\"meter\" aria-hidden=\"true\">");
    let mut x = 0;
    for (fill, value) in parts.iter().filter(|(_, value)| *value > 0) {
        let width = part(*value, of).max(60).min(WHOLE.saturating_sub(x));
        let at = format!("x=\"{}\" width=\"{}\" height=\"8\"", percent(x), percent(width));
        m = m.raw(&format!("<rect {} {at}/>", fill.attributes()));
        x += width;
    }
    m.raw("</svg>")
}
