//! Pictures drawn on the server: SVG whose positions are in per cent and whose text is in CSS pixels, so that it reflows and
//! prints. Each stands beside a table with the same figures.

use ledger::properties::grouped;

use super::markup::Markup;

/// A bar with its words.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: u64,
    pub(super) href: String,
}

/// Height of a bar with its label, in pixels.
const STEP: usize = 30;

/// Horizontal bars, longest as wide as the picture. `id` names title and description.
pub(super) fn bars(id: &'static str, title: &str, description: &str, bars: &[Bar]) -> Markup {
    let most = bars.iter().map(|b| b.value).max().unwrap_or(1).max(1);
    let height = bars.len() * STEP + 2;
    let mut m = Markup::new().raw(&format!(
        "<svg class=\"pic bars\" role=\"group\" aria-labelledby=\"{id}-t {id}-d\" height=\"{height}\">"
    ));
    m = m.raw(&format!("<title id=\"{id}-t\">")).text(title).raw(&format!("</title><desc id=\"{id}-d\">"));
    m = m.text(description).raw("</desc>");
    for (n, bar) in bars.iter().enumerate() {
        let top = n * STEP;
        // Integers only: the same log draws the same picture everywhere. A bar is never too short to be seen.
        let width = (bar.value.saturating_mul(10_000) / most).max(30);
        m = m.raw("<a href=\"").text(&bar.href).raw("\">");
        m = m.raw(&format!("<rect class=\"hit\" width=\"100%\" height=\"{STEP}\" y=\"{top}\"/>"));
        m = m.raw(&format!("<text x=\"0\" y=\"{}\">", top + 13)).text(&bar.label).raw("</text> ");
        m = m.raw(&format!("<text class=\"end strong\" x=\"100%\" y=\"{}\">", top + 13));
        m = m.text(&grouped(bar.value)).raw("</text>");
        m = m.raw(&format!(
            "<rect class=\"bar0\" width=\"100%\" height=\"5\" y=\"{0}\"/><rect class=\"mark\" width=\"{1}.{2:02}%\" height=\"5\" y=\"{0}\"/></a>",
            top + 18,
            width / 100,
            width % 100
        ));
    }
    m.raw("</svg>")
}
